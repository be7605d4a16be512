/* What the settings say about the workload and the store. */
#ifndef COLLECTORD_RECORDER_RECORDER_IDENTITY_H
#define COLLECTORD_RECORDER_RECORDER_IDENTITY_H

#include "collectord/recorder/recorder_state.h"

/* Nothing is open yet; settings and alerts are the caller's to fill in. */
void recorder_init(struct recorder *recorder);

/* Seconds between two ticks, by the settings. */
unsigned recorder_step_s(const struct recorder *recorder);

/* For the head of staging; folder is left empty. */
void recorder_identity(
	const struct recorder *recorder, struct staging_identity *identity);

#endif
