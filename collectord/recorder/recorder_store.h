/* What a batch brings to the database: gaps, boots, events, the span, health. */
#ifndef COLLECTORD_RECORDER_RECORDER_STORE_H
#define COLLECTORD_RECORDER_RECORDER_STORE_H

#include "collectord/recorder/recorder_state.h"

/* Gaps, boots, events, span and health of the frames up to the mark: one transaction. */
int recorder_record(struct recorder *recorder, struct err *err);

#endif
