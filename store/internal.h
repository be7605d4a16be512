/*
 * What is inside struct store; for the files of store/ alone.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "store/db/connection.h"
#include "store/dir/data_dir.h"
#include "store/dir/lock.h"
#include "store/store.h"

/* begin < stamp <= end reads as unknown. */
struct exclusion_span {
	int64_t workload_id;
	int64_t begin, end;
};

/* A whole file in the incoming folder. */
struct incoming_file {
	unsigned handle;
	uint64_t hash;     /* of all its rows, archive by archive, in time order */
	bool is_published; /* in the open transaction */
};

/* Headers that librrd made, for the next file with the same columns. */
#define SKELETON_CACHE_SIZE 8
struct skeleton_cache {
	char *key;
	char *bytes;
	size_t size;
};

/* What an open store holds beside its connections: struct store's `work`. */
struct store_work {
	int lock_fd;
	char id[STORE_ID_SIZE];
	char notice[512];
	struct exclusion_span *exclusion; /* by workload, then begin */
	size_t exclusion_count;
	char incoming_dir[64]; /* "incoming/<pid>-<random>" below dir; "": none yet */
	struct incoming_file *incoming;
	size_t incoming_count, incoming_allocated;
	unsigned next_handle;
	struct skeleton_cache skeleton[SKELETON_CACHE_SIZE];
	size_t next_skeleton;
	struct pending_list
		pending;       /* what a commit has yet to move: read where it is */
	bool is_checked;       /* the database, since the last failure */
	bool keeps_incoming;   /* files in it are committed and still to be moved */
	struct row_sums *sums; /* checksums of the rows that the daemon wrote */
};

/* ---- salvage.c: what the archives say when the database is gone ---------------------- */

/*
 * salvage_workloads - add the workloads whose archives are in <data>/rrd and which the
 * database does not know, and an event that says what was done
 *
 * In a transaction of its own.  notice (what happened, appended to) is never cut short of
 * its NUL.  Returns 0 or a negative errno, then nothing was changed.
 */
int salvage_workloads(const char *dir, sqlite3 *db, char *notice, size_t notice_size,
	struct err *err);

/*
 * salvage_replace - a damaged database goes aside, and what is known takes its place
 *
 * The caller holds the writer lock and no connection; the new one is in *ret_db, and
 * what happened in the store's notice.
 */
int salvage_replace(struct store *store, sqlite3 **ret_db, struct err *err);

/* ---- files.c ------------------------------------------------------------------------- */

/* The path of an archive, where it stands now (a commit may have yet to move it);
 * -ENOENT when it is going to be removed, and as path_series. */
int store_locate(const struct store *store, const char *folder, const char *file,
	char path[DATA_PATH_BYTES], struct err *err);

/* ---- incoming.c ------------------------------------------------------------------------- */

/* Makes the incoming folder where there is none; the path of a new file in it. */
int incoming_new(struct store *store, unsigned *ret_handle,
	char ret_path[DATA_PATH_BYTES], struct err *err);
int incoming_remember(
	struct store *store, unsigned handle, uint64_t hash, struct err *err);
/* Syncs what was published, before the commit. */
int incoming_sync(struct store *store, struct err *err);
/* After a commit: forgets what was published.  After a rollback: removes it. */
void incoming_settle(struct store *store, bool is_committed);
void incoming_close(struct store *store);

#endif
