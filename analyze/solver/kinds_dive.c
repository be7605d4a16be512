/* From fractions of fillings to whole ones, with new columns for what is left. */
#include "analyze/solver/kinds.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOISE 0.1
#define FIRST_PART 0.6

/* Of how many classes a step takes how many rounds, fixes what is how near to 1, and
 * which part of the hosts that are left: each programme costs more than what it says. */
static const struct stride {
	size_t classes;
	unsigned rounds;
	double up, part;
} strides[] = { { 60, 10, 1e-6, 0 }, { 300, 3, 0.2, 0.12 },
	{ SIZE_MAX, 2, 0.3, 0.25 } };

struct kinds_dive {
	struct kinds *g;
	const struct stride *stride;
	size_t *chosen; /* columns, one entry per host */
	size_t chosen_count, chosen_room;
	double noise, part;
};

static int kinds_dive_choose(struct kinds_dive *d, size_t column)
{
	struct kinds *g = d->g;
	const struct kinds_column *c = &g->column[column];

	if (d->chosen_count == d->chosen_room) {
		size_t room = 2 * d->chosen_room + 64;
		void *grown = realloc(d->chosen, room * sizeof(*d->chosen));

		if (!grown)
			return -ENOMEM;
		d->chosen = grown;
		d->chosen_room = room;
	}
	d->chosen[d->chosen_count++] = column;
	g->limit[c->kind]--;
	for (size_t i = 0; i < c->count; i++) {
		size_t class = (size_t)g->entry_class[c->first + i];
		uint32_t amount = (uint32_t)g->entry_amount[c->first + i];

		g->demand[class] -=
			amount < g->demand[class] ? amount : g->demand[class];
	}
	return 0;
}

/* How many copies what is left takes without waste. */
static int64_t copies_left(const struct kinds *g, size_t column, int64_t copies)
{
	const struct kinds_column *c = &g->column[column];

	if (copies > g->limit[c->kind])
		copies = g->limit[c->kind];
	for (size_t i = 0; i < c->count; i++) {
		size_t class = (size_t)g->entry_class[c->first + i];
		int64_t amount = (int64_t)g->entry_amount[c->first + i];

		if (g->demand[class] / amount < copies)
			copies = g->demand[class] / amount;
	}
	return copies;
}

/* The largest fraction of which nothing would go to waste, noise added. */
static size_t largest_fraction(const struct kinds_dive *d, bool may_waste)
{
	struct kinds *g = d->g;
	const double *x = lp_solution(g->lp) + g->classes->count;
	size_t best = SIZE_MAX;
	double most = 1e-6;

	for (size_t i = 0; i < g->column_count; i++) {
		double score = 0;

		if (x[i] <= 1e-6 || !g->limit[g->column[i].kind] ||
			(!may_waste && !copies_left(g, i, 1)))
			continue;
		score = fmin(x[i], 1) + d->noise * random_uniform(&g->work->random);
		if (score <= most)
			continue;
		most = score;
		best = i;
	}
	return best;
}

/* Whole parts, then the largest fractions.  1: something was fixed; 0: nothing. */
static int fix_kind_columns(struct kinds_dive *d)
{
	struct kinds *g = d->g;
	const double *x = lp_solution(g->lp) + g->classes->count;
	size_t fixed = 0, wanted = 1;
	double hosts = 0;
	int r = 0;

	for (size_t i = 0; i < g->column_count; i++)
		hosts += x[i];
	wanted += (size_t)(d->part * hosts);
	for (size_t i = 0; i < g->column_count && r == 0; i++) {
		int64_t copies =
			copies_left(g, i, (int64_t)floor(x[i] + d->stride->up));

		for (; copies > 0 && r == 0; copies--) {
			r = kinds_dive_choose(d, i);
			fixed++;
		}
	}
	while (r == 0 && fixed < wanted) {
		size_t best = largest_fraction(d, !fixed);

		if (best == SIZE_MAX)
			break;
		r = kinds_dive_choose(d, best);
		fixed++;
	}
	return r < 0 ? r : fixed > 0;
}

/* Units of the chosen fillings; the hosts that are left over come behind, empty. */
static int dive_to_placement(
	const struct kinds_dive *d, struct wire_placement *placement)
{
	const struct kinds *g = d->g;
	size_t n = g->classes->count, units = g->model->unit_count, hosts = 0;
	size_t *next = malloc((n + 1) * sizeof(*next));
	size_t *chain = malloc((units + 1) * sizeof(*chain));

	for (size_t k = 0; k < g->kind_count; k++)
		hosts += (size_t)g->kind[k].limit;
	placement->host_type = calloc(hosts + 1, sizeof(size_t));
	placement->host_of = calloc(units + 1, sizeof(size_t));
	if (!next || !chain || !placement->host_type || !placement->host_of) {
		free(next);
		free(chain);
		return -ENOMEM;
	}
	for (size_t c = 0; c < n; c++)
		next[c] = PACKING_NONE;
	for (size_t u = units; u-- > 0;) {
		placement->host_of[u] = PACKING_NONE;
		chain[u] = next[g->classes->class_of[u]];
		next[g->classes->class_of[u]] = u;
	}
	for (size_t i = 0; i < d->chosen_count; i++) {
		const struct kinds_column *column = &g->column[d->chosen[i]];
		size_t host = placement->host_count++;

		placement->host_type[host] = g->kind[column->kind].type;
		for (size_t e = 0; e < column->count; e++) {
			size_t class = (size_t)g->entry_class[column->first + e];
			double amount = g->entry_amount[column->first + e];

			for (; amount > 0.5 && next[class] != PACKING_NONE; amount--) {
				placement->host_of[next[class]] = host;
				next[class] = chain[next[class]];
			}
		}
	}
	for (size_t k = 0; k < g->kind_count && !g->is_free; k++)
		for (int64_t left = g->limit[k];
			left > 0 && placement->host_count < units; left--)
			placement->host_type[placement->host_count++] = g->kind[k].type;
	free(next);
	free(chain);
	return 0;
}

int kinds_dive(struct kinds *g, unsigned number, struct wire_placement *ret_placement)
{
	struct kinds_dive d = { .g = g, .noise = NOISE * number, .stride = strides };
	int r = 0, left = 0;

	*ret_placement = (struct wire_placement){ 0 };
	while (g->classes->count > d.stride->classes)
		d.stride++;
	/* the first ones are quick */
	d.part = fmax(
		d.stride->part, d.stride->part > 0 ? FIRST_PART / (1 + number) : 0);
	while (r == 0 && !work_is_over(g->work)) {
		bool is_left = false;

		for (size_t c = 0; c < g->classes->count; c++)
			is_left = is_left || g->demand[c];
		if (!is_left)
			break;
		kinds_restrict(g);
		r = kinds_solve(g, d.stride->rounds, false);
		if (r < 0)
			break;
		r = fix_kind_columns(&d);
		if (r == 0)
			break; /* no host is left, or none that would hold anything */
		r = r < 0 ? r : 0;
	}
	if (r == -ETIME || r == -EIO)
		r = 0;
	if (r == 0)
		r = dive_to_placement(&d, ret_placement);
	/* whole again, for the next one */
	kinds_make_whole(g);
	free(d.chosen);
	if (r < 0) {
		wire_placement_done(ret_placement);
		return r;
	}
	for (size_t u = 0; u < g->model->unit_count; u++)
		left += g->model->environment[u] == g->environment &&
			ret_placement->host_of[u] == PACKING_NONE;
	return left;
}
