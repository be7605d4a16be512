/* One step of a repair: a unit to another host, or two that change places. */
#ifndef ANALYZE_PACKING_REPAIR_STEP_H
#define ANALYZE_PACKING_REPAIR_STEP_H

#include "analyze/packing/repair_state.h"

/* A move under consideration: unit to host `to`, and `back` the other way. */
struct repair_step {
	size_t unit, to, back; /* back PACKING_NONE: a shift */
	double delta;
};

/* What it changes in the groups of zones. */
double repair_step_zones(
	const struct repair *r, const struct repair_step *step, size_t from);

/* Fills step->delta; a step that cannot beat `most` may get any larger value. */
void repair_step_rate(struct repair *r, struct repair_step *step, double most);

/* Makes it; its units are tabu for some moves.  0 or -ENOMEM. */
int repair_step_apply(struct repair *r, const struct repair_step *step);

#endif
