/*
 * A small resident size: what only the start needed is given back, and file pages that
 * are not used in a tick are let go.  The kernel maps files 64 kB at a time around each
 * fault, so most of what is resident was never touched.
 */
#ifndef COLLECTORD_LINK_FOOTPRINT_H
#define COLLECTORD_LINK_FOOTPRINT_H

#include <stddef.h>
#include <stdint.h>

enum { FOOTPRINT_RANGES_MAX = 64 };

struct footprint {
	struct {
		uintptr_t from, to;
	} range[FOOTPRINT_RANGES_MAX];
	size_t count;
};

/* Before the first allocation: large blocks get pages of their own, untouched pages
 * cost nothing. */
void footprint_prepare(void);

/* Once, when everything is open: gives free memory back and finds the mappings of
 * programs and libraries that nobody has written to. */
void footprint_find(struct footprint *footprint);

/* Lets their pages go; those that are used come back by a fault each.  Allocates
 * nothing. */
void footprint_trim(const struct footprint *footprint);

/* Both at once, for a process that seldom does anything large (about 1 ms). */
void footprint_shrink(void);

#endif
