/*
 * The store: RRD archives and SQLite below one folder.  Readers never write; who
 * writes holds the writer lock for one transaction (docs/method.md, "Store").
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "common/err.h"
#include "common/series.h"
#include "schema/metric.h"
#include "store/db/workloads.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store; /* opaque */

/*
 * store_open - open the folder for reading
 *
 * A folder that is absent or empty is an empty store, not an error.  Nothing is
 * created.  The connection is read-only and never checkpoints.
 *
 * One thread at a time, but store_read_series may run in many threads while no
 * transaction is open.
 */
int store_open(const char *dir, struct store **ret_store, struct err *err);
void store_close(
	struct store *store); /* rolls an open transaction back; NULL is a no-op */
const char *store_dir(const struct store *store);

/*
 * store_begin - take the writer lock, create or migrate the database where needed,
 * and begin the one writing transaction
 *
 * Waits for the lock at most timeout_ms (-1: for ever); -EBUSY when it ran out.
 */
int store_begin(struct store *store, int timeout_ms, struct err *err);
/* -EINPROGRESS: it is stored, but files are still to be moved, which whoever opens
 * the store next does; any other failure: nothing was changed. */
int store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store); /* no transaction: a no-op */
bool store_in_transaction(const struct store *store);

/* The descriptor of the writer lock while a transaction is open, else -1: a child
 * that gets a dup of it (not close-on-exec) keeps the lock when we die. */
int store_lock_fd(const struct store *store);

/* 32 hexadecimal digits, made with the store; "" while it is empty. */
const char *store_id(const struct store *store);

/* What store_open or store_begin mended and the user should hear (a damaged database
 * was moved aside); "" for nothing. */
const char *store_notice(const struct store *store);

/*
 * store_tell_damage - from now on `tell` hears of damaged rows
 *
 * Called once for each file whose stored rows do not match their checksums, with one
 * line of text: those rows are read as unknown.  It is called while a series is read, by
 * the thread that reads, and never by two at a time.  whom is handed through to it.
 */
void store_tell_damage(
	struct store *store, void (*tell)(void *whom, const char *text), void *whom);

/* ---- series: one RRD file per workload and resource instance ------------------ */

/*
 * store_read_series - slots of one data source on one step
 *
 * file         "cpu", "memory", "net-eth0" ... (not encoded)
 * data_source  e.g. "used_mhz"; where "<data_source>_min/_max" exist in the file, or
 *              MIN and MAX archives do, they fill the extremes
 * step_s       rows of exactly this step are wanted; 0: the base step
 * from, to     slots with from < stamp <= to
 *
 * The series has exactly the slots asked for, NAN where there is no row.  Where a row
 * holds several readings and the file keeps no MIN (or MAX) rows of that step, the
 * extreme is NAN.  Excluded windows (table exclusions) read as NAN.  Returns 0, -ENOENT when the
 * file or the data source does not exist, -ENODATA when no archive has that step,
 * or another negative errno with the text set.
 */
int store_read_series(struct store *store, const struct workload *workload,
	const char *file, const char *data_source, unsigned step_s, int64_t from,
	int64_t to, struct series *ret_series, struct err *err);

/* The same for a metric: its own file and data source; of a file that a workload has once. */
int store_read_metric(struct store *store, const struct workload *workload,
	enum metric_id metric, unsigned step_s, int64_t from, int64_t to,
	struct series *ret_series, struct err *err);

/*
 * store_series_bounds - stamps of the first and last known slot of a data source
 *
 * Looks only at rows of step_s (0: base step).  -ENODATA when all are unknown.
 */
int store_series_bounds(struct store *store, const struct workload *workload,
	const char *file, const char *data_source, unsigned step_s, int64_t *ret_first,
	int64_t *ret_last, struct err *err);

#endif
