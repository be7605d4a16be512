#include "store/db/exclusions.h"

#include "store/db/connection.h"

#include <errno.h>
#include <stdlib.h>

static void exclusion_done(void *item)
{
	struct exclusion *exclusion = item;

	free(exclusion->reason);
	free(exclusion->excluded_by);
}

static int exclusion_read(sqlite3_stmt *statement, void *item)
{
	struct exclusion *exclusion = item;
	int r;

	exclusion->id = sqlite3_column_int64(statement, 0);
	exclusion->workload_id = sqlite3_column_int64(statement, 1);
	exclusion->begin = sqlite3_column_int64(statement, 2);
	exclusion->end = sqlite3_column_int64(statement, 3);
	exclusion->created_at = sqlite3_column_int64(statement, 6);
	exclusion->removed_at = sqlite3_column_int64(statement, 7);
	r = db_text_there(statement, 4, &exclusion->reason);
	return r == 0 ? db_text(statement, 5, &exclusion->excluded_by) : r;
}

static const struct db_row exclusion_row = { "exclusions", sizeof(struct exclusion),
	exclusion_read, exclusion_done };

int store_exclusion_add(struct store *store, const struct exclusion *exclusion,
	int64_t *ret_id, struct err *err)
{
	int r = db_write(store, err,
		"INSERT INTO exclusions (workload_id, begin_at, end_at, "
		"reason, excluded_by, created_at) VALUES (?, ?, ?, ?, ?, ?)",
		"iiissi", exclusion->workload_id, exclusion->begin, exclusion->end,
		exclusion->reason, exclusion->excluded_by, exclusion->created_at);

	if (r == 0)
		*ret_id = db_written_id(store);
	return r;
}

int store_exclusion_remove(
	struct store *store, int64_t id, int64_t now, struct err *err)
{
	int r = db_write(store, err,
		"UPDATE exclusions SET removed_at = ? WHERE id = ? AND removed_at IS NULL",
		"ii", now, id);

	if (r == 0 && db_changed(store) == 0)
		r = err_set(err, -ENOENT, "there is no exclusion %lld", (long long)id);
	return r;
}

static int collect_exclusions(struct store *store, int64_t workload_id,
	bool with_removed, struct exclusion_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT id, workload_id, begin_at, end_at, reason, excluded_by, "
		"created_at, coalesce(removed_at, 0) FROM exclusions WHERE "
		"(?2 OR removed_at IS NULL) AND (?1 = -1 OR workload_id = ?1) "
		"ORDER BY workload_id, begin_at, id";
	struct db_items found;
	int r = db_collect(store, &exclusion_row, &found, err, sql, "ii", workload_id,
		(int64_t)with_removed);

	if (r == 0)
		*ret_list = (struct exclusion_list){ .exclusion = found.item,
			.count = found.count };
	return r;
}

int store_exclusions(struct store *store, int64_t workload_id,
	struct exclusion_list *ret_list, struct err *err)
{
	return collect_exclusions(store, workload_id, false, ret_list, err);
}

int store_exclusions_ever(struct store *store, int64_t workload_id,
	struct exclusion_list *ret_list, struct err *err)
{
	return collect_exclusions(store, workload_id, true, ret_list, err);
}

void exclusion_list_done(struct exclusion_list *list)
{
	db_items_done(&exclusion_row, list->exclusion, list->count);
	*list = (struct exclusion_list){ .count = 0 };
}
