/*
 * What the daemon gives up at its start, and the folders that are its own: the store,
 * and the runtime folder on tmpfs.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_LINK_SANDBOX_H
#define COLLECTORD_LINK_SANDBOX_H

#include "common/err.h"

#include <stddef.h>

/*
 * sandbox_become - started as root: become that user for good
 *
 * The data folder is made and given to the user first.  Returns 1 when it was done, 0
 * when there is nothing to do (not root, or user empty), -ENOENT when there is no such
 * user: the caller warns and goes on as root.
 */
int sandbox_become(const char *user, const char *data_dir, struct err *err);

/* No new privileges, no core file with other people's figures, umask 027: files 0640,
 * folders 0750. */
void sandbox_harden(void);

/*
 * sandbox_runtime_dir - the folder of ring, layouts and settings
 *
 * $RUNTIME_DIRECTORY, else /dev/shm/headroom-<uid>-<store id>, else <data>/run.  It is
 * made, mode 0750, and must be a folder of ours, no link, and of no other daemon that runs
 * (a copy of the store has the same id).  Where that of /dev/shm is somebody else's, the
 * last one is taken, and the note says why.  Returns a descriptor to keep open.
 */
enum { SANDBOX_NOTE_BYTES = 320 };
int sandbox_runtime_dir(const char *data_dir, const char *store_id, char *ret_path,
	size_t size, char ret_note[static SANDBOX_NOTE_BYTES], struct err *err);

/* The same folder made and locked once more, after somebody removed it. */
int sandbox_runtime_again(const char *path, int *lock_fd, struct err *err);

/* Removes the folder with what the daemon put there; a failure is of no consequence. */
void sandbox_remove_runtime_dir(const char *path);

/*
 * sandbox_lock - one daemon per store: flock on <data>/collectord.lock
 *
 * The file tells process id and runtime folder, for people and for analyze:
 * "pid 123\nruntime /run/headroom\n".  Returns a descriptor to keep open; -EBUSY with
 * the other one's id.  sandbox_lock_write fills the file in.
 */
int sandbox_lock(const char *data_dir, struct err *err);
int sandbox_lock_write(int fd, const char *runtime, struct err *err);

#endif
