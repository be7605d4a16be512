/*
 * Conditions that every packing meets, each a row sum(give[t] y[t]) >= need:
 * volumes (also of the units that only some types may hold), dual feasible functions,
 * pairwise conflicts, groups.  Sources: docs/method.md, "Packing bounds".
 */
#include "analyze/packing/mix_rows.h"

#include "analyze/packing/mix_groups.h"
#include "analyze/packing/model_alone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_in_volumes(const struct model *model, size_t type, size_t row)
{
	return model_has_volumes(model, type) &&
		model->row_origin[row] ==
		model->problem->dimension[model->problem->volume_dimension].first_row;
}

/* The most that one thing may take of a host: all of it, or its largest volume. */
static int64_t largest_part(const struct model *model, size_t type, size_t row)
{
	const struct packing_host_type *host = NULL;
	int64_t largest = 0;

	if (!is_in_volumes(model, type, row))
		return model_capacity(model, type)[row];
	host = &model->problem->type[type];
	for (size_t v = 0; v < host->volume_count; v++)
		largest = host->volume[v] > largest ? host->volume[v] : largest;
	return largest;
}

/* How often k goes into a host, volume by volume where it has some. */
static int64_t floors_of(const struct model *model, size_t type, size_t row, int64_t k)
{
	const struct packing_host_type *host = NULL;
	int64_t sum = 0;

	if (!is_in_volumes(model, type, row))
		return model_capacity(model, type)[row] / k;
	host = &model->problem->type[type];
	for (size_t v = 0; v < host->volume_count; v++)
		sum += host->volume[v] / k;
	return sum;
}

/*
 * floor(x / k) is superadditive, so sum floor(size / k) <= sum floor(capacity / k):
 * for k just over a half, a third, a quarter ... of a capacity it counts large units.
 */
static int add_floors(struct mix_collector *c, size_t row)
{
	const struct model *model = c->model;
	bool has_parts = false;
	int r = 0;

	for (size_t t = 0; t < model->type_count; t++)
		has_parts = has_parts || is_in_volumes(model, t, row);
	for (size_t t = 0; t < model->type_count && t < 16 && r == 0; t++)
		for (int64_t part = 1; part <= 6 && r == 0; part++) {
			int64_t capacity = largest_part(model, t, row);
			int64_t k = capacity / (part + 1) + 1, need = 0;

			if (capacity <= 0)
				continue;
			/* items that are together may be on several volumes */
			for (size_t i = 0; i < c->unit_count; i++)
				if (!has_parts || model->weight[c->unit[i]] == 1)
					need += c->size[i] / k;
			for (size_t s = 0; s < model->type_count; s++)
				c->give[s] = floors_of(model, s, row, k);
			r = mix_condition_add(
				c, PACKING_BOUND_DUAL_FEASIBLE, row, need);
		}
	return r;
}

/*
 * Fekete and Schepers' u(k) and f(lambda), scaled to integers, for the largest
 * capacity; a smaller host gives no more than the largest.
 */
static int add_dual_feasible(struct mix_collector *c, size_t row)
{
	const struct model *model = c->model;
	int64_t capacity = 0;
	int r = 0;

	for (size_t t = 0; t < model->type_count; t++)
		if (model_capacity(model, t)[row] > capacity)
			capacity = model_capacity(model, t)[row];
	/* the scaled sums must stay below 2^63 */
	if (capacity > INT64_MAX / 32 / (int64_t)(c->unit_count + 1))
		return 0;
	for (int64_t k = 1; k <= 20 && capacity > 0 && r == 0; k++) {
		int64_t need = 0;

		/* u(k): x (k+1) whole -> x, else floor(x (k+1)) / k; times k capacity */
		for (size_t i = 0; i < c->unit_count; i++) {
			int64_t scaled = c->size[i] * (k + 1);

			need += scaled % capacity == 0 ? c->size[i] * k
						       : scaled / capacity * capacity;
		}
		for (size_t t = 0; t < model->type_count; t++)
			c->give[t] = k * capacity;
		r = mix_condition_add(c, PACKING_BOUND_DUAL_FEASIBLE, row, need);
	}
	/* f(lambda): over capacity - lambda whole, under lambda nothing */
	for (size_t i = 0; i < c->unit_count && i < 64 && r == 0; i++) {
		int64_t lambda = c->size[i * c->unit_count /
				(c->unit_count < 64 ? c->unit_count : 64)],
			need = 0;

		if (2 * lambda > capacity || lambda == 0)
			continue;
		for (size_t j = 0; j < c->unit_count; j++)
			need += c->size[j] > capacity - lambda ? capacity
				: c->size[j] < lambda          ? 0
							       : c->size[j];
		for (size_t t = 0; t < model->type_count; t++)
			c->give[t] = capacity;
		r = mix_condition_add(c, PACKING_BOUND_DUAL_FEASIBLE, row, need);
	}
	return r;
}

/* Volume of the units that no type outside `set` may hold. */
static int add_volume(struct mix_collector *c, size_t row, const unsigned char *set)
{
	const struct model *model = c->model;
	int64_t need = 0;
	int r = 0;

	for (size_t i = 0; i < c->unit_count; i++) {
		const unsigned char *allowed =
			model->is_allowed + c->unit[i] * model->type_count;
		bool is_inside = true;

		for (size_t t = 0; t < model->type_count && set && is_inside; t++)
			is_inside = !allowed[t] || set[t];
		if (is_inside)
			need += c->size[i];
	}
	for (size_t t = 0; t < model->type_count; t++)
		c->give[t] = set && !set[t] ? 0 : model_capacity(model, t)[row];
	r = mix_condition_add(c,
		model->has_raised ? PACKING_BOUND_CONFLICT : PACKING_BOUND_VOLUME, row,
		need);
	if (r == 0 && need > 0)
		c->conditions->condition[c->conditions->count - 1].is_whole = !set;
	return r;
}

static bool is_new_mask(
	const struct mix_collector *c, size_t i, const size_t *masks, size_t n)
{
	size_t types = c->model->type_count;
	const unsigned char *mask = c->model->is_allowed + c->unit[i] * types;

	if (!memchr(mask, 0, types))
		return false;
	for (size_t m = 0; m < n; m++)
		if (!memcmp(mask, c->model->is_allowed + c->unit[masks[m]] * types,
			    types))
			return false;
	return true;
}

/* The volume with what is lost beside units that are alone; c->size is raised.  What is
 * divided into volumes is left as it is: of those one of several may be full. */
static int add_alone(struct mix_collector *c, size_t row)
{
	const struct model *model = c->model;
	bool is_raised = false;
	int64_t need = 0;

	for (size_t t = 0; t < model->type_count; t++)
		if (is_in_volumes(model, t, row))
			return 0;
	for (size_t i = 0; i < c->unit_count; i++) {
		int64_t whole = c->is_alone[i]
			? model_alone_whole(model, c->unit[i], row)
			: INT64_MAX;

		if (whole != INT64_MAX && whole > c->size[i]) {
			c->size[i] = whole;
			is_raised = true;
		}
		need += c->size[i];
	}
	for (size_t t = 0; t < model->type_count; t++)
		c->give[t] = model_capacity(model, t)[row];
	return is_raised ? mix_condition_add(c, PACKING_BOUND_CONFLICT, row, need) : 0;
}

#define MASKS_MAX 12
#define DFF_ROWS_MAX 32

static int mix_rows_add_rows(struct mix_collector *c)
{
	const struct model *model = c->model;
	size_t masks[MASKS_MAX], mask_count = 0;
	int r = 0;

	for (size_t i = 0; i < c->unit_count && mask_count < MASKS_MAX; i++)
		if (is_new_mask(c, i, masks, mask_count))
			masks[mask_count++] = i;
	for (size_t row = 0; row < model->row_count && r == 0; row++) {
		for (size_t i = 0; i < c->unit_count; i++)
			c->size[i] = mix_least_size(model, c->unit[i], row);
		r = add_volume(c, row, NULL);
		for (size_t m = 0; m < mask_count && r == 0; m++)
			r = add_volume(c, row,
				model->is_allowed +
					c->unit[masks[m]] * model->type_count);
		if (r == 0)
			r = add_alone(c, row);
		if (r == 0 && row < DFF_ROWS_MAX)
			r = add_floors(c, row);
		if (r == 0 && row < DFF_ROWS_MAX)
			r = add_dual_feasible(c, row);
	}
	return r;
}

/* A clique of conflicts, greedily from the largest unit on; each needs its own host. */
static int add_conflicts(struct mix_collector *c)
{
	const struct model *model = c->model;
	size_t *order = malloc((c->unit_count + 1) * sizeof(*order));
	size_t *clique = malloc((c->unit_count + 1) * sizeof(*clique));
	double *key = malloc((model->unit_count + 1) * sizeof(*key));
	size_t best = 0;

	if (!order || !clique || !key) {
		free(order);
		free(clique);
		free(key);
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->unit_count; i++) {
		size_t u = c->unit[i], at = i;
		const int64_t *size = model->size + u * model->row_count;

		key[u] = 0;
		for (size_t row = 0; row < model->row_count; row++) {
			double share = (double)size[row] /
				((double)model_capacity(model, 0)[row] + 1);

			key[u] = share > key[u] ? share : key[u];
		}
		for (; at > 0 && key[order[at - 1]] < key[u]; at--)
			order[at] = order[at - 1];
		order[at] = u;
	}
	for (size_t start = 0; start < c->unit_count && start < 24; start++) {
		size_t count = 0;

		clique[count++] = order[start];
		for (size_t i = 0; i < c->unit_count; i++) {
			bool fits = order[i] != order[start];

			for (size_t j = 0; j < count && fits; j++)
				fits = mix_are_in_conflict(model, order[i], clique[j]);
			if (fits)
				clique[count++] = order[i];
		}
		best = count > best ? count : best;
	}
	for (size_t t = 0; t < model->type_count; t++)
		c->give[t] = 1;
	free(order);
	free(clique);
	free(key);
	return mix_condition_add(
		c, PACKING_BOUND_CONFLICT, PACKING_NONE, (int64_t)best);
}

/* Any unit at all needs a host of a type that may hold it. */
static int add_presence(struct mix_collector *c)
{
	const struct model *model = c->model;

	for (size_t t = 0; t < model->type_count; t++) {
		c->give[t] = 0;
		for (size_t i = 0; i < c->unit_count && !c->give[t]; i++)
			c->give[t] = model_allows(model, c->unit[i], t);
	}
	return mix_condition_add(
		c, PACKING_BOUND_CONFLICT, PACKING_NONE, c->unit_count ? 1 : 0);
}

#define CONFLICT_UNITS_MAX 3000
#define CONFLICT_LOOKS 4e8

/* All conditions of the units of one environment. */
static int collect_environment(struct mix_collector *c)
{
	double looks = (double)c->unit_count * (double)c->unit_count *
		(double)c->model->row_count;
	int r = add_presence(c);

	if (r == 0)
		r = model_alone_find(c->model, c->unit, c->unit_count, c->is_alone);
	if (r == 0)
		r = mix_rows_add_rows(c);
	if (r == 0)
		r = mix_groups_add(c);
	if (r == 0 && c->unit_count <= CONFLICT_UNITS_MAX && looks < CONFLICT_LOOKS)
		r = add_conflicts(c);
	return r;
}

int mix_conditions_collect(struct mix_conditions *conditions, const struct model *model,
	const unsigned char *is_in)
{
	struct mix_collector c = {
		.conditions = conditions, .model = model, .is_in = is_in
	};
	size_t *unit = malloc((model->unit_count + 1) * sizeof(*unit));
	int r = -ENOMEM;

	c.unit = unit;
	c.size = malloc((model->unit_count + 1) * sizeof(*c.size));
	c.give = malloc(model->type_count * sizeof(*c.give));
	c.is_alone = malloc(model->unit_count + 1);
	if (!unit || !c.size || !c.give || !c.is_alone)
		goto out;
	r = 0;
	for (size_t e = 0; e < model->environment_count && r == 0; e++) {
		c.environment = e;
		c.unit_count = 0;
		for (size_t u = 0; u < model->unit_count; u++)
			if (model->environment[u] == e && (!is_in || is_in[u]))
				unit[c.unit_count++] = u;
		r = collect_environment(&c);
	}
out:
	free(unit);
	free(c.size);
	free(c.give);
	free(c.is_alone);
	return r;
}

void mix_conditions_done(struct mix_conditions *conditions)
{
	for (size_t i = 0; i < conditions->count; i++)
		free(conditions->condition[i].give);
	free(conditions->condition);
	*conditions = (struct mix_conditions){ 0 };
}
