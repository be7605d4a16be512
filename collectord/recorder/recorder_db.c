/* The store as the recorder opens it. */
#include "collectord/recorder/recorder_db.h"

#include "collectord/recorder/recorder_folder.h"

#include <errno.h>

int recorder_open_store(
	struct recorder *recorder, struct store **ret_store, struct err *err)
{
	int r = recorder_folder_check(recorder, err);

	if (r < 0)
		return r;
	recorder->has_db_memory = true;
	return store_open(recorder->settings.data.text, ret_store, err);
}

int recorder_commit(struct store *store, struct err *err)
{
	int r = store_commit(store, err);

	return r == -EINPROGRESS ? 0 : r;
}
