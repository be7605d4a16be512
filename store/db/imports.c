#include "store/db/imports.h"

#include "store/db/db.h"

#include <errno.h>
#include <stdlib.h>

int store_import_add(struct store *store, const struct import *import, int64_t *ret_id,
	struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r == 0)
		r = db_run(db, err,
			"INSERT INTO imports (format, at, rows, repeated, conflicting, "
			"repaired, refused) VALUES (?, ?, ?, ?, ?, ?, ?)",
			"siiiiii", import->format, import->at, (int64_t)import->rows,
			(int64_t)import->repeated, (int64_t)import->conflicting,
			(int64_t)import->repaired, (int64_t)import->refused);
	if (r == 0)
		*ret_id = sqlite3_last_insert_rowid(db);
	return r;
}

int store_import_set_counts(
	struct store *store, const struct import *import, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0
		? r
		: db_run(db, err,
			  "UPDATE imports SET rows = ?, repeated = ?, conflicting = ?, "
			  "repaired = ?, refused = ? WHERE id = ?",
			  "iiiiii", (int64_t)import->rows, (int64_t)import->repeated,
			  (int64_t)import->conflicting, (int64_t)import->repaired,
			  (int64_t)import->refused, import->id);
}

int store_import_add_file(struct store *store, int64_t import_id, const char *path,
	const char *hash, uint64_t size_bytes, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err,
			       "INSERT INTO import_files VALUES (?, ?, ?, ?) "
			       "ON CONFLICT DO NOTHING",
			       "issi", import_id, path, hash, (int64_t)size_bytes);
}

int store_import_add_workload(struct store *store, int64_t import_id,
	const struct import_workload *item, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0
		? r
		: db_run(db, err,
			  "INSERT INTO import_workloads VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			  "iiiiiiii", import_id, item->workload_id, item->first,
			  item->last, (int64_t)item->slots, (int64_t)item->was_new,
			  item->prior_first, item->prior_last);
}

int store_import_set_undone(
	struct store *store, int64_t id, int64_t at, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r == 0)
		r = db_run(db, err,
			"UPDATE imports SET undone_at = ? WHERE id = ? AND undone_at IS NULL",
			"ii", at, id);
	if (r == 0 && sqlite3_changes(db) == 0)
		r = err_set(err, -ENOENT, "there is no import %lld in force",
			(long long)id);
	return r;
}

/* The first column of the first row, 0 where there is none; finalizes. */
static int one_number(sqlite3_stmt *statement, int64_t *ret_number, struct err *err)
{
	int r = db_step(statement, err);

	if (r >= 0)
		*ret_number = r > 0 ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	return r < 0 ? r : 0;
}

int store_import_find_file(struct store *store, const char *format, const char *hash,
	int64_t *ret_id, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r < 0)
		return r;
	if (!db) {
		*ret_id = 0;
		return 0;
	}
	r = db_prepare(db, &statement, err,
		"SELECT id FROM imports JOIN import_files ON import_id = id "
		"WHERE hash = ? AND format = ? AND undone_at IS NULL ORDER BY id LIMIT 1",
		"ss", hash, format);
	return r < 0 ? r : one_number(statement, ret_id, err);
}

int store_import_later(struct store *store, int64_t import_id, int64_t workload_id,
	int64_t *ret_id, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r < 0)
		return r;
	if (!db) {
		*ret_id = 0;
		return 0;
	}
	r = db_prepare(db, &statement, err,
		"SELECT id FROM imports JOIN import_workloads ON import_id = id "
		"WHERE workload_id = ? AND id > ? AND undone_at IS NULL "
		"ORDER BY id DESC LIMIT 1",
		"ii", workload_id, import_id);
	return r < 0 ? r : one_number(statement, ret_id, err);
}

static int import_read(sqlite3_stmt *statement, struct import *ret_import)
{
	*ret_import = (struct import){
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
	return db_text(statement, 1, &ret_import->format);
}

int store_imports(struct store *store, struct import_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT id, format, at, rows, repeated, conflicting, repaired, refused, "
		"coalesce(undone_at, 0), "
		"(SELECT count(*) FROM import_files WHERE import_id = id), "
		"(SELECT count(*) FROM import_workloads WHERE import_id = id) "
		"FROM imports ORDER BY id";
	struct import_list list = { .count = 0 };
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &statement, err, sql, "");
	while (statement && r >= 0 && (r = db_step(statement, err)) > 0) {
		void *grown =
			reallocarray(list.import, list.count + 1, sizeof(*list.import));

		if (grown)
			list.import = grown;
		if (!grown || import_read(statement, &list.import[list.count]) < 0) {
			r = err_oom_for(err, "imports");
			break;
		}
		list.count++;
	}
	sqlite3_finalize(statement);
	if (r < 0) {
		import_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}

void import_list_done(struct import_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->import[i].format);
	free(list->import);
	*list = (struct import_list){ .count = 0 };
}

int store_import_workloads(struct store *store, int64_t import_id,
	struct import_workload_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT workload_id, first_at, last_at, slots, was_new, prior_first_at, "
		"prior_last_at FROM import_workloads WHERE import_id = ? ORDER BY workload_id";
	struct import_workload_list list = { .count = 0 };
	sqlite3_stmt *statement = NULL;
	size_t allocated = 0;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &statement, err, sql, "i", import_id);
	while (statement && r >= 0 && (r = db_step(statement, err)) > 0) {
		if (list.count == allocated) {
			void *grown = NULL;

			allocated = allocated ? 2 * allocated : 64;
			grown = reallocarray(list.item, allocated, sizeof(*list.item));
			if (!grown) {
				r = err_oom_for(err, "imports");
				break;
			}
			list.item = grown;
		}
		list.item[list.count++] = (struct import_workload){
			.workload_id = sqlite3_column_int64(statement, 0),
			.first = sqlite3_column_int64(statement, 1),
			.last = sqlite3_column_int64(statement, 2),
			.slots = (uint64_t)sqlite3_column_int64(statement, 3),
			.was_new = sqlite3_column_int(statement, 4) != 0,
			.prior_first = sqlite3_column_int64(statement, 5),
			.prior_last = sqlite3_column_int64(statement, 6),
		};
	}
	sqlite3_finalize(statement);
	if (r < 0) {
		import_workload_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}

void import_workload_list_done(struct import_workload_list *list)
{
	free(list->item);
	*list = (struct import_workload_list){ .count = 0 };
}
