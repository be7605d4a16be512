/* The problem's memory and the ranges of its figures. */
#include "analyze/packing/problem.h"

#include "analyze/packing/packing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const packing_bound_names[] = {
	[PACKING_BOUND_NONE] = "none",
	[PACKING_BOUND_VOLUME] = "volume",
	[PACKING_BOUND_DUAL_FEASIBLE] = "dual feasible function",
	[PACKING_BOUND_CONFLICT] = "conflicting items",
	[PACKING_BOUND_GROUP] = "group limit",
	[PACKING_BOUND_MIX] = "host mix",
	[PACKING_BOUND_COLUMNS] = "column generation",
	[PACKING_BOUND_SEARCH] = "full search",
	[PACKING_BOUND_FAILOVER] = "hosts to spare",
};

static int problem_allocate(struct packing_problem *problem)
{
	size_t cells = problem->type_count * problem->dimension_count;
	size_t sizes = 0;

	if (__builtin_mul_overflow(problem->item_count, problem->row_count, &sizes) ||
		__builtin_mul_overflow(sizes, problem->variant_count, &sizes) ||
		sizes > SIZE_MAX / sizeof(int64_t))
		return -E2BIG;
	problem->dimension =
		calloc(problem->dimension_count, sizeof(*problem->dimension));
	problem->type = calloc(problem->type_count, sizeof(*problem->type));
	problem->item = calloc(problem->item_count + 1, sizeof(*problem->item));
	problem->capacity = calloc(cells, sizeof(*problem->capacity));
	problem->used = calloc(cells, sizeof(*problem->used));
	problem->size = calloc(sizes + 1, sizeof(*problem->size));
	if (!problem->dimension || !problem->type || !problem->item ||
		!problem->capacity || !problem->used || !problem->size)
		return -ENOMEM;
	return 0;
}

/* Every host type begins as one without limit at cost 1: who asks for the fewest
 * hosts has nothing more to say. */
int packing_problem_init(struct packing_problem *problem,
	const struct packing_dimension *dimensions, size_t dimension_count,
	size_t type_count, size_t variant_count, size_t item_count, struct err *err)
{
	int r = 0;

	*problem = (struct packing_problem){ .dimension_count = dimension_count,
		.type_count = type_count,
		.variant_count = variant_count,
		.item_count = item_count,
		.volume_dimension = PACKING_NONE,
		.setup_dimension = PACKING_NONE };
	if (!dimension_count || !type_count || !variant_count)
		return err_set(err, -EINVAL,
			"a problem needs a dimension, a host type "
			"and a variant");
	if (item_count > PACKING_ITEMS_MAX)
		return err_set(err, -E2BIG, "more than %zu items", PACKING_ITEMS_MAX);
	for (size_t d = 0; d < dimension_count; d++) {
		if (!dimensions[d].slots)
			return err_set(err, -EINVAL, "dimension %s has no slot",
				dimensions[d].name);
		problem->row_count += dimensions[d].slots;
	}
	r = problem_allocate(problem);
	if (r < 0) {
		packing_problem_done(problem);
		return err_set(err, r, "%zu items, %zu rows: no memory", item_count,
			problem->row_count);
	}
	for (size_t d = 0, row = 0; d < dimension_count; d++) {
		problem->dimension[d] = dimensions[d];
		problem->dimension[d].first_row = row;
		row += dimensions[d].slots;
	}
	for (size_t t = 0; t < type_count; t++)
		problem->type[t] = (struct packing_host_type){
			.name = "host", .count = PACKING_UNLIMITED, .cost = 1
		};
	return 0;
}

void packing_problem_done(struct packing_problem *problem)
{
	for (size_t c = 0; c < problem->constraint_count; c++) {
		free(problem->constraint[c].item);
		free(problem->constraint[c].type);
		free(problem->constraint[c].group);
	}
	free(problem->constraint);
	free(problem->dimension);
	free(problem->type);
	free(problem->item);
	free(problem->capacity);
	free(problem->used);
	free(problem->size);
	free(problem->is_forbidden);
	*problem = (struct packing_problem){ .setup_dimension = PACKING_NONE,
		.volume_dimension = PACKING_NONE };
}

int64_t *packing_size(
	const struct packing_problem *problem, size_t variant, size_t item)
{
	return problem->size +
		(variant * problem->item_count + item) * problem->row_count;
}

int packing_forbid(struct packing_problem *problem, size_t item, size_t type)
{
	if (!problem->is_forbidden)
		problem->is_forbidden =
			calloc(problem->item_count + 1, problem->type_count);
	if (!problem->is_forbidden)
		return -ENOMEM;
	problem->is_forbidden[item * problem->type_count + type] = 1;
	return 0;
}

static size_t *copy_indices(const size_t *index, size_t count)
{
	size_t *copy = malloc((count + 1) * sizeof(*copy));

	if (copy && count)
		memcpy(copy, index, count * sizeof(*copy));
	return copy;
}

static int compare_indices(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* Indices in range and each once. */
static int problem_check_indices(const size_t *index, size_t count, size_t limit)
{
	size_t *sorted = copy_indices(index, count);
	int r = sorted ? 0 : -ENOMEM;

	if (r == 0)
		qsort(sorted, count, sizeof(*sorted), compare_indices);
	for (size_t i = 0; i < count && r == 0; i++)
		if (sorted[i] >= limit || (i > 0 && sorted[i] == sorted[i - 1]))
			r = -EINVAL;
	free(sorted);
	return r;
}

static int problem_add_constraint(struct packing_problem *problem,
	enum packing_constraint_kind kind, const size_t *items, size_t item_count,
	const size_t *types, size_t type_count, size_t n, struct err *err)
{
	bool has_types = kind == PACKING_PIN || kind == PACKING_EXCLUDE;
	bool has_n = kind == PACKING_AT_MOST || kind == PACKING_SPREAD ||
		kind == PACKING_AT_MOST_HOSTS || kind == PACKING_APART_GROUPS;
	struct packing_constraint *grown = NULL;
	struct packing_constraint new = { .kind = kind };
	int r = 0;

	if (!item_count || (has_types && !type_count) || (has_n && !n))
		return err_set(
			err, -EINVAL, "a constraint without workloads, hosts or n");
	r = problem_check_indices(items, item_count, problem->item_count);
	if (r == 0 && has_types)
		r = problem_check_indices(types, type_count, problem->type_count);
	if (r < 0)
		return err_set(err, r, "a constraint names something twice or nobody");
	grown = realloc(
		problem->constraint, (problem->constraint_count + 1) * sizeof(*grown));
	if (!grown)
		return err_set(err, -ENOMEM, "no memory");
	problem->constraint = grown;
	new.n = kind == PACKING_APART ? 1 : n;
	new.item_count = item_count;
	new.type_count = has_types ? type_count : 0;
	new.item = copy_indices(items, item_count);
	new.type = copy_indices(types, new.type_count);
	if (!new.item || !new.type) {
		free(new.item);
		free(new.type);
		return err_set(err, -ENOMEM, "no memory");
	}
	problem->constraint[problem->constraint_count++] = new;
	return 0;
}

int packing_constrain(struct packing_problem *problem,
	enum packing_constraint_kind kind, const size_t *items, size_t item_count,
	const size_t *types, size_t type_count, size_t n, struct err *err)
{
	if (kind == PACKING_APART_GROUPS)
		return err_set(err, -EINVAL, "a constraint without its groups");
	return problem_add_constraint(
		problem, kind, items, item_count, types, type_count, n, err);
}

int packing_constrain_groups(struct packing_problem *problem, const size_t *items,
	const size_t *group, size_t item_count, size_t count, struct err *err)
{
	size_t *copy = NULL;
	int r = 0;

	for (size_t i = 0; i < item_count; i++)
		if (group[i] >= count)
			return err_set(err, -EINVAL, "a constraint without its groups");
	copy = copy_indices(group, item_count);
	if (!copy)
		return err_set(err, -ENOMEM, "no memory");
	r = problem_add_constraint(
		problem, PACKING_APART_GROUPS, items, item_count, NULL, 0, count, err);
	if (r < 0)
		free(copy);
	else
		problem->constraint[problem->constraint_count - 1].group = copy;
	return r;
}

/* Volumes of a type: of one slot, in range, and together its capacity. */
static int problem_check_volumes(
	const struct packing_problem *problem, size_t t, struct err *err)
{
	const struct packing_host_type *type = &problem->type[t];
	size_t d = problem->volume_dimension;
	int64_t sum = 0;

	if (!type->volume_count || d == PACKING_NONE)
		return 0;
	if (d >= problem->dimension_count || problem->dimension[d].slots != 1 ||
		type->volume_count > PACKING_VOLUMES_MAX)
		return err_set(
			err, -EINVAL, "%s: volumes of no such dimension", type->name);
	for (size_t v = 0; v < type->volume_count; v++) {
		if (type->volume[v] < 0 || type->volume[v] > PACKING_SIZE_MAX)
			return err_set(err, -EINVAL, "%s: volume %zu out of range",
				type->name, v);
		sum += type->volume[v];
	}
	if (sum != problem->capacity[t * problem->dimension_count + d] ||
		problem->used[t * problem->dimension_count + d])
		return err_set(err, -EINVAL, "%s: its volumes are not its capacity",
			type->name);
	return 0;
}

static int problem_check_types(const struct packing_problem *problem, struct err *err)
{
	for (size_t t = 0; t < problem->type_count; t++) {
		const struct packing_host_type *type = &problem->type[t];

		if (type->count < 0 && type->count != PACKING_UNLIMITED)
			return err_set(
				err, -EINVAL, "%s: count is negative", type->name);
		if (type->spare < 0 || (uint64_t)type->spare > PACKING_ITEMS_MAX)
			return err_set(
				err, -EINVAL, "%s: spare is out of range", type->name);
		if (type->cost < 0 || type->cost > PACKING_COST_MAX)
			return err_set(
				err, -EINVAL, "%s: cost out of range", type->name);
		if (type->variant >= problem->variant_count)
			return err_set(err, -EINVAL, "%s: no such variant", type->name);
		if (problem_check_volumes(problem, t, err) < 0)
			return -EINVAL;
		for (size_t d = 0; d < problem->dimension_count; d++) {
			size_t cell = t * problem->dimension_count + d;

			if (problem->capacity[cell] < 0 || problem->used[cell] < 0 ||
				problem->capacity[cell] > PACKING_SIZE_MAX ||
				problem->used[cell] > PACKING_SIZE_MAX)
				return err_set(err, -EINVAL, "%s: %s out of range",
					type->name, problem->dimension[d].name);
		}
	}
	return 0;
}

int packing_problem_check(const struct packing_problem *problem, struct err *err)
{
	size_t cells = problem->item_count * problem->row_count;

	for (size_t v = 0; v < problem->variant_count; v++)
		for (size_t i = 0; i < cells; i++) {
			int64_t size = problem->size[v * cells + i];

			if (size < 0 || size > PACKING_SIZE_MAX)
				return err_set(err, -EINVAL,
					"item %zu: a size is out of range",
					i / problem->row_count);
		}
	if (problem->failover > 2)
		return err_set(err, -EINVAL, "failover of more than 2 hosts");
	if (problem->setup_dimension != PACKING_NONE &&
		(problem->setup_dimension >= problem->dimension_count ||
			problem->setup_amount < 0 ||
			problem->setup_amount > PACKING_SIZE_MAX ||
			problem->dimension[problem->setup_dimension].slots != 1))
		return err_set(err, -EINVAL, "the setup is out of range");
	return problem_check_types(problem, err);
}

size_t packing_row_dimension(
	const struct packing_problem *problem, size_t row, size_t *ret_slot)
{
	size_t d = problem->dimension_count - 1;

	while (d > 0 && problem->dimension[d].first_row > row)
		d--;
	if (ret_slot)
		*ret_slot = row - problem->dimension[d].first_row;
	return d;
}

void packing_recovery_free(struct packing_recovery *recovery, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(recovery[i].item);
		free(recovery[i].host);
	}
	free(recovery);
}

void packing_result_done(struct packing_result *result)
{
	packing_recovery_free(result->recovery, result->recovery_count);
	free(result->host_type);
	free(result->host_of);
	free(result->volume_of);
	free(result->reason);
	free(result->reason_row);
	free(result->conflict);
	*result = (struct packing_result){ 0 };
}
