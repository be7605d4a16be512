#include "tests/unit/probes/machines_root.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	NODES = 2048,
	PLACES = 2 * NODES, /* of the table of names; a power of 2 */
	OPEN_FILES = 64,
	FIRST_FD = 1 << 24, /* the kernel hands out lower ones */
	ROOM_LEAST = 64,
};
#define ARENA_BYTES ((size_t)1 << 20)

enum node_kind { NODE_FOLDER, NODE_FILE, NODE_LINK };

struct node {
	enum node_kind kind;
	uint32_t hash;
	const char *path; /* whole, in the arena */
	char *text;
	size_t length, room;
	struct node *inside,
		*beside; /* of a folder: the first one in it; the next one */
};

struct open_file {
	const struct node *node; /* NULL: free */
	const struct node *next; /* of a folder that is being listed */
	size_t at;
	struct dirent entry;
};

static struct {
	bool is_served;
	struct node node[NODES];
	size_t nodes, used;
	uint16_t place[PLACES]; /* a node's number + 1; 0: free */
	char arena[ARENA_BYTES];
	struct open_file open[OPEN_FILES];
} tree;

/* ---- the tree -------------------------------------------------------------------- */

static void tree_is_full(void)
{
	fputs("machines_root: a machine is larger than its tree\n", stderr);
	abort();
}

static void *take(size_t bytes)
{
	char *at = tree.arena + tree.used;

	if (bytes > ARENA_BYTES - tree.used)
		tree_is_full();
	tree.used += (bytes + 7) & ~(size_t)7;
	return at;
}

static uint32_t hash_of(const char *path, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)path[i]) * 16777619u;
	return hash;
}

/* Where it stands in the table, or would. */
static size_t place_of(const char *path, size_t length, uint32_t hash)
{
	size_t at = hash & (PLACES - 1);

	while (tree.place[at]) {
		const struct node *node = &tree.node[tree.place[at] - 1];

		if (node->hash == hash && strncmp(node->path, path, length) == 0 &&
			node->path[length] == '\0')
			break;
		at = (at + 1) & (PLACES - 1);
	}
	return at;
}

static struct node *find(const char *path, size_t length)
{
	size_t at = place_of(path, length, hash_of(path, length));

	return tree.place[at] ? &tree.node[tree.place[at] - 1] : NULL;
}

/* The node of that path, made with its folders where it is not there. */
static struct node *make(const char *path, size_t length, enum node_kind kind)
{
	uint32_t hash = hash_of(path, length);
	size_t at = place_of(path, length, hash), above = length;
	struct node *node, *folder;
	char *copy;

	if (tree.place[at])
		return &tree.node[tree.place[at] - 1];
	if (tree.nodes == NODES)
		tree_is_full();
	copy = take(length + 1);
	memcpy(copy, path, length);
	copy[length] = '\0';
	node = &tree.node[tree.nodes++];
	*node = (struct node){ .kind = kind, .hash = hash, .path = copy };
	tree.place[at] = (uint16_t)tree.nodes;
	if (length == 0)
		return node;
	do
		above--;
	while (above > 0 && path[above] != '/');
	folder = make(path, above, NODE_FOLDER);
	node->beside = folder->inside;
	folder->inside = node;
	return node;
}

void memory_root_begin(void)
{
	memset(tree.place, 0, sizeof(tree.place));
	memset(tree.open, 0, sizeof(tree.open));
	tree.nodes = tree.used = 0;
	tree.is_served = true;
	(void)make("", 0, NODE_FOLDER);
}

void memory_root_end(void)
{
	tree.is_served = false;
}

bool memory_root_is_served(void)
{
	return tree.is_served;
}

void memory_root_put(const char *path, const char *text, size_t length)
{
	struct node *node = make(path, strlen(path), NODE_FILE);

	if (length > node->room) {
		node->room = length < ROOM_LEAST ? ROOM_LEAST : 2 * length;
		node->text = take(node->room);
	}
	if (length > 0)
		memcpy(node->text, text, length);
	node->length = length;
}

void memory_root_link(const char *path, const char *target)
{
	memory_root_put(path, target, strlen(target));
	find(path, strlen(path))->kind = NODE_LINK;
}

/* ---- the calls ------------------------------------------------------------------- */

/* What is said of a path that is not there: a file on its way is no folder. */
static int missing(const char *path)
{
	for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
		const struct node *node = find(path, (size_t)(at - path));

		if (!node)
			break;
		if (node->kind == NODE_FILE)
			return ENOTDIR;
	}
	return ENOENT;
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

static int open_in_tree(const char *path, uint64_t flags)
{
	size_t length = strlen(path);
	const struct node *node;

	while (length > 0 && path[length - 1] == '/')
		length--;
	if (length == 1 && path[0] == '.')
		length = 0;
	node = find(path, length);
	if (!node)
		return refuse(missing(path));
	if (node->kind == NODE_LINK && !(flags & O_NOFOLLOW))
		return refuse(ENOENT);
	if (node->kind == NODE_LINK && !(flags & O_PATH))
		return refuse(ELOOP);
	if (node->kind != NODE_FOLDER && (flags & O_DIRECTORY))
		return refuse(ENOTDIR);
	for (int i = 0; i < OPEN_FILES; i++)
		if (!tree.open[i].node) {
			tree.open[i].node = node;
			tree.open[i].next = node->inside;
			tree.open[i].at = 0;
			return FIRST_FD + i;
		}
	return refuse(EMFILE);
}

static struct open_file *opened(int fd)
{
	return fd >= FIRST_FD && fd < FIRST_FD + OPEN_FILES ? &tree.open[fd - FIRST_FD]
							    : NULL;
}

/* Whole entries, as getdents64 writes them: u64 inode, s64 offset, u16 length, u8 type. */
static long list_entries(struct open_file *file, char *block, size_t size)
{
	enum { NAME_AT = 19, STEP = 8 };
	size_t used = 0;

	for (; file->next; file->next = file->next->beside) {
		const char *name = strrchr(file->next->path, '/');
		uint16_t bytes;

		name = name ? name + 1 : file->next->path;
		bytes = (uint16_t)((NAME_AT + strlen(name) + STEP) &
			~(size_t)(STEP - 1));
		if (used + bytes > size)
			break;
		memset(block + used, 0, bytes);
		memcpy(block + used + 16, &bytes, sizeof(bytes));
		memcpy(block + used + NAME_AT, name, strlen(name) + 1);
		used += bytes;
	}
	return (long)used;
}

/* The calls by themselves, not by name: glibc's function is ours here. */
static long kernel_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile(
		"syscall"
		: "=a"(result)
		: "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		: "rcx", "r11", "memory");
	if (result < 0 && result > -4096)
		return refuse((int)-result);
	return result;
}

/* RESOLVE_IN_ROOT is asked for by hostroot.c alone. */
long syscall(long number, ...)
{
	long argument[6];
	va_list args;

	va_start(args, number);
	for (size_t i = 0; i < 6; i++)
		argument[i] = va_arg(args, long);
	va_end(args);
	if (tree.is_served && number == SYS_openat2) {
		const struct open_how *how = (const void *)argument[2];

		if (how->resolve & RESOLVE_IN_ROOT)
			return open_in_tree((const char *)argument[1], how->flags);
	}
	if (number == SYS_getdents64 && opened((int)argument[0]))
		return list_entries(opened((int)argument[0]), (char *)argument[1],
			(size_t)argument[2]);
	return kernel_call(number, argument[0], argument[1], argument[2], argument[3],
		argument[4], argument[5]);
}

static ssize_t read_at(const struct node *node, void *bytes, size_t length, size_t at)
{
	size_t left = at < node->length ? node->length - at : 0;

	if (node->kind != NODE_FILE)
		return refuse(EISDIR);
	if (length > left)
		length = left;
	if (length > 0)
		memcpy(bytes, node->text + at, length);
	return (ssize_t)length;
}

ssize_t pread(int fd, void *bytes, size_t length, off_t at)
{
	const struct open_file *file = opened(fd);

	return file ? read_at(file->node, bytes, length, (size_t)at)
		    : kernel_call(SYS_pread64, fd, (long)bytes, (long)length, at, 0, 0);
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t at)
{
	return pread(fd, bytes, length, at);
}

ssize_t read(int fd, void *bytes, size_t length)
{
	struct open_file *file = opened(fd);
	ssize_t got;

	if (!file)
		return kernel_call(SYS_read, fd, (long)bytes, (long)length, 0, 0, 0);
	got = read_at(file->node, bytes, length, file->at);
	file->at += got > 0 ? (size_t)got : 0;
	return got;
}

int close(int fd)
{
	struct open_file *file = opened(fd);

	if (!file)
		return (int)kernel_call(SYS_close, fd, 0, 0, 0, 0, 0);
	file->node = NULL;
	return 0;
}

ssize_t readlinkat(
	int fd, const char *restrict path, char *restrict target, size_t size)
{
	const struct open_file *file = opened(fd);
	size_t length;

	if (!file)
		return kernel_call(
			SYS_readlinkat, fd, (long)path, (long)target, (long)size, 0, 0);
	if (file->node->kind != NODE_LINK)
		return refuse(EINVAL);
	length = file->node->length < size ? file->node->length : size;
	memcpy(target, file->node->text, length);
	return (ssize_t)length;
}

/* A listing is its open file: the address tells ours from glibc's. */
static struct open_file *listed(const DIR *listing)
{
	const char *at = (const char *)listing;

	return at >= (const char *)tree.open &&
			at < (const char *)(tree.open + OPEN_FILES)
		? &tree.open[(size_t)(at - (const char *)tree.open) /
			  sizeof(tree.open[0])]
		: NULL;
}

/* POSIX wants it so: a pointer to a function as bytes. */
static void glibc_function(const char *name, void *ret_function)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(ret_function, &found, sizeof(found));
}

DIR *fdopendir(int fd)
{
	static DIR *(*theirs)(int);

	if (opened(fd))
		return (DIR *)(void *)opened(fd);
	if (!theirs)
		glibc_function("fdopendir", &theirs);
	return theirs(fd);
}

struct dirent *readdir(DIR *listing)
{
	static struct dirent *(*theirs)(DIR *);
	struct open_file *file = listed(listing);
	const char *name;

	if (!file) {
		if (!theirs)
			glibc_function("readdir", &theirs);
		return theirs(listing);
	}
	if (!file->next)
		return NULL;
	name = strrchr(file->next->path, '/');
	snprintf(file->entry.d_name, sizeof(file->entry.d_name), "%s",
		name ? name + 1 : file->next->path);
	file->next = file->next->beside;
	return &file->entry;
}

int closedir(DIR *listing)
{
	static int (*theirs)(DIR *);
	struct open_file *file = listed(listing);

	if (file) {
		file->node = NULL;
		return 0;
	}
	if (!theirs)
		glibc_function("closedir", &theirs);
	return theirs(listing);
}
