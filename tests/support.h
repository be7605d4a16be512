/* What every test program includes first: cmocka with its prerequisites, and the
 * comparison of doubles that cmocka 1.1 lacks. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/random.h"
#include "common/util.h"

/* Equal within an absolute or relative tolerance; NAN equals NAN. */
#define assert_near(got, wanted, tolerance) \
	support_assert_near((got), (wanted), (tolerance), #got, __FILE__, __LINE__)

static inline void support_assert_near(double got, double wanted, double tolerance,
	const char *what, const char *file, int line)
{
	double scale = fabs(wanted) > 1 ? fabs(wanted) : 1;

	if ((isnan(got) && isnan(wanted)) || got == wanted ||
		fabs(got - wanted) <= tolerance * scale)
		return;
	print_error("%s is %.17g, wanted %.17g\n", what, got, wanted);
	_fail(file, line);
}

/* Skips the test and says why, in a line that tests/run.sh prints. */
#define support_skip(why)                      \
	do {                                   \
		printf("# SKIP: %s\n", (why)); \
		fflush(stdout);                \
		skip();                        \
	} while (0)

/*
 * The repeatable random numbers of common/random.h.  Print the seed on failure;
 * HEADROOM_SEED overrides it.
 */
static inline uint64_t support_random(uint64_t *state)
{
	return random_next(state);
}

static inline double support_uniform(uint64_t *state)
{
	return random_uniform(state);
}

static inline uint64_t support_seed(uint64_t fallback)
{
	const char *text = getenv("HEADROOM_SEED");

	return text ? strtoull(text, NULL, 10) : fallback;
}

#endif
