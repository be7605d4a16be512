#include "store/db/alerts.h"

#include "store/db/db.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the rules' state ---------------------------------------------------------------- */

int store_alert_state_get(struct store *store, int64_t workload_id, int64_t *ret_number,
	void **ret_state, size_t *ret_size, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r < 0)
		return r;
	if (!db)
		return -ENOENT;
	r = db_prepare(db, &statement, err,
		"SELECT number, state FROM alert_state WHERE workload_id = ?", "i",
		workload_id);
	if (r < 0)
		return r;
	r = db_step(statement, err);
	if (r == 0) {
		r = -ENOENT;
	} else if (r > 0) {
		size_t size = (size_t)sqlite3_column_bytes(statement, 1);
		const void *bytes = sqlite3_column_blob(statement, 1);
		void *copy = malloc(size + 1);

		r = copy ? 0 : err_oom_for(err, "alert state");
		if (copy) {
			if (size > 0)
				memcpy(copy, bytes, size);
			*ret_number = sqlite3_column_int64(statement, 0);
			*ret_state = copy;
			*ret_size = size;
		}
	}
	sqlite3_finalize(statement);
	return r;
}

int store_alert_state_set(struct store *store, int64_t workload_id, int64_t number,
	const void *state, size_t size, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r < 0)
		return r;
	r = db_prepare(db, &statement, err,
		"INSERT INTO alert_state (workload_id, number, state) VALUES (?1, ?2, "
		"?3) ON CONFLICT (workload_id) DO UPDATE SET number = ?2, state = ?3",
		"ii", workload_id, number);
	if (r < 0)
		return r;
	if (sqlite3_bind_blob(statement, 3, size ? state : "", (int)size,
		    SQLITE_STATIC) != SQLITE_OK)
		r = db_error(db, err, "alert state");
	if (r == 0)
		r = db_step(statement, err);
	sqlite3_finalize(statement);
	return r < 0 ? r : 0;
}

/* ---- recording --------------------------------------------------------------------------- */

int store_alert_open(struct store *store, int64_t workload_id, const char *kind,
	const char *subject, int64_t opened, double height, double limit,
	const char *unit, int64_t *ret_id, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r == 0)
		r = db_run(db, err,
			"INSERT INTO alerts (workload_id, kind, subject, opened_at, "
			"height, limit_value, unit) VALUES (?, ?, ?, ?, ?, ?, ?)",
			"issidds", workload_id, kind, subject, opened, height, limit,
			unit);
	if (r < 0)
		return r;
	*ret_id = sqlite3_last_insert_rowid(db);
	return 0;
}

int store_alert_height(struct store *store, int64_t id, double height, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err, "UPDATE alerts SET height = ? WHERE id = ?",
			       "di", height, id);
}

int store_alert_disqualify(struct store *store, int64_t id, int64_t at, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err,
			       "UPDATE alerts SET disqualified_at = ? WHERE id = ? AND "
			       "disqualified_at IS NULL",
			       "ii", at, id);
}

int store_alert_close(struct store *store, int64_t id, int64_t at, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err, "UPDATE alerts SET closed_at = ? WHERE id = ?",
			       "ii", at, id);
}

int store_alert_excursion(struct store *store, int64_t id,
	const struct alert_excursion *excursion, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err,
			       "INSERT OR REPLACE INTO alert_excursions "
			       "(alert_id, begin_at, end_at, height, class) "
			       "VALUES (?, ?, ?, ?, ?)",
			       "iiids", id, excursion->from, excursion->to,
			       excursion->height,
			       excursion->is_sustained ? "sustained" : "short");
}

/* ---- deliveries -------------------------------------------------------------------------- */

int store_delivery_add(struct store *store, int64_t alert_id, const char *channel,
	const char *occasion, int64_t created_at, int64_t given_up_at, const char *why,
	struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err,
			       "INSERT OR IGNORE INTO deliveries (alert_id, channel, "
			       "occasion, created_at, given_up_at, error) "
			       "VALUES (?, ?, ?, ?, ?, ?)",
			       "issizs", alert_id, channel, occasion, created_at,
			       given_up_at, why);
}

int store_delivery_done(struct store *store, int64_t id, int64_t at, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0
		? r
		: db_run(db, err,
			  "UPDATE deliveries SET delivered_at = ?, attempts = attempts "
			  "+ 1, error = NULL, next_try_at = NULL WHERE id = ?",
			  "ii", at, id);
}

int store_delivery_failed(struct store *store, int64_t id, int64_t next_try_at,
	const char *error, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0
		? r
		: db_run(db, err,
			  "UPDATE deliveries SET attempts = attempts + 1, next_try_at "
			  "= ?, error = ? WHERE id = ?",
			  "isi", next_try_at, error, id);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void *grow(void *array, size_t count, size_t size)
{
	/* doubling: a room for every power of two */
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

static void alert_done(struct alert *alert)
{
	free(alert->workload);
	free(alert->kind);
	free(alert->subject);
	free(alert->unit);
	free(alert->excursion);
	for (size_t i = 0; i < alert->delivery_count; i++)
		free(alert->delivery[i].error);
	free(alert->delivery);
}

void alert_list_done(struct alert_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		alert_done(&list->alert[i]);
	free(list->alert);
	*list = (struct alert_list){ .count = 0 };
}

static double real(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL
		? NAN
		: sqlite3_column_double(row, column);
}

static int read_alert(sqlite3_stmt *row, struct alert_list *list, struct err *err)
{
	struct alert *grown = grow(list->alert, list->count, sizeof(*grown));
	struct alert *alert;

	if (!grown)
		return err_oom_for(err, "alerts");
	list->alert = grown;
	alert = &grown[list->count];
	*alert = (struct alert){ .id = sqlite3_column_int64(row, 0),
		.workload_id = sqlite3_column_int64(row, 1),
		.opened = sqlite3_column_int64(row, 6),
		.disqualified = sqlite3_column_int64(row, 7),
		.closed = sqlite3_column_int64(row, 8),
		.height = real(row, 9),
		.limit = real(row, 10) };
	list->count++;
	if (db_text(row, 2, &alert->workload) < 0 ||
		db_text(row, 3, &alert->kind) < 0 ||
		db_text(row, 4, &alert->subject) < 0 ||
		db_text(row, 5, &alert->unit) < 0)
		return err_oom_for(err, "alerts");
	return 0;
}

static int read_excursions(sqlite3 *db, struct alert *alert, struct err *err)
{
	sqlite3_stmt *row = NULL;
	int r = db_prepare(db, &row, err,
		"SELECT begin_at, end_at, height, class = 'sustained' FROM "
		"alert_excursions WHERE alert_id = ? ORDER BY begin_at",
		"i", alert->id);

	while (r >= 0 && (r = db_step(row, err)) > 0) {
		struct alert_excursion *grown =
			grow(alert->excursion, alert->excursion_count, sizeof(*grown));

		if (!grown) {
			r = err_oom_for(err, "alerts");
			break;
		}
		alert->excursion = grown;
		grown[alert->excursion_count++] =
			(struct alert_excursion){ .from = sqlite3_column_int64(row, 0),
				.to = sqlite3_column_int64(row, 1),
				.height = sqlite3_column_double(row, 2),
				.is_sustained = sqlite3_column_int(row, 3) != 0 };
	}
	sqlite3_finalize(row);
	return r;
}

#define DELIVERY_COLUMNS                                                     \
	"deliveries.id, alert_id, channel, occasion, created_at, attempts, " \
	"coalesce(next_try_at, 0), coalesce(delivered_at, 0), "              \
	"coalesce(given_up_at, 0), error"

static int read_delivery(
	sqlite3_stmt *row, struct delivery **list, size_t *count, struct err *err)
{
	struct delivery *grown = grow(*list, *count, sizeof(*grown));
	struct delivery *delivery;

	if (!grown)
		return err_oom_for(err, "deliveries");
	*list = grown;
	delivery = &grown[*count];
	*delivery = (struct delivery){ .id = sqlite3_column_int64(row, 0),
		.alert_id = sqlite3_column_int64(row, 1),
		.created_at = sqlite3_column_int64(row, 4),
		.attempts = sqlite3_column_int64(row, 5),
		.next_try_at = sqlite3_column_int64(row, 6),
		.delivered_at = sqlite3_column_int64(row, 7),
		.given_up_at = sqlite3_column_int64(row, 8) };
	snprintf(delivery->channel, sizeof(delivery->channel), "%s",
		(const char *)sqlite3_column_text(row, 2));
	snprintf(delivery->occasion, sizeof(delivery->occasion), "%s",
		(const char *)sqlite3_column_text(row, 3));
	++*count;
	return db_text(row, 9, &delivery->error) < 0 ? err_oom_for(err, "deliveries")
						     : 0;
}

static int read_deliveries(sqlite3 *db, struct alert *alert, struct err *err)
{
	sqlite3_stmt *row = NULL;
	int r = db_prepare(db, &row, err,
		"SELECT " DELIVERY_COLUMNS
		" FROM deliveries WHERE alert_id = ? ORDER BY id",
		"i", alert->id);

	while (r >= 0 && (r = db_step(row, err)) > 0) {
		r = read_delivery(row, &alert->delivery, &alert->delivery_count, err);
		if (r < 0)
			break;
	}
	sqlite3_finalize(row);
	return r;
}

int store_alerts(struct store *store, bool open_only, int64_t since,
	struct alert_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT alerts.id, workload_id, name, kind, subject, coalesce(unit, "
		"''), opened_at, coalesce(disqualified_at, 0), coalesce(closed_at, "
		"0), height, limit_value FROM alerts JOIN workloads ON workloads.id = "
		"workload_id WHERE (?1 = 0 OR closed_at IS NULL) AND (opened_at >= ?2 "
		"OR closed_at >= ?2 OR closed_at IS NULL) ORDER BY alerts.id";
	struct alert_list list = { .count = 0 };
	sqlite3_stmt *row = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &row, err, sql, "ii", (int64_t)open_only, since);
	while (row && r >= 0 && (r = db_step(row, err)) > 0)
		r = read_alert(row, &list, err);
	sqlite3_finalize(row);
	for (size_t i = 0; r >= 0 && i < list.count; i++) {
		r = read_excursions(db, &list.alert[i], err);
		if (r >= 0)
			r = read_deliveries(db, &list.alert[i], err);
	}
	if (r < 0) {
		alert_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}

int store_deliveries_due(struct store *store, int64_t workload_id, int64_t now,
	struct delivery **ret, size_t *ret_count, struct err *err)
{
	struct delivery *list = NULL;
	sqlite3_stmt *row = NULL;
	sqlite3 *db = NULL;
	size_t count = 0;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &row, err,
			"SELECT " DELIVERY_COLUMNS " FROM deliveries JOIN alerts ON "
			"alerts.id = alert_id WHERE workload_id = ?1 AND delivered_at "
			"IS NULL AND given_up_at IS NULL AND coalesce(next_try_at, 0) "
			"<= ?2 ORDER BY deliveries.id LIMIT 100",
			"ii", workload_id, now);
	while (row && r >= 0 && (r = db_step(row, err)) > 0)
		r = read_delivery(row, &list, &count, err);
	sqlite3_finalize(row);
	if (r < 0) {
		for (size_t i = 0; i < count; i++)
			free(list[i].error);
		free(list);
		return r;
	}
	*ret = list;
	*ret_count = count;
	return 0;
}

int store_deliveries_next(
	struct store *store, int64_t workload_id, int64_t *ret_when, struct err *err)
{
	sqlite3_stmt *row = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	*ret_when = 0;
	if (r < 0 || !db)
		return r;
	r = db_prepare(db, &row, err,
		"SELECT max(1, coalesce(next_try_at, 0)) FROM deliveries JOIN alerts "
		"ON alerts.id = alert_id WHERE workload_id = ? AND delivered_at IS "
		"NULL AND given_up_at IS NULL ORDER BY 1 LIMIT 1",
		"i", workload_id);
	if (r == 0)
		r = db_step(row, err);
	if (r > 0)
		*ret_when = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return r < 0 ? r : 0;
}
