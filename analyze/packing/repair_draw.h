/* Steps drawn at random: what the two annealings have in common. */
#ifndef ANALYZE_PACKING_REPAIR_DRAW_H
#define ANALYZE_PACKING_REPAIR_DRAW_H

#include "analyze/packing/repair_step.h"

struct repair_draw {
	size_t *unit; /* by size */
	size_t *rank; /* [unit] its place there */
	size_t near;
};

/* 0 or -ENOMEM; repair_draw_done in any case. */
int repair_draw_init(struct repair_draw *draw, const struct repair *r);
void repair_draw_done(struct repair_draw *draw);

/* A step by chance; false: there is none between these two. */
bool repair_draw_step(
	const struct repair_draw *draw, struct repair *r, struct repair_step *ret_step);

#endif
