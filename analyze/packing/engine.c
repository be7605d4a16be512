/* The best packing and the bound, which every phase of packing_solve moves. */
#include "analyze/packing/engine.h"

#include <errno.h>

int64_t engine_value(const struct engine *engine, const struct state *state)
{
	return engine->model.has_equal_costs ? (int64_t)state_used(state)
					     : state_cost(state);
}

bool engine_is_done(const struct engine *engine)
{
	return engine->has_best && !engine->best.unplaced_count &&
		engine_value(engine, &engine->best) <= engine->bound;
}

int engine_offer(struct engine *engine, const struct state *state)
{
	int r = 0;

	if (engine->has_best && state_compare(state, &engine->best) >= 0)
		return 0;
	r = state_copy(&engine->best, state);
	if (r == 0)
		state_drop_empty(&engine->best);
	engine->has_best = r == 0;
	return r;
}

void engine_raise_bound(
	struct engine *engine, int64_t bound, enum packing_bound_kind kind)
{
	if (bound <= engine->bound)
		return;
	engine->bound = bound;
	engine->bound_kind = kind;
}

void engine_report(struct engine *engine, const char *phase)
{
	struct packing_progress progress = { .phase = phase };

	if (!engine->options->report || !engine->has_best)
		return;
	progress.seconds = work_now_s() - engine->begin_s;
	progress.unplaced_count = (size_t)state_unplaced_items(&engine->best);
	progress.value = engine_value(engine, &engine->best);
	progress.lower_bound = engine->bound;
	engine->options->report(engine->options->closure, &progress);
}
