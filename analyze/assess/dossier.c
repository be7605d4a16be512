#include "analyze/assess/dossier.h"

#include "common/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_S 3600
#define WEEK_S (7 * (int64_t)SECONDS_PER_DAY)
#define INTERVALS_MAX 4096

/* Distance round the clock of a day or week. */
static int64_t round_distance(int64_t a, int64_t b, int64_t cycle_s)
{
	int64_t distance = llabs(a - b) % cycle_s;

	return distance < cycle_s - distance ? distance : cycle_s - distance;
}

static void find_recurrence(const struct assessment *a, struct dossier *d)
{
	const struct excursion *self = &a->excursion[d->excursion];
	int64_t last_day = INT64_MIN;

	for (size_t i = 0; i < a->excursion_count; i++) {
		int64_t from = a->excursion[i].from + a->peaks.phase_s;
		int64_t mine = self->from + a->peaks.phase_s;

		if (round_distance(from, mine, SECONDS_PER_DAY) > HOUR_S)
			continue;
		if (from / SECONDS_PER_DAY != last_day) {
			last_day = from / SECONDS_PER_DAY;
			d->days_seen++;
		}
		if (i == d->excursion)
			continue;
		d->same_hour_count++;
		if (round_distance(from, mine, WEEK_S) <= HOUR_S)
			d->same_weekday_count++;
	}
}

static int dossier_compare_doubles(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

static double find_period(const struct assessment *a)
{
	double *interval;
	double median, spread;
	size_t count = a->excursion_count ? a->excursion_count - 1 : 0;

	if (count < 2 || count > INTERVALS_MAX)
		return NAN;
	interval = calloc(count, sizeof(*interval));
	if (!interval)
		return NAN;
	for (size_t i = 0; i < count; i++)
		interval[i] = (double)(a->excursion[i + 1].from - a->excursion[i].from);
	qsort(interval, count, sizeof(*interval), dossier_compare_doubles);
	median = interval[count / 2];
	spread = interval[3 * count / 4] - interval[count / 4];
	free(interval);
	return spread <= median / 10 ? median : NAN;
}

/* The highest slot inside the excursion and the share of slots that are not above it. */
static void find_others(
	const struct assessment *a, const struct load_set *set, struct dossier *d)
{
	const struct excursion *self = &a->excursion[d->excursion];

	for (int r = 0; r < RESOURCE_COUNT; r++) {
		const struct series *s = &set->series[r];
		double highest = NAN;
		size_t known = 0, below = 0;

		for (size_t i = 0; i < s->count; i++) {
			int64_t stamp = s->first + (int64_t)i * (int64_t)s->step_s;

			if (stamp > self->from && stamp <= self->to &&
				!(s->maximum[i] <= highest) && !isnan(s->maximum[i]))
				highest = s->maximum[i];
		}
		for (size_t i = 0; i < s->count && !isnan(highest); i++) {
			known += isnan(s->maximum[i]) ? 0 : 1;
			below += s->maximum[i] <= highest;
		}
		d->height[r] = highest;
		d->rank[r] = known ? (double)below / (double)known : NAN;
	}
}

/* The memory heading were the excursion not there: the worst of what remains. */
static enum outcome heading_without(const struct assessment *a, size_t excursion)
{
	bool has_sustained = false, has_short = false;
	enum outcome worst = OUTCOME_PASS;

	for (size_t i = 0; i < a->excursion_count; i++) {
		if (i == excursion)
			continue;
		has_sustained |= a->excursion[i].is_sustained;
		has_short |= !a->excursion[i].is_sustained;
	}
	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];
		enum outcome outcome = f->outcome;

		if (f->rule->heading != HEADING_MEMORY)
			continue;
		if (f->item && f->item->scope == SCOPE_EXCURSION) {
			bool is_sustained =
				strcmp(field_item_get(f->item, FIELD_EXCURSION_CLASS)
						->text,
					"sustained") == 0;

			if (is_sustained ? !has_sustained : !has_short)
				continue;
		}
		if (outcome == OUTCOME_REVIEW && a->review[i])
			outcome = a->review[i]->is_accepted ? OUTCOME_PASS
							    : OUTCOME_DISQUALIFIED;
		if (outcome > worst)
			worst = outcome;
	}
	return worst;
}

void dossier_make(const struct assessment *assessment, const struct load_set *set,
	size_t excursion, struct dossier *ret_dossier)
{
	struct dossier d = { .excursion = excursion };
	enum outcome worst = OUTCOME_PASS;

	find_recurrence(assessment, &d);
	d.period_s = find_period(assessment);
	find_others(assessment, set, &d);
	d.memory_with = assessment->heading[HEADING_MEMORY];
	d.memory_without = heading_without(assessment, excursion);
	for (int h = 0; h < HEADING_COUNT; h++) {
		enum outcome outcome =
			h == HEADING_MEMORY ? d.memory_without : assessment->heading[h];

		if (assessment->has_heading[h] && outcome > worst)
			worst = outcome;
	}
	if (assessment->peaks.is_coarse && worst < OUTCOME_REVIEW)
		worst = OUTCOME_REVIEW;
	d.verdict_without = (enum verdict)worst;
	if (assessment->sufficiency.grade == GRADE_INSUFFICIENT &&
		worst <= OUTCOME_REVIEW)
		d.verdict_without = VERDICT_INSUFFICIENT;
	*ret_dossier = d;
}
