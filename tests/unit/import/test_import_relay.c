/* A format that is read in a confined child: what it puts arrives, what it does wrong
 * does not, and the child is not believed. */
#include "tests/support.h"

#include "analyze/import/relay.h"
#include "tests/import_recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static int put_one(struct import_sink *sink, const char *name, int64_t stamp,
	double value, struct err *err)
{
	struct reading reading = { .stamp = stamp };
	uint32_t workload = 0;
	int r = sink->find_workload(sink, name, strlen(name), &workload, err);

	reading_set(&reading, CELL(FIGURE_MEMORY_USED_BYTES, CELL_MEAN), value);
	return r < 0 ? r : sink->put(sink, workload, &reading, err);
}

/* Everything that a sink takes, for two workloads. */
static int put_all(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	uint32_t workload = 0, column = 0;
	size_t row = 0;
	char head[8];
	size_t got = 0;
	int r = bytes_read(source->bytes, head, sizeof(head), &got, err);

	if (r >= 0)
		r = put_one(sink, "web1", 1000, (double)got, err);
	for (int i = 0; r >= 0 && i < 3; i++)
		r = sink->find_workload(sink, "web2", 4, &workload, err);
	for (int i = 0; r >= 0 && i < 3; i++) {
		r = sink->find_part(sink, workload, PART_MEMORY_USED_BYTES, CELL_MEAN,
			"", 0, &column, err);
		if (r >= 0)
			r = sink->put_part(
				sink, workload, column, 2000 + 60 * i, 7 + i, err);
	}
	if (r >= 0)
		r = sink->put_fact(sink, workload, "cpu.cores", "4", err);
	if (r >= 0)
		r = account_map(sink->account, "mem", 3,
			part_figure(PART_MEMORY_USED_BYTES), &row, err);
	account_count(sink->account, row, 4);
	account_set_zone(sink->account, "Europe/Berlin");
	sink->account->unknown = 5;
	return r < 0 ? r : account_warn(sink->account, err, "half of it is missing");
}

static int read_refused(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	int r = put_one(sink, "web1", 1000, 1, err);

	return r < 0 ? r : err_set(err, -EINVAL, "%s:7: expected more", source->path);
}

static int read_crash(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	(void)source, (void)sink, (void)err;
	signal(SIGABRT, SIG_DFL);
	abort();
}

static int read_leave(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	(void)source, (void)sink;
	return open("/etc/passwd", O_RDONLY) < 0
		? err_set(err, -EINVAL, "nothing can be opened")
		: 0;
}

static int read_stop(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	(void)source, (void)sink, (void)err;
	_exit(0);
}

static int read_bad_name(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	(void)source;
	return put_one(sink, "a\x1b[2Jb", 1000, 1, err);
}

static int read_negative(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	(void)source;
	return put_one(sink, "web1", 1000, -1, err);
}

static int read_late(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	(void)source;
	return put_one(sink, "web1", INT64_MAX, 1, err);
}

static int read_extreme_alone(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct reading reading = { .stamp = 1000 };
	uint32_t workload = 0;
	int r = sink->find_workload(sink, "web1", 4, &workload, err);

	(void)source;
	reading_set(&reading, CELL(FIGURE_MEMORY_USED_BYTES, CELL_MAX), 1);
	return r < 0 ? r : sink->put(sink, workload, &reading, err);
}

static int read_unknown_cells(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct reading reading = { .stamp = 1000 };
	uint32_t workload = 0;
	int r = sink->find_workload(sink, "web1", 4, &workload, err);

	(void)source;
	reading.known = UINT64_C(1) << 63;
	return r < 0 ? r : sink->put(sink, workload, &reading, err);
}

static int read_no_workload(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	const struct reading reading = { .stamp = 1000 };

	(void)source;
	return sink->put(sink, 3, &reading, err);
}

static int read_no_column(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	int r = put_one(sink, "web1", 1000, 1, err);

	(void)source;
	return r < 0 ? r : sink->put_part(sink, 0, 9, 1000, 1, err);
}

static int read_no_part(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	uint32_t column;
	int r = put_one(sink, "web1", 1000, 1, err);

	(void)source;
	return r < 0 ? r
		     : sink->find_part(sink, 0, (enum part)PART_COUNT, CELL_MEAN, "", 0,
			       &column, err);
}

static int read_no_figure(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	size_t row;

	(void)source;
	return account_map(sink->account, "x", 1, "no_such_figure", &row, err);
}

static struct relay_case {
	const char *name;
	int (*read)(const struct import_source *source, struct import_sink *sink,
		struct err *err);
	int code;
	const char *expected; /* what the sink got, or a part of the refusal */
} cases[] = {
	{ "all of it arrives", put_all, 0,
		"web1 1000 memory_used_bytes=8\n"
		"web2 cpu.cores=4\n"
		"web2 2000 memory_used_bytes=7\n"
		"web2 2060 memory_used_bytes=8\n"
		"web2 2120 memory_used_bytes=9\n" },
	{ "its refusal arrives with its text", read_refused, -EINVAL,
		"f.json:7: expected more" },
	{ "a crash refuses the file", read_crash, -EBADMSG, "reading it ended" },
	{ "it can open nothing", read_leave, -EINVAL, "nothing can be opened" },
	{ "an end without a word is none", read_stop, -EBADMSG, "without a result" },
	{ "a name with control characters", read_bad_name, -EINVAL, "workload" },
	{ "a value below nothing", read_negative, -EBADMSG, "no sense" },
	{ "a time beyond all calendars", read_late, -EBADMSG, "no sense" },
	{ "an extreme without a mean", read_extreme_alone, -EBADMSG, "no sense" },
	{ "cells that there are not", read_unknown_cells, -EBADMSG, "no sense" },
	{ "a workload that was not named", read_no_workload, -EBADMSG, "no sense" },
	{ "a column that was not named", read_no_column, -EBADMSG, "no sense" },
	{ "a part that there is not", read_no_part, -EBADMSG, "no sense" },
	{ "a figure that there is not", read_no_figure, -EBADMSG, "no sense" },
};

/* The importer that is under test reads its file in a child. */
static int relay_of_case(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	const struct import_options *options = source->options;
	struct importer importer = { .name = "test" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (!strcmp(cases[i].name, options->workload))
			importer.read = cases[i].read;
	return relay_read(&importer, source, sink, err);
}

static void check_relay(void **state)
{
	static const struct importer importer = { .name = "test",
		.read = relay_of_case };
	const struct relay_case *c = *state;
	const struct import_options options = { .workload = c->name };
	struct import_recorder recorder;
	struct err err = ERR_INIT;
	int r = recorder_run(
		&recorder, &importer, "f.json", "12345678", 8, &options, &err);

	if (r == -ENOTSUP)
		support_skip("this kernel cannot confine a process");
	assert_int_equal(r, c->code);
	if (r < 0) {
		assert_non_null(strstr(err.text, c->expected));
	} else {
		assert_string_equal(strbuf_text(&recorder.text), c->expected);
		assert_int_equal(recorder.account.unknown, 5);
		assert_int_equal(recorder.account.facts, 1);
		assert_int_equal(recorder.account.mapped_count, 1);
		assert_int_equal(recorder.account.mapped[0].readings, 4);
		assert_string_equal(recorder.account.zone, "Europe/Berlin");
		assert_string_equal(
			recorder.account.warning[0], "half of it is missing");
	}
	recorder_done(&recorder);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases)];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_relay,
			.initial_state = &cases[i] };
	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
