/*
 * The independent checker: reads the problem as stated and adds up, with nothing of
 * the solvers' code or data structures.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_PACKING_CHECKER_H
#define ANALYZE_PACKING_CHECKER_H

#include "analyze/packing/problem.h"

/*
 * checker_check - every capacity, count, constraint and sum of a result, in integers
 *
 * Also the recoveries, where the problem asks for failover; the bound cannot be checked
 * here but for lower_bound <= value, and equality where it is called proven.  Returns
 * 0, or -EPROTO with the first violation in words.
 */
int checker_check(const struct packing_problem *problem,
	const struct packing_result *result, struct err *err);

/* checker_check_placement - the placement alone (host_of and host_type) */
int checker_check_placement(const struct packing_problem *problem,
	const size_t *host_type, size_t host_count, const size_t *host_of,
	struct err *err);

#endif
