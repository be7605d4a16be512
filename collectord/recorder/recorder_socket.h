/*
 * <data>/recorder.sock: one line asked, one line answered.
 *
 *	flush   everything that was sampled goes into the RRDs and the database first:
 *	        "ok LAST-STAMP" or "failed"
 *	take    what is in the ring goes into staging: "ok LAST-STAMP" or "failed"
 *	health  "ok ticks N stored N held N dropped N late N restarts N last T pid N"
 */
#ifndef COLLECTORD_RECORDER_RECORDER_SOCKET_H
#define COLLECTORD_RECORDER_RECORDER_SOCKET_H

#include "collectord/recorder/recorder_state.h"

int recorder_listen(struct recorder *recorder, struct err *err);
/* Descriptors to poll; returns how many were filled (<= 1 + RECORDER_CLIENTS). */
size_t recorder_poll_set(const struct recorder *recorder, struct pollfd *ret_set);
void recorder_serve(struct recorder *recorder, const struct pollfd *set, size_t count,
	int64_t now_ms);
/* Tells those who wait for a flush how it ended. */
void recorder_answer_flushes(struct recorder *recorder, bool is_failed);
bool recorder_flush_is_wanted(const struct recorder *recorder);
void recorder_hang_up(struct recorder *recorder);

#endif
