#include "store/db/facts.h"

#include "store/db/connection.h"

#include <errno.h>
#include <stdlib.h>

static void fact_done(void *item)
{
	struct fact *fact = item;

	free(fact->key);
	free(fact->value);
	free(fact->origin);
}

static int fact_read(sqlite3_stmt *statement, void *item)
{
	struct fact *fact = item;
	int r;

	fact->set_at = sqlite3_column_int64(statement, 3);
	r = db_text_there(statement, 0, &fact->key);
	if (r == 0)
		r = db_text_there(statement, 1, &fact->value);
	return r == 0 ? db_text_there(statement, 2, &fact->origin) : r;
}

static const struct db_row fact_row = { "facts", sizeof(struct fact), fact_read,
	fact_done };

int store_facts(struct store *store, int64_t workload_id, struct fact_list *ret_list,
	struct err *err)
{
	struct db_items found;
	int r = db_collect(store, &fact_row, &found, err,
		"SELECT key, value, source, set_at FROM workload_facts WHERE "
		"workload_id = ? ORDER BY key, source",
		"i", workload_id);

	if (r == 0)
		*ret_list =
			(struct fact_list){ .fact = found.item, .count = found.count };
	return r;
}

void fact_list_done(struct fact_list *list)
{
	db_items_done(&fact_row, list->fact, list->count);
	*list = (struct fact_list){ .count = 0 };
}

int store_fact_set(struct store *store, int64_t workload_id, const char *key,
	const char *value, enum fact_origin origin, int64_t set_at, struct err *err)
{
	return db_write(store, err,
		"INSERT INTO workload_facts VALUES (?, ?, ?, ?, ?) ON CONFLICT "
		"DO UPDATE SET value = excluded.value, set_at = excluded.set_at",
		"isssi", workload_id, key, value, fact_origin_name(origin), set_at);
}

int store_fact_remove(struct store *store, int64_t workload_id, const char *key,
	enum fact_origin origin, struct err *err)
{
	return db_write(store, err,
		"DELETE FROM workload_facts WHERE workload_id = ? AND key = ? AND source = ?",
		"iss", workload_id, key, fact_origin_name(origin));
}
