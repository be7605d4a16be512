/*
 * A file system in memory that forgets what was not synced: the power cut of T05.
 *
 *	crashfs IMAGE SEED MOUNTPOINT
 *
 * Begins with the files of the folder IMAGE, all of them durable.  SIGUSR1 cuts the
 * power: IMAGE gets what a disk would hold, and the program ends.  That is, per file
 * what was synced, and of the 512-byte sectors written since then a random subset
 * (torn and reordered writes); of the name space what was committed and a random
 * prefix of the operations since (an fsync of anything commits them all, as the journal
 * of ext4 does).  SIGTERM: an orderly end, everything is kept.
 */
#define FUSE_USE_VERSION 31
#define _FILE_OFFSET_BITS 64
#include <fuse.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, NAMES_MAX = 4096, OPERATIONS_MAX = 65536, PATH_BYTES = 1024 };

struct node {
	bool is_folder;
	mode_t mode;
	unsigned char *live, *durable;
	size_t live_bytes, durable_bytes, room;
	unsigned char *dirty; /* one byte a sector */
	struct timespec changed;
};

struct name {
	char path[PATH_BYTES];
	struct node *node;
};

struct names {
	struct name name[NAMES_MAX];
	size_t count;
};

enum operation_kind { LINKED, UNLINKED, RENAMED };

struct operation {
	enum operation_kind kind;
	char path[PATH_BYTES], to[PATH_BYTES];
	struct node *node;
};

static struct names live, durable;
static struct operation *operation;
static size_t operation_count;
static uint64_t seed;
static char image[PATH_BYTES];
static volatile sig_atomic_t is_cut;
static struct fuse *fuse;

static uint64_t chance(void)
{
	uint64_t z = (seed += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* ---- names -------------------------------------------------------------------- */

static struct name *find(struct names *names, const char *path)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->name[i].path, path) == 0)
			return &names->name[i];
	return NULL;
}

static void put(struct names *names, const char *path, struct node *node)
{
	struct name *name = find(names, path);

	if (!name) {
		if (names->count == NAMES_MAX)
			abort();
		name = &names->name[names->count++];
		snprintf(name->path, sizeof(name->path), "%s", path);
	}
	name->node = node;
}

static void drop(struct names *names, const char *path)
{
	struct name *name = find(names, path);

	if (name)
		*name = names->name[--names->count];
}

static void apply(struct names *names, const struct operation *done)
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

static void commit(void)
{
	for (size_t i = 0; i < operation_count; i++)
		apply(&durable, &operation[i]);
	operation_count = 0;
}

static void did(
	enum operation_kind kind, const char *path, const char *to, struct node *node)
{
	struct operation *next;

	if (operation_count == OPERATIONS_MAX)
		commit(); /* as a journal that is full */
	next = &operation[operation_count++];
	next->kind = kind;
	next->node = node;
	snprintf(next->path, sizeof(next->path), "%s", path);
	snprintf(next->to, sizeof(next->to), "%s", to ? to : "");
	apply(&live, next);
}

/* ---- contents -------------------------------------------------------------------- */

static struct node *node_new(mode_t mode)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		abort();
	node->mode = mode;
	node->is_folder = S_ISDIR(mode);
	clock_gettime(CLOCK_REALTIME, &node->changed);
	return node;
}

static void room_for(struct node *node, size_t bytes)
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

static void node_write(struct node *node, const char *bytes, size_t count, size_t at)
{
	room_for(node, at + count);
	memcpy(node->live + at, bytes, count);
	if (at + count > node->live_bytes)
		node->live_bytes = at + count;
	for (size_t sector = at / SECTOR; sector <= (at + count - 1) / SECTOR; sector++)
		node->dirty[sector] = 1;
	clock_gettime(CLOCK_REALTIME, &node->changed);
}

static void node_sync(struct node *node)
{
	if (node->room) {
		memcpy(node->durable, node->live, node->room);
		memset(node->dirty, 0, node->room / SECTOR);
	}
	node->durable_bytes = node->live_bytes;
}

static void node_truncate(struct node *node, size_t bytes)
{
	room_for(node, bytes);
	if (bytes < node->live_bytes)
		memset(node->live + bytes, 0, node->live_bytes - bytes);
	node->live_bytes = bytes;
}

/* ---- the cut ----------------------------------------------------------------------- */

/* What the disk would hold: synced bytes and, by chance, later sectors. */
static void node_tear(struct node *node)
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
	const struct name *x = a, *y = b;

	return (int)strlen(x->path) - (int)strlen(y->path);
}

static void write_image(void)
{
	char path[2 * PATH_BYTES];

	qsort(durable.name, durable.count, sizeof(durable.name[0]), by_length);
	for (size_t i = 0; i < durable.count; i++) {
		const struct node *node = durable.name[i].node;
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
	char path[PATH_BYTES + 260];
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
	char path[2 * PATH_BYTES + 260], name[PATH_BYTES + 260];
	DIR *dir;
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s%s", image, below);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)) != NULL) {
		struct stat status;
		struct node *node;
		int fd;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof(name), "%s/%s", below, entry->d_name);
		snprintf(path, sizeof(path), "%s%s", image, name);
		if (lstat(path, &status) < 0)
			continue;
		node = node_new(status.st_mode);
		put(&live, name, node);
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
		node_sync(node);
	}
	if (dir)
		closedir(dir);
}

static void on_signal(int number)
{
	is_cut = number == SIGUSR1 ? 1 : 2;
	fuse_exit(fuse);
}

static void finish(void *unused)
{
	(void)unused;
	if (is_cut == 1) {
		size_t kept = operation_count ? chance() % (operation_count + 1) : 0;

		for (size_t i = 0; i < live.count; i++)
			node_tear(live.name[i].node);
		operation_count = kept;
	} else {
		for (size_t i = 0; i < live.count; i++)
			node_sync(live.name[i].node);
	}
	commit();
	clear_image(image);
	write_image();
}

/* ---- operations ---------------------------------------------------------------------- */

static struct node *node_of(const char *path, struct fuse_file_info *file)
{
	struct name *name;

	if (file && file->fh)
		return (struct node *)(uintptr_t)file->fh;
	name = path ? find(&live, path) : NULL;
	return name ? name->node : NULL;
}

static int do_getattr(
	const char *path, struct stat *status, struct fuse_file_info *file)
{
	struct node *node;

	memset(status, 0, sizeof(*status));
	if (path && strcmp(path, "/") == 0) {
		status->st_mode = S_IFDIR | 0755;
		status->st_nlink = 2;
		return 0;
	}
	node = node_of(path, file);
	if (!node)
		return -ENOENT;
	status->st_mode = node->mode;
	status->st_nlink = node->is_folder ? 2 : 1;
	status->st_size = (off_t)node->live_bytes;
	status->st_blocks = (blkcnt_t)((node->live_bytes + 511) / 512);
	status->st_uid = getuid();
	status->st_gid = getgid();
	status->st_mtim = node->changed;
	return 0;
}

static int do_readdir(const char *path, void *buffer, fuse_fill_dir_t fill,
	off_t offset, struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
	size_t length = strcmp(path, "/") == 0 ? 0 : strlen(path);

	(void)offset, (void)file, (void)flags;
	for (size_t i = 0; i < live.count; i++) {
		const char *name = live.name[i].path;

		if (strncmp(name, path, length) == 0 && name[length] == '/' &&
			!strchr(name + length + 1, '/'))
			fill(buffer, name + length + 1, NULL, 0, 0);
	}
	return 0;
}

static int make(const char *path, mode_t mode, struct fuse_file_info *file)
{
	struct node *node = node_new(mode);

	if (find(&live, path))
		return -EEXIST;
	did(LINKED, path, NULL, node);
	if (file)
		file->fh = (uintptr_t)node;
	return 0;
}

static int do_create(const char *path, mode_t mode, struct fuse_file_info *file)
{
	return make(path, S_IFREG | (mode & 07777), file);
}

static int do_mknod(const char *path, mode_t mode, dev_t device)
{
	(void)device;
	return make(path, mode, NULL);
}

static int do_mkdir(const char *path, mode_t mode)
{
	return make(path, S_IFDIR | (mode & 07777), NULL);
}

static int do_open(const char *path, struct fuse_file_info *file)
{
	struct node *node = node_of(path, NULL);

	if (!node)
		return -ENOENT;
	if (file->flags & O_TRUNC)
		node_truncate(node, 0);
	file->fh = (uintptr_t)node;
	return 0;
}

static int do_read(const char *path, char *buffer, size_t count, off_t offset,
	struct fuse_file_info *file)
{
	const struct node *node = node_of(path, file);

	if ((size_t)offset >= node->live_bytes)
		return 0;
	if (count > node->live_bytes - (size_t)offset)
		count = node->live_bytes - (size_t)offset;
	memcpy(buffer, node->live + offset, count);
	return (int)count;
}

static int do_write(const char *path, const char *bytes, size_t count, off_t offset,
	struct fuse_file_info *file)
{
	if (count)
		node_write(node_of(path, file), bytes, count, (size_t)offset);
	return (int)count;
}

static int do_truncate(const char *path, off_t bytes, struct fuse_file_info *file)
{
	struct node *node = node_of(path, file);

	if (!node)
		return -ENOENT;
	node_truncate(node, (size_t)bytes);
	return 0;
}

static int do_fallocate(const char *path, int mode, off_t offset, off_t length,
	struct fuse_file_info *file)
{
	struct node *node = node_of(path, file);

	if (mode & ~1) /* FALLOC_FL_KEEP_SIZE alone */
		return -EOPNOTSUPP;
	if (!(mode & 1) && (size_t)(offset + length) > node->live_bytes)
		node_truncate(node, (size_t)(offset + length));
	return 0;
}

static int do_fsync(const char *path, int is_data, struct fuse_file_info *file)
{
	struct node *node = node_of(path, file);

	(void)is_data;
	commit();
	if (node && !node->is_folder)
		node_sync(node);
	return 0;
}

static int do_unlink(const char *path)
{
	if (!find(&live, path))
		return -ENOENT;
	did(UNLINKED, path, NULL, NULL);
	return 0;
}

static int do_link(const char *from, const char *to)
{
	struct name *name = find(&live, from);

	if (!name)
		return -ENOENT;
	if (find(&live, to))
		return -EEXIST;
	did(LINKED, to, NULL, name->node);
	return 0;
}

static int do_rename(const char *from, const char *to, unsigned flags)
{
	struct name *name = find(&live, from);
	size_t length = strlen(from);

	if (!name || flags)
		return name ? -EINVAL : -ENOENT;
	if (name->node->is_folder) /* with what is below it */
		for (size_t i = 0; i < live.count; i++)
			if (strncmp(live.name[i].path, from, length) == 0 &&
				live.name[i].path[length] == '/') {
				char path[PATH_BYTES], moved[2 * PATH_BYTES];

				snprintf(path, sizeof(path), "%s", live.name[i].path);
				snprintf(moved, sizeof(moved), "%s%s", to,
					path + length);
				moved[PATH_BYTES - 1] = '\0';
				did(RENAMED, path, moved, live.name[i].node);
				i = (size_t)-1; /* the table has moved: from the start */
			}
	name = find(&live, from);
	did(RENAMED, from, to, name->node);
	return 0;
}

static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *file)
{
	struct node *node = node_of(path, file);

	if (!node)
		return -ENOENT;
	node->mode = (node->mode & S_IFMT) | (mode & 07777);
	return 0;
}

static int do_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *file)
{
	(void)path, (void)uid, (void)gid, (void)file;
	return 0;
}

static int do_utimens(
	const char *path, const struct timespec when[2], struct fuse_file_info *file)
{
	struct node *node = node_of(path, file);

	if (node)
		node->changed = when[1];
	return 0;
}

static int do_statfs(const char *path, struct statvfs *status)
{
	(void)path;
	memset(status, 0, sizeof(*status));
	status->f_bsize = status->f_frsize = 4096;
	status->f_blocks = status->f_bfree = status->f_bavail = 1 << 20;
	status->f_namemax = 255;
	return 0;
}

static int do_fsyncdir(const char *path, int is_data, struct fuse_file_info *file)
{
	(void)path, (void)is_data, (void)file;
	commit();
	return 0;
}

static void *do_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
	(void)connection;
	config->hard_remove = 1; /* an open file that is unlinked is simply gone */
	config->use_ino = 0;
	return NULL;
}

int main(int argc, char **argv)
{
	static const struct fuse_operations operations = { .init = do_init,
		.getattr = do_getattr,
		.readdir = do_readdir,
		.create = do_create,
		.mknod = do_mknod,
		.mkdir = do_mkdir,
		.open = do_open,
		.read = do_read,
		.write = do_write,
		.truncate = do_truncate,
		.fallocate = do_fallocate,
		.fsync = do_fsync,
		.fsyncdir = do_fsyncdir,
		.unlink = do_unlink,
		.rmdir = do_unlink,
		.link = do_link,
		.rename = do_rename,
		.chmod = do_chmod,
		.chown = do_chown,
		.utimens = do_utimens,
		.statfs = do_statfs,
		.destroy = finish };
	struct sigaction action = { .sa_handler = on_signal };
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int r;

	if (argc != 4) {
		fputs("usage: crashfs IMAGE SEED MOUNTPOINT\n", stderr);
		return 2;
	}
	operation = calloc(OPERATIONS_MAX, sizeof(*operation));
	if (!operation)
		return 1;
	snprintf(image, sizeof(image), "%s", argv[1]);
	seed = strtoull(argv[2], NULL, 10);
	load_image("");
	fuse_opt_add_arg(&args, "crashfs");
	fuse = fuse_new(&args, &operations, sizeof(operations), NULL);
	if (!fuse || fuse_mount(fuse, argv[3]) < 0)
		return 1;
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	puts("mounted");
	fflush(stdout);
	/* the loop ends with -EINTR on our signals: they are not fuse's own */
	while ((r = fuse_loop(fuse)) != 0 && !is_cut)
		;
	fuse_unmount(fuse);
	fuse_destroy(fuse);
	fuse_opt_free_args(&args);
	return 0;
}
