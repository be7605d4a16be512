/*
 * Reads everything in a store and says what is whole, rebuilt or lost.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_FSCK_H
#define STORE_FSCK_H

#include "store/store.h"

enum fsck_state {
	FSCK_WHOLE,
	FSCK_REBUILT, /* was damaged; nothing that was stored is missing */
	FSCK_LOST,    /* what was stored and cannot be read back */
};

struct fsck_item {
	char *what; /* "headroom.db", "rrd/web1/cpu.rrd" */
	enum fsck_state state;
	char *text; /* why; NULL when whole */
};

struct fsck_report {
	struct fsck_item *item; /* all that is not whole */
	size_t count;
	size_t whole, rebuilt, lost;
	uint64_t bytes_read;
	/* of files that the daemon writes; one that changes has no sum yet of its newest */
	uint64_t rows_checked, rows_unchecked;
};

/*
 * fsck_run - read every file; repair where the writer lock can be had
 *
 * Never runs while a writer is at work (waits up to timeout_ms for the lock); without
 * the right to write it only looks.
 */
int fsck_run(struct store *store, int timeout_ms, struct fsck_report *ret_report,
	struct err *err);
void fsck_report_done(struct fsck_report *report);

#endif
