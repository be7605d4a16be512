/* The bound: least cost of whole hosts that meet all conditions; see mix.h. */
#include "analyze/packing/mix_internal.h"

#include <errno.h>
#include <stdlib.h>

static int64_t divide_up(int64_t a, int64_t b)
{
	return a / b + (a % b > 0);
}

/* Root bounds of each environment alone, summed from the back. */
static void set_alone(struct mix *mix)
{
	mix->alone[mix->environment_count] = 0;
	mix->bound_row = PACKING_NONE;
	for (size_t e = mix->environment_count; e-- > 0;) {
		int64_t best = 0;

		for (size_t i = mix->row_start[e]; i < mix->row_start[e + 1]; i++) {
			const struct mix_row *row = &mix->row[i];
			int64_t cost =
				mix_row_bound(mix, row, row->need, mix->count, 0);

			if (cost == INT64_MAX)
				mix->is_infeasible = true;
			else if (cost > best || i == mix->row_start[e]) {
				best = cost;
				mix->bound_kind = row->kind;
				mix->bound_row = row->model_row;
			}
		}
		mix->alone[e] = mix->alone[e + 1] + best;
	}
}

static int64_t round_to_gcd(const struct mix *mix, int64_t cost)
{
	return divide_up(cost, mix->cost_gcd) * mix->cost_gcd;
}

/*
 * The least cost from which environments from..end-1 can be covered, the later ones
 * taken at their bound; starts at *bound and stays there when the limits cut it.
 */
static int mix_raise_bound(
	struct mix *mix, size_t from, size_t end, int64_t *bound, struct work *work)
{
	int64_t all = mix->alone[end];
	int r = 0;

	for (size_t c = 0; c < mix->class_count; c++)
		all += mix->count[c] * mix->cost[c] * (int64_t)(end - from);
	while (r == 0 && !work_is_over(work)) {
		struct mix_search s;
		bool is_met = false;

		r = mix_search_init(&s, mix, work);
		if (r == 0) {
			s.budget = *bound;
			s.end = end;
			is_met = mix_search_run(&s, from, 0);
		}
		mix_search_done(&s);
		if (r < 0 || is_met)
			break;
		if (*bound > all) {
			mix->is_infeasible = true;
			break;
		}
		*bound = round_to_gcd(mix, *bound + 1);
		mix->bound_kind = PACKING_BOUND_MIX;
	}
	return r;
}

/* Each environment alone, exactly; then all together, with the counts they share. */
static int raise_bounds(struct mix *mix, struct work *work)
{
	int64_t rise = 0; /* of alone[e + 1], beyond the sum of the roots */
	int r = 0;

	for (size_t e = mix->environment_count;
		e-- > 0 && r == 0 && !mix->is_infeasible;) {
		int64_t before = mix->alone[e];

		mix->alone[e] = round_to_gcd(mix, before + rise);
		if (mix->class_count > 1)
			r = mix_raise_bound(mix, e, e + 1, &mix->alone[e], work);
		rise = mix->alone[e] - before;
	}
	mix->bound = mix->alone[0];
	if (r == 0 && mix->environment_count > 1 && !mix->is_infeasible)
		r = mix_raise_bound(mix, 0, mix->environment_count, &mix->bound, work);
	return r;
}

/* Each environment has rows of its own: a host runs one environment alone, so that
 * what they need adds up, and a row over all of them would say less. */
int mix_init(struct mix *mix, const struct model *model, const unsigned char *is_in,
	struct work *work)
{
	struct mix_conditions conditions = { 0 };
	struct mix_rated *rated = NULL;
	int r = mix_conditions_collect(&conditions, model, is_in);

	*mix = (struct mix){ .model = model,
		.environment_count = model->environment_count,
		.bound_row = PACKING_NONE };
	if (r == 0)
		r = mix_build_classes(mix, &conditions);
	if (r < 0)
		goto out;
	r = -ENOMEM;
	rated = malloc((conditions.count + 1) * sizeof(*rated));
	mix->row = calloc(
		conditions.count + mix->environment_count + 1, sizeof(*mix->row));
	mix->row_start = calloc(mix->environment_count + 1, sizeof(*mix->row_start));
	mix->alone = calloc(mix->environment_count + 1, sizeof(*mix->alone));
	if (!rated || !mix->row || !mix->row_start || !mix->alone)
		goto out;
	r = 0;
	for (size_t e = 0; e < mix->environment_count && r == 0; e++) {
		mix->row_start[e] = mix->row_count;
		r = mix_choose_rows(mix, &conditions, e, rated);
		if (r == 0 && mix->class_count > 1 &&
			mix->row_count > mix->row_start[e] + 1)
			r = mix_add_blend(mix, e, mix->row_start[e]);
	}
	if (r < 0)
		goto out;
	mix->row_start[mix->environment_count] = mix->row_count;
	set_alone(mix);
	if (!mix->is_infeasible)
		r = raise_bounds(mix, work);
out:
	free(rated);
	mix_conditions_done(&conditions);
	if (r < 0)
		mix_done(mix);
	return r;
}

void mix_done(struct mix *mix)
{
	for (size_t i = 0; i < mix->row_count; i++)
		mix_row_free(&mix->row[i]);
	free(mix->row);
	free(mix->row_start);
	free(mix->alone);
	free(mix->class_of);
	free(mix->count);
	free(mix->cost);
	*mix = (struct mix){ 0 };
}
