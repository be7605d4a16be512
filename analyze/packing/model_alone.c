#include "analyze/packing/model_alone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of one row, on one type: the least that a unit needs, which unit that is, and what the
 * next one needs. */
struct least {
	int64_t first, second; /* INT64_MAX: there is none */
	size_t unit;
};

static void find_least(const struct model *model, size_t type, const size_t *unit,
	size_t count, struct least *least)
{
	for (size_t row = 0; row < model->row_count; row++)
		least[row] = (struct least){ INT64_MAX, INT64_MAX, PACKING_NONE };
	for (size_t i = 0; i < count; i++) {
		const int64_t *size = model_size(model, type, unit[i]);

		if (!model_allows(model, unit[i], type))
			continue;
		for (size_t row = 0; row < model->row_count; row++) {
			struct least *l = &least[row];

			if (size[row] < l->first) {
				l->second = l->first;
				l->first = size[row];
				l->unit = unit[i];
			} else if (size[row] < l->second) {
				l->second = size[row];
			}
		}
	}
}

/* True where some row has no room for any other unit beside this one. */
static bool fills_row(
	const struct model *model, size_t type, size_t unit, const struct least *least)
{
	const int64_t *size = model_size(model, type, unit);
	const int64_t *capacity = model_capacity(model, type);

	for (size_t row = 0; row < model->row_count; row++) {
		int64_t other =
			least[row].unit == unit ? least[row].second : least[row].first;

		if (other > capacity[row] - size[row])
			return true;
	}
	return false;
}

int model_alone_find(const struct model *model, const size_t *unit, size_t count,
	unsigned char *ret_is_alone)
{
	struct least *least = calloc(model->row_count + 1, sizeof(*least));

	if (!least)
		return -ENOMEM;
	memset(ret_is_alone, 1, count);
	for (size_t t = 0; t < model->type_count; t++) {
		find_least(model, t, unit, count, least);
		for (size_t i = 0; i < count; i++)
			if (ret_is_alone[i] && model_allows(model, unit[i], t))
				ret_is_alone[i] = fills_row(model, t, unit[i], least);
	}
	free(least);
	return 0;
}

int64_t model_alone_whole(const struct model *model, size_t unit, size_t row)
{
	int64_t whole = INT64_MAX;

	for (size_t t = 0; t < model->type_count; t++) {
		int64_t capacity = model_capacity(model, t)[row];

		if (model_allows(model, unit, t) && capacity < whole)
			whole = capacity;
	}
	return whole;
}

static bool has_whole_hosts(const struct model *model)
{
	return model->type_count == 1 && !model->problem->failover &&
		model->setup_row == PACKING_NONE && !model_has_volumes(model, 0);
}

int model_alone_raise(struct model *model)
{
	size_t units = model->unit_count, rows = model->row_count;
	unsigned char *is_alone;
	size_t *unit;
	int r = -ENOMEM;

	if (!has_whole_hosts(model) || units < 2)
		return 0;
	unit = malloc(units * sizeof(*unit));
	is_alone = malloc(units);
	for (size_t u = 0; u < units && unit; u++)
		unit[u] = u;
	if (unit && is_alone)
		r = model_alone_find(model, unit, units, is_alone);
	for (size_t u = 0; u < units && r == 0; u++) {
		if (!is_alone[u] || !model_allows(model, u, 0))
			continue;
		memcpy(model->size + u * rows, model->capacity,
			rows * sizeof(*model->size));
		model->has_raised = true;
	}
	free(unit);
	free(is_alone);
	return r;
}
