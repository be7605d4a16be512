#include "analyze/packing/mix_groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CLIQUE_UNITS_MAX 400

/* A host takes at most `limit` of a group. */
static int add_host_limits(struct mix_collector *c)
{
	const struct model *model = c->model;
	int64_t *total = calloc(model->group_count + 1, sizeof(*total));
	int r = total ? 0 : -ENOMEM;

	for (size_t i = 0; i < c->unit_count && r == 0; i++)
		for (size_t m = model->membership_start[c->unit[i]];
			m < model->membership_start[c->unit[i] + 1]; m++)
			total[model->membership[m].group] +=
				model->membership[m].amount;
	for (size_t g = 0; g < model->group_count && r == 0; g++) {
		if (model->group[g].scope != MODEL_OF_HOST)
			continue;
		for (size_t t = 0; t < model->type_count; t++)
			c->give[t] = model->group[g].limit;
		r = mix_condition_add(c, PACKING_BOUND_GROUP, PACKING_NONE, total[g]);
	}
	free(total);
	return r;
}

/* The units of a group in an environment that must be placed; their number. */
static size_t list_group(
	const struct mix_collector *c, size_t group, size_t environment, size_t *unit)
{
	const struct model *model = c->model;
	size_t count = 0;

	for (size_t u = 0; u < model->unit_count; u++) {
		if (model->environment[u] != environment || (c->is_in && !c->is_in[u]))
			continue;
		for (size_t m = model->membership_start[u];
			m < model->membership_start[u + 1]; m++)
			if (model->membership[m].group == group) {
				unit[count++] = u;
				break;
			}
	}
	return count;
}

/* The largest capacity of a type that may hold one of the units. */
static int64_t largest_host(
	const struct model *model, const size_t *unit, size_t count, size_t row)
{
	int64_t largest = 0;

	for (size_t t = 0; t < model->type_count; t++) {
		bool may = false;

		for (size_t i = 0; i < count && !may; i++)
			may = model_allows(model, unit[i], t);
		if (may && model_capacity(model, t)[row] > largest)
			largest = model_capacity(model, t)[row];
	}
	return largest;
}

static int64_t sum_least(
	const struct model *model, const size_t *unit, size_t count, size_t row)
{
	int64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += mix_least_size(model, unit[i], row);
	return sum;
}

/* Hosts that these units need at least: by their sums, and by conflicts in pairs. */
static int64_t least_hosts(const struct model *model, const size_t *unit, size_t count)
{
	int64_t most = count > 0;

	for (size_t row = 0; row < model->row_count; row++) {
		int64_t sum = sum_least(model, unit, count, row),
			host = largest_host(model, unit, count, row);

		if (host > 0 && (sum + host - 1) / host > most)
			most = (sum + host - 1) / host;
	}
	for (size_t start = 0; start < count && count <= CLIQUE_UNITS_MAX; start++) {
		size_t clique[CLIQUE_UNITS_MAX], size = 0;

		for (size_t i = 0; i < count; i++) {
			size_t u = unit[(start + i) % count];
			bool fits = true;

			for (size_t j = 0; j < size && fits; j++)
				fits = mix_are_in_conflict(model, u, clique[j]);
			if (fits)
				clique[size++] = u;
		}
		most = (int64_t)size > most ? (int64_t)size : most;
		if (start == 8)
			break;
	}
	return most;
}

/* Each group of a family has hosts of its own. */
static int add_family(struct mix_collector *c, size_t first, size_t *unit)
{
	const struct model *model = c->model;
	int64_t hosts = 0;

	for (size_t g = first; g < model->group[first].end; g++) {
		size_t count = list_group(c, g, c->environment, unit);

		hosts += least_hosts(model, unit, count);
	}
	for (size_t t = 0; t < model->type_count; t++)
		c->give[t] = 1;
	return mix_condition_add(c, PACKING_BOUND_GROUP, PACKING_NONE, hosts);
}

/* The same; where the units belong to a family, its groups one by one. */
static int64_t least_hosts_of_families(
	const struct mix_collector *c, const size_t *unit, size_t count, size_t *part)
{
	const struct model *model = c->model;
	int64_t most = least_hosts(model, unit, count);

	for (size_t first = 0; first < model->group_count; first++) {
		const struct model_group *family = &model->group[first];
		int64_t hosts = 0;

		if (family->scope != MODEL_FAMILY || family->first != first)
			continue;
		for (uint32_t g = family->first; g < family->end; g++) {
			size_t size = 0;

			for (size_t i = 0; i < count; i++)
				if (model_family_group(model, unit[i], family) == g)
					part[size++] = unit[i];
			hosts += least_hosts(model, part, size);
		}
		most = hosts > most ? hosts : most;
	}
	return most;
}

/*
 * On at most k hosts: what they hold over c each must reach the sum less k c, whatever
 * c is.  With c the largest host nothing is over it, and k of it have to do.
 */
static int add_few_hosts(
	struct mix_collector *c, size_t group, size_t *unit, size_t *part)
{
	const struct model *model = c->model;
	int64_t left = model->group[group].limit;
	size_t count = 0;
	int r = 0;

	for (size_t e = 0; e < model->environment_count; e++) {
		if (e == c->environment)
			continue;
		count = list_group(c, group, e, unit);
		left -= least_hosts_of_families(c, unit, count, part);
	}
	count = list_group(c, group, c->environment, unit);
	if (count && least_hosts_of_families(c, unit, count, part) > left) {
		memset(c->give, 0, model->type_count * sizeof(*c->give));
		return mix_condition_add(c, PACKING_BOUND_GROUP, PACKING_NONE, 1);
	}
	for (size_t row = 0; row < model->row_count && count && r == 0; row++) {
		int64_t sum = sum_least(model, unit, count, row);

		for (size_t t = 0; t < model->type_count && r == 0; t++) {
			int64_t at = model_capacity(model, t)[row];

			for (size_t s = 0; s < model->type_count; s++)
				c->give[s] = model_capacity(model, s)[row] > at
					? model_capacity(model, s)[row] - at
					: 0;
			if (at < sum)
				r = mix_condition_add(c, PACKING_BOUND_GROUP, row,
					sum - (at > sum / left ? sum : left * at));
		}
	}
	return r;
}

int mix_groups_add(struct mix_collector *c)
{
	const struct model *model = c->model;
	size_t *unit = malloc((2 * model->unit_count + 1) * sizeof(*unit));
	int r = unit ? add_host_limits(c) : -ENOMEM;

	for (size_t g = 0; g < model->group_count && r == 0; g++) {
		if (model->group[g].scope == MODEL_FAMILY && model->group[g].first == g)
			r = add_family(c, g, unit);
		else if (model->group[g].scope == MODEL_HOSTS)
			r = add_few_hosts(c, g, unit, unit + model->unit_count);
	}
	free(unit);
	return r;
}
