#include "analyze/packing/repair_anneal.h"

#include "analyze/packing/order.h"
#include "analyze/packing/repair_step.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define SAMPLES 2000
#define HEAT_FIRST 0.003 /* of what a step by chance does harm */
#define HEAT_LAST 0.01   /* of that */
#define SHIFT_SHARE 8    /* one step in so many takes a unit to a host by itself */
#define ANY_SHARE 4      /* one swap in so many is of any two units */
#define NEAR_SHARE 20    /* the others: of units next to it, this part of all */
#define LOOKED 8         /* a step that is looked at, in steps that need no look */
#define LOOK_AGAIN 4096  /* steps between two looks at heat and clock */

struct annealing {
	struct repair *r;
	size_t *unit; /* by size */
	size_t *rank; /* [unit] its place there */
	size_t near;
	double first; /* heat */
	double heat;
	uint64_t done, most; /* steps that need no look */
};

/* Units of like size change places: sums stay, and what varies within them changes. */
static int anneal_order(struct annealing *a)
{
	const struct model *model = a->r->model;
	size_t n = model->unit_count;
	double *key = calloc(n + 1, sizeof(*key));

	a->unit = calloc(n + 1, sizeof(*a->unit));
	a->rank = calloc(n + 1, sizeof(*a->rank));
	for (size_t u = 0; u < n && key && a->unit && a->rank; u++) {
		a->unit[u] = u;
		for (size_t row = 0; row < model->row_count; row++)
			key[u] += a->r->weight[row] *
				(double)model->size[u * model->row_count + row];
	}
	if (key && a->unit && a->rank) {
		order_by_key(a->unit, n, key);
		for (size_t i = 0; i < n; i++)
			a->rank[a->unit[i]] = i;
	}
	a->near = n / NEAR_SHARE + 1;
	free(key);
	return key && a->unit && a->rank ? 0 : -ENOMEM;
}

/* A step by chance; false: there is none between these two. */
static bool anneal_draw(const struct annealing *a, struct repair_step *step)
{
	const struct repair *r = a->r;
	uint64_t drawn = work_random(r->work);
	size_t units = r->model->unit_count;

	*step = (struct repair_step){ .unit = drawn % units, .back = PACKING_NONE };
	drawn /= units;
	if (drawn % SHIFT_SHARE == 0) {
		step->to = drawn / SHIFT_SHARE % r->host_count;
		return r->host_of[step->unit] != PACKING_NONE &&
			step->to != r->host_of[step->unit];
	}
	drawn /= SHIFT_SHARE;
	if (drawn % ANY_SHARE == 0) {
		step->back = drawn / ANY_SHARE % units;
	} else {
		size_t place =
			a->rank[step->unit] + drawn / ANY_SHARE % (2 * a->near + 1);

		if (place < a->near || place - a->near >= units)
			return false;
		step->back = a->unit[place - a->near];
	}
	step->to = r->host_of[step->back];
	return r->host_of[step->unit] != PACKING_NONE && step->to != PACKING_NONE &&
		step->to != r->host_of[step->unit];
}

static bool anneal_may_go(const struct repair *r, const struct repair_step *step)
{
	return repair_may_go(r, step->unit, step->to) &&
		(step->back == PACKING_NONE ||
			repair_may_go(r, step->back, r->host_of[step->unit]));
}

/* The harm that a step by chance does on the average, where it does any. */
static double anneal_usual_harm(const struct annealing *a)
{
	double sum = 0;
	size_t count = 0;

	for (size_t i = 0; i < SAMPLES; i++) {
		struct repair_step step;

		if (!anneal_draw(a, &step) || !anneal_may_go(a->r, &step))
			continue;
		repair_step_rate(a->r, &step, 1e300);
		if (step.delta > 0) {
			sum += step.delta;
			count++;
		}
	}
	return count ? sum / (double)count : 0;
}

/* Rounding adds up over millions of steps. */
static void anneal_add_up(struct repair *r)
{
	r->total = r->zone_penalty;
	for (size_t h = 0; h < r->host_count; h++)
		r->total += r->penalty[h];
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
	if (!anneal_draw(a, &step) ||
		(r->penalty[step.to] <= 0 && r->penalty[r->host_of[step.unit]] <= 0 &&
			r->zone_penalty <= 0) ||
		!anneal_may_go(r, &step))
		return 0;
	a->done += LOOKED - 1;
	allowed = -a->heat * log(anneal_chance(r));
	repair_step_rate(r, &step, allowed);
	return step.delta <= allowed ? repair_step_apply(r, &step) : 0;
}

int repair_anneal(struct repair *r, double heat, uint64_t steps)
{
	struct annealing a = { .r = r, .most = LOOKED * steps };
	int result = anneal_order(&a);

	if (result == 0)
		a.first = a.heat = heat * HEAT_FIRST * anneal_usual_harm(&a);
	for (uint64_t i = 1; result == 0 && r->total > 1e-9; i++) {
		if (i % LOOK_AGAIN == 0) {
			anneal_add_up(r);
			a.heat = a.first *
				pow(HEAT_LAST, (double)a.done / (double)a.most);
			if (a.done > a.most || work_is_over(r->work))
				break;
		}
		result = anneal_step(&a);
	}
	free(a.unit);
	free(a.rank);
	return result < 0 ? result : r->total <= 1e-9;
}
