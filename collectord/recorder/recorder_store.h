/*
 * What a batch brings to the database: gaps, boots, events, the span, health.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_RECORDER_RECORDER_STORE_H
#define COLLECTORD_RECORDER_RECORDER_STORE_H

#include "collectord/recorder/recorder_state.h"

/* Gaps, boots, events, span and health of the frames up to the mark: one transaction. */
int recorder_record(struct recorder *recorder, struct err *err);

#endif
