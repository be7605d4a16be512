#include "analyze/compare/shift.h"

#include "common/random.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FOLLOWS_MAX 0.95
#define NOTICED_ERRORS 4 /* standard errors: 3.2 to be named, the rest to be sure */

/* ---- which days -------------------------------------------------------------------- */

/* 0: Thursday, as 1970-01-01 was. */
static unsigned weekday_of(int64_t day)
{
	return (unsigned)((day % SHIFT_WEEKDAYS + SHIFT_WEEKDAYS) % SHIFT_WEEKDAYS);
}

struct weekdays {
	size_t before[SHIFT_WEEKDAYS], after[SHIFT_WEEKDAYS];
};

static struct weekdays count_weekdays(const struct shift_day *day, size_t count)
{
	struct weekdays weekdays = { .before = { 0 } };

	for (size_t i = 0; i < count; i++) {
		unsigned w = weekday_of(day[i].day);

		if (day[i].is_after)
			weekdays.after[w]++;
		else
			weekdays.before[w]++;
	}
	return weekdays;
}

/* n over k, as far as a double goes: only whether it is large counts. */
static double choose(size_t n, size_t k)
{
	double ways = 1;

	for (size_t i = 1; i <= k && ways < 1e12; i++)
		ways = ways * (double)(n - k + i) / (double)i;
	return ways;
}

static struct shift_match match_weekdays(const struct weekdays *weekdays)
{
	struct shift_match match = { .ways = 1 };

	for (unsigned w = 0; w < SHIFT_WEEKDAYS; w++) {
		size_t before = weekdays->before[w], after = weekdays->after[w];

		if (!before || !after)
			continue;
		match.before += before;
		match.after += after;
		match.ways = fmin(match.ways * choose(before + after, after), 1e12);
	}
	return match;
}

struct shift_match shift_match(const struct shift_day *day, size_t count)
{
	struct weekdays weekdays = count_weekdays(day, count);

	return match_weekdays(&weekdays);
}

size_t shift_more_days(const struct shift_day *day, size_t count)
{
	struct weekdays weekdays = count_weekdays(day, count);
	int64_t last = 0;

	for (size_t i = 0; i < count; i++) {
		if (day[i].is_after || !last)
			last = day[i].day;
	}
	for (size_t more = 0; more <= 4 * SHIFT_WEEKDAYS; more++) {
		if (match_weekdays(&weekdays).ways >= SHIFT_WAYS_MIN)
			return more;
		weekdays.after[weekday_of(++last)]++;
	}
	return SIZE_MAX;
}

/* ---- one figure -------------------------------------------------------------------- */

struct ranked {
	double value;
	size_t index;
};

static int shift_compare_ranked(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	return (a->value > b->value) - (a->value < b->value);
}

/* What the days of all figures share; the days are those that match, by weekday. */
struct deal {
	size_t count, after;
	size_t first[SHIFT_WEEKDAYS + 1]; /* of each weekday, in order[] */
	size_t *order;                    /* indices of days */
	const struct shift_day *day;
	struct ranked *sorted;
	double *value, *rest; /* scratch of one figure, by order[] */
	double *score; /* [count x figures]: the ranks less those of the weekday */
};

static void deal_done(struct deal *deal)
{
	free(deal->order);
	free(deal->sorted);
	free(deal->value);
	free(deal->score);
}

static int deal_init(
	struct deal *deal, const struct shift_day *day, size_t count, size_t figures)
{
	struct weekdays weekdays = count_weekdays(day, count);
	struct shift_match match = match_weekdays(&weekdays);

	*deal = (struct deal){ .day = day, .after = match.after };
	if (match.ways < SHIFT_WAYS_MIN)
		return -ENODATA;
	deal->order = calloc(count, sizeof(*deal->order));
	deal->sorted = calloc(count, sizeof(*deal->sorted));
	deal->value = calloc(2 * count, sizeof(*deal->value));
	deal->score = calloc(count * figures, sizeof(*deal->score));
	if (!deal->order || !deal->sorted || !deal->value || !deal->score)
		return -ENOMEM;
	deal->rest = deal->value + count;
	for (unsigned w = 0; w < SHIFT_WEEKDAYS; w++) {
		deal->first[w] = deal->count;
		if (!weekdays.before[w] || !weekdays.after[w])
			continue;
		for (size_t i = 0; i < count; i++) {
			if (weekday_of(day[i].day) == w)
				deal->order[deal->count++] = i;
		}
	}
	deal->first[SHIFT_WEEKDAYS] = deal->count;
	return 0;
}

static bool is_after(const struct deal *deal, size_t i)
{
	return deal->day[deal->order[i]].is_after;
}

/* Sorted copies of value[from .. to). */
static void sort_values(struct deal *deal, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		deal->sorted[i] =
			(struct ranked){ .value = deal->value[i], .index = i };
	qsort(deal->sorted + from, to - from, sizeof(*deal->sorted),
		shift_compare_ranked);
}

static double mean_in(const double *value, size_t from, size_t to)
{
	double sum = 0;

	for (size_t i = from; i < to; i++)
		sum += value[i];
	return sum / (double)(to - from);
}

/* The mean difference, after less before, each weekday by how much its days can tell. */
static double shift_of(const struct deal *deal, const double *value, double *ret_before,
	double *ret_weight)
{
	double before = 0, after = 0, weights = 0;

	for (unsigned w = 0; w < SHIFT_WEEKDAYS; w++) {
		double sum[2] = { 0, 0 }, n[2] = { 0, 0 }, weight;

		for (size_t i = deal->first[w]; i < deal->first[w + 1]; i++) {
			sum[is_after(deal, i)] += value[i];
			n[is_after(deal, i)]++;
		}
		if (deal->first[w] == deal->first[w + 1])
			continue;
		weight = n[0] * n[1] / (n[0] + n[1]);
		before += weight * sum[0] / n[0];
		after += weight * sum[1] / n[1];
		weights += weight;
	}
	*ret_before = before / weights;
	*ret_weight = weights;
	return (after - before) / weights;
}

/* rest: what weekday and side leave over of value. */
static void leave_rest(struct deal *deal, const double *value, double shift)
{
	for (unsigned w = 0; w < SHIFT_WEEKDAYS; w++) {
		size_t from = deal->first[w], to = deal->first[w + 1];
		double mean = from < to ? mean_in(value, from, to) : 0, share = 0;

		for (size_t i = from; i < to; i++)
			share += is_after(deal, i) ? 1 / (double)(to - from) : 0;
		for (size_t i = from; i < to; i++)
			deal->rest[i] = value[i] - mean -
				shift * ((is_after(deal, i) ? 1 : 0) - share);
	}
}

/* Correlation of days that follow each other in rest, mended for the bias that comes with
 * the means taken out; 0: they do not follow. */
static double follows(struct deal *deal)
{
	double square = 0, product = 0, n = (double)deal->count, r;
	double *by_day = deal->value; /* no longer needed */
	size_t pairs = 0, known = 0;

	/* order[] is by weekday; the days themselves are in order */
	for (size_t i = 0; i < deal->count; i++)
		square += deal->rest[i] * deal->rest[i];
	for (size_t i = 0; i < deal->count; i++)
		deal->sorted[i] =
			(struct ranked){ .value = (double)deal->order[i], .index = i };
	qsort(deal->sorted, deal->count, sizeof(*deal->sorted), shift_compare_ranked);
	for (size_t k = 0; k < deal->count; k++)
		by_day[known++] = deal->rest[deal->sorted[k].index];
	for (size_t k = 1; k < deal->count; k++) {
		const struct shift_day *one =
			&deal->day[deal->order[deal->sorted[k - 1].index]];
		const struct shift_day *next =
			&deal->day[deal->order[deal->sorted[k].index]];

		if (next->day != one->day + 1 || next->is_after != one->is_after)
			continue;
		product += by_day[k - 1] * by_day[k];
		pairs++;
	}
	if (!(square > 0) || pairs < 4)
		return 0;
	r = (product / (double)pairs) / (square / n);
	r = (n * r + 2) / (n - 4);
	return fmin(fmax(r, 0), FOLLOWS_MAX);
}

/* Means, noticed and follows; the scores of the figure into score[]. */
static void prepare_figure(struct deal *deal, const double *value, size_t figure,
	size_t figures, struct shift *ret_shift)
{
	double weight, shift, sigma, square = 0, ignored;
	size_t n = deal->count, weekdays = 0;

	for (size_t i = 0; i < n; i++)
		deal->value[i] = value[deal->order[i]];
	shift = shift_of(deal, deal->value, &ret_shift->before, &weight);
	ret_shift->after = ret_shift->before + shift;
	leave_rest(deal, deal->value, shift);
	for (size_t i = 0; i < n; i++)
		square += deal->rest[i] * deal->rest[i];
	for (unsigned w = 0; w < SHIFT_WEEKDAYS; w++) {
		size_t from = deal->first[w], to = deal->first[w + 1], half;
		double median;

		if (from == to)
			continue;
		weekdays++;
		sort_values(deal, from, to);
		half = from + (to - from) / 2;
		median = (to - from) % 2
			? deal->sorted[half].value
			: (deal->sorted[half - 1].value + deal->sorted[half].value) / 2;
		for (size_t i = from; i < to; i++)
			deal->value[i] -= median;
	}
	sigma = sqrt(square / (double)(n > weekdays + 1 ? n - weekdays - 1 : 1));
	sort_values(deal, 0, n);
	for (size_t i = 0, same; i < n; i += same) {
		for (same = 1; i + same < n &&
			deal->sorted[i + same].value == deal->sorted[i].value;)
			same++;
		for (size_t k = i; k < i + same; k++)
			deal->value[deal->sorted[k].index] =
				(double)i + (double)(same + 1) / 2;
	}
	leave_rest(deal, deal->value, 0); /* the ranks less those of their weekday */
	for (size_t i = 0; i < n; i++)
		deal->score[i * figures + figure] = deal->rest[i];
	leave_rest(deal, deal->value, shift_of(deal, deal->value, &ignored, &weight));
	ret_shift->follows = follows(deal);
	ret_shift->noticed = NOTICED_ERRORS * sigma *
		sqrt((1 + ret_shift->follows) / (1 - ret_shift->follows) / weight);
}

/* Adds the scores of as many days of each weekday as are after, drawn at random. */
static void deal_once(struct deal *deal, size_t *place, const size_t *after,
	size_t figures, uint64_t *random, double *sum)
{
	memset(sum, 0, figures * sizeof(*sum));
	for (unsigned w = 0; w < SHIFT_WEEKDAYS; w++) {
		size_t from = deal->first[w], n = deal->first[w + 1] - from;

		for (size_t k = 0; k < after[w]; k++) {
			size_t drawn = k + (size_t)random_below(random, n - k);
			size_t swapped = place[from + k];
			const double *score;

			place[from + k] = place[from + drawn];
			place[from + drawn] = swapped;
			score = &deal->score[place[from + k] * figures];
			for (size_t f = 0; f < figures; f++)
				sum[f] += score[f];
		}
	}
}

static int deal_all(struct deal *deal, size_t figures, struct shift *shift)
{
	uint64_t random = SHIFT_SEED;
	size_t after[SHIFT_WEEKDAYS] = { 0 };
	size_t *place = calloc(deal->count, sizeof(*place));
	size_t *as_far = calloc(figures, sizeof(*as_far));
	double *limit = calloc(figures, sizeof(*limit));
	double *sum = calloc(figures, sizeof(*sum));
	int r = place && as_far && limit && sum ? 0 : -ENOMEM;

	for (unsigned w = 0; r == 0 && w < SHIFT_WEEKDAYS; w++) {
		for (size_t i = deal->first[w]; i < deal->first[w + 1]; i++) {
			place[i] = i;
			after[w] += is_after(deal, i) ? 1 : 0;
			for (size_t f = 0; is_after(deal, i) && f < figures; f++)
				limit[f] += deal->score[i * figures + f];
		}
	}
	for (size_t f = 0; r == 0 && f < figures; f++)
		limit[f] = fabs(limit[f]) *
				sqrt((1 - shift[f].follows) / (1 + shift[f].follows)) -
			1e-9 * (double)deal->count;
	for (size_t k = 0; r == 0 && k < SHIFT_DEALS; k++) {
		deal_once(deal, place, after, figures, &random, sum);
		for (size_t f = 0; f < figures; f++)
			as_far[f] += fabs(sum[f]) >= limit[f] ? 1 : 0;
	}
	for (size_t f = 0; r == 0 && f < figures; f++)
		shift[f].p = (1 + (double)as_far[f]) / (1 + (double)SHIFT_DEALS);
	free(place);
	free(as_far);
	free(limit);
	free(sum);
	return r;
}

int shift_find(const struct shift_day *day, size_t count, const double *value,
	size_t figures, struct shift *ret_shift)
{
	struct deal deal;
	int r = deal_init(&deal, day, count, figures);

	for (size_t f = 0; r == 0 && f < figures; f++)
		prepare_figure(&deal, value + f * count, f, figures, &ret_shift[f]);
	if (r == 0)
		r = deal_all(&deal, figures, ret_shift);
	deal_done(&deal);
	return r;
}

/* ---- which of many ----------------------------------------------------------------- */

int shift_decide(
	const double *p, size_t count, double false_alarm, bool *ret_is_shifted)
{
	struct ranked *sorted = calloc(count + 1, sizeof(*sorted));
	size_t known = 0, named = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		ret_is_shifted[i] = false;
		if (!isnan(p[i]))
			sorted[known++] = (struct ranked){ .value = p[i], .index = i };
	}
	qsort(sorted, known, sizeof(*sorted), shift_compare_ranked);
	for (size_t k = 1; k <= known; k++) {
		if (sorted[k - 1].value <= false_alarm * (double)k / (double)known)
			named = k;
	}
	for (size_t k = 0; k < named; k++)
		ret_is_shifted[sorted[k].index] = true;
	free(sorted);
	return 0;
}
