/* From the problem as stated to units, allowed types and rows that matter. */
#include "analyze/packing/model.h"

#include "analyze/packing/model_alone.h"
#include "analyze/packing/model_groups.h"
#include "analyze/packing/model_rows.h"
#include "analyze/packing/volumes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t find_root(size_t *parent, size_t i)
{
	while (parent[i] != i) {
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

/* Items of `together`, chained through common items, have one root. */
static void join_items(const struct packing_problem *problem, size_t *parent)
{
	for (size_t i = 0; i < problem->item_count; i++)
		parent[i] = i;
	for (size_t n = 0; n < problem->constraint_count; n++) {
		const struct packing_constraint *c = &problem->constraint[n];

		if (c->kind != PACKING_TOGETHER)
			continue;
		for (size_t i = 1; i < c->item_count; i++) {
			size_t a = find_root(parent, c->item[0]);
			size_t b = find_root(parent, c->item[i]);

			if (a < b)
				parent[b] = a;
			else
				parent[a] = b;
		}
	}
}

/* [item][type], before capacities: pins, exclusions, forbidden types, empty types. */
static void allow_by_constraints(
	const struct packing_problem *problem, unsigned char *allowed)
{
	size_t types = problem->type_count;
	unsigned char *listed = allowed + problem->item_count * types; /* scratch */

	for (size_t i = 0; i < problem->item_count; i++)
		for (size_t t = 0; t < types; t++)
			allowed[i * types + t] = (problem->type[t].count != 0 ||
							 problem->type[t].spare != 0) &&
				!(problem->is_forbidden &&
					problem->is_forbidden[i * types + t]);
	for (size_t n = 0; n < problem->constraint_count; n++) {
		const struct packing_constraint *c = &problem->constraint[n];

		if (c->kind != PACKING_PIN && c->kind != PACKING_EXCLUDE)
			continue;
		memset(listed, c->kind == PACKING_EXCLUDE, types);
		for (size_t t = 0; t < c->type_count; t++)
			listed[c->type[t]] = c->kind == PACKING_PIN;
		for (size_t i = 0; i < c->item_count; i++)
			for (size_t t = 0; t < types; t++)
				allowed[c->item[i] * types + t] &= listed[t];
	}
}

/* The problem, cluster by cluster, while it is being turned into a model. */
struct builder {
	const struct packing_problem *problem;
	size_t *parent;         /* [item], then the root */
	unsigned char *allowed; /* [item + 1][type]; a root's is its cluster's */
	int64_t *total;         /* [row] of one cluster */
	enum packing_reason *reason;
	size_t *reason_row;
};

/* What is left of a host; over-used is as good as full for what needs nothing. */
static int64_t problem_capacity(
	const struct packing_problem *problem, size_t type, size_t row)
{
	size_t cell = type * problem->dimension_count +
		packing_row_dimension(problem, row, NULL);
	int64_t room = problem->capacity[cell] - problem->used[cell];

	return room < 0 ? 0 : room;
}

/* Sums of a cluster under a variant into builder->total; the members are chained. */
static void sum_cluster(
	struct builder *b, const size_t *members, size_t count, size_t variant)
{
	const struct packing_problem *problem = b->problem;

	memset(b->total, 0, problem->row_count * sizeof(int64_t));
	for (size_t m = 0; m < count; m++) {
		const int64_t *size = packing_size(problem, variant, members[m]);

		for (size_t row = 0; row < problem->row_count; row++)
			b->total[row] += size[row];
	}
}

/* The first row in which the cluster alone is too large for the type. */
static size_t first_excess(const struct builder *b, size_t type, bool is_sharing)
{
	const struct packing_problem *problem = b->problem;

	for (size_t d = 0; d < problem->dimension_count; d++) {
		const struct packing_dimension *dimension = &problem->dimension[d];
		size_t cell = type * problem->dimension_count + d;
		int64_t room = problem->capacity[cell] - problem->used[cell];
		int64_t setup = is_sharing && d == problem->setup_dimension
			? problem->setup_amount
			: 0;

		for (size_t s = 0; s < dimension->slots; s++) {
			size_t row = dimension->first_row + s;

			if (b->total[row] + setup > room &&
				(b->total[row] > 0 || setup > 0))
				return row;
		}
	}
	return PACKING_NONE;
}

/* Its items each whole on a volume; where that is not settled, they are let through. */
static bool volumes_hold(
	const struct builder *b, size_t type, const size_t *members, size_t count)
{
	return volumes_fit(b->problem, type, members, count, NULL) != 0;
}

/* Narrows the cluster's types to those it fits on; says why when none is left. */
static void judge_cluster(struct builder *b, const size_t *members, size_t count)
{
	const struct packing_problem *problem = b->problem;
	size_t types = problem->type_count;
	size_t root = members[0];
	unsigned char *allowed = b->allowed + root * types;
	enum packing_reason reason = PACKING_NO_TYPE_ALLOWED;
	size_t row = PACKING_NONE;
	bool has_type = false, is_sharing = false;

	for (size_t m = 0; m < count; m++) {
		is_sharing = is_sharing || problem->item[members[m]].is_sharing;
		if (problem->separates_environments &&
			problem->item[members[m]].environment !=
				problem->item[root].environment)
			memset(allowed, 0, types);
		for (size_t t = 0; t < types; t++)
			allowed[t] &= b->allowed[members[m] * types + t];
	}
	if (count > 1 && !model_groups_allow(problem, b->parent, root))
		memset(allowed, 0, types);
	for (size_t v = 0; v < problem->variant_count; v++) {
		bool is_summed = false;

		for (size_t t = 0; t < types; t++) {
			size_t excess = 0;

			if (!allowed[t] || problem->type[t].variant != v)
				continue;
			if (!is_summed)
				sum_cluster(b, members, count, v);
			is_summed = true;
			excess = first_excess(b, t, is_sharing);
			if (excess == PACKING_NONE &&
				!volumes_hold(b, t, members, count))
				excess = problem->dimension[problem->volume_dimension]
						 .first_row;
			if (excess == PACKING_NONE) {
				/* a spare host alone is none to stand on */
				has_type = has_type || problem->type[t].count != 0;
				continue;
			}
			allowed[t] = 0;
			if (reason == PACKING_NO_TYPE_ALLOWED)
				row = excess;
			reason = PACKING_FITS_NO_HOST;
		}
	}
	for (size_t m = 0; m < count; m++) {
		b->reason[members[m]] = has_type ? PACKING_PLACED : reason;
		b->reason_row[members[m]] = has_type ? PACKING_NONE : row;
	}
}

/* The clusters one behind the other, in the order of their first items. */
static int list_clusters(struct builder *b, struct model *model)
{
	size_t n = b->problem->item_count, filled = 0;
	size_t *next = malloc((n + 1) * sizeof(*next)); /* per root: where it goes */
	size_t *start = calloc(n + 2, sizeof(*start));

	model->member = calloc(n + 1, sizeof(*model->member));
	model->member_start = malloc((n + 2) * sizeof(*model->member_start));
	model->unit_of = malloc((n + 1) * sizeof(*model->unit_of));
	if (!next || !start || !model->member || !model->member_start ||
		!model->unit_of) {
		free(next);
		free(start);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		b->parent[i] = find_root(b->parent, i);
		start[b->parent[i]]++;
	}
	for (size_t i = 0; i < n; i++) {
		next[i] = filled;
		filled += start[i];
	}
	for (size_t i = 0; i < n; i++)
		model->member[next[b->parent[i]]++] = i;
	filled = 0;
	for (size_t i = 0, at = 0; i < n; at += start[i], i++) {
		size_t first = at;

		if (!start[i])
			continue;
		judge_cluster(b, model->member + at, start[i]);
		bool is_placeable = b->reason[i] == PACKING_PLACED;
		for (size_t m = 0; m < start[i]; m++)
			model->unit_of[model->member[at + m]] =
				is_placeable ? model->unit_count : PACKING_NONE;
		if (!is_placeable)
			continue;
		/* close the ranks over clusters that fit nowhere */
		memmove(model->member + filled, model->member + first,
			start[i] * sizeof(*model->member));
		model->member_start[model->unit_count++] = filled;
		filled += start[i];
	}
	model->member_start[model->unit_count] = filled;
	free(next);
	free(start);
	return 0;
}

/* Sizes of all rows, capacities by row, counts, zones, environments. */
static int fill_tables(struct builder *b, struct model *model)
{
	const struct packing_problem *problem = b->problem;
	size_t rows = problem->row_count, types = problem->type_count;
	size_t units = model->unit_count;

	model->size =
		malloc((model->variant_count * units * rows + 1) * sizeof(int64_t));
	model->capacity = malloc(types * rows * sizeof(int64_t));
	model->count = malloc(types * sizeof(int64_t));
	model->cost = malloc(types * sizeof(int64_t));
	model->zone = malloc(types * sizeof(unsigned));
	model->variant = malloc(types * sizeof(unsigned));
	model->is_allowed = malloc(units * types + 1);
	model->environment = calloc(units + 1, sizeof(unsigned));
	model->weight = malloc((units + 1) * sizeof(uint32_t));
	model->is_sharing = calloc(units + 1, 1);
	model->row_origin = malloc(rows * sizeof(size_t));
	if (!model->size || !model->capacity || !model->count || !model->cost ||
		!model->zone || !model->variant || !model->is_allowed ||
		!model->environment || !model->weight || !model->is_sharing ||
		!model->row_origin)
		return -ENOMEM;
	for (size_t v = 0; v < model->variant_count; v++)
		for (size_t u = 0; u < units; u++) {
			sum_cluster(b, model->member + model->member_start[u],
				model->member_start[u + 1] - model->member_start[u], v);
			memcpy(model->size + (v * units + u) * rows, b->total,
				rows * sizeof(int64_t));
		}
	for (size_t u = 0; u < units; u++) {
		const size_t *members = model->member + model->member_start[u];

		memcpy(model->is_allowed + u * types, b->allowed + members[0] * types,
			types);
		model->weight[u] =
			(uint32_t)(model->member_start[u + 1] - model->member_start[u]);
		for (size_t m = 0; m < model->weight[u]; m++)
			model->is_sharing[u] |=
				(unsigned char)problem->item[members[m]].is_sharing;
	}
	return 0;
}

static void number_types(const struct packing_problem *problem, struct model *model)
{
	model->has_equal_costs = true;
	for (size_t t = 0; t < problem->type_count; t++) {
		const struct packing_host_type *type = &problem->type[t];
		size_t same = 0;

		model->count[t] = type->count == PACKING_UNLIMITED ||
				(uint64_t)type->count > model->unit_count
			? (int64_t)model->unit_count
			: type->count;
		model->cost[t] = type->cost;
		model->variant[t] = (unsigned)type->variant;
		model->has_equal_costs =
			model->has_equal_costs && type->cost == problem->type[0].cost;
		while (problem->type[same].zone != type->zone)
			same++;
		model->zone[t] =
			same == t ? (unsigned)model->zone_count++ : model->zone[same];
		for (size_t row = 0; row < problem->row_count; row++)
			model->capacity[t * problem->row_count + row] =
				problem_capacity(problem, t, row);
	}
}

static int compare_ints(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

static int number_environments(
	const struct packing_problem *problem, struct model *model)
{
	size_t n = model->unit_count, distinct = 0;
	int *value = malloc((n + 1) * sizeof(*value));

	model->environment_count = 1;
	if (!value)
		return -ENOMEM;
	for (size_t u = 0; u < n; u++)
		value[u] = problem->item[model->member[model->member_start[u]]]
				   .environment;
	if (problem->separates_environments && n) {
		qsort(value, n, sizeof(*value), compare_ints);
		for (size_t i = 0; i < n; i++)
			if (!i || value[i] != value[distinct - 1])
				value[distinct++] = value[i];
		for (size_t u = 0; u < n; u++) {
			int key = problem->item[model->member[model->member_start[u]]]
					  .environment;
			int *found = bsearch(
				&key, value, distinct, sizeof(*value), compare_ints);

			model->environment[u] = (unsigned)(found - value);
		}
		model->environment_count = distinct;
	}
	free(value);
	return 0;
}

/* Units come first: items that must be together are one unit, and types, groups and
 * rows are about units. */
int model_build(const struct packing_problem *problem, enum packing_reason *reason,
	size_t *reason_row, struct model *ret_model, struct err *err)
{
	struct model model = { .problem = problem,
		.type_count = problem->type_count,
		.variant_count = problem->variant_count,
		.setup_row = PACKING_NONE };
	struct builder b = {
		.problem = problem, .reason = reason, .reason_row = reason_row
	};
	int r = -ENOMEM;

	b.parent = malloc((problem->item_count + 1) * sizeof(*b.parent));
	b.allowed = malloc((problem->item_count + 1) * problem->type_count);
	b.total = malloc(problem->row_count * sizeof(*b.total));
	if (!b.parent || !b.allowed || !b.total)
		goto out;
	join_items(problem, b.parent);
	allow_by_constraints(problem, b.allowed);
	r = list_clusters(&b, &model);
	if (r == 0)
		r = fill_tables(&b, &model);
	if (r < 0)
		goto out;
	number_types(problem, &model);
	r = number_environments(problem, &model);
	if (r == 0)
		r = model_groups_build(problem, &model);
	if (r == 0)
		r = model_rows_reduce(problem, &model);
	if (r == 0)
		r = model_alone_raise(&model);
out:
	free(b.parent);
	free(b.allowed);
	free(b.total);
	if (r < 0) {
		model_done(&model);
		return err_set(err, r, "no memory for the packing model");
	}
	*ret_model = model;
	return 0;
}

void model_done(struct model *model)
{
	free(model->row_origin);
	free(model->size);
	free(model->capacity);
	free(model->count);
	free(model->cost);
	free(model->zone);
	free(model->variant);
	free(model->is_allowed);
	free(model->environment);
	free(model->weight);
	free(model->is_sharing);
	free(model->group);
	free(model->membership_start);
	free(model->membership);
	free(model->member_start);
	free(model->member);
	free(model->unit_of);
	*model = (struct model){ 0 };
}
