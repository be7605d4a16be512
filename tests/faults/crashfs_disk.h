/*
 * What crashfs keeps of a disk: the names and contents that programs see, those that a power
 * cut would leave, and the operations on names that no sync has committed.
 */
#ifndef TESTS_FAULTS_CRASHFS_DISK_H
#define TESTS_FAULTS_CRASHFS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum { DISK_NAMES_MAX = 4096, DISK_PATH_BYTES = 1024 };

struct disk_node {
	bool is_folder;
	mode_t mode;
	unsigned char *live, *durable;
	size_t live_bytes, durable_bytes, room;
	unsigned char *dirty; /* one byte a sector */
	struct timespec changed;
};

struct disk_name {
	char path[DISK_PATH_BYTES];
	struct disk_node *node;
};

struct disk_names {
	struct disk_name name[DISK_NAMES_MAX];
	size_t count;
};

enum disk_operation { LINKED, UNLINKED, RENAMED };

extern struct disk_names disk_live; /* what programs see */

/* From the files of a folder, all of them durable; 0 or -1. */
int disk_begin(const char *image, uint64_t seed);
/* Into that folder: what a power cut leaves, or everything. */
void disk_end(bool is_cut);

struct disk_name *disk_find(struct disk_names *names, const char *path);
/* An operation on a name, visible at once and durable once committed. */
void disk_did(enum disk_operation kind, const char *path, const char *to,
	struct disk_node *node);
void disk_commit(void);

struct disk_node *disk_node(mode_t mode);
void disk_write(struct disk_node *node, const char *bytes, size_t count, size_t at);
void disk_truncate(struct disk_node *node, size_t bytes);
void disk_sync(struct disk_node *node);

#endif
