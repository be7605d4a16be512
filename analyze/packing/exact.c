/* Units in order of size, each on an open host, on a new one of each type, or out. */
#include "analyze/packing/exact.h"

#include "analyze/packing/failover.h"
#include "analyze/packing/knapsack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct exact_search {
	const struct model *model;
	const struct exact_limits *limits;
	struct work *work;
	struct state state, *best;
	bool has_best;
	int64_t best_unplaced, best_cost;
	size_t best_hosts;
	size_t *order; /* units: alike ones adjacent, large ones first */
	size_t *class_of;
	int64_t *rest; /* [position][row] what the units from here on need at least */
	int64_t unplaced; /* items left out so far */
	int64_t cost;     /* of the open hosts, all of which are in use */
	uint64_t nodes;
	bool is_cut;
	int error;
};

static int64_t cheapest_left(const struct exact_search *s)
{
	int64_t least = INT64_MAX;

	for (size_t t = 0; t < s->model->type_count; t++)
		if (s->state.type_used[t] < s->model->count[t] &&
			s->model->cost[t] < least)
			least = s->model->cost[t];
	return least == INT64_MAX ? 0 : least;
}

/* Hosts that must still be opened if all units from here on are placed. */
static int64_t more_hosts(const struct exact_search *s, size_t position)
{
	const struct model *model = s->model;
	int64_t most = 0;

	for (size_t row = 0; row < model->row_count; row++) {
		int64_t need = s->rest[position * model->row_count + row], largest = 0;

		for (size_t h = 0; h < s->state.host_count && need > 0; h++)
			need -= model_capacity(model, s->state.host[h].type)[row] -
				state_load(&s->state, h)[row];
		for (size_t t = 0; t < model->type_count && need > 0; t++)
			if (model_capacity(model, t)[row] > largest)
				largest = model_capacity(model, t)[row];
		if (need > 0 && largest > 0 && (need + largest - 1) / largest > most)
			most = (need + largest - 1) / largest;
	}
	return most;
}

/* Nothing from here on can be better than the best. */
static bool is_hopeless(const struct exact_search *s, size_t position)
{
	int64_t more = 0, cost = 0;

	if (s->unplaced > s->limits->unplaced_items)
		return true;
	if (!s->has_best || s->unplaced < s->best_unplaced)
		return false;
	if (s->unplaced > s->best_unplaced)
		return true;
	more = more_hosts(s, position);
	cost = s->cost + more * cheapest_left(s);
	if (cost != s->best_cost)
		return cost > s->best_cost;
	return s->state.host_count + (size_t)more >= s->best_hosts;
}

static void keep(struct exact_search *s)
{
	int r = 0;

	if (s->limits->failover) {
		r = failover_survives(
			&s->state, s->limits->failover, FAILOVER_NODES, s->work, NULL);
		if (r < 0 && r != -EAGAIN)
			s->error = r;
		if (r == -EAGAIN)
			s->is_cut = true; /* not decided: the search proves nothing */
		if (r != 1)
			return;
	}
	r = state_copy(s->best, &s->state);
	if (r < 0) {
		s->error = r;
		return;
	}
	s->has_best = true;
	s->best_unplaced = s->unplaced;
	s->best_cost = s->cost;
	s->best_hosts = s->state.host_count;
}

static void exact_search_from(struct exact_search *s, size_t position);

static void try_host(struct exact_search *s, size_t position, size_t host)
{
	size_t unit = s->order[position];
	int r = 0;

	if (!state_fits(&s->state, unit, host))
		return;
	r = state_add(&s->state, unit, host);
	if (r < 0) {
		s->error = r;
		return;
	}
	exact_search_from(s, position + 1);
	state_remove(&s->state, unit);
}

static void try_types(struct exact_search *s, size_t position)
{
	for (size_t t = 0; t < s->model->type_count && !s->is_cut && !s->error; t++) {
		size_t host = 0;
		int r = 0;

		if (!model_allows(s->model, s->order[position], t))
			continue;
		r = state_open(&s->state, t, &host);
		if (r == -ENOSPC)
			continue;
		if (r < 0) {
			s->error = r;
			return;
		}
		s->cost += s->model->cost[t];
		try_host(s, position, host);
		s->cost -= s->model->cost[t];
		state_close(&s->state, host);
	}
}

static void exact_search_from(struct exact_search *s, size_t position)
{
	size_t first = 0, unit = 0;
	bool follows_out = false;

	if (s->is_cut || s->error)
		return;
	if (++s->nodes > s->limits->nodes ||
		(s->nodes % 1024 == 0 && work_is_over(s->work))) {
		s->is_cut = true;
		return;
	}
	if (is_hopeless(s, position))
		return;
	if (position == s->model->unit_count) {
		keep(s);
		return;
	}
	unit = s->order[position];
	/* of units that are alike, a later one goes no further to the front */
	if (position > 0 && s->class_of[s->order[position - 1]] == s->class_of[unit]) {
		first = s->state.host_of[s->order[position - 1]];
		follows_out = first == PACKING_NONE;
	}
	for (size_t h = first; !follows_out && h < s->state.host_count; h++)
		try_host(s, position, h);
	if (!follows_out)
		try_types(s, position);
	s->unplaced += s->model->weight[unit];
	exact_search_from(s, position + 1);
	s->unplaced -= s->model->weight[unit];
}

struct sized {
	double size;
	size_t class, unit;
};

static int compare_sized(const void *a, const void *b)
{
	const struct sized *x = a, *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

/* Alike units have one size, so they come out adjacent. */
static int set_order(struct exact_search *s)
{
	const struct model *model = s->model;
	struct sized *sized = malloc((model->unit_count + 1) * sizeof(*sized));
	struct knapsack_classes classes;
	int r = sized ? knapsack_classes_init(&classes, model) : -ENOMEM;

	if (r < 0) {
		free(sized);
		return r;
	}
	for (size_t u = 0; u < model->unit_count; u++) {
		const int64_t *size = model->size + u * model->row_count;

		sized[u] = (struct sized){ 0, classes.class_of[u], u };
		for (size_t row = 0; row < model->row_count; row++)
			sized[u].size += (double)size[row] /
				((double)model_capacity(model, 0)[row] + 1);
	}
	qsort(sized, model->unit_count, sizeof(*sized), compare_sized);
	for (size_t i = 0; i < model->unit_count; i++) {
		s->order[i] = sized[i].unit;
		s->class_of[sized[i].unit] = sized[i].class;
	}
	knapsack_classes_done(&classes);
	free(sized);
	return 0;
}

static void set_rest(struct exact_search *s)
{
	const struct model *model = s->model;
	size_t rows = model->row_count;

	memset(s->rest + model->unit_count * rows, 0, rows * sizeof(*s->rest));
	for (size_t i = model->unit_count; i-- > 0;)
		for (size_t row = 0; row < rows; row++) {
			int64_t least = INT64_MAX;

			for (size_t v = 0; v < model->variant_count; v++) {
				int64_t size = model->size[(v * model->unit_count +
								   s->order[i]) *
						rows +
					row];

				least = size < least ? size : least;
			}
			s->rest[i * rows + row] = s->rest[(i + 1) * rows + row] + least;
		}
}

int exact_search(const struct model *model, const struct exact_limits *limits,
	struct work *work, struct state *best, bool *has_best)
{
	struct exact_search s = { .model = model,
		.limits = limits,
		.work = work,
		.best = best,
		.has_best = *has_best };
	size_t n = model->unit_count + 1;
	int r = state_init(&s.state, model);

	if (r < 0)
		return r;
	s.state.is_undecided = &s.is_cut;
	s.order = malloc(n * sizeof(*s.order));
	s.class_of = malloc(n * sizeof(*s.class_of));
	s.rest = malloc((n * model->row_count + 1) * sizeof(*s.rest));
	r = s.order && s.class_of && s.rest ? set_order(&s) : -ENOMEM;
	if (r == 0) {
		set_rest(&s);
		if (s.has_best) {
			s.best_unplaced = state_unplaced_items(best);
			s.best_cost = state_cost(best);
			s.best_hosts = state_used(best);
		}
		exact_search_from(&s, 0);
		r = s.error ? s.error : !s.is_cut;
		*has_best = s.has_best;
	}
	free(s.order);
	free(s.class_of);
	free(s.rest);
	state_done(&s.state);
	return r;
}

static int compare_sizes(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int64_t exact_unplaced_bound(const struct model *model)
{
	int64_t *size = malloc((model->unit_count + 1) * sizeof(*size));
	int64_t most = 0;

	for (size_t u = 0; u < model->unit_count; u++)
		if (model->weight[u] > 1)
			goto out; /* counting units would not count items */
	for (size_t row = 0; row < model->row_count && size; row++) {
		__int128 room = 0;
		int64_t placed = 0;

		for (size_t t = 0; t < model->type_count; t++)
			room += (__int128)model->count[t] *
				model_capacity(model, t)[row];
		for (size_t u = 0; u < model->unit_count; u++) {
			size[u] = INT64_MAX;
			for (size_t v = 0; v < model->variant_count; v++) {
				int64_t own = model->size[(v * model->unit_count + u) *
						model->row_count +
					row];

				size[u] = own < size[u] ? own : size[u];
			}
		}
		qsort(size, model->unit_count, sizeof(*size), compare_sizes);
		while ((size_t)placed < model->unit_count && size[placed] <= room)
			room -= size[placed++];
		if ((int64_t)model->unit_count - placed > most)
			most = (int64_t)model->unit_count - placed;
	}
out:
	free(size);
	return most;
}
