#include "probes/host/disk.h"

#include "common/util.h"
#include "probes/host/devices.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { COLUMNS_OLD_PARTITION = 4, COLUMNS_MAX = 61 };

static const struct column {
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
	struct devices devices;
};

bool disk_next(struct text *all, struct disk_line *ret_line, unsigned *skipped)
{
	struct text line;

	while (text_line(all, &line)) {
		uint64_t number;

		if (text_is_done(&line))
			continue;
		if (text_u64(&line, &number) && text_u64(&line, &number) &&
			text_word(&line, &ret_line->name)) {
			ret_line->rest = line;
			return true;
		}
		(*skipped)++;
	}
	return false;
}

int disk_parse_values(struct text rest, struct disk_values *ret_values)
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

/* CDs and floppies come and go with their medium; boot areas are parts of a card. */
static bool is_left_out_by_name(const char *name)
{
	static const char *const numbered[] = { "sr", "scd", "fd", "loop", "ram",
		"zram", "md", "dm-", "nbd", "drbd", "zd", "bcache" };

	for (size_t i = 0; i < ARRAY_LEN(numbered); i++) {
		size_t length = strlen(numbered[i]);

		if (!strncmp(name, numbered[i], length) && name[length] &&
			*skip_digits(name + length) == '\0')
			return true;
	}
	return !strncmp(name, "mmcblk", 6) &&
		(strstr(name, "boot") || strstr(name, "rpmb"));
}

bool disk_is_counted(const struct host_root *root, const char *name)
{
	char path[192];

	if (is_left_out_by_name(name))
		return false;
	if (!hostroot_exists(root, "sys/block"))
		return disk_is_whole_name(name);
	return disk_path(path, sizeof(path), name, "/device") &&
		hostroot_exists(root, path);
}

static int disk_open(struct probe_state **ret_state,
	const struct probe_context *context, struct err *err)
{
	struct probe_state *state = calloc(1, sizeof(*state));

	if (!state || devices_init(&state->devices, METRIC_FILE_BLOCK) < 0) {
		free(state);
		return err_oom(err);
	}
	state->context = context;
	hostroot_file_init(&state->file, context->root, "proc/diskstats");
	*ret_state = state;
	return 0;
}

static int disk_read(
	struct probe_state *state, struct sink *sink, bool is_slow, struct err *err)
{
	const struct probe_context *context = state->context;
	struct disk_line line;
	unsigned skipped = 0;
	struct text all;
	size_t length;
	int r = hostroot_file_read(
		&state->file, context->text, context->text_size, &length, err);

	(void)is_slow;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	devices_begin(&state->devices);
	all = text_of(context->text, length);
	while (disk_next(&all, &line, &skipped)) {
		struct disk_values values;
		bool is_new;
		struct device *device =
			devices_seen(&state->devices, &line.name, &is_new);

		if (device && is_new && disk_is_counted(context->root, device->name))
			devices_count(&state->devices, device, sink);
		if (!device || !device->is_counted)
			continue;
		r = disk_parse_values(line.rest, &values);
		if (r < 0) {
			skipped += r != -ENODATA;
			continue;
		}
		for (size_t i = 0; i < ARRAY_LEN(columns); i++)
			sink->put_counter(sink, columns[i].metric, device->slot,
				values.value[columns[i].index]);
	}
	devices_end(&state->devices, sink);
	/* a damaged line may have been a disk: the sum is then unknown */
	if (skipped)
		return err_set(
			err, -EINVAL, "proc/diskstats: %u damaged lines", skipped);
	sink->complete(sink, METRIC_FILE_BLOCK);
	return 0;
}

static void disk_close(struct probe_state *state)
{
	if (!state)
		return;
	hostroot_file_done(&state->file);
	devices_done(&state->devices);
	free(state);
}

const struct probe disk_probe = {
	.name = "disk",
	.help = "bytes, operations, busy and queue time per whole physical disk",
	.open = disk_open,
	.read = disk_read,
	.close = disk_close,
};
