/* One recorder and what it begins with, for the scenarios of the daemon. */
#ifndef TESTS_UNIT_STORE_EACH_FAULT_DAEMON_H
#define TESTS_UNIT_STORE_EACH_FAULT_DAEMON_H

#include "tests/unit/store/each_fault.h"

#include "collectord/recorder/recorder_state.h"

#define FAULT_FIRST_S INT64_C(1700006400)
#define FAULT_STEP_S 60
#define FAULT_TICKS 30

#define THEN(call)                  \
	do {                        \
		if (r >= 0)         \
			r = (call); \
	} while (0)

/* Large, and there is one. */
extern struct recorder fault_recorder;
/* What cannot be done now is tried again later: that is told by its text. */
int fault_recorder_up(const char *dir, struct err *err);
void fault_recorder_down(void);

/* A description of ticks in that folder; the wider one has a data source more. */
uint64_t fault_layout(const char *runtime, bool is_wider);

/* What a scenario begins with: half an hour of too much memory in the ring, then little, with
 * a gap and events; the same staged, in the archives, in the database. */
void fault_filled_ring(const char *dir);
void fault_staged_ticks(const char *dir);
void fault_written_ticks(const char *dir);
void fault_recorded_ticks(const char *dir);

/* Scenarios. */
int fault_take_and_judge(const char *dir, const void *what, struct err *err);
int fault_record_batch(const char *dir, const void *what, struct err *err);
/* what: a bool, does it give up waiting? */
int fault_write_staged(const char *dir, const void *what, struct err *err);
extern const bool fault_waits;

#endif
