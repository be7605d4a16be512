/* Packings that are to survive losses: tested, and the cheapest kept. */
#ifndef ANALYZE_PACKING_SURVIVE_TEST_H
#define ANALYZE_PACKING_SURVIVE_TEST_H

#include "analyze/packing/engine.h"

struct survive {
	struct engine *engine;
	unsigned char *is_in; /* [unit] placed by the best packing */
	struct state found;   /* the cheapest that survives */
	struct state ordered; /* scratch */
	bool has_found;
};

/* A packing that leaves out no more than the best one and is cheaper than what was
 * found: every loss.  1: it survives and is kept; 0: it does not (ret_unit, which may
 * be NULL: a unit that found no room, PACKING_NONE: none is known); -ENOMEM. */
int survive_test(struct survive *s, struct state *state, size_t *ret_unit);

/* The value of what was found, as engine_value; INT64_MAX: nothing. */
int64_t survive_value(const struct survive *s);

/* What was found is as cheap as the bound says. */
bool survive_is_done(const struct survive *s);

#endif
