/* Shares of units over the types of a given set of hosts: what no packing can beat. */
#ifndef ANALYZE_SOLVER_ASSIGN_H
#define ANALYZE_SOLVER_ASSIGN_H

#include "analyze/packing/knapsack_classes.h"
#include "analyze/packing/wire_task.h"

struct assign; /* opaque: of one environment; the next set begins where the last ended */

/* model, classes: borrowed.  NULL: no memory. */
struct assign *assign_new(const struct model *model,
	const struct knapsack_classes *classes, size_t environment);
void assign_free(struct assign *assign); /* NULL is a no-op */

/*
 * assign_run - the even filling of all types by shares of units
 *
 *     min fill,  sum over i of size[i][row] x[i][type] <= fill count[type] capacity,
 *     sum over types of x[i][type] = 1
 *
 * task: of its environment; sizes count scale[row] times.  Returns 0, -EDOM where some unit has no type, -EIO or -ENOMEM;
 * free the answer with wire_assign_answer_done after 0.
 */
int assign_run(struct assign *assign, const struct wire_assign *task,
	struct wire_assign_answer *ret_answer);

#endif
