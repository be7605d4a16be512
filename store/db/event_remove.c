#include "store/db/db.h"
#include "store/db/events.h"

int store_event_remove(struct store *store, int64_t id, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r : db_run(db, err, "DELETE FROM events WHERE id = ?", "i", id);
}
