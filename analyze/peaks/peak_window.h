/* Sums, minima and counts over sliding windows, and the highest of them. */
#ifndef ANALYZE_PEAKS_PEAK_WINDOW_H
#define ANALYZE_PEAKS_PEAK_WINDOW_H

#include "common/series.h"

#include <stddef.h>

/* The best windows of one length; index: first slot of the window. */
struct window_best {
	size_t slots;     /* length of the window */
	double sustained; /* -INFINITY: no window has enough known slots */
	size_t sustained_at;
	double held;
};

/*
 * peak_windows - for each length the highest mean and the highest minimum
 *
 * series    NAN in mean: unknown; a window counts with at least half of its slots known
 * best      slots given, 0 < slots, ascending; the rest is filled
 *
 * Window sums come from shorter window sums, (a, b) -> a + b, never by taking away, so
 * there is no drift; each block of starts stays in the cache with its lookahead.
 * Returns 0 or -ENOMEM.
 */
int peak_windows(const struct series *series, struct window_best *best, size_t count);

#endif
