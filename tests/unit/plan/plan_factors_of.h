/* The factors that tests of plans begin with, as initialisers of struct plan_factors. */
#ifndef TESTS_UNIT_PLAN_PLAN_FACTORS_OF_H
#define TESTS_UNIT_PLAN_PLAN_FACTORS_OF_H

#include "analyze/plan/plan_types.h"

/* Everything counts as it is. */
#define PLAIN_FACTORS                                                     \
	.profile = "plain", .memory_factor = 1, .cpu_available_ratio = 1, \
	.network_ratio = 1, .storage_factor = 1

/* The documented ones of the toolkit of 2005. */
#define TOOLKIT_FACTORS                                                              \
	.profile = "virtual-server-2005-r2", .memory_factor = 1.25,                  \
	.counts_host_memory = true, .cpu_available_ratio = 0.75,                     \
	.has_reservations = true, .network_ratio = 0.75, .wants_host_adapter = true, \
	.storage_factor = 1.25

#endif
