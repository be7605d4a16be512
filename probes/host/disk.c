#include "probes/host/disk.h"

#include "common/each_tick.h"
#include "common/util.h"
#include "probes/host/container.h"
#include "probes/host/devices.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	COLUMNS_OLD_PARTITION = 4,
	COLUMNS_MAX = 61,
	IS_NO_STORAGE = 1,   /* flag of a device: its name says so, once for all */
	JUDGED_AT_ONCE = 64, /* disks a reading: with a thousand none stands out */
	DISKS_LOOKED_AT = 16384,
	IO_STAT_BYTES = 32768,
};

static const struct disk_metric {
	enum metric_id metric;
	enum disk_column index;
} columns[] = {
	{ METRIC_BLOCK_READ_BYTES_S, DISK_READ_SECTORS },
	{ METRIC_BLOCK_WRITE_BYTES_S, DISK_WRITE_SECTORS },
	{ METRIC_BLOCK_READ_OPS_S, DISK_READS },
	{ METRIC_BLOCK_WRITE_OPS_S, DISK_WRITES },
	{ METRIC_BLOCK_BUSY_RATIO, DISK_BUSY_MS },
	{ METRIC_BLOCK_QUEUE, DISK_QUEUE_MS },
};

struct probe_state {
	const struct probe_context *context; /* borrowed */
	struct host_file file;
	size_t judge_next, judge_due; /* who is judged next, and how many still are */
	struct devices devices;
	char own[IO_STAT_BYTES]; /* of a container: its group's figures */
};

EACH_TICK bool disk_next(
	struct text *all, struct disk_line *ret_line, unsigned *skipped)
{
	struct text line;

	while (text_line(all, &line)) {
		if (text_is_done(&line))
			continue;
		if (text_u64(&line, &ret_line->major) &&
			text_u64(&line, &ret_line->minor) &&
			text_word(&line, &ret_line->name)) {
			ret_line->rest = line;
			return true;
		}
		(*skipped)++;
	}
	return false;
}

EACH_TICK int disk_parse_values(struct text rest, struct disk_values *ret_values)
{
	size_t count = text_u64_list(&rest, ret_values->value, DISK_COLUMNS);
	uint64_t number;

	if (count == COLUMNS_OLD_PARTITION && text_is_done(&rest))
		return -ENODATA;
	if (count < DISK_COLUMNS)
		return -EINVAL;
	while (count < COLUMNS_MAX && text_u64(&rest, &number))
		count++;
	return text_is_done(&rest) ? 0 : -EINVAL;
}

bool disk_path(char *path, size_t size, const char *name, const char *rest)
{
	int length;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	length = snprintf(path, size, "sys/block/%s%s", name, rest);
	if (length < 0 || (size_t)length >= size)
		return false;
	for (char *at = path + strlen("sys/block/"); *at && *name; at++, name++)
		if (*name == '/')
			*at = '!';
	return true;
}

static const char *skip_letters(const char *at)
{
	while (islower((unsigned char)*at))
		at++;
	return at;
}

static const char *skip_digits(const char *at)
{
	while (isdigit((unsigned char)*at))
		at++;
	return at;
}

/* <prefix><number><separator><number>: nvme0n1, cciss/c0d0 */
static bool is_numbered_pair(const char *name, const char *prefix, char separator)
{
	const char *at = name;
	const char *next;

	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return false;
	at += strlen(prefix);
	next = skip_digits(at);
	if (next == at || *next != separator)
		return false;
	at = next + 1;
	next = skip_digits(at);
	return next > at && *next == '\0';
}

/* One of the words, and a number. */
static bool has_number_after(const char *name, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(words[i]);

		if (!strncmp(name, words[i], length) && name[length] &&
			*skip_digits(name + length) == '\0')
			return true;
	}
	return false;
}

bool disk_is_whole_name(const char *name)
{
	static const char *const lettered[] = { "sd", "hd", "vd", "xvd", "dasd",
		"ubd" };

	for (size_t i = 0; i < ARRAY_LEN(lettered); i++) {
		size_t length = strlen(lettered[i]);

		if (!strncmp(name, lettered[i], length) && name[length] &&
			*skip_letters(name + length) == '\0')
			return true;
	}
	if (!strncmp(name, "mmcblk", 6) && name[6] && *skip_digits(name + 6) == '\0')
		return true;
	return is_numbered_pair(name, "nvme", 'n') ||
		is_numbered_pair(name, "cciss/c", 'd') ||
		is_numbered_pair(name, "cciss!c", 'd') ||
		is_numbered_pair(name, "ida/c", 'd') ||
		is_numbered_pair(name, "rd/c", 'd');
}

/* Memory, files and media: neither counted nor missed. */
static bool is_no_storage_name(const char *name)
{
	static const char *const numbered[] = { "sr", "scd", "fd", "loop", "ram",
		"zram" };

	return has_number_after(name, numbered, ARRAY_LEN(numbered));
}

/* Layers over disks that are counted, and disks of other machines; boot areas are parts of
 * a card. */
static bool is_left_out_by_name(const char *name)
{
	static const char *const numbered[] = { "md", "dm-", "nbd", "drbd", "zd",
		"bcache", "mtdblock" };

	if (is_no_storage_name(name) ||
		has_number_after(name, numbered, ARRAY_LEN(numbered)))
		return true;
	return !strncmp(name, "mmcblk", 6) &&
		(strstr(name, "boot") || strstr(name, "rpmb"));
}

/* nvme<s>c<c>n<n> is a path to the disk nvme<s>n<n>; false for any other name. */
static bool is_nvme_path(const char *name, const char *of_head)
{
	const char *subsystem = skip_digits(name + 4);
	const char *controller;
	size_t length = (size_t)(subsystem - name);

	if (strncmp(name, "nvme", 4) != 0 || length == 4 || *subsystem != 'c')
		return false;
	controller = skip_digits(subsystem + 1);
	if (controller == subsystem + 1 || *controller != 'n' ||
		*skip_digits(controller + 1) != '\0')
		return false;
	return !of_head ||
		(!strncmp(of_head, name, length) &&
			!strcmp(of_head + length, controller));
}

static bool is_path_to(const void *head, const char *name)
{
	return is_nvme_path(name, head);
}

/* Kernels before 6.2 count in the paths alone, later ones in both: the paths are counted,
 * and the disk over them is not. */
static bool has_paths(const struct host_root *root, const char *name)
{
	return is_numbered_pair(name, "nvme", 'n') &&
		hostroot_find(root, "sys/block", DISKS_LOOKED_AT, is_path_to, name);
}

static bool read_disk_text(const struct host_root *root, const char *name,
	const char *rest, char *text, size_t size)
{
	char path[192];

	return disk_path(path, sizeof(path), name, rest) &&
		hostroot_read_text(root, path, text, size) == 0;
}

/* A device whose medium is another disk of this machine, or its memory. */
static bool is_second_disk(const struct host_root *root, const char *name)
{
	char path[192];
	char text[256];

	/* hidden: a path, whatever the driver; of nvme it is what counts */
	if (read_disk_text(root, name, "/hidden", text, sizeof(text)) &&
		strcmp(text, "0") != 0 && !is_nvme_path(name, NULL))
		return true;
	if (read_disk_text(root, name, "/device/model", text, sizeof(text)) &&
		!strcmp(text, "scsi_debug"))
		return true;
	if (read_disk_text(root, name, "/device/transport", text, sizeof(text)) &&
		!strcmp(text, "loop"))
		return true; /* an NVMe target of this machine */
	if (disk_path(path, sizeof(path), name, "") &&
		hostroot_read_link_path(root, path, text, sizeof(text)) == 0 &&
		strstr(text, "/tcm_loop"))
		return true; /* a SCSI target of this machine */
	return has_paths(root, name);
}

bool disk_is_counted(const struct host_root *root, const char *name)
{
	char path[192];

	if (is_left_out_by_name(name))
		return false;
	if (!hostroot_exists(root, "sys/block"))
		return disk_is_whole_name(name);
	return disk_path(path, sizeof(path), name, "/device") &&
		hostroot_exists(root, path) && !is_second_disk(root, name);
}

static int disk_open(struct probe_state **ret_state,
	const struct probe_context *context, struct err *err)
{
	struct probe_state *state = calloc(1, sizeof(*state));

	if (!state)
		return err_oom(err);
	devices_init(&state->devices, METRIC_FILE_BLOCK);
	state->context = context;
	hostroot_file_init(&state->file, context->root, "proc/diskstats");
	*ret_state = state;
	return 0;
}

static void judge_disk(
	struct probe_state *state, struct host_device *device, struct sink *sink)
{
	bool is_wanted = disk_is_counted(state->context->root, device->name);

	if (is_wanted && !device->is_counted && !device->is_waiting)
		devices_count(&state->devices, device, sink);
	else if (!is_wanted)
		devices_uncount(&state->devices, device, sink);
}

static void meet_disk(
	struct probe_state *state, struct host_device *device, struct sink *sink)
{
	if (is_no_storage_name(device->name))
		device->flags |= IS_NO_STORAGE;
	judge_disk(state, device, sink);
}

/* All again when the names are others than before: a path that comes or goes changes what
 * its head is. */
static void judge_disks_again(
	struct probe_state *state, bool is_set_new, struct sink *sink)
{
	struct devices *devices = &state->devices;

	if (is_set_new)
		state->judge_due = devices->high;
	for (unsigned i = 0; i < JUDGED_AT_ONCE && state->judge_due > 0; i++) {
		size_t index = state->judge_next++ % devices->high;

		state->judge_due--;
		if (devices->device[index].seen)
			judge_disk(state, &devices->device[index], sink);
	}
}

static void watch_disk(
	struct probe_state *state, struct host_device *device, struct text rest)
{
	struct disk_values values;
	uint64_t sectors;

	if (device->flags & IS_NO_STORAGE)
		return;
	if (state->devices.counted > 0) {
		devices_watch(&state->devices, device, NULL);
	} else if (disk_parse_values(rest, &values) == 0) {
		sectors = values.value[DISK_READ_SECTORS] +
			values.value[DISK_WRITE_SECTORS];
		devices_watch(&state->devices, device, &sectors);
	}
}

static int finish_disks(struct probe_state *state, bool is_whole, unsigned skipped,
	struct sink *sink, struct err *err)
{
	enum devices_verdict verdict = devices_verdict(&state->devices);

	/* a damaged line may have been a disk: the sum is then unknown */
	if (skipped)
		return err_set(
			err, -EINVAL, "proc/diskstats: %u damaged lines", skipped);
	if (verdict == DEVICES_MOVE)
		return err_set(err, -ENODATA,
			"no disk that is listed is counted, but %s is used: the disk demand is unknown",
			state->devices.moving);
	if (verdict == DEVICES_ADD_UP && is_whole)
		sink->complete(sink, METRIC_FILE_BLOCK);
	return 0;
}

static void put_disk(const struct host_device *device, const struct disk_values *values,
	struct sink *sink)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		sink->put_counter(sink, columns[i].metric, device->spot,
			values->value[columns[i].index]);
}

/* The line of a device, behind its number; false where the group has none. */
static bool find_own_line(const char *text, size_t length, uint64_t major,
	uint64_t minor, struct text *ret_line)
{
	struct text all = text_of(text, length);
	struct text word;
	char device[48];

	(void)snprintf(device, sizeof(device), "%llu:%llu", (unsigned long long)major,
		(unsigned long long)minor);
	while (text_line(&all, ret_line))
		if (text_word(ret_line, &word) && text_is(&word, device))
			return true;
	return false;
}

bool disk_parse_own(const char *text, size_t length, uint64_t major, uint64_t minor,
	struct disk_values *ret_values)
{
	static const struct own_key {
		const char *key;
		enum disk_column column;
		unsigned divisor;
	} own_keys[] = { { "rbytes=", DISK_READ_SECTORS, 512 },
		{ "wbytes=", DISK_WRITE_SECTORS, 512 }, { "rios=", DISK_READS, 1 },
		{ "wios=", DISK_WRITES, 1 } };
	struct text line, word;

	*ret_values = (struct disk_values){ { 0 } };
	if (!find_own_line(text, length, major, minor, &line))
		return true; /* not used so far */
	while (text_word(&line, &word))
		for (size_t i = 0; i < ARRAY_LEN(own_keys); i++) {
			uint64_t value;

			if (!text_prefix(&word, own_keys[i].key))
				continue;
			if (!text_u64(&word, &value))
				return false;
			ret_values->value[own_keys[i].column] =
				value / own_keys[i].divisor;
			break;
		}
	return true;
}

/* A group's figures may name the disk over the paths: a path without any is not unused. */
static bool is_named_otherwise(
	const struct host_device *device, const struct disk_line *line, const char *own)
{
	struct text rest;

	return is_nvme_path(device->name, NULL) &&
		!find_own_line(own, strlen(own), line->major, line->minor, &rest);
}

/* In a container whose proc/diskstats is its host's: its own group's figures; false where
 * the group has none. */
static bool read_own_figures(struct probe_state *state)
{
	const struct probe_context *context = state->context;
	char path[CONTAINER_PATH_MAX + 64];

	return context->container->version == 2 &&
		container_path(context->container, "", "io.stat", path, sizeof(path)) &&
		hostroot_read_text(
			context->root, path, state->own, sizeof(state->own)) == 0;
}

static void put_own_disk(const struct host_device *device, const struct disk_line *line,
	const char *own, struct sink *sink)
{
	static const enum disk_column kept[] = { DISK_READ_SECTORS, DISK_WRITE_SECTORS,
		DISK_READS, DISK_WRITES };
	struct disk_values values;

	if (!disk_parse_own(own, strlen(own), line->major, line->minor, &values))
		return;
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		for (size_t k = 0; k < ARRAY_LEN(kept); k++)
			if (columns[i].index == kept[k])
				sink->put_counter(sink, columns[i].metric, device->spot,
					values.value[kept[k]]);
}

/* In a container /proc/diskstats is the host's: the devices are found there all the
 * same, but their figures come from the cgroup, where it has any. */
EACH_TICK static int disk_read(
	struct probe_state *state, struct sink *sink, bool is_slow, struct err *err)
{
	const struct probe_context *context = state->context;
	bool is_foreign = container_is_foreign(context->container,
		context->container && context->container->owns_diskstats);
	bool has_own = is_foreign && read_own_figures(state);
	struct disk_line line;
	unsigned skipped = 0;
	struct text all;
	size_t length;
	int r = hostroot_file_read_short(
		&state->file, context->text, context->text_size, &length, err);

	(void)is_slow;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	devices_begin(&state->devices);
	all = text_of(context->text, length);
	while (disk_next(&all, &line, &skipped)) {
		struct disk_values values;
		bool is_new;
		struct host_device *device =
			devices_seen(&state->devices, &line.name, &is_new);

		if (device && is_new)
			meet_disk(state, device, sink);
		if (device && !device->is_counted)
			watch_disk(state, device, line.rest);
		if (!device || !device->is_counted)
			continue;
		if (is_foreign) {
			has_own = has_own &&
				!is_named_otherwise(device, &line, state->own);
			if (has_own)
				put_own_disk(device, &line, state->own, sink);
			continue;
		}
		r = disk_parse_values(line.rest, &values);
		if (r == 0)
			put_disk(device, &values, sink);
		else
			skipped += r != -ENODATA;
	}
	judge_disks_again(state, devices_end(&state->devices, sink), sink);
	return finish_disks(state, !is_foreign || has_own, skipped, sink, err);
}

static void disk_close(struct probe_state *state)
{
	if (!state)
		return;
	hostroot_file_done(&state->file);
	free(state);
}

const struct probe disk_probe = {
	.name = "disk",
	.help = "bytes, operations, busy and queue time per whole physical disk",
	.open = disk_open,
	.read = disk_read,
	.close = disk_close,
};
