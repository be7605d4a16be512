/*
 * Deliberate faults for the tests of the tests: a build with -DHEADROOM_MUTANTS
 * (make BUILD=build/mutants CPPFLAGS=-DHEADROOM_MUTANTS) has the fault that the
 * environment names in HEADROOM_MUTANT.  Any other build has none of them.
 */
#ifndef COMMON_MUTANT_H
#define COMMON_MUTANT_H

#include <stdbool.h>

#ifdef HEADROOM_MUTANTS
#include <stdlib.h>
#include <string.h>

static inline bool mutant_is(const char *name)
{
	const char *wanted = getenv("HEADROOM_MUTANT");

	return wanted && strcmp(wanted, name) == 0;
}
#else
static inline bool mutant_is(const char *name)
{
	(void)name;
	return false;
}
#endif

#endif
