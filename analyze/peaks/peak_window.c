#include "analyze/peaks/peak_window.h"

#include "analyze/peaks/peak_lanes.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Window starts of a block: with lookahead its arrays stay in the cache. */
#define BLOCK_SLOTS 4096

/* An array that holds the sums (or minima) of windows of one length. */
struct windows {
	double *value;
	double *spare;  /* covered slots, scratch; sums only */
	size_t slots;   /* present length of the window */
	size_t covered; /* slots of the block with its lookahead */
	lanes_fold *fold;
};

static const unsigned factors[] = { 5, 3, 2 };

/* Sums of q windows, where q has a prime factor over 5: bit by bit. */
static void widen_by_bits(struct windows *w, size_t q)
{
	size_t done = 0, power = w->slots;
	double *gathered = w->spare, *x = w->value;

	for (; q; q >>= 1) {
		if (q & 1) {
			/* the new part stands before what was gathered */
			size_t count = w->covered - done - power + 1;

			for (size_t i = 0; i < count; i++)
				gathered[i] = done ? x[i] + gathered[i + power] : x[i];
			done += power;
		}
		if (q > 1) {
			w->fold(x, w->covered - 2 * power + 1, 0, power, 2);
			power *= 2;
		}
	}
	w->value = gathered;
	w->spare = x;
	w->slots = done;
}

/* Minima may overlap: twice as long each time, then up to the length. */
static void widen_by_overlap(struct windows *w, size_t slots)
{
	while (w->slots < slots) {
		size_t wider = 2 * w->slots < slots ? 2 * w->slots : slots;

		w->fold(w->value, w->covered - wider + 1, 0, wider - w->slots, 2);
		w->slots = wider;
	}
}

/* To windows of `slots` slots; returns the highest of those that begin before starts. */
static double widen(struct windows *w, size_t slots, size_t starts, bool is_sum)
{
	size_t q = slots / w->slots;
	double best = 0;
	bool has_best = false;

	if (slots % w->slots != 0) { /* a minimum: sums begin again before */
		widen_by_overlap(w, slots);
		q = 1;
	}
	for (size_t f = 0; f < sizeof(factors) / sizeof(factors[0]); f++) {
		while (q % factors[f] == 0) {
			size_t wider = w->slots * factors[f];

			q /= factors[f];
			has_best = q == 1;
			best = w->fold(w->value, w->covered - wider + 1,
				has_best ? starts : 0, w->slots, factors[f]);
			w->slots = wider;
		}
	}
	if (q > 1 && is_sum)
		widen_by_bits(w, q);
	else if (q > 1)
		widen_by_overlap(w, slots);
	return has_best ? best : w->fold(w->value, starts, starts, 0, 1);
}

/* One block of window starts, its lookahead included. */
struct window_block {
	struct windows sum, known, minimum;
	const struct lanes *lanes;
	const double *mean;   /* borrowed: the unchanged means */
	size_t first, starts; /* window starts of this block, first of them */
	bool is_whole;        /* no unknown slot: counts are not needed */
};

/* Unknown slots are 0 in sums and counts. */
static size_t load_sums(struct window_block *b)
{
	double *sum = b->sum.value, *known = b->known.value;
	const double *mean = b->mean;
	size_t count = 0;

	for (size_t i = 0; i < b->sum.covered; i++) {
		double x = mean[i];
		bool is_known = x == x;

		sum[i] = is_known ? x : 0;
		known[i] = is_known ? 1 : 0;
		count += is_known;
	}
	b->sum.slots = b->known.slots = 1;
	return count;
}

/* Unknown slots are infinite in minima; a minimum that is missing is the mean. */
static void load_minima(struct window_block *b, const double *minimum)
{
	double *to = b->minimum.value;
	const double *mean = b->mean;

	for (size_t i = 0; i < b->minimum.covered; i++) {
		double x = mean[i], low = minimum[i];

		low = low == low ? low : x;
		to[i] = x == x ? low : INFINITY;
	}
	b->minimum.slots = 1;
}

static void block_load(struct window_block *b, const struct series *s, size_t length)
{
	b->mean = s->mean + b->first;
	b->sum.covered = b->known.covered = b->minimum.covered = length;
	b->is_whole = load_sums(b) == length;
	if (b->is_whole) {
		memcpy(b->minimum.value, s->minimum + b->first,
			length * sizeof(*s->minimum));
		b->minimum.slots = 1;
		for (size_t i = 0; i < length; i++)
			if (isnan(b->minimum.value[i]))
				b->minimum.value[i] = b->mean[i];
	} else {
		load_minima(b, s->minimum + b->first);
	}
}

static size_t peak_window_first_of(const double *x, double wanted)
{
	size_t i = 0;

	while (x[i] != wanted)
		i++;
	return i;
}

static void judge_whole(
	const struct window_block *b, struct window_best *best, double sum, double low)
{
	double mean = sum / (double)best->slots;

	if (mean > best->sustained) {
		best->sustained = mean;
		best->sustained_at = b->first + peak_window_first_of(b->sum.value, sum);
	}
	best->held = low > best->held ? low : best->held;
}

static void judge_gaps(
	const struct window_block *b, struct window_best *best, size_t starts)
{
	struct lanes_judged judged = { .mean = best->sustained, .low = best->held };

	b->lanes->judge(b->sum.value, b->known.value, b->minimum.value, starts,
		0.5 * (double)best->slots, &judged);
	if (judged.is_risen) {
		best->sustained = judged.mean;
		best->sustained_at = b->first + judged.mean_at;
	}
	best->held = judged.low;
}

static void block_run(struct window_block *b, const struct series *s,
	struct window_best *best, size_t count)
{
	size_t last = s->count - b->first; /* slots from the block's first to the end */
	size_t length = b->starts + best[count - 1].slots - 1;

	block_load(b, s, length < last ? length : last);
	for (size_t d = 0; d < count && best[d].slots <= last; d++) {
		size_t slots = best[d].slots;
		size_t starts =
			b->starts < last - slots + 1 ? b->starts : last - slots + 1;
		double sum, low;

		if (slots % b->sum.slots != 0)
			load_sums(b);
		sum = widen(&b->sum, slots, starts, true);
		low = widen(&b->minimum, slots, starts, false);
		if (b->is_whole) {
			judge_whole(b, &best[d], sum, low);
		} else {
			widen(&b->known, slots, 0, true);
			judge_gaps(b, &best[d], starts);
		}
	}
}

int peak_windows(const struct series *series, struct window_best *best, size_t count)
{
	const struct lanes *lanes = lanes_choose();
	size_t longest, block_slots, room;
	double *memory;

	for (size_t d = 0; d < count; d++) {
		best[d].sustained = best[d].held = -INFINITY;
		best[d].sustained_at = 0;
	}
	/* a window longer than the series needs no lookahead */
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
		struct window_block b = { .first = first,
			.lanes = lanes,
			.starts = series->count - first < block_slots
				? series->count - first
				: block_slots,
			.sum = { .value = memory,
				.spare = memory + 3 * room,
				.fold = lanes->fold_sum },
			.known = { .value = memory + room,
				.spare = memory + 4 * room,
				.fold = lanes->fold_sum },
			.minimum = { .value = memory + 2 * room,
				.fold = lanes->fold_minimum } };

		block_run(&b, series, best, count);
	}
	free(memory);
	return 0;
}
