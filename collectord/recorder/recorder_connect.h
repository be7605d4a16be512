/* Ring and staging: found, made, set aside, made larger. */
#ifndef COLLECTORD_RECORDER_RECORDER_CONNECT_H
#define COLLECTORD_RECORDER_RECORDER_CONNECT_H

#include "collectord/recorder/recorder_state.h"

/* Opens what can be opened of ring and staging; called again until both are there. */
void recorder_connect(struct recorder *recorder);
/* After a batch: a larger ring where it is needed, no more layouts than that. */
void recorder_tidy(struct recorder *recorder);

#endif
