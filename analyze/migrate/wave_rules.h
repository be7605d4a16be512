/*
 * Rules of order as data (schema/order), and the edges that they make.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_MIGRATE_WAVE_RULES_H
#define ANALYZE_MIGRATE_WAVE_RULES_H

#include "analyze/migrate/wave_request.h"

/*
 * wave_rules_load - the built-in ones, then order/ of the configuration folder
 *
 * A rule there replaces the built-in one of the same id.  Refused with path, line and
 * reason.  Returns 0 or a negative errno.
 */
int wave_rules_load(
	struct wave_request *request, const char *config_dir, struct err *err);

/* An edge for each pair of tasks that a rule is about. */
int wave_rules_apply(struct wave_request *request, struct err *err);

/* NULL where no rule has the id: "declared", or a limit. */
const struct order_rule *wave_rule_find(
	const struct wave_request *request, const char *id);

#endif
