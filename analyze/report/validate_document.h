/*
 * The report of a validation: the machine section by section, then what does not fit.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_VALIDATE_DOCUMENT_H
#define ANALYZE_REPORT_VALIDATE_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/validate/validate.h"

struct document *validate_document(const struct validation *validation);

#endif
