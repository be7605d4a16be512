/* Conditions of a mix while they are gathered, environment by environment. */
#ifndef ANALYZE_PACKING_MIX_COLLECT_H
#define ANALYZE_PACKING_MIX_COLLECT_H

#include "analyze/packing/model.h"

/* A condition by type, before types become classes. */
struct mix_condition {
	size_t environment;
	enum packing_bound_kind kind;
	size_t model_row;
	int64_t need;
	int64_t *give; /* [type], owned */
	bool is_whole; /* the volume of all units of the environment */
};

struct mix_conditions {
	struct mix_condition *condition;
	size_t count, room;
};

struct mix_collector {
	struct mix_conditions *conditions;
	const struct model *model;
	const unsigned char *is_in; /* [unit] must be placed; NULL: all */
	size_t environment;
	const size_t *unit; /* of this environment, that must be placed */
	size_t unit_count;
	int64_t *size; /* [unit in list] the least over its types, of one row */
	unsigned char *is_alone; /* [unit in list] nothing fits beside it */
	int64_t *give;           /* [type] scratch */
};

/* A condition with what give says; none where need <= 0.  0 or -ENOMEM. */
int mix_condition_add(struct mix_collector *c, enum packing_bound_kind kind,
	size_t model_row, int64_t need);

/* What a unit takes at least of a row, whichever of its types holds it. */
int64_t mix_least_size(const struct model *model, size_t unit, size_t row);

/* No host can hold both. */
bool mix_are_in_conflict(const struct model *model, size_t a, size_t b);

#endif
