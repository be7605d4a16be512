/*
 * Depth first over classes in order of value per weight, where the weight is a
 * combination of the rows chosen to bound best.  At each node the classes that no
 * longer fit are filtered out, and the fractional filling of what remains is the bound.
 */
#include "analyze/packing/knapsack.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A class as the search sees it. */
struct knapsack_candidate {
	size_t class;
	int64_t value, weight;
	double ratio;
	const int64_t *size;
	uint32_t demand;
};

struct knapsack_search {
	const struct knapsack *k;
	const struct model *model;
	struct work *work;
	struct knapsack_candidate *candidate;
	size_t candidate_count;
	size_t rows;
	int64_t *room;       /* [row] */
	int64_t *multiplier; /* [row] of the weight */
	int64_t weight_room;
	int64_t *size; /* [candidate][row], close together in the order of the search */
	uint32_t *taken; /* [class] */
	uint32_t *left;  /* [candidate] copies not taken */
	uint32_t *group_load;
	size_t sharing;
	uint32_t *list; /* candidate lists, a level behind the other */
	size_t list_room;
	int64_t value, best, open_bound;
	int64_t lightest_two;
	bool has_side_rules; /* groups or a setup */
	uint64_t nodes;
	bool is_cut;
};

/* ---- weights --------------------------------------------------------------------- */

#define WEIGHT_SCALE 0x1p38
#define WEIGHT_ROUNDS 24

static int knapsack_compare_ratios(const void *a, const void *b)
{
	const struct knapsack_candidate *x = a, *y = b;

	if (x->ratio != y->ratio)
		return x->ratio > y->ratio ? -1 : 1;
	return x->class < y->class ? -1 : x->class > y->class;
}

/* Weights from shares of the rows, as integers: any shares are valid. */
static void knapsack_set_weights(struct knapsack_search *s, const double *share)
{
	const int64_t *room = s->room;

	s->weight_room = 0;
	for (size_t row = 0; row < s->rows; row++) {
		s->multiplier[row] = room[row] > 0
			? (int64_t)(share[row] * WEIGHT_SCALE / (double)room[row])
			: 0;
		s->weight_room += s->multiplier[row] * room[row];
	}
	for (size_t i = 0; i < s->candidate_count; i++) {
		struct knapsack_candidate *c = &s->candidate[i];

		c->weight = 0;
		for (size_t row = 0; row < s->rows; row++)
			c->weight += s->multiplier[row] * c->size[row];
		c->ratio = c->weight > 0 ? (double)c->value / (double)c->weight : 1e300;
	}
	qsort(s->candidate, s->candidate_count, sizeof(*s->candidate),
		knapsack_compare_ratios);
}

/* The fractional filling by weight; what it takes of each row goes to use[]. */
static double fractional(const struct knapsack_search *s, double *use)
{
	double value = 0, room = (double)s->weight_room;

	memset(use, 0, s->rows * sizeof(*use));
	for (size_t i = 0; i < s->candidate_count && room > 0; i++) {
		const struct knapsack_candidate *c = &s->candidate[i];
		double copies = c->demand;

		if (c->weight > 0 && copies * (double)c->weight > room)
			copies = room / (double)c->weight;
		value += copies * (double)c->value;
		room -= copies * (double)c->weight;
		for (size_t row = 0; row < s->rows; row++)
			use[row] += copies * (double)c->size[row];
	}
	return value;
}

/* Rows that the fractional filling overfills get a greater share, step by step. */
static int choose_weights(struct knapsack_search *s)
{
	const int64_t *room = s->room;
	double *share = calloc(3 * s->rows + 1, sizeof(*share));
	double *use, *best_share;
	double best = 1e300, step = 1;

	if (!share)
		return -ENOMEM;
	use = share + s->rows;
	best_share = use + s->rows;
	for (size_t row = 0; row < s->rows; row++)
		share[row] = 1.0 / (double)s->rows;
	for (int i = 0; i < WEIGHT_ROUNDS && s->rows > 1; i++) {
		double value = 0, sum = 0;

		knapsack_set_weights(s, share);
		value = fractional(s, use);
		if (value < best) {
			best = value;
			memcpy(best_share, share, s->rows * sizeof(*share));
		} else {
			step *= 0.8;
		}
		for (size_t row = 0; row < s->rows; row++) {
			double over =
				room[row] > 0 ? use[row] / (double)room[row] - 1 : 0;

			over = over > 1 ? 1 : over;
			share[row] = (share[row] + 1e-6) * exp(step * over);
			sum += share[row];
		}
		for (size_t row = 0; row < s->rows; row++)
			share[row] /= sum;
	}
	knapsack_set_weights(s, s->rows > 1 ? best_share : share);
	free(share);
	return 0;
}

/* ---- the search ------------------------------------------------------------------ */

static bool candidate_fits(const struct knapsack_search *s, size_t i)
{
	const struct model *model = s->model;
	const struct knapsack_candidate *c = &s->candidate[i];
	const int64_t *size = s->size + i * s->rows;
	size_t unit = 0;

	for (size_t row = 0; row < s->rows; row++)
		if (size[row] > s->room[row])
			return false;
	if (!s->has_side_rules)
		return true;
	unit = s->k->classes->unit[c->class];
	if (model->setup_row != PACKING_NONE && model->is_sharing[unit] &&
		!s->sharing &&
		c->size[model->setup_row] + model->setup_amount >
			s->room[model->setup_row])
		return false;
	for (size_t m = model->membership_start[unit];
		m < model->membership_start[unit + 1]; m++) {
		const struct model_membership *membership = &model->membership[m];
		const struct model_group *group = &model->group[membership->group];

		if (group->scope == MODEL_OF_HOST &&
			s->group_load[membership->group] + membership->amount >
				group->limit)
			return false;
		for (uint32_t g = group->first;
			group->scope == MODEL_FAMILY && g < group->end; g++)
			if (g != membership->group && s->group_load[g])
				return false;
	}
	return true;
}

/* sign: 1 takes a copy, -1 puts it back. */
static void knapsack_take(struct knapsack_search *s, size_t i, int sign)
{
	const struct knapsack_candidate *c = &s->candidate[i];
	const struct model *model = s->model;
	size_t unit = s->k->classes->unit[c->class];

	for (size_t row = 0; row < s->rows; row++)
		s->room[row] -= sign * c->size[row];
	s->weight_room -= sign * c->weight;
	s->value += sign * c->value;
	s->left[i] -= (uint32_t)sign;
	s->taken[c->class] += (uint32_t)sign;
	for (size_t m = model->membership_start[unit];
		m < model->membership_start[unit + 1]; m++)
		s->group_load[model->membership[m].group] +=
			(uint32_t)(sign * (int)model->membership[m].amount);
	if (model->is_sharing[unit] && model->setup_row != PACKING_NONE) {
		size_t before = s->sharing;

		s->sharing = sign > 0 ? before + 1 : before - 1;
		if (!before || !s->sharing)
			s->room[model->setup_row] -= sign * model->setup_amount;
	}
}

/* No completion by list[from..count) is worth more; rounded up, so safe. */
static int64_t suffix_bound(const struct knapsack_search *s, const uint32_t *list,
	size_t from, size_t count)
{
	int64_t value = s->value, room = s->weight_room;

	for (size_t i = from; i < count; i++) {
		const struct knapsack_candidate *c = &s->candidate[list[i]];
		int64_t copies = s->left[list[i]];

		if (c->weight > 0 && copies * c->weight > room) {
			/* 1e-14 is over the error of three roundings of a double */
			double part = (double)room * (double)c->value /
				(double)c->weight * (1 + 1e-14);

			/* the order is by doubles: the next may be as good, by a hair */
			return value + (int64_t)part + 2;
		}
		room -= copies * c->weight;
		value += copies * c->value;
	}
	return value;
}

static void keep_best(struct knapsack_search *s)
{
	if (s->value <= s->best)
		return;
	if (!s->k->wants_all)
		s->best = s->value;
	if (s->k->found)
		s->k->found(s->k->closure, s->taken, s->value);
}

/*
 * What of list[0..count) still fits beside a copy of list[0] that was just taken; the
 * least weight that two more copies have goes to lightest_two.
 */
static size_t filter_list(
	struct knapsack_search *s, const uint32_t *list, size_t count, uint32_t *next)
{
	const struct knapsack *k = s->k;
	const unsigned char *excludes = k->excludes
		? k->excludes + s->candidate[list[0]].class * k->classes->count
		: NULL;
	int64_t first = INT64_MAX / 4, second = INT64_MAX / 4;
	size_t kept = 0;

	for (size_t j = 0; j < count; j++) {
		const struct knapsack_candidate *c = &s->candidate[list[j]];

		if (!s->left[list[j]] || !candidate_fits(s, list[j]) ||
			(excludes && j && excludes[c->class]))
			continue;
		next[kept++] = list[j];
		for (uint32_t copy = 0; copy < 2 && copy < s->left[list[j]]; copy++) {
			if (c->weight < first) {
				second = first;
				first = c->weight;
			} else if (c->weight < second) {
				second = c->weight;
			}
		}
	}
	s->lightest_two = first + second;
	return kept;
}

/* One more copy at most: the most valuable. */
static void take_last(struct knapsack_search *s, const uint32_t *list, size_t count)
{
	uint32_t best = list[0];

	for (size_t j = 1; j < count; j++)
		if (s->candidate[list[j]].value > s->candidate[best].value)
			best = list[j];
	if (s->value + s->candidate[best].value <= s->best)
		return;
	knapsack_take(s, best, 1);
	keep_best(s);
	knapsack_take(s, best, -1);
}

/* Fills from list[0..count); the lists of deeper levels lie behind it. */
static void search_list(struct knapsack_search *s, uint32_t *list, size_t count)
{
	const struct knapsack *k = s->k;
	uint32_t *next = list + count;

	/* of all fillings, those that end here: others hold more */
	if (!k->wants_all || !count)
		keep_best(s);
	for (size_t i = 0; i < count; i++) {
		size_t next_count = 0;
		int64_t bound = suffix_bound(s, list, i, count);

		if (bound <= s->best)
			return;
		if (s->is_cut || ++s->nodes > k->node_limit ||
			(s->nodes % 4096 == 0 && work_is_over(s->work))) {
			s->is_cut = true;
			if (bound > s->open_bound)
				s->open_bound = bound;
			return;
		}
		knapsack_take(s, list[i], 1);
		next_count = filter_list(s, list + i, count - i, next);
		/* where only one more copy has room, no list is needed */
		if (next_count && !k->wants_all && s->lightest_two > s->weight_room)
			take_last(s, next, next_count);
		else
			search_list(s, next, next_count);
		knapsack_take(s, list[i], -1);
	}
}

static size_t choose_candidates(struct knapsack_search *s)
{
	const struct knapsack *k = s->k;
	const struct model *model = s->model;
	size_t copies = 0;

	for (size_t c = 0; c < k->classes->count; c++) {
		size_t unit = k->classes->unit[c];

		if (k->value[c] <= 0 || !k->demand[c] ||
			model->environment[unit] != k->environment ||
			!model_allows(model, unit, k->type))
			continue;
		s->candidate[s->candidate_count++] =
			(struct knapsack_candidate){ .class = c,
				.value = k->value[c],
				.size = model_size(model, k->type, unit),
				.demand = k->demand[c] };
		copies += k->demand[c];
	}
	return copies;
}

/* The longest chain of copies, and so of lists, on one host. */
static size_t deepest(const struct knapsack_search *s, size_t copies)
{
	const int64_t *capacity = model_capacity(s->model, s->k->type);
	size_t depth = copies;

	for (size_t row = 0; row < s->rows; row++) {
		int64_t least = INT64_MAX;

		for (size_t i = 0; i < s->candidate_count; i++)
			if (s->candidate[i].size[row] < least)
				least = s->candidate[i].size[row];
		if (least > 0 && least < INT64_MAX &&
			(uint64_t)(capacity[row] / least) < depth)
			depth = (size_t)(capacity[row] / least);
	}
	return depth + 2;
}

static int search_alloc(struct knapsack_search *s)
{
	const struct knapsack *k = s->k;
	size_t classes = k->classes->count + 1;

	s->candidate = malloc(classes * sizeof(*s->candidate));
	s->room = malloc((s->rows + 1) * sizeof(*s->room));
	s->multiplier = calloc(s->rows + 1, sizeof(*s->multiplier));
	s->taken = calloc(classes, sizeof(*s->taken));
	s->left = calloc(classes, sizeof(*s->left));
	s->group_load = calloc(s->model->group_count + 1, sizeof(*s->group_load));
	if (!s->candidate || !s->room || !s->multiplier || !s->taken || !s->left ||
		!s->group_load)
		return -ENOMEM;
	return 0;
}

/* What is on the host already; false: more than it holds. */
static bool take_held(struct knapsack_search *s)
{
	const struct model *model = s->model;
	bool fits = true;

	if (!s->k->held)
		return true;
	for (size_t c = 0; c < s->k->classes->count; c++) {
		size_t unit = s->k->classes->unit[c];
		const int64_t *size = model_size(model, s->k->type, unit);
		uint32_t copies = s->k->held[c];

		for (size_t row = 0; row < s->rows; row++)
			s->room[row] -= copies * size[row];
		for (size_t m = model->membership_start[unit];
			m < model->membership_start[unit + 1]; m++)
			s->group_load[model->membership[m].group] +=
				copies * model->membership[m].amount;
		if (!copies || !model->is_sharing[unit] ||
			model->setup_row == PACKING_NONE)
			continue;
		if (!s->sharing)
			s->room[model->setup_row] -= model->setup_amount;
		s->sharing += copies;
	}
	for (size_t row = 0; row < s->rows; row++)
		fits = fits && s->room[row] >= 0;
	return fits;
}

static void search_free(struct knapsack_search *s)
{
	free(s->candidate);
	free(s->room);
	free(s->multiplier);
	free(s->taken);
	free(s->left);
	free(s->group_load);
	free(s->list);
	free(s->size);
}

int knapsack_solve(const struct knapsack *knapsack, struct work *work,
	int64_t *ret_best, int64_t *ret_bound)
{
	struct knapsack_search s = { .k = knapsack,
		.model = knapsack->model,
		.work = work,
		.rows = knapsack->model->row_count,
		.best = knapsack->at_least,
		.has_side_rules = knapsack->model->group_count ||
			knapsack->model->setup_row != PACKING_NONE };
	size_t copies = 0, count = 0;
	int r = search_alloc(&s);

	if (r == 0)
		memcpy(s.room, model_capacity(s.model, knapsack->type),
			s.rows * sizeof(*s.room));
	if (r == 0 && !take_held(&s)) {
		*ret_best = *ret_bound = s.best;
		goto out;
	}
	if (r == 0) {
		copies = choose_candidates(&s);
		r = choose_weights(&s);
	}
	if (r == 0) {
		size_t depth = deepest(&s, copies);

		/* each level's list is no longer than the one before it */
		s.list_room = (s.candidate_count + 1) * (depth + 1);
		s.list = malloc(s.list_room * sizeof(*s.list));
		s.size = malloc((s.candidate_count * s.rows + 1) * sizeof(*s.size));
		r = s.list && s.size ? 0 : -ENOMEM;
	}
	if (r < 0)
		goto out;
	for (size_t i = 0; i < s.candidate_count; i++) {
		s.left[i] = s.candidate[i].demand;
		memcpy(s.size + i * s.rows, s.candidate[i].size,
			s.rows * sizeof(*s.size));
		if (candidate_fits(&s, i))
			s.list[count++] = (uint32_t)i;
	}
	s.open_bound = s.best;
	search_list(&s, s.list, count);
	*ret_best = s.best;
	*ret_bound = s.open_bound > s.best ? s.open_bound : s.best;
out:
	search_free(&s);
	return r;
}
