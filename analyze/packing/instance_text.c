/* CAP1: hosts with counts and costs, pins, groups, environments.  TS1: time series. */
#include "analyze/packing/instance_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct type_line {
	char *name;
	int64_t count, cost;
	size_t line;
};

/* What both formats have in their heads. */
struct head {
	struct packing_dimension dimension[INSTANCE_DIMENSIONS_MAX];
	size_t dimension_count;
	struct type_line *type; /* owned */
	int64_t *capacity;      /* owned; [type][dimension] */
	size_t type_count;
	int64_t item_count;
	bool separates_environments;
};

static int parse_dimensions(struct tokens *tokens, struct head *head, struct err *err)
{
	int64_t count = 0;
	int r = tokens_expect(tokens, "dims", err);

	if (r == 0)
		r = tokens_number(tokens, "the number of dimensions", 1,
			INSTANCE_DIMENSIONS_MAX, &count, err);
	for (int64_t d = 0; d < count && r == 0; d++) {
		char *name = NULL;

		r = tokens_word(tokens, "the name of a dimension", &name, err);
		head->dimension[d] =
			(struct packing_dimension){ .name = name, .slots = 1 };
	}
	head->dimension_count = (size_t)count;
	return r;
}

static int parse_types(struct tokens *tokens, struct head *head, struct err *err)
{
	size_t dims = head->dimension_count;
	int64_t count = 0;
	int r = tokens_expect(tokens, "hosttypes", err);

	if (r == 0)
		r = tokens_number(tokens, "the number of host types", 1,
			INSTANCE_TYPES_MAX, &count, err);
	if (r < 0)
		return r;
	head->type_count = (size_t)count;
	head->type = calloc(head->type_count, sizeof(*head->type));
	head->capacity = calloc(head->type_count * dims, sizeof(*head->capacity));
	if (!head->type || !head->capacity)
		return tokens_error(tokens, -ENOMEM, err, "no memory");
	for (size_t t = 0; t < head->type_count && r == 0; t++) {
		struct type_line *type = &head->type[t];

		r = tokens_word(tokens, "the name of a host type", &type->name, err);
		type->line = tokens->line;
		for (size_t s = 0; s < t && r == 0; s++)
			if (strcmp(head->type[s].name, type->name) == 0)
				r = tokens_error(tokens, -EINVAL, err,
					"the host type %.40s stands in line %zu "
					"already",
					type->name, head->type[s].line);
		if (r == 0)
			r = tokens_number(tokens, "a count", 0,
				(int64_t)PACKING_ITEMS_MAX, &type->count, err);
		if (r == 0)
			r = tokens_number(tokens, "a cost", 0, PACKING_COST_MAX,
				&type->cost, err);
		for (size_t d = 0; d < dims && r == 0; d++)
			r = tokens_number(tokens, "a capacity", 1, PACKING_SIZE_MAX,
				&head->capacity[t * dims + d], err);
	}
	return r;
}

static int parse_workloads(struct tokens *tokens, struct head *head, struct err *err)
{
	int r = tokens_expect(tokens, "workloads", err);

	return r < 0 ? r
		     : tokens_number(tokens, "the number of workloads", 0,
			       (int64_t)PACKING_ITEMS_MAX, &head->item_count, err);
}

static int head_to_problem(const struct tokens *tokens, const struct head *head,
	struct packing_problem *problem, struct err *err)
{
	int r = instance_allocate(problem, head->dimension, head->dimension_count,
		head->type_count, (size_t)head->item_count, tokens, err);

	if (r < 0)
		return r;
	for (size_t t = 0; t < head->type_count; t++) {
		problem->type[t].name = head->type[t].name;
		problem->type[t].count = head->type[t].count;
		problem->type[t].cost = head->type[t].cost;
	}
	memcpy(problem->capacity, head->capacity,
		head->type_count * head->dimension_count * sizeof(*head->capacity));
	problem->separates_environments = head->separates_environments;
	return 0;
}

static void head_free(struct head *head)
{
	if (!head)
		return;
	free(head->type);
	free(head->capacity);
	free(head);
}

static int instance_text_compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that two workloads have is refused. */
static int instance_text_check_names(const struct tokens *tokens,
	const struct packing_problem *problem, struct err *err)
{
	const char **name = calloc(problem->item_count + 1, sizeof(*name));
	int r = name ? 0 : tokens_error(tokens, -ENOMEM, err, "no memory");

	for (size_t i = 0; i < problem->item_count && r == 0; i++)
		name[i] = problem->item[i].name;
	if (r == 0)
		qsort(name, problem->item_count, sizeof(*name),
			instance_text_compare_names);
	for (size_t i = 1; i < problem->item_count && r == 0; i++)
		if (strcmp(name[i - 1], name[i]) == 0)
			r = tokens_error(tokens, -EINVAL, err,
				"two workloads are called %.40s", name[i]);
	free(name);
	return r;
}

/* Groups and pins of the workload lines, one entry per item. */
struct text_side {
	int64_t *group, *pin;
};

static int compare_values(const void *a, const void *b, void *closure)
{
	const int64_t *value = closure;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (value[x] != value[y])
		return value[x] < value[y] ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Items with the same value >= 0 become one constraint each. */
static int constrain_equal(struct packing_problem *problem, int64_t *value,
	enum packing_constraint_kind kind, struct err *err)
{
	size_t n = problem->item_count, end = 0;
	size_t *list = malloc((n + 1) * sizeof(*list));
	int r = list ? 0 : err_set(err, -ENOMEM, "no memory");

	for (size_t i = 0; i < n && r == 0; i++)
		list[i] = i;
	if (r == 0)
		qsort_r(list, n, sizeof(*list), compare_values, value);
	for (size_t i = 0; i < n && r == 0; i = end) {
		size_t type = value[list[i]] < 0 ? 0 : (size_t)value[list[i]];

		for (end = i; end < n && value[list[end]] == value[list[i]];)
			end++;
		if (value[list[i]] >= 0 && (end - i > 1 || kind == PACKING_PIN))
			r = packing_constrain(
				problem, kind, list + i, end - i, &type, 1, 1, err);
	}
	free(list);
	return r;
}

static int parse_cap_item(struct tokens *tokens, struct packing_problem *problem,
	size_t i, struct text_side *side, struct err *err)
{
	int64_t environment = 0;
	char *name = NULL;
	int r = tokens_word(tokens, "the name of a workload", &name, err);

	problem->item[i].name = name;
	if (r == 0)
		r = tokens_number(tokens, "an environment", INT32_MIN, INT32_MAX,
			&environment, err);
	problem->item[i].environment = (int)environment;
	if (r == 0)
		r = tokens_number(
			tokens, "a group", -1, (int64_t)1 << 40, &side->group[i], err);
	if (r == 0)
		r = tokens_number(tokens, "a pin", -1, (int64_t)problem->type_count - 1,
			&side->pin[i], err);
	for (size_t d = 0; d < problem->dimension_count && r == 0; d++)
		r = tokens_number(tokens, "a size", 0, PACKING_SIZE_MAX,
			&packing_size(problem, 0, i)[d], err);
	return r;
}

static int parse_cap_items(
	struct tokens *tokens, struct packing_problem *problem, struct err *err)
{
	struct text_side side = { 0 };
	int r = 0;

	side.group = calloc(problem->item_count + 1, sizeof(*side.group));
	side.pin = calloc(problem->item_count + 1, sizeof(*side.pin));
	if (!side.group || !side.pin)
		r = tokens_error(tokens, -ENOMEM, err, "no memory");
	for (size_t i = 0; i < problem->item_count && r == 0; i++)
		r = parse_cap_item(tokens, problem, i, &side, err);
	if (r == 0)
		r = tokens_end(tokens, err);
	if (r == 0)
		r = instance_text_check_names(tokens, problem, err);
	if (r == 0)
		r = constrain_equal(problem, side.group, PACKING_APART, err);
	if (r == 0)
		r = constrain_equal(problem, side.pin, PACKING_PIN, err);
	free(side.group);
	free(side.pin);
	return r;
}

int instance_parse_cap(
	struct tokens *tokens, struct packing_problem *problem, struct err *err)
{
	struct head *head = calloc(1, sizeof(*head));
	int64_t separates = 0;
	int r = head ? tokens_expect(tokens, "CAP1", err)
		     : tokens_error(tokens, -ENOMEM, err, "no memory");

	if (r == 0)
		r = parse_dimensions(tokens, head, err);
	if (r == 0)
		r = tokens_expect(tokens, "env_separate", err);
	if (r == 0)
		r = tokens_number(tokens, "env_separate", 0, 1, &separates, err);
	if (r == 0) {
		head->separates_environments = separates != 0;
		r = parse_types(tokens, head, err);
	}
	if (r == 0)
		r = parse_workloads(tokens, head, err);
	if (r == 0)
		r = head_to_problem(tokens, head, problem, err);
	if (r == 0)
		r = parse_cap_items(tokens, problem, err);
	head_free(head);
	return r;
}

#define SLOTS_MAX 100000

/* One line of values per dimension; with peaks the highest alone is kept. */
static int parse_series_item(struct tokens *tokens, enum instance_demand demand,
	int64_t slots, struct packing_problem *problem, size_t i, struct err *err)
{
	int64_t *size = packing_size(problem, 0, i);
	char *name = NULL;
	int r = tokens_word(tokens, "the name of a workload", &name, err);

	problem->item[i].name = name;
	for (size_t d = 0; d < problem->dimension_count && r == 0; d++)
		for (int64_t s = 0; s < slots && r == 0; s++) {
			size_t row = problem->dimension[d].first_row;
			int64_t value = 0;

			r = tokens_number(
				tokens, "a value", 0, PACKING_SIZE_MAX, &value, err);
			if (demand == INSTANCE_COINCIDENT)
				size[row + (size_t)s] = value;
			else if (value > size[row])
				size[row] = value;
		}
	return r;
}

int instance_parse_series(struct tokens *tokens, enum instance_demand demand,
	struct packing_problem *problem, struct err *err)
{
	struct head *head = calloc(1, sizeof(*head));
	int64_t slots = 0, interval_s = 0;
	int r = head ? tokens_expect(tokens, "TS1", err)
		     : tokens_error(tokens, -ENOMEM, err, "no memory");

	if (r == 0)
		r = parse_dimensions(tokens, head, err);
	if (r == 0)
		r = tokens_expect(tokens, "slots", err);
	if (r == 0)
		r = tokens_number(
			tokens, "the number of slots", 1, SLOTS_MAX, &slots, err);
	if (r == 0)
		r = tokens_expect(tokens, "interval_s", err);
	if (r == 0)
		r = tokens_number(
			tokens, "the interval", 1, 1000000000, &interval_s, err);
	if (r == 0)
		r = parse_types(tokens, head, err);
	if (r == 0)
		r = parse_workloads(tokens, head, err);
	for (size_t d = 0; r == 0 && d < head->dimension_count; d++)
		head->dimension[d].slots = demand == INSTANCE_PEAK ? 1 : (size_t)slots;
	if (r == 0)
		r = head_to_problem(tokens, head, problem, err);
	for (size_t i = 0; r == 0 && i < problem->item_count; i++)
		r = parse_series_item(tokens, demand, slots, problem, i, err);
	if (r == 0)
		r = tokens_end(tokens, err);
	if (r == 0)
		r = instance_text_check_names(tokens, problem, err);
	head_free(head);
	return r;
}
