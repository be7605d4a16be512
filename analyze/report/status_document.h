/*
 * What is stored of whom, and how the daemon does.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_STATUS_DOCUMENT_H
#define ANALYZE_REPORT_STATUS_DOCUMENT_H

#include "analyze/assess/judged.h"
#include "analyze/document/document.h"
#include "store/db/events.h"
#include "store/db/health.h"

/* All borrowed. */
struct status {
	const char *data_dir;
	int64_t now;
	const struct workload *const *chosen;
	const struct workload_judgement *judged;
	const struct gap_list *gaps; /* by workload; empty where gaps are not noted */
	size_t count;
	struct collector_health health;
	bool has_health, is_running;
	bool is_silent;  /* it runs, and does not answer */
	bool is_failing; /* the recorder's last attempt to store something */
	bool lists_gaps; /* each of them, for people */
};

/* Its gaps are noted one by one, to the second. */
bool status_has_gap_rows(const struct workload *workload);

struct document *status_document(const struct status *status);

#endif
