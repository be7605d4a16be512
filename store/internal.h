/* What is inside struct store; for the files of store/ alone. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "store/db/db.h"
#include "store/lock.h"

/* begin < stamp <= end reads as unknown. */
struct exclusion_span {
	int64_t workload_id;
	int64_t begin, end;
};

/* A whole file in the stage folder. */
struct staged {
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

struct store {
	char *dir;
	sqlite3 *reader; /* NULL: no database yet */
	sqlite3 *writer; /* NULL: no transaction */
	int lock_fd;
	char id[STORE_ID_SIZE];
	char notice[512];
	struct exclusion_span *exclusion; /* by workload, then begin */
	size_t exclusion_count;
	char stage[64]; /* "incoming/<pid>-<random>" below dir; "": none yet */
	struct staged *staged;
	size_t staged_count, staged_allocated;
	unsigned next_handle;
	struct skeleton_cache skeleton[SKELETON_CACHE_SIZE];
	size_t next_skeleton;
	bool is_checked;       /* the database, since the last failure */
	bool keeps_stage;      /* files in it are committed and still to be moved */
	struct row_sums *sums; /* checksums of the rows that the daemon wrote */
	bool has_pending;      /* the transaction records renames or removals */
};

/* ---- pending.c: renames and removals that belong to a commit ------------------------ */

/* Paths below the data folder; source NULL: target (a file or a folder) is removed. */
int pending_add(
	struct store *store, const char *source, const char *target, struct err *err);
/* Does all that are recorded, then forgets them; what is done already is skipped. */
int pending_finish(const char *dir, sqlite3 *db, struct err *err);

/* Is a commit there whose renames are not all done? */
bool pending_is_left(struct store *store);

/* ---- stage.c ------------------------------------------------------------------------- */

/* Makes the stage folder where there is none; the path of a new file in it. */
int stage_new(struct store *store, unsigned *ret_handle, char *ret_path, size_t size,
	struct err *err);
int stage_remember(
	struct store *store, unsigned handle, uint64_t hash, struct err *err);
/* Syncs what was published, before the commit. */
int stage_sync(struct store *store, struct err *err);
/* After a commit: forgets what was published.  After a rollback: removes it. */
void stage_settle(struct store *store, bool is_committed);
void stage_close(struct store *store);

/* mkdir of every folder on the way to the last part of dir/path (0750). */
int make_parents(const char *dir, const char *path, struct err *err);
int sync_folder(const char *path, struct err *err);

#endif
