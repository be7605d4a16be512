#include "analyze/estate/outline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define HOUR_S 3600
#define WEEK_S ((int64_t)7 * 86400)
#define MONDAY_S ((int64_t)4 * 86400) /* 1970-01-05 */

/* Folds slots into a mean, or gives the mean of what was folded. */
struct fold {
	double sum;
	size_t known;
};

static void clear_course(struct outline_course *course)
{
	course->is_known = false;
	for (size_t i = 0; i < OUTLINE_COLUMNS; i++)
		course->low[i] = course->mean[i] = course->high[i] = NAN;
	for (size_t i = 0; i < OUTLINE_HOURS; i++)
		course->week[i] = NAN;
}

static void fold_into_column(const struct series *series, size_t slot, size_t column,
	struct fold *fold, struct outline_course *course)
{
	float *low = &course->low[column], *high = &course->high[column];

	fold->sum += series->mean[slot];
	fold->known++;
	*low = (float)fmin(
		isnan(*low) ? INFINITY : (double)*low, series->minimum[slot]);
	*high = (float)fmax(
		isnan(*high) ? -INFINITY : (double)*high, series->maximum[slot]);
}

/* Where there are fewer slots than columns a slot is as many columns as it lasts: a point
 * between two unknown ones draws no line. */
static void fold_columns(const struct series *series, struct outline_course *course)
{
	struct fold fold[OUTLINE_COLUMNS] = { { 0, 0 } };

	for (size_t i = 0; i < series->count; i++) {
		size_t column = i * OUTLINE_COLUMNS / series->count;
		size_t end = (i + 1) * OUTLINE_COLUMNS / series->count;

		if (isnan(series->mean[i]))
			continue;
		course->is_known = true;
		do {
			fold_into_column(series, i, column, &fold[column], course);
		} while (++column < end);
	}
	for (size_t c = 0; c < OUTLINE_COLUMNS; c++) {
		if (fold[c].known)
			course->mean[c] = (float)(fold[c].sum / (double)fold[c].known);
	}
}

static void end_hour(struct outline_course *course, int64_t hour, struct fold *fold)
{
	size_t at = (size_t)(((hour * HOUR_S - MONDAY_S) % WEEK_S + WEEK_S) % WEEK_S /
		HOUR_S);
	double mean = fold->known ? fold->sum / (double)fold->known : NAN;

	if (fold->known && !(mean <= (double)course->week[at]))
		course->week[at] = (float)mean;
	*fold = (struct fold){ 0, 0 };
}

static void fold_week(const struct series *series, struct outline_course *course)
{
	struct fold fold = { 0, 0 };
	int64_t hour = 0;

	for (size_t i = 0; i < series->count; i++) {
		int64_t stamp = series->first + (int64_t)i * series->step_s;
		int64_t its = (stamp - 1) / HOUR_S; /* the slot ends at its stamp */

		if (its != hour)
			end_hour(course, hour, &fold);
		hour = its;
		if (isnan(series->mean[i]))
			continue;
		fold.sum += series->mean[i];
		fold.known++;
	}
	end_hour(course, hour, &fold);
}

void outline_make(const struct load_set *set, struct outline *ret_outline)
{
	ret_outline->from = set->period.count ? set->period.from : 0;
	ret_outline->to = set->period.count ? set->period.to : 0;
	for (int r = 0; r < RESOURCE_COUNT; r++) {
		struct outline_course *course = &ret_outline->course[r];

		clear_course(course);
		if (set->series[r].count == 0)
			continue;
		fold_columns(&set->series[r], course);
		fold_week(&set->series[r], course);
	}
}

struct outline_work {
	const struct estate *estate;
	struct outline *outlines;
};

static int outline_one(void *data, size_t index, struct err *err)
{
	struct outline_work *work = data;
	const struct estate *estate = work->estate;
	struct load_set set = { .period = { .count = 0 } };
	int r = load_set_read(
		estate, estate->chosen[index], &estate->request.span, &set, err);

	if (r == 0)
		outline_make(&set, &work->outlines[index]);
	load_set_done(&set);
	return r;
}

int outline_read(
	const struct estate *estate, struct outline **ret_outlines, struct err *err)
{
	struct outline_work work = { estate,
		calloc(estate->count + 1, sizeof(struct outline)) };
	int r;

	if (!work.outlines)
		return err_oom(err);
	r = load_each(estate, "drawing", estate->count, outline_one, &work, err);
	if (r < 0)
		free(work.outlines);
	else
		*ret_outlines = work.outlines;
	return r;
}
