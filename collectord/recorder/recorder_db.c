/* The store as the recorder opens it. */
#include "collectord/recorder/recorder_db.h"

int recorder_open_store(
	struct recorder *recorder, struct store **ret_store, struct err *err)
{
	recorder->is_swollen = true;
	return store_open(recorder->settings.data.text, ret_store, err);
}
