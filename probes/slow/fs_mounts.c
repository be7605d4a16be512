/* Which mounts are counted, from the mount table alone. */
#include "probes/slow/fs_mounts.h"

#include "common/util.h"
#include "probes/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOUNTS_LOOKED_AT = 4096, BUCKETS = 4 * MOUNTS_LOOKED_AT, DEPTH_MAX = 64 };
#define MOUNTINFO_BYTES ((size_t)2 << 20)

/* One line of the mount table, counted or not: others may hide behind it. */
struct mount_entry {
	unsigned id, parent, major, minor;
	struct text root, point, type, source; /* as written, with octal escapes */
	bool is_network, is_read_only;
	bool is_seen; /* storage that can be measured at this point */
	bool is_candidate;
};

/* Index + 1 of an entry, by one of three keys; open addressing. */
struct index {
	uint16_t bucket[BUCKETS];
};

struct mount_table {
	struct mount_entry entry[MOUNTS_LOOKED_AT];
	size_t count;
	struct index by_id;      /* id */
	struct index by_place;   /* parent and point */
	struct index by_storage; /* candidates: device or pool */
};

static const struct text nothing = { "", "" };

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

static bool is_network_type(const struct text *type)
{
	static const char *const types[] = { "nfs", "nfs4", "cifs", "smb3", "smbfs",
		"ncpfs", "afs", "ceph", "fuse.ceph-fuse", "glusterfs", "fuse.glusterfs",
		"fuse.sshfs", "fuse.s3fs", "lustre", "beegfs", "gpfs", "9p", "virtiofs",
		"orangefs", "pvfs2", "davfs", "fuse.davfs2", "fuse.rclone" };

	return is_one_of(type, types, ARRAY_LEN(types));
}

/* The kernel writes blank, tab, newline and backslash as \040 \011 \012 \134. */
static bool fs_mounts_decode(const struct text *word, char *to, size_t size)
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

static bool fs_mounts_parse_device(
	struct text word, unsigned *ret_major, unsigned *ret_minor)
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
static bool parse_entry(struct text line, struct mount_entry *ret_entry)
{
	struct mount_entry entry = { .is_candidate = false };
	struct text device, options, super, word;
	uint64_t id, parent;

	if (!text_u64(&line, &id) || !text_u64(&line, &parent) || id > UINT32_MAX ||
		parent > UINT32_MAX || !text_word(&line, &device) ||
		!fs_mounts_parse_device(device, &entry.major, &entry.minor) ||
		!text_word(&line, &entry.root) || !text_word(&line, &entry.point) ||
		!text_word(&line, &options))
		return false;
	do
		if (!text_word(&line, &word))
			return false;
	while (!text_is(&word, "-"));
	if (!text_word(&line, &entry.type) || !text_word(&line, &entry.source))
		return false;
	if (!text_word(&line, &super))
		super = nothing;
	entry.id = (unsigned)id;
	entry.parent = (unsigned)parent;
	entry.is_read_only = is_read_only(options) || is_read_only(super);
	entry.is_network = is_network_type(&entry.type);
	*ret_entry = entry;
	return true;
}

static bool fs_mounts_is_same(const struct text *a, const struct text *b)
{
	size_t length = (size_t)(a->end - a->at);

	return length == (size_t)(b->end - b->at) && !memcmp(a->at, b->at, length);
}

static size_t hash_bytes(uint64_t seed, const struct text *text)
{
	uint64_t hash = (14695981039346656037u ^ seed) * 1099511628211u; /* FNV-1a */

	for (const char *at = text->at; at < text->end; at++)
		hash = (hash ^ (unsigned char)*at) * 1099511628211u;
	return (hash ^ hash >> 32) % BUCKETS;
}

static void index_add(struct index *index, size_t hash, size_t entry)
{
	while (index->bucket[hash])
		hash = (hash + 1) % BUCKETS;
	index->bucket[hash] = (uint16_t)(entry + 1);
}

static const struct mount_entry *find_id(const struct mount_table *table, unsigned id)
{
	size_t at = hash_bytes(id, &nothing);

	for (; table->by_id.bucket[at]; at = (at + 1) % BUCKETS) {
		const struct mount_entry *entry =
			&table->entry[table->by_id.bucket[at] - 1];

		if (entry->id == id)
			return entry;
	}
	return NULL;
}

/* A mount of this parent at this point, other than not_id. */
static bool has_mount_at(const struct mount_table *table, unsigned parent,
	const struct text *point, unsigned not_id)
{
	size_t at = hash_bytes(parent, point);

	for (; table->by_place.bucket[at]; at = (at + 1) % BUCKETS) {
		const struct mount_entry *entry =
			&table->entry[table->by_place.bucket[at] - 1];

		if (entry->parent == parent && entry->id != not_id &&
			fs_mounts_is_same(&entry->point, point))
			return true;
	}
	return false;
}

/* Another mount of the same parent lies over it, or one was put right on top. */
static bool fs_mounts_is_covered(
	const struct mount_table *table, const struct mount_entry *entry)
{
	struct text above = entry->point;

	if (has_mount_at(table, entry->id, &entry->point, entry->id))
		return true;
	while (above.end - above.at > 1) {
		while (above.end > above.at && above.end[-1] != '/')
			above.end--;
		if (above.end - above.at > 1)
			above.end--; /* "/srv/" to "/srv"; "/" stays */
		/* the root's mount is its own sibling where it is its own parent */
		if (above.end > above.at &&
			has_mount_at(table, entry->parent, &above, entry->parent))
			return true;
	}
	return false;
}

static bool is_hidden(const struct mount_table *table, const struct mount_entry *entry)
{
	for (int depth = 0; entry && depth < DEPTH_MAX; depth++) {
		if (fs_mounts_is_covered(table, entry))
			return true;
		if (entry->parent == entry->id)
			break;
		entry = find_id(table, entry->parent);
	}
	return false;
}

/* The pool of a zfs data set, nothing for others. */
static struct text pool_of(const struct mount_entry *entry)
{
	struct text pool = entry->source;
	const char *end;

	if (!text_is(&entry->type, "zfs"))
		return nothing;
	for (end = pool.at; end < pool.end && *end != '/' && *end != '@'; end++)
		;
	pool.end = end;
	return pool;
}

static size_t hash_storage(const struct mount_entry *entry)
{
	struct text pool = pool_of(entry);

	return hash_bytes(
		pool.at == pool.end ? (uint64_t)entry->major << 32 | entry->minor : 0,
		&pool);
}

/* The same storage: a bind mount, a sub-volume, another data set of the pool. */
static bool is_same_storage(const struct mount_entry *a, const struct mount_entry *b)
{
	struct text left = pool_of(a);
	struct text right = pool_of(b);

	if (left.at == left.end || right.at == right.end)
		return a->major == b->major && a->minor == b->minor;
	return fs_mounts_is_same(&left, &right);
}

/* Of the mounts of one storage: its root before a part, then the shortest path. */
static bool is_better(const struct mount_entry *a, const struct mount_entry *b)
{
	bool a_is_root = text_is(&a->root, "/");
	bool b_is_root = text_is(&b->root, "/");

	if (a_is_root != b_is_root)
		return a_is_root;
	return a->point.end - a->point.at < b->point.end - b->point.at;
}

static bool is_data_set(const struct mount_entry *entry)
{
	return text_is(&entry->type, "zfs");
}

/* A part of a file system may be a single file: /etc/hosts of a container. */
static bool is_folder(const struct mount_entry *entry, const struct fs_choice *choice)
{
	char point[FS_PATH_MAX];

	return !choice->is_folder || entry->is_network || text_is(&entry->root, "/") ||
		!fs_mounts_decode(&entry->point, point, sizeof(point)) ||
		choice->is_folder(choice->context, point);
}

static void judge_entry(
	struct mount_table *table, size_t index, const struct fs_choice *choice)
{
	struct mount_entry *entry = &table->entry[index];
	bool has_storage = entry->major != 0 || is_own_storage(&entry->type);
	size_t hash = hash_storage(entry);
	size_t at = hash;

	if (entry->is_network)
		has_storage = choice->with_network;
	if (!has_storage || is_image(&entry->type) || is_hidden(table, entry) ||
		!is_folder(entry, choice))
		return;
	entry->is_seen = true;
	for (; table->by_storage.bucket[at]; at = (at + 1) % BUCKETS) {
		struct mount_entry *other =
			&table->entry[table->by_storage.bucket[at] - 1];

		if (!is_same_storage(other, entry))
			continue;
		if (is_better(entry, other)) {
			other->is_candidate = false;
			entry->is_candidate = true;
			table->by_storage.bucket[at] = (uint16_t)(index + 1);
		}
		return;
	}
	entry->is_candidate = true;
	index_add(&table->by_storage, hash, index);
}

static void fs_mounts_read_table(
	const char *text, size_t length, struct mount_table *table)
{
	struct text whole = text_of(text, length);
	struct text line;

	while (table->count < MOUNTS_LOOKED_AT && text_line(&whole, &line)) {
		struct mount_entry *entry = &table->entry[table->count];

		if (!parse_entry(line, entry))
			continue;
		index_add(&table->by_id, hash_bytes(entry->id, &nothing), table->count);
		index_add(&table->by_place, hash_bytes(entry->parent, &entry->point),
			table->count);
		table->count++;
	}
}

static bool copy_mount(const struct mount_entry *entry, struct fs_mount *ret_mount)
{
	ret_mount->kind = FS_PLAIN;
	ret_mount->pool = 0;
	ret_mount->major = entry->major;
	ret_mount->minor = entry->minor;
	ret_mount->is_network = entry->is_network;
	ret_mount->is_read_only = entry->is_read_only;
	return fs_mounts_decode(
		       &entry->point, ret_mount->point, sizeof(ret_mount->point)) &&
		fs_mounts_decode(
			&entry->source, ret_mount->source, sizeof(ret_mount->source)) &&
		fs_mounts_decode(
			&entry->type, ret_mount->type, sizeof(ret_mount->type));
}

/* A pool by its name, which no mount point can be. */
static bool copy_pool(const struct mount_entry *entry, struct fs_mount *ret_mount)
{
	struct text pool = pool_of(entry);

	if (!copy_mount(entry, ret_mount) ||
		!fs_mounts_decode(&pool, ret_mount->point, sizeof(ret_mount->point)))
		return false;
	memcpy(ret_mount->source, ret_mount->point, sizeof(ret_mount->source));
	ret_mount->kind = FS_POOL;
	ret_mount->is_read_only = false;
	return true;
}

static unsigned find_pool(
	const struct fs_mounts *mounts, const struct mount_entry *entry)
{
	struct text pool = pool_of(entry);
	char name[FS_PATH_MAX];

	for (unsigned i = 0;
		fs_mounts_decode(&pool, name, sizeof(name)) && i < mounts->count; i++)
		if (mounts->mount[i].kind == FS_POOL &&
			!strcmp(mounts->mount[i].point, name))
			return i;
	return FS_MOUNTS_MAX;
}

/* Once each, however often it is mounted; a snapshot is a part of its data set. */
static void add_member(struct fs_mounts *mounts, const struct mount_entry *entry)
{
	struct fs_member *member = &mounts->member[mounts->member_count];
	unsigned pool = find_pool(mounts, entry);
	struct fs_mount *mount = &mounts->mount[mounts->count];

	if (pool == FS_MOUNTS_MAX ||
		memchr(entry->source.at, '@',
			(size_t)(entry->source.end - entry->source.at)))
		return;
	for (size_t i = 0; i < mounts->member_count; i++)
		if (mounts->member[i].minor == entry->minor)
			return;
	if (mounts->member_count == FS_MEMBERS_MAX ||
		!fs_mounts_decode(
			&entry->point, member->point, sizeof(member->point))) {
		mounts->is_pool_cut = true;
		return;
	}
	member->pool = pool;
	member->minor = entry->minor;
	mounts->member_count++;
	if (mounts->count < FS_MOUNTS_MAX && copy_mount(entry, mount)) {
		mount->kind = FS_DATA_SET;
		mount->pool = pool;
		mounts->count++;
	}
}

void fs_mounts_parse(const char *text, size_t length, const struct fs_choice *choice,
	struct fs_mounts *ret_mounts)
{
	struct mount_table *table = calloc(1, sizeof(*table));

	ret_mounts->count = 0;
	ret_mounts->ignored = 0;
	ret_mounts->member_count = 0;
	ret_mounts->is_pool_cut = false;
	if (!table)
		return;
	fs_mounts_read_table(text, length, table);
	for (size_t i = 0; i < table->count; i++)
		judge_entry(table, i, choice);
	for (size_t i = 0; i < table->count; i++) {
		struct mount_entry *entry = &table->entry[i];
		struct fs_mount *mount = &ret_mounts->mount[ret_mounts->count];

		if (!entry->is_candidate)
			continue;
		if (ret_mounts->count == FS_MOUNTS_MAX ||
			!(is_data_set(entry) ? copy_pool(entry, mount)
					     : copy_mount(entry, mount)))
			ret_mounts->ignored++;
		else
			ret_mounts->count++;
	}
	for (size_t i = 0; i < table->count; i++)
		if (table->entry[i].is_seen && is_data_set(&table->entry[i]))
			add_member(ret_mounts, &table->entry[i]);
	free(table);
}

/* O_PATH touches no data; nothing of another machine is asked. */
static bool is_folder_below(void *context, const char *point)
{
	const struct host_root *root = context;
	int fd = hostroot_open_below(
		root, point[1] ? point + 1 : ".", O_PATH | O_DIRECTORY);

	if (fd >= 0)
		close(fd);
	return fd != -ENOTDIR;
}

int fs_mounts_read(const struct host_root *root, bool with_network,
	struct fs_mounts *ret_mounts, struct err *err)
{
	char *text = malloc(MOUNTINFO_BYTES);
	struct host_root copy = *root;
	const struct fs_choice choice = { with_network, is_folder_below, &copy };
	struct host_file file;
	size_t length = 0;
	int r;

	if (!text)
		return err_oom(err);
	hostroot_file_init(&file, root, "proc/self/mountinfo");
	r = hostroot_file_read(&file, text, MOUNTINFO_BYTES, &length, err);
	hostroot_file_done(&file);
	if (r == 0)
		fs_mounts_parse(text, length, &choice, ret_mounts);
	free(text);
	return r;
}
