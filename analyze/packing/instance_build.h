/*
 * What the parsers of instances share: how series count, and room for a problem.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_PACKING_INSTANCE_BUILD_H
#define ANALYZE_PACKING_INSTANCE_BUILD_H

#include "analyze/packing/problem.h"

#define INSTANCE_CELLS_MAX ((size_t)1 << 26) /* sizes in memory: 512 MiB */

struct tokens;

enum instance_demand {
	INSTANCE_COINCIDENT, /* the sum must fit in every slot */
	INSTANCE_PEAK,       /* the sum of each item's own peaks must fit */
};

/* packing_problem_init with a ceiling, and the line in the message. */
int instance_allocate(struct packing_problem *problem,
	const struct packing_dimension *dimensions, size_t dimension_count,
	size_t type_count, size_t item_count, const struct tokens *tokens,
	struct err *err);

#endif
