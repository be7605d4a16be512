/*
 * The connections of an open store, and what is read and written through them without
 * boilerplate.  For the files of store/ and store/db/ alone.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_CONNECTION_H
#define STORE_DB_CONNECTION_H

#include "store/db/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What this floor knows of an open store; the rest is store/internal.h's. */
struct store {
	char *dir;
	sqlite3 *reader;         /* NULL: no database yet */
	sqlite3 *writer;         /* NULL: no transaction */
	bool has_pending;        /* the transaction records renames or removals */
	struct store_work *work; /* of store/: lock, checksums, files that are made */
};

/* The connection to read with, which the store owns: the writing one in a transaction;
 * NULL: empty store. */
int store_reader(struct store *store, sqlite3 **ret_db, struct err *err);
/* The writing connection, likewise; -EPERM with a text outside a transaction (our
 * mistake). */
int store_writer(struct store *store, sqlite3 **ret_db, struct err *err);

/* ---- rows ------------------------------------------------------------------------- */

/* How one row becomes one item. */
struct db_row {
	const char *what; /* "events": of what there is too little memory */
	size_t size;      /* of an item */
	/* Fills an item that is all zero; -ENOMEM, -EBADMSG.  What it allocated until it
	 * failed is freed by done. */
	int (*read)(sqlite3_stmt *statement, void *item);
	void (*done)(void *item); /* NULL: nothing to free */
};

struct db_items {
	void *item; /* malloc'ed array; NULL: none */
	size_t count;
};

/*
 * db_collect - all rows of a query as an array of items; an empty store has none
 *
 * types and what follows: as db_prepare.  On success the caller owns the items and gives
 * them back with db_items_done; on failure nothing is left.
 */
int db_collect(struct store *store, const struct db_row *row,
	struct db_items *ret_items, struct err *err, const char *sql, const char *types,
	...);
void db_items_done(const struct db_row *row, void *item, size_t count);

/* db_first - the first row alone: 1, 0 for none (also in an empty store), or negative.
 * item must be all zero. */
int db_first(struct store *store, const struct db_row *row, void *item, struct err *err,
	const char *sql, const char *types, ...);

/* Ready-made rows: the first column as int64_t, as char * (NULL for NULL). */
extern const struct db_row db_row_number, db_row_text;

/* A REAL column, NAN for NULL. */
double db_real(sqlite3_stmt *statement, int column);

/* ---- changes: in a transaction ------------------------------------------------------ */

/* One statement without rows; -EPERM outside a transaction. */
int db_write(
	struct store *store, struct err *err, const char *sql, const char *types, ...);
/* The rowid of what db_write inserted last; how many rows it changed. */
int64_t db_written_id(const struct store *store);
int db_changed(const struct store *store);

/* ---- pending.c: renames and removals that belong to a commit ------------------------ */

/* Paths below the data folder; from NULL: target (a file or a folder) is removed. */
int pending_add(
	struct store *store, const char *from, const char *target, struct err *err);
/*
 * Does all that are recorded, then forgets them; what is done already is skipped.  A row
 * that this program would not record is not done: *ret_refused counts them.
 */
int pending_finish(const char *dir, sqlite3 *db, size_t *ret_refused, struct err *err);
/* Is a commit there whose renames are not all done? */
bool pending_is_left(struct store *store);

/* For readers, who move nothing: what is recorded, in order. */
struct pending_move {
	char *from; /* NULL: target is removed */
	char *target;
};
struct pending_list {
	struct pending_move *move;
	size_t count;
};
int pending_load(struct store *store, struct pending_list *ret_list, struct err *err);
void pending_list_done(struct pending_list *list);
/* Where the content of that path (below <data>) stands now: itself, or a path of the
 * list; NULL: nowhere, it is going to be removed. */
const char *pending_where(
	const struct pending_list *list, const char *dir, const char *path);

#endif
