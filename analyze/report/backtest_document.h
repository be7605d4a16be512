/*
 * The recorded weeks replayed on a plan.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_BACKTEST_DOCUMENT_H
#define ANALYZE_REPORT_BACKTEST_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/plan/backtest.h"

/* All borrowed. */
struct backtest_view {
	const struct plan_factors *factors;
	const struct timeline *axis;
	const struct backtest_host *host; /* as in the result */
	const struct backtest *result;
	size_t absent; /* workloads of the plan that the store does not have */
};

struct document *backtest_document(const struct backtest_view *view);

#endif
