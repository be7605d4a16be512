/* The model, and how its figures are found; read-only once built. */
#ifndef ANALYZE_PACKING_MODEL_TYPES_H
#define ANALYZE_PACKING_MODEL_TYPES_H

#include "analyze/packing/problem.h"

struct model_group {
	uint32_t limit; /* per host, or per zone */
	bool is_zone;
	size_t constraint; /* of the problem */
};

/* One membership of a unit: `amount` of its items belong to the group. */
struct model_membership {
	uint32_t group;
	uint32_t amount;
};

struct model {
	const struct packing_problem *problem; /* borrowed */
	size_t unit_count;
	size_t type_count; /* as the problem's */
	size_t row_count;  /* rows that are left */
	size_t variant_count;
	size_t *row_origin; /* [row] the problem's row */
	int64_t *size;      /* [variant][unit][row] */
	int64_t *capacity; /* [type][row], what is used already taken off; may be < 0 */
	int64_t *count;    /* [type] hosts there are, at most item_count */
	int64_t *cost;     /* [type] */
	unsigned *zone;    /* [type] from 0 without holes */
	size_t zone_count;
	unsigned *variant;         /* [type] */
	unsigned char *is_allowed; /* [unit][type] fits alone and may */
	unsigned *environment; /* [unit] from 0 without holes; all 0: not separated */
	size_t environment_count;
	uint32_t *weight;          /* [unit] items in it */
	unsigned char *is_sharing; /* [unit] */
	size_t setup_row;          /* PACKING_NONE: none */
	int64_t setup_amount;
	struct model_group *group;
	size_t group_count;
	size_t *membership_start; /* [unit + 1] */
	struct model_membership *membership;
	size_t *member_start; /* [unit + 1] */
	size_t *member;       /* items of the units */
	size_t *unit_of;      /* [item]; PACKING_NONE: fits nowhere */
	bool has_equal_costs;
};

static inline const int64_t *model_size(
	const struct model *model, size_t type, size_t unit)
{
	return model->size +
		(model->variant[type] * model->unit_count + unit) * model->row_count;
}

static inline const int64_t *model_capacity(const struct model *model, size_t type)
{
	return model->capacity + type * model->row_count;
}

static inline bool model_allows(const struct model *model, size_t unit, size_t type)
{
	return model->is_allowed[unit * model->type_count + type] != 0;
}

#endif
