#include "probes/slow/fs.h"

#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct slow_state {
	struct fs_mounts mounts;
};

static const enum metric_id fs_metrics[] = { METRIC_FS_SIZE_BYTES, METRIC_FS_USED_BYTES,
	METRIC_FS_AVAIL_BYTES, METRIC_FS_INODES, METRIC_FS_INODES_USED,
	METRIC_FS_READ_ONLY };

/* A data set without a quota has what its pool has left, but for what is written between
 * two looks. */
static const double quota_differs = 0.02;

/* The mount may have gone since: what lies there now is another file system. */
static bool is_still_there(int fd, const struct fs_mount *mount)
{
	struct stat status;

	/* anonymous numbers differ from the mount table's (btrfs sub-volumes) */
	return mount->major == 0 ||
		(fstat(fd, &status) == 0 && major(status.st_dev) == mount->major &&
			minor(status.st_dev) == mount->minor);
}

/* Blocks and inodes are unsigned, and more of them may be free than there are: corrupt
 * counts, all ones.  Then what is used is not known. */
void fs_usage_of(const struct statvfs *status, struct fs_usage *ret_usage)
{
	double block = (double)(status->f_frsize ? status->f_frsize : status->f_bsize);
	bool has_blocks = status->f_blocks > 0 && block > 0;
	bool has_inodes = status->f_files > 0 && status->f_ffree <= status->f_files;

	*ret_usage = (struct fs_usage){
		.size_bytes = has_blocks ? (double)status->f_blocks * block : NAN,
		.used_bytes = has_blocks && status->f_bfree <= status->f_blocks
			? (double)(status->f_blocks - status->f_bfree) * block
			: NAN,
		.avail_bytes = has_blocks && status->f_bavail <= status->f_blocks
			? (double)status->f_bavail * block
			: NAN,
		.inodes = has_inodes ? (double)status->f_files : NAN,
		.inodes_used =
			has_inodes ? (double)(status->f_files - status->f_ffree) : NAN,
	};
}

int fs_measure(const struct host_root *root, const struct fs_mount *mount,
	struct fs_usage *ret_usage, struct err *err)
{
	const char *path = mount->point[1] ? mount->point + 1 : ".";
	struct statvfs status = { 0 };
	int r = 0;
	int fd = hostroot_open_below(root, path, O_PATH | O_DIRECTORY);

	if (fd < 0)
		return err_set(err, fd, "%s: %s", mount->point, strerror(-fd));
	if (!is_still_there(fd, mount))
		r = err_set(err, -ESTALE, "%s: no longer mounted", mount->point);
	else if (fstatvfs(fd, &status) < 0)
		r = err_errno(err, "%s", mount->point);
	close(fd);
	if (r == 0)
		fs_usage_of(&status, ret_usage);
	return r;
}

/* What its data sets use, and once what is left: each of them has all that is left of the
 * pool, or what its quota leaves of it. */
static int measure_pool(const struct host_root *root, const struct fs_mounts *mounts,
	unsigned pool, struct fs_usage *ret_usage, struct err *err)
{
	struct fs_usage all = { .inodes = NAN, .inodes_used = NAN };

	if (mounts->is_pool_cut)
		return err_set(err, -E2BIG, "%s: more than %d data sets",
			mounts->mount[pool].point, FS_MEMBERS_MAX);
	for (size_t i = 0; i < mounts->member_count; i++) {
		struct fs_mount mount = { .kind = FS_DATA_SET };
		struct fs_usage usage;
		int r;

		if (mounts->member[i].pool != pool)
			continue;
		memcpy(mount.point, mounts->member[i].point, sizeof(mount.point));
		r = fs_measure(root, &mount, &usage, err);
		if (r < 0)
			return r;
		all.used_bytes += usage.used_bytes;
		/* fmax would pass over an unknown one */
		all.avail_bytes =
			usage.avail_bytes > all.avail_bytes || isnan(usage.avail_bytes)
			? usage.avail_bytes
			: all.avail_bytes;
	}
	all.size_bytes = all.used_bytes + all.avail_bytes;
	*ret_usage = all;
	return 0;
}

/* -ENODATA for a data set that its quota does not set apart. */
static int measure_data_set(const struct host_root *root,
	const struct fs_mounts *mounts, size_t index, struct fs_usage *ret_usage,
	struct err *err)
{
	struct fs_usage pool;
	int r = fs_measure(root, &mounts->mount[index], ret_usage, err);

	if (r == 0)
		r = measure_pool(root, mounts, mounts->mount[index].pool, &pool, err);
	if (r < 0)
		return r;
	return ret_usage->avail_bytes < pool.avail_bytes * (1 - quota_differs)
		? 0
		: -ENODATA;
}

static int fs_list(
	struct slow_state **state, const struct slow_context *context, struct err *err)
{
	int r;

	if (!*state)
		*state = calloc(1, sizeof(**state));
	if (!*state)
		return err_oom(err);
	r = fs_mounts_read(
		context->root, context->with_network, &(*state)->mounts, err);
	return r == -ENOENT ? 0 : r;
}

static bool fs_get(
	const struct slow_state *state, size_t index, struct slow_source *ret_source)
{
	if (!state || index >= state->mounts.count)
		return false;
	*ret_source = (struct slow_source){
		.id = state->mounts.mount[index].point,
		.label = state->mounts.mount[index].source,
		.metric = fs_metrics,
		.count = ARRAY_LEN(fs_metrics),
	};
	return true;
}

static int fs_read(const struct slow_state *state, size_t index,
	const struct slow_context *context, double *ret_values, struct err *err)
{
	const struct fs_mounts *mounts = &state->mounts;
	const struct fs_mount *mount = &mounts->mount[index];
	const struct host_root *root = context->root;
	struct fs_usage usage = { 0 };
	int r = mount->kind == FS_POOL
		? measure_pool(root, mounts, (unsigned)index, &usage, err)
		: mount->kind == FS_DATA_SET
		? measure_data_set(root, mounts, index, &usage, err)
		: fs_measure(root, mount, &usage, err);
	const double values[] = { usage.size_bytes, usage.used_bytes, usage.avail_bytes,
		usage.inodes, usage.inodes_used, mount->is_read_only };

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(values); i++)
		ret_values[i] = values[i];
	return r;
}

static void fs_close(struct slow_state *state)
{
	free(state);
}

const struct slow_probe fs_probe = {
	.name = "fs",
	.help = "size, use and inodes of file systems",
	.sources_max = FS_MOUNTS_MAX,
	.deadline_setting = "source_deadline_ms",
	.list = fs_list,
	.get = fs_get,
	.read = fs_read,
	.close = fs_close,
};
