/*
 * Is there a packing of so many hosts?  With good prices few fillings of a host can be
 * in one, and those can be searched whole: the answer is a packing or a proof.
 *
 * Let V be the worth of the best filling and S = target V - sum(price demand), the
 * slack.  In a packing of `target` hosts the worths by which fillings stay under V and
 * the prices of what is covered more than needed add up to S exactly, so no filling
 * under V - S takes part.  All of it in integers.
 */
#ifndef ANALYZE_PACKING_REFUTE_H
#define ANALYZE_PACKING_REFUTE_H

#include "analyze/packing/state.h"
#include "analyze/packing/work.h"

struct refute_limits {
	size_t fillings; /* give up when there are more */
	uint64_t nodes;  /* of each search */
};

enum refute_answer {
	REFUTE_UNKNOWN,
	REFUTE_NONE,  /* proven: no packing of so many hosts */
	REFUTE_FOUND, /* in ret_state */
};

/*
 * refute_run - for models of one host type
 *
 * price  [unit] >= 0
 *
 * Returns 0 or -ENOMEM.
 */
int refute_run(const struct model *model, const int64_t *price, int64_t target,
	const struct refute_limits *limits, struct work *work, struct state *ret_state,
	enum refute_answer *ret_answer);

#endif
