#include "analyze/packing/fill_tree.h"

#include "analyze/packing/knapsack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILL_NODES 1000000 /* of the search for one host's best filling */
#define PRICE_MOST ((int64_t)1 << 36)

int fill_tree_init(struct fill_tree *tree, const struct model *model,
	size_t environment, const int64_t *count)
{
	*tree = (struct fill_tree){
		.model = model, .environment = environment, .count = count
	};
	return state_init(&tree->state, model);
}

void fill_tree_done(struct fill_tree *tree)
{
	state_done(&tree->state);
}

size_t fill_tree_choices(const struct fill_tree *tree)
{
	return tree->state.host_count + tree->model->type_count;
}

int fill_tree_put(struct fill_tree *tree, size_t unit, size_t choice)
{
	struct state *state = &tree->state;
	size_t host = choice, type = choice - state->host_count;
	int r = 0;

	if (choice >= state->host_count) {
		if (type >= tree->model->type_count ||
			state->type_used[type] >= tree->count[type])
			return 0;
		r = state_open(state, type, &host);
		if (r < 0)
			return r == -ENOSPC ? 0 : r;
	}
	r = state_fits(state, unit, host) ? state_add(state, unit, host) : 1;
	if (r != 0 && !state->host[host].unit_count)
		state_close(state, host);
	return r == 1 ? 0 : r < 0 ? r : 1;
}

void fill_tree_take(struct fill_tree *tree, size_t unit)
{
	size_t host = tree->state.host_of[unit];

	state_remove(&tree->state, unit);
	/* it was the last to get any */
	if (!tree->state.host[host].unit_count)
		state_close(&tree->state, host);
}

/* ---- the check ------------------------------------------------------------------------- */

struct fill_proof {
	struct fill_tree tree;
	struct knapsack_classes classes;
	struct work *work;
	const int64_t *walk;
	int64_t *worth;   /* [class] */
	uint32_t *demand; /* [class] of units without a host */
	uint32_t *held;   /* [class] */
};

/* The prices of a leaf, class by class: no unit is worth more than the cheapest alike. */
static bool read_leaf(struct fill_proof *p, size_t at, size_t end)
{
	const struct model *model = p->tree.model;

	for (size_t c = 0; c < p->classes.count; c++)
		p->worth[c] = PRICE_MOST;
	for (size_t u = 0; u < model->unit_count; u++) {
		size_t c = p->classes.class_of[u];

		if (model->environment[u] != p->tree.environment)
			continue;
		if (at >= end || p->walk[at] < 0 || p->walk[at] > PRICE_MOST)
			return false;
		p->worth[c] = p->walk[at] < p->worth[c] ? p->walk[at] : p->worth[c];
		at++;
	}
	return at == end;
}

/* What a host of the type is worth at most, beside what is on it: host PACKING_NONE: an
 * empty one. */
static int most_worth(
	struct fill_proof *p, size_t type, size_t host, __int128 *ret_worth)
{
	const struct state *state = &p->tree.state;
	struct knapsack knapsack = { .model = p->tree.model,
		.classes = &p->classes,
		.type = type,
		.value = p->worth,
		.demand = p->demand,
		.environment = (unsigned)p->tree.environment,
		.node_limit = FILL_NODES };
	int64_t best = 0, bound = 0;
	int r = 0;

	*ret_worth = 0;
	memset(p->held, 0, p->classes.count * sizeof(*p->held));
	for (size_t i = 0; host != PACKING_NONE && i < state->host[host].unit_count;
		i++) {
		size_t c = p->classes.class_of[state->host[host].unit[i]];

		p->held[c]++;
		*ret_worth += p->worth[c];
		knapsack.held = p->held;
	}
	r = knapsack_solve(&knapsack, p->work, &best, &bound);
	*ret_worth += bound;
	return r;
}

/* 1: the prices of all units are more than all hosts can be worth. */
static int check_leaf(struct fill_proof *p, size_t at, size_t end)
{
	const struct model *model = p->tree.model;
	const struct state *state = &p->tree.state;
	__int128 need = 0, worth = 0;
	int r = 0;

	if (!read_leaf(p, at, end))
		return 0;
	memset(p->demand, 0, p->classes.count * sizeof(*p->demand));
	for (size_t u = 0; u < model->unit_count; u++) {
		if (model->environment[u] != p->tree.environment)
			continue;
		need += p->worth[p->classes.class_of[u]];
		p->demand[p->classes.class_of[u]] += state->host_of[u] == PACKING_NONE;
	}
	for (size_t h = 0; h < state->host_count && r == 0 && need > 0; h++) {
		r = most_worth(p, state->host[h].type, h, &worth);
		need -= worth;
	}
	for (size_t t = 0; t < model->type_count && r == 0 && need > 0; t++) {
		int64_t left = p->tree.count[t] - state->type_used[t];

		if (left > 0)
			r = most_worth(p, t, PACKING_NONE, &worth);
		need -= left > 0 ? worth * left : 0;
	}
	return r < 0 ? r : need > 0;
}

static int check_walk(struct fill_proof *p, size_t at, size_t end);

/* All sides: those that are told prove themselves, the others do not fit. */
static int check_branch(struct fill_proof *p, size_t at, size_t end)
{
	const struct model *model = p->tree.model;
	size_t unit = (size_t)p->walk[at];
	size_t choices = fill_tree_choices(&p->tree), sides = 0;
	unsigned char *is_told = NULL;
	int r = 1;

	if (at + 2 > end || unit >= model->unit_count ||
		model->environment[unit] != p->tree.environment ||
		p->tree.state.host_of[unit] != PACKING_NONE)
		return 0;
	sides = (size_t)p->walk[at + 1];
	if (sides > choices)
		return 0;
	is_told = calloc(choices + 1, 1);
	if (!is_told)
		return -ENOMEM;
	at += 2;
	for (size_t i = 0; i < sides && r == 1; i++) {
		size_t choice = at + 2 <= end ? (size_t)p->walk[at] : SIZE_MAX;
		size_t length = at + 2 <= end ? (size_t)p->walk[at + 1] : SIZE_MAX;

		at += 2;
		if (choice >= choices || length > end - at) {
			r = 0;
			break;
		}
		is_told[choice] = 1;
		r = fill_tree_put(&p->tree, unit, choice);
		if (r == 1) {
			r = check_walk(p, at, at + length);
			fill_tree_take(&p->tree, unit);
		} else if (r == 0) {
			r = 1; /* it does not even fit */
		}
		at += length;
	}
	for (size_t choice = 0; choice < choices && r == 1; choice++) {
		if (is_told[choice])
			continue;
		r = fill_tree_put(&p->tree, unit, choice);
		if (r == 1)
			fill_tree_take(&p->tree, unit);
		r = r < 0 ? r : r == 0;
	}
	free(is_told);
	return r;
}

static int check_walk(struct fill_proof *p, size_t at, size_t end)
{
	if (at >= end || work_is_over(p->work))
		return 0;
	return p->walk[at] == -1 ? check_leaf(p, at + 1, end)
				 : check_branch(p, at, end);
}

int fill_tree_refutes(const struct model *model, size_t environment,
	const int64_t *count, const int64_t *walk, size_t length, struct work *work)
{
	struct model bare =
		*model; /* the tree is that of the solver: of sizes and groups */
	struct fill_proof p = { .work = work, .walk = walk };
	size_t n = 0;
	int r = 0;

	bare.problem = NULL;
	r = fill_tree_init(&p.tree, &bare, environment, count);
	if (r == 0)
		r = knapsack_classes_init(&p.classes, &bare);
	n = p.classes.count + 1;
	p.worth = calloc(n, sizeof(*p.worth));
	p.demand = calloc(n, sizeof(*p.demand));
	p.held = calloc(n, sizeof(*p.held));
	if (r == 0 && (!p.worth || !p.demand || !p.held))
		r = -ENOMEM;
	if (r == 0)
		r = check_walk(&p, 0, length);
	free(p.worth);
	free(p.demand);
	free(p.held);
	knapsack_classes_done(&p.classes);
	fill_tree_done(&p.tree);
	return r;
}
