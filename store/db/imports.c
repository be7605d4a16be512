#include "store/db/imports.h"

#include "store/db/connection.h"

#include <errno.h>
#include <stdlib.h>

int store_import_add(struct store *store, const struct import *import, int64_t *ret_id,
	struct err *err)
{
	int r = db_write(store, err,
		"INSERT INTO imports (format, at, rows, repeated, conflicting, "
		"repaired, refused) VALUES (?, ?, ?, ?, ?, ?, ?)",
		"siiiiii", import->format, import->at, (int64_t)import->rows,
		(int64_t)import->repeated, (int64_t)import->conflicting,
		(int64_t)import->repaired, (int64_t)import->refused);

	if (r == 0)
		*ret_id = db_written_id(store);
	return r;
}

int store_import_set_counts(
	struct store *store, const struct import *import, struct err *err)
{
	return db_write(store, err,
		"UPDATE imports SET rows = ?, repeated = ?, conflicting = ?, "
		"repaired = ?, refused = ? WHERE id = ?",
		"iiiiii", (int64_t)import->rows, (int64_t)import->repeated,
		(int64_t)import->conflicting, (int64_t)import->repaired,
		(int64_t)import->refused, import->id);
}

int store_import_add_file(struct store *store, int64_t import_id, const char *path,
	const char *hash, uint64_t size_bytes, struct err *err)
{
	return db_write(store, err,
		"INSERT INTO import_files VALUES (?, ?, ?, ?) "
		"ON CONFLICT DO NOTHING",
		"issi", import_id, path, hash, (int64_t)size_bytes);
}

int store_import_add_workload(struct store *store, int64_t import_id,
	const struct import_workload *item, struct err *err)
{
	return db_write(store, err,
		"INSERT INTO import_workloads VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		"iiiiiiii", import_id, item->workload_id, item->first, item->last,
		(int64_t)item->slots, (int64_t)item->was_new, item->prior_first,
		item->prior_last);
}

int store_import_set_undone(
	struct store *store, int64_t id, int64_t at, struct err *err)
{
	int r = db_write(store, err,
		"UPDATE imports SET undone_at = ? WHERE id = ? AND undone_at IS NULL",
		"ii", at, id);

	if (r == 0 && db_changed(store) == 0)
		r = err_set(err, -ENOENT, "there is no import %lld in force",
			(long long)id);
	return r;
}

int store_import_find_file(struct store *store, const char *format, const char *hash,
	int64_t *ret_id, struct err *err)
{
	int64_t id = 0;
	int r = db_first(store, &db_row_number, &id, err,
		"SELECT id FROM imports JOIN import_files ON import_id = id "
		"WHERE hash = ? AND format = ? AND undone_at IS NULL ORDER BY id LIMIT 1",
		"ss", hash, format);

	if (r < 0)
		return r;
	*ret_id = id;
	return 0;
}

int store_import_later(struct store *store, int64_t import_id, int64_t workload_id,
	int64_t *ret_id, struct err *err)
{
	int64_t id = 0;
	int r = db_first(store, &db_row_number, &id, err,
		"SELECT id FROM imports JOIN import_workloads ON import_id = id "
		"WHERE workload_id = ? AND id > ? AND undone_at IS NULL "
		"ORDER BY id DESC LIMIT 1",
		"ii", workload_id, import_id);

	if (r < 0)
		return r;
	*ret_id = id;
	return 0;
}

static void import_done(void *item)
{
	struct import *import = item;

	free(import->format);
}

static int import_read(sqlite3_stmt *statement, void *item)
{
	struct import *import = item;

	*import = (struct import){
		.id = sqlite3_column_int64(statement, 0),
		.at = sqlite3_column_int64(statement, 2),
		.rows = (uint64_t)sqlite3_column_int64(statement, 3),
		.repeated = (uint64_t)sqlite3_column_int64(statement, 4),
		.conflicting = (uint64_t)sqlite3_column_int64(statement, 5),
		.repaired = (uint64_t)sqlite3_column_int64(statement, 6),
		.refused = (uint64_t)sqlite3_column_int64(statement, 7),
		.undone_at = sqlite3_column_int64(statement, 8),
		.file_count = (size_t)sqlite3_column_int64(statement, 9),
		.workload_count = (size_t)sqlite3_column_int64(statement, 10),
	};
	return db_text_there(statement, 1, &import->format);
}

static const struct db_row import_row = { "imports", sizeof(struct import), import_read,
	import_done };

int store_imports(struct store *store, struct import_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT id, format, at, rows, repeated, conflicting, repaired, refused, "
		"coalesce(undone_at, 0), "
		"(SELECT count(*) FROM import_files WHERE import_id = id), "
		"(SELECT count(*) FROM import_workloads WHERE import_id = id) "
		"FROM imports ORDER BY id";
	struct db_items found;
	int r = db_collect(store, &import_row, &found, err, sql, "");

	if (r == 0)
		*ret_list = (struct import_list){ .import = found.item,
			.count = found.count };
	return r;
}

void import_list_done(struct import_list *list)
{
	db_items_done(&import_row, list->import, list->count);
	*list = (struct import_list){ .count = 0 };
}

static int import_workload_read(sqlite3_stmt *statement, void *item)
{
	*(struct import_workload *)item = (struct import_workload){
		.workload_id = sqlite3_column_int64(statement, 0),
		.first = sqlite3_column_int64(statement, 1),
		.last = sqlite3_column_int64(statement, 2),
		.slots = (uint64_t)sqlite3_column_int64(statement, 3),
		.was_new = sqlite3_column_int(statement, 4) != 0,
		.prior_first = sqlite3_column_int64(statement, 5),
		.prior_last = sqlite3_column_int64(statement, 6),
	};
	return 0;
}

static const struct db_row import_workload_row = { "imports",
	sizeof(struct import_workload), import_workload_read, NULL };

int store_import_workloads(struct store *store, int64_t import_id,
	struct import_workload_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT workload_id, first_at, last_at, slots, was_new, prior_first_at, "
		"prior_last_at FROM import_workloads WHERE import_id = ? ORDER BY workload_id";
	struct db_items found;
	int r = db_collect(
		store, &import_workload_row, &found, err, sql, "i", import_id);

	if (r == 0)
		*ret_list = (struct import_workload_list){ .item = found.item,
			.count = found.count };
	return r;
}

void import_workload_list_done(struct import_workload_list *list)
{
	db_items_done(&import_workload_row, list->item, list->count);
	*list = (struct import_workload_list){ .count = 0 };
}
