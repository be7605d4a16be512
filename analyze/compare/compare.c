#include "analyze/compare/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MAX_S 3600

const char *compare_outcome_name(enum compare_outcome outcome)
{
	static const char *const names[] = { [COMPARE_ALIKE] = "alike",
		[COMPARE_UNKNOWN] = "unknown",
		[COMPARE_DIFFERS] = "differs" };

	return names[outcome];
}

/* The least step that both lie on; 0: none within an hour, or their own where longer. */
static unsigned step_of_both(unsigned a, unsigned b)
{
	unsigned longer = a > b ? a : b, shorter = a > b ? b : a;
	unsigned limit = longer > STEP_MAX_S ? longer : STEP_MAX_S;

	for (unsigned step_s = longer; step_s <= limit; step_s += longer) {
		if (step_s % shorter == 0)
			return step_s;
	}
	return 0;
}

/* ---- one resource ------------------------------------------------------------------ */

static void set_all_unknown(struct compared_resource *resource, enum compare_why why)
{
	for (unsigned f = 0; f < COMPARE_FIGURES; f++) {
		resource->figure[f].outcome = COMPARE_UNKNOWN;
		resource->figure[f].why = why;
	}
}

/* figures of a day beside each other -> days of a figure beside each other */
static double *turned(const struct days *days)
{
	double *value = calloc(days->count * COMPARE_FIGURES, sizeof(*value));

	for (size_t d = 0; value && d < days->count; d++) {
		for (unsigned f = 0; f < COMPARE_FIGURES; f++)
			value[f * days->count + d] =
				days->figure[d * COMPARE_FIGURES + f];
	}
	return value;
}

static int judge_days(const struct days *days, bool has_same_readings,
	struct compared_resource *resource)
{
	struct shift shift[COMPARE_FIGURES];
	double *value;
	int r;

	resource->match = shift_match(days->day, days->count);
	resource->more_days = shift_more_days(days->day, days->count);
	if (resource->more_days) {
		set_all_unknown(resource, COMPARE_WHY_FEW_DAYS);
		return 0;
	}
	value = turned(days);
	r = value ? shift_find(days->day, days->count, value, COMPARE_FIGURES, shift)
		  : -ENOMEM;
	free(value);
	for (unsigned f = 0; r == 0 && f < COMPARE_FIGURES; f++) {
		resource->figure[f].shift = shift[f];
		resource->figure[f].outcome = COMPARE_ALIKE;
	}
	if (r == 0 && !has_same_readings) {
		struct compared_figure *peak = &resource->figure[COMPARE_PEAK];

		peak->shift.p = NAN;
		peak->outcome = COMPARE_UNKNOWN;
		peak->why = COMPARE_WHY_READINGS;
	}
	return r;
}

struct sides {
	const struct load_set *set[2]; /* before, after */
	const struct workload *workload[2];
};

static int compare_resource(
	const struct sides *sides, enum resource which, struct comparison *comparison)
{
	struct compared_resource *resource = &comparison->resource[which];
	const struct peaks *before = &comparison->before.resource[which];
	const struct peaks *after = &comparison->after.resource[which];
	struct days days = { .count = 0 };
	int r = 0;

	resource->is_counted = before->is_counted || after->is_counted;
	for (unsigned f = 0; f < COMPARE_FIGURES; f++) {
		struct compared_figure *figure = &resource->figure[f];

		figure->before = days_figure(before, (enum compare_figure)f);
		figure->after = days_figure(after, (enum compare_figure)f);
		figure->shift = (struct shift){ .p = NAN,
			.follows = NAN,
			.before = NAN,
			.after = NAN,
			.noticed = NAN };
	}
	if (!before->is_counted || !after->is_counted) {
		set_all_unknown(resource,
			before->is_counted ? COMPARE_WHY_NOT_AFTER
					   : COMPARE_WHY_NOT_BEFORE);
		return 0;
	}
	for (unsigned side = 0; r == 0 && side < 2; side++)
		r = days_of(&sides->set[side]->series[which], comparison->step_s,
			sides->workload[side]->phase_s, side == 1, &days);
	if (r == 0)
		r = judge_days(&days,
			sides->workload[0]->step_s == sides->workload[1]->step_s,
			resource);
	days_done(&days);
	return r;
}

/* ---- all of them ------------------------------------------------------------------- */

static int decide_figures(struct comparison *comparison)
{
	enum { ALL = RESOURCE_COUNT * COMPARE_FIGURES };
	bool is_shifted[ALL];
	double p[ALL];
	int r;

	for (size_t i = 0; i < ALL; i++)
		p[i] = comparison->resource[i / COMPARE_FIGURES]
			       .figure[i % COMPARE_FIGURES]
			       .shift.p;
	r = shift_decide(p, ALL, COMPARE_FALSE_ALARM, is_shifted);
	for (size_t i = 0; r == 0 && i < ALL; i++) {
		struct compared_resource *resource =
			&comparison->resource[i / COMPARE_FIGURES];
		struct compared_figure *figure = &resource->figure[i % COMPARE_FIGURES];

		if (is_shifted[i])
			figure->outcome = COMPARE_DIFFERS;
		comparison->differing += is_shifted[i];
		if (resource->is_counted && figure->outcome == COMPARE_UNKNOWN)
			comparison->unknown++;
		else if (resource->is_counted)
			comparison->known++;
	}
	comparison->outcome = comparison->differing ? COMPARE_DIFFERS
		: comparison->known                 ? COMPARE_ALIKE
						    : COMPARE_UNKNOWN;
	return r;
}

static bool is_overlapping(const struct comparison *comparison)
{
	return comparison->before.from < comparison->after.to &&
		comparison->after.from < comparison->before.to;
}

int compare_sets(const struct load_set *before, const struct workload *workload_before,
	const struct load_set *after, const struct workload *workload_after,
	struct comparison *ret_comparison, struct err *err)
{
	const struct sides sides = { .set = { before, after },
		.workload = { workload_before, workload_after } };
	struct comparison *comparison = ret_comparison;
	int r;

	memset(comparison, 0, sizeof(*comparison));
	r = load_set_peaks(before, workload_before, &comparison->before, err);
	if (r == 0)
		r = load_set_peaks(after, workload_after, &comparison->after, err);
	if (r < 0)
		return r;
	if (workload_before->id == workload_after->id && is_overlapping(comparison))
		return err_set(err, -EINVAL,
			"%s: the two periods overlap; one has to end before the other "
			"begins",
			workload_before->name);
	comparison->step_s = step_of_both(before->period.step_s, after->period.step_s);
	if (!comparison->step_s)
		return err_set(err, -EINVAL,
			"steps of %u s before and %u s after have no common multiple "
			"within an hour",
			before->period.step_s, after->period.step_s);
	for (unsigned i = 0; r == 0 && i < RESOURCE_COUNT; i++)
		r = compare_resource(&sides, (enum resource)i, comparison);
	if (r == 0)
		r = decide_figures(comparison);
	return r < 0 ? err_oom_for(err, workload_after->name) : 0;
}
