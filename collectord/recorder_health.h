/* The health row of the database, and small numbers kept there by key. */
#ifndef COLLECTORD_RECORDER_HEALTH_H
#define COLLECTORD_RECORDER_HEALTH_H

#include "collectord/recorder.h"
#include "store/store.h"

/* Numbers with blanks between under one key; fewer than count are no error. */
int recorder_meta_numbers(struct store *store, const char *key, int64_t *values,
	size_t count, size_t *ret_found, struct err *err);
int recorder_meta_set_numbers(struct store *store, const char *key,
	const int64_t *values, size_t count, struct err *err);

/* In the transaction of a batch; ticks: those that it stores. */
int recorder_note_health(struct recorder *recorder, struct store *store, uint64_t ticks,
	struct err *err);

#endif
