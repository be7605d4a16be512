#include "store/db/health.h"

#include "store/db/db.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int store_health_set(
	struct store *store, const struct collector_health *health, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err,
			       "INSERT OR REPLACE INTO collector_health VALUES "
			       "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			       "iiiiiiiiiiidi", health->workload_id, health->pid,
			       health->started_at, health->last, health->ticks,
			       health->stored, health->held, health->dropped,
			       health->late, health->restarts, health->errors,
			       health->disk_left_days, health->updated_at);
}

int store_health_get(struct store *store, int64_t workload_id,
	struct collector_health *ret_health, struct err *err)
{
	static const char sql[] =
		"SELECT workload_id, pid, started_at, last_at, ticks, stored, held, dropped, "
		"late, restarts, errors, disk_left_days, updated_at FROM collector_health "
		"WHERE ?1 = 0 OR workload_id = ?1 ORDER BY updated_at DESC LIMIT 1";
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r < 0 || !db)
		return r < 0 ? r : -ENOENT;
	r = db_prepare(db, &statement, err, sql, "i", workload_id);
	if (r < 0)
		return r;
	r = db_step(statement, err);
	if (r > 0)
		*ret_health = (struct collector_health){
			.workload_id = sqlite3_column_int64(statement, 0),
			.pid = sqlite3_column_int64(statement, 1),
			.started_at = sqlite3_column_int64(statement, 2),
			.last = sqlite3_column_int64(statement, 3),
			.ticks = sqlite3_column_int64(statement, 4),
			.stored = sqlite3_column_int64(statement, 5),
			.held = sqlite3_column_int64(statement, 6),
			.dropped = sqlite3_column_int64(statement, 7),
			.late = sqlite3_column_int64(statement, 8),
			.restarts = sqlite3_column_int64(statement, 9),
			.errors = sqlite3_column_int64(statement, 10),
			.disk_left_days =
				sqlite3_column_type(statement, 11) == SQLITE_NULL
				? NAN
				: sqlite3_column_double(statement, 11),
			.updated_at = sqlite3_column_int64(statement, 12),
		};
	sqlite3_finalize(statement);
	return r > 0 ? 0 : r < 0 ? r : -ENOENT;
}

/* ---- maintenance windows ------------------------------------------------------------ */

int store_maintenance_add(
	struct store *store, const struct maintenance *window, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r == 0 && window->begin_at >= window->end_at)
		r = err_set(err, -EINVAL, "a maintenance window ends before it begins");
	return r < 0
		? r
		: db_run(db, err,
			  "INSERT INTO maintenance (workload_id, begin_at, end_at, reason) "
			  "VALUES (?, ?, ?, ?)",
			  "ziis", window->workload_id, window->begin_at, window->end_at,
			  window->reason);
}

int store_maintenance_remove(struct store *store, int64_t id, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r == 0)
		r = db_run(db, err, "DELETE FROM maintenance WHERE id = ?", "i", id);
	if (r == 0 && sqlite3_changes(db) == 0)
		r = err_set(err, -ENOENT, "there is no maintenance window %lld",
			(long long)id);
	return r;
}

int store_maintenance(
	struct store *store, struct maintenance_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT id, coalesce(workload_id, 0), begin_at, end_at, reason "
		"FROM maintenance ORDER BY begin_at, id";
	struct maintenance_list list = { .count = 0 };
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &statement, err, sql, "");
	while (statement && r >= 0 && (r = db_step(statement, err)) > 0) {
		void *grown =
			reallocarray(list.window, list.count + 1, sizeof(*list.window));
		struct maintenance window = {
			.id = sqlite3_column_int64(statement, 0),
			.workload_id = sqlite3_column_int64(statement, 1),
			.begin_at = sqlite3_column_int64(statement, 2),
			.end_at = sqlite3_column_int64(statement, 3),
		};

		if (grown)
			list.window = grown;
		if (!grown || db_text(statement, 4, &window.reason) < 0) {
			r = err_oom_for(err, "maintenance");
			break;
		}
		list.window[list.count++] = window;
	}
	sqlite3_finalize(statement);
	if (r < 0) {
		maintenance_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}

void maintenance_list_done(struct maintenance_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->window[i].reason);
	free(list->window);
	*list = (struct maintenance_list){ .count = 0 };
}

/* ---- small values, profiles, plans --------------------------------------------------- */

int store_meta_set(
	struct store *store, const char *key, const char *value, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err, "INSERT OR REPLACE INTO meta VALUES (?, ?)",
			       "ss", key, value);
}

/* The text in the first column of the first row, or NULL; key may be NULL. */
static int one_text(struct store *store, const char *sql, const char *key,
	char **ret_text, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	char *text = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &statement, err, sql, key ? "s" : "", key);
	if (r == 0 && statement)
		r = db_step(statement, err);
	if (r > 0)
		r = db_text(statement, 0, &text);
	sqlite3_finalize(statement);
	if (r < 0)
		return r;
	*ret_text = text;
	return 0;
}

int store_meta_get(
	struct store *store, const char *key, char **ret_value, struct err *err)
{
	return one_text(
		store, "SELECT value FROM meta WHERE key = ?", key, ret_value, err);
}

int store_profile_used(struct store *store, const char *profile_id, const char *hash,
	int64_t at, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0
		? r
		: db_run(db, err,
			  "INSERT INTO profiles_used VALUES (?1, ?2, ?3, ?3) ON CONFLICT "
			  "DO UPDATE SET last_used_at = max(last_used_at, ?3)",
			  "ssi", profile_id, hash, at);
}

int store_plan_add(struct store *store, int64_t at, const char *profile_id,
	const char *demand, const char *json, int64_t *ret_id, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r == 0)
		r = db_run(db, err,
			"INSERT INTO plans (created_at, profile_id, demand, json) "
			"VALUES (?, ?, ?, ?)",
			"isss", at, profile_id, demand, json);
	if (r == 0)
		*ret_id = sqlite3_last_insert_rowid(db);
	return r;
}

int store_plan_newest(struct store *store, char **ret_json, struct err *err)
{
	return one_text(store, "SELECT json FROM plans ORDER BY id DESC LIMIT 1", NULL,
		ret_json, err);
}
