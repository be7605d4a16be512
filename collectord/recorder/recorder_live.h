/* The newest tick of the daemon's own machine, for who looks on (analyze watch). */
#ifndef COLLECTORD_RECORDER_RECORDER_LIVE_H
#define COLLECTORD_RECORDER_RECORDER_LIVE_H

#include "collectord/recorder/recorder_state.h"

#define RECORDER_LIVE_BYTES 320

/*
 * recorder_live_line - "ok STAMP STEP VALUE...\n", the values those of store/live.h
 *
 * A value that is not known is "-".  Takes nothing from the ring and stores nothing.
 * "failed: ..." where there is no tick yet.
 */
void recorder_live_line(const struct recorder *recorder, char *line, size_t size);

#endif
