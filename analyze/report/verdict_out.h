/* A verdict on paper: text, JSON, CSV, key=value. */
#ifndef ANALYZE_REPORT_VERDICT_OUT_H
#define ANALYZE_REPORT_VERDICT_OUT_H

#include "analyze/assess/assess.h"
#include "analyze/assess/judged.h"
#include "analyze/console/json_out.h"
#include "analyze/console/terminal.h"

void verdict_out_json(const struct context *context,
	const struct assess_request *request, const struct assessment *assessments,
	size_t count);
void verdict_out_csv(const struct context *context,
	const struct assessment *assessments, size_t count);
void verdict_out_kv(const struct context *context, const struct assess_request *request,
	const struct assessment *assessments, size_t count);

/* A line each; with is_detailed the findings, excursions and what to do as well. */
int verdict_out_text(const struct context *context,
	const struct assess_request *request, const struct assessment *assessments,
	size_t count, bool is_detailed, struct err *err);

/* {"grade":...,"reasons":[...],"earliest":D} */
void verdict_out_sufficiency(
	struct json_out *json, const char *key, const struct sufficiency *sufficiency);

/* The member "sufficiency"; null where nothing is stored. */
void verdict_out_judged(struct json_out *json, const struct judged *judged);

/* From, to, length, height and class, into the object that is open. */
void verdict_out_excursion(struct json_out *json, const struct assessment *assessment,
	const struct excursion *excursion);

/* MB, GB and Mb/s of the JSON; NAN stays. */
double verdict_mb(double bytes);

enum color verdict_color(enum verdict verdict);
enum color outcome_color(enum outcome outcome);

#endif
