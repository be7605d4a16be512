/* A packing of a raw instance, with its bound. */
#ifndef ANALYZE_REPORT_PACK_DOCUMENT_H
#define ANALYZE_REPORT_PACK_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/packing/instance.h"
#include "analyze/packing/packing.h"

struct document *pack_document(
	const struct packing_instance *instance, const struct packing_result *result);

#endif
