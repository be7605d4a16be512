/* Statements without boilerplate: prepare, bind, step; codes of SQLite to errno. */
#include "store/db/db.h"

#include "store/db/db_guard.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

static int code_of(sqlite3 *db)
{
	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_INTERRUPT:
		return -ETIMEDOUT;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return -EACCES;
	case SQLITE_CONSTRAINT:
		return (sqlite3_extended_errcode(db) == SQLITE_CONSTRAINT_UNIQUE ||
			       sqlite3_extended_errcode(db) ==
				       SQLITE_CONSTRAINT_PRIMARYKEY)
			? -EEXIST
			: -EINVAL;
	default:
		return -EIO;
	}
}

/* SQLite quotes names of the file's own schema, whatever bytes they have. */
int db_error(sqlite3 *db, struct err *err, const char *what)
{
	int r = err_set(
		err, code_of(db), "database: %.80s: %.300s", what, sqlite3_errmsg(db));

	for (char *at = err ? err->text : NULL; at && *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return r;
}

/* A letter for each value, so that a call shows in one line all that is bound; z is
 * NULL for 0, d for NAN, s for a null pointer. */
static int bind_values(sqlite3_stmt *statement, const char *types, va_list args)
{
	int r = SQLITE_OK;

	for (int i = 1; types[i - 1] && r == SQLITE_OK; i++) {
		int64_t integer = 0;
		double number = 0;
		const char *text = NULL;
		const void *bytes = NULL;

		switch (types[i - 1]) {
		case 'i':
			r = sqlite3_bind_int64(statement, i, va_arg(args, int64_t));
			break;
		case 'z':
			integer = va_arg(args, int64_t);
			r = integer ? sqlite3_bind_int64(statement, i, integer)
				    : sqlite3_bind_null(statement, i);
			break;
		case 'd':
			number = va_arg(args, double);
			r = isnan(number) ? sqlite3_bind_null(statement, i)
					  : sqlite3_bind_double(statement, i, number);
			break;
		case 's':
			text = va_arg(args, const char *);
			r = text ? sqlite3_bind_text(
					   statement, i, text, -1, SQLITE_STATIC)
				 : sqlite3_bind_null(statement, i);
			break;
		case 'b':
			bytes = va_arg(args, const void *);
			r = sqlite3_bind_blob64(statement, i, bytes ? bytes : "",
				va_arg(args, size_t), SQLITE_STATIC);
			break;
		default:
			r = SQLITE_MISUSE;
		}
	}
	return r;
}

int db_prepare_list(sqlite3 *db, sqlite3_stmt **ret_statement, struct err *err,
	const char *sql, const char *types, va_list args)
{
	sqlite3_stmt *statement = NULL;

	db_guard_statement(db);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return db_error(db, err, "prepare");
	if (bind_values(statement, types, args) != SQLITE_OK) {
		int r = db_error(db, err, "bind");

		sqlite3_finalize(statement);
		return r;
	}
	*ret_statement = statement;
	return 0;
}

int db_prepare(sqlite3 *db, sqlite3_stmt **ret_statement, struct err *err,
	const char *sql, const char *types, ...)
{
	va_list args;
	int r = 0;

	va_start(args, types);
	r = db_prepare_list(db, ret_statement, err, sql, types, args);
	va_end(args);
	return r;
}

int db_run_list(sqlite3 *db, struct err *err, const char *sql, const char *types,
	va_list values)
{
	sqlite3_stmt *statement = NULL;
	int r = db_prepare_list(db, &statement, err, sql, types, values);

	if (r < 0)
		return r;
	do {
		r = db_step(statement, err);
	} while (r > 0);
	sqlite3_finalize(statement);
	return r;
}

int db_run(sqlite3 *db, struct err *err, const char *sql, const char *types, ...)
{
	va_list args;
	int r = 0;

	va_start(args, types);
	r = db_run_list(db, err, sql, types, args);
	va_end(args);
	return r;
}

int db_begin(sqlite3 *db, struct err *err)
{
	return sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK
		? 0
		: db_error(db, err, "begin");
}

int db_commit(sqlite3 *db, struct err *err)
{
	return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK
		? 0
		: db_error(db, err, "commit");
}

void db_rollback(sqlite3 *db)
{
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

int db_step(sqlite3_stmt *statement, struct err *err)
{
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return db_error(sqlite3_db_handle(statement), err, "statement");
	}
}

int db_text_at(sqlite3_stmt *statement, int column, const char **ret_text)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	if (!text && sqlite3_column_type(statement, column) != SQLITE_NULL)
		return -ENOMEM;
	*ret_text = (const char *)text;
	return 0;
}

int db_text(sqlite3_stmt *statement, int column, char **ret_text)
{
	const char *text = NULL;
	char *copy = NULL;
	int r = db_text_at(statement, column, &text);

	if (r < 0)
		return r;
	if (text) {
		copy = strdup(text);
		if (!copy)
			return -ENOMEM;
	}
	*ret_text = copy;
	return 0;
}

int db_text_there(sqlite3_stmt *statement, int column, char **ret_text)
{
	int r = db_text(statement, column, ret_text);

	return r == 0 && !*ret_text ? -EBADMSG : r;
}
