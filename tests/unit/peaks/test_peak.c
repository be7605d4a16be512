/* Peaks against a plain recomputation, and the definitions row by row. */
#include "tests/support.h"

#include "analyze/peaks/peak.h"
#include "analyze/peaks/peak_lanes.h"
#include "analyze/peaks/peak_percentile.h"
#include "analyze/peaks/peak_window.h"

#include <string.h>

#define SLOTS_MAX 16

/* ---- the definition, as plainly as it can be written -------------------------- */

static void plain_curve(
	const struct series *s, size_t w, double *sustained, size_t *at, double *held)
{
	*sustained = *held = NAN;
	for (size_t i = 0; i + w <= s->count; i++) {
		double sum = 0, low = INFINITY;
		size_t known = 0;

		for (size_t j = i; j < i + w; j++) {
			if (isnan(s->mean[j]))
				continue;
			sum += s->mean[j];
			low = fmin(low, s->minimum[j]);
			known++;
		}
		if (2 * known < w)
			continue;
		if (isnan(*sustained) || sum / (double)known > *sustained) {
			*sustained = sum / (double)known;
			*at = i + w - 1;
		}
		*held = isnan(*held) ? low : fmax(*held, low);
	}
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double plain_percentile(const struct series *s, double p)
{
	double *sorted = calloc(s->count + 1, sizeof(*sorted)), h, value = NAN;
	size_t k = 0;

	for (size_t i = 0; i < s->count; i++)
		if (!isnan(s->mean[i]))
			sorted[k++] = s->mean[i];
	qsort(sorted, k, sizeof(*sorted), compare_doubles);
	if (k) {
		h = (double)(k - 1) * p;
		value = sorted[(size_t)h];
		if ((size_t)h + 1 < k)
			value += (h - floor(h)) * (sorted[(size_t)h + 1] - value);
	}
	free(sorted);
	return value;
}

static void compare_with_plain(const struct series *s, const struct peaks *got)
{
	double sustained, held, highest = NAN, sum = 0;
	size_t at = 0, known = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (isnan(s->mean[i]))
			continue;
		known++;
		sum += s->mean[i];
		highest = fmax(highest, s->maximum[i]);
	}
	assert_int_equal(got->known, known);
	assert_near(got->peak, highest, 0);
	assert_near(got->mean, known ? sum / (double)known : NAN, 1e-12);
	assert_near(got->p50, plain_percentile(s, 0.50), 1e-15);
	assert_near(got->p90, plain_percentile(s, 0.90), 1e-15);
	assert_near(got->p95, plain_percentile(s, 0.95), 1e-15);
	assert_near(got->p99, plain_percentile(s, 0.99), 1e-15);
	for (size_t d = 0; d < DURATION_COUNT; d++) {
		size_t w = (duration_s[d] + s->step_s - 1) / s->step_s;

		plain_curve(s, w, &sustained, &at, &held);
		assert_near(got->sustained[d], sustained, 1e-12);
		assert_near(got->held[d], held, 0);
		if (isnan(sustained))
			continue;
		assert_true(got->held[d] <= got->sustained[d]);
		assert_true(got->sustained[d] <= got->peak);
	}
}

/* ---- random series, with gaps of many kinds ------------------------------------ */

static double random_value(uint64_t *state, unsigned kind)
{
	switch (kind) {
	case 0: /* many equal values */
		return (double)(support_random(state) % 4);
	case 1: /* as bytes */
		return 1e9 + 1e10 * support_uniform(state);
	case 2: /* a few spikes far above the rest */
		return support_random(state) % 97 ? support_uniform(state) : 1e15;
	case 3: /* over the whole range */
		return exp(600 * (support_uniform(state) - 0.5));
	default:
		return 0.1;
	}
}

static void fill_random(struct series *s, uint64_t *state)
{
	unsigned kind = (unsigned)(support_random(state) % 5);
	double gap_ratio = support_random(state) % 3 ? 0 : support_uniform(state);
	size_t gap_length = 1 + support_random(state) % (s->count + 1);
	size_t left = 0;

	for (size_t i = 0; i < s->count; i++) {
		double a = random_value(state, kind), b = random_value(state, kind);
		double c = random_value(state, kind);

		if (left == 0 && support_uniform(state) < gap_ratio / 10)
			left = gap_length;
		if (left > 0 && left--)
			continue;
		if (support_uniform(state) < gap_ratio / 2)
			continue;
		s->minimum[i] = fmin(a, fmin(b, c));
		s->maximum[i] = fmax(a, fmax(b, c));
		s->mean[i] = a + b + c - s->minimum[i] - s->maximum[i];
		s->mean[i] = fmin(fmax(s->mean[i], s->minimum[i]), s->maximum[i]);
	}
}

static void random_series_agree(void **unused)
{
	static const unsigned steps[] = { 1, 7, 10, 60, 60, 120, 300, 300, 600, 3600 };
	uint64_t seed = support_seed(20261121), state = seed;

	(void)unused;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (unsigned round = 0; round < 300; round++) {
		size_t count = (size_t)(support_random(&state) %
			(round % 10 == 0 ? 9000 : 600));
		struct series s;
		struct peaks got;

		assert_int_equal(
			series_init(&s, 600000, steps[round % 10], count, 1), 0);
		fill_random(&s, &state);
		assert_int_equal(peak_analyse(&s, &got), 0);
		compare_with_plain(&s, &got);
		series_done(&s);
	}
}

/* ---- every window length, also those with large prime factors ------------------- */

static void all_lengths_agree(void **unused)
{
	static const size_t lengths[][3] = { { 1, 2, 3 }, { 7, 49, 97 },
		{ 43, 129, 258 }, { 4, 6, 9 }, { 23, 46, 1031 }, { 11, 22, 726 },
		{ 500, 1000, 2600 } };
	uint64_t state = support_seed(7);

	(void)unused;
	for (size_t row = 0; row < ARRAY_LEN(lengths); row++) {
		struct window_best best[3];
		struct series s;

		series_init(&s, 0, 1, 2600, 1);
		fill_random(&s, &state);
		for (size_t d = 0; d < 3; d++)
			best[d].slots = lengths[row][d];
		assert_int_equal(peak_windows(&s, best, 3), 0);
		for (size_t d = 0; d < 3; d++) {
			double sustained, held;
			size_t at;

			plain_curve(&s, lengths[row][d], &sustained, &at, &held);
			assert_near(isinf(best[d].sustained) ? NAN : best[d].sustained,
				sustained, 1e-12);
			assert_near(isinf(best[d].held) ? NAN : best[d].held, held, 0);
		}
		series_done(&s);
	}
}

/* ---- the loops for AVX2 against those for any machine ------------------------------- */

static void same_figures_on_every_machine(void **unused)
{
	static const unsigned terms[] = { 1, 2, 3, 5 };
	const struct lanes *plain = lanes_plain(), *chosen = lanes_choose();
	uint64_t state = support_seed(99);

	(void)unused;
	for (unsigned round = 0; round < 200; round++) {
		double a[2][512], known[512];
		size_t count = 1 + support_random(&state) % 80, step = 1 + round % 13;
		size_t starts = support_random(&state) % (count + 1);
		unsigned q = terms[round % 4];
		bool is_sum = round & 4;
		double got[2];

		for (size_t i = 0; i < 512; i++) {
			a[0][i] = a[1][i] = support_uniform(&state);
			known[i] = (double)(support_random(&state) % 5);
		}
		got[0] = (is_sum ? plain->fold_sum : plain->fold_minimum)(
			a[0], count, starts, step, q);
		got[1] = (is_sum ? chosen->fold_sum : chosen->fold_minimum)(
			a[1], count, starts, step, q);
		assert_true(got[0] == got[1]);
		assert_memory_equal(a[0], a[1], sizeof(a[0]));
		for (unsigned i = 0; i < 2; i++) {
			struct lanes_judged judged = { .mean = -INFINITY,
				.low = -INFINITY };

			(i ? chosen : plain)
				->judge(a[0], known, a[1], count, 2, &judged);
			got[i] = judged.mean + (double)judged.mean_at + judged.low;
		}
		assert_true(got[0] == got[1]);
	}
}

/* ---- the definitions --------------------------------------------------------- */

struct peak_case {
	const char *name;
	double value[SLOTS_MAX];
	size_t count;
	unsigned step_s;
	double peak, mean, sustained_300, held_300;
	int sustained_slot; /* the window's last slot; -1: no window */
};

static struct peak_case cases[] = {
	{ "a spike shorter than the window is spread over it", { 1, 9, 1, 1 }, 4, 150,
		9, 3, 5, 1, 1 },
	{ "a plateau as long as the window counts in full", { 1, 8, 8, 1 }, 4, 150, 8,
		4.5, 8, 8, 2 },
	{ "half of the slots known is enough", { 9, NAN, 3, 3 }, 4, 150, 9, 5, 9, 9,
		1 },
	{ "a third is not", { 9, NAN, NAN, 3, 3 }, 5, 100, 9, 5, 3, 3, 4 },
	{ "a window is rounded up to whole slots", { 4, 2, 2 }, 3, 200, 4, 8 / 3., 3, 2,
		1 },
	{ "a window longer than the period does not count", { 4 }, 1, 150, 4, 4, NAN,
		NAN, -1 },
	{ "a slot longer than the window is one", { 4, 7 }, 2, 3600, 7, 5.5, 7, 7, 1 },
	{ "the first of equal windows is told", { 5, 5, 5, 5 }, 4, 150, 5, 5, 5, 5, 1 },
	{ "a window of zeros is a figure", { 0, 0 }, 2, 150, 0, 0, 0, 0, 1 },
};

static void check_case(void **state)
{
	struct peak_case *c = *state;
	struct series s = { .first = 1000,
		.step_s = c->step_s,
		.count = c->count,
		.mean = c->value,
		.minimum = c->value,
		.maximum = c->value };
	struct peaks got;

	assert_int_equal(peak_analyse(&s, &got), 0);
	assert_near(got.peak, c->peak, 0);
	assert_near(got.mean, c->mean, 1e-15);
	assert_near(got.sustained[0], c->sustained_300, 1e-15);
	assert_near(got.held[0], c->held_300, 0);
	if (c->sustained_slot >= 0)
		assert_int_equal(
			got.sustained_at[0], 1000 + c->sustained_slot * (int)c->step_s);
}

static void nothing_known_gives_no_figure(void **unused)
{
	double none[] = { NAN, NAN };
	struct series s = { .first = 60,
		.step_s = 60,
		.count = 2,
		.mean = none,
		.minimum = none,
		.maximum = none };
	struct peaks got;

	(void)unused;
	assert_int_equal(peak_analyse(&s, &got), 0);
	assert_false(got.is_counted);
	assert_true(isnan(got.peak) && isnan(got.mean) && isnan(got.p99));
	assert_true(isnan(got.sustained[0]) && isnan(got.held[5]));
	assert_int_equal(got.expected, 2);
	s.count = 0;
	assert_int_equal(peak_analyse(&s, &got), 0);
	assert_near(got.coverage, 0, 0);
}

static void extremes_are_not_averaged_away(void **unused)
{
	double mean[] = { 2, 3 }, low[] = { 1, 0.5 }, high[] = { 40, 3 };
	struct series s = { .first = 60,
		.step_s = 60,
		.count = 2,
		.mean = mean,
		.minimum = low,
		.maximum = high };
	struct peaks got;

	(void)unused;
	assert_int_equal(peak_analyse(&s, &got), 0);
	assert_near(got.peak, 40, 0);
	assert_int_equal(got.peak_at, 60);
	assert_near(got.mean, 2.5, 0);
	assert_near(got.p50, 2.5, 0);
}

static void percentiles_grow(void **unused)
{
	double values[] = { 5, 1, NAN, 4, 2, 3 };
	static const double p[] = { 0, 0.25, 0.5, 0.75, 0.9, 0.9, 0.9, 1 };
	double got[8];

	(void)unused;
	assert_int_equal(peak_percentiles(values, 6, p, 8, got), 0);
	assert_near(got[0], 1, 0);
	assert_near(got[1], 2, 0);
	assert_near(got[2], 3, 0);
	assert_near(got[4], 4.6, 1e-15);
	assert_near(got[6], 4.6, 1e-15);
	assert_near(got[7], 5, 0);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 6];
	size_t n = 0;

	for (; n < ARRAY_LEN(cases); n++)
		tests[n] = (struct CMUnitTest){ .name = cases[n].name,
			.test_func = check_case,
			.initial_state = &cases[n] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(nothing_known_gives_no_figure);
	tests[n++] =
		(struct CMUnitTest)cmocka_unit_test(extremes_are_not_averaged_away);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(percentiles_grow);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(same_figures_on_every_machine);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(all_lengths_agree);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(random_series_agree);
	return _cmocka_run_group_tests("peak", tests, n, NULL, NULL);
}
