/* The batch: when it is due, the writer's process, and what follows it. */
#ifndef COLLECTORD_RECORDER_RECORDER_BATCH_H
#define COLLECTORD_RECORDER_RECORDER_BATCH_H

#include "collectord/recorder/recorder_state.h"

/* Is there anything in staging that is not in the RRDs and the database? */
bool recorder_is_behind(const struct recorder *recorder);
/* Starts the writer when a batch is due and none runs. */
void recorder_batch_begin(struct recorder *recorder, int64_t now_ms);
/* Looks after the writer: its end, its deadline, what comes after it. */
void recorder_batch_continue(struct recorder *recorder, int64_t now_ms);

#endif
