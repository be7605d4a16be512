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

/* The hosts of one type in a list of all hosts. */
static size_t hosts_of_type(
	const size_t *host_type, size_t host_count, size_t type, size_t *ret_hosts)
{
	size_t count = 0;

	for (size_t h = 0; h < host_count; h++) {
		if (host_type[h] == type)
			ret_hosts[count++] = h;
	}
	return count;
}

struct matching {
	const struct packing_problem *problem;
	const size_t *today_of, *next_of;
	size_t *today, *next; /* hosts of the type at hand */
	size_t today_count, next_count;
};

static size_t index_of(const size_t *hosts, size_t count, size_t host)
{
	for (size_t i = 0; i < count; i++) {
		if (hosts[i] == host)
			return i;
	}
	return PACKING_NONE;
}

/* As many items as stay count against the cost. */
static int64_t *overlap_costs(const struct matching *matching, size_t n)
{
	int64_t *cost = calloc(n * n + 1, sizeof(*cost));

	for (size_t k = 0; cost && k < matching->problem->item_count; k++) {
		size_t i = index_of(
			matching->next, matching->next_count, matching->next_of[k]);
		size_t j = index_of(
			matching->today, matching->today_count, matching->today_of[k]);

		if (i != PACKING_NONE && j != PACKING_NONE)
			cost[i * n + j]--;
	}
	return cost;
}

static int match_type(const struct matching *matching, size_t *spare, size_t *ret_as)
{
	size_t n = matching->next_count > matching->today_count ? matching->next_count
								: matching->today_count;
	int64_t *cost = overlap_costs(matching, n);
	size_t *column_of = calloc(n + 1, sizeof(*column_of));
	int r = cost && column_of ? assign(cost, n, column_of) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < matching->next_count; i++)
		ret_as[matching->next[i]] = column_of[i] < matching->today_count
			? matching->today[column_of[i]]
			: (*spare)++;
	free(cost);
	free(column_of);
	return r;
}

int moves_match_hosts(const struct packing_problem *problem, const size_t *today_type,
	size_t today_count, const size_t *today_of, const size_t *next_type,
	size_t next_count, const size_t *next_of, size_t *ret_as)
{
	struct matching matching = {
		.problem = problem, .today_of = today_of, .next_of = next_of
	};
	size_t spare =
		today_count; /* hosts that are not in use today come behind them */
	int r = 0;

	matching.today = calloc(today_count + 1, sizeof(size_t));
	matching.next = calloc(next_count + 1, sizeof(size_t));
	if (!matching.today || !matching.next)
		r = -ENOMEM;
	for (size_t t = 0; r == 0 && t < problem->type_count; t++) {
		matching.today_count =
			hosts_of_type(today_type, today_count, t, matching.today);
		matching.next_count =
			hosts_of_type(next_type, next_count, t, matching.next);
		if (matching.next_count > 0)
			r = match_type(&matching, &spare, ret_as);
	}
	free(matching.today);
	free(matching.next);
	return r;
}
