/* Environments are filled by themselves, and what was tried once is known. */
#include "analyze/packing/mixed_search.h"

#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOVES 1500
#define WORK 150000000
#define FEW_FIGURES 10 /* rows for which that is enough */

static size_t part_kinds(const struct host_search *search)
{
	return search->parts == 1 ? search->master.kind_count
				  : search->master.class_count;
}

struct part *mixed_find_part(const struct host_search *search, size_t environment)
{
	size_t kinds = part_kinds(search);

	for (size_t i = 0; i < search->part_count; i++)
		if (search->part[i].environment == environment &&
			!memcmp(search->part[i].y,
				search->master.y + environment * kinds,
				kinds * sizeof(int64_t)))
			return &search->part[i];
	return NULL;
}

struct part *mixed_part(struct host_search *search, size_t environment)
{
	size_t kinds = part_kinds(search);
	struct part part = { .environment = environment };
	struct part *known = mixed_find_part(search, environment);

	if (known)
		return known;
	if (ARRAY_EXTEND(search->part, search->part_count) < 0)
		return NULL;
	part.y = malloc((kinds + 1) * sizeof(*part.y));
	if (!part.y)
		return NULL;
	memcpy(part.y, search->master.y + environment * kinds, kinds * sizeof(*part.y));
	search->part[search->part_count] = part;
	return &search->part[search->part_count++];
}

int mixed_keep_filling(const struct host_search *search, struct part *part)
{
	const struct state *made = &search->made;
	size_t units = search->engine->model.unit_count + 1;

	part->host_of = malloc(units * sizeof(size_t));
	part->host_type = malloc((made->host_count + 1) * sizeof(size_t));
	if (!part->host_of || !part->host_type)
		return -ENOMEM;
	memcpy(part->host_of, made->host_of, (units - 1) * sizeof(size_t));
	for (size_t h = 0; h < made->host_count; h++)
		part->host_type[h] = made->host[h].type;
	part->host_count = made->host_count;
	return 0;
}

/* The hosts of one environment: filled now or before, or not. */
static int fill_part(struct host_search *search, size_t environment)
{
	/* work is counted in figures: of many rows each step costs more of it */
	uint64_t thousands = search->is_opening
		? 1
		: search->engine->model.unit_count / 1000 + 1,
		 rows = search->master.few.model.row_count / FEW_FIGURES + 1;
	struct master_effort effort = { .moves = (uint64_t)MOVES << (2 * search->level),
		.work = ((uint64_t)WORK << (2 * search->level)) * thousands * rows };
	struct part *part = mixed_part(search, environment);
	int r = part ? 0 : -ENOMEM;

	if (part && (part->host_of || part->is_refuted || part->level > search->level))
		return part->host_of != NULL;
	if (r == 0)
		r = master_fill(&search->master, search->master.y,
			search->parts == 1 ? PACKING_NONE : environment, &effort,
			&search->made);
	if (r < 0)
		return r;
	part->level = search->level + !search->is_opening;
	return r == 1 && mixed_keep_filling(search, part) < 0 ? -ENOMEM : r;
}

/* Checked again by the state. */
int mixed_join_parts(struct host_search *search)
{
	const struct model *model = &search->engine->model;
	struct state *whole = &search->made;
	int r = 0;

	state_clear(whole);
	for (size_t e = 0; e < search->parts && r == 0; e++) {
		const struct part *part = mixed_find_part(search, e);
		size_t first = whole->host_count;

		for (size_t h = 0; h < part->host_count && r == 0; h++)
			r = state_open(whole, part->host_type[h], NULL);
		for (size_t u = 0; u < model->unit_count && r == 0; u++) {
			size_t h = part->host_of[u];

			if (h != PACKING_NONE && state_fits(whole, u, first + h))
				r = state_add(whole, u, first + h);
		}
	}
	if (r == 0 && !whole->unplaced_count)
		r = engine_offer(search->engine, whole);
	return r == -ENOSPC ? 0 : r;
}

void mixed_free_parts(struct host_search *search)
{
	for (size_t i = 0; i < search->part_count; i++) {
		free(search->part[i].y);
		free(search->part[i].host_of);
		free(search->part[i].host_type);
	}
	free(search->part);
}

int mixed_try_hosts(struct host_search *search)
{
	bool is_all = true;
	int r = 0;

	for (size_t e = 0; e < search->parts && r >= 0; e++) {
		r = work_is_over(&search->engine->work) ? 0 : fill_part(search, e);
		search->is_filled[e] = r == 1;
		is_all = is_all && r == 1;
	}
	if (r >= 0 && is_all)
		r = mixed_join_parts(search);
	engine_report(search->engine, "sets of hosts");
	return r < 0 ? r : is_all;
}

/* Of the hosts that the master's answer has of these kinds. */
static int64_t cost_of_hosts(const struct host_search *search, size_t from, size_t to)
{
	int64_t cost = 0;

	for (size_t k = from; k < to; k++)
		cost += search->master.y[k] *
			search->master.cost[k % search->master.class_count];
	return cost;
}

void mixed_raise_least(const struct host_search *search, int64_t *least)
{
	size_t kinds = part_kinds(search);

	for (size_t e = 0; e < search->parts; e++)
		if (!search->is_filled[e])
			least[e] = cost_of_hosts(search, e * kinds, (e + 1) * kinds) +
				search->engine->mix.cost_gcd;
}
