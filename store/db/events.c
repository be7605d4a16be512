#include "store/db/events.h"

#include "store/db/db.h"

#include <errno.h>
#include <stdlib.h>

/* Room for one more at the end of a list; NULL when out of memory. */
static void *list_grow(void *list, size_t count, size_t *allocated, size_t size)
{
	size_t more = *allocated;

	if (count < more)
		return list;
	more = more ? 2 * more : 32;
	list = reallocarray(list, more, size);
	if (list)
		*allocated = more;
	return list;
}

/* ---- events ---------------------------------------------------------------------- */

int store_event_add(struct store *store, const struct event *event, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err,
			       "INSERT INTO events (workload_id, at, kind, text, data) "
			       "VALUES (?, ?, ?, ?, ?)",
			       "zisss", event->workload_id, event->at, event->kind,
			       event->text, event->data);
}

static void event_done(struct event *event)
{
	free(event->kind);
	free(event->text);
	free(event->data);
}

static int event_read(sqlite3_stmt *statement, struct event *ret_event, struct err *err)
{
	struct event event = {
		.id = sqlite3_column_int64(statement, 0),
		.workload_id = sqlite3_column_int64(statement, 1),
		.at = sqlite3_column_int64(statement, 2),
	};

	if (db_text(statement, 3, &event.kind) < 0 ||
		db_text(statement, 4, &event.text) < 0 ||
		db_text(statement, 5, &event.data) < 0) {
		event_done(&event);
		return err_oom_for(err, "events");
	}
	*ret_event = event;
	return 0;
}

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
	struct event_list list = { .count = 0 };
	sqlite3_stmt *statement = NULL;
	size_t allocated = 0;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &statement, err, workload_id > 0 ? of_one : of_any,
			"iisi", from, to, kind, workload_id);
	while (statement && r >= 0 && (r = db_step(statement, err)) > 0) {
		void *grown = list_grow(
			list.event, list.count, &allocated, sizeof(*list.event));

		if (!grown) {
			r = err_oom_for(err, "events");
			break;
		}
		list.event = grown;
		r = event_read(statement, &list.event[list.count], err);
		if (r == 0)
			list.count++;
	}
	sqlite3_finalize(statement);
	if (r < 0) {
		event_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}

void event_list_done(struct event_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		event_done(&list->event[i]);
	free(list->event);
	*list = (struct event_list){ .count = 0 };
}

/* ---- gaps ------------------------------------------------------------------------ */

int store_gap_add(struct store *store, const struct gap *gap, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r < 0)
		return r;
	if (gap->from >= gap->to)
		return err_set(err, -EINVAL, "a gap ends before it begins");
	return db_run(db, err,
		"INSERT INTO gaps (workload_id, begin_at, end_at, reason) "
		"VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		"iiis", gap->workload_id, gap->from, gap->to, gap->reason);
}

int store_gaps(struct store *store, int64_t workload_id, int64_t from, int64_t to,
	struct gap_list *ret_list, struct err *err)
{
	static const char sql[] = "SELECT begin_at, end_at, reason FROM gaps WHERE "
				  "workload_id = ? AND end_at > ? AND begin_at < ? "
				  "ORDER BY begin_at, end_at";
	struct gap_list list = { .count = 0 };
	sqlite3_stmt *statement = NULL;
	size_t allocated = 0;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &statement, err, sql, "iii", workload_id, from, to);
	while (statement && r >= 0 && (r = db_step(statement, err)) > 0) {
		void *grown =
			list_grow(list.gap, list.count, &allocated, sizeof(*list.gap));
		struct gap gap = {
			.workload_id = workload_id,
			.from = sqlite3_column_int64(statement, 0),
			.to = sqlite3_column_int64(statement, 1),
		};

		if (grown)
			list.gap = grown;
		if (!grown || db_text(statement, 2, &gap.reason) < 0) {
			r = err_oom_for(err, "gaps");
			break;
		}
		list.gap[list.count++] = gap;
	}
	sqlite3_finalize(statement);
	if (r < 0) {
		gap_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}

void gap_list_done(struct gap_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->gap[i].reason);
	free(list->gap);
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
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err, sql, "isiii", boot->workload_id, boot->boot_id,
			       boot->booted_at, boot->first_tick, boot->last_tick);
}

int store_boots(struct store *store, int64_t workload_id, struct boot_list *ret_list,
	struct err *err)
{
	static const char sql[] =
		"SELECT boot_id, booted_at, first_tick_at, last_tick_at FROM boots "
		"WHERE workload_id = ? ORDER BY booted_at, boot_id";
	struct boot_list list = { .count = 0 };
	sqlite3_stmt *statement = NULL;
	size_t allocated = 0;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &statement, err, sql, "i", workload_id);
	while (statement && r >= 0 && (r = db_step(statement, err)) > 0) {
		void *grown = list_grow(
			list.boot, list.count, &allocated, sizeof(*list.boot));
		struct boot boot = {
			.workload_id = workload_id,
			.booted_at = sqlite3_column_int64(statement, 1),
			.first_tick = sqlite3_column_int64(statement, 2),
			.last_tick = sqlite3_column_int64(statement, 3),
		};

		if (grown)
			list.boot = grown;
		if (!grown || db_text(statement, 0, &boot.boot_id) < 0) {
			r = err_oom_for(err, "boots");
			break;
		}
		list.boot[list.count++] = boot;
	}
	sqlite3_finalize(statement);
	if (r < 0) {
		boot_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}

void boot_list_done(struct boot_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->boot[i].boot_id);
	free(list->boot);
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
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err, sql, "isssii", device->workload_id, device->kind,
			       device->name, device->data, device->first_seen,
			       device->last_seen);
}

static void device_done(struct device *device)
{
	free(device->kind);
	free(device->name);
	free(device->data);
}

static int device_read(
	sqlite3_stmt *statement, struct device *ret_device, struct err *err)
{
	struct device device = {
		.workload_id = sqlite3_column_int64(statement, 0),
		.first_seen = sqlite3_column_int64(statement, 4),
		.last_seen = sqlite3_column_int64(statement, 5),
	};

	if (db_text(statement, 1, &device.kind) < 0 ||
		db_text(statement, 2, &device.name) < 0 ||
		db_text(statement, 3, &device.data) < 0) {
		device_done(&device);
		return err_oom_for(err, "devices");
	}
	*ret_device = device;
	return 0;
}

int store_devices(struct store *store, int64_t workload_id,
	struct device_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT workload_id, kind, name, data, first_seen_at, last_seen_at "
		"FROM devices WHERE workload_id = ? ORDER BY kind, name";
	struct device_list list = { .count = 0 };
	sqlite3_stmt *statement = NULL;
	size_t allocated = 0;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &statement, err, sql, "i", workload_id);
	while (statement && r >= 0 && (r = db_step(statement, err)) > 0) {
		void *grown = list_grow(
			list.device, list.count, &allocated, sizeof(*list.device));

		if (!grown) {
			r = err_oom_for(err, "devices");
			break;
		}
		list.device = grown;
		r = device_read(statement, &list.device[list.count], err);
		if (r == 0)
			list.count++;
	}
	sqlite3_finalize(statement);
	if (r < 0) {
		device_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}

void device_list_done(struct device_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		device_done(&list->device[i]);
	free(list->device);
	*list = (struct device_list){ .count = 0 };
}
