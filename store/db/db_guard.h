/*
 * A database may be somebody else's: whatever stands in it, a connection of ours runs no
 * view and no trigger, ends each statement after a minute, and asks only tables that are
 * those of schema/migrations.
 */
#ifndef STORE_DB_DB_GUARD_H
#define STORE_DB_DB_GUARD_H

#include "common/err.h"

#include <sqlite3.h>

/* For every connection, before its first statement. */
void db_guard(sqlite3 *db);

/* The statement that is prepared next has so long from now. */
#define DB_STATEMENT_S 60
void db_guard_statement(sqlite3 *db);

/*
 * db_guard_schema - every table that we ask is the table that we made
 *
 * For a database of the newest version: one that differs in a table or an index of ours is
 * refused (-EBADMSG, with the name); what others added beside them is never used.
 */
int db_guard_schema(sqlite3 *db, struct err *err);

#endif
