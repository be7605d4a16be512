/* Branch and bound over a small integer programme, kept as a proof that others check. */
#ifndef ANALYZE_SOLVER_BRANCH_H
#define ANALYZE_SOLVER_BRANCH_H

#include "analyze/packing/wire_task.h"
#include "analyze/packing/work.h"

/*
 * branch_run - the cheapest solution found, and the division behind the bound
 *
 * Best first, so that the proof is as good as the time allowed.  Returns 0 or -ENOMEM;
 * free the answer with wire_mip_answer_done in both cases.
 */
int branch_run(const struct wire_mip *task, struct work *work,
	struct wire_mip_answer *ret_answer);

#endif
