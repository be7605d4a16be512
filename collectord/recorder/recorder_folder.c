#include "collectord/recorder/recorder_folder.h"

#include "store/dir/data_dir.h"
#include "store/dir/lock.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A staging says whose it is, should the id be lost. */
static bool has_staging(const char *data)
{
	char path[DATA_PATH_BYTES];

	return data_path(data, DATA_STAGING, path, NULL) == 0 &&
		access(path, F_OK) == 0;
}

/* 0: yes; what cannot be read just now is an error of its own. */
static int is_of_store(const struct recorder *recorder, struct err *err)
{
	const char *data = recorder->settings.data.text;
	char id[STORE_ID_SIZE];
	int r = store_id_read(data, id, err);

	if (r == -ENOENT || r == -EBADMSG)
		return has_staging(data) ? 0 : -ESTALE;
	if (r < 0)
		return r;
	return strcmp(id, recorder->settings.store_id) == 0 ? 0 : -ESTALE;
}

int recorder_folder_check(struct recorder *recorder, struct err *err)
{
	const char *data = recorder->settings.data.text;
	struct stat status;
	int r;

	if (recorder->is_one_shot)
		return 0;
	r = stat(data, &status) < 0 ? -errno : 0;
	if (r == 0 && recorder->folder_inode != 0 &&
		status.st_dev == recorder->folder_device &&
		status.st_ino == recorder->folder_inode)
		return 0;
	if (r == 0)
		r = is_of_store(recorder, err);
	if (r == 0) {
		recorder->folder_device = status.st_dev;
		recorder->folder_inode = status.st_ino;
		return 0;
	}
	if (r == -ENOENT || r == -ENOTDIR || r == -ESTALE)
		return err_set(err, -ESTALE,
			"%s is not the folder of the store any more: is it moved, or its "
			"file system not mounted?",
			data);
	return err_set(err, r, "%s: %s", data, strerror(-r));
}
