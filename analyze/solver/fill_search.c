#include "analyze/solver/fill_search.h"

#include "analyze/packing/fill_tree.h"
#include "analyze/packing/order.h"
#include "common/array.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCALE ((double)((int64_t)1 << 30)) /* of whole prices */
#define PRICING_NODES 20000
#define NODE_ROUNDS 40
#define PROVES 1000 /* whole prices */
#define COVERED 1e-7
#define WHOLE 1e-6

struct search_column {
	size_t type;
	size_t first, count; /* units */
};

struct fill_search {
	struct kinds *g;
	const struct model *model;
	const int64_t *count; /* [type] */
	struct fill_tree tree;
	size_t *unit; /* [unit_count] of the environment, the largest first */
	size_t unit_count;
	size_t *row_of; /* [unit of the model] */
	struct lp *lp;  /* first what is left of each unit, then columns */
	struct search_column *column;
	size_t column_count, column_room;
	size_t *entry;
	size_t entry_count, entry_room;
	double *limit; /* lower, then upper bounds of columns */
	size_t limit_room;
	int64_t *value;   /* [class] prices at hand */
	uint32_t *demand; /* [class] of units without a host */
	uint32_t *held;   /* [class] */
	uint32_t *filling;
	bool has_filling;
	struct fill_walk walk;
	struct wire_placement *placement;
	uint64_t rounds; /* left */
};

/* ---- columns --------------------------------------------------------------------------- */

static int grow_columns(struct fill_search *s)
{
	size_t columns = s->column_count + 1, units = s->unit_count;
	int r = ARRAY_RESERVE(s->column, s->column_room, columns);

	if (r == 0)
		r = ARRAY_RESERVE(s->entry, s->entry_room, s->entry_count + units);
	if (r == 0)
		r = ARRAY_RESERVE(s->limit, s->limit_room, 2 * (units + columns));
	return r;
}

/* amount [class] and what is held of them; all classes are of one unit. */
static int add_search_column(struct fill_search *s, size_t type, const uint32_t *amount,
	const uint32_t *held)
{
	struct search_column column = { .type = type, .first = s->entry_count };
	int *row = malloc((s->unit_count + 2) * sizeof(*row));
	double *one = malloc((s->unit_count + 2) * sizeof(*one));
	int r = row && one ? grow_columns(s) : -ENOMEM;

	for (size_t c = 0; c < s->g->classes->count && r == 0; c++) {
		size_t unit = s->g->classes->unit[c];

		if (!amount[c] && !(held && held[c]))
			continue;
		s->entry[s->entry_count + column.count] = unit;
		row[column.count] = (int)s->row_of[unit];
		one[column.count++] = 1;
	}
	if (r == 0) {
		row[column.count] = (int)(s->unit_count + type);
		one[column.count] = -1;
		lp_add_priced(s->lp, 0, column.count + 1, row, one);
		s->entry_count += column.count;
		s->column[s->column_count++] = column;
	}
	free(row);
	free(one);
	return r;
}

/* It holds all of one host in use and nothing of another, or nothing of any. */
static bool agrees(const struct fill_search *s, const struct search_column *column)
{
	const struct state *state = &s->tree.state;
	size_t host = PACKING_NONE, shared = 0;

	for (size_t i = 0; i < column->count; i++) {
		size_t own = state->host_of[s->entry[column->first + i]];

		if (own == PACKING_NONE)
			continue;
		if (host != PACKING_NONE && own != host)
			return false;
		host = own;
		shared++;
	}
	return host == PACKING_NONE ||
		(state->host[host].type == column->type &&
			state->host[host].unit_count == shared);
}

static void restrict_columns(struct fill_search *s)
{
	size_t n = s->unit_count, all = n + s->column_count;
	double *upper = s->limit + all;

	for (size_t i = 0; i < all; i++) {
		s->limit[i] = 0;
		upper[i] = i < n || agrees(s, &s->column[i - n]) ? 1e30 : 0;
	}
	lp_set_columns(s->lp, s->limit, upper);
}

/* ---- pricing --------------------------------------------------------------------------- */

static void keep_search_filling(void *closure, const uint32_t *count, int64_t value)
{
	struct fill_search *s = closure;

	(void)value;
	memcpy(s->filling, count, s->g->classes->count * sizeof(*count));
	s->has_filling = true;
}

/* One host, in use or (PACKING_NONE) empty, of a type: a column if there is a better one;
 * what the host is worth at most. */
static int price_host(struct fill_search *s, size_t type, size_t host,
	int64_t *ret_worth, bool *ret_improved)
{
	const struct state *state = &s->tree.state;
	const double *dual = lp_prices(s->lp);
	struct knapsack knapsack = { .model = s->model,
		.classes = s->g->classes,
		.type = type,
		.environment = (unsigned)s->tree.environment,
		.value = s->value,
		.demand = s->demand,
		.node_limit = PRICING_NODES,
		.found = keep_search_filling,
		.closure = s };
	int64_t asked = (int64_t)((fmax(dual[s->unit_count + type], 0) + 1e-7) * SCALE);
	int64_t on_it = 0, best = 0, bound = 0;
	int r = 0;

	if (host != PACKING_NONE) {
		memset(s->held, 0, s->g->classes->count * sizeof(*s->held));
		knapsack.held = s->held;
		for (size_t i = 0; i < state->host[host].unit_count; i++) {
			size_t c = s->g->classes->class_of[state->host[host].unit[i]];

			s->held[c]++;
			on_it += s->value[c];
		}
	}
	knapsack.at_least = asked > on_it ? asked - on_it : 0;
	s->has_filling = false;
	r = knapsack_solve(&knapsack, s->g->work, &best, &bound);
	*ret_worth = on_it + bound;
	if (r == 0 && s->has_filling && on_it + best > asked) {
		r = add_search_column(s, type, s->filling, knapsack.held);
		*ret_improved = true;
	}
	return r;
}

/* All hosts at the prices of the programme.  1: they prove that the rest does not fit. */
static int price_hosts(struct fill_search *s, bool *ret_improved)
{
	const struct state *state = &s->tree.state;
	const double *dual = lp_prices(s->lp);
	int64_t need = 0, worth = 0;
	int r = 0;

	*ret_improved = false;
	memset(s->value, 0, s->g->classes->count * sizeof(*s->value));
	memset(s->demand, 0, s->g->classes->count * sizeof(*s->demand));
	for (size_t i = 0; i < s->unit_count; i++) {
		size_t c = s->g->classes->class_of[s->unit[i]];

		s->value[c] = dual[i] > 0 ? (int64_t)(dual[i] * SCALE) : 0;
		s->demand[c] = state->host_of[s->unit[i]] == PACKING_NONE;
		need += s->value[c];
	}
	for (size_t h = 0; h < state->host_count && r == 0; h++) {
		r = price_host(s, state->host[h].type, h, &worth, ret_improved);
		need -= worth;
	}
	for (size_t t = 0; t < s->model->type_count && r == 0; t++) {
		int64_t left = s->count[t] - state->type_used[t];

		if (left <= 0)
			continue;
		r = price_host(s, t, PACKING_NONE, &worth, ret_improved);
		need -= left * worth;
	}
	return r < 0 ? r : need > PROVES;
}

/* 1: refuted, by the prices in value; 0: the programme holds all, or nothing is known. */
static int solve_search_node(struct fill_search *s)
{
	restrict_columns(s);
	for (int round = 0;
		round < NODE_ROUNDS && s->rounds > 0 && !work_is_over(s->g->work);
		round++, s->rounds--) {
		bool has_improved = false;
		int r = round ? lp_solve(s->lp) : lp_solve_dual(s->lp);

		if (r < 0 && lp_solve_first(s->lp) < 0)
			return 0;
		if (lp_objective(s->lp) < COVERED)
			return 0;
		r = price_hosts(s, &has_improved);
		if (r != 0)
			return r;
		if (!has_improved)
			return 0;
	}
	return 0;
}

/* ---- the walk -------------------------------------------------------------------------- */

static int say_word(struct fill_search *s, int64_t word)
{
	struct fill_walk *w = &s->walk;

	if (ARRAY_RESERVE(w->word, w->room, w->count + 1) < 0)
		return -ENOMEM;
	w->word[w->count++] = word;
	return 0;
}

static int say_leaf(struct fill_search *s)
{
	int r = say_word(s, -1);

	for (size_t u = 0; u < s->model->unit_count && r == 0; u++)
		if (s->model->environment[u] == s->tree.environment)
			r = say_word(s, s->value[s->g->classes->class_of[u]]);
	return r;
}

static size_t next_unit(const struct fill_search *s)
{
	for (size_t i = 0; i < s->unit_count; i++)
		if (s->tree.state.host_of[s->unit[i]] == PACKING_NONE)
			return s->unit[i];
	return PACKING_NONE;
}

/* How much of the programme's solution has the unit there. */
static void rate_choices(const struct fill_search *s, size_t unit, double *score)
{
	const struct state *state = &s->tree.state;
	const double *x = lp_solution(s->lp) + s->unit_count;

	for (size_t j = 0; j < s->column_count; j++) {
		const struct search_column *column = &s->column[j];
		size_t choice = state->host_count + column->type;
		bool has_unit = false;

		if (x[j] < WHOLE)
			continue;
		for (size_t i = 0; i < column->count; i++) {
			size_t own = s->entry[column->first + i];

			has_unit = has_unit || own == unit;
			if (state->host_of[own] != PACKING_NONE)
				choice = state->host_of[own];
		}
		score[choice] += has_unit ? x[j] : 0;
	}
}

/* The columns of a whole solution as hosts; 0: it is not whole. */
static int take_solution(struct fill_search *s)
{
	const double *x = lp_solution(s->lp) + s->unit_count;
	struct wire_placement *p = s->placement;
	size_t units = s->model->unit_count;

	for (size_t j = 0; j < s->column_count; j++)
		if (x[j] > WHOLE && x[j] < 1 - WHOLE)
			return 0;
	p->host_type = calloc(units + 1, sizeof(*p->host_type));
	p->host_of = calloc(units + 1, sizeof(*p->host_of));
	if (!p->host_type || !p->host_of)
		return -ENOMEM;
	for (size_t u = 0; u < units; u++)
		p->host_of[u] = PACKING_NONE;
	for (size_t j = 0; j < s->column_count; j++) {
		const struct search_column *column = &s->column[j];

		if (x[j] < 0.5 || p->host_count == units)
			continue;
		p->host_type[p->host_count] = column->type;
		for (size_t i = 0; i < column->count; i++) {
			size_t unit = s->entry[column->first + i];

			if (p->host_of[unit] == PACKING_NONE)
				p->host_of[unit] = p->host_count;
		}
		p->host_count++;
	}
	return 2;
}

static int search_node(struct fill_search *s);

/* The sides of a branch, those first that the programme likes. */
static int search_sides(struct fill_search *s, size_t unit)
{
	size_t choices = fill_tree_choices(&s->tree), sides_at = 0;
	double *score = calloc(choices + 1, sizeof(*score));
	size_t *order = malloc((choices + 1) * sizeof(*order));
	int64_t sides = 0;
	int r = score && order ? 1 : -ENOMEM;

	if (r == 1) {
		rate_choices(s, unit, score);
		for (size_t i = 0; i < choices; i++)
			order[i] = i;
		order_by_key(order, choices, score);
		r = say_word(s, (int64_t)unit) < 0 || say_word(s, 0) < 0 ? -ENOMEM : 1;
		sides_at = s->walk.count - 1;
	}
	for (size_t i = 0; i < choices && r == 1; i++) {
		size_t length_at = 0;

		r = fill_tree_put(&s->tree, unit, order[i]);
		if (r < 1) {
			r = r < 0 ? r : 1;
			continue;
		}
		r = say_word(s, (int64_t)order[i]) < 0 || say_word(s, 0) < 0 ? -ENOMEM
									     : 1;
		length_at = s->walk.count - 1;
		if (r == 1)
			r = search_node(s);
		fill_tree_take(&s->tree, unit);
		if (r == 1)
			s->walk.word[length_at] =
				(int64_t)(s->walk.count - length_at - 1);
		sides++;
	}
	if (r == 1)
		s->walk.word[sides_at] = sides;
	free(score);
	free(order);
	return r;
}

/* As fill_search_run, from what is decided on. */
static int search_node(struct fill_search *s)
{
	size_t unit = PACKING_NONE;
	int r = 0;

	if (!s->rounds || work_is_over(s->g->work))
		return 0;
	r = solve_search_node(s);
	if (r != 0)
		return r < 0 ? r : say_leaf(s) < 0 ? -ENOMEM : 1;
	if (lp_objective(s->lp) < COVERED) {
		r = take_solution(s);
		if (r != 0)
			return r;
	}
	unit = next_unit(s);
	return unit == PACKING_NONE ? 0 : search_sides(s, unit);
}

/* ---- all together ------------------------------------------------------------------------ */

#define SEARCH_UNITS 300

/* The units, the largest first; 0: too many, or some that are alike. */
static int list_search_units(struct fill_search *s)
{
	const struct model *model = s->model;
	double *key = calloc(model->unit_count + 1, sizeof(*key));

	s->unit = calloc(model->unit_count + 1, sizeof(*s->unit));
	s->row_of = calloc(model->unit_count + 1, sizeof(*s->row_of));
	if (!key || !s->unit || !s->row_of) {
		free(key);
		return -ENOMEM;
	}
	for (size_t u = 0; u < model->unit_count; u++) {
		size_t c = s->g->classes->class_of[u];

		if (model->environment[u] != s->tree.environment)
			continue;
		key[u] = s->g->weight[c];
		s->unit[s->unit_count++] = u;
		if (s->g->classes->demand[c] > 1)
			s->unit_count = SEARCH_UNITS + 1;
		if (s->unit_count > SEARCH_UNITS)
			break;
	}
	if (s->unit_count <= SEARCH_UNITS)
		order_by_key(s->unit, s->unit_count, key);
	for (size_t i = 0; i < s->unit_count && s->unit_count <= SEARCH_UNITS; i++)
		s->row_of[s->unit[i]] = i;
	free(key);
	return s->unit_count <= SEARCH_UNITS;
}

static int load_search(struct fill_search *s)
{
	const struct kinds *g = s->g;
	size_t types = s->model->type_count, classes = g->classes->count;
	double *lower = calloc(s->unit_count + types + 1, sizeof(*lower));
	uint32_t *amount = calloc(classes + 1, sizeof(*amount));
	int r = lower && amount ? 0 : -ENOMEM;

	for (size_t i = 0; i < s->unit_count && r == 0; i++)
		lower[i] = 1;
	for (size_t t = 0; t < types && r == 0; t++)
		lower[s->unit_count + t] = -(double)s->count[t];
	s->lp = r == 0 ? lp_new(s->unit_count + types, lower) : NULL;
	r = s->lp ? 0 : -ENOMEM;
	for (size_t i = 0; i < s->unit_count && r == 0; i++) {
		int row = (int)i;
		double one = 1;

		lp_add_priced(s->lp, g->weight[g->classes->class_of[s->unit[i]]], 1,
			&row, &one);
	}
	for (size_t j = 0; j < g->column_count && r == 0; j++) {
		const struct kinds_column *column = &g->column[j];
		const struct item_kind *kind = &g->kind[column->kind];

		if (kind->environment != s->tree.environment || !kind->limit)
			continue;
		memset(amount, 0, classes * sizeof(*amount));
		for (size_t e = 0; e < column->count; e++)
			amount[g->entry_class[column->first + e]] = 1;
		r = add_search_column(s, kind->type, amount, NULL);
	}
	free(lower);
	free(amount);
	return r;
}

static void fill_search_free(struct fill_search *s)
{
	fill_tree_done(&s->tree);
	lp_free(s->lp);
	free(s->unit);
	free(s->row_of);
	free(s->column);
	free(s->entry);
	free(s->limit);
	free(s->value);
	free(s->demand);
	free(s->held);
	free(s->filling);
}

int fill_search_run(struct kinds *g, const int64_t *count, uint64_t rounds,
	struct wire_placement *ret_placement, struct fill_walk *ret_walk)
{
	struct fill_search s = { .g = g,
		.model = g->model,
		.count = count,
		.placement = ret_placement,
		.rounds = rounds };
	size_t n = g->classes->count + 1;
	int r = fill_tree_init(&s.tree, g->model, g->environment, count);

	*ret_placement = (struct wire_placement){ 0 };
	s.value = calloc(n, sizeof(*s.value));
	s.demand = calloc(n, sizeof(*s.demand));
	s.held = calloc(n, sizeof(*s.held));
	s.filling = calloc(n, sizeof(*s.filling));
	if (!s.value || !s.demand || !s.held || !s.filling)
		r = -ENOMEM;
	if (r == 0)
		r = list_search_units(&s);
	if (r == 1) {
		r = load_search(&s);
		r = r < 0 ? r : search_node(&s);
	}
	*ret_walk = s.walk;
	fill_search_free(&s);
	return r;
}
