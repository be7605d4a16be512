/* The programme over fillings of several kinds of hosts, and its pricing. */
#include "analyze/solver/kinds.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCALE ((double)((int64_t)1 << 30)) /* of whole prices */
#define NODES_FIRST 3000
#define NODES_LAST 3000000
#define SMOOTHING 0.6
#define OTHERS 6
#define OTHERS_NODES 400
#define LEFT_COST 4.0 /* of the dearest host, where hosts are free */

static int list_kinds(struct kinds *g)
{
	const struct model *model = g->model;
	size_t cells = model->environment_count * model->type_count;
	double dearest = 1;

	g->kind = calloc(cells + 1, sizeof(*g->kind));
	g->limit = calloc(cells + 1, sizeof(*g->limit));
	if (!g->kind || !g->limit)
		return -ENOMEM;
	for (size_t t = 0; t < model->type_count; t++)
		dearest = fmax(dearest, (double)model->cost[t]);
	for (size_t i = 0; i < cells; i++) {
		size_t t = i % model->type_count;

		g->kind[g->kind_count++] =
			(struct item_kind){ .environment = i / model->type_count,
				.type = t,
				.price = model->has_equal_costs
					? 1
					: (double)model->cost[t] / dearest };
	}
	return 0;
}

/* What a unit weighs: its largest share of the largest capacities. */
static void set_left_weights(struct kinds *g)
{
	const struct model *model = g->model;

	for (size_t c = 0; c < g->classes->count; c++) {
		size_t unit = g->classes->unit[c];
		double most = 1e-3;

		for (size_t row = 0; row < model->row_count; row++) {
			double capacity = 1;

			for (size_t t = 0; t < model->type_count; t++)
				capacity = fmax(capacity,
					(double)model_capacity(model, t)[row]);
			most = fmax(most,
				(double)model->size[unit * model->row_count + row] /
					capacity);
		}
		g->weight[c] = most;
	}
}

/* Beside the kinds each class may be left out at a price, its weight: so the
 * programme has a solution from its first moment, whatever the hosts are. */
int kinds_init(struct kinds *g, const struct model *model,
	const struct knapsack_classes *classes)
{
	size_t n = classes->count + 1;
	int r = 0;

	*g = (struct kinds){ .model = model, .classes = classes };
	r = list_kinds(g);
	g->demand = calloc(n, sizeof(*g->demand));
	g->lower = calloc(n + g->kind_count, sizeof(*g->lower));
	g->weight = calloc(n, sizeof(*g->weight));
	g->price = calloc(n, sizeof(*g->price));
	g->center = calloc(n, sizeof(*g->center));
	g->mixed = calloc(n, sizeof(*g->mixed));
	g->value = calloc(n, sizeof(*g->value));
	g->filling = calloc(n, sizeof(*g->filling));
	g->rest = calloc(n, sizeof(*g->rest));
	if (r < 0 || !g->demand || !g->lower || !g->weight || !g->price || !g->center ||
		!g->mixed || !g->value || !g->filling || !g->rest)
		return -ENOMEM;
	set_left_weights(g);
	g->lp = lp_new(classes->count + g->kind_count, g->lower);
	if (!g->lp)
		return -ENOMEM;
	for (size_t c = 0; c < classes->count; c++) {
		int row = (int)c;
		double one = 1;

		lp_add_priced(g->lp, g->weight[c], 1, &row, &one);
	}
	return 0;
}

int kinds_begin(struct kinds *g, const struct wire_fill *task, struct work *work)
{
	size_t left = g->classes->count;
	double *cost = calloc(left + g->column_count + 1, sizeof(*cost));

	if (!cost)
		return -ENOMEM;
	g->work = work;
	g->environment = (size_t)task->environment;
	g->is_free = task->is_free != 0;
	g->proven = -1;
	for (size_t k = 0; k < g->kind_count; k++) {
		struct item_kind *kind = &g->kind[k];

		kind->cost = g->is_free ? kind->price : 0;
		kind->limit = kind->environment == g->environment
			? task->count[kind->environment * g->model->type_count +
				  kind->type]
			: 0;
	}
	for (size_t c = 0; c < left; c++)
		cost[c] = g->is_free ? LEFT_COST : g->weight[c];
	for (size_t i = 0; i < g->column_count; i++)
		cost[left + i] = g->kind[g->column[i].kind].cost;
	lp_set_costs(g->lp, cost);
	free(cost);
	kinds_make_whole(g);
	return 0;
}

void kinds_make_whole(struct kinds *g)
{
	for (size_t c = 0; c < g->classes->count; c++)
		g->demand[c] =
			g->model->environment[g->classes->unit[c]] == g->environment
			? g->classes->demand[c]
			: 0;
	for (size_t k = 0; k < g->kind_count; k++)
		g->limit[k] = g->kind[k].limit;
	kinds_restrict(g);
}

void kinds_done(struct kinds *g)
{
	lp_free(g->lp);
	free(g->kind);
	free(g->limit);
	free(g->column);
	free(g->entry_class);
	free(g->entry_amount);
	free(g->demand);
	free(g->lower);
	free(g->weight);
	free(g->price);
	free(g->center);
	free(g->mixed);
	free(g->value);
	free(g->filling);
	free(g->rest);
	*g = (struct kinds){ 0 };
}

void kinds_restrict(struct kinds *g)
{
	size_t n = g->classes->count;

	for (size_t c = 0; c < n; c++)
		g->lower[c] = g->demand[c];
	for (size_t k = 0; k < g->kind_count; k++)
		g->lower[n + k] = -(double)g->limit[k];
	lp_set_lower(g->lp, g->lower);
}

static int reserve_column(struct kinds *g)
{
	size_t need = g->entry_count + g->classes->count + 2;

	if (g->column_count == g->column_room) {
		size_t room = 2 * g->column_room + 256;
		void *grown = realloc(g->column, room * sizeof(*g->column));

		if (!grown)
			return -ENOMEM;
		g->column = grown;
		g->column_room = room;
	}
	if (need > g->entry_room) {
		void *grown = realloc(g->entry_class, 2 * need * sizeof(int));

		if (!grown)
			return -ENOMEM;
		g->entry_class = grown;
		grown = realloc(g->entry_amount, 2 * need * sizeof(double));
		if (!grown)
			return -ENOMEM;
		g->entry_amount = grown;
		g->entry_room = 2 * need;
	}
	return 0;
}

static int add_kind_column(struct kinds *g, size_t kind, const uint32_t *amount)
{
	struct kinds_column column = { .kind = kind, .first = g->entry_count };
	int r = reserve_column(g);

	if (r < 0)
		return r;
	for (size_t c = 0; c < g->classes->count; c++) {
		if (!amount[c])
			continue;
		g->entry_class[g->entry_count + column.count] = (int)c;
		g->entry_amount[g->entry_count + column.count++] = amount[c];
	}
	/* the row of the kind comes last and is no entry of the filling */
	g->entry_class[g->entry_count + column.count] = (int)(g->classes->count + kind);
	g->entry_amount[g->entry_count + column.count] = -1;
	lp_add_priced(g->lp, g->kind[kind].cost, column.count + 1,
		g->entry_class + column.first, g->entry_amount + column.first);
	g->entry_count += column.count;
	g->column[g->column_count++] = column;
	return 0;
}

/* ---- pricing --------------------------------------------------------------------------- */

static void keep_kind_filling(void *closure, const uint32_t *count, int64_t value)
{
	struct kinds *g = closure;

	(void)value;
	memcpy(g->filling, count, g->classes->count * sizeof(*count));
	g->has_filling = true;
}

static int price_kind(struct kinds *g, size_t kind, const uint32_t *demand,
	uint64_t nodes, int64_t at_least, int64_t *ret_bound)
{
	struct knapsack knapsack = { .model = g->model,
		.classes = g->classes,
		.type = g->kind[kind].type,
		.environment = (unsigned)g->kind[kind].environment,
		.value = g->value,
		.demand = demand,
		.node_limit = nodes,
		.found = keep_kind_filling,
		.closure = g,
		.at_least = at_least };
	int64_t best = 0;

	g->has_filling = false;
	return knapsack_solve(&knapsack, g->work, &best, ret_bound);
}

static double kinds_worth(const struct kinds *g, const double *price)
{
	double sum = 0;

	for (size_t c = 0; c < g->classes->count; c++)
		sum += price[c] * g->filling[c];
	return sum;
}

static void set_kind_values(struct kinds *g, const double *price)
{
	for (size_t c = 0; c < g->classes->count; c++)
		g->value[c] = price[c] > 0 ? (int64_t)(price[c] * SCALE) : 0;
}

/* What a host of a kind has to be worth before a filling improves the programme. */
static double threshold(const struct kinds *g, size_t kind)
{
	return g->kind[kind].cost + fmax(lp_prices(g->lp)[g->classes->count + kind], 0);
}

/* Further fillings of the kind from what the last one leaves: they go together. */
static int add_other_fillings(struct kinds *g, size_t kind)
{
	int r = 0;

	memcpy(g->rest, g->demand, g->classes->count * sizeof(*g->rest));
	for (int i = 0; i < OTHERS && r == 0; i++) {
		int64_t bound = 0;

		for (size_t c = 0; c < g->classes->count; c++)
			g->rest[c] -=
				g->filling[c] < g->rest[c] ? g->filling[c] : g->rest[c];
		r = price_kind(g, kind, g->rest, OTHERS_NODES,
			(int64_t)((threshold(g, kind) + 1e-6) * SCALE), &bound);
		if (r < 0 || !g->has_filling)
			break;
		r = add_kind_column(g, kind, g->filling);
	}
	return r;
}

/*
 * What whole prices prove: for given hosts, how much is left over at least; for free
 * ones, what they cost at least (each row of the limits aside).
 */
static void keep_proof(
	struct kinds *g, const double *price, const double *most, double *ret_proof)
{
	double need = 0, proof = 0;

	for (size_t c = 0; c < g->classes->count; c++)
		need += (double)g->value[c] / SCALE * g->demand[c];
	if (g->is_free) {
		/* hosts that give most for their cost, until all is covered */
		double last = -1;

		while (need > 1e-12) {
			double best = 1e300, give = 0;

			for (size_t k = 0; k < g->kind_count; k++) {
				double ratio =
					most[k] > 0 ? g->kind[k].cost / most[k] : 1e300;

				if (ratio > last && ratio < best)
					best = ratio;
			}
			if (best > 1e299)
				break;
			for (size_t k = 0; k < g->kind_count; k++)
				if (most[k] > 0 && g->kind[k].cost / most[k] == best)
					give += most[k] * (double)g->limit[k];
			proof += best * fmin(give, need);
			need -= give;
			last = best;
		}
	} else {
		for (size_t k = 0; k < g->kind_count; k++)
			need -= (double)g->limit[k] * most[k];
		proof = need;
	}
	*ret_proof = proof;
	if (proof > g->proven) {
		g->proven = proof;
		memcpy(g->center, price, g->classes->count * sizeof(*price));
	}
}

/* One pricing of all kinds at these prices; improved: columns came in. */
static int price_all(struct kinds *g, const double *price, bool is_whole, double *most,
	bool *ret_improved, bool *ret_exact)
{
	double proof = 0;
	int r = 0;

	*ret_improved = false;
	*ret_exact = true;
	for (size_t k = 0; k < g->kind_count && r == 0; k++) {
		double least = threshold(g, k) + 1e-7;
		int64_t whole = (int64_t)(least * SCALE), bound = 0;

		if (!g->limit[k])
			continue;
		set_kind_values(g, price);
		r = price_kind(g, k, g->demand, g->node_limit, whole, &bound);
		most[k] = (double)bound / SCALE;
		*ret_exact = *ret_exact && bound <= whole + 1;
		if (r < 0 || !g->has_filling || kinds_worth(g, g->price) <= least)
			continue;
		r = add_kind_column(g, k, g->filling);
		*ret_improved = true;
		set_kind_values(g, g->price);
		if (r == 0)
			r = add_other_fillings(g, k);
	}
	set_kind_values(g, price);
	if (r == 0 && is_whole)
		keep_proof(g, price, most, &proof);
	return r;
}

/* Between the prices of the programme and those that proved most, then at its own. */
static int kinds_price_round(struct kinds *g, bool is_whole, double *most,
	bool *ret_improved, bool *ret_exact)
{
	int r = 0;

	*ret_improved = *ret_exact = false;
	if (is_whole && g->proven > 0) {
		for (size_t c = 0; c < g->classes->count; c++)
			g->mixed[c] = SMOOTHING * g->center[c] +
				(1 - SMOOTHING) * g->price[c];
		r = price_all(g, g->mixed, is_whole, most, ret_improved, ret_exact);
	}
	if (r == 0 && !*ret_improved)
		r = price_all(g, g->price, is_whole, most, ret_improved, ret_exact);
	return r;
}

int kinds_solve(struct kinds *g, unsigned rounds, bool is_whole)
{
	double *most = calloc(g->kind_count + 1, sizeof(*most));
	int r = most ? 0 : -ENOMEM;

	g->node_limit = NODES_FIRST;
	for (unsigned round = 0; round < rounds && r == 0; round++) {
		bool has_improved = false, is_exact = false;

		if (work_is_over(g->work)) {
			r = -ETIME;
			break;
		}
		r = lp_solve(g->lp);
		if (r < 0)
			break;
		memcpy(g->price, lp_prices(g->lp),
			g->classes->count * sizeof(*g->price));
		/* given hosts that hold everything need no better columns */
		if (!g->is_free && lp_objective(g->lp) < g->holds) {
			r = 1;
			break;
		}
		/* the programme stays solved: the next one differs in its rows alone */
		if (!is_whole && round + 1 == rounds)
			break;
		r = kinds_price_round(g, is_whole, most, &has_improved, &is_exact);
		if (r == 0 && is_whole && !g->is_free && g->proven > 1e-6)
			r = 1; /* they do not do */
		if (r == 0 && is_whole && g->is_free &&
			g->proven > lp_objective(g->lp) * (1 - 1e-6))
			r = 1;
		/* a longer pricing counts as so many rounds */
		round += (unsigned)(g->node_limit / NODES_FIRST) - 1;
		if (r < 0 || has_improved)
			continue;
		if (is_exact)
			r = 1;
		else if (g->node_limit >= NODES_LAST || !is_whole)
			break;
		else
			g->node_limit *= 8;
	}
	free(most);
	return r;
}
