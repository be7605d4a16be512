/*
 * Imports: what was brought in, and files that appear all together with the
 * transaction that brings them.
 *
 * RRD files are first made whole in a folder of their own (no lock needed), then
 * published inside a transaction: its commit records the renames, so that they are
 * finished even after a power cut, or none is.
 */
#ifndef STORE_DB_IMPORTS_H
#define STORE_DB_IMPORTS_H

#include "schema/rra.h"
#include "store/store.h"

struct import {
	int64_t id;   /* given by the store */
	char *format; /* "bitbrains", "csv", "store" ... */
	int64_t at;   /* Unix seconds UTC */
	uint64_t rows, repeated, conflicting, repaired, refused;
	int64_t undone_at;                 /* 0: in force */
	size_t file_count, workload_count; /* filled when read */
};

struct import_list {
	struct import *import; /* by id */
	size_t count;
};

struct import_workload {
	int64_t workload_id;
	int64_t first, last; /* stamps it brought */
	uint64_t slots;
	bool was_new;                    /* the workload came with this import */
	int64_t prior_first, prior_last; /* its span before: an undo puts it back */
};

struct import_workload_list {
	struct import_workload *item;
	size_t count;
};

/* All writers need an open transaction. */
int store_import_add(struct store *store, const struct import *import, int64_t *ret_id,
	struct err *err);
int store_import_set_counts(
	struct store *store, const struct import *import, struct err *err);
/* hash: hexadecimal text of the whole file's content. */
int store_import_add_file(struct store *store, int64_t import_id, const char *path,
	const char *hash, uint64_t size_bytes, struct err *err);
int store_import_add_workload(struct store *store, int64_t import_id,
	const struct import_workload *item, struct err *err);
int store_import_set_undone(
	struct store *store, int64_t id, int64_t at, struct err *err);

/* The import in force that holds a file with this content and format; 0: none. */
int store_import_find_file(struct store *store, const char *format, const char *hash,
	int64_t *ret_id, struct err *err);
int store_imports(struct store *store, struct import_list *ret_list, struct err *err);
void import_list_done(struct import_list *list);
int store_import_workloads(struct store *store, int64_t import_id,
	struct import_workload_list *ret_list, struct err *err);
void import_workload_list_done(struct import_workload_list *list);
/* The newest import in force after `import_id` that touched the workload; 0: none. */
int store_import_later(struct store *store, int64_t import_id, int64_t workload_id,
	int64_t *ret_id, struct err *err);

/* ---- files that appear with the transaction --------------------------------------- */

/*
 * store_stage_rows - make a whole RRD file of base-step rows, to be published later
 *
 * source        data-source names (at most 19 of [A-Za-z0-9_-]); extremes are called
 *               <name>_min and <name>_max
 * step_s, first base step and stamp of row 0, a multiple of step_s
 * values        rows x source_count, row after row; NAN is unknown; kept bit for bit
 * ret_handle    for store_publish
 *
 * Needs no transaction.  On a full disk -ENOSPC with a text, and nothing is left.
 */
int store_stage_rows(struct store *store, const char *const *source,
	size_t source_count, unsigned step_s, int64_t first, size_t rows,
	const double *values, unsigned *ret_handle, struct err *err);

/* The same from another RRD file, read natively and checked (analyze import store):
 * every archive is copied, and librrd never sees the original. */
int store_stage_copy(struct store *store, const char *rrd_path, unsigned *ret_handle,
	struct err *err);

/*
 * store_publish - the staged file becomes <folder>/<file>.rrd when the transaction
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
