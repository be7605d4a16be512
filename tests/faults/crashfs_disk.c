#include "tests/faults/crashfs_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, OPERATIONS_MAX = 65536 };

struct operation {
	enum disk_operation kind;
	char path[DISK_PATH_BYTES], to[DISK_PATH_BYTES];
	struct disk_node *node;
};

struct disk_names disk_live;
static struct disk_names durable;
static struct operation *operation;
static size_t operation_count;
static uint64_t seed;
static char image[DISK_PATH_BYTES];

static uint64_t chance(void)
{
	uint64_t z = (seed += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* ---- names -------------------------------------------------------------------- */

struct disk_name *disk_find(struct disk_names *names, const char *path)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->name[i].path, path) == 0)
			return &names->name[i];
	return NULL;
}

static void put(struct disk_names *names, const char *path, struct disk_node *node)
{
	struct disk_name *name = disk_find(names, path);

	if (!name) {
		if (names->count == DISK_NAMES_MAX)
			abort();
		name = &names->name[names->count++];
		snprintf(name->path, sizeof(name->path), "%s", path);
	}
	name->node = node;
}

static void drop(struct disk_names *names, const char *path)
{
	struct disk_name *name = disk_find(names, path);

	if (name)
		*name = names->name[--names->count];
}

static void apply(struct disk_names *names, const struct operation *done)
{
	if (done->kind == LINKED)
		put(names, done->path, done->node);
	else if (done->kind == UNLINKED)
		drop(names, done->path);
	else {
		drop(names, done->path);
		put(names, done->to, done->node);
	}
}

void disk_commit(void)
{
	for (size_t i = 0; i < operation_count; i++)
		apply(&durable, &operation[i]);
	operation_count = 0;
}

void disk_did(enum disk_operation kind, const char *path, const char *to,
	struct disk_node *node)
{
	struct operation *next;

	if (operation_count == OPERATIONS_MAX)
		disk_commit(); /* as a journal that is full */
	next = &operation[operation_count++];
	next->kind = kind;
	next->node = node;
	snprintf(next->path, sizeof(next->path), "%s", path);
	snprintf(next->to, sizeof(next->to), "%s", to ? to : "");
	apply(&disk_live, next);
}

/* ---- contents -------------------------------------------------------------------- */

struct disk_node *disk_node(mode_t mode)
{
	struct disk_node *node = calloc(1, sizeof(*node));

	if (!node)
		abort();
	node->mode = mode;
	node->is_folder = S_ISDIR(mode);
	clock_gettime(CLOCK_REALTIME, &node->changed);
	return node;
}

static void room_for(struct disk_node *node, size_t bytes)
{
	size_t room = node->room ? node->room : 4096;

	while (room < bytes)
		room *= 2;
	if (room == node->room)
		return;
	node->live = realloc(node->live, room);
	node->durable = realloc(node->durable, room);
	node->dirty = realloc(node->dirty, room / SECTOR);
	if (!node->live || !node->durable || !node->dirty)
		abort();
	memset(node->live + node->room, 0, room - node->room);
	memset(node->durable + node->room, 0, room - node->room);
	memset(node->dirty + node->room / SECTOR, 0, (room - node->room) / SECTOR);
	node->room = room;
}

void disk_write(struct disk_node *node, const char *bytes, size_t count, size_t at)
{
	room_for(node, at + count);
	memcpy(node->live + at, bytes, count);
	if (at + count > node->live_bytes)
		node->live_bytes = at + count;
	for (size_t sector = at / SECTOR; sector <= (at + count - 1) / SECTOR; sector++)
		node->dirty[sector] = 1;
	clock_gettime(CLOCK_REALTIME, &node->changed);
}

void disk_sync(struct disk_node *node)
{
	if (node->room) {
		memcpy(node->durable, node->live, node->room);
		memset(node->dirty, 0, node->room / SECTOR);
	}
	node->durable_bytes = node->live_bytes;
}

void disk_truncate(struct disk_node *node, size_t bytes)
{
	room_for(node, bytes);
	if (bytes < node->live_bytes)
		memset(node->live + bytes, 0, node->live_bytes - bytes);
	node->live_bytes = bytes;
}

/* ---- the cut ----------------------------------------------------------------------- */

/* What the disk would hold: synced bytes and, by chance, later sectors. */
static void node_tear(struct disk_node *node)
{
	/* now and then all or nothing of it, else sector by sector */
	uint64_t way = chance() % 4;

	for (size_t sector = 0; sector < node->room / SECTOR; sector++) {
		if (!node->dirty[sector])
			continue;
		if (way == 0 || (way >= 2 && chance() % 2))
			continue;
		memcpy(node->durable + sector * SECTOR, node->live + sector * SECTOR,
			SECTOR);
		if ((sector + 1) * SECTOR > node->durable_bytes &&
			node->durable_bytes < node->live_bytes)
			node->durable_bytes = (sector + 1) * SECTOR < node->live_bytes
				? (sector + 1) * SECTOR
				: node->live_bytes;
	}
}

static int by_length(const void *a, const void *b)
{
	const struct disk_name *x = a, *y = b;

	return (int)strlen(x->path) - (int)strlen(y->path);
}

static void write_image(void)
{
	char path[2 * DISK_PATH_BYTES];

	qsort(durable.name, durable.count, sizeof(durable.name[0]), by_length);
	for (size_t i = 0; i < durable.count; i++) {
		const struct disk_node *node = durable.name[i].node;
		int fd;

		snprintf(path, sizeof(path), "%s%s", image, durable.name[i].path);
		if (node->is_folder) {
			(void)mkdir(path, 0700);
			continue;
		}
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd < 0 ||
			write(fd, node->durable, node->durable_bytes) !=
				(ssize_t)node->durable_bytes ||
			fchmod(fd, node->mode & 0777) < 0)
			perror(path);
		if (fd >= 0)
			close(fd);
	}
}

/* In place of what the image was before: the caller gave us a folder of its own. */
static void clear_image(const char *folder)
{
	char path[DISK_PATH_BYTES + 260];
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_type == DT_DIR)
			clear_image(path);
		(void)remove(path);
	}
	if (dir)
		closedir(dir);
}

static void load_image(const char *below)
{
	char path[2 * DISK_PATH_BYTES + 260], name[DISK_PATH_BYTES + 260];
	DIR *dir;
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s%s", image, below);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)) != NULL) {
		struct stat status;
		struct disk_node *node;
		int fd;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof(name), "%s/%s", below, entry->d_name);
		snprintf(path, sizeof(path), "%s%s", image, name);
		if (lstat(path, &status) < 0)
			continue;
		node = disk_node(status.st_mode);
		put(&disk_live, name, node);
		put(&durable, name, node);
		if (node->is_folder) {
			load_image(name);
			continue;
		}
		room_for(node, (size_t)status.st_size);
		fd = open(path, O_RDONLY);
		if (fd < 0 || read(fd, node->live, (size_t)status.st_size) < 0)
			perror(path);
		close(fd);
		node->live_bytes = (size_t)status.st_size;
		disk_sync(node);
	}
	if (dir)
		closedir(dir);
}

int disk_begin(const char *folder, uint64_t number)
{
	operation = calloc(OPERATIONS_MAX, sizeof(*operation));
	if (!operation)
		return -1;
	snprintf(image, sizeof(image), "%s", folder);
	seed = number;
	load_image("");
	return 0;
}

void disk_end(bool is_cut)
{
	if (is_cut) {
		size_t kept = operation_count ? chance() % (operation_count + 1) : 0;

		for (size_t i = 0; i < disk_live.count; i++)
			node_tear(disk_live.name[i].node);
		operation_count = kept;
	} else {
		for (size_t i = 0; i < disk_live.count; i++)
			disk_sync(disk_live.name[i].node);
	}
	disk_commit();
	clear_image(image);
	write_image();
}
