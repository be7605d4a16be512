/* Workloads in the database: add, rename, forget, what files they have. */
#ifndef STORE_DB_WORKLOADS_H
#define STORE_DB_WORKLOADS_H

#include "store/store.h"

/* "sampled", "imported", "store", "sample" */
const char *workload_source_name(enum workload_source source);

/* Frees the strings inside. */
void workload_done(struct workload *workload);

/* One workload by name; -ENOENT when there is none. workload_done when finished. */
int store_workload_get(struct store *store, const char *name,
	struct workload *ret_workload, struct err *err);

/*
 * store_workload_ensure - find it, else add it (in a transaction)
 *
 * The folder is made from the name.  An existing one with another step is refused
 * with both numbers (-EEXIST); its source and phase stay as they are.  An imported one
 * without rows (facts alone) takes step and phase as they are given.
 */
int store_workload_ensure(struct store *store, const char *name,
	enum workload_source source, unsigned step_s, int phase_s,
	struct workload *ret_workload, struct err *err);

/* Stamps of the first and last stored slot (in a transaction); 0, 0: none. */
int store_workload_set_span(
	struct store *store, int64_t id, int64_t first, int64_t last, struct err *err);

/* Where another machine's store brought it from (analyze import store). */
int store_workload_set_origin(struct store *store, int64_t id, const char *store_id,
	const char *name, struct err *err);
/* The workload that came from there; -ENOENT. */
int store_workload_by_origin(struct store *store, const char *store_id,
	const char *name, struct workload *ret_workload, struct err *err);

/* The folder keeps its name.  -EEXIST when new_name is taken. */
int store_workload_rename(
	struct store *store, int64_t id, const char *new_name, struct err *err);

/* Removes rows and files when the transaction commits. */
int store_workload_forget(struct store *store, int64_t id, struct err *err);

/* Which RRD files the workload should have: what fsck misses when one is gone. */
int store_archive_note(
	struct store *store, int64_t workload_id, const char *file, struct err *err);

/* ---- what the folder of a workload holds ----------------------------------------- */

struct store_archive {
	unsigned step_s;
	size_t rows;
	int64_t first, last; /* stamps of the oldest and newest row (known or not) */
	bool has_average, has_min, has_max;
};

struct store_file {
	char *name;      /* "cpu", "net-eth0": decoded */
	unsigned step_s; /* base step */
	int64_t last_update;
	char **source; /* data-source names in file order */
	size_t source_count;
	struct store_archive *archive; /* one row per step, finest first */
	size_t archive_count;
};

struct store_file_list {
	struct store_file *file; /* sorted by name */
	size_t count;
};

/* Files that cannot be read are left out; fsck reports them. */
int store_files(struct store *store, const struct workload *workload,
	struct store_file_list *ret_list, struct err *err);
/* One of them; -ENOENT. */
int store_file_info(struct store *store, const struct workload *workload,
	const char *file, struct store_file *ret_file, struct err *err);
void store_file_done(struct store_file *file);
void store_file_list_done(struct store_file_list *list);

/*
 * store_series_bounds - stamps of the first and last known slot of a data source
 *
 * Looks only at rows of step_s (0: base step).  -ENODATA when all are unknown.
 */
int store_series_bounds(struct store *store, const struct workload *workload,
	const char *file, const char *data_source, unsigned step_s, int64_t *ret_first,
	int64_t *ret_last, struct err *err);

#endif
