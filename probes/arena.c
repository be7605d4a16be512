#include "probes/arena.h"

#include <errno.h>
#include <sys/mman.h>

enum { ARENA_ALIGN = 64 }; /* a cache line */

void *arena_map(size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

int arena_open(struct arena *arena, size_t size)
{
	*arena = (struct arena){ .base = arena_map(size), .size = size };
	return arena->base ? 0 : -ENOMEM;
}

void arena_close(struct arena *arena)
{
	if (arena->base)
		munmap(arena->base, arena->size);
	*arena = (struct arena){ 0 };
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
	size_t bytes = (count * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	void *memory = arena->base + arena->used;

	if (bytes > arena->size - arena->used)
		return NULL;
	arena->used += bytes;
	return memory;
}
