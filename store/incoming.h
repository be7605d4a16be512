/*
 * Files that appear all together with the transaction that brings them.
 *
 * RRD files are first made whole in a folder of their own (no lock needed), then
 * published inside a transaction: its commit records the renames, so that they are
 * finished even after a power cut, or none is.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_INCOMING_H
#define STORE_INCOMING_H

#include "schema/rra.h"
#include "store/store.h"

/*
 * store_incoming_rows - make a whole RRD file of base-step rows, to be published later
 *
 * column        data-source names (at most 19 of [A-Za-z0-9_-]); extremes are called
 *               <name>_min and <name>_max
 * step_s, first base step and stamp of row 0, a multiple of step_s
 * values        rows x column_count, row after row; NAN is unknown; kept bit for bit
 * ret_handle    for store_publish
 *
 * Needs no transaction.  On a full disk -ENOSPC with a text, and nothing is left.
 */
int store_incoming_rows(struct store *store, const char *const *column,
	size_t column_count, unsigned step_s, int64_t first, size_t rows,
	const double *values, unsigned *ret_handle, struct err *err);

/*
 * The same for a file of several archives (analyze import store), whose rows come archive
 * by archive in time order: begin, add until all are there, end.
 *
 * The file is made by us of what its source says of itself, checked by the caller:
 * librrd never sees a stranger's file.
 */
struct incoming_rows; /* opaque: the caller's until end or abort */
int store_incoming_begin(struct store *store, const struct rra_set *archives,
	const char *const *column, size_t column_count, int64_t last_update,
	struct incoming_rows **ret_rows, struct err *err);
int store_incoming_add(struct incoming_rows *rows, const double *values, size_t count,
	struct err *err);
/* -EINVAL while rows are missing; frees it, whatever it returns. */
int store_incoming_end(
	struct incoming_rows *rows, unsigned *ret_handle, struct err *err);
void store_incoming_abort(struct incoming_rows *rows); /* NULL is a no-op */

/*
 * store_publish - the incoming file becomes <folder>/<file>.rrd when the transaction
 * commits; a rollback or store_close removes it
 *
 * import_id  not 0: what stood there before is kept for store_undo_file
 */
int store_publish(struct store *store, unsigned handle, const struct workload *workload,
	const char *file, int64_t import_id, struct err *err);

/* What an import replaced comes back with the commit (or the file goes, where there
 * was none).  Only right when no later import touched the workload. */
int store_undo_file(struct store *store, int64_t import_id,
	const struct workload *workload, const char *file, struct err *err);
/* What was kept for an undo is no longer wanted. */
int store_undo_forget(struct store *store, int64_t import_id, struct err *err);

#endif
