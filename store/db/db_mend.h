/*
 * A damaged database: moved aside, and what can be rebuilt is rebuilt.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_DB_MEND_H
#define STORE_DB_DB_MEND_H

#include "common/err.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* PRAGMA user_version; and all numbered migrations that are newer than it. */
int db_version(sqlite3 *db, int *ret_version, struct err *err);
int db_migrate(const char *dir, sqlite3 *db, struct err *err);

/* The backup stays where it is; a copy of it becomes the database.  None: false. */
int db_restore_backup(const char *dir, bool *ret_has_backup, struct err *err);

/*
 * db_set_aside - headroom.db, -wal and -shm get the ending .damaged-<time>, and the
 * last backup takes their place where there is one
 *
 * notice  what happened, in a sentence; NULL: the second time, without the backup
 */
int db_set_aside(const char *dir, char *notice, size_t notice_size, struct err *err);

/*
 * db_replace - the damaged database goes aside; the backup, or a new one, takes its place
 *
 * For damage that only a full check found, and for db_open_writer when it meets damage;
 * the caller holds the writer lock and no connection, and adds what the archives know
 * (the floor above).
 */
int db_replace(const char *dir, sqlite3 **ret_db, char *notice, size_t notice_size,
	struct err *err);

#endif
