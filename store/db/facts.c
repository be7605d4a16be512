#include "store/db/facts.h"

#include "store/db/db.h"

#include <errno.h>
#include <stdlib.h>

static int read_fact(sqlite3_stmt *statement, struct fact *fact)
{
	int r = db_text(statement, 0, &fact->key);

	if (r == 0)
		r = db_text(statement, 1, &fact->value);
	if (r == 0)
		r = db_text(statement, 2, &fact->source);
	fact->set_at = sqlite3_column_int64(statement, 3);
	return r;
}

static int add_fact(struct fact_list *list, sqlite3_stmt *statement, struct err *err)
{
	/* room for 1, 2, 4, 8 ... */
	if ((list->count & (list->count - 1)) == 0) {
		size_t room = list->count ? list->count * 2 : 1;
		struct fact *grown =
			reallocarray(list->fact, room, sizeof(*list->fact));

		if (!grown)
			return err_oom(err);
		list->fact = grown;
	}
	list->fact[list->count] = (struct fact){ .key = NULL };
	if (read_fact(statement, &list->fact[list->count++]) < 0)
		return err_oom(err);
	return 0;
}

int store_facts(struct store *store, int64_t workload_id, struct fact_list *ret_list,
	struct err *err)
{
	struct fact_list list = { .count = 0 };
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &statement, err,
			"SELECT key, value, source, set_at FROM workload_facts WHERE "
			"workload_id = ? ORDER BY key, source",
			"i", workload_id);
	while (r >= 0 && statement && (r = db_step(statement, err)) > 0)
		r = add_fact(&list, statement, err);
	sqlite3_finalize(statement);
	if (r < 0)
		fact_list_done(&list);
	else
		*ret_list = list;
	return r < 0 ? r : 0;
}

void fact_list_done(struct fact_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->fact[i].key);
		free(list->fact[i].value);
		free(list->fact[i].source);
	}
	free(list->fact);
	*list = (struct fact_list){ .count = 0 };
}

int store_fact_set(struct store *store, int64_t workload_id, const char *key,
	const char *value, enum fact_source source, int64_t set_at, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0
		? r
		: db_run(db, err,
			  "INSERT INTO workload_facts VALUES (?, ?, ?, ?, ?) ON CONFLICT "
			  "DO UPDATE SET value = excluded.value, set_at = excluded.set_at",
			  "isssi", workload_id, key, value, fact_source_name(source),
			  set_at);
}

int store_fact_remove(struct store *store, int64_t workload_id, const char *key,
	enum fact_source source, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0 ? r
		     : db_run(db, err,
			       "DELETE FROM workload_facts WHERE workload_id = ? AND "
			       "key = ? AND source = ?",
			       "iss", workload_id, key, fact_source_name(source));
}
