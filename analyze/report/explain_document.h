/*
 * How a number came about, and the dossier of each excursion.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_EXPLAIN_DOCUMENT_H
#define ANALYZE_REPORT_EXPLAIN_DOCUMENT_H

#include "analyze/report/explain_subject.h"

struct document *explain_document(const struct explain_subject *subject);

#endif
