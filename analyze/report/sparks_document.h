/*
 * The course of every figure in a line of blocks: `peaks --spark`.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_SPARKS_DOCUMENT_H
#define ANALYZE_REPORT_SPARKS_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/estate/outline.h"

/* One outline for each of the chosen workloads. */
struct document *sparks_document(
	const struct estate *estate, const struct outline *outlines);

#endif
