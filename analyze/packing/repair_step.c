/* One step of a repair: what it would change, and made. */
#include "analyze/packing/repair_step.h"

double repair_step_zones(
	const struct repair *r, const struct repair_step *step, size_t from)
{
	if (!r->model->group_count ||
		r->model->zone[r->host[from].type] ==
			r->model->zone[r->host[step->to].type])
		return 0;
	return repair_group_change(r, step->to, step->unit, step->back, true) +
		repair_group_change(r, from, step->back, step->unit, true);
}

void repair_step_rate(struct repair *r, struct repair_step *step, double most)
{
	size_t from = r->host_of[step->unit];
	double before = r->penalty[from] + r->penalty[step->to];
	double zone = repair_step_zones(r, step, from);
	double after = repair_host_after(
		r, step->to, step->unit, step->back, most + before - zone);

	if (after + zone - before <= most)
		after += repair_host_after(
			r, from, step->back, step->unit, most + before - after - zone);
	step->delta = after + zone - before;
}

int repair_step_apply(struct repair *r, const struct repair_step *step)
{
	size_t from = r->host_of[step->unit];
	int result = 0;

	repair_take(r, step->unit);
	if (step->back != PACKING_NONE) {
		repair_take(r, step->back);
		result = repair_put(r, step->back, from);
		r->tabu_until[step->back] = r->move + 4 + work_random(r->work) % 8;
	}
	if (result == 0)
		result = repair_put(r, step->unit, step->to);
	r->tabu_until[step->unit] = r->move + 4 + work_random(r->work) % 8;
	repair_refresh(r, from);
	repair_refresh(r, step->to);
	if (r->model->zone_count > 1)
		repair_refresh_zones(r);
	return result;
}
