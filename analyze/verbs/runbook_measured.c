#include "analyze/verbs/runbook_measured.h"

#include "common/array.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int assess_machine(struct runbook_measured *measured, struct err *err)
{
	const struct estate *estate = &measured->estate;
	struct facts facts;
	int r = assess_facts(estate->store, estate->chosen[0], &facts, err);

	return r < 0
		? r
		: assess_workload(estate, estate->chosen[0], &measured->assess.request,
			  &facts, measured->assessment, err);
}

int runbook_measure(const struct context *context, const char *target,
	struct runbook_measured *measured, struct runbook_request *request,
	struct err *err)
{
	struct estate_request wanted = screen_request(&measured->screen, context, 0, 1);
	int r;

	wanted.profile = target;
	wanted.is_for_steps = true;
	r = estate_open(&wanted, &measured->estate, err);
	if (r == 0)
		r = assess_begin(&measured->estate, NAN, &measured->assess, err);
	if (r < 0)
		return r;
	measured->assessment = calloc(1, sizeof(*measured->assessment));
	if (!measured->assessment)
		return err_oom(err);
	r = assess_machine(measured, err);
	if (r == 0 && measured->assessment->sufficiency.grade != GRADE_INSUFFICIENT) {
		const struct requirement *needed = &measured->assessment->requirement;

		request->alloc_bytes = needed->alloc_bytes;
		request->reserved_percent = needed->reserved_percent;
		request->cores_needed = needed->cores_needed;
	}
	return r;
}

void runbook_measured_done(struct runbook_measured *measured)
{
	if (measured->assessment)
		assessment_done(measured->assessment);
	free(measured->assessment);
	assess_end(&measured->assess);
	estate_close(&measured->estate);
}

int runbook_measured_blockers(const struct runbook_measured *measured,
	const struct library *library, struct validation *validation, struct err *err)
{
	const struct assessment *assessment = measured->assessment;

	for (size_t i = 0; assessment && i < assessment->findings.count; i++) {
		const struct finding *finding = &assessment->findings.finding[i];
		const struct rule *rule = library_rule(library, finding->rule->id);
		struct incompatibility one = { .severity = CHECK_BLOCKER };
		char text[1024];
		bool is_there = false;

		for (size_t k = 0; k < validation->count; k++)
			is_there |= strcmp(validation->item[k].rule,
					    finding->rule->id) == 0;
		if (finding->outcome != OUTCOME_DISQUALIFIED || is_there || !rule)
			continue;
		assess_finding_text(assessment, i, text, sizeof(text));
		if (ARRAY_EXTEND(validation->item, validation->count) < 0)
			return err_oom(err);
		one.rule = rule->id;
		one.source = rule->source;
		one.checked = rule->checked;
		one.at = strdup(heading_name(rule->heading));
		one.text = strdup(text);
		one.remedy = rule->remedy ? strdup(rule->remedy) : NULL;
		validation->item[validation->count++] = one;
		validation->is_success = false;
	}
	return 0;
}
