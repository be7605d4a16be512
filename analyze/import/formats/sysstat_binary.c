/*
 * Binary files of sadc: their layout changes with each version, so the installed sadf
 * prints them as JSON, in a child that may crash, hang or print without end.  Files of
 * other versions are converted by sadf -c before.
 */
#include "analyze/import/formats/sysstat.h"

#include "analyze/import/readers/child.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SA_FILE_MAX ((uint64_t)1 << 30)

static const struct child_limits sadf_limits = {
	.deadline_s = 120,
	.output_bytes = (uint64_t)8 << 30,
	.memory_bytes = (uint64_t)1 << 30,
	.cpu_s = 120,
};

/* All of a source in memory that has a path for the child. */
static int keep_bytes(struct bytes *bytes, int *ret_fd, struct err *err)
{
	char buffer[65536];
	uint64_t done = 0;
	size_t got = 1;
	int fd = memfd_create("sa", 0); /* the child inherits it */
	int r = 0;

	if (fd < 0)
		return err_errno(err, "cannot keep the file for sadf");
	while (r >= 0 && got > 0) {
		r = bytes_read(bytes, buffer, sizeof(buffer), &got, err);
		done += got;
		if (r >= 0 && done > SA_FILE_MAX)
			r = err_set(err, -EFBIG, "%s: expected at most %llu MiB",
				bytes_name(bytes),
				(unsigned long long)(SA_FILE_MAX >> 20));
		for (size_t at = 0; r >= 0 && at < got;) {
			ssize_t wrote = write(fd, buffer + at, got - at);

			if (wrote < 0)
				r = err_errno(err, "cannot keep the file for sadf");
			else
				at += (size_t)wrote;
		}
	}
	if (r < 0)
		close(fd);
	else
		*ret_fd = fd;
	return r;
}

static int run_sadf(char *const *argv, struct bytes **ret_bytes, struct err *err)
{
	return child_run("sadf", argv, &sadf_limits, ret_bytes, err);
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
	r = run_sadf(argv, ret_bytes, err);
	if (r < 0)
		return r;
	r = bytes_head(*ret_bytes, &head, &length, err);
	*ret_is_json = r >= 0 && length > 0 && head[0] == '{';
	return *ret_is_json ? 0 : r;
}

static int convert(int fd, int *ret_fd, struct err *err)
{
	char env[] = "env", locale[] = "LC_ALL=C", sadf[] = "sadf", option[] = "-c";
	char path[32];
	char *argv[] = { env, locale, sadf, option, path, NULL };
	struct bytes *bytes = NULL;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = run_sadf(argv, &bytes, err);
	if (r >= 0)
		r = keep_bytes(bytes, ret_fd, err);
	bytes_close(bytes);
	return r < 0 ? err_wrap(err, r, "sadf -c") : 0;
}

static int read_printed(
	struct sys_reading *reading, int fd, bool may_convert, struct err *err)
{
	struct bytes *bytes = NULL;
	bool is_json = false;
	int converted = -1;
	int r = print_json_of(fd, &bytes, &is_json, err);

	if (is_json) {
		r = sys_read_json(reading, bytes, err);
		bytes_close(bytes);
		return r;
	}
	bytes_close(bytes);
	if (r >= 0)
		r = err_set(err, -EINVAL, "sadf printed no JSON");
	if (!may_convert || r == -ENOENT || r == -ETIMEDOUT || r == -EFBIG ||
		r == -ECHILD)
		return r;
	r = convert(fd, &converted, err);
	if (r < 0)
		return r;
	r = read_printed(reading, converted, false, err);
	close(converted);
	return r;
}

int sys_read_binary(struct sys_reading *reading, struct err *err)
{
	int fd = -1;
	int r = keep_bytes(reading->source->bytes, &fd, err);

	if (r < 0)
		return r;
	r = read_printed(reading, fd, true, err);
	close(fd);
	return r < 0 ? err_wrap(err, r, "%s", reading->source->path) : 0;
}
