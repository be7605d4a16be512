/* Whole fillings of hosts: what no share of a unit shows, environment by environment. */
#include "analyze/packing/mixed_search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NODES 3000
#define MOVES 1500
#define FILLINGS_UNITS 600 /* of more, the programme is far from its end in time */
#define COARSE 14     /* units on a host up to which whole fillings are worth a look */
#define COARSE_FEW 30 /* the same, of few units in all: each set can be settled */
#define FEW_IN_ALL 100
#define FILLINGS_SHARE 0.6
#define FREE_SHARE 0.35 /* of that */
#define SETTLED_SHARE 0.8
#define GIVEN_SHARE 0.4
#define GIVEN_SETS 100
#define GIVEN_LEAST 0.1 /* of the time of all sets: less is too little for any */

bool mixed_is_coarse(const struct host_search *search)
{
	size_t units = search->engine->model.unit_count;
	size_t most = units <= FEW_IN_ALL ? COARSE_FEW : COARSE;
	int64_t hosts = 0;

	for (size_t k = 0; k < search->master.kind_count; k++)
		hosts += search->master.y[k];
	return units <= most * (size_t)hosts && units <= FILLINGS_UNITS;
}

/* What was made for an environment: its hosts are the master's answer there from now
 * on, and that part is filled. */
static int take_made_hosts(struct host_search *search, size_t e)
{
	struct master *m = &search->master;
	struct part *part = NULL;

	memset(m->y + e * m->class_count, 0, m->class_count * sizeof(*m->y));
	for (size_t h = 0; h < search->made.host_count; h++)
		m->y[e * m->class_count + m->class_of[search->made.host[h].type]]++;
	m->has_assigned = false;
	part = mixed_part(search, e);
	if (!part)
		return -ENOMEM;
	return part->host_of ? 0 : mixed_keep_filling(search, part);
}

/* Of any hosts: rows for all sets, and a packing by what the programme would take. */
static int search_any_hosts(struct host_search *search, double seconds)
{
	struct engine *engine = search->engine;
	size_t environments = engine->model.environment_count;
	bool is_whole = search->parts == environments;
	int r = 0;

	for (size_t e = 0; e < environments && r >= 0; e++) {
		r = master_columns(&search->master, NULL, e,
			seconds / (double)environments, MOVES, &search->made);
		if (r == 2 && is_whole)
			r = take_made_hosts(search, e);
		else
			is_whole = false;
	}
	return r >= 0 && is_whole ? mixed_join_parts(search) : r;
}

/* The next set of hosts to look at: the cheapest, or a dearer one. */
static int next_set(struct host_search *search, const int64_t *least)
{
	struct master_wish wish = { .cutoff = mixed_best_value(search->engine),
		.until_s = search->until_s,
		.min_single = least,
		.nodes = NODES };

	for (size_t e = 0; e < search->engine->model.environment_count; e++)
		if (least[e] > 0)
			return master_solve(&search->master, &wish);
	return mixed_raise_bound(search);
}

/* One environment of the master's answer.  2: it is filled; 1: its hosts are proven not
 * to do; 0: neither. */
static int fill_environment(struct host_search *search, size_t e, double seconds)
{
	struct part *part = NULL;
	int r = 0;

	if (search->parts != search->engine->model.environment_count) {
		r = master_columns(&search->master, search->master.y, e, seconds, MOVES,
			&search->made);
		return r == 3 ? 0 : r;
	}
	part = mixed_part(search, e);
	if (!part)
		return -ENOMEM;
	if (part->host_of)
		return 2;
	if (part->has_columns || part->is_refuted)
		return 0;
	part->has_columns = true;
	r = master_columns(
		&search->master, search->master.y, e, seconds, MOVES, &search->made);
	part->is_refuted = r == 3;
	r = r == 3 ? 0 : r;
	return r == 2 && mixed_keep_filling(search, part) < 0 ? -ENOMEM : r;
}

/* All environments of the master's answer.  1: at least one is proven not to do. */
static int fill_environments(struct host_search *search, double end_s)
{
	size_t environments = search->engine->model.environment_count;
	bool is_broken = false, is_whole = true;
	int r = 0;

	for (size_t e = 0; e < environments && r >= 0; e++) {
		double seconds = GIVEN_SHARE * (end_s - work_now_s());

		r = fill_environment(search, e, seconds);
		search->is_filled[e] = r == 2;
		is_whole = is_whole && r == 2;
		is_broken = is_broken || r == 1;
	}
	if (r >= 0 && is_whole && search->parts == environments)
		r = mixed_join_parts(search);
	engine_report(search->engine, "fillings");
	return r < 0 ? r : is_broken;
}

/* All sets that are cheaper than the best were looked at: again, with columns that have
 * come since, and other dives.  False: at none yet. */
static bool try_sets_again(struct host_search *search, int64_t *least)
{
	bool was_any = false;

	for (size_t e = 0; e < search->engine->model.environment_count; e++) {
		was_any = was_any || least[e] > 0;
		least[e] = 0;
	}
	for (size_t i = 0; i < search->part_count; i++)
		search->part[i].has_columns = false;
	return was_any;
}

int mixed_search_fillings(struct host_search *search)
{
	struct engine *engine = search->engine;
	double begin_s = work_now_s();
	double all_s = FILLINGS_SHARE * (search->until_s - begin_s);
	int64_t *least = calloc(engine->model.environment_count + 1, sizeof(*least));
	int r = least ? 0 : -ENOMEM;

	if (r == 0 && !search->has_fillings)
		r = search_any_hosts(search, FREE_SHARE * all_s);
	else if (r == 0)
		(void)try_sets_again(search, least);
	search->has_fillings = true;
	if (r >= 0 && !engine_is_done(engine))
		r = mixed_settle(search, begin_s + SETTLED_SHARE * all_s);

	for (int i = 0; i < GIVEN_SETS && r >= 0 && !engine_is_done(engine) &&
		begin_s + all_s - work_now_s() > GIVEN_LEAST * all_s &&
		!work_is_over(&engine->work);
		i++) {
		r = next_set(search, least);
		if (r == 0 && try_sets_again(search, least))
			r = next_set(search, least);
		if (r != 1 || engine_is_done(engine))
			break;
		r = fill_environments(search, begin_s + all_s);
		if (r == 0 && search->parts != engine->model.environment_count)
			break; /* what ties environments together was not looked at */
		if (r == 0)
			mixed_raise_least(search, least);
	}
	free(least);
	return r == -ENOMEM || r == -ERANGE ? r : 0;
}
