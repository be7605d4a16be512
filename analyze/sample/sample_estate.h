/*
 * The sample estate: 40 made-up workloads over 30 days at 300 s, so that a first look
 * shows what a report is like.  Always stored with ORIGIN_SAMPLE in a store of its own.
 */
#ifndef ANALYZE_SAMPLE_SAMPLE_ESTATE_H
#define ANALYZE_SAMPLE_SAMPLE_ESTATE_H

#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

#define SAMPLE_WORKLOADS 40
#define SAMPLE_DAYS 30
#define SAMPLE_STEP_S 300
#define SAMPLE_SLOTS (SAMPLE_DAYS * 86400 / SAMPLE_STEP_S)
#define SAMPLE_SEED 40

enum sample_source {
	SAMPLE_CPU_MHZ,
	SAMPLE_CPU_MIN,
	SAMPLE_CPU_MAX,
	SAMPLE_MEMORY_BYTES,
	SAMPLE_NETWORK_BPS,
	SAMPLE_NETWORK_MIN,
	SAMPLE_NETWORK_MAX,
	SAMPLE_DISK_BYTES_PER_S,
	SAMPLE_DISK_OPS_PER_S,
	SAMPLE_SOURCE_COUNT,
};

struct sample_slots {
	double value[SAMPLE_SOURCE_COUNT][SAMPLE_SLOTS];
};

/* The name of a workload, index < SAMPLE_WORKLOADS: "erp-db". */
const char *sample_estate_name(size_t index);

/*
 * sample_estate_make - all slots of one workload; the same seed and end give the same
 * bits
 *
 * end  stamp of the last slot, a multiple of SAMPLE_STEP_S
 *
 * Daily and weekly shapes, month ends, batch windows, leaks with restarts, spikes of
 * single readings, slots that are unknown; some have been there for a few days only.
 */
void sample_estate_make(
	size_t index, uint64_t seed, int64_t end, struct sample_slots *ret_slots);

/*
 * sample_estate_store - all workloads in one transaction
 *
 * progress  may be NULL; called with 0..1
 *
 * A store that has the same estate up to the same end is left alone; one that holds
 * workloads of another source is refused (-EEXIST): samples are never mixed in.
 */
int sample_estate_store(struct store *store, uint64_t seed, int64_t end,
	void (*progress)(void *data, double done_ratio), void *data, struct err *err);

#endif
