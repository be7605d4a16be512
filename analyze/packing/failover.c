/* Best fit first, then all placements of the lost units, large ones first. */
#include "analyze/packing/failover.h"

#include "analyze/packing/packing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct loss {
	struct state *state;
	const size_t *lost;
	size_t *unit; /* the lost ones, largest first */
	double *size; /* [unit of the model] */
	size_t count;
	uint64_t nodes;
	struct work *work;
	bool is_cut;
	int error;
};

static bool is_lost(const struct loss *l, size_t host)
{
	return host == l->lost[0] || host == l->lost[1];
}

static double unit_size(const struct model *model, size_t unit)
{
	double size = 0;

	for (size_t row = 0; row < model->row_count; row++)
		size += (double)model->size[unit * model->row_count + row] /
			((double)model_capacity(model, 0)[row] + 1);
	return size;
}

/* All of some row that the lost units need is more than what is free of it. */
static bool failover_is_refuted(const struct loss *l)
{
	const struct model *model = l->state->model;

	for (size_t row = 0; row < model->row_count; row++) {
		int64_t need = 0, room = 0;

		for (size_t i = 0; i < l->count; i++) {
			int64_t least = INT64_MAX;

			for (size_t v = 0; v < model->variant_count; v++) {
				int64_t size = model->size[(v * model->unit_count +
								   l->unit[i]) *
						model->row_count +
					row];

				least = size < least ? size : least;
			}
			need += least;
		}
		for (size_t h = 0; h < l->state->host_count; h++)
			if (!is_lost(l, h))
				room += model_capacity(
						model, l->state->host[h].type)[row] -
					state_load(l->state, h)[row];
		if (need > room)
			return true;
	}
	return false;
}

/* The host that is left with least room in its fullest row. */
static size_t best_fit(const struct loss *l, size_t unit)
{
	const struct model *model = l->state->model;
	size_t best = PACKING_NONE;
	double best_room = 0;

	for (size_t h = 0; h < l->state->host_count; h++) {
		double room = 0;

		if (is_lost(l, h) || !state_fits(l->state, unit, h))
			continue;
		for (size_t row = 0; row < model->row_count; row++)
			room += (double)(model_capacity(
						 model, l->state->host[h].type)[row] -
					state_load(l->state, h)[row]) /
				((double)model_capacity(
					 model, l->state->host[h].type)[row] +
					1);
		if (best == PACKING_NONE || room < best_room) {
			best = h;
			best_room = room;
		}
	}
	return best;
}

/* How many of the lost units, from the first on, are placed by best fit. */
static size_t place_greedily(struct loss *l)
{
	for (size_t i = 0; i < l->count; i++) {
		size_t host = best_fit(l, l->unit[i]);

		if (host == PACKING_NONE)
			return i;
		l->error = state_add(l->state, l->unit[i], host);
		if (l->error < 0)
			return i;
	}
	return l->count;
}

static bool failover_search_from(struct loss *l, size_t i)
{
	if (i == l->count)
		return true;
	if (++l->nodes == 0 || l->is_cut ||
		(l->nodes % 256 == 0 && work_is_over(l->work))) {
		l->is_cut = true;
		return false;
	}
	for (size_t h = 0; h < l->state->host_count && !l->is_cut; h++) {
		if (is_lost(l, h) || !state_fits(l->state, l->unit[i], h))
			continue;
		l->error = state_add(l->state, l->unit[i], h);
		if (l->error < 0) {
			l->is_cut = true;
			return false;
		}
		if (failover_search_from(l, i + 1))
			return true;
		state_remove(l->state, l->unit[i]);
	}
	return false;
}

/* How many of the types that are left in use may hold a unit. */
static size_t types_for(const struct loss *l, size_t unit)
{
	const struct model *model = l->state->model;
	size_t count = 0;

	for (size_t t = 0; t < model->type_count; t++)
		count += l->state->type_used[t] && model_allows(model, unit, t);
	return count;
}

/* Those that few hosts may hold first: later the others have taken their room. */
static int failover_compare_units(const void *a, const void *b, void *closure)
{
	const double *size = closure;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (size[x] != size[y])
		return size[x] > size[y] ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* The units of the lost hosts, and where they were. */
static void take_lost(struct loss *l, size_t *from)
{
	struct state *state = l->state;

	for (int i = 0; i < 2; i++) {
		size_t h = l->lost[i];

		while (h != PACKING_NONE && state->host[h].unit_count) {
			size_t unit = state->host[h].unit[0];

			from[unit] = h;
			/* each type more that may hold it weighs more than any size */
			l->size[unit] = unit_size(state->model, unit) -
				1e6 * (double)types_for(l, unit);
			l->unit[l->count++] = unit;
			state_remove(state, unit);
		}
	}
	qsort_r(l->unit, l->count, sizeof(*l->unit), failover_compare_units, l->size);
}

#define USUAL_ROWS 64
#define NODES_LEAST 200

/* Each step looks at every row: of many rows fewer steps are made, so that one loss does
 * not take the time of all. */
static uint64_t scale_nodes(const struct model *model, uint64_t nodes)
{
	uint64_t scaled = model->row_count <= USUAL_ROWS
		? nodes
		: nodes * USUAL_ROWS / model->row_count;

	return scaled < NODES_LEAST ? NODES_LEAST : scaled;
}

int failover_lose(struct state *state, const size_t lost[2], uint64_t nodes,
	struct work *work, size_t *to, size_t *ret_unit)
{
	size_t n = state->model->unit_count + 1;
	struct loss l = { .state = state, .lost = lost, .work = work };
	size_t *from = malloc(n * sizeof(*from));
	bool is_undecided = false, *was_undecided = NULL;
	int r = 0;

	l.unit = malloc(n * sizeof(*l.unit));
	l.size = malloc(n * sizeof(*l.size));
	if (!from || !l.unit || !l.size) {
		r = -ENOMEM;
		goto out;
	}
	was_undecided = state->is_undecided;
	state->is_undecided = &is_undecided;
	take_lost(&l, from);
	if (ret_unit && l.count)
		*ret_unit = l.unit[0];
	if (!failover_is_refuted(&l)) {
		size_t placed = place_greedily(&l);

		r = placed == l.count;
		if (ret_unit && !r)
			*ret_unit = l.unit[placed];
		for (size_t i = 0; i < placed && !r; i++)
			state_remove(state, l.unit[i]);
		if (!r && !l.error) {
			l.nodes = -scale_nodes(state->model, nodes); /* up to 0 */
			r = failover_search_from(&l, 0);
			r = !r && (l.is_cut || is_undecided) ? -EAGAIN : r;
		}
	}
	if (l.error < 0)
		r = l.error;
	for (size_t i = 0; i < l.count; i++) {
		if (to && r == 1)
			to[l.unit[i]] = state->host_of[l.unit[i]];
		if (state->host_of[l.unit[i]] != PACKING_NONE)
			state_remove(state, l.unit[i]);
	}
	/* the lists have room for what was in them: no allocation, no failure */
	for (size_t i = 0; i < l.count; i++)
		if (state_add(state, l.unit[i], from[l.unit[i]]) < 0)
			r = -ENOMEM;
	state->is_undecided = was_undecided;
out:
	free(from);
	free(l.unit);
	free(l.size);
	return r;
}

unsigned failover_depth(const struct packing_problem *problem, size_t used, unsigned k)
{
	bool has_spare = false;

	for (size_t t = 0; t < problem->type_count; t++)
		has_spare = has_spare || problem->type[t].spare > 0;
	if (used > k)
		return k;
	return has_spare ? (unsigned)used : 0;
}

static size_t count_losses(size_t used, unsigned depth)
{
	return depth == 0 ? 0 : depth == 1 ? used : used * (used - 1) / 2;
}

int failover_survives(struct state *state, unsigned k, uint64_t nodes,
	struct work *work, size_t *ret_unit)
{
	size_t m = state->host_count;
	unsigned depth = failover_depth(state->model->problem, m, k);
	int r = depth ? 1 : 0;

	if (ret_unit)
		*ret_unit = PACKING_NONE;
	if (depth && state_open_spares(state) < 0)
		return -ENOMEM;
	for (size_t a = 0; a < m && r == 1; a++)
		for (size_t b = depth == 1 ? m - 1 : a + 1; b < m && r == 1; b++) {
			size_t lost[2] = { a, depth == 1 ? PACKING_NONE : b };

			r = failover_lose(state, lost, nodes, work, NULL, ret_unit);
		}
	while (state->host_count > m)
		state_close(state, state->host_count - 1);
	return r;
}

/* ---- by the problem's items ------------------------------------------------------ */

/* The placement of a result as a state; hosts keep their numbers. */
static int make_state(const struct model *model, const size_t *host_type,
	size_t host_count, const size_t *host_of, struct state *state)
{
	int r = state_init(state, model);

	for (size_t h = 0; h < host_count && r == 0; h++)
		r = state_open(state, host_type[h], NULL);
	for (size_t u = 0; u < model->unit_count && r == 0; u++) {
		size_t h = host_of[model->member[model->member_start[u]]];

		if (h != PACKING_NONE)
			r = state_add(state, u, h);
	}
	return r;
}

static int fill_recovery(const struct model *model, const struct state *state,
	const size_t *to, struct packing_recovery *recovery)
{
	size_t count = 0, room = 0;

	for (size_t u = 0; u < model->unit_count; u++)
		if (state->host_of[u] == recovery->lost[0] ||
			(state->host_of[u] == recovery->lost[1] &&
				recovery->lost[1] != PACKING_NONE))
			room += model->weight[u];
	recovery->item = malloc((room + 1) * sizeof(*recovery->item));
	recovery->host = malloc((room + 1) * sizeof(*recovery->host));
	if (!recovery->item || !recovery->host)
		return -ENOMEM;
	for (size_t u = 0; u < model->unit_count; u++) {
		if (state->host_of[u] == PACKING_NONE ||
			(state->host_of[u] != recovery->lost[0] &&
				state->host_of[u] != recovery->lost[1]))
			continue;
		for (size_t m = model->member_start[u]; m < model->member_start[u + 1];
			m++) {
			recovery->item[count] = model->member[m];
			recovery->host[count++] = to[u];
		}
	}
	recovery->moved_count = count;
	return 0;
}

static int recover_all(const struct model *model, struct state *state, unsigned depth,
	struct packing_recovery *recovery, struct work *work)
{
	size_t *to = malloc((model->unit_count + 1) * sizeof(*to));
	size_t m = state->host_count, next = 0;
	int r = to ? 0 : -ENOMEM;

	if (r == 0 && state_open_spares(state) < 0)
		r = -ENOMEM;
	for (size_t a = 0; a < m && r != -ENOMEM; a++)
		for (size_t b = depth == 1 ? m - 1 : a + 1; b < m && r != -ENOMEM;
			b++) {
			struct packing_recovery *one = &recovery[next++];

			one->lost[0] = a;
			one->lost[1] = depth == 1 ? PACKING_NONE : b;
			r = failover_lose(
				state, one->lost, FAILOVER_NODES, work, to, NULL);
			one->is_survived = r == 1;
			one->is_proven = r == 0;
			if (r == 1 && fill_recovery(model, state, to, one) < 0)
				r = -ENOMEM;
		}
	free(to);
	return r == -ENOMEM ? r : 0;
}

int packing_recover(const struct packing_problem *problem, unsigned k,
	const size_t *host_type, size_t host_count, const size_t *host_of,
	struct packing_recovery **ret_recovery, size_t *ret_count)
{
	size_t n = problem->item_count + 1;
	unsigned depth = failover_depth(problem, host_count, k);
	size_t losses = count_losses(host_count, depth);
	struct packing_recovery *recovery = calloc(losses + 1, sizeof(*recovery));
	enum packing_reason *reason = calloc(n, sizeof(*reason));
	size_t *row = calloc(n, sizeof(*row));
	struct work work = { .deadline_s = 1e300 };
	struct state state = { 0 };
	struct model model;
	int r = -ENOMEM;

	if (!recovery || !reason || !row)
		goto out;
	r = model_build(problem, reason, row, &model, NULL);
	if (r < 0)
		goto out;
	r = make_state(&model, host_type, host_count, host_of, &state);
	if (r == 0 && losses)
		r = recover_all(&model, &state, depth, recovery, &work);
	state_done(&state);
	model_done(&model);
out:
	free(reason);
	free(row);
	if (r < 0) {
		packing_recovery_free(recovery, recovery ? losses : 0);
		return r;
	}
	*ret_recovery = recovery;
	*ret_count = losses;
	return 0;
}
