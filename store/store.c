#include "store/store.h"

#include "store/db/db_copy.h"
#include "store/dir/data_dir.h"
#include "store/internal.h"
#include "store/rrd/row_sums.h"
#include "common/clock.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BACKUP_AGE_S ((time_t)24 * 3600)

static int exclusion_span_read(sqlite3_stmt *statement, void *item)
{
	*(struct exclusion_span *)item = (struct exclusion_span){
		.workload_id = sqlite3_column_int64(statement, 0),
		.begin = sqlite3_column_int64(statement, 1),
		.end = sqlite3_column_int64(statement, 2),
	};
	return 0;
}

static const struct db_row exclusion_span_row = { "exclusions",
	sizeof(struct exclusion_span), exclusion_span_read, NULL };

static int load_pending(struct store *store, struct err *err)
{
	struct pending_list list;
	int r = pending_load(store, &list, err);

	if (r < 0)
		return r;
	pending_list_done(&store->work->pending);
	store->work->pending = list;
	return 0;
}

/* All windows in force, once: threads that read series look them up without a lock. */
static int load_exclusions(struct store *store, struct err *err)
{
	struct db_items found;
	int r = db_collect(store, &exclusion_span_row, &found, err,
		"SELECT workload_id, begin_at, end_at FROM exclusions "
		"WHERE removed_at IS NULL ORDER BY workload_id, begin_at",
		"");

	if (r < 0)
		return r;
	free(store->work->exclusion);
	store->work->exclusion = found.item;
	store->work->exclusion_count = found.count;
	return 0;
}

/*
 * Opening changes nothing in the folder, whoever's it is.  A database that is older or
 * damaged is read from a copy in memory; what a commit has yet to move is read where it
 * is (the next writer moves it).
 */
static int open_reading(struct store *store, struct err *err)
{
	char *notice = store->work->notice;
	size_t size = sizeof(store->work->notice);
	int r = db_open_reader(store->dir, &store->reader, err);

	if (r == -ESTALE || r == -EBADMSG) {
		r = db_open_copy(store->dir, &store->reader, notice, size, err);
		if (r == 0 && notice[0])
			r = salvage_workloads(
				store->dir, store->reader, notice, size, err);
	}
	if (r == 0)
		r = load_exclusions(store, err);
	if (r == 0)
		r = load_pending(store, err);
	return r;
}

/* Both floors in one piece of memory; store is its first member, so that freeing it
 * frees both. */
struct opened {
	struct store store;
	struct store_work work;
};

int store_open(const char *dir, struct store **ret_store, struct err *err)
{
	struct opened *opened = calloc(1, sizeof(*opened));
	struct store *store = NULL;
	struct stat status;
	int r = 0;

	if (!opened)
		return err_oom(err);
	store = &opened->store;
	store->work = &opened->work;
	store->work->lock_fd = -1;
	store->dir = strdup(dir);
	if (!store->dir) {
		r = err_oom(err);
		goto out;
	}
	if (stat(dir, &status) == 0 && !S_ISDIR(status.st_mode)) {
		r = err_set(err, -ENOTDIR, "%s is not a folder", dir);
		goto out;
	}
	r = open_reading(store, err);
	if (r == 0)
		r = row_sums_open(dir, &store->work->sums, err);
	if (r == 0)
		store_id_read(dir, store->work->id, NULL);
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
	incoming_close(store);
	sqlite3_close(store->reader);
	for (size_t i = 0; i < SKELETON_CACHE_SIZE; i++) {
		free(store->work->skeleton[i].key);
		free(store->work->skeleton[i].bytes);
	}
	row_sums_close(store->work->sums);
	pending_list_done(&store->work->pending);
	free(store->work->exclusion);
	free(store->work->incoming);
	free(store->dir);
	free(store);
}

void store_tell_damage(
	struct store *store, void (*tell)(void *whom, const char *text), void *whom)
{
	row_sums_tell(store->work->sums, tell, whom);
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
	return store->work->lock_fd;
}

const char *store_id(const struct store *store)
{
	return store->work->id;
}

const char *store_notice(const struct store *store)
{
	return store->work->notice;
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
	store_lock_drop(store->work->lock_fd);
	store->work->lock_fd = -1;
	store->has_pending = false;
}

/* Damage inside, which opening does not meet: looked for before the first transaction
 * and after each that failed, and mended like any other. */
static int store_check_database(struct store *store, struct err *err)
{
	char text[256];
	int r = 0;

	if (store->work->is_checked)
		return 0;
	r = db_check(store->writer, false, text, sizeof(text));
	if (r < 0 && r != -EBADMSG) /* no memory, no reading: that is not damage */
		return err_set(err, r, "%s", text);
	store->work->is_checked = true;
	if (r == 0)
		return 0;
	db_close_writer(store->writer);
	store->writer = NULL;
	return salvage_replace(store, &store->writer, err);
}

/* The writing connection; a database that was damaged learns again what the archives
 * know. */
static int open_writer(struct store *store, struct err *err)
{
	char notice[sizeof(store->work->notice)] = "";
	int r = db_open_writer(store->dir, &store->writer, notice, sizeof(notice), err);

	if (r == 0 && notice[0])
		r = salvage_workloads(
			store->dir, store->writer, notice, sizeof(notice), err);
	if (notice[0])
		memcpy(store->work->notice, notice, sizeof(notice));
	return r;
}

static int finish_pending(struct store *store, struct err *err)
{
	size_t refused = 0;
	int r = pending_finish(store->dir, store->writer, &refused, err);

	if (r == 0)
		pending_list_done(&store->work->pending);
	if (refused > 0)
		snprintf(store->work->notice, sizeof(store->work->notice),
			"the database asked for %zu files to be moved that are not those "
			"of a store; nothing was moved for them",
			refused);
	return r;
}

int store_begin(struct store *store, int timeout_ms, struct err *err)
{
	int r = 0;

	if (store->writer)
		return err_set(
			err, -EPERM, "the store has an open transaction already");
	r = store_lock_take(store->dir, timeout_ms, &store->work->lock_fd, err);
	if (r < 0)
		return r;
	r = store_id_ensure(store->dir, store->work->id, err);
	if (r < 0)
		goto out;
	/* what we hold open is the old file when a damaged one was moved aside since */
	r = open_writer(store, err);
	if (r < 0)
		goto out;
	r = store_check_database(store, err);
	if (r == 0)
		r = finish_pending(store, err);
	if (r == 0)
		r = db_begin(store->writer, err);
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
	time_t now = clock_wall_s();

	if (data_path(store->dir, DATA_DATABASE_BACKUP, path, NULL) < 0)
		return;
	if (stat(path, &status) == 0 && status.st_mtime <= now &&
		now - status.st_mtime < BACKUP_AGE_S)
		return;
	/* a failure (a full disk) leaves the last one in place; tried again next time */
	if (db_backup(store->dir, store->writer, NULL) == -EBADMSG)
		store->work->is_checked = false;
}

int store_commit(struct store *store, struct err *err)
{
	bool has_pending = store->has_pending;
	int r = 0;

	if (!store->writer)
		return err_set(err, -EPERM, "the store has no open transaction");
	r = incoming_sync(store, err);
	if (r == 0 && (r = db_commit(store->writer, err)) < 0) {
		/* a log that was written and could not be synced may count as committed for
		 * the next one who opens it: then its files are needed */
		store->work->keeps_incoming = has_pending;
		incoming_settle(store, true);
	}
	if (r < 0) {
		store_rollback(store);
		return r;
	}
	incoming_settle(store, true);
	/* the transaction stands; an unfinished rename is finished by the next writer */
	if (has_pending && finish_pending(store, err) < 0) {
		store->work->keeps_incoming = true;
		r = err_wrap(err, -EINPROGRESS,
			"it is stored, but its files are not in place before the next run");
	}
	backup_when_due(store);
	/* while the connection is there: another one would read the whole schema again */
	if (r == 0)
		r = load_exclusions(store, err);
	end_transaction(store);
	if (store->work->keeps_incoming)
		load_pending(store, NULL);
	return r;
}

void store_rollback(struct store *store)
{
	if (!store->writer)
		return;
	db_rollback(store->writer);
	incoming_settle(store, false);
	store->work->is_checked = false; /* what failed may be the database */
	end_transaction(store);
}
