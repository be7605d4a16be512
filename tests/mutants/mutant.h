/*
 * What the RUNTIME rows of table.py call; the copy of the tree that they are put into is
 * compiled with -include of this file.  The program has the fault that HEADROOM_MUTANT
 * names in its environment.
 */
#ifndef TESTS_MUTANTS_MUTANT_H
#define TESTS_MUTANTS_MUTANT_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline bool mutant_is(const char *name)
{
	const char *wanted = getenv("HEADROOM_MUTANT");

	return wanted && strcmp(wanted, name) == 0;
}

static inline void mutant_pause_ms(long ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000000 };

	(void)nanosleep(&pause, NULL);
}

/* 32 kB that nobody frees. */
static inline void mutant_leak(const char *name)
{
	void *leaked = mutant_is(name) ? malloc(32768) : NULL;

	if (leaked)
		memset(leaked, 1, 32768);
	__asm__ volatile("" : : "r"(leaked) : "memory"); /* or the compiler sees it */
}

/* With HEADROOM_SLOW: time for a kill or a power cut between two steps. */
static inline void mutant_slow(void)
{
	if (getenv("HEADROOM_SLOW"))
		mutant_pause_ms(40);
}

#endif
