#include "analyze/assess/judged.h"

#include "analyze/estate/source.h"
#include "store/db/exclusions.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct judge_work {
	const struct estate *estate;
	const struct assess_request *request;
	struct facts *facts; /* read before: the database is for one thread */
	struct workload_judgement *judged;
};

static int judge_one(void *data, size_t index, struct err *err)
{
	struct judge_work *work = data;
	struct workload_judgement *judged = &work->judged[index];
	const struct workload *workload = work->estate->chosen[index];
	struct series_source *source = work->estate->source;
	struct load_set set;
	int r = -ENOTSUP;

	judged->has = assess_installed(&work->facts[index]);
	if (source && source->peaks)
		r = source->peaks(source, workload, &work->request->span,
			&judged->peaks, NULL, NULL, err);
	if (r != -ENOTSUP)
		return r;
	r = load_set_read(work->estate, workload, &work->request->span, &set, err);
	if (r < 0)
		return r;
	judged->is_judged = true;
	load_set_coverage(&set, &judged->coverage);
	r = load_set_peaks(&set, workload, &judged->peaks, err);
	if (r == 0 && set.period.count)
		r = sufficiency_judge(&set, &judged->peaks, &work->facts[index],
			&work->request->settings, &judged->sufficiency);
	load_set_done(&set);
	return r;
}

static int count_exclusions(struct store *store, const struct workload *workload,
	struct workload_judgement *judged, struct err *err)
{
	struct exclusion_list list;
	int r = store_exclusions(store, workload->id, &list, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++)
		judged->exclusions += list.exclusion[i].begin < judged->peaks.to &&
			list.exclusion[i].end > judged->peaks.from;
	exclusion_list_done(&list);
	return 0;
}

static int read_facts(struct judge_work *work, struct err *err)
{
	const struct estate *estate = work->estate;
	int r = 0;

	for (size_t i = 0; r == 0 && i < estate->count; i++)
		r = assess_facts(
			estate->store, estate->chosen[i], &work->facts[i], err);
	return r;
}

int judged_read(const struct estate *estate, struct workload_judgement **ret_judged,
	struct err *err)
{
	struct judge_work work = { .estate = estate };
	size_t count = estate->count;
	struct assess_run run;
	int r = assess_begin(estate, NAN, &run, err);

	if (r < 0)
		return r;
	work.request = &run.request;
	work.judged = calloc(count + 1, sizeof(*work.judged));
	work.facts = calloc(count + 1, sizeof(*work.facts));
	r = work.judged && work.facts ? read_facts(&work, err) : err_oom(err);
	if (r == 0)
		r = load_each(estate, "reading", count, judge_one, &work, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = count_exclusions(
			estate->store, estate->chosen[i], &work.judged[i], err);
	for (size_t i = 0; work.facts && i < count; i++)
		facts_done(&work.facts[i]);
	free(work.facts);
	assess_end(&run);
	if (r < 0) {
		free(work.judged);
		return r;
	}
	*ret_judged = work.judged;
	return 0;
}

const char *judged_text(
	const struct workload_judgement *judged, char text[JUDGED_TEXT_SIZE])
{
	const struct sufficiency *s = &judged->sufficiency;

	if (!judged->peaks.to || !judged->is_judged)
		return memcpy(text, "-", 2);
	if (s->grade == GRADE_INSUFFICIENT && *s->earliest)
		snprintf(text, JUDGED_TEXT_SIZE, "%s", s->earliest);
	else
		snprintf(text, JUDGED_TEXT_SIZE, "%s",
			s->grade == GRADE_FULL              ? "now"
				: s->grade == GRADE_MINIMUM ? "now (minimum)"
							    : grade_name(s->grade));
	return text;
}
