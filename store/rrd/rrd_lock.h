/* The lock that librrd takes of a file while it updates it. */
#ifndef STORE_RRD_RRD_LOCK_H
#define STORE_RRD_RRD_LOCK_H

#include <stdbool.h>

/*
 * rrd_file_take_lock - takes it until the file is closed
 *
 * is_exclusive  no reader sees what is half written; else shared, and no update runs
 *
 * Returns 0, also on a file system without locks, or -EBUSY after wait_ms.
 */
int rrd_file_take_lock(int fd, bool is_exclusive, int wait_ms);

#endif
