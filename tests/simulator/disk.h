/*
 * The disk of the simulated machine: what is changed below the data folder is noted with
 * what was there before, until it is synced.  A power cut takes back what was not.
 *
 * The calls are those of libc, taken by name; what the C library does inside itself
 * (stdio) passes unseen and counts as synced.
 */
#ifndef TESTS_SIMULATOR_DISK_H
#define TESTS_SIMULATOR_DISK_H

#include <stdint.h>

/* The memory of the journal, before the first fork.  Ends the program where there is
 * none. */
void disk_open(void);

/* Everything is durable now: the machine was shut down in order. */
void disk_sync_all(void);

/* The power goes: of each sector written since its file was synced a coin says whether it
 * reached the disk, of the names a prefix.  Returns how many writes were taken back. */
uint64_t disk_cut(uint64_t *seed);

/* Changing calls of the daemon's processes so far: where a fault may strike. */
uint64_t disk_calls(void);

#endif
