#include "analyze/migrate/moves.h"

#include "analyze/packing/volumes.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SEARCH_NODES_MAX 2000000
#define EXACT_DEPTH_MAX ((size_t)3 * MOVES_EXACT_MAX)

/* Who is where, and what each host carries; every change keeps both alike. */
struct move_state {
	const struct packing_problem *problem;
	const size_t *host_type;
	size_t host_count;
	size_t *at;      /* [item] */
	int64_t *load;   /* [host][row] */
	size_t *sharing; /* [host] items that take part in the setup */
};

static void state_done(struct move_state *state)
{
	free(state->at);
	free(state->load);
	free(state->sharing);
}

static const int64_t *sizes_on(const struct move_state *state, size_t item, size_t host)
{
	return packing_size(state->problem,
		state->problem->type[state->host_type[host]].variant, item);
}

static void put(struct move_state *state, size_t item, size_t host, int64_t sign)
{
	const int64_t *size = sizes_on(state, item, host);
	int64_t *load = state->load + host * state->problem->row_count;

	for (size_t row = 0; row < state->problem->row_count; row++)
		load[row] += sign * size[row];
	if (state->problem->item[item].is_sharing) {
		if (sign > 0)
			state->sharing[host]++;
		else
			state->sharing[host]--;
	}
}

static void move_item(struct move_state *state, size_t item, size_t host)
{
	if (state->at[item] != PACKING_NONE)
		put(state, item, state->at[item], -1);
	state->at[item] = host;
	if (host != PACKING_NONE)
		put(state, item, host, 1);
}

static int state_init(struct move_state *state, const struct packing_problem *problem,
	const size_t *host_type, size_t host_count, const size_t *from)
{
	*state = (struct move_state){
		.problem = problem, .host_type = host_type, .host_count = host_count
	};
	state->at = malloc((problem->item_count + 1) * sizeof(*state->at));
	state->load = calloc(host_count * problem->row_count + 1, sizeof(*state->load));
	state->sharing = calloc(host_count + 1, sizeof(*state->sharing));
	if (!state->at || !state->load || !state->sharing) {
		state_done(state);
		return -ENOMEM;
	}
	for (size_t i = 0; i < problem->item_count; i++) {
		state->at[i] = PACKING_NONE;
		move_item(state, i, from[i]);
	}
	return 0;
}

/* ---- does it fit? -------------------------------------------------------------------- */

/* The first row without room for an item; PACKING_NONE: there is room. */
static size_t full_row(const struct move_state *state, size_t item, size_t host)
{
	const struct packing_problem *problem = state->problem;
	const int64_t *size = sizes_on(state, item, host);
	const int64_t *load = state->load + host * problem->row_count;
	size_t cell = state->host_type[host] * problem->dimension_count;

	for (size_t d = 0; d < problem->dimension_count; d++) {
		const struct packing_dimension *dimension = &problem->dimension[d];
		int64_t room = problem->capacity[cell + d] - problem->used[cell + d];

		if (d == problem->setup_dimension &&
			(state->sharing[host] > 0 || problem->item[item].is_sharing))
			room -= problem->setup_amount;
		for (size_t k = 0; k < dimension->slots; k++) {
			size_t row = dimension->first_row + k;

			if (size[row] > 0 && load[row] + size[row] > room)
				return row;
		}
		if (d == problem->setup_dimension && load[dimension->first_row] > room)
			return dimension->first_row; /* the first that shares */
	}
	return PACKING_NONE;
}

/* With the item, everything on the host is whole on one of its volumes. */
static bool volumes_take(const struct move_state *state, size_t item, size_t host)
{
	const struct packing_problem *problem = state->problem;
	size_t *there = NULL, count = 0;
	int r = 0;

	if (problem->volume_dimension == PACKING_NONE ||
		problem->type[state->host_type[host]].volume_count < 2)
		return true;
	there = malloc((problem->item_count + 1) * sizeof(*there));
	for (size_t i = 0; i < problem->item_count && there; i++) {
		if (i == item || state->at[i] == host)
			there[count++] = i;
	}
	r = there ? volumes_fit(problem, state->host_type[host], there, count, NULL)
		  : -ENOMEM;
	free(there);
	return r == 1;
}

static bool moves_contains(const size_t *list, size_t count, size_t value)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == value)
			return true;
	}
	return false;
}

/* Nobody of another group is on the host. */
static bool groups_allow(const struct move_state *state,
	const struct packing_constraint *constraint, size_t item, size_t host)
{
	size_t own = 0;

	while (constraint->item[own] != item)
		own++;
	for (size_t i = 0; i < constraint->item_count; i++) {
		if (constraint->group[i] != constraint->group[own] &&
			state->at[constraint->item[i]] == host)
			return false;
	}
	return true;
}

/* TOGETHER, SPREAD and AT_MOST_HOSTS hold at the end; on the way they cannot. */
static bool constraint_allows(const struct move_state *state,
	const struct packing_constraint *constraint, size_t item, size_t host)
{
	size_t most = constraint->kind == PACKING_APART ? 1 : constraint->n;
	size_t there = 0;

	if (!moves_contains(constraint->item, constraint->item_count, item))
		return true;
	switch (constraint->kind) {
	case PACKING_PIN:
	case PACKING_EXCLUDE:
		return moves_contains(constraint->type, constraint->type_count,
			       state->host_type[host]) ==
			(constraint->kind == PACKING_PIN);
	case PACKING_APART:
	case PACKING_AT_MOST:
		for (size_t i = 0; i < constraint->item_count; i++)
			there += constraint->item[i] != item &&
				state->at[constraint->item[i]] == host;
		return there < most;
	case PACKING_APART_GROUPS:
		return groups_allow(state, constraint, item, host);
	case PACKING_TOGETHER:
	case PACKING_SPREAD:
	case PACKING_AT_MOST_HOSTS:
		break;
	}
	return true;
}

static bool fits(const struct move_state *state, size_t item, size_t host)
{
	const struct packing_problem *problem = state->problem;

	if (problem->is_forbidden &&
		problem->is_forbidden[item * problem->type_count +
			state->host_type[host]])
		return false;
	if (full_row(state, item, host) != PACKING_NONE ||
		!volumes_take(state, item, host))
		return false;
	for (size_t i = 0; i < problem->constraint_count; i++) {
		if (!constraint_allows(state, &problem->constraint[i], item, host))
			return false;
	}
	for (size_t i = 0; problem->separates_environments && i < problem->item_count;
		i++) {
		if (i != item && state->at[i] == host &&
			problem->item[i].environment != problem->item[item].environment)
			return false;
	}
	return true;
}

/* ---- the fewest moves: iterative deepening ---------------------------------------------- */

struct move_search {
	struct move_state *state;
	const size_t *to;
	struct move *move; /* [EXACT_DEPTH_MAX] */
	size_t depth;
	size_t nodes;
};

static size_t not_home(const struct move_search *search)
{
	size_t count = 0;

	for (size_t i = 0; i < search->state->problem->item_count; i++)
		count += search->to[i] != PACKING_NONE &&
			search->state->at[i] != search->to[i];
	return count;
}

static bool deepen(struct move_search *search, size_t moves_left, size_t away);

static bool try_move(struct move_search *search, size_t item, size_t host,
	size_t moves_left, size_t away)
{
	size_t before = search->state->at[item];
	bool was_home = before == search->to[item], is_home = host == search->to[item];
	size_t next = away + was_home - is_home;
	bool is_found;

	if (next > moves_left - 1 || !fits(search->state, item, host))
		return false;
	search->move[search->depth++] = (struct move){
		.item = item, .from = before, .to = host, .is_detour = !is_home
	};
	move_item(search->state, item, host);
	is_found = deepen(search, moves_left - 1, next);
	if (!is_found) {
		move_item(search->state, item, before);
		search->depth--;
	}
	return is_found;
}

/* Direct moves first, then detours; never the same item twice in a row. */
static bool deepen(struct move_search *search, size_t moves_left, size_t away)
{
	const struct move_state *state = search->state;
	size_t last =
		search->depth ? search->move[search->depth - 1].item : PACKING_NONE;

	if (away == 0)
		return true;
	if (moves_left < away || ++search->nodes > SEARCH_NODES_MAX)
		return false;
	for (size_t i = 0; i < state->problem->item_count; i++) {
		if (i == last || search->to[i] == PACKING_NONE ||
			state->at[i] == search->to[i])
			continue;
		if (try_move(search, i, search->to[i], moves_left, away))
			return true;
	}
	if (moves_left == away)
		return false; /* no move to spare */
	for (size_t i = 0; i < state->problem->item_count; i++) {
		if (i == last || search->to[i] == PACKING_NONE)
			continue;
		for (size_t h = 0; h < state->host_count; h++) {
			if (h != state->at[i] && h != search->to[i] &&
				try_move(search, i, h, moves_left, away))
				return true;
		}
	}
	return false;
}

static int order_exactly(
	struct move_state *state, const size_t *to, struct move_plan *plan)
{
	struct move moves[EXACT_DEPTH_MAX];
	struct move_search search = { .state = state, .to = to, .move = moves };
	size_t away = not_home(&search);
	bool is_found = false;

	for (size_t limit = away; limit <= EXACT_DEPTH_MAX; limit++) {
		search.depth = 0;
		is_found = deepen(&search, limit, away);
		if (is_found || search.nodes > SEARCH_NODES_MAX)
			break;
	}
	if (!is_found)
		return 0;
	plan->move = malloc((search.depth + 1) * sizeof(*plan->move));
	if (!plan->move)
		return -ENOMEM;
	memcpy(plan->move, moves, search.depth * sizeof(*plan->move));
	plan->count = search.depth;
	plan->is_complete = true;
	/* every smaller number was searched to its end */
	plan->is_fewest = search.nodes <= SEARCH_NODES_MAX || search.depth == away;
	return 0;
}

/* ---- many moves: direct ones while any fits, then a detour ------------------------------- */

static void record(struct move_state *state, const size_t *to, struct move_plan *plan,
	size_t item, size_t host)
{
	plan->move[plan->count++] = (struct move){ .item = item,
		.from = state->at[item],
		.to = host,
		.is_detour = host != to[item] };
	move_item(state, item, host);
}

static bool move_directly(
	struct move_state *state, const size_t *to, struct move_plan *plan)
{
	bool is_any = false;

	for (size_t i = 0; i < state->problem->item_count; i++) {
		if (to[i] != PACKING_NONE && state->at[i] != to[i] &&
			fits(state, i, to[i])) {
			record(state, to, plan, i, to[i]);
			is_any = true;
		}
	}
	return is_any;
}

/* Out of the way goes an item that has to move anyhow, and each only once. */
static bool make_detour(struct move_state *state, const size_t *to,
	unsigned char *was_moved, struct move_plan *plan)
{
	for (size_t i = 0; i < state->problem->item_count; i++) {
		if (to[i] == PACKING_NONE || state->at[i] == to[i] || was_moved[i])
			continue;
		for (size_t h = 0; h < state->host_count; h++) {
			if (h == state->at[i] || !fits(state, i, h))
				continue;
			was_moved[i] = 1;
			record(state, to, plan, i, h);
			return true;
		}
	}
	return false;
}

static int order_greedily(
	struct move_state *state, const size_t *to, struct move_plan *plan)
{
	unsigned char *was_moved = calloc(state->problem->item_count + 1, 1);
	size_t most = 2 * state->problem->item_count + 1;

	plan->move = calloc(most, sizeof(*plan->move));
	if (!was_moved || !plan->move) {
		free(was_moved);
		return -ENOMEM;
	}
	do {
		while (move_directly(state, to, plan))
			;
	} while (make_detour(state, to, was_moved, plan));
	plan->is_complete = true;
	for (size_t i = 0; i < state->problem->item_count; i++)
		plan->is_complete = plan->is_complete &&
			(to[i] == PACKING_NONE || state->at[i] == to[i]);
	plan->is_fewest = plan->is_complete && plan->count == plan->differing;
	free(was_moved);
	return 0;
}

int moves_order(const struct packing_problem *problem, const size_t *host_type,
	size_t host_count, const size_t *from, const size_t *to,
	struct move_plan *ret_plan)
{
	struct move_plan plan = { .move = NULL };
	struct move_state state;
	int r = state_init(&state, problem, host_type, host_count, from);

	if (r < 0)
		return r;
	/* What the new placement leaves out is switched off first. */
	for (size_t i = 0; i < problem->item_count; i++) {
		if (to[i] == PACKING_NONE)
			move_item(&state, i, PACKING_NONE);
		plan.differing += to[i] != PACKING_NONE && to[i] != from[i];
	}
	if (plan.differing <= MOVES_EXACT_MAX)
		r = order_exactly(&state, to, &plan);
	if (r == 0 && !plan.is_complete)
		r = order_greedily(&state, to, &plan);
	state_done(&state);
	if (r < 0) {
		move_plan_done(&plan);
		return r;
	}
	*ret_plan = plan;
	return 0;
}

int moves_where(const struct packing_problem *problem, const size_t *host_type,
	size_t host_count, const size_t *at, size_t item, bool *ret_fits,
	size_t *ret_row)
{
	struct move_state state;
	int r = state_init(&state, problem, host_type, host_count, at);

	if (r < 0)
		return r;
	for (size_t h = 0; h < host_count; h++) {
		ret_row[h] = full_row(&state, item, h);
		ret_fits[h] = fits(&state, item, h);
	}
	state_done(&state);
	return 0;
}

int moves_overfull(const struct packing_problem *problem, const size_t *host_type,
	size_t host_count, const size_t *at, size_t *ret_host, size_t *ret_row)
{
	struct move_state state;
	int r = state_init(&state, problem, host_type, host_count, at);

	for (size_t h = 0; h < host_count && r == 0; h++) {
		for (size_t row = 0; row < problem->row_count && r == 0; row++) {
			size_t d = packing_row_dimension(problem, row, NULL);
			size_t cell = host_type[h] * problem->dimension_count + d;
			int64_t load = state.load[h * problem->row_count + row];

			if (load <= 0 ||
				load <= problem->capacity[cell] - problem->used[cell])
				continue;
			*ret_host = h;
			*ret_row = row;
			r = 1;
		}
	}
	if (r >= 0)
		state_done(&state);
	return r;
}

void move_plan_done(struct move_plan *plan)
{
	free(plan->move);
	*plan = (struct move_plan){ .move = NULL };
}
