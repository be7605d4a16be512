#include "analyze/packing/model_groups.h"

#include <errno.h>
#include <stdlib.h>

static const enum model_scope scopes[] = {
	[PACKING_PIN] = MODEL_SCOPES,
	[PACKING_EXCLUDE] = MODEL_SCOPES,
	[PACKING_TOGETHER] = MODEL_SCOPES,
	[PACKING_APART] = MODEL_OF_HOST,
	[PACKING_AT_MOST] = MODEL_OF_HOST,
	[PACKING_SPREAD] = MODEL_OF_ZONE,
	[PACKING_AT_MOST_HOSTS] = MODEL_HOSTS,
	[PACKING_APART_GROUPS] = MODEL_FAMILY,
};

/* Each member's number in the group must itself stay within the limit. */
static bool is_allowed_together(
	const struct packing_constraint *c, const size_t *parent, size_t root)
{
	enum model_scope scope = scopes[c->kind];
	size_t inside = 0, group = PACKING_NONE;

	for (size_t i = 0; i < c->item_count; i++) {
		if (parent[c->item[i]] != root)
			continue;
		inside++;
		if (scope != MODEL_FAMILY)
			continue;
		if (group != PACKING_NONE && c->group[i] != group)
			return false;
		group = c->group[i];
	}
	return (scope != MODEL_OF_HOST && scope != MODEL_OF_ZONE) || inside <= c->n;
}

bool model_groups_allow(
	const struct packing_problem *problem, const size_t *parent, size_t root)
{
	for (size_t n = 0; n < problem->constraint_count; n++)
		if (!is_allowed_together(&problem->constraint[n], parent, root))
			return false;
	return true;
}

struct group_builder {
	struct model *model;
	uint32_t *amount; /* [unit] of the group at hand; 0 between two groups */
	size_t *fill;     /* [unit] where its next membership goes */
	bool is_counting; /* the first of two passes */
};

/* One group: the items of a constraint, or those of one label. */
static void add_group_members(
	struct group_builder *b, const struct packing_constraint *c, size_t label)
{
	struct model *model = b->model;
	uint32_t g = (uint32_t)model->group_count++;

	for (size_t i = 0; i < c->item_count; i++) {
		size_t u = model->unit_of[c->item[i]];

		if (u != PACKING_NONE &&
			(label == PACKING_NONE || c->group[i] == label))
			b->amount[u]++;
	}
	for (size_t i = 0; i < c->item_count; i++) {
		size_t u = model->unit_of[c->item[i]];

		if (u == PACKING_NONE || !b->amount[u])
			continue;
		if (b->is_counting)
			model->membership_start[u + 1]++;
		else
			model->membership[b->fill[u]++] =
				(struct model_membership){ g, b->amount[u] };
		b->amount[u] = 0;
	}
}

static void add_constraint_groups(
	struct group_builder *b, const struct packing_problem *problem, size_t number)
{
	const struct packing_constraint *c = &problem->constraint[number];
	bool is_family = c->kind == PACKING_APART_GROUPS;
	size_t count = is_family ? c->n : 1;
	uint32_t first = (uint32_t)b->model->group_count;

	if (scopes[c->kind] == MODEL_SCOPES || (!is_family && c->item_count <= c->n))
		return;
	for (size_t k = 0; k < count; k++) {
		b->model->group[b->model->group_count] =
			(struct model_group){ .limit = (uint32_t)c->n,
				.scope = scopes[c->kind],
				.first = first,
				.end = first + (uint32_t)count,
				.constraint = number };
		add_group_members(b, c, is_family ? k : PACKING_NONE);
	}
}

int model_groups_build(const struct packing_problem *problem, struct model *model)
{
	size_t members = 0, groups = 0, n = model->unit_count;
	struct group_builder b = { .model = model };

	for (size_t c = 0; c < problem->constraint_count; c++) {
		const struct packing_constraint *constraint = &problem->constraint[c];

		members += constraint->item_count;
		groups += constraint->kind == PACKING_APART_GROUPS ? constraint->n : 1;
	}
	b.amount = calloc(n + 1, sizeof(*b.amount));
	b.fill = calloc(n + 2, sizeof(*b.fill));
	model->group = calloc(groups + 1, sizeof(*model->group));
	model->membership = calloc(members + 1, sizeof(*model->membership));
	model->membership_start = calloc(n + 2, sizeof(*model->membership_start));
	if (!b.amount || !b.fill || !model->group || !model->membership ||
		!model->membership_start) {
		free(b.amount);
		free(b.fill);
		return -ENOMEM;
	}
	for (int pass = 0; pass < 2; pass++) {
		b.is_counting = pass == 0;
		model->group_count = 0;
		for (size_t c = 0; c < problem->constraint_count; c++)
			add_constraint_groups(&b, problem, c);
		for (size_t u = 0; u < n && pass == 0; u++) {
			model->membership_start[u + 1] += model->membership_start[u];
			b.fill[u + 1] = model->membership_start[u + 1];
		}
	}
	free(b.amount);
	free(b.fill);
	return 0;
}
