/*
 * What of the store is whole, rebuilt, lost.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_FSCK_DOCUMENT_H
#define ANALYZE_REPORT_FSCK_DOCUMENT_H

#include "analyze/document/document.h"
#include "store/fsck.h"

struct document *fsck_document(const struct fsck_report *report);

#endif
