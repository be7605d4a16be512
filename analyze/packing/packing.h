/*
 * The packing engine: bounds, heuristics, improvement, the exact phase in a child
 * process; every answer has passed the checker.  Method: docs/method.md, "Packing".
 */
#ifndef ANALYZE_PACKING_PACKING_H
#define ANALYZE_PACKING_PACKING_H

#include "analyze/packing/problem.h"

#include <signal.h>

struct packing_progress {
	double seconds;
	size_t unplaced_count;
	int64_t value; /* as lower_bound: hosts or cost */
	int64_t lower_bound;
	const char *phase;
};

/* A packing of the problem that is known already; borrowed. */
struct packing_start {
	const size_t *host_type; /* [host_count] */
	size_t host_count;
	const size_t *host_of; /* [item_count]; PACKING_NONE: left out */
};

struct packing_options {
	double time_limit_s; /* for everything; <= 0: 10 s */
	uint64_t seed;
	const struct packing_start *start; /* to be bettered; NULL: none is known */
	bool without_solver;               /* do not start headroom-solver */
	bool without_search; /* of small problems whole: what tests of the rest want */
	const char *solver_path; /* NULL: beside the program, then the libexec folder */
	const volatile sig_atomic_t *is_cancelled; /* NULL: never; set by Ctrl-C */
	void (*report)(void *closure, const struct packing_progress *progress);
	void *closure;
};

/*
 * packing_solve - fewest items left out, then lowest cost, then fewest hosts
 *
 * Same problem, options and seed: same result, unless is_cut_by_clock.  Returns 0 (a
 * result, perhaps with items left out), -EINVAL for a problem that packing_problem_check
 * refuses, -ENOMEM, or -EPROTO when an answer of ours failed the checker (a defect here,
 * never a matter of the input).  Free with packing_result_done.
 */
int packing_solve(const struct packing_problem *problem,
	const struct packing_options *options, struct packing_result *ret_result,
	struct err *err);

/*
 * packing_recover - the failover check of a packing: every loss of k used hosts
 *
 * host_of, host_type  as in the result
 *
 * Writes the losses in order of host numbers.  Returns 0 or -ENOMEM; free with
 * packing_recovery_free.
 */
int packing_recover(const struct packing_problem *problem, unsigned k,
	const size_t *host_type, size_t host_count, const size_t *host_of,
	struct packing_recovery **ret_recovery, size_t *ret_count);
void packing_recovery_free(struct packing_recovery *recovery, size_t count);

#endif
