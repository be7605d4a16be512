/* The store as the recorder opens it. */
#ifndef COLLECTORD_RECORDER_RECORDER_DB_H
#define COLLECTORD_RECORDER_RECORDER_DB_H

#include "collectord/recorder/recorder_state.h"
#include "store/store.h"

/* As store_open; notes that there are pages to let go. */
int recorder_open_store(
	struct recorder *recorder, struct store **ret_store, struct err *err);

/* As store_commit; files that whoever opens the store next has to move are no failure. */
int recorder_commit(struct store *store, struct err *err);

#endif
