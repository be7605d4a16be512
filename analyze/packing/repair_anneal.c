#include "analyze/packing/repair_anneal.h"

#include "analyze/packing/repair_draw.h"
#include "analyze/packing/repair_swift.h"

#include <errno.h>
#include <math.h>

#define SAMPLES 2000
#define HEAT_FIRST 0.003 /* of what a step by chance does harm */
#define HEAT_LAST 0.01   /* of that */
#define LOOKED 8         /* a step that is looked at, in steps that need no look */
#define LOOK_AGAIN 4096  /* steps between two looks at heat and clock */

struct annealing {
	struct repair *r;
	struct repair_draw draw;
	double first; /* heat */
	double heat;
	uint64_t done, most; /* steps that need no look */
};

/* The harm that a step by chance does on the average, where it does any. */
static double anneal_usual_harm(const struct annealing *a)
{
	double sum = 0;
	size_t count = 0;

	for (size_t i = 0; i < SAMPLES; i++) {
		struct repair_step step;

		if (!repair_draw_step(&a->draw, a->r, &step))
			continue;
		repair_step_rate(a->r, &step, 1e300);
		if (step.delta > 0) {
			sum += step.delta;
			count++;
		}
	}
	return count ? sum / (double)count : 0;
}

/* Over 0, at most 1. */
static double anneal_chance(struct repair *r)
{
	return ((double)(work_random(r->work) >> 11) + 1) / 9007199254740992.0;
}

/* One step drawn, and made where it helps or where chance allows it.  0 or -ENOMEM. */
static int anneal_step(struct annealing *a)
{
	struct repair *r = a->r;
	struct repair_step step;
	double allowed = 0;

	a->done++;
	if (!repair_draw_step(&a->draw, r, &step) ||
		(r->penalty[step.to] <= 0 && r->penalty[r->host_of[step.unit]] <= 0 &&
			r->zone_penalty <= 0))
		return 0;
	a->done += LOOKED - 1;
	allowed = -a->heat * log(anneal_chance(r));
	repair_step_rate(r, &step, allowed);
	return step.delta <= allowed ? repair_step_apply(r, &step) : 0;
}

/* Rated as single steps are: where a host is more than its rows. */
static int anneal_slowly(struct repair *r, double heat, uint64_t steps)
{
	struct annealing a = { .r = r, .most = LOOKED * steps };
	int result = repair_draw_init(&a.draw, r);

	if (result == 0)
		a.first = a.heat = heat * HEAT_FIRST * anneal_usual_harm(&a);
	for (uint64_t i = 1; result == 0 && r->total > 1e-9; i++) {
		if (i % LOOK_AGAIN == 0) {
			repair_add_up(r);
			a.heat = a.first *
				pow(HEAT_LAST, (double)a.done / (double)a.most);
			if (a.done > a.most || work_is_over(r->work))
				break;
		}
		result = anneal_step(&a);
	}
	repair_draw_done(&a.draw);
	return result < 0 ? result : r->total <= 1e-9;
}

int repair_anneal(struct repair *r, double heat, uint64_t steps)
{
	int result = repair_swift(r, heat, steps);

	return result == -ENOTSUP ? anneal_slowly(r, heat, steps) : result;
}
