/* Small problems at random, and all their packings tried one by one. */
#ifndef TESTS_UNIT_PACKING_PACKING_BRUTE_H
#define TESTS_UNIT_PACKING_PACKING_BRUTE_H

#include "tests/support.h"
#include "analyze/packing/certificate.h"
#include "analyze/packing/checker.h"
#include "analyze/packing/knapsack.h"
#include "analyze/packing/packing.h"
#include <errno.h>
#include <string.h>

#define ITEMS 5
#define SLOTS 4 /* hosts in all */
#define SPARES 2

struct mode {
	const char *name;
	size_t slots; /* of the first dimension */
	size_t variants;
	bool has_costs, has_setup, has_constraints, separates, has_spares, has_volumes;
	unsigned failover;
	unsigned cases;
};

struct answer {
	size_t unplaced, hosts;
	int64_t cost;
	bool exists;
};

struct brute {
	const struct packing_problem *problem;
	size_t slot_type[SLOTS + 1 +
		SPARES]; /* then, after one for nowhere, the spare */
	size_t slot_count, spare_count;
	size_t slot_of[ITEMS]; /* SLOTS: left out */
	struct answer best, best_surviving;
};

size_t pick(uint64_t *random, size_t below);

void make_problem(
	struct packing_problem *problem, const struct mode *mode, uint64_t *random);

void brute_from(struct brute *b, size_t item);

#endif
