/* What a finding says to people: analyze/assess/assess.h. */
#include "analyze/assess/assess.h"

#include <stdio.h>
#include <string.h>

#define COARSE_SLOT_S 300

bool assess_is_of_unknown_length(
	const struct assessment *assessment, const struct excursion *excursion)
{
	return assessment->excursion_step_s > COARSE_SLOT_S &&
		excursion_length_s(excursion) <= (int64_t)assessment->excursion_step_s;
}

const struct rule *assess_excursion_rule(
	const struct assessment *assessment, const struct excursion *excursion)
{
	const char *class = excursion->is_sustained ? "sustained" : "short";

	for (size_t i = 0; i < assessment->findings.count; i++) {
		const struct finding *finding = &assessment->findings.finding[i];

		if (finding->item && finding->item->scope == SCOPE_EXCURSION &&
			strcmp(field_item_get(finding->item, FIELD_EXCURSION_CLASS)
					->text,
				class) == 0)
			return finding->rule;
	}
	return NULL;
}

/* The first field that would have to be known; -1: none. */
static int missing_field(const struct finding *f)
{
	if (!f->is_for_missing)
		return f->rule->when.kind == CONDITION_COMPARE ? f->rule->when.field
							       : -1;
	for (int i = 0; i < FIELD_COUNT; i++) {
		if (f->missing.is_missing[i])
			return i;
	}
	return -1;
}

int64_t assess_too_short_s(const struct assessment *assessment, size_t finding)
{
	int field = missing_field(&assessment->findings.finding[finding]);
	const struct workload_peaks *peaks = &assessment->peaks;

	if ((field != FIELD_CPU_MHZ && field != FIELD_CORES_NEEDED) ||
		!peaks->resource[RESOURCE_CPU].is_counted ||
		peaks->to - peaks->from >= DURATION_15_MIN_S)
		return 0;
	return peaks->to - peaks->from;
}

/* What is not known comes before what the rule says: with it goes how to state it, or
 * how long to wait where only time is missing. */
void assess_finding_text(
	const struct assessment *assessment, size_t finding, char *text, size_t size)
{
	const struct finding *f = &assessment->findings.finding[finding];
	const struct review *review = assessment->review[finding];
	int64_t stored_s = assess_too_short_s(assessment, finding);
	char supply[300];
	size_t used;

	if (stored_s > 0) {
		(void)snprintf(text, size,
			"no mean of CPU over 15 minutes yet: %lld s are stored, wait %lld "
			"s more",
			(long long)stored_s, (long long)(DURATION_15_MIN_S - stored_s));
		return;
	}
	if (f->is_for_missing || f->rule->severity == SEVERITY_UNKNOWN) {
		int field = missing_field(f);

		field_supply(field < 0 ? 0 : field, assessment->workload->name, supply,
			sizeof(supply));
		if (f->is_assumed)
			(void)snprintf(text, size,
				"%s is not stated and taken as absent: %s; analyze %s",
				field < 0 ? "a fact" : field_name(field), f->rule->text,
				supply);
		else if (f->is_for_missing)
			(void)snprintf(text, size,
				"%s is not known, so this cannot be ruled out: %s; "
				"analyze %s",
				field < 0 ? "a figure" : field_name(field),
				f->rule->text, supply);
		else
			(void)snprintf(
				text, size, "%s; analyze %s", f->rule->text, supply);
		return;
	}
	(void)snprintf(text, size, "%s", f->rule->text);
	used = strlen(text);
	if (f->item) {
		(void)snprintf(text + used, size - used, " (%s)", f->item->label);
		used = strlen(text);
	}
	if (review && f->outcome == OUTCOME_REVIEW)
		(void)snprintf(text + used, size - used, "; %s by %s: %s",
			review->is_accepted ? "accepted" : "rejected",
			review->decided_by, review->reason);
}
