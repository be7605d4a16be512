#include "store/db/exclusions.h"

#include "store/db/db.h"

#include <errno.h>
#include <stdlib.h>

static void exclusion_done(struct exclusion *exclusion)
{
	free(exclusion->reason);
	free(exclusion->excluded_by);
}

void exclusion_list_done(struct exclusion_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		exclusion_done(&list->exclusion[i]);
	free(list->exclusion);
	*list = (struct exclusion_list){ .count = 0 };
}

int store_exclusion_add(struct store *store, const struct exclusion *exclusion,
	int64_t *ret_id, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r == 0)
		r = db_run(db, err,
			"INSERT INTO exclusions (workload_id, begin_at, end_at, "
			"reason, excluded_by, created_at) VALUES (?, ?, ?, ?, ?, ?)",
			"iiissi", exclusion->workload_id, exclusion->begin,
			exclusion->end, exclusion->reason, exclusion->excluded_by,
			exclusion->created_at);
	if (r < 0)
		return r;
	*ret_id = sqlite3_last_insert_rowid(db);
	return 0;
}

int store_exclusion_remove(
	struct store *store, int64_t id, int64_t now, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r == 0)
		r = db_run(db, err,
			"UPDATE exclusions SET removed_at = ? WHERE id = ? AND "
			"removed_at IS NULL",
			"ii", now, id);
	if (r == 0 && sqlite3_changes(db) == 0)
		r = err_set(err, -ENOENT, "there is no exclusion %lld", (long long)id);
	return r;
}

static int exclusion_read(
	sqlite3_stmt *row, struct exclusion *ret_exclusion, struct err *err)
{
	struct exclusion exclusion = {
		.id = sqlite3_column_int64(row, 0),
		.workload_id = sqlite3_column_int64(row, 1),
		.begin = sqlite3_column_int64(row, 2),
		.end = sqlite3_column_int64(row, 3),
		.created_at = sqlite3_column_int64(row, 6),
	};

	if (db_text(row, 4, &exclusion.reason) < 0 ||
		db_text(row, 5, &exclusion.excluded_by) < 0) {
		exclusion_done(&exclusion);
		return err_oom_for(err, "exclusions");
	}
	*ret_exclusion = exclusion;
	return 0;
}

int store_exclusions(struct store *store, int64_t workload_id,
	struct exclusion_list *ret_list, struct err *err)
{
	static const char sql[] = "SELECT id, workload_id, begin_at, end_at, reason, "
				  "excluded_by, created_at "
				  "FROM exclusions WHERE removed_at IS NULL AND (?1 = "
				  "-1 OR workload_id = ?1) "
				  "ORDER BY workload_id, begin_at, id";
	struct exclusion_list list = { .count = 0 };
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &statement, err, sql, "i", workload_id);
	while (statement && r >= 0 && (r = db_step(statement, err)) > 0) {
		struct exclusion *grown = reallocarray(
			list.exclusion, list.count + 1, sizeof(*list.exclusion));

		if (!grown) {
			r = err_oom_for(err, "exclusions");
			break;
		}
		list.exclusion = grown;
		r = exclusion_read(statement, &list.exclusion[list.count], err);
		if (r == 0)
			list.count++;
	}
	sqlite3_finalize(statement);
	if (r < 0) {
		exclusion_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}
