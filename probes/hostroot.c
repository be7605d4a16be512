#include "probes/hostroot.h"

#include "common/each_tick.h"
#include "common/parse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* A seq_file fills one page with whole records.  Where all are short, a piece this much
 * shorter than the smallest page would have held another one: it was the last. */
enum { SEQ_PIECE_LAST = 4096 - 1024 };

/* Of files below proc/sys the kernel allocates as much as is asked for, and refuses
 * (ENOMEM) a read that could hold 4 MiB. */
#define READ_BYTES_MAX ((size_t)1 << 20)

static size_t at_once(size_t room)
{
	return room < READ_BYTES_MAX ? room : READ_BYTES_MAX;
}

/* Kernels that name their machine so count in 32 bits (uname -m). */
static unsigned live_long_bits(void)
{
	static const char *const machines_32[] = { "i386", "i486", "i586", "i686",
		"arm", "armv5tel", "armv6l", "armv7l", "mips", "ppc", "s390", "sh4" };
	struct utsname name;

	if (uname(&name) < 0)
		return 64;
	for (size_t i = 0; i < sizeof(machines_32) / sizeof(machines_32[0]); i++)
		if (!strcmp(name.machine, machines_32[i]))
			return 32;
	return 64;
}

int hostroot_open(struct host_root *ret_root, const char *path, struct err *err)
{
	bool is_live = !strcmp(path, "/");
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "%s", path);
	*ret_root = (struct host_root){
		.fd = fd,
		.is_live = is_live,
		.long_bits = is_live ? live_long_bits() : 64,
	};
	return 0;
}

void hostroot_close(struct host_root *root)
{
	if (root->fd >= 0)
		close(root->fd);
	root->fd = -1;
}

/* O_NONBLOCK: a pipe in a recorded tree must not stop us. */
int hostroot_open_below(const struct host_root *root, const char *path, int flags)
{
	struct open_how how = { .resolve = RESOLVE_IN_ROOT };
	int fd;

	flags |= flags & O_PATH ? O_CLOEXEC : O_CLOEXEC | O_NONBLOCK;
	how.flags = (unsigned)flags;
	if (!root->is_live) {
		fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
		if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
			return fd < 0 ? -errno : fd;
		/* Before Linux 5.6: links out of a recorded tree are then refused. */
		flags |= O_NOFOLLOW;
	}
	fd = openat(root->fd, path, flags);
	return fd < 0 ? -errno : fd;
}

void hostroot_file_init(
	struct host_file *file, const struct host_root *root, const char *path)
{
	*file = (struct host_file){ .root = root, .path = path, .fd = -1 };
}

void hostroot_file_done(struct host_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

/* least: a piece shorter than this that ends a line is the last; 0: only an empty one. */
EACH_TICK static int read_pieces(
	int fd, char *text, size_t size, ssize_t least, size_t *ret_length)
{
	size_t length = 0;

	for (;;) {
		ssize_t n =
			pread(fd, text + length, at_once(size - length), (off_t)length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		length += (size_t)n;
		if (length == size)
			return -EFBIG;
		if (n == 0 || (n < least && text[length - 1] == '\n'))
			break;
	}
	*ret_length = length;
	return 0;
}

static int read_to_end(int fd, char *text, size_t size, size_t *ret_length)
{
	return read_pieces(fd, text, size, 0, ret_length);
}

EACH_TICK static int read_short_records(
	int fd, char *text, size_t size, size_t *ret_length)
{
	return read_pieces(fd, text, size, SEQ_PIECE_LAST, ret_length);
}

static int read_once(int fd, char *text, size_t size, size_t *ret_length)
{
	ssize_t n;

	do
		n = pread(fd, text, at_once(size), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_length = (size_t)n;
	return 0;
}

EACH_TICK static int hostroot_read_file(struct host_file *file,
	int (*read_text)(int fd, char *text, size_t size, size_t *ret_length),
	char *text, size_t size, size_t *ret_length, struct err *err)
{
	int r;

	if (file->fd < 0) {
		r = hostroot_open_below(file->root, file->path, O_RDONLY);
		if (r < 0)
			return r == -ENOENT
				? r
				: err_set(err, r, "%s: %s", file->path, strerror(-r));
		file->fd = r;
	}
	r = read_text(file->fd, text, size, ret_length);
	if (r < 0 || !file->root->is_live)
		hostroot_file_done(file);
	if (r == -EFBIG)
		return err_set(err, r, "%s: longer than %zu bytes", file->path, size);
	return r < 0 ? err_set(err, r, "%s: %s", file->path, strerror(-r)) : 0;
}

int hostroot_file_read(struct host_file *file, char *text, size_t size,
	size_t *ret_length, struct err *err)
{
	return hostroot_read_file(file, read_to_end, text, size, ret_length, err);
}

EACH_TICK int hostroot_file_read_short(struct host_file *file, char *text, size_t size,
	size_t *ret_length, struct err *err)
{
	return hostroot_read_file(
		file, read_short_records, text, size, ret_length, err);
}

int hostroot_file_read_begin(struct host_file *file, char *text, size_t size,
	size_t *ret_length, struct err *err)
{
	return hostroot_read_file(file, read_once, text, size, ret_length, err);
}

int hostroot_read_text(
	const struct host_root *root, const char *path, char *text, size_t size)
{
	int fd = hostroot_open_below(root, path, O_RDONLY);
	size_t length = 0;
	ssize_t n = 0;
	int r = 0;

	if (fd < 0)
		return fd;
	while (length + 1 < size &&
		((n = read(fd, text + length, at_once(size - 1 - length))) > 0 ||
			(n < 0 && errno == EINTR)))
		length += n > 0 ? (size_t)n : 0;
	if (n < 0)
		r = -errno;
	close(fd);
	if (r < 0)
		return r;
	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		length--; /* strchr finds the NUL too: NUL bytes at the end go as well */
	text[length] = '\0';
	return 0;
}

int hostroot_read_u64(
	const struct host_root *root, const char *path, uint64_t *ret_value)
{
	char text[32];
	int r = hostroot_read_text(root, path, text, sizeof(text));

	return r < 0 ? r : parse_u64(text, strlen(text), ret_value);
}

bool hostroot_exists(const struct host_root *root, const char *path)
{
	int fd;

	if (root->is_live)
		return faccessat(root->fd, path, F_OK, 0) == 0;
	fd = hostroot_open_below(root, path, O_PATH);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int hostroot_read_link_path(
	const struct host_root *root, const char *path, char *target, size_t size)
{
	int fd = hostroot_open_below(root, path, O_PATH | O_NOFOLLOW);
	ssize_t length;
	int r = 0;

	if (fd < 0)
		return fd;
	length = readlinkat(fd, "", target, size);
	if (length < 0)
		r = -errno;
	else if ((size_t)length == size)
		r = -ENAMETOOLONG;
	else
		target[length] = '\0';
	close(fd);
	return r;
}

int hostroot_read_link(
	const struct host_root *root, const char *path, char *name, size_t size)
{
	char target[PATH_MAX];
	const char *base;
	int r = hostroot_read_link_path(root, path, target, sizeof(target));

	if (r < 0)
		return r;
	base = strrchr(target, '/');
	base = base ? base + 1 : target;
	if (strlen(base) >= size)
		return -ENAMETOOLONG;
	memcpy(name, base, strlen(base) + 1);
	return 0;
}

/* As getdents64 writes it. */
struct folder_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

bool hostroot_find(const struct host_root *root, const char *path, size_t max,
	bool (*matches)(const void *context, const char *name), const void *context)
{
	_Alignas(struct folder_entry) char block[2048];
	int fd = hostroot_open_below(root, path, O_RDONLY | O_DIRECTORY);
	bool is_found = false;
	size_t seen = 0;
	long n = 0;

	if (fd < 0)
		return false;
	while (!is_found && seen < max &&
		(n = syscall(SYS_getdents64, fd, block, sizeof(block))) > 0)
		for (long at = 0; at < n && !is_found;) {
			const struct folder_entry *entry =
				(const struct folder_entry *)(const void *)(block + at);

			is_found = matches(context, entry->name);
			at += entry->length;
			seen++;
		}
	close(fd);
	return is_found;
}

static int hostroot_compare_names(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

static void hostroot_free_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

int hostroot_list(const struct host_root *root, const char *path, size_t max,
	int (*visit)(void *context, const char *name), void *context)
{
	int fd = hostroot_open_below(root, path, O_RDONLY | O_DIRECTORY);
	char **names = NULL;
	struct dirent *entry;
	size_t count = 0;
	int r = 0;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	names = calloc(max ? max : 1, sizeof(*names));
	if (!names)
		r = -ENOMEM;
	while (r == 0 && count < max && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		names[count] = strdup(entry->d_name);
		if (!names[count++])
			r = -ENOMEM;
	}
	closedir(dir);
	if (r == 0) {
		qsort(names, count, sizeof(*names), hostroot_compare_names);
		for (size_t i = 0; i < count && r == 0; i++)
			r = visit(context, names[i]);
	}
	if (names)
		hostroot_free_names(names, count);
	return r;
}
