/* Rounds of programme and pricing, with smoothed prices and Farley's bound. */
#include "analyze/solver/colgen.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NODES_FIRST 3000
#define NODES_LAST 40000000
#define EXTRA_COLUMNS 40
#define EXTRA_NODES 400
#define SMOOTHING 0.6

int colgen_init(struct colgen *g, const struct model *model, const struct work *work)
{
	int r = 0;

	*g = (struct colgen){
		.model = model, .work = *work, .node_limit = NODES_FIRST
	};
	r = knapsack_classes_init(&g->classes, model);
	if (r < 0)
		return r;
	size_t n = g->classes.count + 1;
	g->demand = calloc(n, sizeof(*g->demand));
	g->lower = calloc(n, sizeof(*g->lower));
	g->center = calloc(n, sizeof(*g->center));
	g->value = calloc(n, sizeof(*g->value));
	g->tight_value = calloc(n, sizeof(*g->tight_value));
	g->filling = calloc(n, sizeof(*g->filling));
	if (!g->demand || !g->lower || !g->center || !g->value || !g->tight_value ||
		!g->filling)
		return -ENOMEM;
	for (size_t c = 0; c < g->classes.count; c++) {
		g->demand[c] = g->classes.demand[c];
		g->lower[c] = g->demand[c];
	}
	g->lp = lp_new(g->classes.count, g->lower);
	return g->lp ? 0 : -ENOMEM;
}

void colgen_done(struct colgen *g)
{
	lp_free(g->lp);
	knapsack_classes_done(&g->classes);
	free(g->column);
	free(g->bucket);
	free(g->entry_class);
	free(g->entry_amount);
	free(g->demand);
	free(g->lower);
	free(g->center);
	free(g->value);
	free(g->tight_value);
	free(g->filling);
	free(g->excludes);
	*g = (struct colgen){ 0 };
}

void colgen_set_demand(struct colgen *g, const uint32_t *demand)
{
	for (size_t c = 0; c < g->classes.count; c++) {
		g->demand[c] = demand[c];
		g->lower[c] = demand[c];
	}
	lp_set_lower(g->lp, g->lower);
}

static bool colgen_is_same(
	const struct colgen *g, const struct column *a, const struct column *b)
{
	return a->hash == b->hash && a->count == b->count &&
		!memcmp(g->entry_class + a->first, g->entry_class + b->first,
			a->count * sizeof(*g->entry_class)) &&
		!memcmp(g->entry_amount + a->first, g->entry_amount + b->first,
			a->count * sizeof(*g->entry_amount));
}

/* The bucket of an equal column, or the free one where it belongs. */
static size_t *colgen_find_bucket(struct colgen *g, const struct column *column)
{
	size_t at = column->hash % g->bucket_count;

	while (g->bucket[at] &&
		!colgen_is_same(g, &g->column[g->bucket[at] - 1], column))
		at = (at + 1) % g->bucket_count;
	return &g->bucket[at];
}

/* Twice as many buckets as columns at least. */
static int grow_buckets(struct colgen *g)
{
	size_t count = 4 * g->column_room + 1;
	size_t *bucket = NULL;

	if (2 * g->column_room < g->bucket_count)
		return 0;
	bucket = calloc(count, sizeof(*bucket));
	if (!bucket)
		return -ENOMEM;
	free(g->bucket);
	g->bucket = bucket;
	g->bucket_count = count;
	for (size_t i = 0; i < g->column_count; i++)
		*colgen_find_bucket(g, &g->column[i]) = i + 1;
	return 0;
}

static int colgen_reserve(struct colgen *g)
{
	size_t need = g->entry_count + g->classes.count + 1;

	if (g->column_count == g->column_room) {
		size_t room = g->column_room ? 2 * g->column_room : 256;
		void *grown = realloc(g->column, room * sizeof(*g->column));

		if (!grown)
			return -ENOMEM;
		g->column = grown;
		g->column_room = room;
	}
	if (need > g->entry_room) {
		size_t room = 2 * need;
		void *grown = realloc(g->entry_class, room * sizeof(*g->entry_class));

		if (!grown)
			return -ENOMEM;
		g->entry_class = grown;
		grown = realloc(g->entry_amount, room * sizeof(*g->entry_amount));
		if (!grown)
			return -ENOMEM;
		g->entry_amount = grown;
		g->entry_room = room;
	}
	return grow_buckets(g);
}

int colgen_add(struct colgen *g, const uint32_t *amount)
{
	struct column new = { .first = g->entry_count, .hash = 0xcbf29ce484222325u };
	size_t *bucket = NULL;
	int r = colgen_reserve(g);

	if (r < 0)
		return r;
	for (size_t c = 0; c < g->classes.count; c++) {
		if (!amount[c])
			continue;
		g->entry_class[g->entry_count + new.count] = (int)c;
		g->entry_amount[g->entry_count + new.count++] = amount[c];
		new.hash = (new.hash ^ c) * 0x100000001b3u;
		new.hash = (new.hash ^ amount[c]) * 0x100000001b3u;
	}
	bucket = colgen_find_bucket(g, &new);
	if (!new.count || *bucket)
		return 0;
	*bucket = g->column_count + 1;
	g->entry_count += new.count;
	g->column[g->column_count++] = new;
	lp_add_column(g->lp, new.count, g->entry_class + new.first,
		g->entry_amount + new.first);
	return 1;
}

int colgen_add_state(struct colgen *g, const size_t *host_of, size_t host_count)
{
	size_t n = g->classes.count;
	uint32_t *amount = malloc((n + 1) * sizeof(*amount));
	int r = amount ? 0 : -ENOMEM;

	for (size_t h = 0; h < host_count && r >= 0; h++) {
		memset(amount, 0, n * sizeof(*amount));
		for (size_t u = 0; u < g->model->unit_count; u++)
			if (host_of[u] == h)
				amount[g->classes.class_of[u]]++;
		r = colgen_add(g, amount);
	}
	free(amount);
	return r < 0 ? r : 0;
}

/* ---- pricing --------------------------------------------------------------------- */

static void colgen_keep_filling(void *closure, const uint32_t *count, int64_t value)
{
	struct colgen *g = closure;

	(void)value;
	memcpy(g->filling, count, g->classes.count * sizeof(*count));
	g->has_filling = true;
}

/* The best filling over the environments, worth more than at_least; *ret_bound holds
 * for all fillings. */
static int price(struct colgen *g, const uint32_t *demand, uint64_t nodes,
	int64_t at_least, int64_t *ret_bound)
{
	struct knapsack knapsack = { .model = g->model,
		.classes = &g->classes,
		.value = g->value,
		.demand = demand,
		.excludes = g->excludes,
		.node_limit = nodes,
		.found = colgen_keep_filling,
		.closure = g,
		.at_least = at_least };
	int64_t bound = at_least;
	int r = 0;

	g->has_filling = false;
	for (size_t e = 0; e < g->model->environment_count && r == 0; e++) {
		int64_t best = 0, own = 0;

		knapsack.environment = (unsigned)e;
		r = knapsack_solve(&knapsack, &g->work, &best, &own);
		knapsack.at_least = best > knapsack.at_least ? best : knapsack.at_least;
		bound = own > bound ? own : bound;
	}
	*ret_bound = bound;
	return r;
}

static void set_values(struct colgen *g, const double *prices)
{
	for (size_t c = 0; c < g->classes.count; c++)
		g->value[c] =
			prices[c] > 0 ? (int64_t)(prices[c] * (double)PRICE_SCALE) : 0;
}

/* Farley: sum(price demand) over the best filling, in whole hosts. */
static void colgen_raise_bound(
	struct colgen *g, int64_t filling_bound, const double *prices)
{
	int64_t total = 0, bound = 0;
	double fraction = 0;

	if (filling_bound < 1)
		return;
	for (size_t c = 0; c < g->classes.count; c++)
		total += g->value[c] * (int64_t)g->classes.demand[c];
	bound = total / filling_bound + (total % filling_bound != 0);
	fraction = (double)total / (double)filling_bound;
	if (fraction > g->fraction) {
		g->fraction = fraction;
		memcpy(g->center, prices, g->classes.count * sizeof(*prices));
	}
	if (bound > g->bound)
		g->bound = bound;
}

/* More fillings from the units that the best one leaves: cheap, and they go together. */
static int add_others(struct colgen *g, uint32_t *rest)
{
	int r = 0;

	for (int i = 0; i < EXTRA_COLUMNS && r >= 0; i++) {
		int64_t bound = 0;
		bool is_any = false;

		for (size_t c = 0; c < g->classes.count; c++) {
			rest[c] -= g->filling[c] < rest[c] ? g->filling[c] : rest[c];
			is_any = is_any || (rest[c] && g->value[c] > 0);
		}
		if (!is_any)
			break;
		r = price(g, rest, EXTRA_NODES, PRICE_SCALE + PRICE_SCALE / 1000000,
			&bound);
		if (r < 0 || !g->has_filling)
			break;
		r = colgen_add(g, g->filling);
	}
	return r < 0 ? r : 0;
}

struct enumeration {
	struct colgen *g;
	size_t left; /* columns still welcome */
	int error;
};

static void add_filling(void *closure, const uint32_t *count, int64_t value)
{
	struct enumeration *e = closure;

	(void)value;
	if (!e->left || e->error < 0)
		return;
	e->error = colgen_add(e->g, count);
	e->left -= e->error == 1;
}

#define ALIKE_COLUMNS 60

/*
 * All fillings that gain at least half of what the best one gains, at the prices as
 * they are: where pricing has become dear, one column a time is too slow.
 */
static int add_alike(struct colgen *g, int64_t best)
{
	struct enumeration e = { .g = g, .left = ALIKE_COLUMNS };
	struct knapsack knapsack = { .model = g->model,
		.classes = &g->classes,
		.value = g->value,
		.demand = g->demand,
		.node_limit = g->node_limit,
		.found = add_filling,
		.closure = &e,
		.wants_all = true,
		.at_least = PRICE_SCALE + (best - PRICE_SCALE) / 2 };
	int r = 0;

	for (size_t env = 0; env < g->model->environment_count && r == 0; env++) {
		int64_t ignored_best = 0, ignored_bound = 0;

		knapsack.environment = (unsigned)env;
		r = knapsack_solve(&knapsack, &g->work, &ignored_best, &ignored_bound);
	}
	return e.error < 0 ? e.error : r;
}

static int64_t colgen_worth(const struct colgen *g, const double *prices)
{
	double sum = 0;

	for (size_t c = 0; c < g->classes.count; c++)
		sum += prices[c] * g->filling[c];
	return (int64_t)(sum * (double)PRICE_SCALE);
}

/* What the round of pricing came to. */
enum round {
	ROUND_IMPROVED,
	ROUND_EXACT,     /* no filling improves the programme */
	ROUND_UNDECIDED, /* the node limit was reached without one */
};

/*
 * One pricing, between the prices of the programme and those of the best bound; when
 * the filling found there does not improve the programme, at the programme's own.
 */
static int colgen_price_round(struct colgen *g, const double *prices, bool is_whole,
	uint32_t *rest, double *mixed, enum round *ret_round)
{
	size_t n = g->classes.count;
	bool has_center = is_whole && g->fraction > 0;
	int r = 0;

	for (int step = has_center ? 0 : 1; step < 2; step++) {
		double own = step ? 1 : 1 - SMOOTHING;
		int64_t bound = 0, least = PRICE_SCALE + PRICE_SCALE / 10000000;

		for (size_t c = 0; c < n; c++)
			mixed[c] = own * fmax(prices[c], 0) + (1 - own) * g->center[c];
		set_values(g, mixed);
		r = price(g, g->demand, g->node_limit, step ? least : PRICE_SCALE,
			&bound);
		if (r < 0)
			return r;
		if (is_whole)
			colgen_raise_bound(g, bound, mixed);
		if (g->has_filling && colgen_worth(g, prices) > least) {
			r = colgen_add(g, g->filling);
			if (r == 0 && step == 0)
				continue;
			memcpy(rest, g->demand, n * sizeof(*rest));
			set_values(g, prices);
			if (r >= 0 && g->node_limit > NODES_FIRST)
				r = add_alike(g, colgen_worth(g, prices));
			if (r >= 0)
				r = add_others(g, rest);
			*ret_round = ROUND_IMPROVED;
			return r;
		}
		if (step)
			*ret_round = bound <= least ? ROUND_EXACT : ROUND_UNDECIDED;
	}
	return 0;
}

int colgen_solve(struct colgen *g, unsigned rounds_max, int64_t stop_at, bool is_whole,
	bool *ret_is_exact)
{
	size_t n = g->classes.count;
	uint32_t *rest = malloc((n + 1) * sizeof(*rest));
	double *prices = malloc(2 * (n + 1) * sizeof(*prices));
	int r = rest && prices ? 0 : -ENOMEM;

	*ret_is_exact = false;
	g->node_limit = NODES_FIRST;
	for (unsigned round = 0; round < rounds_max && r == 0; round++) {
		enum round outcome = ROUND_EXACT;

		if (work_is_over(&g->work)) {
			r = -ETIME;
			break;
		}
		r = lp_solve(g->lp);
		if (r < 0)
			break;
		memcpy(prices, lp_prices(g->lp), n * sizeof(*prices));
		r = colgen_price_round(g, prices, is_whole, rest, prices + n, &outcome);
		if (r < 0 || (is_whole && stop_at && g->bound >= stop_at))
			break;
		if (outcome == ROUND_EXACT) {
			*ret_is_exact = true;
			break;
		}
		if (outcome == ROUND_UNDECIDED) {
			if (g->node_limit >= NODES_LAST || !is_whole)
				break;
			g->node_limit *= 8;
		}
		/* the programme cannot get below what is proven already */
		if (is_whole &&
			(g->wants_tight ? g->fraction + 1e-3
					: (double)g->bound + 1e-6) >=
				lp_objective(g->lp)) {
			*ret_is_exact = true;
			break;
		}
	}
	free(rest);
	free(prices);
	return r;
}

/* ---- enumeration ----------------------------------------------------------------- */

int colgen_enumerate(struct colgen *g, int64_t target, size_t most)
{
	struct enumeration e = { .g = g, .left = most };
	struct knapsack knapsack = { .model = g->model,
		.classes = &g->classes,
		.value = g->value,
		.demand = g->classes.demand,
		.node_limit = NODES_LAST / 4,
		.found = add_filling,
		.closure = &e,
		.wants_all = true };
	double gap = (double)target - g->fraction;
	int64_t bound = 0;
	int r = 0;

	if (g->fraction <= 0 || gap >= 1)
		return 0;
	set_values(g, g->center);
	r = price(g, g->classes.demand, NODES_LAST / 4, 0, &bound);
	for (size_t c = 0; c < g->classes.count; c++)
		g->value[c] += g->value[c] == 0;
	knapsack.at_least = (int64_t)((double)bound * (1 - gap - 1e-7)) - 2;
	memcpy(g->tight_value, g->value, g->classes.count * sizeof(*g->value));
	g->tight_least = knapsack.at_least + 1;
	for (size_t env = 0; env < g->model->environment_count && r == 0; env++) {
		int64_t ignored_best = 0, ignored_bound = 0;

		knapsack.environment = (unsigned)env;
		r = knapsack_solve(&knapsack, &g->work, &ignored_best, &ignored_bound);
	}
	if (e.error < 0)
		return e.error;
	return r < 0 ? r : (int)(most - e.left);
}

bool colgen_is_tight(const struct colgen *g, size_t column)
{
	const struct column *c = &g->column[column];
	int64_t worth = 0;

	for (size_t i = 0; i < c->count; i++)
		worth += g->tight_value[g->entry_class[c->first + i]] *
			(int64_t)g->entry_amount[c->first + i];
	return worth >= g->tight_least;
}
