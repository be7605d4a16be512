/* Shares of units over the types of a given set of hosts: what no packing can beat. */
#ifndef ANALYZE_SOLVER_ASSIGN_H
#define ANALYZE_SOLVER_ASSIGN_H

#include "analyze/packing/knapsack_classes.h"
#include "analyze/packing/wire_task.h"

/*
 * assign_run - the even filling of all types by shares of units
 *
 *     min fill,  sum over i of size[i][row] x[i][type] <= fill count[type] capacity,
 *     sum over types of x[i][type] = 1
 *
 * Returns 0, -EDOM where some unit has no type, -EIO or -ENOMEM; free the answer with
 * wire_assign_answer_done after 0.
 */
int assign_run(const struct model *model, const struct knapsack_classes *classes,
	const struct wire_assign *task, struct wire_assign_answer *ret_answer);

#endif
