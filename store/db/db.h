/*
 * SQLite below <data>/headroom.db, for the files of store/ alone: connections,
 * migrations, and statements without boilerplate.
 */
#ifndef STORE_DB_DB_H
#define STORE_DB_DB_H

#include "store/store.h"

#include <sqlite3.h>
#include <stdbool.h>

/* A read-only connection, or NULL in *ret_db where there is no database yet. */
int db_open_reader(const char *dir, sqlite3 **ret_db, struct err *err);

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

/* The connection to read with: the writing one in a transaction; NULL: empty store. */
int store_reader(struct store *store, sqlite3 **ret_db, struct err *err);
/* The writing connection; -EPERM with a text outside a transaction (our mistake). */
int store_writer(struct store *store, sqlite3 **ret_db, struct err *err);

/*
 * db_prepare - a statement with its values bound
 *
 * types: one letter a value: 'i' int64_t, 'd' double (NAN is NULL), 's' const char *
 * (NULL is NULL; must live until the statement is done), 'z' int64_t whose 0 is NULL.
 */
int db_prepare(sqlite3 *db, sqlite3_stmt **ret_statement, struct err *err,
	const char *sql, const char *types, ...);

/* Prepare, run to the end, finalize: for statements without rows. */
int db_run(sqlite3 *db, struct err *err, const char *sql, const char *types, ...);

/* 1: a row; 0: the end; negative: failed, with the text. */
int db_step(sqlite3_stmt *statement, struct err *err);

/* A copy of a text column, NULL for NULL; -ENOMEM. */
int db_text(sqlite3_stmt *statement, int column, char **ret_text);

/* sqlite's words behind ours; a negative errno for its code. */
int db_error(sqlite3 *db, struct err *err, const char *what);

#endif
