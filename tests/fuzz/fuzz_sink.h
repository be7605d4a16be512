/* A sink that only looks whether a value is one. */
#ifndef TESTS_FUZZ_FUZZ_SINK_H
#define TESTS_FUZZ_FUZZ_SINK_H

#include "probes/probe.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline void fuzz_put_gauge(
	struct sink *sink, enum metric_id metric, unsigned spot, double value)
{
	(void)sink;
	/* NAN: it is there and unknown */
	if (isnan(value) && metric == METRIC_MEMORY_HUGE_BYTES)
		return;
	if (!isfinite(value) || value < 0 || metric >= METRIC_COUNT || spot != 0)
		abort();
}

static inline void fuzz_put_counter(
	struct sink *sink, enum metric_id metric, unsigned spot, uint64_t raw)
{
	(void)sink;
	(void)raw;
	if (metric >= METRIC_COUNT || spot != 0)
		abort();
}

static inline struct sink *fuzz_sink(void)
{
	static struct sink sink = { .put_gauge = fuzz_put_gauge,
		.put_counter = fuzz_put_counter };

	return &sink;
}

#endif
