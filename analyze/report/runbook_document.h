/*
 * What `analyze runbook` says: what stands against it, what is missing, or what was written.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_RUNBOOK_DOCUMENT_H
#define ANALYZE_REPORT_RUNBOOK_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/runbook/runbook.h"

/* dir  NULL: nothing was written */
struct document *runbook_document(const struct runbook *runbook, const char *dir);
/* The settings of a target, for who has not begun yet. */
struct document *runbook_settings_document(
	const struct tasks *tasks, const char *target);

#endif
