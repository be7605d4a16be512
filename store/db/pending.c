/*
 * Renames and removals that belong to a commit: recorded with it, done after it, and
 * done by the next writer when a crash came between.
 */
#include "store/db/connection.h"

#include "store/dir/beneath.h"
#include "store/dir/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int pending_add(
	struct store *store, const char *from, const char *target, struct err *err)
{
	int r = db_write(store, err,
		"INSERT INTO pending_files (source, target) VALUES (?, ?)", "ss", from,
		target);

	store->has_pending |= r == 0;
	return r;
}

/* ---- what a row may say ------------------------------------------------------------ */

/* Digits of an import's number. */
static bool is_number(const char *part, size_t length)
{
	return length > 0 && length < 20 && strspn(part, "0123456789") >= length;
}

static bool is_archive_name(const char *part)
{
	size_t length = strlen(part);

	return length > 4 && !strchr(part, '/') &&
		strcmp(part + length - 4, ".rrd") == 0;
}

/* What is behind "<top>/", or NULL. */
static const char *behind(const char *path, enum data_name top)
{
	size_t length = strlen(data_name(top));

	return strncmp(path, data_name(top), length) == 0 && path[length] == '/'
		? path + length + 1
		: NULL;
}

/* "<folder>/<file>.rrd"; with is_whole also "<folder>" alone. */
static bool is_archive_path(const char *rest, bool is_whole)
{
	const char *slash = rest ? strchr(rest, '/') : NULL;

	if (!rest)
		return false;
	return slash ? is_archive_name(slash + 1) : is_whole && rest[0] != '\0';
}

/* undo/<import> [/<folder>/<file>.rrd] */
static bool is_undo_path(const char *path, bool is_whole)
{
	const char *rest = behind(path, DATA_UNDO);
	size_t digits = rest ? strcspn(rest, "/") : 0;

	if (!rest || !is_number(rest, digits))
		return false;
	return rest[digits] ? is_archive_path(rest + digits + 1, false) : is_whole;
}

/*
 * The database may be a stranger's, or damaged: only what this program itself records is
 * done.  Archives are moved between incoming/, rrd/ and undo/, and archives, a workload's
 * folder or an import's are removed.
 */
static bool is_allowed(const char *from, const char *target)
{
	if (!target || !beneath_is_plain(target) || (from && !beneath_is_plain(from)))
		return false;
	if (!is_archive_path(behind(target, DATA_RRD), !from) &&
		!is_undo_path(target, !from))
		return false;
	return !from || is_archive_path(behind(from, DATA_INCOMING), false) ||
		is_archive_path(behind(from, DATA_RRD), false) ||
		is_undo_path(from, false);
}

/* ---- doing it ---------------------------------------------------------------------- */

static bool is_below_undo(const char *path)
{
	return behind(path, DATA_UNDO) != NULL;
}

static int finish_one(int dir_fd, const char *from, const char *target, struct err *err)
{
	if (!from)
		return beneath_remove(dir_fd, target, err);
	/* what an undo needs is kept once: done before the crash too, and the file is the
	 * file that took its place */
	if (is_below_undo(target) && beneath_exists(dir_fd, target))
		return 0;
	return beneath_rename(dir_fd, from, target, err);
}

/* A link stands on the way: somebody put it there. */
static bool leads_out(int r)
{
	return r == -ELOOP || r == -EXDEV || r == -ENOTDIR;
}

/* The renames to the disk: they touch many folders, so all of the file system at once. */
static int sync_all(int dir_fd, const char *dir, struct err *err)
{
	return syncfs(dir_fd) < 0 ? err_errno(err, "%s", dir) : 0;
}

int pending_finish(const char *dir, sqlite3 *db, size_t *ret_refused, struct err *err)
{
	static const char in_order[] =
		"SELECT source, target FROM pending_files ORDER BY id";
	sqlite3_stmt *statement = NULL;
	bool is_empty = true;
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = dir_fd < 0 ? err_errno(err, "%s", dir)
			   : db_prepare(db, &statement, err, in_order, "");

	*ret_refused = 0;
	while (r >= 0 && (r = db_step(statement, err)) > 0) {
		const char *from = NULL, *target = NULL;

		is_empty = false;
		/* a source that is not got would be one that is not there: a removal */
		if (db_text_at(statement, 0, &from) < 0 ||
			db_text_at(statement, 1, &target) < 0) {
			r = err_oom(err);
			break;
		}
		if (is_allowed(from, target))
			r = finish_one(dir_fd, from, target, err);
		if (!is_allowed(from, target) || leads_out(r)) {
			++*ret_refused;
			r = 0;
		}
	}
	sqlite3_finalize(statement);
	if (r == 0 && !is_empty)
		r = sync_all(dir_fd, dir, err);
	if (dir_fd >= 0)
		close(dir_fd);
	if (r < 0 || is_empty)
		return r;
	return db_run(db, err, "DELETE FROM pending_files", "");
}

/* ---- reading while it is not done --------------------------------------------------- */

static int pending_read(sqlite3_stmt *statement, void *item)
{
	struct pending_move *move = item;

	int r = db_text(statement, 0, &move->from);

	return r == 0 ? db_text_there(statement, 1, &move->target) : r;
}

static void pending_done(void *item)
{
	struct pending_move *move = item;

	free(move->from);
	free(move->target);
}

static const struct db_row pending_row = { "pending files", sizeof(struct pending_move),
	pending_read, pending_done };

int pending_load(struct store *store, struct pending_list *ret_list, struct err *err)
{
	struct pending_list list = { .count = 0 };
	struct db_items found;
	int r = db_collect(store, &pending_row, &found, err,
		"SELECT source, target FROM pending_files ORDER BY id", "");

	if (r < 0)
		return r;
	list.move = found.item;
	for (size_t i = 0; i < found.count; i++) {
		struct pending_move *move = &list.move[i];

		if (is_allowed(move->from, move->target))
			list.move[list.count++] = *move;
		else
			pending_done(move);
	}
	*ret_list = list;
	return 0;
}

void pending_list_done(struct pending_list *list)
{
	db_items_done(&pending_row, list->move, list->count);
	*list = (struct pending_list){ .count = 0 };
}

/* Is path the target, or in the folder that is the target? */
static bool is_in(const char *path, const char *target)
{
	size_t length = strlen(target);

	return strncmp(path, target, length) == 0 &&
		(path[length] == '\0' || path[length] == '/');
}

const char *pending_where(
	const struct pending_list *list, const char *dir, const char *path)
{
	const char *where = path;
	int dir_fd = list->count ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	for (size_t i = 0; dir_fd >= 0 && i < list->count; i++) {
		const struct pending_move *move = &list->move[i];

		if (!move->from) {
			if (where && is_in(path, move->target))
				where = NULL;
			continue;
		}
		if (is_below_undo(move->target) && beneath_exists(dir_fd, move->target))
			continue; /* done */
		if (strcmp(move->from, path) == 0 && beneath_exists(dir_fd, move->from))
			where = NULL; /* moves away; what takes its place comes later */
		else if (strcmp(move->target, path) == 0 &&
			beneath_exists(dir_fd, move->from))
			where = move->from;
		else if (strcmp(move->target, path) == 0)
			where = path; /* done */
	}
	if (dir_fd >= 0)
		close(dir_fd);
	return where;
}

bool pending_is_left(struct store *store)
{
	int64_t one = 0;

	return db_first(store, &db_row_number, &one, NULL,
		       "SELECT 1 FROM pending_files LIMIT 1", "") > 0;
}
