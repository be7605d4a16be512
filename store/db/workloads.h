/*
 * Workloads in the database: list, add, rename, forget, and their facts.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_WORKLOADS_H
#define STORE_DB_WORKLOADS_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store; /* store/store.h */

/* ---- workloads -------------------------------------------------------------- */

enum workload_origin {
	ORIGIN_SAMPLED,  /* by the daemon on this machine */
	ORIGIN_IMPORTED, /* rows of a foreign file */
	ORIGIN_STORE,    /* taken over from another machine's store */
	ORIGIN_SAMPLE, /* generated sample estate: never mixed with the user's totals */
};

struct workload {
	int64_t id;
	char *name;
	char *folder; /* below <data>/rrd, percent-encoded and fit for a path */
	enum workload_origin origin;
	unsigned step_s;     /* base step */
	int phase_s;         /* 0 <= phase < step; added when a time is shown */
	int64_t first, last; /* stamps of the first and last stored slot; 0, 0: none */
};

struct workload_list {
	struct workload *workload; /* sorted by name: digits by value, then bytes */
	size_t count;
};

int store_workloads(
	struct store *store, struct workload_list *ret_list, struct err *err);
void workload_list_done(struct workload_list *list);
void workload_list_sort(struct workload_list *list);
/* NULL when there is none of that name. */
const struct workload *workload_list_find(
	const struct workload_list *list, const char *name);

/* "sampled", "imported", "store", "sample" */
const char *workload_origin_name(enum workload_origin origin);

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
	enum workload_origin origin, unsigned step_s, int phase_s,
	struct workload *ret_workload, struct err *err);

/* Stamps of the first and last stored slot (in a transaction); 0, 0: none. */
int store_workload_set_span(
	struct store *store, int64_t id, int64_t first, int64_t last, struct err *err);

/* Where another machine's store brought it from (analyze import store). */
int store_workload_set_origin(struct store *store, int64_t id, const char *store_id,
	const char *name, struct err *err);
/* The one whose archives are in that folder; -ENOENT.  workload_done when finished. */
int store_workload_by_folder(struct store *store, const char *folder,
	struct workload *ret_workload, struct err *err);
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

#endif
