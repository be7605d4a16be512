/* One turn of the recorder's loop, without its sleep and its signals. */
#ifndef COLLECTORD_RECORDER_RECORDER_TURN_H
#define COLLECTORD_RECORDER_RECORDER_TURN_H

#include "collectord/recorder/recorder_state.h"

#define RECORDER_WAIT_LEAST_MS 20

/*
 * recorder_turn - whatever is due: connect, take, judge, a batch, deliveries, the beat
 *
 * now_ms         CLOCK_MONOTONIC
 * is_take_asked  what is in the ring is taken now, due or not (SIGUSR1)
 *
 * Never blocks; what fails is told, and tried again in a later turn.
 */
void recorder_turn(struct recorder *recorder, int64_t now_ms, bool is_take_asked);

/* How long there is nothing to do, at least 1 ms. */
int64_t recorder_wait_ms(const struct recorder *recorder, int64_t now_ms);

/* Everything that can be stored is in the RRD files and the database. */
bool recorder_is_drained(const struct recorder *recorder);

#endif
