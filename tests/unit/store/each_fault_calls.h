/*
 * Calls that fail on purpose: those of libc, SQLite and librrd that the code under test makes
 * itself are taken by name in this program, and one of them fails.
 *
 * A call is counted where it comes from our own code; what a library asks of another is its
 * own matter.  Calls of one place (the same functions on the stack) are one fault.
 */
#ifndef TESTS_UNIT_STORE_EACH_FAULT_CALLS_H
#define TESTS_UNIT_STORE_EACH_FAULT_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
	FAULT_MEMORY,      /* an allocation gets NULL */
	FAULT_EIO,         /* any call: the disk refuses */
	FAULT_DEAD,        /* it, and every call after it */
	FAULT_PATH,        /* a path does not fit */
	FAULT_EINTR,       /* a transfer is interrupted before it began */
	FAULT_SHORT,       /* it does half of what it was asked for */
	FAULT_END,         /* there is nothing more to be read */
	FAULT_SQL,         /* SQLite could not read or write */
	FAULT_SQL_DAMAGED, /* SQLite says that the file is damaged */
	FAULT_KINDS,
};

enum { FAULT_NONE = -1, FAULT_CALLS_MAX = 16384 };

/* From here on the calls of that kind are counted; the one of that number (from 0) fails. */
void each_fault_arm(enum fault_kind kind, long number);
/* How many there were. */
long each_fault_disarm(bool *ret_has_struck);
/* What a scenario calls itself, in somebody else's place, does not count. */
void each_fault_pause(bool is_paused);
/* The place that a counted call came from. */
uint64_t each_fault_place(long number);

/* Where the one that failed was called, from the inside out, for addr2line -e. */
void each_fault_where(char *text, size_t size);

/* Memory that our own code asked for and has not given back. */
long each_fault_blocks(void);

#endif
