/* From samples of an engine to the slots of a workload.  Pure. */
#ifndef ANALYZE_ESTATE_ENGINE_SLOTS_H
#define ANALYZE_ESTATE_ENGINE_SLOTS_H

#include "analyze/engine/samples.h"
#include "analyze/estate/load.h"

enum { SLOT_MEAN, SLOT_MIN, SLOT_MAX, SLOT_KINDS };

/* Which resource and kind a series is: headroom_cpu_used_mhz_max; false: none of ours. */
bool engine_slots_find(
	const char *metric, enum resource *ret_resource, unsigned *ret_kind);
/* "headroom_cpu_used_mhz_max" */
#define ENGINE_METRIC_BYTES 64
void engine_slots_metric(
	enum resource resource, unsigned kind, char ret_metric[ENGINE_METRIC_BYTES]);

struct engine_column {
	struct engine_sample *sample; /* in the order they came; whole seconds count */
	size_t count, room;
};

struct engine_columns { /* start with all zero */
	struct engine_column of[RESOURCE_COUNT][SLOT_KINDS];
};

void engine_columns_done(struct engine_columns *columns);
/* Copies samples behind those that are there; 0, -EFBIG or -ENOMEM. */
int engine_columns_add(struct engine_column *column, const struct engine_sample *sample,
	size_t count, struct err *err);

/*
 * engine_slots_make - the slots that the samples fill
 *
 * step_s  0: the most frequent difference of the stamps (ties: the larger), 60 where there
 *         is none
 *
 * A stamp belongs to the nearest slot, half way goes up; of repeated stamps the first
 * counts; a slot with several has their mean and extremes.  The samples are sorted on the
 * way.  Returns 0 (period.count 0: there are none), -EFBIG or -ENOMEM.
 */
int engine_slots_make(struct engine_columns *columns, unsigned step_s,
	const struct load_request *request, struct load_set *ret_set, struct err *err);

#endif
