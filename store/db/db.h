/*
 * SQLite below <data>/headroom.db, for the files of store/ alone: connections,
 * migrations, and statements without boilerplate.  What an open store asks of them
 * stands in connection.h.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_DB_H
#define STORE_DB_DB_H

#include "common/err.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A read-only connection, or NULL in *ret_db where there is no database yet;
 * sqlite3_close is the caller's. */
int db_open_reader(const char *dir, sqlite3 **ret_db, struct err *err);

/* The same for one file, whatever version it has: a connection that only reads, closed
 * by the caller. */
int db_open_file(const char *path, sqlite3 **ret_db, struct err *err);

/*
 * db_open_writer - the one connection that writes; the caller holds the writer lock
 *
 * Creates or migrates the database.  A damaged one is moved aside, rebuilt from its
 * last backup and the archives, and notice (size bytes) says so.
 */
int db_open_writer(const char *dir, sqlite3 **ret_db, char *notice, size_t notice_size,
	struct err *err);
void db_close_writer(sqlite3 *db); /* checkpoints; -wal and -shm stay for the readers */

/* The schema version that this program was built with. */
int db_newest_version(void);

/* A copy by the backup API, checked, to <data>/headroom.db.backup. */
int db_backup(const char *dir, sqlite3 *db, struct err *err);

/* 0 when it is whole; -EBADMSG when it is damaged, and how; another errno when it could
 * not be looked at (no memory, the disk refused): that is no damage. */
int db_check(sqlite3 *db, bool is_thorough, char *ret_text, size_t size);

/*
 * db_prepare - a statement with its values bound
 *
 * types: one letter a value: 'i' int64_t, 'd' double (NAN is NULL), 's' const char *
 * (NULL is NULL; must live until the statement is done), 'z' int64_t whose 0 is NULL,
 * 'b' const void * and size_t: a blob, which must live as a text does.
 *
 * The caller finishes the statement: sqlite3_finalize, which takes NULL.
 */
int db_prepare(sqlite3 *db, sqlite3_stmt **ret_statement, struct err *err,
	const char *sql, const char *types, ...);

/* Prepare, run to the end, finalize: for statements without rows. */
int db_run(sqlite3 *db, struct err *err, const char *sql, const char *types, ...);

/* The same with the values in a list; the caller finishes the statement. */
int db_prepare_list(sqlite3 *db, sqlite3_stmt **ret_statement, struct err *err,
	const char *sql, const char *types, va_list values);
int db_run_list(sqlite3 *db, struct err *err, const char *sql, const char *types,
	va_list values);

/* A transaction: what fails between begin and commit is rolled back by the caller. */
int db_begin(sqlite3 *db, struct err *err);
int db_commit(sqlite3 *db, struct err *err);
void db_rollback(sqlite3 *db);

/* 1: a row; 0: the end; negative: failed, with the text. */
int db_step(sqlite3_stmt *statement, struct err *err);

/* The text of a column, NULL for NULL, as long as the row stands; -ENOMEM where SQLite had no
 * memory to make one: then it gives NULL, too. */
int db_text_at(sqlite3_stmt *statement, int column, const char **ret_text);
/* A copy of a text column for the caller to free, NULL for NULL; -ENOMEM. */
int db_text(sqlite3_stmt *statement, int column, char **ret_text);
/* The same of a column that is never NULL in a store of ours: -EBADMSG where it is, as
 * SQLite looks at that when it writes alone. */
int db_text_there(sqlite3_stmt *statement, int column, char **ret_text);

/* sqlite's words behind ours; a negative errno for its code. */
int db_error(sqlite3 *db, struct err *err, const char *what);

#endif
