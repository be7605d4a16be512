/*
 * A database that must not be changed and cannot be read as it is: older than this
 * program, or damaged.  It is read from a copy in memory.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_DB_COPY_H
#define STORE_DB_DB_COPY_H

#include "common/err.h"

#include <sqlite3.h>
#include <stddef.h>

/*
 * db_open_copy - the copy, brought up to date
 *
 * A damaged one gives way to its last backup, or to an empty one, and notice (size
 * bytes) says so; the caller adds what the archives know.  The folder is not touched.
 */
int db_open_copy(const char *dir, sqlite3 **ret_db, char *notice, size_t notice_size,
	struct err *err);

#endif
