/*
 * Packings from the programme: fix columns one after the other, with new columns for
 * what is left; what does not come out whole is repaired.
 *
 * Where nothing else is said, an int is 0 or a negative errno.
 */
#ifndef ANALYZE_SOLVER_DIVE_H
#define ANALYZE_SOLVER_DIVE_H

#include "analyze/solver/colgen.h"

/*
 * dive_run - one attempt at a packing of at most `target` hosts
 *
 * noise  0: always the largest fraction; up to 1: more and more by chance
 *
 * Leaves the demand as it was.  Returns 1 with ret_state filled, 0 when it failed,
 * -ENOMEM.
 */
int dive_run(struct colgen *g, int64_t target, double noise, struct state *ret_state);

/* Whole columns from those there are, by CBC in a child with a deadline; as dive_run.
 * is_tight: of those of the last enumeration, which must have found all of them. */
int dive_choose(struct colgen *g, int64_t target, double seconds, bool is_tight,
	struct state *ret_state);

#endif
