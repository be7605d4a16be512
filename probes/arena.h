/*
 * One piece of address space for all tables of a collector: zeroed pages, which become
 * memory as far as they are used.  Nothing is given back before the end.
 */
#ifndef PROBES_ARENA_H
#define PROBES_ARENA_H

#include <stddef.h>

struct arena {
	char *base;
	size_t size, used;
};

/* Zeroed pages of our own; NULL when there are none.  munmap gives them back. */
void *arena_map(size_t size);

/* Returns 0 or -ENOMEM. */
int arena_open(struct arena *arena, size_t size);
void arena_close(
	struct arena *arena); /* also of one that was never opened, if zeroed */

/* Zeroed, aligned for any type; NULL when the arena is full. Freed by arena_close
 * alone. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

#endif
