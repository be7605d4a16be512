#include "analyze/packing/survive_test.h"

#include "analyze/packing/failover.h"

#include <errno.h>

int survive_test(struct survive *s, struct state *state, size_t *ret_unit)
{
	struct engine *engine = s->engine;
	int r = 0;

	if (ret_unit)
		*ret_unit = PACKING_NONE;
	if (state_unplaced_items(state) > state_unplaced_items(&engine->best))
		return 0;
	if (s->has_found && state_compare(state, &s->found) >= 0)
		return 0;
	/* the search for a loss depends on the order: as the result will be */
	r = state_copy_in_order(&s->ordered, state);
	if (r < 0)
		return r;
	r = failover_survives(&s->ordered, engine->problem->failover, FAILOVER_NODES,
		&engine->work, ret_unit);
	if (r != 1)
		return r == -ENOMEM ? r : 0;
	s->has_found = true;
	r = state_copy(&s->found, &s->ordered);
	return r < 0 ? r : 1;
}

int64_t survive_value(const struct survive *s)
{
	return s->has_found ? engine_value(s->engine, &s->found) : INT64_MAX;
}

bool survive_is_done(const struct survive *s)
{
	return s->has_found && survive_value(s) <= s->engine->failover_bound;
}
