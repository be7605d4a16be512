#include "store/db/connection.h"

#include "common/array.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int store_reader(struct store *store, sqlite3 **ret_db, struct err *err)
{
	int r = 0;

	if (!store->writer && !store->reader) /* it may have been made since */
		r = db_open_reader(store->dir, &store->reader, err);
	if (r < 0)
		return r;
	*ret_db = store->writer ? store->writer : store->reader;
	return 0;
}

int store_writer(struct store *store, sqlite3 **ret_db, struct err *err)
{
	if (!store->writer)
		return err_set(err, -EPERM, "the store has no open transaction");
	*ret_db = store->writer;
	return 0;
}

/* ---- rows ------------------------------------------------------------------------- */

/* The statement; NULL in *ret_statement for a store without a database. */
static int prepare_reading(struct store *store, sqlite3_stmt **ret_statement,
	struct err *err, const char *sql, const char *types, va_list values)
{
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	*ret_statement = NULL;
	if (r < 0 || !db)
		return r;
	return db_prepare_list(db, ret_statement, err, sql, types, values);
}

static int connection_read_item(
	const struct db_row *row, sqlite3_stmt *statement, void *item, struct err *err)
{
	int r = row->read(statement, item);

	if (r >= 0)
		return 0;
	if (row->done)
		row->done(item);
	return r == -ENOMEM
		? err_oom_for(err, row->what)
		: err_set(err, r, "%s: a row of the database is damaged", row->what);
}

int db_collect(struct store *store, const struct db_row *row,
	struct db_items *ret_items, struct err *err, const char *sql, const char *types,
	...)
{
	struct db_items items = { .count = 0 };
	sqlite3_stmt *statement = NULL;
	size_t room = 0;
	va_list values;
	int r;

	va_start(values, types);
	r = prepare_reading(store, &statement, err, sql, types, values);
	va_end(values);
	while (statement && r >= 0 && (r = db_step(statement, err)) > 0) {
		char *item = NULL;

		if (array_reserve(&items.item, &room, items.count + 1, row->size) < 0) {
			r = err_oom_for(err, row->what);
			break;
		}
		item = (char *)items.item + items.count * row->size;
		memset(item, 0, row->size);
		r = connection_read_item(row, statement, item, err);
		items.count += r == 0;
	}
	sqlite3_finalize(statement);
	if (r < 0) {
		db_items_done(row, items.item, items.count);
		return r;
	}
	*ret_items = items;
	return 0;
}

void db_items_done(const struct db_row *row, void *item, size_t count)
{
	for (size_t i = 0; row->done && i < count; i++)
		row->done((char *)item + i * row->size);
	free(item);
}

int db_first(struct store *store, const struct db_row *row, void *item, struct err *err,
	const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement = NULL;
	va_list values;
	int r;

	va_start(values, types);
	r = prepare_reading(store, &statement, err, sql, types, values);
	va_end(values);
	if (r < 0 || !statement)
		return r;
	r = db_step(statement, err);
	if (r > 0) {
		int read = connection_read_item(row, statement, item, err);

		r = read < 0 ? read : 1;
	}
	sqlite3_finalize(statement);
	return r;
}

static int number_read(sqlite3_stmt *statement, void *item)
{
	int64_t *number = item;

	*number = sqlite3_column_int64(statement, 0);
	return 0;
}

static int text_read(sqlite3_stmt *statement, void *item)
{
	char **text = item;

	return db_text(statement, 0, text);
}

const struct db_row db_row_number = { "database", sizeof(int64_t), number_read, NULL };
const struct db_row db_row_text = { "database", sizeof(char *), text_read, NULL };

double db_real(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_type(statement, column) == SQLITE_NULL
		? NAN
		: sqlite3_column_double(statement, column);
}

/* ---- changes ------------------------------------------------------------------------ */

int db_write(
	struct store *store, struct err *err, const char *sql, const char *types, ...)
{
	sqlite3 *db = NULL;
	va_list values;
	int r = store_writer(store, &db, err);

	if (r < 0)
		return r;
	va_start(values, types);
	r = db_run_list(db, err, sql, types, values);
	va_end(values);
	return r;
}

int64_t db_written_id(const struct store *store)
{
	return sqlite3_last_insert_rowid(store->writer);
}

int db_changed(const struct store *store)
{
	return sqlite3_changes(store->writer);
}
