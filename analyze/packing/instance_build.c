/* Room for a problem that a file states, under the ceiling of all formats. */
#include "analyze/packing/instance_build.h"

#include "analyze/packing/tokens.h"

#include <errno.h>

int instance_allocate(struct packing_problem *problem,
	const struct packing_dimension *dimensions, size_t dimension_count,
	size_t type_count, size_t item_count, const struct tokens *tokens,
	struct err *err)
{
	size_t rows = 0;
	struct err why = ERR_INIT;
	int r = 0;

	for (size_t d = 0; d < dimension_count; d++)
		rows += dimensions[d].slots;
	if (item_count && rows > INSTANCE_CELLS_MAX / item_count)
		return tokens_error(tokens, -E2BIG, err,
			"%zu items of %zu figures are more than the %zu allowed",
			item_count, rows, INSTANCE_CELLS_MAX);
	r = packing_problem_init(
		problem, dimensions, dimension_count, type_count, 1, item_count, &why);
	return r < 0 ? tokens_error(tokens, r, err, "%s", why.text) : 0;
}
