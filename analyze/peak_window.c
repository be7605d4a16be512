#include "analyze/peak_window.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SLOTS 4096
#define LANES 8

#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(enable)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

/*
 * The loops below are compiled twice, for every machine and for AVX2; in place, upwards:
 * slot i is read for the last time when it is written.
 */
#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_WIDE 1
#define KERNEL static inline __attribute__((always_inline))
#else
#define HAS_WIDE 0
#define KERNEL static inline
#endif

KERNEL double lesser(double a, double b)
{
	return b < a ? b : a;
}

/* x[i] becomes the sum of q windows of a slots each, one behind the other. */
KERNEL void sum_step(double *x, size_t count, size_t a, unsigned q)
{
	switch (q) {
	case 2:
		INDEPENDENT
		for (size_t i = 0; i < count; i++)
			x[i] = x[i] + x[i + a];
		break;
	case 3:
		INDEPENDENT
		for (size_t i = 0; i < count; i++)
			x[i] = x[i] + x[i + a] + x[i + 2 * a];
		break;
	default: /* 5 */
		INDEPENDENT
		for (size_t i = 0; i < count; i++)
			x[i] = (x[i] + x[i + a]) + (x[i + 2 * a] + x[i + 3 * a]) +
				x[i + 4 * a];
	}
}

/* The same for minima; windows of a slots may overlap. */
KERNEL void min_step(double *x, size_t count, size_t shift)
{
	INDEPENDENT
	for (size_t i = 0; i < count; i++)
		x[i] = lesser(x[i], x[i + shift]);
}

/* An array that holds window sums (or minima) of one length. */
struct windows {
	double *value;
	size_t slots; /* present length of the window */
	size_t covered; /* slots of the block with its lookahead */
	double *spare; /* covered slots, scratch */
};

/* x = sums of q windows of a slots, where q has a prime factor over 5: by bits. */
KERNEL void sum_by_bits(struct windows *w, size_t q)
{
	size_t a = w->slots, done = 0, power = a;
	double *acc = w->spare, *x = w->value;

	for (; q; q >>= 1) {
		size_t count;

		if (q & 1) {
			/* the new part stands before what was gathered */
			count = w->covered - done - power + 1;
			if (done == 0)
				memcpy(acc, x, count * sizeof(*acc));
			else {
				INDEPENDENT
				for (size_t i = 0; i < count; i++)
					acc[i] = x[i] + acc[i + power];
			}
			done += power;
		}
		if (q > 1) {
			count = w->covered - 2 * power + 1;
			sum_step(x, count, power, 2);
			power *= 2;
		}
	}
	w->value = acc;
	w->spare = x;
	w->slots = done;
}

KERNEL void sums_widen(struct windows *w, size_t slots)
{
	static const unsigned factors[] = { 5, 3, 2 };
	size_t q = slots / w->slots;

	for (size_t f = 0; f < sizeof(factors) / sizeof(factors[0]); f++) {
		while (q % factors[f] == 0) {
			size_t wider = w->slots * factors[f];

			sum_step(w->value, w->covered - wider + 1, w->slots, factors[f]);
			w->slots = wider;
			q /= factors[f];
		}
	}
	if (q > 1)
		sum_by_bits(w, q);
}

KERNEL void minima_widen(struct windows *w, size_t slots)
{
	while (w->slots < slots) {
		size_t wider = 2 * w->slots < slots ? 2 * w->slots : slots;

		min_step(w->value, w->covered - wider + 1, wider - w->slots);
		w->slots = wider;
	}
}

KERNEL double highest(const double *x, size_t count)
{
	double lane[LANES], best = -INFINITY;
	size_t i = 0;

	for (size_t j = 0; j < LANES; j++)
		lane[j] = -INFINITY;
	for (; i + LANES <= count; i += LANES)
		for (size_t j = 0; j < LANES; j++)
			lane[j] = x[i + j] > lane[j] ? x[i + j] : lane[j];
	for (; i < count; i++)
		best = x[i] > best ? x[i] : best;
	for (size_t j = 0; j < LANES; j++)
		best = lane[j] > best ? lane[j] : best;
	return best;
}

static size_t first_of(const double *x, double wanted)
{
	size_t i = 0;

	while (x[i] != wanted)
		i++;
	return i;
}

/* One block of window starts, its lookahead included. */
struct block {
	struct windows sum, known, minimum;
	const double *mean; /* borrowed: the unchanged means */
	size_t first, starts; /* window starts of this block, first of them */
	bool is_whole; /* no unknown slot: counts are not needed */
};

/* Unknown slots become 0 in sums and counts and infinite in minima. */
KERNEL void block_load(struct block *b, const struct series *s, size_t length)
{
	const double *mean = s->mean + b->first, *minimum = s->minimum + b->first;
	double unknown = 0;

	b->sum.covered = b->known.covered = b->minimum.covered = length;
	b->sum.slots = b->known.slots = b->minimum.slots = 1;
	b->mean = mean;
	INDEPENDENT
	for (size_t i = 0; i < length; i++) {
		double x = mean[i], low = minimum[i];

		low = low == low ? low : x;
		b->sum.value[i] = x == x ? x : 0;
		b->known.value[i] = x == x ? 1 : 0;
		b->minimum.value[i] = x == x ? low : INFINITY;
	}
	for (size_t i = 0; i < length; i++)
		unknown += 1 - b->known.value[i];
	b->is_whole = unknown == 0;
}

/* Back to single slots where the next length is no multiple of the last one. */
KERNEL void block_restart_sums(struct block *b)
{
	for (size_t i = 0; i < b->sum.covered; i++) {
		double x = b->mean[i];

		b->sum.value[i] = x == x ? x : 0;
		b->known.value[i] = x == x ? 1 : 0;
	}
	b->sum.slots = b->known.slots = 1;
}

static void take_sustained(
	struct window_best *best, const struct block *b, const double *means, double value)
{
	best->sustained = value;
	best->sustained_at = b->first + first_of(means, value);
}

/* Means and minima of the windows that have enough known slots, then the best. */
KERNEL void judge_gaps(const struct block *b, struct window_best *best, size_t starts)
{
	const double *sum = b->sum.value, *known = b->known.value;
	const double *minimum = b->minimum.value;
	double least = 0.5 * (double)best->slots;
	double *scratch = b->sum.spare;
	double value;

	INDEPENDENT
	for (size_t i = 0; i < starts; i++) {
		double mean = sum[i] / known[i]; /* 0 / 0: NAN, below least */

		scratch[i] = known[i] >= least ? mean : -INFINITY;
	}
	value = highest(scratch, starts);
	if (value > best->sustained)
		take_sustained(best, b, scratch, value);
	INDEPENDENT
	for (size_t i = 0; i < starts; i++)
		scratch[i] = known[i] >= least ? minimum[i] : -INFINITY;
	value = highest(scratch, starts);
	best->held = value > best->held ? value : best->held;
}

KERNEL void judge_whole(const struct block *b, struct window_best *best, size_t starts)
{
	double sum = highest(b->sum.value, starts);
	double low = highest(b->minimum.value, starts);

	if (sum / (double)best->slots > best->sustained) {
		take_sustained(best, b, b->sum.value, sum);
		best->sustained = sum / (double)best->slots;
	}
	best->held = low > best->held ? low : best->held;
}

KERNEL void block_run(
	struct block *b, const struct series *s, struct window_best *best, size_t count)
{
	size_t last = s->count - b->first; /* slots from the block's first to the end */
	size_t length = b->starts + best[count - 1].slots - 1;

	block_load(b, s, length < last ? length : last);
	for (size_t d = 0; d < count; d++) {
		size_t slots = best[d].slots, starts = b->starts;

		if (slots > last)
			break;
		if (starts > last - slots + 1)
			starts = last - slots + 1;
		if (slots % b->sum.slots != 0)
			block_restart_sums(b);
		sums_widen(&b->sum, slots);
		minima_widen(&b->minimum, slots);
		if (b->is_whole) {
			judge_whole(b, &best[d], starts);
			continue;
		}
		sums_widen(&b->known, slots);
		judge_gaps(b, &best[d], starts);
	}
}

static void run_plain(
	struct block *b, const struct series *s, struct window_best *best, size_t count)
{
	block_run(b, s, best, count);
}

#if HAS_WIDE
__attribute__((target("avx2"))) static void run_wide(
	struct block *b, const struct series *s, struct window_best *best, size_t count)
{
	block_run(b, s, best, count);
}
#endif

typedef void block_function(struct block *, const struct series *, struct window_best *,
	size_t);

static block_function *choose(void)
{
#if HAS_WIDE
	if (__builtin_cpu_supports("avx2"))
		return run_wide;
#endif
	return run_plain;
}

int peak_windows(const struct series *series, struct window_best *best, size_t count)
{
	block_function *run = choose();
	size_t longest, block_slots, room;
	struct block b;
	double *memory;

	for (size_t d = 0; d < count; d++) {
		best[d].sustained = best[d].held = -INFINITY;
		best[d].sustained_at = 0;
	}
	/* longer windows than the series has slots need no lookahead */
	while (count > 0 && best[count - 1].slots > series->count)
		count--;
	if (count == 0)
		return 0;
	longest = best[count - 1].slots;
	block_slots = longest * 4 > BLOCK_SLOTS ? longest * 4 : BLOCK_SLOTS;
	if (block_slots > series->count)
		block_slots = series->count;
	room = block_slots + longest;
	memory = malloc(5 * room * sizeof(*memory));
	if (!memory)
		return -ENOMEM;
	for (size_t first = 0; first < series->count; first += block_slots) {
		b = (struct block){ .first = first,
			.starts = series->count - first < block_slots
				? series->count - first : block_slots,
			.sum = { .value = memory, .spare = memory + 3 * room },
			.known = { .value = memory + room, .spare = memory + 4 * room },
			.minimum = { .value = memory + 2 * room } };
		run(&b, series, best, count);
	}
	free(memory);
	return 0;
}
