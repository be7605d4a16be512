#include "store/db/health.h"

#include "store/db/connection.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int store_health_set(
	struct store *store, const struct collector_health *health, struct err *err)
{
	return db_write(store, err,
		"INSERT OR REPLACE INTO collector_health VALUES "
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"iiiiiiiiiiidi", health->workload_id, health->pid, health->started_at,
		health->last, health->ticks, health->stored, health->pending,
		health->dropped, health->late, health->restarts, health->errors,
		health->disk_left_days, health->updated_at);
}

static int health_read(sqlite3_stmt *statement, void *item)
{
	*(struct collector_health *)item = (struct collector_health){
		.workload_id = sqlite3_column_int64(statement, 0),
		.pid = sqlite3_column_int64(statement, 1),
		.started_at = sqlite3_column_int64(statement, 2),
		.last = sqlite3_column_int64(statement, 3),
		.ticks = sqlite3_column_int64(statement, 4),
		.stored = sqlite3_column_int64(statement, 5),
		.pending = sqlite3_column_int64(statement, 6),
		.dropped = sqlite3_column_int64(statement, 7),
		.late = sqlite3_column_int64(statement, 8),
		.restarts = sqlite3_column_int64(statement, 9),
		.errors = sqlite3_column_int64(statement, 10),
		.disk_left_days = db_real(statement, 11),
		.updated_at = sqlite3_column_int64(statement, 12),
	};
	return 0;
}

static const struct db_row health_row = { "health", sizeof(struct collector_health),
	health_read, NULL };

int store_health_get(struct store *store, int64_t workload_id,
	struct collector_health *ret_health, struct err *err)
{
	static const char sql[] =
		"SELECT workload_id, pid, started_at, last_at, ticks, stored, held, dropped, "
		"late, restarts, errors, disk_left_days, updated_at FROM collector_health "
		"WHERE ?1 = 0 OR workload_id = ?1 ORDER BY updated_at DESC LIMIT 1";
	struct collector_health health = { .workload_id = 0 };
	int r = db_first(store, &health_row, &health, err, sql, "i", workload_id);

	if (r > 0)
		*ret_health = health;
	return r > 0 ? 0 : r < 0 ? r : -ENOENT;
}

/* ---- maintenance windows ------------------------------------------------------------ */

int store_maintenance_add(
	struct store *store, const struct maintenance *window, struct err *err)
{
	if (window->begin_at >= window->end_at)
		return err_set(
			err, -EINVAL, "a maintenance window ends before it begins");
	return db_write(store, err,
		"INSERT INTO maintenance (workload_id, begin_at, end_at, reason) "
		"VALUES (?, ?, ?, ?)",
		"ziis", window->workload_id, window->begin_at, window->end_at,
		window->reason);
}

int store_maintenance_remove(struct store *store, int64_t id, struct err *err)
{
	int r = db_write(store, err, "DELETE FROM maintenance WHERE id = ?", "i", id);

	if (r == 0 && db_changed(store) == 0)
		r = err_set(err, -ENOENT, "there is no maintenance window %lld",
			(long long)id);
	return r;
}

static void maintenance_done(void *item)
{
	struct maintenance *window = item;

	free(window->reason);
}

static int maintenance_read(sqlite3_stmt *statement, void *item)
{
	struct maintenance *window = item;

	window->id = sqlite3_column_int64(statement, 0);
	window->workload_id = sqlite3_column_int64(statement, 1);
	window->begin_at = sqlite3_column_int64(statement, 2);
	window->end_at = sqlite3_column_int64(statement, 3);
	return db_text_there(statement, 4, &window->reason);
}

static const struct db_row maintenance_row = { "maintenance",
	sizeof(struct maintenance), maintenance_read, maintenance_done };

int store_maintenance(
	struct store *store, struct maintenance_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT id, coalesce(workload_id, 0), begin_at, end_at, reason "
		"FROM maintenance ORDER BY begin_at, id";
	struct db_items found;
	int r = db_collect(store, &maintenance_row, &found, err, sql, "");

	if (r == 0)
		*ret_list = (struct maintenance_list){ .window = found.item,
			.count = found.count };
	return r;
}

void maintenance_list_done(struct maintenance_list *list)
{
	db_items_done(&maintenance_row, list->window, list->count);
	*list = (struct maintenance_list){ .count = 0 };
}

/* ---- small values, profiles, plans --------------------------------------------------- */

int store_meta_set(
	struct store *store, const char *key, const char *value, struct err *err)
{
	return db_write(store, err, "INSERT OR REPLACE INTO meta VALUES (?, ?)", "ss",
		key, value);
}

int store_meta_get(
	struct store *store, const char *key, char **ret_value, struct err *err)
{
	char *text = NULL;
	int r = db_first(store, &db_row_text, &text, err,
		"SELECT value FROM meta WHERE key = ?", "s", key);

	if (r < 0)
		return r;
	*ret_value = text;
	return 0;
}

int store_profile_used(struct store *store, const char *profile_id, const char *hash,
	int64_t at, struct err *err)
{
	return db_write(store, err,
		"INSERT INTO profiles_used VALUES (?1, ?2, ?3, ?3) ON CONFLICT "
		"DO UPDATE SET last_used_at = max(last_used_at, ?3)",
		"ssi", profile_id, hash, at);
}
