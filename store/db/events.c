#include "store/db/events.h"

#include "store/db/connection.h"

#include <errno.h>
#include <stdlib.h>

/* ---- events ---------------------------------------------------------------------- */

int store_event_add(struct store *store, const struct event *event, struct err *err)
{
	return db_write(store, err,
		"INSERT INTO events (workload_id, at, kind, text, data) "
		"VALUES (?, ?, ?, ?, ?)",
		"zisss", event->workload_id, event->at, event->kind, event->text,
		event->data);
}

static void event_done(void *item)
{
	struct event *event = item;

	free(event->kind);
	free(event->text);
	free(event->data);
}

static int event_read(sqlite3_stmt *statement, void *item)
{
	struct event *event = item;
	int r;

	event->id = sqlite3_column_int64(statement, 0);
	event->workload_id = sqlite3_column_int64(statement, 1);
	event->at = sqlite3_column_int64(statement, 2);
	r = db_text_there(statement, 3, &event->kind);
	if (r == 0)
		r = db_text_there(statement, 4, &event->text);
	return r == 0 ? db_text(statement, 5, &event->data) : r;
}

static const struct db_row event_row = { "events", sizeof(struct event), event_read,
	event_done };

int store_events(struct store *store, int64_t workload_id, const char *kind,
	int64_t from, int64_t to, struct event_list *ret_list, struct err *err)
{
	/* two texts, so that one workload's events come by their index */
#define EVENTS_SELECT                                                            \
	"SELECT id, coalesce(workload_id, 0), at, kind, text, data FROM events " \
	"WHERE at > ?1 AND at <= ?2 AND (?3 IS NULL OR kind = ?3) "
	static const char of_any[] = EVENTS_SELECT
		"AND (?4 = -1 OR coalesce(workload_id, 0) = ?4) ORDER BY at, id";
	static const char of_one[] =
		EVENTS_SELECT "AND workload_id = ?4 ORDER BY at, id";
#undef EVENTS_SELECT
	struct db_items found;
	int r = db_collect(store, &event_row, &found, err,
		workload_id > 0 ? of_one : of_any, "iisi", from, to, kind, workload_id);

	if (r == 0)
		*ret_list = (struct event_list){ .event = found.item,
			.count = found.count };
	return r;
}

void event_list_done(struct event_list *list)
{
	db_items_done(&event_row, list->event, list->count);
	*list = (struct event_list){ .count = 0 };
}

int store_event_remove(struct store *store, int64_t id, struct err *err)
{
	return db_write(store, err, "DELETE FROM events WHERE id = ?", "i", id);
}

/* ---- gaps ------------------------------------------------------------------------ */

int store_gap_add(struct store *store, const struct gap *gap, struct err *err)
{
	if (gap->from >= gap->to)
		return err_set(err, -EINVAL, "a gap ends before it begins");
	return db_write(store, err,
		"INSERT INTO gaps (workload_id, begin_at, end_at, reason) "
		"VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		"iiis", gap->workload_id, gap->from, gap->to, gap->reason);
}

static void gap_done(void *item)
{
	struct gap *gap = item;

	free(gap->reason);
}

static int gap_read(sqlite3_stmt *statement, void *item)
{
	struct gap *gap = item;

	gap->workload_id = sqlite3_column_int64(statement, 0);
	gap->from = sqlite3_column_int64(statement, 1);
	gap->to = sqlite3_column_int64(statement, 2);
	return db_text_there(statement, 3, &gap->reason);
}

static const struct db_row gap_row = { "gaps", sizeof(struct gap), gap_read, gap_done };

int store_gaps(struct store *store, int64_t workload_id, int64_t from, int64_t to,
	struct gap_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT workload_id, begin_at, end_at, reason FROM gaps WHERE "
		"workload_id = ? AND end_at > ? AND begin_at < ? ORDER BY begin_at, end_at";
	struct db_items found;
	int r = db_collect(
		store, &gap_row, &found, err, sql, "iii", workload_id, from, to);

	if (r == 0)
		*ret_list =
			(struct gap_list){ .gap = found.item, .count = found.count };
	return r;
}

void gap_list_done(struct gap_list *list)
{
	db_items_done(&gap_row, list->gap, list->count);
	*list = (struct gap_list){ .count = 0 };
}

/* ---- boots ----------------------------------------------------------------------- */

int store_boot_note(struct store *store, const struct boot *boot, struct err *err)
{
	static const char sql[] =
		"INSERT INTO boots VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
		"last_tick_at = max(last_tick_at, excluded.last_tick_at), "
		"first_tick_at = CASE first_tick_at WHEN 0 THEN excluded.first_tick_at "
		"ELSE first_tick_at END";
	return db_write(store, err, sql, "isiii", boot->workload_id, boot->boot_id,
		boot->booted_at, boot->first_tick, boot->last_tick);
}

static void boot_done(void *item)
{
	struct boot *boot = item;

	free(boot->boot_id);
}

static int boot_read(sqlite3_stmt *statement, void *item)
{
	struct boot *boot = item;

	boot->workload_id = sqlite3_column_int64(statement, 0);
	boot->booted_at = sqlite3_column_int64(statement, 2);
	boot->first_tick = sqlite3_column_int64(statement, 3);
	boot->last_tick = sqlite3_column_int64(statement, 4);
	return db_text_there(statement, 1, &boot->boot_id);
}

static const struct db_row boot_row = { "boots", sizeof(struct boot), boot_read,
	boot_done };

int store_boots(struct store *store, int64_t workload_id, struct boot_list *ret_list,
	struct err *err)
{
	static const char sql[] =
		"SELECT workload_id, boot_id, booted_at, first_tick_at, last_tick_at "
		"FROM boots WHERE workload_id = ? ORDER BY booted_at, boot_id";
	struct db_items found;
	int r = db_collect(store, &boot_row, &found, err, sql, "i", workload_id);

	if (r == 0)
		*ret_list =
			(struct boot_list){ .boot = found.item, .count = found.count };
	return r;
}

void boot_list_done(struct boot_list *list)
{
	db_items_done(&boot_row, list->boot, list->count);
	*list = (struct boot_list){ .count = 0 };
}

/* ---- devices --------------------------------------------------------------------- */

int store_device_note(struct store *store, const struct device *device, struct err *err)
{
	static const char sql[] =
		"INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
		"data = coalesce(excluded.data, data), "
		"first_seen_at = min(first_seen_at, excluded.first_seen_at), "
		"last_seen_at = max(last_seen_at, excluded.last_seen_at)";
	return db_write(store, err, sql, "isssii", device->workload_id, device->kind,
		device->name, device->data, device->first_seen, device->last_seen);
}

static void device_done(void *item)
{
	struct device *device = item;

	free(device->kind);
	free(device->name);
	free(device->data);
}

static int device_read(sqlite3_stmt *statement, void *item)
{
	struct device *device = item;
	int r;

	device->workload_id = sqlite3_column_int64(statement, 0);
	device->first_seen = sqlite3_column_int64(statement, 4);
	device->last_seen = sqlite3_column_int64(statement, 5);
	r = db_text_there(statement, 1, &device->kind);
	if (r == 0)
		r = db_text_there(statement, 2, &device->name);
	return r == 0 ? db_text(statement, 3, &device->data) : r;
}

static const struct db_row device_row = { "devices", sizeof(struct device), device_read,
	device_done };

int store_devices(struct store *store, int64_t workload_id,
	struct device_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT workload_id, kind, name, data, first_seen_at, last_seen_at "
		"FROM devices WHERE workload_id = ? ORDER BY kind, name";
	struct db_items found;
	int r = db_collect(store, &device_row, &found, err, sql, "i", workload_id);

	if (r == 0)
		*ret_list = (struct device_list){ .device = found.item,
			.count = found.count };
	return r;
}

void device_list_done(struct device_list *list)
{
	db_items_done(&device_row, list->device, list->count);
	*list = (struct device_list){ .count = 0 };
}
