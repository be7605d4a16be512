/*
 * What is stated of workloads, and what may be stated.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_INVENTORY_DOCUMENT_H
#define ANALYZE_REPORT_INVENTORY_DOCUMENT_H

#include "analyze/document/document.h"
#include "store/db/facts.h"
#include "store/db/workloads.h"
#include "store/store.h"

/* facts: of each workload. */
struct document *inventory_document(const struct workload *const *workload,
	const struct fact_list *facts, size_t count);

/* Only what rules ask for first and nobody states. */
struct document *missing_document(const struct workload *const *workload,
	const struct fact_list *facts, size_t count);

/* Every fact there is, with an example. */
struct document *fact_keys_document(void);

#endif
