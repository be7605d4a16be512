/*
 * What is noted of each change of the disk, for a power cut that takes it back (disk.c);
 * the calls that change it are in calls.c.
 */
#ifndef TESTS_SIMULATOR_JOURNAL_H
#define TESTS_SIMULATOR_JOURNAL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* disk_open was called. */
bool journal_is_on(void);
/* A changing call of the daemon. */
void journal_count_call(void);

/* Is it below the data folder?  ret_path: absolute. */
bool journal_watches(int dir_fd, const char *name, char ret_path[PATH_MAX]);
/* ret_state is that of the file. */
bool journal_watches_file(int fd, struct stat *ret_state);

/* What stands there now, before it is changed. */
void journal_note_write(int fd, off_t at, size_t length);
void journal_note_create(int dir_fd, const char *name);
/* Both do it, and keep what was there; as rename(2). */
int journal_rename(const char *from, const char *to);
int journal_remove(const char *path);

/* inode 0: of every file. */
void journal_commit(ino_t inode);

#endif
