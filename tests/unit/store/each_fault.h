/* What each fault is tried on: a scenario begins in a folder of its own and says how it went. */
#ifndef TESTS_UNIT_STORE_EACH_FAULT_H
#define TESTS_UNIT_STORE_EACH_FAULT_H

#include "common/err.h"
#include "tests/unit/store/each_fault_calls.h"

#include <stdbool.h>
#include <stddef.h>

/* Bits of enum fault_kind. */
#define FAULT_BIT(kind) (1u << (kind))
#define ALL_FAULTS (FAULT_BIT(FAULT_KINDS) - 1)
/* Without the second way in which SQLite fails: where the first says it all. */
#define PLAIN_FAULTS (ALL_FAULTS & ~FAULT_BIT(FAULT_SQL_DAMAGED))
/* Beside the kinds, of one that takes long: where not all places are tried, only each n-th of
 * those that would be. */
#define ONE_OF(n) ((unsigned)(n) << 16)

struct fault_scenario {
	const char *name;
	/* Makes what it begins with; NULL: an empty folder. */
	void (*prepare)(const char *dir);
	/* 0 or a negative errno with the text set; everything is closed and freed. */
	int (*run)(const char *dir, const void *what, struct err *err);
	const void *what; /* handed to run */
	/* After a run that said 0: is all there?  NULL: run has looked itself. */
	bool (*is_right)(const char *dir);
	unsigned kinds;
	/* After a fault the same again succeeds, in the same folder; else it is not tried. */
	bool is_repeatable;
};

extern struct fault_scenario each_fault_database[];
extern const size_t each_fault_database_count;
extern struct fault_scenario each_fault_archives[];
extern const size_t each_fault_archives_count;
extern struct fault_scenario each_fault_names[];
extern const size_t each_fault_names_count;
extern struct fault_scenario each_fault_daemon[];
extern const size_t each_fault_daemon_count;
extern struct fault_scenario each_fault_turn[];
extern const size_t each_fault_turn_count;
/* This program as collectord-writer. */
int each_fault_as_writer(int argc, char **argv);

#endif
