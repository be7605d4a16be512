#include "analyze/plan/plan_constrain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t plan_constrain_find_workload(
	const struct plan_request *request, const char *name)
{
	for (size_t i = 0; i < request->workload_count; i++) {
		if (strcmp(request->workload[i].name, name) == 0)
			return i;
	}
	return PACKING_NONE;
}

static enum packing_constraint_kind packing_kind(enum constraint_kind kind)
{
	static const enum packing_constraint_kind kinds[] = {
		[CONSTRAINT_PIN] = PACKING_PIN,
		[CONSTRAINT_EXCLUDE] = PACKING_EXCLUDE,
		[CONSTRAINT_TOGETHER] = PACKING_TOGETHER,
		[CONSTRAINT_APART] = PACKING_APART,
		[CONSTRAINT_AT_MOST] = PACKING_AT_MOST,
		[CONSTRAINT_SPREAD] = PACKING_SPREAD,
		[CONSTRAINT_AT_MOST_HOSTS] = PACKING_AT_MOST_HOSTS,
		[CONSTRAINT_APART_GROUPS] = PACKING_APART_GROUPS,
	};

	return kinds[kind];
}

/* The types of the problem that the host names of a constraint mean. */
static size_t constraint_types(const struct plan_request *request,
	const struct plan_model *model, const struct host_constraint *constraint,
	size_t *types)
{
	size_t count = 0;

	for (size_t t = 0; t < model->problem.type_count; t++) {
		for (size_t j = 0; j < constraint->host_count; j++) {
			size_t type, number;

			if (host_list_find(request->hosts, constraint->host[j], &type,
				    &number) &&
				type == model->type[t].type &&
				(number == 0 || number == model->type[t].single)) {
				types[count++] = t;
				break;
			}
		}
	}
	return count;
}

static size_t zone_count(const struct host_list *hosts)
{
	size_t count = 0;

	for (size_t i = 0; i < hosts->type_count; i++)
		count += host_list_zone(hosts, i) ==
			(int)i + 1; /* the first of its zone */
	return count;
}

static int add_constraint(const struct plan_request *request, struct plan_model *model,
	const struct host_constraint *constraint, struct err *err)
{
	size_t *items = calloc(constraint->workload_count + 1, sizeof(*items));
	size_t *group = calloc(constraint->workload_count + 1, sizeof(*group));
	size_t *types = calloc(model->problem.type_count + 1, sizeof(*types));
	size_t item_count = 0, type_count, n = constraint->n;
	size_t zones = zone_count(request->hosts);
	int r = -ENOMEM;

	if (!items || !group || !types) {
		err_oom(err);
		goto out;
	}
	for (size_t i = 0; i < constraint->workload_count; i++) {
		size_t item =
			plan_constrain_find_workload(request, constraint->workload[i]);

		if (item == PACKING_NONE)
			continue;
		group[item_count] = constraint->group ? constraint->group[i] : 0;
		items[item_count++] = item;
	}
	r = 0;
	if (item_count == 0)
		goto out; /* all of them are left out of the plan: nothing to constrain */
	if (constraint->kind == CONSTRAINT_SPREAD && zones == 0) {
		r = err_set(err, -EINVAL, "%s:%u: \"spread\" needs hosts with a zone",
			request->hosts->path, constraint->line);
		goto out;
	}
	if (constraint->kind == CONSTRAINT_SPREAD && n == 0)
		n = (item_count + zones - 1) / zones;
	type_count = constraint_types(request, model, constraint, types);
	if (constraint->kind == CONSTRAINT_APART_GROUPS)
		r = packing_constrain_groups(&model->problem, items, group, item_count,
			constraint->group_count, err);
	else
		r = packing_constrain(&model->problem, packing_kind(constraint->kind),
			items, item_count, types, type_count, n, err);
	if (r < 0) {
		r = err_wrap(err, r, "%s:%u", request->hosts->path, constraint->line);
		goto out;
	}
	model->constraint_of[model->problem.constraint_count - 1] =
		(size_t)(constraint - request->hosts->constraint);
out:
	free(items);
	free(group);
	free(types);
	return r;
}

int plan_constrain(
	const struct plan_request *request, struct plan_model *model, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < request->hosts->constraint_count; i++)
		r = add_constraint(request, model, &request->hosts->constraint[i], err);
	return r;
}
