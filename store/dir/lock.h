/* The writer lock and the identity of a store; libc alone. */
#ifndef STORE_DIR_LOCK_H
#define STORE_DIR_LOCK_H

#include "common/err.h"

#define STORE_ID_SIZE 33 /* 32 hexadecimal digits and a NUL */

/*
 * store_lock_take - hold <data>/writer.lock (flock); creates folder and file
 *
 * timeout_ms  how long to wait for another holder; -1 for ever, 0 not at all
 *
 * The descriptor is close-on-exec; a child that must keep the lock gets a dup of it
 * (the lock ends when the last copy is closed, so it outlives a dead parent).
 * Returns 0, -EBUSY, or another negative errno.
 */
int store_lock_take(const char *dir, int timeout_ms, int *ret_fd, struct err *err);
void store_lock_drop(int fd); /* closes this copy; -1 is a no-op */

/* Reads <data>/store.id; -ENOENT when the store was never written to. */
int store_id_read(const char *dir, char ret_id[STORE_ID_SIZE], struct err *err);
/* The same, creating folder and id where they are absent. */
int store_id_ensure(const char *dir, char ret_id[STORE_ID_SIZE], struct err *err);

#endif
