/* Which new host is which of today's: the assignment problem, by shortest augmenting
 * paths (the Hungarian method) in O(n^3). */
#include "analyze/migrate/moves.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

struct assignment {
	size_t n;
	const int64_t *cost;                       /* [n][n], to be made least */
	int64_t *row_price, *column_price, *slack; /* [n + 1] */
	size_t *row_of, *way;                      /* [n + 1] */
	unsigned char *is_used;                    /* [n + 1] */
};

static void assignment_done(struct assignment *work)
{
	free(work->row_price);
	free(work->column_price);
	free(work->slack);
	free(work->row_of);
	free(work->way);
	free(work->is_used);
}

static int assignment_init(struct assignment *work, const int64_t *cost, size_t n)
{
	*work = (struct assignment){ .n = n, .cost = cost };
	work->row_price = calloc(n + 1, sizeof(int64_t));
	work->column_price = calloc(n + 1, sizeof(int64_t));
	work->slack = calloc(n + 1, sizeof(int64_t));
	work->row_of = calloc(n + 1, sizeof(size_t));
	work->way = calloc(n + 1, sizeof(size_t));
	work->is_used = calloc(n + 1, 1);
	if (work->row_price && work->column_price && work->slack && work->row_of &&
		work->way && work->is_used)
		return 0;
	assignment_done(work);
	return -ENOMEM;
}

/* One more row finds its column; rows and columns count from 1, 0 is the root. */
static void augment(struct assignment *work, size_t row)
{
	size_t column = 0;

	work->row_of[0] = row;
	for (size_t j = 0; j <= work->n; j++) {
		work->slack[j] = INT64_MAX;
		work->is_used[j] = 0;
	}
	do {
		size_t at = work->row_of[column], next = 0;
		int64_t delta = INT64_MAX;

		work->is_used[column] = 1;
		for (size_t j = 1; j <= work->n; j++) {
			int64_t reduced;

			if (work->is_used[j])
				continue;
			reduced = work->cost[(at - 1) * work->n + j - 1] -
				work->row_price[at] - work->column_price[j];
			if (reduced < work->slack[j]) {
				work->slack[j] = reduced;
				work->way[j] = column;
			}
			if (work->slack[j] < delta) {
				delta = work->slack[j];
				next = j;
			}
		}
		for (size_t j = 0; j <= work->n; j++) {
			if (work->is_used[j]) {
				work->row_price[work->row_of[j]] += delta;
				work->column_price[j] -= delta;
			} else {
				work->slack[j] -= delta;
			}
		}
		column = next;
	} while (work->row_of[column] != 0);
	while (column) {
		size_t before = work->way[column];

		work->row_of[column] = work->row_of[before];
		column = before;
	}
}

static int assign(const int64_t *cost, size_t n, size_t *ret_column_of)
{
	struct assignment work;
	int r = assignment_init(&work, cost, n);

	if (r < 0)
		return r;
	for (size_t i = 1; i <= n; i++)
		augment(&work, i);
	for (size_t j = 1; j <= n; j++)
		ret_column_of[work.row_of[j] - 1] = j - 1;
	assignment_done(&work);
	return 0;
}

/* The hosts of one type in a list of all hosts, and the place of each in that list. */
static size_t hosts_of_type(const size_t *host_type, size_t host_count, size_t type,
	size_t *ret_hosts, size_t *ret_place)
{
	size_t count = 0;

	for (size_t h = 0; h < host_count; h++) {
		ret_place[h] = host_type[h] == type ? count : PACKING_NONE;
		if (host_type[h] == type)
			ret_hosts[count++] = h;
	}
	return count;
}

/* Hosts up to which one group is matched exactly: the work grows with the third power. */
#define EXACT_HOSTS_MAX 1000

/* Items that a new host and a host of today have in common. */
struct overlap {
	size_t next, today; /* places in matching.next and matching.today */
	size_t items;
	size_t group; /* overlaps that share a host, over others too, are one group */
};

struct matching {
	const struct packing_problem *problem;
	const size_t *today_of, *next_of;
	size_t *today, *next; /* hosts of the type at hand */
	size_t today_count, next_count;
	size_t *place; /* of each host of today, then each new one, in its list */
	size_t *as, *taken_by; /* [places] the other side's place; PACKING_NONE: none */
	size_t *parent;        /* [places of both] groups as trees */
	struct overlap *overlap; /* [items] */
	size_t overlap_count;
	bool is_exact;
};

static size_t group_of(size_t *parent, size_t at)
{
	while (parent[at] != at) {
		parent[at] = parent[parent[at]];
		at = parent[at];
	}
	return at;
}

static int compare_overlaps(const void *a, const void *b)
{
	const struct overlap *first = a, *second = b;

	if (first->next != second->next)
		return first->next < second->next ? -1 : 1;
	return (first->today > second->today) - (first->today < second->today);
}

static int compare_groups_of_hosts(const void *a, const void *b)
{
	const struct overlap *first = a, *second = b;

	if (first->group != second->group)
		return first->group < second->group ? -1 : 1;
	if (first->items != second->items)
		return first->items > second->items ? -1 : 1;
	return compare_overlaps(a, b);
}

/* The pairs of hosts that share items, group by group, most items first. */
static void find_overlaps(struct matching *m, size_t today_hosts)
{
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < m->next_count + m->today_count; i++)
		m->parent[i] = i;
	for (size_t k = 0; k < m->problem->item_count; k++) {
		size_t next = m->next_of[k], today = m->today_of[k];

		if (next == PACKING_NONE || today == PACKING_NONE ||
			m->place[today_hosts + next] == PACKING_NONE ||
			m->place[today] == PACKING_NONE)
			continue;
		m->overlap[count++] =
			(struct overlap){ .next = m->place[today_hosts + next],
				.today = m->place[today],
				.items = 1 };
	}
	qsort(m->overlap, count, sizeof(*m->overlap), compare_overlaps);
	for (size_t k = 0; k < count; k++) {
		struct overlap *last = kept ? &m->overlap[kept - 1] : NULL;

		if (last && compare_overlaps(last, &m->overlap[k]) == 0) {
			last->items++;
			continue;
		}
		m->overlap[kept++] = m->overlap[k];
		m->parent[group_of(m->parent, m->overlap[k].next)] =
			group_of(m->parent, m->next_count + m->overlap[k].today);
	}
	for (size_t k = 0; k < kept; k++)
		m->overlap[k].group = group_of(m->parent, m->overlap[k].next);
	qsort(m->overlap, kept, sizeof(*m->overlap), compare_groups_of_hosts);
	m->overlap_count = kept;
}

static void take(struct matching *m, size_t next, size_t today)
{
	if (m->as[next] != PACKING_NONE || m->taken_by[today] != PACKING_NONE)
		return;
	m->as[next] = today;
	m->taken_by[today] = next;
}

/* The places that occur in a group, numbered from 0 as they come. */
static size_t number_places(const struct overlap *group, size_t count, bool is_today,
	size_t *place_of, size_t *number_of)
{
	size_t numbered = 0;

	for (size_t k = 0; k < count; k++) {
		size_t place = is_today ? group[k].today : group[k].next;
		size_t at = number_of[place];

		if (at < numbered && place_of[at] == place)
			continue;
		number_of[place] = numbered;
		place_of[numbered++] = place;
	}
	return numbered;
}

/* As many items as stay count against the cost. */
static int match_exactly(struct matching *m, const struct overlap *group, size_t count,
	size_t *const scratch[4])
{
	size_t rows = number_places(group, count, false, scratch[0], scratch[1]);
	size_t columns = number_places(group, count, true, scratch[2], scratch[3]);
	size_t n = rows > columns ? rows : columns;
	int64_t *cost = NULL;
	size_t *column_of = NULL;
	int r = 0;

	if (n > EXACT_HOSTS_MAX)
		return -E2BIG;
	cost = calloc(n * n, sizeof(*cost));
	column_of = calloc(n, sizeof(*column_of));
	for (size_t k = 0; cost && k < count; k++)
		cost[scratch[1][group[k].next] * n + scratch[3][group[k].today]] =
			-(int64_t)group[k].items;
	r = cost && column_of ? assign(cost, n, column_of) : -ENOMEM;
	for (size_t i = 0; r == 0 && i < rows; i++) {
		if (column_of[i] < columns)
			take(m, scratch[0][i], scratch[2][column_of[i]]);
	}
	free(cost);
	free(column_of);
	return r;
}

static int match_groups(struct matching *m, size_t *const scratch[4])
{
	for (size_t from = 0, to; from < m->overlap_count; from = to) {
		int r;

		for (to = from + 1; to < m->overlap_count &&
			m->overlap[to].group == m->overlap[from].group;)
			to++;
		r = match_exactly(m, &m->overlap[from], to - from, scratch);
		if (r < 0 && r != -E2BIG)
			return r;
		for (size_t k = from; r < 0 && k < to; k++)
			take(m, m->overlap[k].next, m->overlap[k].today);
		m->is_exact = m->is_exact && r == 0;
	}
	return 0;
}

/*
 * Hosts that share nothing with one another cannot gain from each other, so each group
 * is matched by itself: a plan of 60,000 hosts of which few change falls into small ones.
 */
static int match_type(
	struct matching *m, size_t today_hosts, size_t *spare, size_t *ret_as)
{
	size_t places =
		(m->next_count > m->today_count ? m->next_count : m->today_count);
	size_t *scratch[4];
	size_t free_today = 0;
	int r = 0;

	for (size_t i = 0; i < places; i++)
		m->as[i] = m->taken_by[i] = PACKING_NONE;
	find_overlaps(m, today_hosts);
	for (size_t i = 0; i < 4; i++) {
		scratch[i] = calloc(places + 1, sizeof(size_t));
		r = scratch[i] ? r : -ENOMEM;
	}
	if (r == 0)
		r = match_groups(m, scratch);
	for (size_t i = 0; i < 4; i++)
		free(scratch[i]);
	for (size_t i = 0; r == 0 && i < m->next_count; i++) {
		while (free_today < m->today_count &&
			m->taken_by[free_today] != PACKING_NONE)
			free_today++;
		if (m->as[i] == PACKING_NONE && free_today < m->today_count)
			take(m, i, free_today);
		ret_as[m->next[i]] =
			m->as[i] != PACKING_NONE ? m->today[m->as[i]] : (*spare)++;
	}
	return r;
}

static void matching_done(struct matching *m)
{
	free(m->today);
	free(m->next);
	free(m->place);
	free(m->as);
	free(m->taken_by);
	free(m->parent);
	free(m->overlap);
}

static int matching_init(struct matching *m, size_t today_count, size_t next_count)
{
	size_t all = today_count + next_count;

	m->today = calloc(today_count + 1, sizeof(size_t));
	m->next = calloc(next_count + 1, sizeof(size_t));
	m->place = calloc(all + 1, sizeof(size_t));
	m->as = calloc(all + 1, sizeof(size_t));
	m->taken_by = calloc(all + 1, sizeof(size_t));
	m->parent = calloc(all + 1, sizeof(size_t));
	m->overlap = calloc(m->problem->item_count + 1, sizeof(*m->overlap));
	return m->today && m->next && m->place && m->as && m->taken_by && m->parent &&
			m->overlap
		? 0
		: -ENOMEM;
}

int moves_match_hosts(const struct packing_problem *problem, const size_t *today_type,
	size_t today_count, const size_t *today_of, const size_t *next_type,
	size_t next_count, const size_t *next_of, size_t *ret_as)
{
	struct matching m = { .problem = problem,
		.today_of = today_of,
		.next_of = next_of,
		.is_exact = true };
	size_t spare =
		today_count; /* hosts that are not in use today come behind them */
	int r = matching_init(&m, today_count, next_count);

	for (size_t t = 0; r == 0 && t < problem->type_count; t++) {
		m.today_count =
			hosts_of_type(today_type, today_count, t, m.today, m.place);
		m.next_count = hosts_of_type(
			next_type, next_count, t, m.next, m.place + today_count);
		if (m.next_count > 0)
			r = match_type(&m, today_count, &spare, ret_as);
	}
	matching_done(&m);
	return r < 0 ? r : !m.is_exact;
}
