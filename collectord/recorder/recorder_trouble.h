/* What fails is told once, tried again after a while, and becomes an event. */
#ifndef COLLECTORD_RECORDER_RECORDER_TROUBLE_H
#define COLLECTORD_RECORDER_RECORDER_TROUBLE_H

#include "collectord/recorder/recorder_state.h"

/* Counts the failure and says when to try again. */
void recorder_failed(struct recorder *recorder, struct recorder_trouble *trouble,
	const char *what, const struct err *err);
void recorder_succeeded(struct recorder *recorder, struct recorder_trouble *trouble);
/* How long it has lasted, and why: an event. */
void recorder_trouble_text(const struct recorder_trouble *trouble,
	char ret_text[static RECORDER_NOTE_BYTES]);

#endif
