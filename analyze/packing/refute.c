/* All fillings within the slack, then a cover of the demand by them, depth first. */
#include "analyze/packing/refute.h"

#include "analyze/packing/knapsack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct refute_filling {
	size_t first, count; /* in entry */
	int64_t short_of;    /* V less its worth */
	unsigned banned;     /* > 0: tried already by an earlier branch */
};

struct refute_entry {
	uint32_t class, amount;
};

struct refute {
	const struct model *model;
	const struct refute_limits *limits;
	struct work *work;
	struct knapsack_classes classes;
	int64_t *value; /* [class] */
	uint32_t *open; /* [class] not yet covered */
	struct refute_filling *filling;
	size_t filling_count, filling_room;
	struct refute_entry *entry;
	size_t entry_count, entry_room;
	size_t *by_class; /* fillings that hold a class, one class behind the other */
	size_t *by_class_start; /* [class + 1] */
	size_t *chosen;         /* fillings taken, one per host */
	size_t chosen_count;
	int64_t target, slack;
	uint64_t nodes;
	bool is_cut;
	int error;
};

static int refute_keep_filling(struct refute *f, const uint32_t *count, int64_t worth)
{
	size_t classes = f->classes.count;
	struct refute_filling *new = NULL;

	if (f->filling_count == f->filling_room) {
		size_t room = f->filling_room ? 2 * f->filling_room : 256;
		void *grown = realloc(f->filling, room * sizeof(*f->filling));

		if (!grown)
			return -ENOMEM;
		f->filling = grown;
		f->filling_room = room;
	}
	if (f->entry_count + classes > f->entry_room) {
		size_t room = 2 * (f->entry_count + classes);
		void *grown = realloc(f->entry, room * sizeof(*f->entry));

		if (!grown)
			return -ENOMEM;
		f->entry = grown;
		f->entry_room = room;
	}
	new = &f->filling[f->filling_count++];
	*new = (struct refute_filling){ .first = f->entry_count, .short_of = worth };
	for (size_t c = 0; c < classes; c++)
		if (count[c])
			f->entry[f->entry_count++] =
				(struct refute_entry){ (uint32_t)c, count[c] };
	new->count = f->entry_count - new->first;
	return 0;
}

static void take_filling(void *closure, const uint32_t *count, int64_t worth)
{
	struct refute *f = closure;

	if (f->filling_count >= f->limits->fillings)
		f->is_cut = true;
	if (!f->is_cut && !f->error)
		f->error = refute_keep_filling(f, count, worth);
}

/* The worth of the best filling, exactly; 0 when it could not be settled. */
static int best_worth(struct refute *f, struct knapsack *knapsack, int64_t *ret_worth)
{
	int64_t worth = 0;
	int r = 0;

	for (size_t e = 0; e < f->model->environment_count && r == 0; e++) {
		int64_t best = 0, bound = 0;

		knapsack->environment = (unsigned)e;
		knapsack->at_least = worth;
		r = knapsack_solve(knapsack, f->work, &best, &bound);
		if (r == 0 && bound != best)
			f->is_cut = true;
		worth = best > worth ? best : worth;
	}
	*ret_worth = worth;
	return r;
}

static int list_fillings(struct refute *f)
{
	struct knapsack knapsack = { .model = f->model,
		.classes = &f->classes,
		.value = f->value,
		.demand = f->classes.demand,
		.node_limit = f->limits->nodes };
	int64_t worth = 0, total = 0;
	int r = best_worth(f, &knapsack, &worth);

	if (r < 0 || f->is_cut)
		return r;
	for (size_t c = 0; c < f->classes.count; c++)
		total += f->value[c] * (int64_t)f->classes.demand[c];
	if (f->target > INT64_MAX / 4 / (worth + 1)) {
		f->is_cut = true;
		return 0;
	}
	f->slack = f->target * worth - total;
	/* more than one whole host of slack says nothing about fillings */
	if (f->slack >= worth) {
		f->is_cut = true;
		return 0;
	}
	knapsack.wants_all = true;
	knapsack.found = take_filling;
	knapsack.closure = f;
	knapsack.at_least = worth - f->slack - 1;
	for (size_t e = 0; e < f->model->environment_count && r == 0 && f->slack >= 0;
		e++) {
		int64_t best = 0, bound = 0;

		knapsack.environment = (unsigned)e;
		r = knapsack_solve(&knapsack, f->work, &best, &bound);
		/* a search that was cut has seen only part of the fillings */
		if (bound > knapsack.at_least)
			f->is_cut = true;
	}
	for (size_t i = 0; i < f->filling_count; i++)
		f->filling[i].short_of = worth - f->filling[i].short_of;
	return r < 0 ? r : f->error;
}

static int index_classes(struct refute *f)
{
	size_t classes = f->classes.count;
	size_t *next = calloc(classes + 1, sizeof(*next));

	f->by_class_start = calloc(classes + 2, sizeof(*f->by_class_start));
	f->by_class = malloc((f->entry_count + 1) * sizeof(*f->by_class));
	if (!next || !f->by_class_start || !f->by_class) {
		free(next);
		return -ENOMEM;
	}
	for (size_t e = 0; e < f->entry_count; e++)
		f->by_class_start[f->entry[e].class + 1]++;
	for (size_t c = 0; c < classes; c++) {
		f->by_class_start[c + 1] += f->by_class_start[c];
		next[c] = f->by_class_start[c];
	}
	for (size_t i = 0; i < f->filling_count; i++)
		for (size_t e = 0; e < f->filling[i].count; e++)
			f->by_class[next[f->entry[f->filling[i].first + e].class]++] =
				i;
	free(next);
	return 0;
}

/* What a filling takes of the slack now; more than there is: it cannot be taken. */
static int64_t price_of(const struct refute *f, const struct refute_filling *filling)
{
	int64_t price = filling->short_of;

	for (size_t e = 0; e < filling->count && price <= f->slack; e++) {
		const struct refute_entry *entry = &f->entry[filling->first + e];

		if (entry->amount > f->open[entry->class])
			price += f->value[entry->class] *
				(int64_t)(entry->amount - f->open[entry->class]);
	}
	return price;
}

/* The open class that the fewest fillings can cover; PACKING_NONE: all are covered. */
static size_t hardest_class(const struct refute *f, size_t *ret_ways)
{
	size_t hardest = PACKING_NONE, fewest = SIZE_MAX;

	for (size_t c = 0; c < f->classes.count && fewest > 0; c++) {
		size_t ways = 0;

		if (!f->open[c])
			continue;
		for (size_t i = f->by_class_start[c];
			i < f->by_class_start[c + 1] && ways < fewest; i++) {
			const struct refute_filling *filling =
				&f->filling[f->by_class[i]];

			ways += !filling->banned && price_of(f, filling) <= f->slack;
		}
		if (ways < fewest) {
			fewest = ways;
			hardest = c;
		}
	}
	*ret_ways = fewest;
	return hardest;
}

/* Covers what the filling holds; the amounts really covered go to undo. */
static void cover(
	struct refute *f, const struct refute_filling *filling, uint32_t *undo)
{
	for (size_t e = 0; e < filling->count; e++) {
		const struct refute_entry *entry = &f->entry[filling->first + e];

		undo[e] = entry->amount < f->open[entry->class] ? entry->amount
								: f->open[entry->class];
		f->open[entry->class] -= undo[e];
	}
}

static void uncover(
	struct refute *f, const struct refute_filling *filling, const uint32_t *undo)
{
	for (size_t e = 0; e < filling->count; e++)
		f->open[f->entry[filling->first + e].class] += undo[e];
}

/* True: a cover was found.  Fillings of earlier branches are banned in later ones. */
static bool refute_search(struct refute *f, uint32_t *undo)
{
	size_t ways = 0, class = 0, last = 0;
	bool is_found = false;

	if (++f->nodes > f->limits->nodes ||
		(f->nodes % 8 == 0 && work_is_over(f->work)))
		f->is_cut = true;
	if (f->is_cut)
		return false;
	class = hardest_class(f, &ways);
	if (class == PACKING_NONE)
		return true;
	if (!ways || (int64_t)f->chosen_count >= f->target)
		return false;
	last = f->by_class_start[class];
	for (; last < f->by_class_start[class + 1] && !is_found && !f->is_cut; last++) {
		struct refute_filling *filling = &f->filling[f->by_class[last]];
		int64_t price = price_of(f, filling);

		if (!filling->banned && price <= f->slack) {
			f->slack -= price;
			f->chosen[f->chosen_count++] = f->by_class[last];
			cover(f, filling, undo);
			is_found = refute_search(f, undo + f->classes.count);
			if (is_found)
				return true;
			uncover(f, filling, undo);
			f->chosen_count--;
			f->slack += price;
		}
		filling->banned++;
	}
	while (last-- > f->by_class_start[class])
		f->filling[f->by_class[last]].banned--;
	return is_found;
}

/* The chosen fillings as hosts; what is covered twice stays where it is first. */
static int refute_to_state(const struct refute *f, struct state *state)
{
	int r = 0;

	state_clear(state);
	for (size_t h = 0; h < f->chosen_count && r == 0; h++) {
		const struct refute_filling *filling = &f->filling[f->chosen[h]];
		size_t host = 0;

		r = state_open(state, 0, &host);
		for (size_t e = 0; e < filling->count && r == 0; e++) {
			uint32_t left = f->entry[filling->first + e].amount;
			size_t class = f->entry[filling->first + e].class;

			for (size_t u = 0; u < f->model->unit_count && left && r == 0;
				u++)
				if (f->classes.class_of[u] == class &&
					state->host_of[u] == PACKING_NONE &&
					state_fits(state, u, host)) {
					r = state_add(state, u, host);
					left--;
				}
		}
	}
	state_drop_empty(state);
	return r == -ENOSPC ? 0 : r;
}

static int refute_prepare(struct refute *f, const int64_t *price)
{
	size_t n = 0;
	int r = knapsack_classes_init(&f->classes, f->model);

	if (r < 0)
		return r;
	n = f->classes.count + 1;
	f->value = malloc(n * sizeof(*f->value));
	f->open = malloc(n * sizeof(*f->open));
	f->chosen = malloc(((size_t)f->target + 2) * sizeof(*f->chosen));
	if (!f->value || !f->open || !f->chosen)
		return -ENOMEM;
	/* nothing is free: a class without a price would not be enumerated */
	for (size_t c = 0; c < f->classes.count; c++) {
		int64_t own = price[f->classes.unit[c]];

		f->value[c] = own < 1 ? 1 : own;
		f->open[c] = f->classes.demand[c];
	}
	return 0;
}

/* The cheap proof comes first: where the prices leave no slack, no search is needed.
 * A search that was cut off proves nothing, and the answer stays unknown. */
int refute_run(const struct model *model, const int64_t *price, int64_t target,
	const struct refute_limits *limits, struct work *work, struct state *ret_state,
	enum refute_answer *ret_answer)
{
	struct refute f = {
		.model = model, .limits = limits, .work = work, .target = target
	};
	uint32_t *undo = NULL;
	int r = 0;

	*ret_answer = REFUTE_UNKNOWN;
	if (model->type_count != 1 || target < 0 || target > (int64_t)model->unit_count)
		return 0;
	r = refute_prepare(&f, price);
	if (r == 0)
		r = list_fillings(&f);
	if (r == 0 && !f.is_cut && f.slack < 0)
		*ret_answer = REFUTE_NONE;
	if (r == 0 && !f.is_cut && f.slack >= 0) {
		r = index_classes(&f);
		undo = malloc(
			((size_t)target + 2) * (f.classes.count + 1) * sizeof(*undo));
		if (r == 0 && !undo)
			r = -ENOMEM;
		if (r == 0 && refute_search(&f, undo)) {
			*ret_answer = REFUTE_FOUND;
			r = refute_to_state(&f, ret_state);
		} else if (r == 0 && !f.is_cut) {
			*ret_answer = REFUTE_NONE;
		}
	}
	free(undo);
	knapsack_classes_done(&f.classes);
	free(f.value);
	free(f.open);
	free(f.filling);
	free(f.entry);
	free(f.by_class);
	free(f.by_class_start);
	free(f.chosen);
	return r;
}
