#include "analyze/packing/mix_collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int mix_condition_add(struct mix_collector *c, enum packing_bound_kind kind,
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

int64_t mix_least_size(const struct model *model, size_t unit, size_t row)
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

/* No host can have both memberships. */
static bool forbids_both(const struct model *model, const struct model_membership *x,
	const struct model_membership *y)
{
	const struct model_group *group = &model->group[x->group];

	if (group->scope == MODEL_FAMILY)
		return x->group != y->group && y->group >= group->first &&
			y->group < group->end;
	return x->group == y->group && group->scope == MODEL_OF_HOST &&
		x->amount + y->amount > group->limit;
}

static bool share_group(const struct model *model, size_t a, size_t b)
{
	for (size_t m = model->membership_start[a]; m < model->membership_start[a + 1];
		m++)
		for (size_t n = model->membership_start[b];
			n < model->membership_start[b + 1]; n++) {
			const struct model_membership *x = &model->membership[m];
			const struct model_membership *y = &model->membership[n];

			if (forbids_both(model, x, y))
				return true;
		}
	return false;
}

bool mix_are_in_conflict(const struct model *model, size_t a, size_t b)
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
