/*
 * Whose ticks the recorder takes, beside those of the own machine.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_RECORDER_RECORDER_SUBJECT_H
#define COLLECTORD_RECORDER_RECORDER_SUBJECT_H

#include "collectord/recorder/recorder_state.h"

/* Those that are known beside staging, and how far their ticks are staged.  Call once
 * staging is open; is_patient: see subject_list.  0 or a negative errno. */
int recorder_subjects_open(struct recorder *recorder, bool is_patient, struct err *err);
void recorder_subjects_done(struct recorder *recorder);

/* In recorder->subject, looked for from near on; SIZE_MAX where there is none. */
size_t recorder_subject_index(
	const struct recorder *recorder, uint64_t id, size_t near);
/* NULL where there is none; it lives as long as the recorder. */
struct recorder_subject *recorder_subject_find(struct recorder *recorder, uint64_t id);

/* The same; one that is met for the first time is kept beside staging, durable, before
 * its first tick is.  dir: where its producer describes it. */
int recorder_subject_meet(struct recorder *recorder, const char *dir, uint64_t id,
	struct recorder_subject **ret_subject, struct err *err);

#endif
