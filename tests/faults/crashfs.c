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

#include "tests/faults/crashfs_disk.h"

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

static volatile sig_atomic_t is_cut;
static struct fuse *fuse;

static void on_signal(int number)
{
	is_cut = number == SIGUSR1 ? 1 : 2;
	fuse_exit(fuse);
}

static void finish(void *unused)
{
	(void)unused;
	disk_end(is_cut == 1);
}

/* ---- operations ---------------------------------------------------------------------- */

static struct disk_node *node_of(const char *path, struct fuse_file_info *file)
{
	struct disk_name *name;

	if (file && file->fh)
		return (struct disk_node *)(uintptr_t)file->fh;
	name = path ? disk_find(&disk_live, path) : NULL;
	return name ? name->node : NULL;
}

static int do_getattr(
	const char *path, struct stat *status, struct fuse_file_info *file)
{
	struct disk_node *node;

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
	for (size_t i = 0; i < disk_live.count; i++) {
		const char *name = disk_live.name[i].path;

		if (strncmp(name, path, length) == 0 && name[length] == '/' &&
			!strchr(name + length + 1, '/'))
			fill(buffer, name + length + 1, NULL, 0, 0);
	}
	return 0;
}

static int make(const char *path, mode_t mode, struct fuse_file_info *file)
{
	struct disk_node *node = disk_node(mode);

	if (disk_find(&disk_live, path))
		return -EEXIST;
	disk_did(LINKED, path, NULL, node);
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
	struct disk_node *node = node_of(path, NULL);

	if (!node)
		return -ENOENT;
	if (file->flags & O_TRUNC)
		disk_truncate(node, 0);
	file->fh = (uintptr_t)node;
	return 0;
}

static int do_read(const char *path, char *buffer, size_t count, off_t offset,
	struct fuse_file_info *file)
{
	const struct disk_node *node = node_of(path, file);

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
		disk_write(node_of(path, file), bytes, count, (size_t)offset);
	return (int)count;
}

static int do_truncate(const char *path, off_t bytes, struct fuse_file_info *file)
{
	struct disk_node *node = node_of(path, file);

	if (!node)
		return -ENOENT;
	disk_truncate(node, (size_t)bytes);
	return 0;
}

static int do_fallocate(const char *path, int mode, off_t offset, off_t length,
	struct fuse_file_info *file)
{
	struct disk_node *node = node_of(path, file);

	if (mode & ~1) /* FALLOC_FL_KEEP_SIZE alone */
		return -EOPNOTSUPP;
	if (!(mode & 1) && (size_t)(offset + length) > node->live_bytes)
		disk_truncate(node, (size_t)(offset + length));
	return 0;
}

static int do_fsync(const char *path, int is_data, struct fuse_file_info *file)
{
	struct disk_node *node = node_of(path, file);

	(void)is_data;
	disk_commit();
	if (node && !node->is_folder)
		disk_sync(node);
	return 0;
}

static int do_unlink(const char *path)
{
	if (!disk_find(&disk_live, path))
		return -ENOENT;
	disk_did(UNLINKED, path, NULL, NULL);
	return 0;
}

static int do_link(const char *from, const char *to)
{
	struct disk_name *name = disk_find(&disk_live, from);

	if (!name)
		return -ENOENT;
	if (disk_find(&disk_live, to))
		return -EEXIST;
	disk_did(LINKED, to, NULL, name->node);
	return 0;
}

static int do_rename(const char *from, const char *to, unsigned flags)
{
	struct disk_name *name = disk_find(&disk_live, from);
	size_t length = strlen(from);

	if (!name || flags)
		return name ? -EINVAL : -ENOENT;
	if (name->node->is_folder) /* with what is below it */
		for (size_t i = 0; i < disk_live.count; i++)
			if (strncmp(disk_live.name[i].path, from, length) == 0 &&
				disk_live.name[i].path[length] == '/') {
				char path[DISK_PATH_BYTES], moved[2 * DISK_PATH_BYTES];

				snprintf(path, sizeof(path), "%s",
					disk_live.name[i].path);
				snprintf(moved, sizeof(moved), "%s%s", to,
					path + length);
				moved[DISK_PATH_BYTES - 1] = '\0';
				disk_did(RENAMED, path, moved, disk_live.name[i].node);
				i = (size_t)-1; /* the table has moved: from the start */
			}
	name = disk_find(&disk_live, from);
	disk_did(RENAMED, from, to, name->node);
	return 0;
}

static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *file)
{
	struct disk_node *node = node_of(path, file);

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
	struct disk_node *node = node_of(path, file);

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
	disk_commit();
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
	if (disk_begin(argv[1], strtoull(argv[2], NULL, 10)) < 0)
		return 1;
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
