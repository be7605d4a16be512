/*
 * The store as the recorder opens it.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_RECORDER_RECORDER_DB_H
#define COLLECTORD_RECORDER_RECORDER_DB_H

#include "collectord/recorder/recorder_state.h"
#include "store/store.h"

/* As store_open (store_close is the caller's); notes that SQLite has memory to give
 * back. */
int recorder_open_store(
	struct recorder *recorder, struct store **ret_store, struct err *err);

/* As store_commit; files that whoever opens the store next has to move are no failure. */
int recorder_commit(struct store *store, struct err *err);

#endif
