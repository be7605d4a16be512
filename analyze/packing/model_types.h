/* The model, and how its figures are found; read-only once built. */
#ifndef ANALYZE_PACKING_MODEL_TYPES_H
#define ANALYZE_PACKING_MODEL_TYPES_H

#include "analyze/packing/problem.h"

enum model_scope {
	MODEL_OF_HOST, /* at most limit of the group on one host */
	MODEL_OF_ZONE, /* at most limit in one zone */
	MODEL_HOSTS,   /* the group on at most limit hosts */
	MODEL_FAMILY,  /* no host has any of another group of the family beside it */
	MODEL_SCOPES,
};

struct model_group {
	uint32_t limit;
	enum model_scope scope;
	uint32_t first, end; /* FAMILY: its groups */
	size_t constraint;   /* of the problem */
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
	bool has_raised; /* sizes of units that take a host of their own: as large */
};

/* Of a unit on a host of that type: row_count numbers. */
static inline const int64_t *model_size(
	const struct model *model, size_t type, size_t unit)
{
	return model->size +
		(model->variant[type] * model->unit_count + unit) * model->row_count;
}

/* The groups in which a unit is in one family; end where it is in none of it. */
static inline uint32_t model_family_group(
	const struct model *model, size_t unit, const struct model_group *family)
{
	for (size_t m = model->membership_start[unit];
		m < model->membership_start[unit + 1]; m++)
		if (model->membership[m].group >= family->first &&
			model->membership[m].group < family->end)
			return model->membership[m].group;
	return family->end;
}

/* Of a host of that type, free for units: row_count numbers. */
static inline const int64_t *model_capacity(const struct model *model, size_t type)
{
	return model->capacity + type * model->row_count;
}

/* Not in the solver, whose answers are looked at again here. */
static inline bool model_has_volumes(const struct model *model, size_t type)
{
	return model->problem && model->problem->volume_dimension != PACKING_NONE &&
		model->problem->type[type].volume_count > 1;
}

/* The unit may be on a host of that type. */
static inline bool model_allows(const struct model *model, size_t unit, size_t type)
{
	return model->is_allowed[unit * model->type_count + type] != 0;
}

#endif
