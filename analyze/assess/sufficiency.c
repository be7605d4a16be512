#include "analyze/assess/sufficiency.h"

#include "common/units.h"
#include "schema/date.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const grades[] = { "insufficient", "minimum", "full" };

const char *grade_name(enum grade grade)
{
	return grades[grade];
}

static void say(struct sufficiency *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct sufficiency *s, const char *format, ...)
{
	va_list args;

	if (s->reason_count == SUFFICIENCY_REASONS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(
		s->reason[s->reason_count++], SUFFICIENCY_REASON_SIZE, format, args);
	va_end(args);
}

static void sufficiency_take(struct sufficiency *s, enum grade grade)
{
	if (grade < s->grade)
		s->grade = grade;
}

static double days_full(enum pattern pattern)
{
	return pattern == PATTERN_CONSTANT ? 14 : 28;
}

double sufficiency_days_minimum(enum pattern pattern, double period_days)
{
	double days = pattern == PATTERN_CONSTANT ? 7
		: pattern == PATTERN_SEASONAL     ? 29 /* longer than 28 */
						  : 14;

	return !isnan(period_days) && period_days > days ? period_days : days;
}

enum grade sufficiency_span(
	enum pattern pattern, double days, double period_days, const char **ret_reason)
{
	*ret_reason = NULL;
	if (!isnan(period_days) && units_exceeds(period_days, days)) {
		*ret_reason = "period_not_covered";
		return GRADE_INSUFFICIENT;
	}
	if (pattern == PATTERN_SEASONAL)
		return units_exceeds(days, 28) ? GRADE_FULL : GRADE_INSUFFICIENT;
	if (units_exceeds(sufficiency_days_minimum(pattern, NAN), days))
		return GRADE_INSUFFICIENT;
	return units_exceeds(days_full(pattern), days) ? GRADE_MINIMUM : GRADE_FULL;
}

static void judge_coverage(struct sufficiency *s, const struct workload_peaks *peaks,
	const struct profile_settings *settings)
{
	const char *which = NULL;

	s->coverage_ratio = NAN;
	for (int i = 0; i < RESOURCE_COUNT; i++) {
		const struct peaks *p = &peaks->resource[i];

		if (!p->is_counted ||
			!(isnan(s->coverage_ratio) || p->coverage < s->coverage_ratio))
			continue;
		s->coverage_ratio = p->coverage;
		which = resource_table[i].name;
	}
	s->coverage = GRADE_INSUFFICIENT;
	if (!which) {
		say(s, "coverage: nothing was counted");
		return;
	}
	s->stars = (unsigned)floor(s->coverage_ratio * 5 + 1e-9);
	if (s->coverage_ratio >= settings->coverage_full_ratio)
		s->coverage = GRADE_FULL;
	else if (s->coverage_ratio >= settings->coverage_minimum_ratio)
		s->coverage = GRADE_MINIMUM;
	if (s->coverage < GRADE_FULL)
		say(s,
			"coverage: %.1f %% of the slots of %s are known, %.0f %% is "
			"full, %.0f %% the minimum",
			100 * s->coverage_ratio, which,
			100 * settings->coverage_full_ratio,
			100 * settings->coverage_minimum_ratio);
}

/* A period that was found in one resource tells more than irregularity in another. */
static int rank(const struct pattern_found *found)
{
	static const int order[] = { [PATTERN_CONSTANT] = 0,
		[PATTERN_IRREGULAR] = 1,
		[PATTERN_DAILY] = 2,
		[PATTERN_WEEKLY] = 3,
		[PATTERN_MONTHLY] = 4 };

	return order[found->pattern];
}

/* The most demanding of memory, CPU and network: what is constant needs the least. */
static int find_pattern(const struct load_set *set, struct sufficiency *s)
{
	static const int looked_at[] = { RESOURCE_MEMORY, RESOURCE_CPU,
		RESOURCE_NETWORK };
	bool is_any = false;
	int best = 0;

	for (size_t i = 0; i < sizeof(looked_at) / sizeof(looked_at[0]); i++) {
		const struct series *series = &set->series[looked_at[i]];
		struct pattern_found found;
		int r = series->count ? pattern_find_in(series, &found) : -ENODATA;

		if (r == -ENODATA)
			continue;
		if (r < 0)
			return r;
		if (is_any && rank(&found) <= best)
			continue;
		best = rank(&found);
		s->pattern = found.pattern;
		s->correlation = found.correlation;
		s->period_days =
			found.period_s ? (double)found.period_s / SECONDS_PER_DAY : NAN;
		is_any = true;
	}
	if (!is_any)
		s->pattern = PATTERN_IRREGULAR;
	return 0;
}

static int choose_pattern(
	const struct load_set *set, const struct facts *facts, struct sufficiency *s)
{
	const char *stated = facts_text(facts, FACT_PATTERN, NULL);
	double period = facts_number(facts, FACT_PERIOD_DAYS);
	int r = find_pattern(set, s);

	if (r < 0)
		return r;
	if (stated) {
		s->pattern = (enum pattern)pattern_find(stated);
		s->is_pattern_stated = true;
		s->period_days = s->pattern == PATTERN_DAILY ? 1
			: s->pattern == PATTERN_WEEKLY       ? 7
							     : NAN;
		s->correlation = NAN;
	}
	if (!isnan(period)) {
		s->period_days = period;
		s->is_period_stated = true;
	}
	return 0;
}

static void judge_span(struct sufficiency *s)
{
	const char *reason;

	s->span = sufficiency_span(s->pattern, s->days,
		s->is_period_stated ? s->period_days : NAN, &reason);
	if (reason)
		say(s, "%s: a period of %.4g days is stated, %.1f days are there",
			reason, s->period_days, s->days);
	else if (s->span < GRADE_FULL)
		say(s,
			"span: %.1f of at least %.0f days, %.0f for a full score; the load "
			"is %s%s",
			floor(s->days * 10) / 10,
			sufficiency_days_minimum(s->pattern, NAN),
			s->pattern == PATTERN_SEASONAL ? 29 : days_full(s->pattern),
			pattern_name(s->pattern),
			s->is_pattern_stated ? " (stated)" : "");
}

/* Days of which at least half of the slots are known, told by their weekday. */
struct calendar {
	unsigned weekday[7];
	bool has_month_end;
};

static void count_day(
	struct calendar *calendar, int64_t day, size_t known, size_t expected)
{
	if (2 * known < expected || known == 0)
		return;
	calendar->weekday[date_weekday(day)]++;
	calendar->has_month_end |= date_is_month_end(day);
}

static bool is_slot_known(const struct load_set *set, size_t slot)
{
	for (int i = 0; i < RESOURCE_COUNT; i++) {
		if (slot < set->series[i].count && !isnan(set->series[i].mean[slot]))
			return true;
	}
	return false;
}

static void read_calendar(
	const struct load_set *set, int phase_s, struct calendar *calendar)
{
	int64_t step_s = set->period.step_s, day = INT64_MIN;
	size_t known = 0, expected = (size_t)(SECONDS_PER_DAY / (step_s ? step_s : 1));

	for (size_t i = 0; i < set->period.count; i++) {
		/* the middle of the slot tells its day */
		int64_t at =
			set->period.from + (int64_t)i * step_s + phase_s + step_s / 2;

		if (at / SECONDS_PER_DAY != day) {
			count_day(calendar, day, known, expected);
			day = at / SECONDS_PER_DAY;
			known = 0;
		}
		known += is_slot_known(set, i);
	}
	count_day(calendar, day, known, expected);
}

static void judge_calendar(
	const struct load_set *set, int phase_s, struct sufficiency *s)
{
	static const char *const words[] = { "Sunday", "Monday", "Tuesday", "Wednesday",
		"Thursday", "Friday", "Saturday" };
	struct calendar calendar = { .has_month_end = false };
	char missing[100] = "";

	read_calendar(set, phase_s, &calendar);
	s->calendar = GRADE_FULL;
	for (int i = 0; i < 7; i++) {
		size_t used = strlen(missing);

		if (calendar.weekday[i] < 2)
			(void)snprintf(missing + used, sizeof(missing) - used, "%s%s",
				used ? ", " : "", words[i]);
	}
	if (*missing)
		say(s, "calendar: each weekday has to be seen twice; not yet: %s",
			missing);
	if (!calendar.has_month_end)
		say(s, "calendar: no end of a month was seen");
	if (*missing || !calendar.has_month_end)
		s->calendar = GRADE_MINIMUM;
	if (!s->is_period_stated && !isnan(s->period_days) &&
		units_exceeds(s->period_days, s->days)) {
		s->calendar = GRADE_MINIMUM;
		say(s, "calendar: the %s period is not there once whole",
			pattern_name(s->pattern));
	}
	if (s->is_period_stated && units_exceeds(s->period_days, s->days))
		s->calendar = GRADE_INSUFFICIENT;
}

/* The first day on which, sampling going on without gaps, no score is insufficient. */
static void find_earliest(const struct load_set *set, int phase_s,
	const struct profile_settings *settings, struct sufficiency *s)
{
	double expected = (double)set->period.count,
	       wanted = settings->coverage_minimum_ratio;
	double known = s->coverage_ratio * expected;
	double days = sufficiency_days_minimum(
		s->pattern, s->is_period_stated ? s->period_days : NAN);
	int64_t at = set->period.from + phase_s + (int64_t)ceil(days * SECONDS_PER_DAY);

	if (isnan(s->coverage_ratio))
		return;
	if (known < wanted * expected && wanted < 1) {
		/* (known + x) / (expected + x) = wanted */
		double slots = ceil((wanted * expected - known) / (1 - wanted));
		int64_t then = set->period.to + phase_s +
			(int64_t)(slots * (double)set->period.step_s);

		if (then > at)
			at = then;
	}
	/* a verdict needs the whole day: the day in which the moment lies, or its eve */
	(void)date_from_time(at, s->earliest);
}

int sufficiency_judge(const struct load_set *set, const struct workload_peaks *peaks,
	const struct facts *facts, const struct profile_settings *settings,
	struct sufficiency *ret_sufficiency)
{
	struct sufficiency s = { .grade = GRADE_FULL,
		.period_days = NAN,
		.correlation = NAN,
		.coverage_ratio = NAN,
		.stability = GRADE_FULL };
	int r;

	if (set->period.count == 0) {
		s.grade = s.coverage = s.span = s.calendar = GRADE_INSUFFICIENT;
		say(&s, "nothing is stored");
		*ret_sufficiency = s;
		return 0;
	}
	s.days = (double)set->period.count * (double)set->period.step_s /
		SECONDS_PER_DAY;
	r = choose_pattern(set, facts, &s);
	if (r < 0)
		return r;
	judge_coverage(&s, peaks, settings);
	judge_span(&s);
	judge_calendar(set, peaks->phase_s, &s);
	sufficiency_take(&s, s.coverage);
	sufficiency_take(&s, s.span);
	sufficiency_take(&s, s.calendar);
	find_earliest(set, peaks->phase_s, settings, &s);
	*ret_sufficiency = s;
	return 0;
}

void sufficiency_add_stability(struct sufficiency *sufficiency, double same_ratio,
	const struct profile_settings *settings)
{
	sufficiency->has_stability = true;
	sufficiency->stability = same_ratio >= settings->stability_full_ratio
		? GRADE_FULL
		: same_ratio >= settings->stability_minimum_ratio ? GRADE_MINIMUM
								  : GRADE_INSUFFICIENT;
	if (sufficiency->stability < GRADE_FULL)
		say(sufficiency,
			"stability: %.0f %% of the resamples need as many hosts",
			100 * same_ratio);
	if (sufficiency->stability == GRADE_INSUFFICIENT &&
		sufficiency->grade != GRADE_INSUFFICIENT)
		sufficiency->earliest[0] = '\0'; /* more days may not help: no date */
	sufficiency_take(sufficiency, sufficiency->stability);
}
