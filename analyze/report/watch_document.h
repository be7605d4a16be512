/*
 * What this machine does now, beside its peaks of the hour and the day.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_WATCH_DOCUMENT_H
#define ANALYZE_REPORT_WATCH_DOCUMENT_H

#include "analyze/assess/assess.h"
#include "analyze/document/document.h"
#include "analyze/estate/today.h"
#include "store/live.h"

/* The last ticks, for small lines. */
#define WATCH_COURSE 14

/* All borrowed. */
struct watch_view {
	const char *name;
	const struct live_figures *live;
	struct installed has;
	struct today today;
	float course[RESOURCE_COUNT][WATCH_COURSE]; /* the newest last */
	bool is_silent;                             /* no new tick for a while */
};

/* A screen for people. */
struct document *watch_document(const struct watch_view *view);

/* One line a tick: for pipes, and as JSON for programs. */
struct document *watch_line_document(const struct watch_view *view);

#endif
