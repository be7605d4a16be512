/*
 * The health row of the database, and small numbers kept there by key.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_RECORDER_RECORDER_HEALTH_H
#define COLLECTORD_RECORDER_RECORDER_HEALTH_H

#include "collectord/recorder/recorder_state.h"
#include "store/store.h"

/* Numbers with blanks between under one key; fewer than count are no error. */
int recorder_meta_numbers(struct store *store, const char *key, int64_t *values,
	size_t count, size_t *ret_found, struct err *err);
int recorder_meta_set_numbers(struct store *store, const char *key,
	const int64_t *values, size_t count, struct err *err);

/*
 * What was free on the disk of the store at two moments, half a week apart: it is
 * measured from the first, and the second takes its place in time.  at 0: none yet.
 */
struct disk_past {
	int64_t at, free_bytes; /* Unix seconds UTC */
	int64_t next_at, next_free_bytes;
};

/*
 * recorder_disk_days - days until the disk is full, by what it lost since
 *
 *     free / ((free then - free) / (now - then))
 *
 * then lies half a week to a week back.  NAN where it does not get fuller, and until
 * there is a day to measure: what a store takes in its first minutes, when its files
 * are made, says nothing of the days after.
 */
double recorder_disk_days(struct disk_past *past, int64_t now_s, int64_t free_bytes);

/* Counters as they are now, of the ring that is mapped. */
void recorder_health_now(
	const struct recorder *recorder, struct collector_health *health);

/* In the transaction of a batch; ticks: those that it stores. */
int recorder_note_health(struct recorder *recorder, struct store *store, uint64_t ticks,
	struct err *err);

#endif
