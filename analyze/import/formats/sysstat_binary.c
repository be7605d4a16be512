/*
 * Binary files of sadc: their layout changes with each version, so the installed sadf
 * prints them as JSON, in a child that may crash, hang or print without end.  Files of
 * other versions are converted by sadf -c before.
 */
#include "analyze/import/formats/sysstat.h"

#include "analyze/import/readers/confined.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SA_FILE_MAX ((uint64_t)1 << 30)

#define SADF_MEMORY_BYTES ((uint64_t)1 << 30)
#define SADF_OUTPUT_BYTES ((uint64_t)8 << 30)
#define SADF_DEADLINE_MS (120 * 1000)

/* fd  of the file, whose path for sadf is /proc/self/fd/N */
static int run_sadf(
	int fd, char *const *argv, struct bytes **ret_bytes, struct err *err)
{
	const struct confine_options options = { .what = "sadf",
		.keep_fd = { fd },
		.keep_count = 1,
		.memory_bytes = SADF_MEMORY_BYTES,
		.answer_bytes = SADF_OUTPUT_BYTES,
		.deadline_ms = SADF_DEADLINE_MS };

	return confined_program(&options, argv, ret_bytes, err);
}

/* Is the first thing that comes JSON?  Its messages stand where JSON would. */
static int print_json_of(
	int fd, struct bytes **ret_bytes, bool *ret_is_json, struct err *err)
{
	char env[] = "env", locale[] = "LC_ALL=C", utc[] = "TZ=UTC", sadf[] = "sadf",
	     json[] = "-j", rest[] = "--", cpu[] = "-u", memory[] = "-r", all[] = "ALL",
	     net[] = "-n", dev[] = "DEV", disk[] = "-d";
	char path[32];
	char *argv[] = { env, locale, utc, sadf, json, path, rest, cpu, memory, all,
		net, dev, disk, NULL };
	const char *head = NULL;
	size_t length = 0;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = run_sadf(fd, argv, ret_bytes, err);
	if (r < 0)
		return r;
	r = bytes_head(*ret_bytes, &head, &length, err);
	*ret_is_json = r >= 0 && length > 0 && head[0] == '{';
	return r;
}

static int convert(int fd, int *ret_fd, struct err *err)
{
	char env[] = "env", locale[] = "LC_ALL=C", sadf[] = "sadf", option[] = "-c";
	char path[32];
	char *argv[] = { env, locale, sadf, option, path, NULL };
	struct bytes *bytes = NULL;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = run_sadf(fd, argv, &bytes, err);
	if (r >= 0)
		r = bytes_keep(bytes, SA_FILE_MAX, ret_fd, err);
	bytes_close(bytes);
	return r < 0 ? err_wrap(err, r, "sadf -c") : 0;
}

int sys_print_binary(struct bytes *bytes, struct bytes **ret_printed, struct err *err)
{
	struct bytes *printed = NULL;
	bool is_json = false;
	int fd = -1, converted = -1;
	int r = bytes_keep(bytes, SA_FILE_MAX, &fd, err);

	if (r < 0)
		return r;
	r = print_json_of(fd, &printed, &is_json, err);
	if (!is_json && r != -ENOENT && r != -ETIMEDOUT && r != -EFBIG &&
		r != -ECHILD) {
		bytes_close(printed);
		printed = NULL;
		r = convert(fd, &converted, err);
		if (r >= 0)
			r = print_json_of(converted, &printed, &is_json, err);
		if (converted >= 0)
			close(converted);
	}
	close(fd);
	if (r >= 0 && !is_json)
		r = err_set(err, -EINVAL, "sadf printed no JSON");
	if (r < 0) {
		bytes_close(printed);
		return err_wrap(err, r, "%s", bytes_name(bytes));
	}
	*ret_printed = printed;
	return 0;
}
