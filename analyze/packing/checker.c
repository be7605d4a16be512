/*
 * The independent checker.  Plain and slow on purpose: it walks the problem as stated,
 * constraint by constraint and row by row, and shares no code with the solvers.
 */
#include "analyze/packing/checker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int checker_check_indices(const struct packing_problem *problem,
	const size_t *host_type, size_t host_count, const size_t *host_of,
	struct err *err)
{
	size_t *load = calloc(host_count + 1, sizeof(*load));
	size_t *used = calloc(problem->type_count, sizeof(*used));
	int r = load && used ? 0 : err_set(err, -ENOMEM, "no memory");

	for (size_t h = 0; h < host_count && r == 0; h++) {
		if (host_type[h] >= problem->type_count)
			r = err_set(err, -EPROTO, "host %zu: no such type", h);
		else
			used[host_type[h]]++;
	}
	for (size_t t = 0; t < problem->type_count && r == 0; t++)
		if (problem->type[t].count != PACKING_UNLIMITED &&
			used[t] > (uint64_t)problem->type[t].count)
			r = err_set(err, -EPROTO,
				"%zu hosts of type %s, there are %lld", used[t],
				problem->type[t].name,
				(long long)problem->type[t].count);
	for (size_t i = 0; i < problem->item_count && r == 0; i++) {
		if (host_of[i] == PACKING_NONE)
			continue;
		if (host_of[i] >= host_count)
			r = err_set(err, -EPROTO, "item %zu: no such host", i);
		else
			load[host_of[i]]++;
	}
	for (size_t h = 0; h < host_count && r == 0; h++)
		if (!load[h])
			r = err_set(err, -EPROTO, "host %zu is empty", h);
	free(load);
	free(used);
	return r;
}

/* Every row of every host, in one pass over the items of each host. */
static int check_capacities(const struct packing_problem *problem,
	const size_t *host_type, size_t host_count, const size_t *host_of,
	struct err *err)
{
	size_t rows = problem->row_count;
	int64_t *sum = calloc(host_count * rows + 1, sizeof(*sum));
	unsigned char *shares = calloc(host_count + 1, 1);
	int r = sum && shares ? 0 : err_set(err, -ENOMEM, "no memory");

	for (size_t i = 0; i < problem->item_count && r == 0; i++) {
		size_t h = host_of[i];

		if (h == PACKING_NONE)
			continue;
		const int64_t *size =
			packing_size(problem, problem->type[host_type[h]].variant, i);
		for (size_t row = 0; row < rows; row++)
			sum[h * rows + row] += size[row];
		if (problem->item[i].is_sharing)
			shares[h] = 1;
	}
	for (size_t h = 0; h < host_count && r == 0; h++)
		for (size_t row = 0; row < rows && r == 0; row++) {
			size_t d = packing_row_dimension(problem, row, NULL);
			size_t cell = host_type[h] * problem->dimension_count + d;
			int64_t total = sum[h * rows + row] + problem->used[cell];

			bool is_taken = sum[h * rows + row] > 0;

			if (d == problem->setup_dimension && shares[h]) {
				total += problem->setup_amount;
				is_taken = is_taken || problem->setup_amount > 0;
			}
			if (total > problem->capacity[cell] && is_taken)
				r = err_set(err, -EPROTO,
					"host %zu: %s row %zu needs %lld of %lld", h,
					problem->dimension[d].name, row,
					(long long)total,
					(long long)problem->capacity[cell]);
		}
	free(sum);
	free(shares);
	return r;
}

static int checker_compare_sizes(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Some way to put these sizes, the last one first, whole into these rooms. */
static bool can_be_divided(
	const int64_t *size, size_t count, int64_t *room, size_t rooms)
{
	if (count == 0)
		return true;
	for (size_t v = 0; v < rooms; v++) {
		bool is_found = false;

		if (room[v] < size[count - 1])
			continue;
		room[v] -= size[count - 1];
		is_found = can_be_divided(size, count - 1, room, rooms);
		room[v] += size[count - 1];
		if (is_found)
			return true;
		if (size[count - 1] == 0)
			break; /* where nothing goes does not matter */
	}
	return false;
}

/* Hosts whose space is in volumes: what is on them, whole on one each.  volume_of: as it
 * is stated; NULL: any way will do. */
static int checker_check_volumes(const struct packing_problem *problem,
	const size_t *host_type, size_t host_count, const size_t *host_of,
	const size_t *volume_of, struct err *err)
{
	size_t row = problem->volume_dimension == PACKING_NONE
		? 0
		: problem->dimension[problem->volume_dimension].first_row;
	int64_t *size = calloc(problem->item_count + 1, sizeof(*size));
	int r = size ? 0 : err_set(err, -ENOMEM, "no memory");

	for (size_t h = 0; h < host_count && r == 0; h++) {
		const struct packing_host_type *type = &problem->type[host_type[h]];
		int64_t room[PACKING_VOLUMES_MAX];
		size_t count = 0;
		bool fits = true;

		if (problem->volume_dimension == PACKING_NONE || type->volume_count < 2)
			continue;
		memcpy(room, type->volume, sizeof(room));
		for (size_t i = 0; i < problem->item_count; i++) {
			if (host_of[i] != h)
				continue;
			size[count] = packing_size(problem, type->variant, i)[row];
			if (volume_of && size[count] > 0) {
				fits = fits && volume_of[i] < type->volume_count;
				if (fits)
					room[volume_of[i]] -= size[count];
			}
			count++;
		}
		for (size_t v = 0; v < type->volume_count && volume_of; v++)
			fits = fits && room[v] >= 0;
		qsort(size, count, sizeof(*size), checker_compare_sizes);
		if (!volume_of)
			fits = can_be_divided(size, count, room, type->volume_count);
		if (!fits)
			r = err_set(err, -EPROTO,
				"host %zu: its volumes do not hold what is on it", h);
	}
	free(size);
	return r;
}

static bool checker_contains(const size_t *list, size_t count, size_t value)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == value)
			return true;
	return false;
}

static int check_pin(const struct packing_constraint *c, const size_t *host_type,
	const size_t *host_of, size_t number, struct err *err)
{
	for (size_t i = 0; i < c->item_count; i++) {
		size_t h = host_of[c->item[i]];

		if (h != PACKING_NONE &&
			checker_contains(c->type, c->type_count, host_type[h]) !=
				(c->kind == PACKING_PIN))
			return err_set(err, -EPROTO,
				"constraint %zu: item %zu on a wrong host type", number,
				c->item[i]);
	}
	return 0;
}

static int check_together(const struct packing_constraint *c, const size_t *host_of,
	size_t number, struct err *err)
{
	for (size_t i = 1; i < c->item_count; i++)
		if (host_of[c->item[i]] != host_of[c->item[0]])
			return err_set(err, -EPROTO,
				"constraint %zu: items %zu and %zu are not together",
				number, c->item[0], c->item[i]);
	return 0;
}

/* At most n per host, or per zone: counts every item's company, pair by pair. */
static int check_group(const struct packing_problem *problem,
	const struct packing_constraint *c, const size_t *host_type,
	const size_t *host_of, size_t number, struct err *err)
{
	for (size_t i = 0; i < c->item_count; i++) {
		size_t h = host_of[c->item[i]];
		size_t company = 0;

		if (h == PACKING_NONE)
			continue;
		for (size_t j = 0; j < c->item_count; j++) {
			size_t other = host_of[c->item[j]];

			if (other == PACKING_NONE)
				continue;
			if (c->kind == PACKING_SPREAD)
				company += problem->type[host_type[h]].zone ==
					problem->type[host_type[other]].zone;
			else
				company += other == h;
		}
		if (company > c->n)
			return err_set(err, -EPROTO,
				"constraint %zu: %zu items share a host or zone, "
				"allowed %zu",
				number, company, c->n);
	}
	return 0;
}

/* The hosts with any of the items, counted. */
static int check_hosts(const struct packing_constraint *c, size_t host_count,
	const size_t *host_of, size_t number, struct err *err)
{
	size_t hosts = 0;

	for (size_t h = 0; h < host_count; h++) {
		bool is_used = false;

		for (size_t i = 0; i < c->item_count; i++)
			is_used = is_used || host_of[c->item[i]] == h;
		hosts += is_used;
	}
	if (hosts > c->n)
		return err_set(err, -EPROTO,
			"constraint %zu: its items are on %zu hosts, allowed %zu",
			number, hosts, c->n);
	return 0;
}

/* No two items of different groups on one host, pair by pair. */
static int check_groups_apart(const struct packing_constraint *c, const size_t *host_of,
	size_t number, struct err *err)
{
	for (size_t i = 0; i < c->item_count; i++)
		for (size_t j = 0; j < i; j++)
			if (c->group[i] != c->group[j] &&
				host_of[c->item[i]] != PACKING_NONE &&
				host_of[c->item[i]] == host_of[c->item[j]])
				return err_set(err, -EPROTO,
					"constraint %zu: items %zu and %zu of different "
					"groups share host %zu",
					number, c->item[j], c->item[i],
					host_of[c->item[i]]);
	return 0;
}

static int check_constraints(const struct packing_problem *problem,
	const size_t *host_type, size_t host_count, const size_t *host_of,
	struct err *err)
{
	int r = 0;

	for (size_t n = 0; n < problem->constraint_count && r == 0; n++) {
		const struct packing_constraint *c = &problem->constraint[n];

		switch (c->kind) {
		case PACKING_PIN:
		case PACKING_EXCLUDE:
			r = check_pin(c, host_type, host_of, n, err);
			break;
		case PACKING_TOGETHER:
			r = check_together(c, host_of, n, err);
			break;
		case PACKING_APART:
		case PACKING_AT_MOST:
		case PACKING_SPREAD:
			r = check_group(problem, c, host_type, host_of, n, err);
			break;
		case PACKING_AT_MOST_HOSTS:
			r = check_hosts(c, host_count, host_of, n, err);
			break;
		case PACKING_APART_GROUPS:
			r = check_groups_apart(c, host_of, n, err);
			break;
		}
	}
	return r;
}

static int check_items(const struct packing_problem *problem, const size_t *host_type,
	size_t host_count, const size_t *host_of, struct err *err)
{
	size_t *first = malloc((host_count + 1) * sizeof(*first));
	int r = first ? 0 : err_set(err, -ENOMEM, "no memory");

	for (size_t h = 0; h < host_count && r == 0; h++)
		first[h] = PACKING_NONE;
	for (size_t i = 0; i < problem->item_count && r == 0; i++) {
		size_t h = host_of[i];

		if (h == PACKING_NONE)
			continue;
		if (problem->is_forbidden &&
			problem->is_forbidden[i * problem->type_count + host_type[h]])
			r = err_set(err, -EPROTO, "item %zu on a forbidden type", i);
		else if (first[h] == PACKING_NONE)
			first[h] = i;
		else if (problem->separates_environments &&
			problem->item[i].environment !=
				problem->item[first[h]].environment)
			r = err_set(err, -EPROTO, "host %zu: two environments", h);
	}
	free(first);
	return r;
}

/* is_with_volumes: which volume is stated, and looked at by the caller. */
static int check_placement(const struct packing_problem *problem,
	const size_t *host_type, size_t host_count, const size_t *host_of,
	bool is_with_volumes, struct err *err)
{
	int r = checker_check_indices(problem, host_type, host_count, host_of, err);

	if (r == 0)
		r = check_capacities(problem, host_type, host_count, host_of, err);
	if (r == 0)
		r = check_items(problem, host_type, host_count, host_of, err);
	if (r == 0 && !is_with_volumes)
		r = checker_check_volumes(
			problem, host_type, host_count, host_of, NULL, err);
	if (r == 0)
		r = check_constraints(problem, host_type, host_count, host_of, err);
	return r;
}

int checker_check_placement(const struct packing_problem *problem,
	const size_t *host_type, size_t host_count, const size_t *host_of,
	struct err *err)
{
	return check_placement(problem, host_type, host_count, host_of, false, err);
}

/* ---- after a loss ------------------------------------------------------------------ */

/* A packing as it would be after a loss: hosts that are left, then the spare ones. */
struct aftermath {
	struct packing_problem problem; /* the types' counts with the spare hosts */
	size_t *number; /* [host and spare host] in the packing; PACKING_NONE: not there */
	size_t *type; /* [number] */
	size_t *at;   /* [item] */
	size_t host_count;
};

static size_t count_spares(const struct packing_problem *problem)
{
	size_t spares = 0;

	for (size_t t = 0; t < problem->type_count; t++)
		spares += (size_t)problem->type[t].spare;
	return spares;
}

/* The type of a host of the result, or of a spare one behind them. */
static size_t type_behind(const struct packing_problem *problem,
	const struct packing_result *result, size_t host)
{
	size_t spare = host - result->host_count, t = 0;

	if (host < result->host_count)
		return result->host_type[host];
	for (; spare >= (size_t)problem->type[t].spare; t++)
		spare -= (size_t)problem->type[t].spare;
	return t;
}

static int aftermath_init(struct aftermath *after,
	const struct packing_problem *problem, size_t hosts, struct err *err)
{
	*after = (struct aftermath){ .problem = *problem };
	after->problem.type = calloc(problem->type_count, sizeof(*after->problem.type));
	after->number = malloc((hosts + 1) * sizeof(*after->number));
	after->type = malloc((hosts + 1) * sizeof(*after->type));
	after->at = malloc((problem->item_count + 1) * sizeof(*after->at));
	if (!after->problem.type || !after->number || !after->type || !after->at)
		return err_set(err, -ENOMEM, "no memory");
	for (size_t t = 0; t < problem->type_count; t++) {
		after->problem.type[t] = problem->type[t];
		if (problem->type[t].count != PACKING_UNLIMITED)
			after->problem.type[t].count += problem->type[t].spare;
	}
	return 0;
}

static void aftermath_done(struct aftermath *after)
{
	free(after->problem.type);
	free(after->number);
	free(after->type);
	free(after->at);
}

/* A host that is left keeps its place; a spare one comes in when it is used. */
static void number_hosts_left(struct aftermath *after,
	const struct packing_problem *problem, const struct packing_result *result,
	const struct packing_recovery *recovery, size_t hosts)
{
	for (size_t h = 0; h < hosts; h++) {
		bool is_there = h < result->host_count && h != recovery->lost[0] &&
			h != recovery->lost[1];

		for (size_t m = 0; m < recovery->moved_count && !is_there; m++)
			is_there = h >= result->host_count && recovery->host[m] == h;
		after->number[h] = is_there ? after->host_count : PACKING_NONE;
		if (is_there)
			after->type[after->host_count++] =
				type_behind(problem, result, h);
	}
}

/*
 * The placement after a loss: the others must stay, the lost hosts must be empty, and
 * what results must itself be a placement.
 */
static int check_recovery(const struct packing_problem *problem,
	const struct packing_result *result, const struct packing_recovery *recovery,
	struct err *err)
{
	size_t n = problem->item_count;
	size_t hosts = result->host_count + count_spares(problem);
	struct aftermath after;
	int r = aftermath_init(&after, problem, hosts, err);

	if (r == 0)
		number_hosts_left(&after, problem, result, recovery, hosts);
	for (size_t i = 0; i < n && r == 0; i++)
		after.at[i] = result->host_of[i] == PACKING_NONE
			? PACKING_NONE
			: after.number[result->host_of[i]];
	for (size_t m = 0; m < recovery->moved_count && r == 0; m++) {
		size_t i = recovery->item[m], to = recovery->host[m];

		if (i >= n || to >= hosts || after.number[to] == PACKING_NONE ||
			result->host_of[i] == PACKING_NONE ||
			after.number[result->host_of[i]] != PACKING_NONE)
			r = err_set(err, -EPROTO, "a restart moves what was not lost");
		else
			after.at[i] = after.number[to];
	}
	for (size_t i = 0; i < n && r == 0; i++)
		if (after.at[i] == PACKING_NONE && result->host_of[i] != PACKING_NONE)
			r = err_set(err, -EPROTO, "item %zu is not restarted", i);
	if (r == 0)
		r = checker_check_placement(
			&after.problem, after.type, after.host_count, after.at, err);
	aftermath_done(&after);
	return r;
}

/* All losses are there, in order, and each that is called survived is. */
static int check_failover(const struct packing_problem *problem,
	const struct packing_result *result, struct err *err)
{
	size_t m = result->host_count, k = problem->failover, next = 0;
	bool is_met = m > k;

	/* all that are used may be lost where there are others */
	if (m <= k && m > 0 && count_spares(problem) > 0) {
		is_met = true;
		k = m;
	}
	if (is_met && result->recovery_count != (k == 1 ? m : m * (m - 1) / 2))
		return err_set(
			err, -EPROTO, "%zu losses checked", result->recovery_count);
	for (size_t a = 0; a < m && m >= k; a++)
		for (size_t b = k == 1 ? m - 1 : a + 1;
			b < m && next < result->recovery_count; b++, next++) {
			const struct packing_recovery *recovery =
				&result->recovery[next];
			size_t second = k == 1 ? PACKING_NONE : b;
			int r = 0;

			if (recovery->lost[0] != a || recovery->lost[1] != second)
				return err_set(
					err, -EPROTO, "loss %zu is another", next);
			if (recovery->is_survived)
				r = check_recovery(problem, result, recovery, err);
			if (r < 0)
				return err_wrap(err, r, "loss %zu", next);
			is_met = is_met && recovery->is_survived;
		}
	if (is_met != result->is_failover_met)
		return err_set(err, -EPROTO, "failover is called met and is not");
	return 0;
}

static int check_sums(const struct packing_problem *problem,
	const struct packing_result *result, struct err *err)
{
	int64_t cost = 0, value = 0;
	size_t unplaced = 0;

	for (size_t h = 0; h < result->host_count; h++)
		cost += problem->type[result->host_type[h]].cost;
	for (size_t i = 0; i < problem->item_count; i++) {
		if (result->host_of[i] == PACKING_NONE)
			unplaced++;
		if ((result->host_of[i] == PACKING_NONE) ==
			(result->reason[i] == PACKING_PLACED))
			return err_set(
				err, -EPROTO, "item %zu: reason and place differ", i);
	}
	for (size_t t = 1; t < problem->type_count && result->has_equal_costs; t++)
		if (problem->type[t].cost != problem->type[0].cost)
			return err_set(err, -EPROTO, "costs are called equal");
	value = result->has_equal_costs ? (int64_t)result->host_count : cost;
	if (cost != result->cost || unplaced != result->unplaced_count)
		return err_set(
			err, -EPROTO, "cost or number left out is summed wrongly");
	if (result->lower_bound > value)
		return err_set(err, -EPROTO, "bound %lld is over the value %lld",
			(long long)result->lower_bound, (long long)value);
	if (result->is_proven_optimal &&
		(result->lower_bound != value ||
			(problem->failover && !result->is_failover_met)))
		return err_set(
			err, -EPROTO, "proven optimal without reaching the bound");
	return 0;
}

int checker_check(const struct packing_problem *problem,
	const struct packing_result *result, struct err *err)
{
	int r = check_placement(problem, result->host_type, result->host_count,
		result->host_of, true, err);

	if (r == 0)
		r = checker_check_volumes(problem, result->host_type,
			result->host_count, result->host_of, result->volume_of, err);
	if (r == 0)
		r = check_sums(problem, result, err);
	if (r == 0 && problem->failover)
		r = check_failover(problem, result, err);
	return r;
}
