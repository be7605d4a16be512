/* The necessary conditions behind a mix: volumes, dual feasible functions, conflicts,
 * groups.  Internal to mix.c. */
#ifndef ANALYZE_PACKING_MIX_ROWS_H
#define ANALYZE_PACKING_MIX_ROWS_H

#include "analyze/packing/model.h"
#include "analyze/packing/work.h"

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

int mix_conditions_collect(struct mix_conditions *conditions, const struct model *model,
	const unsigned char *is_in, struct work *work);
void mix_conditions_done(struct mix_conditions *conditions);

#endif
