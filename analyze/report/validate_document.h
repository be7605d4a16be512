/* The report of a validation: the machine section by section, then what does not fit. */
#ifndef ANALYZE_REPORT_VALIDATE_DOCUMENT_H
#define ANALYZE_REPORT_VALIDATE_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/validate/validate.h"

struct document *validate_document(const struct validation *validation);

#endif
