/*
 * A packing of a raw instance, with its bound.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_PACK_DOCUMENT_H
#define ANALYZE_REPORT_PACK_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/packing/instance.h"
#include "analyze/packing/packing.h"

struct document *pack_document(
	const struct packing_instance *instance, const struct packing_result *result);

#endif
