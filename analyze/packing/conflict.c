/* The deletion filter over a test of small problems. */
#include "analyze/packing/conflict.h"

#include "analyze/packing/exact.h"
#include "analyze/packing/mix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CONSTRAINTS_MAX 400
#define EXACT_UNITS 24
#define EXACT_NODES 100000

struct filter {
	const struct packing_problem *problem;
	struct work *work;
	unsigned char *is_on;    /* [constraint] */
	unsigned char *is_named; /* [item] by a constraint that is on, and fits alone */
	unsigned char *fits_alone; /* [item] on some host, without constraints */
	size_t *number;            /* [item] in the part */
};

/* One constraint, of the items that are in the part. */
static int keep_constraint(const struct filter *f,
	const struct packing_constraint *from, struct packing_problem *part)
{
	size_t kept = 0;
	size_t *items = malloc((from->item_count + 1) * sizeof(*items));
	size_t *group = malloc((from->item_count + 1) * sizeof(*group));
	int r = items && group ? 0 : -ENOMEM;

	for (size_t i = 0; i < from->item_count && r == 0; i++) {
		if (f->number[from->item[i]] == PACKING_NONE)
			continue;
		group[kept] = from->group ? from->group[i] : 0;
		items[kept++] = f->number[from->item[i]];
	}
	if (r == 0 && kept && from->kind == PACKING_APART_GROUPS)
		r = packing_constrain_groups(part, items, group, kept, from->n, NULL);
	else if (r == 0 && kept)
		r = packing_constrain(part, from->kind, items, kept, from->type,
			from->type_count, from->n, NULL);
	free(items);
	free(group);
	return r;
}

/* The named items alone, with the constraints that are on. */
static int make_part(
	const struct filter *f, bool with_constraints, struct packing_problem *part)
{
	const struct packing_problem *problem = f->problem;
	size_t count = 0, types = problem->type_count;
	int r = 0;

	for (size_t i = 0; i < problem->item_count; i++)
		f->number[i] = f->is_named[i] ? count++ : PACKING_NONE;
	r = packing_problem_init(part, problem->dimension, problem->dimension_count,
		types, problem->variant_count, count, NULL);
	if (r < 0)
		return r;
	memcpy(part->type, problem->type, types * sizeof(*part->type));
	memcpy(part->capacity, problem->capacity,
		types * problem->dimension_count * sizeof(int64_t));
	memcpy(part->used, problem->used,
		types * problem->dimension_count * sizeof(int64_t));
	part->separates_environments = problem->separates_environments;
	part->volume_dimension = problem->volume_dimension;
	part->setup_dimension = problem->setup_dimension;
	part->setup_amount = problem->setup_amount;
	for (size_t i = 0; i < problem->item_count && r == 0; i++) {
		size_t to = f->number[i];

		if (to == PACKING_NONE)
			continue;
		part->item[to] = problem->item[i];
		for (size_t v = 0; v < problem->variant_count; v++)
			memcpy(packing_size(part, v, to), packing_size(problem, v, i),
				problem->row_count * sizeof(int64_t));
		for (size_t t = 0; t < types && problem->is_forbidden && r == 0; t++)
			if (problem->is_forbidden[i * types + t])
				r = packing_forbid(part, to, t);
	}
	for (size_t c = 0; c < problem->constraint_count && with_constraints && r == 0;
		c++) {
		const struct packing_constraint *from = &problem->constraint[c];

		if (f->is_on[c])
			r = keep_constraint(f, from, part);
	}
	return r;
}

/* 1: proven that not all items can be placed; 0: not proven. */
static int conflict_is_refuted(const struct packing_problem *part, struct work *work)
{
	size_t n = part->item_count + 1;
	enum packing_reason *reason = calloc(n, sizeof(*reason));
	size_t *row = calloc(n, sizeof(*row));
	struct model model = { 0 };
	struct mix mix = { 0 };
	int r = reason && row ? model_build(part, reason, row, &model, NULL) : -ENOMEM;

	for (size_t i = 0; i < part->item_count && r == 0; i++)
		r = reason[i] != PACKING_PLACED;
	if (r == 0)
		r = mix_init(&mix, &model, NULL, work);
	if (r == 0)
		r = mix.is_infeasible;
	if (r == 0 && model.unit_count <= EXACT_UNITS) {
		struct exact_limits limits = { .nodes = EXACT_NODES,
			.unplaced_items = 0 };
		struct state best;
		bool has_best = false;

		r = state_init(&best, &model);
		if (r == 0)
			r = exact_search(&model, &limits, work, &best, &has_best);
		if (r >= 0)
			r = r == 1 && !has_best;
		state_done(&best);
	}
	mix_done(&mix);
	model_done(&model);
	free(reason);
	free(row);
	return r;
}

static void conflict_name_items(struct filter *f)
{
	const struct packing_problem *problem = f->problem;

	memset(f->is_named, 0, problem->item_count);
	for (size_t c = 0; c < problem->constraint_count; c++)
		for (size_t i = 0; i < problem->constraint[c].item_count && f->is_on[c];
			i++) {
			size_t item = problem->constraint[c].item[i];

			f->is_named[item] = f->fits_alone[item];
		}
}

static int test(struct filter *f, bool with_constraints)
{
	struct packing_problem part;
	int r = make_part(f, with_constraints, &part);

	if (r == 0)
		r = conflict_is_refuted(&part, f->work);
	packing_problem_done(&part);
	return r;
}

/* Items that are too large for every host are no matter of constraints. */
static int find_fitting(struct filter *f)
{
	struct packing_problem bare = *f->problem;
	size_t n = f->problem->item_count + 1;
	enum packing_reason *reason = calloc(n, sizeof(*reason));
	size_t *row = calloc(n, sizeof(*row));
	struct model model = { 0 };
	int r = -ENOMEM;

	bare.constraint_count = 0;
	if (reason && row)
		r = model_build(&bare, reason, row, &model, NULL);
	for (size_t i = 0; i < f->problem->item_count && r == 0; i++)
		f->fits_alone[i] = reason[i] == PACKING_PLACED;
	model_done(&model);
	free(reason);
	free(row);
	return r;
}

/* Each constraint in turn is left away; it stays away if the rest still conflicts. */
static int reduce(struct filter *f)
{
	int r = 0;

	for (size_t c = 0; c < f->problem->constraint_count && r >= 0; c++) {
		if (!f->is_on[c])
			continue;
		f->is_on[c] = 0;
		conflict_name_items(f);
		r = test(f, true);
		if (r == 0)
			f->is_on[c] = 1;
	}
	return r < 0 ? r : 0;
}

int conflict_find(const struct packing_problem *problem, struct work *work,
	size_t **ret_conflict, size_t *ret_count)
{
	size_t count = problem->constraint_count, found = 0;
	struct filter f = { .problem = problem, .work = work };
	size_t *conflict = calloc(count + 1, sizeof(*conflict));
	int r = -ENOMEM;

	f.is_on = malloc(count + 1);
	f.is_named = calloc(problem->item_count + 1, 1);
	f.fits_alone = calloc(problem->item_count + 1, 1);
	f.number = malloc((problem->item_count + 1) * sizeof(*f.number));
	if (!conflict || !f.is_on || !f.is_named || !f.fits_alone || !f.number)
		goto out;
	memset(f.is_on, 1, count);
	r = count && count <= CONSTRAINTS_MAX ? find_fitting(&f) : 0;
	if (r < 0 || !count || count > CONSTRAINTS_MAX)
		goto out;
	conflict_name_items(&f);
	/* too little room even without constraints: they are not to blame */
	r = test(&f, false);
	if (r == 0) {
		r = test(&f, true);
		if (r == 1)
			r = reduce(&f);
		else
			memset(f.is_on, 0, count);
	} else {
		memset(f.is_on, 0, count);
	}
	for (size_t c = 0; c < count && r >= 0; c++)
		if (f.is_on[c])
			conflict[found++] = c;
out:
	free(f.is_on);
	free(f.is_named);
	free(f.fits_alone);
	free(f.number);
	if (r < 0) {
		free(conflict);
		return r;
	}
	*ret_conflict = conflict;
	*ret_count = found;
	return 0;
}
