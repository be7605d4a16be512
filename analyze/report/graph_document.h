/*
 * The course of one figure of a workload: a picture, a line of blocks, points.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_GRAPH_DOCUMENT_H
#define ANALYZE_REPORT_GRAPH_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/estate/outline.h"
#include "store/files.h"

/* from, to: as they are shown; unit: UNIT_NONE where it is as stored. */
struct document *graph_document(const char *workload, const char *what, enum unit unit,
	const struct outline_course *course, int64_t from, int64_t to);

/* What is stored of a workload and can be drawn, by the names that `graph` takes. */
struct document *figures_document(
	const struct workload *workload, const struct store_file_list *files);

#endif
