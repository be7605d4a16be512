/* The parsers of the instance formats that begin with a word.  Internal. */
#ifndef ANALYZE_PACKING_INSTANCE_TEXT_H
#define ANALYZE_PACKING_INSTANCE_TEXT_H

#include "analyze/packing/instance.h"
#include "analyze/packing/tokens.h"

#define INSTANCE_DIMENSIONS_MAX 1000
#define INSTANCE_TYPES_MAX 10000

/* packing_problem_init with a ceiling, and the line in the message. */
int instance_allocate(struct packing_problem *problem,
	const struct packing_dimension *dimensions, size_t dimension_count,
	size_t type_count, size_t item_count, const struct tokens *tokens,
	struct err *err);

int instance_parse_cap(
	struct tokens *tokens, struct packing_problem *problem, struct err *err);
int instance_parse_series(struct tokens *tokens, enum instance_demand demand,
	struct packing_problem *problem, struct err *err);

#endif
