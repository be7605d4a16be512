/*
 * Imports: what was brought in, from which files, and for which workloads.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_IMPORTS_H
#define STORE_DB_IMPORTS_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store; /* store/store.h */

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

#endif
