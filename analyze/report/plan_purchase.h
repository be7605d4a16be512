/* What a plan's page says of hosts to buy: those that are missing, and each in use, if new. */
#ifndef ANALYZE_REPORT_PLAN_PURCHASE_H
#define ANALYZE_REPORT_PLAN_PURCHASE_H

#include "analyze/document/document.h"
#include "analyze/report/plan_view.h"

/* How many hosts more, of which type, and what they would have to be; nothing where none
 * is missing. */
void plan_page_add_missing(struct document *document, const struct plan_view *view);

/* What each host in use would have to be, if new, and how many are retired. */
void plan_page_add_purchase(struct document *document, const struct plan_view *view);

#endif
