/*
 * What the daemon has raised, and the windows in which it keeps quiet.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_ALERTS_DOCUMENT_H
#define ANALYZE_REPORT_ALERTS_DOCUMENT_H

#include "analyze/document/document.h"
#include "store/db/alerts.h"
#include "store/db/health.h"

struct document *alerts_document(const struct alert_list *list);
struct document *maintenance_document(const struct maintenance_list *list);

#endif
