/*
 * The plans of the store: their list, and one of them shown again.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_KEPT_PLAN_DOCUMENT_H
#define ANALYZE_REPORT_KEPT_PLAN_DOCUMENT_H

#include "analyze/document/document.h"
#include "common/json_doc.h"
#include "store/db/plans.h"

struct document *kept_plans_document(const struct kept_plan_list *list);

/* root: what `analyze plan --json` printed then; borrowed until the document is there. */
struct document *kept_plan_document(int64_t id, const cJSON *root);

#endif
