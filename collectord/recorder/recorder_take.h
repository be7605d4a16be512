/* From the ring to staging. */
#ifndef COLLECTORD_RECORDER_RECORDER_TAKE_H
#define COLLECTORD_RECORDER_RECORDER_TAKE_H

#include "collectord/recorder/recorder_state.h"

/* Released ticks and events into staging, then acknowledged. 0 or a negative errno. */
int recorder_take(struct recorder *recorder, struct err *err);
/* Ticks in the ring that could be taken now. */
uint64_t recorder_waiting(const struct recorder *recorder);
/* ... in that one; NULL: none. */
uint64_t recorder_ring_waiting(const struct ring *ring);

#endif
