/* The parsers of the instance formats that begin with a word.  Internal. */
#ifndef ANALYZE_PACKING_INSTANCE_TEXT_H
#define ANALYZE_PACKING_INSTANCE_TEXT_H

#include "analyze/packing/instance_build.h"
#include "analyze/packing/tokens.h"

#define INSTANCE_DIMENSIONS_MAX 1000
#define INSTANCE_TYPES_MAX 10000

/* problem: empty before, packing_problem_done'd by the caller, on failure too. -EINVAL
 * with file and line. */
int instance_parse_cap(
	struct tokens *tokens, struct packing_problem *problem, struct err *err);
int instance_parse_series(struct tokens *tokens, enum instance_demand demand,
	struct packing_problem *problem, struct err *err);

#endif
