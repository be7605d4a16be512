/* A damaged database: moved aside, and what can be rebuilt is rebuilt. */
#ifndef STORE_DB_DB_MEND_H
#define STORE_DB_DB_MEND_H

#include "common/err.h"

#include <sqlite3.h>
#include <stddef.h>

/* PRAGMA user_version; and all numbered migrations that are newer than it. */
int db_version(sqlite3 *db, int *ret_version, struct err *err);
int db_migrate(const char *dir, sqlite3 *db, struct err *err);

/*
 * db_set_aside - headroom.db, -wal and -shm get the ending .damaged-<time>, and the
 * last backup takes their place where there is one
 *
 * notice  what happened, in a sentence; NULL: the second time, without the backup
 */
int db_set_aside(const char *dir, char *notice, size_t notice_size, struct err *err);

/* db_replace - what db_open_writer does by itself when it meets damage, for damage
 * that only a full check found; the caller holds the writer lock and no connection. */
int db_replace(const char *dir, char *notice, size_t notice_size, struct err *err);

/* Adds the workloads whose archives are in <data>/rrd and which the database does not
 * know, and an event that says what was done. */
int db_salvage(const char *dir, sqlite3 *db, char *notice, size_t notice_size,
	struct err *err);

#endif
