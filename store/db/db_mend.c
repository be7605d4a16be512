#include "store/db/db_mend.h"

#include "store/dir/data_dir.h"
#include "store/dir/folder.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- aside ----------------------------------------------------------------------- */

static int move_aside(
	const char *dir, const char *ending, const char *mark, struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX];

	const char *name = data_name(DATA_DATABASE);
	int r = data_path_format(dir, from, err, "%s%s", name, ending);

	if (r == 0)
		r = data_path_format(
			dir, to, err, "%s.damaged-%s%s", name, mark, ending);
	if (r < 0)
		return r;
	if (rename(from, to) < 0 && errno != ENOENT)
		return err_errno(err, "cannot move %s aside", from);
	return 0;
}

int db_restore_backup(const char *dir, bool *ret_has_backup, struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct stat status = { .st_size = 0 };
	int in = -1, out = -1;
	int r = data_path(dir, DATA_DATABASE_BACKUP, from, err);

	if (r == 0)
		r = data_path(dir, DATA_DATABASE, to, err);
	if (r < 0)
		return r;
	in = open(from, O_RDONLY | O_CLOEXEC);
	*ret_has_backup = in >= 0;
	if (in < 0)
		return 0;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (out < 0 || fstat(in, &status) < 0)
		r = err_errno(err, "%s", to);
	while (r == 0 && status.st_size > 0) {
		ssize_t done = sendfile(out, in, NULL, (size_t)status.st_size);

		if (done < 0)
			r = err_errno(err, "%s", to);
		else if (done == 0)
			break;
		else
			status.st_size -= done;
	}
	if (r == 0)
		r = folder_adopt(out, to, err);
	if (r == 0 && fsync(out) < 0)
		r = err_errno(err, "%s", to);
	close(in);
	if (out >= 0)
		close(out);
	return r;
}

int db_set_aside(const char *dir, char *notice, size_t notice_size, struct err *err)
{
	char mark[64];
	bool has_backup = false;
	int r = 0;

	snprintf(mark, sizeof(mark), "%lld%s", (long long)clock_wall_s(),
		notice ? "" : "b");
	r = move_aside(dir, "", mark, err);
	if (r == 0)
		r = move_aside(dir, "-wal", mark, err);
	if (r == 0)
		r = move_aside(dir, "-shm", mark, err);
	if (r < 0 || !notice)
		return r;
	r = db_restore_backup(dir, &has_backup, err);
	if (r == 0)
		snprintf(notice, notice_size,
			"the database was damaged and was moved to headroom.db.damaged-%s; %s",
			mark,
			has_backup ? "its last daily backup took its place"
				   : "a new one was made, there was no backup");
	return r;
}
