/* The necessary conditions behind a mix: volumes, dual feasible functions, conflicts,
 * groups.  Internal to mix.c. */
#ifndef ANALYZE_PACKING_MIX_ROWS_H
#define ANALYZE_PACKING_MIX_ROWS_H

#include "analyze/packing/mix_collect.h"

/* What every mix of hosts must have at least. -ENOMEM; mix_conditions_done on failure
 * too. */
int mix_conditions_collect(struct mix_conditions *conditions, const struct model *model,
	const unsigned char *is_in);
void mix_conditions_done(struct mix_conditions *conditions);

#endif
