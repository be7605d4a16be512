#include "probes/host/pressure.h"

#include "common/each_tick.h"
#include "common/util.h"
#include "probes/host/container.h"
#include "probes/text.h"

#include <errno.h>
#include <stdlib.h>

static const struct pressure_file {
	const char *path, *own; /* of the machine; of a container's control group */
	enum metric_id some_total, some_avg10;
	enum metric_id full_total, full_avg10; /* METRIC_COUNT: not kept */
} sources[PRESSURE_SOURCES] = {
	[PRESSURE_CPU] = { "proc/pressure/cpu", "cpu.pressure",
		METRIC_PRESSURE_CPU_SOME_RATIO, METRIC_PRESSURE_CPU_SOME_AVG10,
		METRIC_COUNT, METRIC_COUNT },
	[PRESSURE_MEMORY] = { "proc/pressure/memory", "memory.pressure",
		METRIC_PRESSURE_MEM_SOME_RATIO, METRIC_PRESSURE_MEM_SOME_AVG10,
		METRIC_PRESSURE_MEM_FULL_RATIO, METRIC_PRESSURE_MEM_FULL_AVG10 },
	[PRESSURE_IO] = { "proc/pressure/io", "io.pressure",
		METRIC_PRESSURE_IO_SOME_RATIO, METRIC_PRESSURE_IO_SOME_AVG10,
		METRIC_PRESSURE_IO_FULL_RATIO, METRIC_PRESSURE_IO_FULL_AVG10 },
};

struct probe_state {
	const struct probe_context *context; /* borrowed */
	struct host_file file[PRESSURE_SOURCES];
};

/* Digits, a point, two digits: as the kernel prints averages. */
EACH_TICK static bool parse_fixed(struct text *line, double *ret_value)
{
	uint64_t whole = 0;
	uint64_t part = 0;
	double scale = 1;
	const char *first;

	first = line->at;
	while (line->at < line->end && *line->at >= '0' && *line->at <= '9')
		whole = whole * 10 + (uint64_t)(*line->at++ - '0');
	if (line->at == first || line->at - first > 15)
		return false;
	if (line->at < line->end && *line->at == '.') {
		first = ++line->at;
		while (line->at < line->end && *line->at >= '0' && *line->at <= '9') {
			part = part * 10 + (uint64_t)(*line->at++ - '0');
			scale *= 10;
		}
		if (line->at == first || line->at - first > 15)
			return false;
	}
	*ret_value = (double)whole + (double)part / scale;
	return line->at == line->end || *line->at == ' ' || *line->at == '\t';
}

/* Behind " total=", which is the last word of the line so far; NULL: there is none. */
static const char *find_total(const struct text *line)
{
	static const char key[] = " total=";
	const size_t length = sizeof(key) - 1;
	const char *at = memrchr(line->at, ' ', (size_t)(line->end - line->at));

	if (!at || (size_t)(line->end - at) < length || memcmp(at, key, length) != 0)
		at = memmem(line->at, (size_t)(line->end - line->at), key, length);
	return at ? at + length : NULL;
}

/* avg10=0.00 avg60=0.00 avg300=0.00 total=0 */
EACH_TICK static void parse_line(struct text line, enum metric_id total_metric,
	enum metric_id avg_metric, struct sink *sink)
{
	uint64_t total;
	double average;

	text_blanks(&line);
	if (text_prefix(&line, "avg10=") && parse_fixed(&line, &average))
		sink->put_gauge(sink, avg_metric, 0, average);
	line.at = find_total(&line);
	if (line.at && line.at < line.end && *line.at != ' ' && text_u64(&line, &total))
		sink->put_counter(sink, total_metric, 0, total);
}

EACH_TICK int pressure_parse(const char *text, size_t length,
	enum pressure_source source, struct sink *sink, struct err *err)
{
	const struct pressure_file *metrics = &sources[source];
	struct text all = text_of(text, length);
	bool has_some = false;
	struct text line;

	while (text_line(&all, &line)) {
		if (text_prefix(&line, "some ")) {
			parse_line(
				line, metrics->some_total, metrics->some_avg10, sink);
			has_some = true;
		} else if (metrics->full_total != METRIC_COUNT &&
			text_prefix(&line, "full ")) {
			parse_line(
				line, metrics->full_total, metrics->full_avg10, sink);
		}
	}
	return has_some ? 0 : err_set(err, -EINVAL, "no line \"some\"");
}

static int pressure_open(struct probe_state **ret_state,
	const struct probe_context *context, struct err *err)
{
	struct probe_state *state = calloc(1, sizeof(*state));

	if (!state)
		return err_oom(err);
	state->context = context;
	for (size_t i = 0; i < PRESSURE_SOURCES; i++)
		hostroot_file_init(&state->file[i], context->root, sources[i].path);
	*ret_state = state;
	return 0;
}

/* In a container proc/pressure is its host's, or not there. */
EACH_TICK static int read_pressure_text(
	struct probe_state *state, size_t i, size_t *ret_length, struct err *err)
{
	const struct probe_context *context = state->context;
	char path[CONTAINER_PATH_MAX + 64];
	int r;

	if (!container_is_foreign(context->container, false))
		return hostroot_file_read_short(&state->file[i], context->text,
			context->text_size, ret_length, err);
	if (context->container->version != 2 ||
		!container_path(
			context->container, "", sources[i].own, path, sizeof(path)))
		return -ENOENT;
	r = hostroot_read_text(context->root, path, context->text, context->text_size);
	*ret_length = r < 0 ? 0 : strlen(context->text);
	return r < 0 ? -ENOENT : 0;
}

EACH_TICK static int pressure_read(
	struct probe_state *state, struct sink *sink, bool is_slow, struct err *err)
{
	const struct probe_context *context = state->context;
	int failure = 0;

	(void)is_slow;
	for (size_t i = 0; i < PRESSURE_SOURCES; i++) {
		size_t length;
		int r = read_pressure_text(state, i, &length, failure ? NULL : err);

		/* EOPNOTSUPP: built in, but switched off (psi=0) */
		if (r == -ENOENT || r == -EOPNOTSUPP)
			continue;
		if (r == 0) {
			r = pressure_parse(context->text, length,
				(enum pressure_source)i, sink, failure ? NULL : err);
			if (r < 0 && !failure)
				err_wrap(err, r, "%s", sources[i].path);
		}
		if (r < 0 && !failure)
			failure = r; /* the others are read all the same */
	}
	return failure;
}

static void pressure_close(struct probe_state *state)
{
	if (!state)
		return;
	for (size_t i = 0; i < PRESSURE_SOURCES; i++)
		hostroot_file_done(&state->file[i]);
	free(state);
}

const struct probe pressure_probe = {
	.name = "pressure",
	.help = "time in which tasks waited for CPU, memory or I/O",
	.open = pressure_open,
	.read = pressure_read,
	.close = pressure_close,
};

/* ---- load -------------------------------------------------------------------- */

EACH_TICK int load_parse(
	const char *text, size_t length, struct sink *sink, struct err *err)
{
	static const enum metric_id metrics[] = { METRIC_LOAD1, METRIC_LOAD5,
		METRIC_LOAD15 };
	struct text all = text_of(text, length);
	double value[ARRAY_LEN(metrics)];
	struct text line;

	if (!text_line(&all, &line))
		return err_set(err, -EINVAL, "empty");
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++) {
		text_blanks(&line);
		if (!parse_fixed(&line, &value[i]))
			return err_set(err, -EINVAL, "load average %zu is not a number",
				i + 1);
	}
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		sink->put_gauge(sink, metrics[i], 0, value[i]);
	return 0;
}

static int load_open(struct probe_state **ret_state,
	const struct probe_context *context, struct err *err)
{
	int r = pressure_open(ret_state, context, err);

	if (r == 0)
		hostroot_file_init(
			&(*ret_state)->file[0], context->root, "proc/loadavg");
	return r;
}

EACH_TICK static int load_read(
	struct probe_state *state, struct sink *sink, bool is_slow, struct err *err)
{
	const struct probe_context *context = state->context;
	size_t length;
	int r;

	(void)is_slow;
	if (container_is_foreign(context->container,
		    context->container && context->container->owns_loadavg))
		return 0; /* the host's */
	r = hostroot_file_read_short(
		&state->file[0], context->text, context->text_size, &length, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = load_parse(context->text, length, sink, err);
	return r < 0 ? err_wrap(err, r, "proc/loadavg") : 0;
}

const struct probe load_probe = {
	.name = "load",
	.help = "load averages",
	.open = load_open,
	.read = load_read,
	.close = pressure_close,
};
