/*
 * Conditions that every packing meets, each a row sum(give[t] y[t]) >= need:
 * volumes (also of the units that only some types may hold), dual feasible functions,
 * pairwise conflicts, groups.  Sources: docs/method.md, "Packing bounds".
 */
#include "analyze/packing/mix_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct collector {
	struct mix_conditions *conditions;
	const struct model *model;
	size_t environment;
	const size_t *unit; /* of this environment, that must be placed */
	size_t unit_count;
	int64_t *size; /* [unit in list] the least over its types, of one row */
	int64_t *give; /* [type] scratch */
	struct work *work;
};

static int add_condition(struct collector *c, enum packing_bound_kind kind,
	size_t model_row, int64_t need)
{
	struct mix_conditions *all = c->conditions;
	size_t types = c->model->type_count;
	int64_t *give = NULL;

	if (need <= 0)
		return 0;
	if (all->count == all->room) {
		size_t room = all->room ? 2 * all->room : 32;
		void *grown = realloc(all->condition, room * sizeof(*all->condition));

		if (!grown)
			return -ENOMEM;
		all->condition = grown;
		all->room = room;
	}
	give = malloc(types * sizeof(*give));
	if (!give)
		return -ENOMEM;
	memcpy(give, c->give, types * sizeof(*give));
	all->condition[all->count++] = (struct mix_condition){ c->environment, kind,
		model_row, need, give, false };
	/* cppcheck-suppress memleak ; the condition owns it now */
	return 0;
}

/* What a unit takes at least of a row, whichever of its types holds it. */
static int64_t least_size(const struct model *model, size_t unit, size_t row)
{
	int64_t least = INT64_MAX;

	if (model->variant_count == 1)
		return model->size[unit * model->row_count + row];
	for (size_t t = 0; t < model->type_count; t++) {
		int64_t size = model_size(model, t, unit)[row];

		if (model_allows(model, unit, t) && size < least)
			least = size;
	}
	return least;
}

/*
 * floor(x / k) is superadditive, so sum floor(size / k) <= sum floor(capacity / k):
 * for k just over a half, a third, a quarter ... of a capacity it counts large units.
 */
static int add_floors(struct collector *c, size_t row)
{
	const struct model *model = c->model;
	int r = 0;

	for (size_t t = 0; t < model->type_count && t < 16 && r == 0; t++)
		for (int64_t part = 1; part <= 6 && r == 0; part++) {
			int64_t capacity = model_capacity(model, t)[row];
			int64_t k = capacity / (part + 1) + 1, need = 0;

			if (capacity <= 0)
				continue;
			for (size_t i = 0; i < c->unit_count; i++)
				need += c->size[i] / k;
			for (size_t s = 0; s < model->type_count; s++)
				c->give[s] = model_capacity(model, s)[row] / k;
			r = add_condition(c, PACKING_BOUND_DUAL_FEASIBLE, row, need);
		}
	return r;
}

/*
 * Fekete and Schepers' u(k) and f(lambda), scaled to integers, for the largest
 * capacity; a smaller host gives no more than the largest.
 */
static int add_dual_feasible(struct collector *c, size_t row)
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
		r = add_condition(c, PACKING_BOUND_DUAL_FEASIBLE, row, need);
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
		r = add_condition(c, PACKING_BOUND_DUAL_FEASIBLE, row, need);
	}
	return r;
}

/* Volume of the units that no type outside `set` may hold. */
static int add_volume(struct collector *c, size_t row, const unsigned char *set)
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
	r = add_condition(c, PACKING_BOUND_VOLUME, row, need);
	if (r == 0 && need > 0)
		c->conditions->condition[c->conditions->count - 1].is_whole = !set;
	return r;
}

static bool is_new_mask(
	const struct collector *c, size_t i, const size_t *masks, size_t n)
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

#define MASKS_MAX 12
#define DFF_ROWS_MAX 32

static int mix_rows_add_rows(struct collector *c)
{
	const struct model *model = c->model;
	size_t masks[MASKS_MAX], mask_count = 0;
	int r = 0;

	for (size_t i = 0; i < c->unit_count && mask_count < MASKS_MAX; i++)
		if (is_new_mask(c, i, masks, mask_count))
			masks[mask_count++] = i;
	for (size_t row = 0; row < model->row_count && r == 0; row++) {
		for (size_t i = 0; i < c->unit_count; i++)
			c->size[i] = least_size(model, c->unit[i], row);
		r = add_volume(c, row, NULL);
		for (size_t m = 0; m < mask_count && r == 0; m++)
			r = add_volume(c, row,
				model->is_allowed +
					c->unit[masks[m]] * model->type_count);
		if (r == 0 && row < DFF_ROWS_MAX)
			r = add_floors(c, row);
		if (r == 0 && row < DFF_ROWS_MAX)
			r = add_dual_feasible(c, row);
	}
	return r;
}

static bool share_group(const struct model *model, size_t a, size_t b)
{
	for (size_t m = model->membership_start[a]; m < model->membership_start[a + 1];
		m++)
		for (size_t n = model->membership_start[b];
			n < model->membership_start[b + 1]; n++) {
			const struct model_membership *x = &model->membership[m];
			const struct model_membership *y = &model->membership[n];

			if (x->group == y->group && !model->group[x->group].is_zone &&
				x->amount + y->amount > model->group[x->group].limit)
				return true;
		}
	return false;
}

/* No host can hold both. */
static bool are_in_conflict(const struct model *model, size_t a, size_t b)
{
	if (share_group(model, a, b))
		return true;
	for (size_t t = 0; t < model->type_count; t++) {
		const int64_t *x = model_size(model, t, a),
			      *y = model_size(model, t, b);
		const int64_t *capacity = model_capacity(model, t);
		bool has_excess = false;

		if (!model_allows(model, a, t) || !model_allows(model, b, t))
			continue;
		for (size_t row = 0; row < model->row_count && !has_excess; row++)
			has_excess = x[row] + y[row] > capacity[row];
		if (!has_excess)
			return false;
	}
	return true;
}

/* A clique of conflicts, greedily from the largest unit on; each needs its own host. */
static int add_conflicts(struct collector *c)
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
				fits = are_in_conflict(model, order[i], clique[j]);
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
	return add_condition(c, PACKING_BOUND_CONFLICT, PACKING_NONE, (int64_t)best);
}

/* A host takes at most `limit` of a group. */
static int add_groups(struct collector *c)
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
		if (model->group[g].is_zone)
			continue;
		for (size_t t = 0; t < model->type_count; t++)
			c->give[t] = model->group[g].limit;
		r = add_condition(c, PACKING_BOUND_GROUP, PACKING_NONE, total[g]);
	}
	free(total);
	return r;
}

/* Any unit at all needs a host of a type that may hold it. */
static int add_presence(struct collector *c)
{
	const struct model *model = c->model;

	for (size_t t = 0; t < model->type_count; t++) {
		c->give[t] = 0;
		for (size_t i = 0; i < c->unit_count && !c->give[t]; i++)
			c->give[t] = model_allows(model, c->unit[i], t);
	}
	return add_condition(
		c, PACKING_BOUND_CONFLICT, PACKING_NONE, c->unit_count ? 1 : 0);
}

#define CONFLICT_UNITS_MAX 3000

int mix_conditions_collect(struct mix_conditions *conditions, const struct model *model,
	const unsigned char *is_in, struct work *work)
{
	struct collector c = { .conditions = conditions, .model = model, .work = work };
	size_t *unit = malloc((model->unit_count + 1) * sizeof(*unit));
	int r = -ENOMEM;

	c.unit = unit;
	c.size = malloc((model->unit_count + 1) * sizeof(*c.size));
	c.give = malloc(model->type_count * sizeof(*c.give));
	if (!unit || !c.size || !c.give)
		goto out;
	r = 0;
	for (size_t e = 0; e < model->environment_count && r == 0; e++) {
		c.environment = e;
		c.unit_count = 0;
		for (size_t u = 0; u < model->unit_count; u++)
			if (model->environment[u] == e && (!is_in || is_in[u]))
				unit[c.unit_count++] = u;
		r = add_presence(&c);
		if (r == 0)
			r = mix_rows_add_rows(&c);
		if (r == 0)
			r = add_groups(&c);
		if (r == 0 && c.unit_count <= CONFLICT_UNITS_MAX &&
			(double)c.unit_count * (double)c.unit_count *
					(double)model->row_count <
				4e8)
			r = add_conflicts(&c);
	}
out:
	free(unit);
	free(c.size);
	free(c.give);
	return r;
}

void mix_conditions_done(struct mix_conditions *conditions)
{
	for (size_t i = 0; i < conditions->count; i++)
		free(conditions->condition[i].give);
	free(conditions->condition);
	*conditions = (struct mix_conditions){ 0 };
}
