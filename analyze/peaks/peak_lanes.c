#include "analyze/peaks/peak_lanes.h"

#include <math.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_AVX2 1
#include <immintrin.h>
#define WIDE __attribute__((target("avx2")))
#define WIDE_INLINE static inline __attribute__((always_inline, target("avx2")))
#else
#define HAS_AVX2 0
#endif
#define INLINE static inline __attribute__((always_inline))

/* sum / known is tried only where sum is not clearly under mean * known. */
#define SURELY_LESS (1 - 1e-14)

/* ---- any machine ---------------------------------------------------------------- */

INLINE double combine(double a, double b, bool is_minimum)
{
	if (is_minimum)
		return b < a ? b : a;
	return a + b;
}

INLINE double fold_one(const double *x, size_t a, unsigned q, bool is_minimum)
{
	if (q == 1)
		return x[0];
	if (q == 2)
		return combine(x[0], x[a], is_minimum);
	if (q == 3)
		return combine(combine(x[0], x[a], is_minimum), x[2 * a], is_minimum);
	return combine(combine(combine(x[0], x[a], is_minimum),
			       combine(x[2 * a], x[3 * a], is_minimum), is_minimum),
		x[4 * a], is_minimum);
}

INLINE double fold_range(double *x, size_t begin, size_t end, size_t starts, size_t a,
	unsigned q, bool is_minimum, double best)
{
	for (size_t i = begin; i < end; i++) {
		double value = fold_one(x + i, a, q, is_minimum);

		x[i] = value;
		if (i < starts && value > best)
			best = value;
	}
	return best;
}

static double fold_sum_plain(
	double *x, size_t count, size_t starts, size_t a, unsigned q)
{
	switch (q) {
	case 1:
		return fold_range(x, 0, starts, starts, a, 1, false, -INFINITY);
	case 2:
		return fold_range(x, 0, count, starts, a, 2, false, -INFINITY);
	case 3:
		return fold_range(x, 0, count, starts, a, 3, false, -INFINITY);
	default:
		return fold_range(x, 0, count, starts, a, 5, false, -INFINITY);
	}
}

static double fold_minimum_plain(
	double *x, size_t count, size_t starts, size_t a, unsigned q)
{
	switch (q) {
	case 1:
		return fold_range(x, 0, starts, starts, a, 1, true, -INFINITY);
	case 2:
		return fold_range(x, 0, count, starts, a, 2, true, -INFINITY);
	case 3:
		return fold_range(x, 0, count, starts, a, 3, true, -INFINITY);
	default:
		return fold_range(x, 0, count, starts, a, 5, true, -INFINITY);
	}
}

INLINE void judge_one(
	const double *sum, const double *known, size_t i, struct lanes_judged *judged)
{
	double mean = sum[i] / known[i];

	if (mean > judged->mean) {
		judged->mean = mean;
		judged->mean_at = i;
		judged->is_risen = true;
	}
}

static void judge_range(const double *sum, const double *known, const double *minimum,
	size_t begin, size_t end, double least, struct lanes_judged *judged)
{
	for (size_t i = begin; i < end; i++) {
		if (known[i] < least)
			continue;
		judge_one(sum, known, i, judged);
		if (minimum[i] > judged->low)
			judged->low = minimum[i];
	}
}

static void judge_plain(const double *sum, const double *known, const double *minimum,
	size_t starts, double least, struct lanes_judged *judged)
{
	judge_range(sum, known, minimum, 0, starts, least, judged);
}

static const struct lanes plain = { fold_sum_plain, fold_minimum_plain, judge_plain };

const struct lanes *lanes_plain(void)
{
	return &plain;
}

/* ---- four at a time --------------------------------------------------------------- */

#if HAS_AVX2

WIDE_INLINE __m256d combine_wide(__m256d a, __m256d b, bool is_minimum)
{
	return is_minimum ? _mm256_min_pd(b, a) : _mm256_add_pd(a, b);
}

WIDE_INLINE __m256d fold_four(const double *x, size_t a, unsigned q, bool is_minimum)
{
	__m256d v = _mm256_loadu_pd(x);

	if (q == 1)
		return v;
	v = combine_wide(v, _mm256_loadu_pd(x + a), is_minimum);
	if (q == 2)
		return v;
	if (q == 3)
		return combine_wide(v, _mm256_loadu_pd(x + 2 * a), is_minimum);
	v = combine_wide(v,
		combine_wide(_mm256_loadu_pd(x + 2 * a), _mm256_loadu_pd(x + 3 * a),
			is_minimum),
		is_minimum);
	return combine_wide(v, _mm256_loadu_pd(x + 4 * a), is_minimum);
}

WIDE_INLINE double highest_of(__m256d v)
{
	double lane[4], best;

	_mm256_storeu_pd(lane, v);
	best = lane[0] > lane[1] ? lane[0] : lane[1];
	best = lane[2] > best ? lane[2] : best;
	return lane[3] > best ? lane[3] : best;
}

/* Eight at a time; all of them are read before the first is written. */
WIDE_INLINE double fold_wide(
	double *x, size_t count, size_t starts, size_t a, unsigned q, bool is_minimum)
{
	__m256d top = _mm256_set1_pd(-INFINITY), top_2 = top;
	double best;
	size_t i = 0;

	for (; i + 8 <= starts; i += 8) {
		__m256d v = fold_four(x + i, a, q, is_minimum);
		__m256d v_2 = fold_four(x + i + 4, a, q, is_minimum);

		top = _mm256_max_pd(v, top);
		top_2 = _mm256_max_pd(v_2, top_2);
		if (q == 1)
			continue;
		_mm256_storeu_pd(x + i, v);
		_mm256_storeu_pd(x + i + 4, v_2);
	}
	best = highest_of(_mm256_max_pd(top, top_2));
	if (q == 1)
		return fold_range(x, i, starts, starts, a, q, is_minimum, best);
	best = fold_range(x, i, starts, starts, a, q, is_minimum, best);
	for (i = starts; i + 4 <= count; i += 4)
		_mm256_storeu_pd(x + i, fold_four(x + i, a, q, is_minimum));
	return fold_range(x, i, count, starts, a, q, is_minimum, best);
}

WIDE static double fold_sum_wide(
	double *x, size_t count, size_t starts, size_t a, unsigned q)
{
	switch (q) {
	case 1:
		return fold_wide(x, count, starts, a, 1, false);
	case 2:
		return fold_wide(x, count, starts, a, 2, false);
	case 3:
		return fold_wide(x, count, starts, a, 3, false);
	default:
		return fold_wide(x, count, starts, a, 5, false);
	}
}

WIDE static double fold_minimum_wide(
	double *x, size_t count, size_t starts, size_t a, unsigned q)
{
	switch (q) {
	case 1:
		return fold_wide(x, count, starts, a, 1, true);
	case 2:
		return fold_wide(x, count, starts, a, 2, true);
	case 3:
		return fold_wide(x, count, starts, a, 3, true);
	default:
		return fold_wide(x, count, starts, a, 5, true);
	}
}

WIDE static void judge_wide(const double *sum, const double *known,
	const double *minimum, size_t starts, double least, struct lanes_judged *judged)
{
	const __m256d none = _mm256_set1_pd(-INFINITY), enough = _mm256_set1_pd(least);
	__m256d low = none, bound = _mm256_set1_pd(judged->mean * SURELY_LESS);
	double lowest;
	size_t i = 0;

	for (; i + 4 <= starts; i += 4) {
		__m256d k = _mm256_loadu_pd(known + i), s = _mm256_loadu_pd(sum + i);
		__m256d is_valid = _mm256_cmp_pd(k, enough, _CMP_GE_OQ);
		__m256d is_near = _mm256_cmp_pd(s, _mm256_mul_pd(bound, k), _CMP_GE_OQ);

		low = _mm256_max_pd(
			_mm256_blendv_pd(none, _mm256_loadu_pd(minimum + i), is_valid),
			low);
		if (_mm256_movemask_pd(_mm256_and_pd(is_valid, is_near)) == 0)
			continue;
		for (size_t j = i; j < i + 4; j++)
			if (known[j] >= least)
				judge_one(sum, known, j, judged);
		bound = _mm256_set1_pd(judged->mean * SURELY_LESS);
	}
	lowest = highest_of(low);
	judged->low = lowest > judged->low ? lowest : judged->low;
	judge_range(sum, known, minimum, i, starts, least, judged);
}

static const struct lanes wide = { fold_sum_wide, fold_minimum_wide, judge_wide };

#endif

const struct lanes *lanes_choose(void)
{
#if HAS_AVX2
	if (__builtin_cpu_supports("avx2"))
		return &wide;
#endif
	return &plain;
}
