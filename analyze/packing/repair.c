/* Tabu search over placements with overload; penalties in shares of a capacity. */
#include "analyze/packing/repair.h"

#include "analyze/packing/repair_anneal.h"
#include "analyze/packing/repair_begin.h"
#include "analyze/packing/repair_step.h"

#include <errno.h>
#include <string.h>

static void consider(struct repair *r, struct repair_step step, double best_total,
	struct repair_step *best, size_t *ties)
{
	bool is_tabu = r->tabu_until[step.unit] > r->move ||
		(step.back != PACKING_NONE && r->tabu_until[step.back] > r->move);

	repair_step_rate(r, &step, best->delta);
	if (is_tabu && r->total + step.delta >= best_total - 1e-12)
		return;
	if (step.delta < best->delta - 1e-12) {
		*best = step;
		*ties = 1;
	} else if (step.delta <= best->delta + 1e-12 &&
		work_random(r->work) % ++*ties == 0) {
		*best = step;
	}
}

/* A host over its limits, at random; one with a unit of a full zone otherwise. */
static size_t choose_bad_host(struct repair *r)
{
	size_t chosen = PACKING_NONE, seen = 0;

	for (size_t h = 0; h < r->host_count; h++)
		if (r->penalty[h] > 1e-12 && work_random(r->work) % ++seen == 0)
			chosen = h;
	if (chosen != PACKING_NONE)
		return chosen;
	for (size_t h = 0; h < r->host_count; h++) {
		size_t zone = r->model->zone[r->host[h].type];
		bool is_bad = false;

		for (size_t g = 0; g < r->model->group_count && !is_bad; g++)
			is_bad = r->model->group[g].scope == MODEL_OF_ZONE &&
				r->group_load[h * r->model->group_count + g] &&
				r->zone_load[zone * r->model->group_count + g] >
					r->model->group[g].limit;
		if (is_bad && work_random(r->work) % ++seen == 0)
			chosen = h;
	}
	return chosen;
}

#define SEEN_WORK 2   /* of a swap that is rated in passing */
#define ROUNDING 1e-6 /* of floats, in shares of a host */

/* The unit against each of the host's: where too much is over on the rows at hand alone,
 * no second look is needed. */
static void consider_swaps(struct repair *r, size_t unit, size_t bad, size_t h,
	double best_total, struct repair_step *best, size_t *ties)
{
	const struct crew *crew = &r->crew[h];
	double before = r->penalty[bad] + r->penalty[h] + r->zone_penalty + ROUNDING;
	bool is_rated = r->rates.lanes > 0;

	if (is_rated)
		repair_rates_swaps(&r->rates, r->model, r->host[h].type, h, unit,
			crew->unit, crew->count);
	for (size_t j = 0; j < crew->count; j++) {
		if (is_rated && (double)r->rates.swap[j] > best->delta + before) {
			r->work_done += SEEN_WORK;
			continue;
		}
		if (repair_may_go(r, crew->unit[j], bad))
			consider(r, (struct repair_step){ unit, h, crew->unit[j], 0 },
				best_total, best, ties);
	}
}

#define RATINGS_FIRST 400 /* enough while almost any step helps */
#define RATINGS_MORE 4000
#define SEEN_FEW 1 /* times that, where most are seen in passing */
#define SEEN_MANY 6

/* The best step found; of the other hosts, as many as `ratings` allow, drawn. */
static struct repair_step draw_step(
	struct repair *r, size_t bad, double best_total, size_t ratings)
{
	const struct crew *crew = &r->crew[bad];
	struct repair_step best = { PACKING_NONE, 0, PACKING_NONE, 1e300 };
	size_t ties = 0, others = 0;
	size_t swap_share = 0,
	       shift_share = crew->count * r->host_count / RATINGS_MORE + 1;

	if (ratings > RATINGS_FIRST)
		ratings *= r->rates.are_many ? SEEN_MANY : SEEN_FEW;
	repair_rates_watch(&r->rates, r->model, r->host[bad].type, bad);
	for (size_t h = 0; h < r->host_count; h++)
		others += h == bad ? 0 : r->crew[h].count;
	swap_share = crew->count * others / ratings + 1;
	for (size_t h = 0; h < r->host_count; h++) {
		uint64_t drawn = swap_share == 1 ? 0 : work_random(r->work);
		bool swaps = drawn % swap_share == 0;

		if (h == bad || r->host[h].environment != r->host[bad].environment ||
			(!swaps && drawn % shift_share != 0))
			continue;
		for (size_t i = 0; i < crew->count; i++) {
			size_t unit = crew->unit[i];

			if (!repair_may_go(r, unit, h))
				continue;
			consider(r, (struct repair_step){ unit, h, PACKING_NONE, 0 },
				best_total, &best, &ties);
			if (swaps)
				consider_swaps(
					r, unit, bad, h, best_total, &best, &ties);
		}
	}
	return best;
}

static struct repair_step best_step(struct repair *r, size_t bad, double best_total)
{
	struct repair_step step = draw_step(r, bad, best_total, RATINGS_FIRST);

	if (step.unit == PACKING_NONE || step.delta > -1e-9)
		step = draw_step(r, bad, best_total, RATINGS_MORE);
	return step;
}

/* What is over, row by row, in shares of the hosts. */
static void note_excess(const struct repair *r, double *excess)
{
	size_t rows = r->model->row_count;

	if (excess)
		memset(excess, 0, rows * sizeof(*excess));
	for (size_t h = 0; h < r->host_count && excess; h++)
		for (size_t row = 0; row < rows; row++) {
			int64_t over =
				r->load[h * rows + row] - r->limit[h * rows + row];

			if (over > 0)
				excess[row] += (double)over *
					r->weight[r->host[h].type * rows + row];
		}
}

/* Of many rows so many moves for each unit mend what is easily mended: as long as some
 * of them halve what is over. */
#define MANY_MOVES 0.5
#define HALVING_MOVES 0.1

static uint64_t moves_most(const struct repair *r, const struct repair_limits *limits)
{
	return r->rates.are_many ? (uint64_t)(MANY_MOVES * (double)r->model->unit_count)
				 : limits->moves + 2 * r->model->unit_count;
}

static int repair_search(struct repair *r, const struct repair_limits *limits)
{
	uint64_t most = moves_most(r, limits), look = 0;
	double best_total = r->total, half = r->total;

	for (r->move = 1; r->total > 1e-9; r->move++) {
		size_t bad = choose_bad_host(r);
		struct repair_step step;

		if (bad == PACKING_NONE)
			break; /* rounding of the total alone */
		if (r->move > most || r->work_done > limits->work ||
			work_is_over(r->work))
			return 0;
		if (r->rates.are_many && r->move > look) {
			if (look > 0 && best_total > half)
				return 0;
			half = best_total / 2;
			look = r->move +
				(uint64_t)(HALVING_MOVES *
					(double)r->model->unit_count);
		}
		step = best_step(r, bad, best_total);
		if (step.unit == PACKING_NONE)
			continue; /* all tabu: it passes */
		if (repair_step_apply(r, &step) < 0)
			return -ENOMEM;
		if (r->total < best_total)
			best_total = r->total;
	}
	return 1;
}

#define ANNEAL_STEPS 8 /* times the moves, for each unit */
#define NEARLY 0.05    /* of a host over its limits, for each host: all but right */
#define WARM 0.2
#define ALL_BUT_RIGHT 0.1 /* of a host over in all: the same again, by other chances */
#define WARM_AGAIN 2
#define ROUNDED_OFF 0.01 /* of a host */
#define WARM_SHARE 4     /* one step in so many of those of a whole annealing */

/* Of many rows: first as if little were left to do, where little was over. */
static int anneal(struct repair *r, const struct repair_limits *limits)
{
	uint64_t steps = ANNEAL_STEPS * limits->moves * r->model->unit_count;
	int result = 0;

	if (r->total < NEARLY * (double)r->host_count)
		result = repair_anneal(r, WARM, steps / WARM_SHARE);
	for (int i = 0; i < WARM_AGAIN && result == 0 && r->total < ALL_BUT_RIGHT &&
		!work_is_over(r->work);
		i++)
		result = repair_anneal(r, WARM, steps / WARM_SHARE);
	if (result == 0 && !work_is_over(r->work))
		result = repair_anneal(r, 1, steps);
	/* what rounding left over */
	if (result == 0 && r->total < ROUNDED_OFF)
		result = repair_search(r, limits);
	return result;
}

int repair_run(const struct state *start, const struct repair_host *hosts,
	size_t host_count, const unsigned char *is_in,
	const struct repair_limits *limits, struct work *work, struct state *ret_state)
{
	struct repair r;
	int result = repair_init(&r, start, hosts, host_count, limits, work);

	for (size_t u = 0; u < start->model->unit_count && result == 0; u++) {
		size_t h = start->host_of[u];

		if (h < host_count && (!is_in || is_in[u]) && repair_may_go(&r, u, h))
			result = repair_put(&r, u, h);
	}
	if (result == 0)
		repair_choose_homes(&r, is_in);
	for (size_t h = 0; h < host_count && result == 0; h++)
		repair_refresh(&r, h);
	if (result == 0)
		result = repair_place_rest(&r, is_in);
	if (result == 1) {
		note_excess(&r, limits->excess);
		result = repair_search(&r, limits);
		if (result == 0 && r.rates.are_many && !work_is_over(work))
			result = anneal(&r, limits);
		if (result == 0)
			note_excess(&r, limits->excess);
	}
	if (result == 1)
		result = repair_to_state(&r, ret_state);
	repair_done(&r);
	return result;
}
