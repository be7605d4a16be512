#include "store/db/plans.h"

#include "store/db/connection.h"

#include <errno.h>
#include <stdlib.h>

int store_plan_add(struct store *store, int64_t at, const char *profile_id,
	const char *demand, const char *json, int64_t *ret_id, struct err *err)
{
	int r = db_write(store, err,
		"INSERT INTO plans (created_at, profile_id, demand, json) "
		"VALUES (?, ?, ?, ?)",
		"isss", at, profile_id, demand, json);

	if (r == 0)
		*ret_id = db_written_id(store);
	return r;
}

int store_plan_newest(struct store *store, char **ret_json, struct err *err)
{
	char *text = NULL;
	int r = db_first(store, &db_row_text, &text, err,
		"SELECT json FROM plans ORDER BY id DESC LIMIT 1", "");

	if (r < 0)
		return r;
	*ret_json = text;
	return 0;
}

int store_plan_text(struct store *store, int64_t id, char **ret_json, struct err *err)
{
	char *text = NULL;
	int r = db_first(store, &db_row_text, &text, err,
		"SELECT json FROM plans WHERE id = ?", "i", id);

	if (r < 0)
		return r;
	*ret_json = text;
	return 0;
}

static void kept_plan_done(void *item)
{
	struct kept_plan *plan = item;

	free(plan->profile_id);
	free(plan->demand);
}

static int kept_plan_read(sqlite3_stmt *statement, void *item)
{
	struct kept_plan *plan = item;
	int r;

	plan->id = sqlite3_column_int64(statement, 0);
	plan->at = sqlite3_column_int64(statement, 1);
	plan->hosts = sqlite3_column_int64(statement, 4);
	plan->placed = sqlite3_column_int64(statement, 5);
	plan->left_out = sqlite3_column_int64(statement, 6);
	r = db_text_there(statement, 2, &plan->profile_id);
	return r == 0 ? db_text_there(statement, 3, &plan->demand) : r;
}

static const struct db_row kept_plan_row = { "plans", sizeof(struct kept_plan),
	kept_plan_read, kept_plan_done };

int store_plans(struct store *store, struct kept_plan_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT id, created_at, profile_id, demand, json_array_length(json, "
		"'$.hosts'), json_array_length(json, '$.workloads'), "
		"json_array_length(json, '$.unplaced') FROM plans ORDER BY id DESC";
	struct db_items found;
	int r = db_collect(store, &kept_plan_row, &found, err, sql, "");

	if (r == 0)
		*ret_list = (struct kept_plan_list){ .plan = found.item,
			.count = found.count };
	return r;
}

void kept_plan_list_done(struct kept_plan_list *list)
{
	db_items_done(&kept_plan_row, list->plan, list->count);
	*list = (struct kept_plan_list){ .count = 0 };
}
