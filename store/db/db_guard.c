#include "store/db/db_guard.h"

#include "store/db/db.h"
#include "store/db/db_mend.h"

#include "common/strbuf.h"
#include "common/util.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/* Instructions of SQLite's machine between two looks at the clock: some milliseconds. */
#define LOOK_EVERY 1000000

static int64_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec;
}

void db_guard(sqlite3 *db)
{
	static const struct {
		int which, most;
	} limits[] = {
		{ SQLITE_LIMIT_LENGTH,
			256 * 1024 * 1024 }, /* a plan of 20,000 workloads */
		{ SQLITE_LIMIT_SQL_LENGTH, 100000 },
		{ SQLITE_LIMIT_COLUMN, 100 },
		{ SQLITE_LIMIT_EXPR_DEPTH, 50 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 10 },
		{ SQLITE_LIMIT_VDBE_OP, 100000 },
		{ SQLITE_LIMIT_FUNCTION_ARG, 16 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100 },
		{ SQLITE_LIMIT_VARIABLE_NUMBER, 64 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 4 },
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		sqlite3_limit(db, limits[i].which, limits[i].most);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_extended_result_codes(db, 1);
	db_guard_statement(db);
}

/* until: the second in which the statement is over, kept in the pointer itself. */
static int db_guard_is_over(void *until)
{
	return seconds_now() > (int64_t)(intptr_t)until;
}

void db_guard_statement(sqlite3 *db)
{
	intptr_t until = (intptr_t)(seconds_now() + DB_STATEMENT_S);

	sqlite3_progress_handler(db, LOOK_EVERY, db_guard_is_over, (void *)until);
}

/* ---- the schema -------------------------------------------------------------------- */

/* The same words, however they are spaced and quoted: another version of SQLite writes
 * the text of a renamed table in another way. */
static bool is_same_sql(const char *left, const char *right)
{
	static const char ignored[] = " \t\r\n\"";

	for (;;) {
		left += strspn(left, ignored);
		right += strspn(right, ignored);
		if (*left == '\0' || *right == '\0')
			return *left == *right;
		if (tolower((unsigned char)*left++) != tolower((unsigned char)*right++))
			return false;
	}
}

/* What a store's schema is made of: type, name and text of each object, each with its
 * NUL; an empty one ends them.  Made once in a process: it takes longer than all else that
 * an opening does, and never changes. */
static char *schema_model;

static int model_read(sqlite3 *model, struct strbuf *out, struct err *err)
{
	sqlite3_stmt *each = NULL;
	int r = db_prepare(model, &each, err,
		"SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL", "");

	while (r >= 0 && (r = db_step(each, err)) > 0)
		for (int i = 0; i < 3 && r > 0; i++) {
			const char *text = NULL;

			if (db_text_at(each, i, &text) < 0)
				r = err_oom(err);
			else if (text)
				strbuf_add_bytes(out, text, strlen(text) + 1);
		}
	sqlite3_finalize(each);
	return r;
}

static int model_make(struct err *err)
{
	sqlite3 *model = NULL;
	struct strbuf text;
	int r = 0;

	strbuf_init(&text, 1 << 20);
	if (sqlite3_open_v2(":memory:", &model,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		r = db_error(model, err, "schema");
	if (r == 0)
		r = db_migrate("", model, err);
	if (r == 0)
		r = model_read(model, &text, err);
	sqlite3_close(model);
	if (r == 0)
		strbuf_add_bytes(&text, "", 1);
	if (r == 0) {
		schema_model = strbuf_take(&text);
		if (!schema_model)
			r = err_oom(err);
	}
	strbuf_done(&text);
	return r;
}

static int compare_object(sqlite3_stmt *find, const char *type, const char *name,
	const char *wanted, struct err *err)
{
	const char *sql = NULL;
	int r;

	if (sqlite3_bind_text(find, 1, type, -1, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_text(find, 2, name, -1, SQLITE_STATIC) != SQLITE_OK)
		return db_error(sqlite3_db_handle(find), err, "schema");
	r = db_step(find, err);
	if (r > 0 && db_text_at(find, 0, &sql) < 0)
		r = err_oom(err); /* that is no other schema */
	if (r >= 0)
		r = sql && is_same_sql(sql, wanted)
			? 0
			: err_set(err, -EBADMSG, "its %s %s is not the one of a store",
				  type, name);
	sqlite3_reset(find);
	return r;
}

/* 1: the objects stand there in the model's order, letter by letter, as in every store that
 * this version made; a scan for each of them would take longer than the opening. */
static int is_model(sqlite3 *db, struct err *err)
{
	sqlite3_stmt *each = NULL;
	const char *at = schema_model;
	int r = db_prepare(db, &each, err,
		"SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL", "");

	while (r >= 0 && *at && (r = db_step(each, err)) > 0)
		for (int i = 0; i < 3; i++) {
			const char *text = NULL;

			if (db_text_at(each, i, &text) < 0) {
				sqlite3_finalize(each);
				return err_oom(err);
			}
			if (!text || strcmp(text, at) != 0) {
				sqlite3_finalize(each);
				return 0;
			}
			at += strlen(at) + 1;
		}
	sqlite3_finalize(each);
	return r < 0 ? r : *at == '\0';
}

int db_guard_schema(sqlite3 *db, struct err *err)
{
	sqlite3_stmt *find = NULL;
	int r = schema_model ? 0 : model_make(err);

	if (r == 0)
		r = is_model(db, err);
	if (r > 0)
		return 0;
	if (r == 0)
		r = db_prepare(db, &find, err,
			"SELECT sql FROM sqlite_schema WHERE type = ? AND name = ?",
			"");
	for (const char *at = schema_model; r == 0 && *at;) {
		const char *name = at + strlen(at) + 1;
		const char *sql = name + strlen(name) + 1;

		r = compare_object(find, at, name, sql, err);
		at = sql + strlen(sql) + 1;
	}
	sqlite3_finalize(find);
	return r;
}
