#include "store/db/alerts.h"

#include "store/db/connection.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the rules' state ---------------------------------------------------------------- */

struct alert_state {
	int64_t number;
	void *bytes;
	size_t size;
};

static int alert_state_read(sqlite3_stmt *statement, void *item)
{
	struct alert_state *state = item;
	const void *bytes = sqlite3_column_blob(statement, 1);

	state->number = sqlite3_column_int64(statement, 0);
	state->size = (size_t)sqlite3_column_bytes(statement, 1);
	if (!bytes && state->size > 0) /* it is there, and there is no memory for it */
		return -ENOMEM;
	state->bytes = malloc(state->size + 1);
	if (!state->bytes)
		return -ENOMEM;
	if (bytes)
		memcpy(state->bytes, bytes, state->size);
	return 0;
}

static const struct db_row alert_state_row = { "alert state",
	sizeof(struct alert_state), alert_state_read, NULL };

int store_alert_state_get(struct store *store, int64_t workload_id, int64_t *ret_number,
	void **ret_state, size_t *ret_size, struct err *err)
{
	struct alert_state state = { .size = 0 };
	int r = db_first(store, &alert_state_row, &state, err,
		"SELECT number, state FROM alert_state WHERE workload_id = ?", "i",
		workload_id);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_number = state.number;
	*ret_state = state.bytes;
	*ret_size = state.size;
	return 0;
}

int store_alert_state_set(struct store *store, int64_t workload_id, int64_t number,
	const void *state, size_t size, struct err *err)
{
	return db_write(store, err,
		"INSERT INTO alert_state (workload_id, number, state) VALUES (?1, ?2, "
		"?3) ON CONFLICT (workload_id) DO UPDATE SET number = ?2, state = ?3",
		"iib", workload_id, number, state, size);
}

/* ---- recording --------------------------------------------------------------------------- */

int store_alert_open(struct store *store, int64_t workload_id, const char *kind,
	const char *subject, int64_t opened, double height, double limit,
	const char *unit, int64_t *ret_id, struct err *err)
{
	int r = db_write(store, err,
		"INSERT INTO alerts (workload_id, kind, subject, opened_at, "
		"height, limit_value, unit) VALUES (?, ?, ?, ?, ?, ?, ?)",
		"issidds", workload_id, kind, subject, opened, height, limit, unit);

	if (r == 0)
		*ret_id = db_written_id(store);
	return r;
}

int store_alert_height(struct store *store, int64_t id, double height, struct err *err)
{
	return db_write(store, err, "UPDATE alerts SET height = ? WHERE id = ?", "di",
		height, id);
}

int store_alert_disqualify(struct store *store, int64_t id, int64_t at, struct err *err)
{
	return db_write(store, err,
		"UPDATE alerts SET disqualified_at = ? WHERE id = ? AND "
		"disqualified_at IS NULL",
		"ii", at, id);
}

int store_alert_close(struct store *store, int64_t id, int64_t at, struct err *err)
{
	return db_write(store, err, "UPDATE alerts SET closed_at = ? WHERE id = ?",
		"ii", at, id);
}

int store_alert_excursion(struct store *store, int64_t id,
	const struct alert_excursion *excursion, struct err *err)
{
	return db_write(store, err,
		"INSERT OR REPLACE INTO alert_excursions "
		"(alert_id, begin_at, end_at, height, class) "
		"VALUES (?, ?, ?, ?, ?)",
		"iiids", id, excursion->from, excursion->to, excursion->height,
		excursion->is_sustained ? "sustained" : "short");
}

/* ---- deliveries -------------------------------------------------------------------------- */

int store_delivery_add(struct store *store, int64_t alert_id, const char *channel,
	const char *occasion, int64_t created_at, int64_t given_up_at, const char *why,
	struct err *err)
{
	return db_write(store, err,
		"INSERT OR IGNORE INTO deliveries (alert_id, channel, "
		"occasion, created_at, given_up_at, error) "
		"VALUES (?, ?, ?, ?, ?, ?)",
		"issizs", alert_id, channel, occasion, created_at, given_up_at, why);
}

int store_delivery_done(struct store *store, int64_t id, int64_t at, struct err *err)
{
	return db_write(store, err,
		"UPDATE deliveries SET delivered_at = ?, attempts = attempts "
		"+ 1, error = NULL, next_try_at = NULL WHERE id = ?",
		"ii", at, id);
}

int store_delivery_failed(struct store *store, int64_t id, int64_t next_try_at,
	const char *error, struct err *err)
{
	return db_write(store, err,
		"UPDATE deliveries SET attempts = attempts + 1, next_try_at "
		"= ?, error = ? WHERE id = ?",
		"isi", next_try_at, error, id);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void delivery_done(void *item)
{
	struct delivery *delivery = item;

	free(delivery->error);
}

#define DELIVERY_COLUMNS                                                     \
	"deliveries.id, alert_id, channel, occasion, created_at, attempts, " \
	"coalesce(next_try_at, 0), coalesce(delivered_at, 0), "              \
	"coalesce(given_up_at, 0), error"

/* A short text column into a field of its own; "" for NULL, cut where it is too long. */
static int alerts_copy_text(sqlite3_stmt *statement, int column, char *to, size_t size)
{
	const char *text = NULL;
	int r = db_text_at(statement, column, &text);

	snprintf(to, size, "%s", text ? text : "");
	return r;
}

static int delivery_read(sqlite3_stmt *statement, void *item)
{
	struct delivery *delivery = item;
	int r;

	*delivery = (struct delivery){ .id = sqlite3_column_int64(statement, 0),
		.alert_id = sqlite3_column_int64(statement, 1),
		.created_at = sqlite3_column_int64(statement, 4),
		.attempts = sqlite3_column_int64(statement, 5),
		.next_try_at = sqlite3_column_int64(statement, 6),
		.delivered_at = sqlite3_column_int64(statement, 7),
		.given_up_at = sqlite3_column_int64(statement, 8) };
	r = alerts_copy_text(
		statement, 2, delivery->channel, sizeof(delivery->channel));
	if (r == 0)
		r = alerts_copy_text(
			statement, 3, delivery->occasion, sizeof(delivery->occasion));
	return r == 0 ? db_text(statement, 9, &delivery->error) : r;
}

static const struct db_row delivery_row = { "deliveries", sizeof(struct delivery),
	delivery_read, delivery_done };

static int excursion_read(sqlite3_stmt *statement, void *item)
{
	*(struct alert_excursion *)item =
		(struct alert_excursion){ .from = sqlite3_column_int64(statement, 0),
			.to = sqlite3_column_int64(statement, 1),
			.height = sqlite3_column_double(statement, 2),
			.is_sustained = sqlite3_column_int(statement, 3) != 0 };
	return 0;
}

static const struct db_row excursion_row = { "alerts", sizeof(struct alert_excursion),
	excursion_read, NULL };

static void alert_done(void *item)
{
	struct alert *alert = item;

	free(alert->workload);
	free(alert->kind);
	free(alert->subject);
	free(alert->unit);
	db_items_done(&excursion_row, alert->excursion, alert->excursion_count);
	db_items_done(&delivery_row, alert->delivery, alert->delivery_count);
}

static int alert_read(sqlite3_stmt *statement, void *item)
{
	struct alert *alert = item;
	int r;

	*alert = (struct alert){ .id = sqlite3_column_int64(statement, 0),
		.workload_id = sqlite3_column_int64(statement, 1),
		.opened = sqlite3_column_int64(statement, 6),
		.disqualified = sqlite3_column_int64(statement, 7),
		.closed = sqlite3_column_int64(statement, 8),
		.height = db_real(statement, 9),
		.limit = db_real(statement, 10) };
	r = db_text_there(statement, 2, &alert->workload);
	if (r == 0)
		r = db_text_there(statement, 3, &alert->kind);
	if (r == 0)
		r = db_text_there(statement, 4, &alert->subject);
	return r == 0 ? db_text(statement, 5, &alert->unit) : r;
}

static const struct db_row alert_row = { "alerts", sizeof(struct alert), alert_read,
	alert_done };

void alert_list_done(struct alert_list *list)
{
	db_items_done(&alert_row, list->alert, list->count);
	*list = (struct alert_list){ .count = 0 };
}

/* What belongs to one alert. */
static int read_parts(struct store *store, struct alert *alert, struct err *err)
{
	struct db_items found;
	int r = db_collect(store, &excursion_row, &found, err,
		"SELECT begin_at, end_at, height, class = 'sustained' FROM "
		"alert_excursions WHERE alert_id = ? ORDER BY begin_at",
		"i", alert->id);

	if (r < 0)
		return r;
	alert->excursion = found.item;
	alert->excursion_count = found.count;
	r = db_collect(store, &delivery_row, &found, err,
		"SELECT " DELIVERY_COLUMNS
		" FROM deliveries WHERE alert_id = ? ORDER BY id",
		"i", alert->id);
	if (r < 0)
		return r;
	alert->delivery = found.item;
	alert->delivery_count = found.count;
	return 0;
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
	struct db_items found;
	int r = db_collect(
		store, &alert_row, &found, err, sql, "ii", (int64_t)open_only, since);

	if (r < 0)
		return r;
	list = (struct alert_list){ .alert = found.item, .count = found.count };
	for (size_t i = 0; r == 0 && i < list.count; i++)
		r = read_parts(store, &list.alert[i], err);
	if (r < 0) {
		alert_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}

int store_deliveries_due(struct store *store, int64_t now, struct delivery **ret,
	size_t *ret_count, struct err *err)
{
	struct db_items found;
	int r = db_collect(store, &delivery_row, &found, err,
		"SELECT " DELIVERY_COLUMNS " FROM deliveries WHERE delivered_at "
		"IS NULL AND given_up_at IS NULL AND coalesce(next_try_at, 0) "
		"<= ? ORDER BY deliveries.id LIMIT 100",
		"i", now);

	if (r < 0)
		return r;
	*ret = found.item;
	*ret_count = found.count;
	return 0;
}

int store_deliveries_next(struct store *store, int64_t *ret_when, struct err *err)
{
	int64_t when = 0;
	int r = db_first(store, &db_row_number, &when, err,
		"SELECT max(1, coalesce(next_try_at, 0)) FROM deliveries WHERE "
		"delivered_at IS NULL AND given_up_at IS NULL ORDER BY 1 LIMIT 1",
		"");

	*ret_when = when;
	return r < 0 ? r : 0;
}
