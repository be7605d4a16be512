/* Exact search over whole numbers of hosts; see mix.h for the programme. */
#include "analyze/packing/mix.h"

#include "analyze/packing/mix_rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_PER_ENVIRONMENT 40
#define SEARCH_WORK 3e8 /* classes x rows looked at, in one search */

static int64_t divide_up(int64_t a, int64_t b)
{
	return a / b + (a % b > 0);
}

static int64_t common_divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * The cheapest fractional cover of what a row still needs, by classes of number
 * `first` and up, in whole units of cost; INT64_MAX when they cannot cover it.
 */
static int64_t row_bound(const struct mix *mix, const struct mix_row *row, int64_t need,
	const int64_t *left, size_t first)
{
	int64_t cost = 0;

	for (size_t k = 0; k < row->ratio_count && need > 0; k++) {
		size_t c = row->ratio_order[k];
		int64_t give = row->give[c], whole = 0;

		if (c < first || !left[c])
			continue;
		whole = need / give;
		if (whole >= left[c]) {
			cost += left[c] * mix->cost[c];
			need -= left[c] * give;
			continue;
		}
		cost += whole * mix->cost[c];
		need -= whole * give;
		if (need <= 0)
			break;
		/* the last host in part: rounded up, since all costs are whole */
		return cost +
			(int64_t)(((__int128)need * mix->cost[c] + give - 1) / give);
	}
	return need > 0 ? INT64_MAX : cost;
}

static int compare_ratios(const void *a, const void *b, void *closure)
{
	const struct mix *mix = ((void **)closure)[0];
	const struct mix_row *row = ((void **)closure)[1];
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	__int128 left = (__int128)mix->cost[x] * row->give[y];
	__int128 right = (__int128)mix->cost[y] * row->give[x];

	if (left != right)
		return left < right ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void order_ratios(struct mix *mix, struct mix_row *row)
{
	void *closure[2] = { mix, row };

	row->ratio_count = 0;
	for (size_t c = 0; c < mix->class_count; c++)
		if (row->give[c] > 0 && mix->count[c] > 0)
			row->ratio_order[row->ratio_count++] = (uint32_t)c;
	qsort_r(row->ratio_order, row->ratio_count, sizeof(uint32_t), compare_ratios,
		closure);
}

/* Types are one class when cost and every condition agree. */
static bool are_alike(const struct mix *mix, const struct mix_conditions *conditions,
	size_t a, size_t b)
{
	if (!mix->model->has_equal_costs && mix->model->cost[a] != mix->model->cost[b])
		return false;
	for (size_t i = 0; i < conditions->count; i++)
		if (conditions->condition[i].give[a] !=
			conditions->condition[i].give[b])
			return false;
	return true;
}

static int build_classes(struct mix *mix, const struct mix_conditions *conditions)
{
	const struct model *model = mix->model;
	size_t *first = malloc(model->type_count * sizeof(*first));

	mix->class_of = malloc(model->type_count * sizeof(*mix->class_of));
	mix->count = calloc(model->type_count, sizeof(*mix->count));
	mix->cost = calloc(model->type_count, sizeof(*mix->cost));
	if (!first || !mix->class_of || !mix->count || !mix->cost) {
		free(first);
		return -ENOMEM;
	}
	for (size_t t = 0; t < model->type_count; t++) {
		size_t c = 0;

		while (c < mix->class_count && !are_alike(mix, conditions, first[c], t))
			c++;
		if (c == mix->class_count) {
			first[mix->class_count++] = t;
			mix->cost[c] = model->has_equal_costs ? 1 : model->cost[t];
		}
		mix->class_of[t] = c;
		mix->count[c] += model->count[t];
		if (mix->count[c] > (int64_t)model->unit_count)
			mix->count[c] = (int64_t)model->unit_count;
	}
	free(first);
	for (size_t c = 0; c < mix->class_count; c++)
		mix->cost_gcd = common_divisor(mix->cost_gcd, mix->cost[c]);
	if (!mix->cost_gcd)
		mix->cost_gcd = 1;
	return 0;
}

static int make_row(
	struct mix *mix, const struct mix_condition *condition, struct mix_row *ret_row)
{
	struct mix_row row = { .environment = condition->environment,
		.kind = condition->kind,
		.model_row = condition->model_row,
		.need = condition->need };

	row.give = calloc(mix->class_count, sizeof(*row.give));
	row.ratio_order = calloc(mix->class_count, sizeof(*row.ratio_order));
	if (!row.give || !row.ratio_order) {
		free(row.give);
		free(row.ratio_order);
		return -ENOMEM;
	}
	for (size_t t = 0; t < mix->model->type_count; t++)
		row.give[mix->class_of[t]] = condition->give[t];
	order_ratios(mix, &row);
	*ret_row = row;
	return 0;
}

static void free_row(struct mix_row *row)
{
	free(row->give);
	free(row->ratio_order);
}

struct rated {
	size_t index;
	int64_t bound;
	bool is_volume;
};

/* Best bounds first, volumes before others of equal bound. */
static int compare_rated(const void *a, const void *b)
{
	const struct rated *x = a, *y = b;

	if (x->bound != y->bound)
		return x->bound > y->bound ? -1 : 1;
	if (x->is_volume != y->is_volume)
		return x->is_volume ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The strongest rows of one environment, and with several classes all volumes. */
static int choose_rows(struct mix *mix, const struct mix_conditions *conditions,
	size_t environment, struct rated *rated)
{
	size_t count = 0, volumes = 0;
	int r = 0;

	for (size_t i = 0; i < conditions->count; i++) {
		struct mix_row row = { 0 };

		if (conditions->condition[i].environment != environment)
			continue;
		r = make_row(mix, &conditions->condition[i], &row);
		if (r < 0)
			return r;
		rated[count++] = (struct rated){ i,
			row_bound(mix, &row, row.need, mix->count, 0),
			row.kind == PACKING_BOUND_VOLUME };
		free_row(&row);
	}
	qsort(rated, count, sizeof(*rated), compare_rated);
	for (size_t i = 0; i < count && r == 0; i++) {
		bool is_kept = i < ROWS_PER_ENVIRONMENT / 2 ||
			(rated[i].is_volume && volumes++ < ROWS_PER_ENVIRONMENT);

		if (!is_kept || (mix->class_count == 1 && i > 0))
			continue;
		r = make_row(mix, &conditions->condition[rated[i].index],
			&mix->row[mix->row_count]);
		if (r == 0)
			mix->row_count++;
	}
	return r;
}

/* ---- one row for all ------------------------------------------------------------- */

#define BLEND_SCALE 0x1p30
#define BLEND_ROUNDS 150

/* How far a fractional cover of `blend` covers each row; what it costs comes back. */
static double cover_by(const struct mix *mix, const struct mix_row *blend,
	const struct mix_row *row, size_t count, double *share)
{
	double need = (double)blend->need, cost = 0;

	memset(share, 0, count * sizeof(*share));
	for (size_t k = 0; k < blend->ratio_count && need > 0; k++) {
		size_t c = blend->ratio_order[k];
		double hosts = need / (double)blend->give[c];

		if (hosts > (double)mix->count[c])
			hosts = (double)mix->count[c];
		need -= hosts * (double)blend->give[c];
		cost += hosts * (double)mix->cost[c];
		for (size_t i = 0; i < count; i++)
			share[i] +=
				hosts * (double)row[i].give[c] / (double)row[i].need;
	}
	return cost;
}

/* The weighted sum of rows, each over its need, rounded so that it stays a condition. */
static void blend_rows(const struct mix *mix, const struct mix_row *row, size_t count,
	const double *weight, struct mix_row *blend)
{
	blend->need = 0;
	memset(blend->give, 0, mix->class_count * sizeof(*blend->give));
	for (size_t i = 0; i < count; i++) {
		int64_t whole = (int64_t)(weight[i] * BLEND_SCALE);

		blend->need += whole;
		for (size_t c = 0; c < mix->class_count; c++) {
			__int128 give =
				(__int128)whole * row[i].give[c] + row[i].need - 1;

			/* more than the whole need gives no more */
			give /= row[i].need;
			blend->give[c] += give > ((__int128)1 << 50) ? (int64_t)1 << 50
								     : (int64_t)give;
		}
	}
}

/* Adds the blend that bounds best: rows that a cheapest cover misses gain weight. */
static int add_blend(struct mix *mix, size_t environment, size_t first)
{
	size_t count = mix->row_count - first;
	const struct mix_row *row = mix->row + first;
	struct mix_row blend = { .environment = environment,
		.kind = PACKING_BOUND_MIX,
		.model_row = PACKING_NONE };
	double *weight = malloc((3 * count + 1) * sizeof(*weight));
	double *best = weight + count, *share = best + count;
	double best_cost = -1, step = 1;

	blend.give = calloc(mix->class_count, sizeof(*blend.give));
	blend.ratio_order = calloc(mix->class_count, sizeof(*blend.ratio_order));
	if (!weight || !blend.give || !blend.ratio_order) {
		free(weight);
		free_row(&blend);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		weight[i] = 1.0 / (double)count;
	for (int round = 0; round < BLEND_ROUNDS; round++) {
		double cost = 0, sum = 0;

		blend_rows(mix, row, count, weight, &blend);
		order_ratios(mix, &blend);
		cost = cover_by(mix, &blend, row, count, share);
		if (cost > best_cost) {
			best_cost = cost;
			memcpy(best, weight, count * sizeof(*best));
		} else {
			step *= 0.95;
		}
		for (size_t i = 0; i < count; i++) {
			double miss = 1 - share[i];

			miss = miss < -1 ? -1 : miss;
			weight[i] = (weight[i] + 1e-7) * exp(step * miss);
			sum += weight[i];
		}
		for (size_t i = 0; i < count; i++)
			weight[i] /= sum;
	}
	blend_rows(mix, row, count, best, &blend);
	order_ratios(mix, &blend);
	free(weight);
	mix->row[mix->row_count++] = blend;
	return 0;
}

/* ---- the search ------------------------------------------------------------------ */

struct search {
	const struct mix *mix;
	struct work *work;
	int64_t *left;     /* [class] hosts not yet spent */
	int64_t *need;     /* [row] */
	int64_t *taken;    /* [environment][class] */
	int64_t budget;    /* cost still allowed */
	size_t begin, end; /* environments from end on are taken at their `alone` */
	uint64_t nodes, node_limit;
	bool is_cut;
	/* covers found, when they are wanted */
	int64_t *found;
	double *slack;
	size_t found_count, found_room;
	bool wants_exact; /* the whole budget must be spent */
};

/* At least what environments e.. still cost, e itself by classes `first` and up. */
static int64_t search_bound(struct search *s, size_t e, size_t first)
{
	const struct mix *mix = s->mix;
	int64_t bound = 0;

	for (size_t i = mix->row_start[e]; i < mix->row_start[e + 1]; i++) {
		int64_t cost = 0;

		if (s->need[i] <= 0)
			continue;
		cost = row_bound(mix, &mix->row[i], s->need[i], s->left, first);
		if (cost == INT64_MAX)
			return INT64_MAX;
		bound = cost > bound ? cost : bound;
	}
	return bound + mix->alone[e + 1];
}

static double cover_slack(const struct search *s)
{
	double least = 1e300;

	for (size_t i = s->mix->row_start[s->begin]; i < s->mix->row_start[s->end];
		i++) {
		double slack = -(double)s->need[i] / (double)s->mix->row[i].need;

		least = slack < least ? slack : least;
	}
	return least;
}

/* Keeps the roomiest covers: the tightest one is replaced when the room is full. */
static void search_keep(struct search *s)
{
	size_t cells = s->mix->environment_count * s->mix->class_count;
	double slack = cover_slack(s);
	size_t at = s->found_count;

	if (at == s->found_room) {
		at = 0;
		for (size_t i = 1; i < s->found_count; i++)
			if (s->slack[i] < s->slack[at])
				at = i;
		if (slack <= s->slack[at])
			return;
	} else {
		s->found_count++;
	}
	s->slack[at] = slack;
	memcpy(s->found + at * cells, s->taken, cells * sizeof(*s->taken));
}

static bool search_from(struct search *s, size_t e, size_t first);

static void search_take(struct search *s, size_t e, size_t c, int64_t count)
{
	const struct mix *mix = s->mix;

	s->left[c] -= count;
	s->taken[e * mix->class_count + c] += count;
	s->budget -= count * mix->cost[c];
	for (size_t i = mix->row_start[e]; i < mix->row_start[e + 1]; i++)
		s->need[i] -= count * mix->row[i].give[c];
}

/* All rows of the environment are met: the next one, or a cover. */
static bool search_covered(struct search *s, size_t e)
{
	if (e + 1 < s->end)
		return search_from(s, e + 1, 0);
	if (s->wants_exact && s->budget > s->mix->alone[s->end])
		return false;
	if (!s->found_room)
		return true;
	search_keep(s);
	return false;
}

/* Decides class `first` of environment e and what follows; true ends the search. */
static bool search_from(struct search *s, size_t e, size_t first)
{
	const struct mix *mix = s->mix;
	int64_t most = 0, bound = 0;

	if (++s->nodes > s->node_limit ||
		(s->nodes % 1024 == 0 && work_is_over(s->work))) {
		s->is_cut = true;
		return true;
	}
	bound = search_bound(s, e, first);
	if (bound > s->budget)
		return false;
	/* covered, and nothing is to be spent beyond what covers */
	if (bound == mix->alone[e + 1] && !s->wants_exact) {
		bool is_met = true;

		for (size_t i = mix->row_start[e]; i < mix->row_start[e + 1]; i++)
			is_met = is_met && s->need[i] <= 0;
		if (is_met)
			return search_covered(s, e);
	}
	if (first == mix->class_count) {
		for (size_t i = mix->row_start[e]; i < mix->row_start[e + 1]; i++)
			if (s->need[i] > 0)
				return false;
		return search_covered(s, e);
	}
	most = s->left[first];
	if (mix->cost[first] > 0 && s->budget / mix->cost[first] < most)
		most = s->budget / mix->cost[first];
	for (int64_t count = most; count >= 0; count--) {
		bool is_end = false;

		search_take(s, e, first, count);
		is_end = search_from(s, e, first + 1);
		search_take(s, e, first, -count);
		if (is_end)
			return true;
	}
	return false;
}

static int search_init(struct search *s, const struct mix *mix, struct work *work)
{
	*s = (struct search){ .mix = mix, .work = work, .end = mix->environment_count };
	s->node_limit = (uint64_t)(SEARCH_WORK /
		(double)(mix->row_count * mix->class_count + 10));
	s->left = malloc(mix->class_count * sizeof(*s->left));
	s->need = malloc((mix->row_count + 1) * sizeof(*s->need));
	s->taken = calloc(mix->environment_count * mix->class_count, sizeof(*s->taken));
	if (!s->left || !s->need || !s->taken)
		return -ENOMEM;
	memcpy(s->left, mix->count, mix->class_count * sizeof(*s->left));
	for (size_t i = 0; i < mix->row_count; i++)
		s->need[i] = mix->row[i].need;
	return 0;
}

static void search_done(struct search *s)
{
	free(s->left);
	free(s->need);
	free(s->taken);
	free(s->found);
	free(s->slack);
}

/* ---- bounds ---------------------------------------------------------------------- */

/* Root bounds of each environment alone, summed from the back. */
static void set_alone(struct mix *mix)
{
	mix->alone[mix->environment_count] = 0;
	mix->bound_row = PACKING_NONE;
	for (size_t e = mix->environment_count; e-- > 0;) {
		int64_t best = 0;

		for (size_t i = mix->row_start[e]; i < mix->row_start[e + 1]; i++) {
			const struct mix_row *row = &mix->row[i];
			int64_t cost = row_bound(mix, row, row->need, mix->count, 0);

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
static int raise_bound(
	struct mix *mix, size_t from, size_t end, int64_t *bound, struct work *work)
{
	int64_t all = mix->alone[end];
	int r = 0;

	for (size_t c = 0; c < mix->class_count; c++)
		all += mix->count[c] * mix->cost[c] * (int64_t)(end - from);
	while (r == 0 && !work_is_over(work)) {
		struct search s;
		bool is_met = false;

		r = search_init(&s, mix, work);
		if (r == 0) {
			s.budget = *bound;
			s.end = end;
			is_met = search_from(&s, from, 0);
		}
		search_done(&s);
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
			r = raise_bound(mix, e, e + 1, &mix->alone[e], work);
		rise = mix->alone[e] - before;
	}
	mix->bound = mix->alone[0];
	if (r == 0 && mix->environment_count > 1 && !mix->is_infeasible)
		r = raise_bound(mix, 0, mix->environment_count, &mix->bound, work);
	return r;
}

int mix_init(struct mix *mix, const struct model *model, const unsigned char *is_in,
	struct work *work)
{
	struct mix_conditions conditions = { 0 };
	struct rated *rated = NULL;
	int r = mix_conditions_collect(&conditions, model, is_in, work);

	*mix = (struct mix){ .model = model,
		.environment_count = model->environment_count,
		.bound_row = PACKING_NONE };
	if (r == 0)
		r = build_classes(mix, &conditions);
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
		r = choose_rows(mix, &conditions, e, rated);
		if (r == 0 && mix->class_count > 1 &&
			mix->row_count > mix->row_start[e] + 1)
			r = add_blend(mix, e, mix->row_start[e]);
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
		free_row(&mix->row[i]);
	free(mix->row);
	free(mix->row_start);
	free(mix->alone);
	free(mix->class_of);
	free(mix->count);
	free(mix->cost);
	*mix = (struct mix){ 0 };
}

/* Classes back to types: the first types of a class first. */
static void expand_cover(
	const struct mix *mix, const int64_t *taken, int64_t *ret_count)
{
	const struct model *model = mix->model;
	size_t types = model->type_count;

	for (size_t t = 0; t < types; t++) {
		int64_t left = model->count[t];

		for (size_t e = 0; e < mix->environment_count; e++) {
			int64_t want = taken[e * mix->class_count + mix->class_of[t]];

			for (size_t s = 0; s < t; s++)
				if (mix->class_of[s] == mix->class_of[t])
					want -= ret_count[e * types + s];
			ret_count[e * types + t] = want < left ? want : left;
			left -= ret_count[e * types + t];
		}
	}
}

/* The covers are kept in rooms for `most`; the roomiest come first. */
static int search_keeping(struct search *s, size_t most, size_t from, size_t end)
{
	size_t cells = s->mix->environment_count * s->mix->class_count;

	s->found = malloc((most * cells + 1) * sizeof(*s->found));
	s->slack = malloc((most + 1) * sizeof(*s->slack));
	if (!s->found || !s->slack)
		return -ENOMEM;
	s->found_room = most;
	s->wants_exact = true;
	s->begin = from;
	s->end = end;
	search_from(s, from, 0);
	/* insertion sort: `most` is small */
	for (size_t i = 0; i < s->found_count; i++)
		for (size_t j = i; j > 0 && s->slack[j] > s->slack[j - 1]; j--) {
			double slack = s->slack[j];

			s->slack[j] = s->slack[j - 1];
			s->slack[j - 1] = slack;
			for (size_t c = 0; c < cells; c++) {
				int64_t cell = s->found[j * cells + c];

				s->found[j * cells + c] = s->found[(j - 1) * cells + c];
				s->found[(j - 1) * cells + c] = cell;
			}
		}
	return (int)s->found_count;
}

/*
 * One cover of several environments: what may be spent beyond the bound is shared out
 * at random, each environment in turn takes a roomy cover from the hosts still there,
 * the last one spends what is left.  1: found in taken; 0: this draw leads nowhere.
 */
static int draw_cover(
	const struct mix *mix, int64_t cost, struct work *work, int64_t *taken)
{
	size_t cells = mix->environment_count * mix->class_count;
	int64_t spare = cost - mix->alone[0];
	int64_t *left = malloc((mix->class_count + 1) * sizeof(*left));
	int r = left ? 1 : -ENOMEM;

	memset(taken, 0, cells * sizeof(*taken));
	for (size_t c = 0; c < mix->class_count && r == 1; c++)
		left[c] = mix->count[c];
	for (size_t e = 0; e < mix->environment_count && r == 1; e++) {
		bool is_last = e + 1 == mix->environment_count;
		int64_t own = mix->alone[e] - mix->alone[e + 1], extra = spare;
		struct search s;
		int found = 0;

		if (!is_last) {
			int64_t mean = mix->alone[0]
				? (int64_t)((__int128)(cost - mix->alone[0]) * own /
					  mix->alone[0])
				: 0;

			extra = (int64_t)(work_random(work) % (uint64_t)(2 * mean + 2));
			extra = extra / mix->cost_gcd * mix->cost_gcd;
			extra = extra > spare ? spare : extra;
		}
		for (int more = 0; more < (is_last ? 1 : 8) && !found && r == 1;
			more++) {
			r = search_init(&s, mix, work) < 0 ? -ENOMEM : 1;
			if (r == 1) {
				memcpy(s.left, left, mix->class_count * sizeof(*left));
				s.node_limit = 20000;
				s.budget = mix->alone[e + 1] + own + extra;
				found = search_keeping(&s, 3, e, e + 1);
			}
			if (r == 1 && found > 0) {
				size_t pick = work_random(work) % (uint64_t)found;

				for (size_t c = 0; c < mix->class_count; c++) {
					size_t cell = e * mix->class_count + c;

					taken[cell] = s.found[pick * cells + cell];
					left[c] -= taken[cell];
				}
				spare -= extra;
			} else {
				extra += mix->cost_gcd;
			}
			search_done(&s);
			if (!is_last && extra > spare)
				break;
		}
		if (r == 1)
			r = found > 0 ? 1 : found < 0 ? found : 0;
	}
	free(left);
	return r;
}

#define DRAWS 60

/* Several environments: drawn covers, since there are too many to list. */
static int drawn_covers(const struct mix *mix, int64_t cost, size_t most,
	struct work *work, int64_t *count)
{
	size_t out = mix->environment_count * mix->model->type_count;
	int64_t *taken = malloc(
		(mix->environment_count * mix->class_count + 1) * sizeof(*taken));
	size_t found = 0;
	int r = taken ? 0 : -ENOMEM;

	for (int i = 0; i < DRAWS && found < most && r >= 0 && !work_is_over(work);
		i++) {
		r = draw_cover(mix, cost, work, taken);
		if (r == 1)
			expand_cover(mix, taken, count + found++ * out);
	}
	free(taken);
	return r < 0 ? r : (int)found;
}

int mix_covers(const struct mix *mix, int64_t cost, size_t most, struct work *work,
	int64_t **ret_count, bool *ret_is_complete)
{
	size_t cells = mix->environment_count * mix->class_count;
	size_t out = mix->environment_count * mix->model->type_count;
	int64_t *count = malloc((most * out + 1) * sizeof(*count));
	struct search s;
	int r = search_init(&s, mix, work);

	if (r == 0 && !count)
		r = -ENOMEM;
	if (r == 0) {
		s.node_limit /= mix->environment_count > 1 ? 100 : 10;
		s.budget = cost;
		r = search_keeping(&s, most, 0, mix->environment_count);
	}
	*ret_is_complete = !s.is_cut && s.found_count < most;
	for (int i = 0; i < r; i++)
		expand_cover(mix, s.found + (size_t)i * cells, count + (size_t)i * out);
	if (r >= 0 && s.is_cut && mix->environment_count > 1)
		r = drawn_covers(mix, cost, most, work, count);
	search_done(&s);
	if (r < 0) {
		free(count);
		return r;
	}
	*ret_count = count;
	return r;
}
