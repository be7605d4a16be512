#include "probes/slow/fs.h"

#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct slow_state {
	struct fs_mounts mounts;
};

static const enum metric_id fs_metrics[] = { METRIC_FS_SIZE_BYTES, METRIC_FS_USED_BYTES,
	METRIC_FS_AVAIL_BYTES, METRIC_FS_INODES, METRIC_FS_INODES_USED };

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
	int fd = hostroot_open_below(root, path, O_PATH | O_DIRECTORY);

	if (fd < 0)
		return err_set(err, fd, "%s: %s", mount->point, strerror(-fd));
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
	struct fs_usage usage;
	int r = fs_measure(context->root, &state->mounts.mount[index], &usage, err);
	const double values[] = { usage.size_bytes, usage.used_bytes, usage.avail_bytes,
		usage.inodes, usage.inodes_used };

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
