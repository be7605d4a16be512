/*
 * Deliberate faults for the tests of the tests: a build with -DHEADROOM_MUTANTS
 * (make BUILD=build/mutants CPPFLAGS=-DHEADROOM_MUTANTS) has the fault that the
 * environment names in HEADROOM_MUTANT, and with HEADROOM_SLOW takes its time between
 * the steps that a kill or a power cut should separate.  Any other build has none of it.
 */
#ifndef COMMON_MUTANT_H
#define COMMON_MUTANT_H

#include <stdbool.h>

#ifdef HEADROOM_MUTANTS
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline bool mutant_is(const char *name)
{
	const char *wanted = getenv("HEADROOM_MUTANT");

	return wanted && strcmp(wanted, name) == 0;
}

/* 32 kB that nobody frees. */
static inline void mutant_leak(const char *name)
{
	void *leaked = mutant_is(name) ? malloc(32768) : NULL;

	if (leaked)
		memset(leaked, 1, 32768);
	__asm__ volatile("" : : "r"(leaked) : "memory"); /* or the compiler sees it */
}

static inline void mutant_pause(void)
{
	const struct timespec pause = { .tv_nsec = 40000000 };

	if (getenv("HEADROOM_SLOW"))
		(void)nanosleep(&pause, NULL);
}
#else
static inline void mutant_pause(void)
{
}

static inline void mutant_leak(const char *name)
{
	(void)name;
}

static inline bool mutant_is(const char *name)
{
	(void)name;
	return false;
}
#endif

#endif
