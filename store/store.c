#include "store/store.h"

#include "store/db/db_mend.h"
#include "store/internal.h"
#include "store/rrd/row_sums.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BACKUP_AGE_S ((time_t)24 * 3600)

/* All windows in force, once: threads that read series look them up without a lock. */
static int load_exclusions(struct store *store, struct err *err)
{
	static const char sql[] =
		"SELECT workload_id, begin_at, end_at FROM exclusions "
		"WHERE removed_at IS NULL ORDER BY workload_id, begin_at";
	struct exclusion_span *list = NULL;
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	size_t count = 0, allocated = 0;
	int r = store_reader(store, &db, err);

	if (r < 0 || !db)
		return r;
	r = db_prepare(db, &statement, err, sql, "");
	while (r >= 0 && (r = db_step(statement, err)) > 0) {
		if (count == allocated) {
			struct exclusion_span *grown = NULL;

			allocated = allocated ? 2 * allocated : 16;
			grown = reallocarray(list, allocated, sizeof(*list));
			if (!grown) {
				r = err_oom_for(err, "exclusions");
				break;
			}
			list = grown;
		}
		list[count++] = (struct exclusion_span){
			.workload_id = sqlite3_column_int64(statement, 0),
			.begin = sqlite3_column_int64(statement, 1),
			.end = sqlite3_column_int64(statement, 2),
		};
	}
	sqlite3_finalize(statement);
	if (r < 0) {
		free(list);
		return r;
	}
	free(store->exclusion);
	store->exclusion = list;
	store->exclusion_count = count;
	return 0;
}

/* An older database is brought up to date, a damaged one is moved aside, where this
 * user may write; the writer does both. */
static int open_mending(struct store *store, struct err *err)
{
	int r = db_open_reader(store->dir, &store->reader, err);

	if (r == 0)
		r = load_exclusions(store, err);
	if (access(store->dir, W_OK) < 0)
		return r;
	if (r == 0 && pending_is_left(store)) {
		/* a writer that is still at it holds the lock; where we cannot mend it, it
		 * is read as it is */
		if (store_begin(store, 10000, NULL) == 0)
			store_commit(store, NULL);
		return 0;
	}
	if (r != -ESTALE && r != -EBADMSG)
		return r;
	r = store_begin(store, 10000, err);
	if (r == 0)
		r = store_commit(store, err);
	return r < 0 ? err_wrap(err, r, "the database must be mended first") : 0;
}

int store_open(const char *dir, struct store **ret_store, struct err *err)
{
	struct store *store = calloc(1, sizeof(*store));
	struct stat status;
	int r = 0;

	if (!store)
		return err_oom(err);
	store->lock_fd = -1;
	store->dir = strdup(dir);
	if (!store->dir) {
		r = err_oom(err);
		goto out;
	}
	if (stat(dir, &status) == 0 && !S_ISDIR(status.st_mode)) {
		r = err_set(err, -ENOTDIR, "%s is not a folder", dir);
		goto out;
	}
	r = open_mending(store, err);
	if (r == 0)
		r = row_sums_open(dir, &store->sums, err);
	if (r == 0)
		store_id_read(dir, store->id, NULL);
out:
	if (r < 0) {
		store_close(store);
		return r;
	}
	*ret_store = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store_rollback(store);
	stage_close(store);
	sqlite3_close(store->reader);
	for (size_t i = 0; i < SKELETON_CACHE_SIZE; i++) {
		free(store->skeleton[i].key);
		free(store->skeleton[i].bytes);
	}
	row_sums_close(store->sums);
	free(store->exclusion);
	free(store->staged);
	free(store->dir);
	free(store);
}

void store_tell_damage(
	struct store *store, void (*tell)(void *whom, const char *text), void *whom)
{
	row_sums_tell(store->sums, tell, whom);
}

const char *store_dir(const struct store *store)
{
	return store->dir;
}

bool store_in_transaction(const struct store *store)
{
	return store->writer != NULL;
}

int store_lock_fd(const struct store *store)
{
	return store->lock_fd;
}

const char *store_id(const struct store *store)
{
	return store->id;
}

const char *store_notice(const struct store *store)
{
	return store->notice;
}

int store_reader(struct store *store, sqlite3 **ret_db, struct err *err)
{
	int r = 0;

	if (!store->writer && !store->reader) /* it may have been made since */
		r = db_open_reader(store->dir, &store->reader, err);
	if (r < 0)
		return r;
	*ret_db = store->writer ? store->writer : store->reader;
	return 0;
}

int store_writer(struct store *store, sqlite3 **ret_db, struct err *err)
{
	if (!store->writer)
		return err_set(err, -EPERM, "the store has no open transaction");
	*ret_db = store->writer;
	return 0;
}

/* The connection closes before the lock is let go: one writer at a time, ever. */
static void end_transaction(struct store *store)
{
	/* ours would keep the log from being emptied, and may show a file that was moved
	 * aside: opened anew when it is needed */
	sqlite3_close(store->reader);
	store->reader = NULL;
	if (store->writer)
		db_close_writer(store->writer);
	store->writer = NULL;
	store_lock_drop(store->lock_fd);
	store->lock_fd = -1;
	store->has_pending = false;
}

/* Damage inside, which opening does not meet: looked for before the first transaction
 * and after each that failed, and mended like any other. */
static int check_database(struct store *store, struct err *err)
{
	char text[256];
	int r = 0;

	if (store->is_checked)
		return 0;
	r = db_check(store->writer, false, text, sizeof(text));
	if (r < 0 && r != -EBADMSG) /* no memory, no reading: that is not damage */
		return err_set(err, r, "%s", text);
	store->is_checked = true;
	if (r == 0)
		return 0;
	db_close_writer(store->writer);
	store->writer = NULL;
	r = db_replace(store->dir, store->notice, sizeof(store->notice), err);
	return r < 0 ? r
		     : db_open_writer(store->dir, &store->writer, store->notice,
			       sizeof(store->notice), err);
}

int store_begin(struct store *store, int timeout_ms, struct err *err)
{
	int r = 0;

	if (store->writer)
		return err_set(
			err, -EPERM, "the store has an open transaction already");
	r = store_lock_take(store->dir, timeout_ms, &store->lock_fd, err);
	if (r < 0)
		return r;
	r = store_id_ensure(store->dir, store->id, err);
	if (r < 0)
		goto out;
	/* what we hold open is the old file when a damaged one was moved aside since */
	r = db_open_writer(
		store->dir, &store->writer, store->notice, sizeof(store->notice), err);
	if (r < 0)
		goto out;
	r = check_database(store, err);
	if (r == 0)
		r = pending_finish(store->dir, store->writer, err);
	if (r == 0 &&
		sqlite3_exec(store->writer, "BEGIN IMMEDIATE", NULL, NULL, NULL) !=
			SQLITE_OK)
		r = db_error(store->writer, err, "begin");
out:
	if (r < 0)
		end_transaction(store);
	return r;
}

/* A checked copy each day: what a damaged database is rebuilt from. */
static void backup_when_due(struct store *store)
{
	char path[PATH_MAX];
	struct stat status;
	time_t now = time(NULL);

	if (snprintf(path, sizeof(path), "%s/headroom.db.backup", store->dir) >=
		(int)sizeof(path))
		return;
	if (stat(path, &status) == 0 && status.st_mtime <= now &&
		now - status.st_mtime < BACKUP_AGE_S)
		return;
	/* a failure (a full disk) leaves the last one in place; tried again next time */
	if (db_backup(store->dir, store->writer, NULL) == -EBADMSG)
		store->is_checked = false;
}

int store_commit(struct store *store, struct err *err)
{
	bool has_pending = store->has_pending;
	int r = 0;

	if (!store->writer)
		return err_set(err, -EPERM, "the store has no open transaction");
	r = stage_sync(store, err);
	if (r == 0 &&
		sqlite3_exec(store->writer, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
		r = db_error(store->writer, err, "commit");
		/* a log that was written and could not be synced may count as committed for
		 * the next one who opens it: then its files are needed */
		store->keeps_stage = has_pending;
		stage_settle(store, true);
	}
	if (r < 0) {
		store_rollback(store);
		return r;
	}
	stage_settle(store, true);
	/* the transaction stands; an unfinished rename is finished by the next writer */
	if (has_pending && pending_finish(store->dir, store->writer, err) < 0) {
		store->keeps_stage = true;
		r = err_wrap(err, -EINPROGRESS,
			"it is stored, but its files are not in place before the next run");
	}
	backup_when_due(store);
	end_transaction(store);
	if (r == 0)
		r = load_exclusions(store, err);
	return r;
}

void store_rollback(struct store *store)
{
	if (!store->writer)
		return;
	sqlite3_exec(store->writer, "ROLLBACK", NULL, NULL, NULL);
	stage_settle(store, false);
	store->is_checked = false; /* what failed may be the database */
	end_transaction(store);
}
