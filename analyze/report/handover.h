/*
 * The report that is handed over: a page, or a workbook.  One sentence first, then what
 * stops the move, the plan, the estate, a dossier for each workload, the quality of the
 * data, and how all of it was computed.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_HANDOVER_H
#define ANALYZE_REPORT_HANDOVER_H

#include "analyze/assess/assess.h"
#include "analyze/document/document.h"
#include "analyze/estate/outline.h"

#include <cjson/cJSON.h>

struct waves_view; /* analyze/report/waves_document.h */

/* All borrowed. */
struct handover {
	const struct assess_request *request;
	const struct assessment *assessments; /* with the order of outlines */
	const struct outline *outlines;
	size_t count;
	const cJSON *plan;     /* "headroom/plan/1"; NULL: none was made */
	const cJSON *backtest; /* "headroom/backtest/1" of it; NULL: not replayed */
	const char *plan_path; /* NULL: the newest plan of the store */
	int64_t from, to;      /* of all that is stored; 0, 0: nothing */
	const struct waves_view *waves; /* NULL: nobody asked for the order */
};

/* All parts, one behind the other. */
struct document *handover_document(const struct handover *handover);

/* ---- its parts ---------------------------------------------------------------------- */

/* The order in which they move (waves_document.h); nothing where h->waves is NULL. */
void handover_waves(struct document *document, const struct handover *handover);
void handover_waves_sheet(struct document *document, const struct handover *handover);
/* Each writes its part at the document's end. */
void handover_plan(struct document *document, const struct handover *handover);
void handover_dossiers(struct document *document, const struct handover *handover);
void handover_sheets(struct document *document, const struct handover *handover);

/* Which host of the plan a workload is placed on; NULL: none. */
const char *handover_host_of(const struct handover *handover, const char *workload);
/* A number of a JSON object; NAN where it is not there. */
double handover_number(const cJSON *object, const char *key);
const char *handover_text(const cJSON *object, const char *key);
/* The id of a workload's dossier on the page. */
const char *handover_id(struct document *document, size_t index);

#endif
