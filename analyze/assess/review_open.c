#include "analyze/assess/review_open.h"

#include "analyze/assess/assess.h"
#include "common/strbuf.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* What can be accepted is a REVIEW that stands open now; a disqualification cannot. */
static int judge_open(const struct assessment *a, const char *profile, const char *rule,
	struct err *err)
{
	const char *name = a->workload->name;
	struct strbuf open;
	bool is_closed = false;
	int r = 0;

	strbuf_init(&open, 300);
	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];
		bool is_it = strcmp(f->rule->id, rule) == 0;

		if (is_it && f->outcome == OUTCOME_REVIEW) {
			strbuf_done(&open);
			return 0;
		}
		if (f->outcome == OUTCOME_REVIEW &&
			!strstr(strbuf_text(&open), f->rule->id))
			strbuf_addf(&open, "%s%s", *strbuf_text(&open) ? ", " : "",
				f->rule->id);
		is_closed |= is_it && f->outcome == OUTCOME_DISQUALIFIED;
	}
	if (is_closed)
		r = err_set(err, -EINVAL,
			"%s disqualifies %.100s under %s: a disqualification cannot be "
			"accepted; to plan with it all the same: analyze plan --include "
			"disqualified",
			rule, name, profile);
	else
		r = err_set(err, -EINVAL,
			"%.100s has no open REVIEW of %s under %s (open: %s)", name,
			rule, profile,
			*strbuf_text(&open) ? strbuf_text(&open) : "none");
	strbuf_done(&open);
	return r;
}

int review_check_open(const struct estate *estate, const struct workload *workload,
	const char *rule, struct err *err)
{
	struct assessment assessment;
	struct assess_run run;
	struct facts facts;
	int r = assess_begin(estate, NAN, &run, err);

	if (r < 0)
		return r;
	r = assess_facts(estate->store, workload, &facts, err);
	if (r == 0)
		r = assess_workload(
			estate, workload, &run.request, &facts, &assessment, err);
	if (r == 0) {
		r = judge_open(&assessment, run.request.profile->id, rule, err);
		assessment_done(&assessment);
	}
	assess_end(&run);
	return r;
}
