#include "probes/fs.h"

#include "common/util.h"
#include "probes/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { MOUNTS_LOOKED_AT = 4096, DEPTH_MAX = 64 };

/* One line of the mount table, counted or not: others may hide behind it. */
struct entry {
	unsigned id, parent;
	struct text root, point, type, source; /* as written, with octal escapes */
	struct fs_mount mount;
	bool is_candidate;
};

static bool is_one_of(const struct text *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_is(word, list[i]))
			return true;
	return false;
}

static bool is_image(const struct text *type)
{
	static const char *const types[] = { "squashfs", "iso9660", "udf", "erofs",
		"cramfs", "romfs" };

	return is_one_of(type, types, ARRAY_LEN(types));
}

/* On storage of its own, although its device number is anonymous. */
static bool is_own_storage(const struct text *type)
{
	static const char *const types[] = { "btrfs", "zfs", "bcachefs", "ubifs",
		"jffs2" };

	return is_one_of(type, types, ARRAY_LEN(types));
}

static bool is_network(const struct text *type)
{
	static const char *const types[] = { "nfs", "nfs4", "cifs", "smb3", "smbfs",
		"ncpfs", "afs", "ceph", "fuse.ceph-fuse", "glusterfs", "fuse.glusterfs",
		"fuse.sshfs", "fuse.s3fs", "lustre", "beegfs", "gpfs", "9p", "virtiofs",
		"orangefs", "pvfs2", "davfs", "fuse.davfs2", "fuse.rclone" };

	return is_one_of(type, types, ARRAY_LEN(types));
}

/* The kernel writes blank, tab, newline and backslash as \040 \011 \012 \134. */
static bool decode(const struct text *word, char *to, size_t size)
{
	size_t length = 0;

	for (const char *at = word->at; at < word->end; at++) {
		char c = *at;

		if (c == '\\' && word->end - at >= 4 && at[1] >= '0' && at[1] <= '3' &&
			at[2] >= '0' && at[2] <= '7' && at[3] >= '0' && at[3] <= '7') {
			c = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 |
				(at[3] - '0'));
			at += 3;
		}
		if (c == '\0' || length + 1 >= size)
			return false;
		to[length++] = c;
	}
	to[length] = '\0';
	return length > 0;
}

static bool parse_device(struct text word, unsigned *ret_major, unsigned *ret_minor)
{
	const char *colon = memchr(word.at, ':', (size_t)(word.end - word.at));
	uint64_t major, minor;

	if (!colon || parse_u64(word.at, (size_t)(colon - word.at), &major) < 0 ||
		parse_u64(colon + 1, (size_t)(word.end - colon - 1), &minor) < 0 ||
		major > UINT32_MAX || minor > UINT32_MAX)
		return false;
	*ret_major = (unsigned)major;
	*ret_minor = (unsigned)minor;
	return true;
}

static bool is_read_only(struct text options)
{
	return text_prefix(&options, "ro") &&
		(options.at == options.end || *options.at == ',');
}

/* id parent major:minor root point options [tag...] - type source options */
static bool parse_entry(struct text line, struct entry *ret_entry)
{
	struct entry entry = { .is_candidate = false };
	struct text device, options, word;
	uint64_t id, parent;

	if (!text_u64(&line, &id) || !text_u64(&line, &parent) || id > UINT32_MAX ||
		parent > UINT32_MAX || !text_word(&line, &device) ||
		!parse_device(device, &entry.mount.major, &entry.mount.minor) ||
		!text_word(&line, &entry.root) || !text_word(&line, &entry.point) ||
		!text_word(&line, &options))
		return false;
	do
		if (!text_word(&line, &word))
			return false;
	while (!text_is(&word, "-"));
	if (!text_word(&line, &entry.type) || !text_word(&line, &entry.source))
		return false;
	entry.id = (unsigned)id;
	entry.parent = (unsigned)parent;
	entry.mount.is_read_only = is_read_only(options);
	entry.mount.is_network = is_network(&entry.type);
	*ret_entry = entry;
	return true;
}

static bool is_same(const struct text *a, const struct text *b)
{
	size_t length = (size_t)(a->end - a->at);

	return length == (size_t)(b->end - b->at) && !memcmp(a->at, b->at, length);
}

/* Does path lie at or below folder? */
static bool is_below(const struct text *path, const struct text *folder)
{
	size_t length = (size_t)(folder->end - folder->at);

	if (length == 1) /* "/" */
		return true;
	return (size_t)(path->end - path->at) >= length &&
		!memcmp(path->at, folder->at, length) &&
		(path->at + length == path->end || path->at[length] == '/');
}

static const struct entry *find_entry(
	const struct entry *entry, size_t count, unsigned id)
{
	for (size_t i = 0; i < count; i++)
		if (entry[i].id == id)
			return &entry[i];
	return NULL;
}

/* Another mount of the same parent lies over it, or one was put right on top. */
static bool is_covered(const struct entry *all, size_t count, const struct entry *entry)
{
	for (size_t i = 0; i < count; i++) {
		const struct entry *other = &all[i];

		if (other == entry || other->id == entry->id)
			continue;
		if (other->parent == entry->id && is_same(&other->point, &entry->point))
			return true;
		if (other->parent == entry->parent && other->id != entry->parent &&
			is_below(&entry->point, &other->point) &&
			!is_same(&other->point, &entry->point))
			return true;
	}
	return false;
}

static bool is_hidden(const struct entry *all, size_t count, const struct entry *entry)
{
	for (int depth = 0; entry && depth < DEPTH_MAX; depth++) {
		if (is_covered(all, count, entry))
			return true;
		if (entry->parent == entry->id)
			break;
		entry = find_entry(all, count, entry->parent);
	}
	return false;
}

/* The same storage: a bind mount, a sub-volume, another data set of the pool. */
static bool is_same_storage(const struct entry *a, const struct entry *b)
{
	struct text left = a->source;
	struct text right = b->source;
	const char *slash;

	if (!text_is(&a->type, "zfs") || !text_is(&b->type, "zfs"))
		return a->mount.major == b->mount.major &&
			a->mount.minor == b->mount.minor;
	slash = memchr(left.at, '/', (size_t)(left.end - left.at));
	left.end = slash ? slash : left.end;
	slash = memchr(right.at, '/', (size_t)(right.end - right.at));
	right.end = slash ? slash : right.end;
	return is_same(&left, &right);
}

/* Of the mounts of one storage: its root before a part, then the shortest path. */
static bool is_better(const struct entry *a, const struct entry *b)
{
	bool a_is_root = text_is(&a->root, "/");
	bool b_is_root = text_is(&b->root, "/");

	if (a_is_root != b_is_root)
		return a_is_root;
	return a->point.end - a->point.at < b->point.end - b->point.at;
}

static void judge_entry(
	struct entry *all, size_t count, struct entry *entry, bool with_network)
{
	bool has_storage = entry->mount.major != 0 || is_own_storage(&entry->type);

	if (entry->mount.is_network)
		has_storage = with_network;
	if (!has_storage || is_image(&entry->type) || is_hidden(all, count, entry))
		return;
	for (struct entry *other = all; other < entry; other++) {
		if (!other->is_candidate || !is_same_storage(other, entry))
			continue;
		if (!is_better(entry, other))
			return;
		other->is_candidate = false;
	}
	entry->is_candidate = true;
}

void fs_mounts_parse(const char *text, size_t length, bool with_network,
	struct fs_mounts *ret_mounts)
{
	struct entry *all = calloc(MOUNTS_LOOKED_AT, sizeof(*all));
	struct text whole = text_of(text, length);
	size_t count = 0;
	struct text line;

	ret_mounts->count = 0;
	ret_mounts->ignored = 0;
	if (!all)
		return;
	while (count < MOUNTS_LOOKED_AT && text_line(&whole, &line))
		count += parse_entry(line, &all[count]);
	for (size_t i = 0; i < count; i++)
		judge_entry(all, count, &all[i], with_network);
	for (size_t i = 0; i < count; i++) {
		struct fs_mount *mount = &ret_mounts->mount[ret_mounts->count];

		if (!all[i].is_candidate)
			continue;
		if (ret_mounts->count == FS_MOUNTS_MAX) {
			ret_mounts->ignored++;
			continue;
		}
		*mount = all[i].mount;
		if (!decode(&all[i].point, mount->point, sizeof(mount->point)) ||
			!decode(&all[i].source, mount->source, sizeof(mount->source)) ||
			!decode(&all[i].type, mount->type, sizeof(mount->type)))
			ret_mounts->ignored++;
		else
			ret_mounts->count++;
	}
	free(all);
}

/* The mount may have gone since: what lies there now is another file system. */
static bool is_still_there(int fd, const struct fs_mount *mount)
{
	struct stat status;

	/* anonymous numbers differ from the mount table's (btrfs sub-volumes) */
	return mount->major == 0 ||
		(fstat(fd, &status) == 0 && major(status.st_dev) == mount->major &&
			minor(status.st_dev) == mount->minor);
}

int fs_measure(const struct host_root *root, const struct fs_mount *mount,
	struct fs_usage *ret_usage, struct err *err)
{
	const char *path = mount->point[1] ? mount->point + 1 : ".";
	struct statvfs status = { 0 };
	double block;
	int r = 0;
	int fd = openat(root->fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "%s", mount->point);
	if (!is_still_there(fd, mount))
		r = err_set(err, -ESTALE, "%s: no longer mounted", mount->point);
	else if (fstatvfs(fd, &status) < 0)
		r = err_errno(err, "%s", mount->point);
	close(fd);
	if (r < 0)
		return r;
	block = (double)(status.f_frsize ? status.f_frsize : status.f_bsize);
	*ret_usage = (struct fs_usage){
		.size_bytes = (double)status.f_blocks * block,
		.used_bytes = (double)(status.f_blocks - status.f_bfree) * block,
		.avail_bytes = (double)status.f_bavail * block,
		.inodes = status.f_files ? (double)status.f_files : NAN,
		.inodes_used = status.f_files
			? (double)(status.f_files - status.f_ffree)
			: NAN,
	};
	return 0;
}
