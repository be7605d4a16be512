/*
 * Did a daily figure shift between two periods, by more than chance?  Days of the same
 * weekday are compared with each other alone, so that a week's shape is no difference
 * (docs/method.md, "Before and after").  Knows no store and no resource.
 */
#ifndef ANALYZE_COMPARE_SHIFT_H
#define ANALYZE_COMPARE_SHIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHIFT_WEEKDAYS 7
#define SHIFT_DEALS 4999      /* random deals of the days, with one seed */
#define SHIFT_SEED 20261130u  /* printed with the result */
#define SHIFT_WAYS_MIN 2000.0 /* fewer ways to deal: nothing can be told from chance */

/* One day that is known; days are in order within a side. */
struct shift_day {
	int64_t day; /* since 1970 */
	bool is_after;
};

struct shift {
	double p;       /* how often chance alone shifts as far, 0..1 */
	double follows; /* correlation of days that follow each other, 0..0.95 */
	double before;  /* mean over the matched days, each weekday as often in both */
	double after;   /* the same of the days after */
	double noticed; /* a shift of the mean that would have shown, four of ten thousand */
};

struct shift_match {
	size_t before, after; /* days whose weekday is in both */
	double ways; /* in how many ways they could be dealt to before and after */
};

/* Which days count: those of weekdays that both sides have. */
struct shift_match shift_match(const struct shift_day *day, size_t count);

/*
 * shift_more_days - how many more whole days after would be enough
 *
 * They follow the last day; 0: there are enough; SIZE_MAX: none would do, what is before
 * is too short.
 */
size_t shift_more_days(const struct shift_day *day, size_t count);

/*
 * shift_find - one shift for each figure of the same days
 *
 * value       [figures x count], the days of a figure beside each other, all known
 * ret_shift   [figures]
 *
 * Each value less the median of its weekday is ranked over all days (Hodges and Lehmann's
 * aligned ranks); the ranks of the days after are summed, and so they are in SHIFT_DEALS
 * deals of the days of each weekday to before and after.  Days that follow each other tell
 * less than as many independent ones: the sum found counts as sqrt((1 - r) / (1 + r)) of
 * itself, r being the correlation of neighbours in what weekday and side leave over.
 *
 * Returns 0, -ENODATA with fewer than SHIFT_WAYS_MIN ways, -ENOMEM.
 */
int shift_find(const struct shift_day *day, size_t count, const double *value,
	size_t figures, struct shift *ret_shift);

/*
 * shift_decide - which of many figures differ, at most so many by chance
 *
 * Benjamini and Hochberg's step: where nothing differs at all, a difference is found in
 * at most false_alarm of the cases; else at most that share of what is found is chance.
 * p: NAN where not known.  is_shifted: [count].  Returns 0 or -ENOMEM.
 */
int shift_decide(
	const double *p, size_t count, double false_alarm, bool *ret_is_shifted);

#endif
