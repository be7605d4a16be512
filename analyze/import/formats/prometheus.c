/*
 * Answers of Prometheus and VictoriaMetrics (`query` with a range selector, `query_range`,
 * `/api/v1/export`): series of node_exporter, windows_exporter and our own names, counters
 * through the rate engine.  Text expositions give facts: one scrape is no series.
 */
#include "analyze/import/formats/prometheus.h"

#include "analyze/import/device_rules.h"
#include "analyze/import/readers/json_stream.h"
#include "common/array.h"
#include "common/rate.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 200
#define SERIES_VALUES_MAX ((size_t)8 << 20)
#define COUNTS_PER_UNIT 1000.0 /* the rate engine counts whole numbers */

enum prom_device { DEVICE_NONE, DEVICE_ADAPTER, DEVICE_DISK, DEVICE_NIC, DEVICE_ANY };

static const struct prom_rule {
	const char *name; /* without "_total" behind it */
	enum part part;
	double scale;
	bool is_counter;
	double bound_per_s; /* of a counter, in its unit */
	enum prom_device device;
	unsigned kind;
} rules[] = {
	/* clang-format off */
	{ "node_cpu_seconds", PART_CPU_MODE_RATIO, 1, true, 1.5, DEVICE_NONE, 0 },
	{ "node_cpu", PART_CPU_MODE_RATIO, 1, true, 1.5, DEVICE_NONE, 0 },
	{ "windows_cpu_time", PART_CPU_MODE_RATIO, 1, true, 1.5, DEVICE_NONE, 0 },
	{ "wmi_cpu_time", PART_CPU_MODE_RATIO, 1, true, 1.5, DEVICE_NONE, 0 },
	{ "node_memory_MemTotal_bytes", PART_MEMORY_TOTAL_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_memory_MemTotal", PART_MEMORY_TOTAL_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_memory_MemAvailable_bytes", PART_MEMORY_AVAILABLE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_memory_MemAvailable", PART_MEMORY_AVAILABLE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_memory_MemFree_bytes", PART_MEMORY_FREE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_memory_MemFree", PART_MEMORY_FREE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "windows_cs_physical_memory_bytes", PART_MEMORY_TOTAL_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "windows_memory_physical_total_bytes", PART_MEMORY_TOTAL_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "windows_memory_available_bytes", PART_MEMORY_AVAILABLE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "windows_os_physical_memory_free_bytes", PART_MEMORY_AVAILABLE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_network_receive_bytes", PART_NET_RX_BPS, 8, true, 5e10, DEVICE_ADAPTER, 0 },
	{ "node_network_transmit_bytes", PART_NET_TX_BPS, 8, true, 5e10, DEVICE_ADAPTER, 0 },
	{ "windows_net_bytes_received", PART_NET_RX_BPS, 8, true, 5e10, DEVICE_NIC, 0 },
	{ "windows_net_bytes_sent", PART_NET_TX_BPS, 8, true, 5e10, DEVICE_NIC, 0 },
	{ "node_disk_read_bytes", PART_DISK_READ_BYTES_PER_S, 1, true, 1e11, DEVICE_DISK, 0 },
	{ "node_disk_bytes_read", PART_DISK_READ_BYTES_PER_S, 1, true, 1e11, DEVICE_DISK, 0 },
	{ "node_disk_written_bytes", PART_DISK_WRITE_BYTES_PER_S, 1, true, 1e11, DEVICE_DISK, 0 },
	{ "node_disk_bytes_written", PART_DISK_WRITE_BYTES_PER_S, 1, true, 1e11, DEVICE_DISK, 0 },
	{ "node_disk_reads_completed", PART_DISK_READ_OPS_PER_S, 1, true, 1e8, DEVICE_DISK, 0 },
	{ "node_disk_writes_completed", PART_DISK_WRITE_OPS_PER_S, 1, true, 1e8, DEVICE_DISK, 0 },
	{ "windows_physical_disk_read_bytes", PART_DISK_READ_BYTES_PER_S, 1, true, 1e11, DEVICE_ANY, 0 },
	{ "windows_physical_disk_write_bytes", PART_DISK_WRITE_BYTES_PER_S, 1, true, 1e11, DEVICE_ANY, 0 },
	{ "headroom_memory_used_bytes", PART_MEMORY_USED_BYTES, 1, false, 0, DEVICE_NONE, CELL_MEAN },
	{ "headroom_memory_used_bytes_min", PART_MEMORY_USED_BYTES, 1, false, 0, DEVICE_NONE, CELL_MIN },
	{ "headroom_memory_used_bytes_max", PART_MEMORY_USED_BYTES, 1, false, 0, DEVICE_NONE, CELL_MAX },
	{ "headroom_cpu_used_mhz", PART_CPU_USED_MHZ, 1, false, 0, DEVICE_NONE, CELL_MEAN },
	{ "headroom_cpu_used_mhz_min", PART_CPU_USED_MHZ, 1, false, 0, DEVICE_NONE, CELL_MIN },
	{ "headroom_cpu_used_mhz_max", PART_CPU_USED_MHZ, 1, false, 0, DEVICE_NONE, CELL_MAX },
	{ "headroom_network_bps", PART_NETWORK_BPS, 1, false, 0, DEVICE_NONE, CELL_MEAN },
	{ "headroom_network_bps_min", PART_NETWORK_BPS, 1, false, 0, DEVICE_NONE, CELL_MIN },
	{ "headroom_network_bps_max", PART_NETWORK_BPS, 1, false, 0, DEVICE_NONE, CELL_MAX },
	{ "headroom_disk_bytes_per_s", PART_DISK_BYTES_PER_S, 1, false, 0, DEVICE_NONE, CELL_MEAN },
	{ "headroom_disk_bytes_per_s_min", PART_DISK_BYTES_PER_S, 1, false, 0, DEVICE_NONE, CELL_MIN },
	{ "headroom_disk_bytes_per_s_max", PART_DISK_BYTES_PER_S, 1, false, 0, DEVICE_NONE, CELL_MAX },
	{ "headroom_disk_ops_per_s", PART_DISK_OPS_PER_S, 1, false, 0, DEVICE_NONE, CELL_MEAN },
	{ "headroom_disk_ops_per_s_min", PART_DISK_OPS_PER_S, 1, false, 0, DEVICE_NONE, CELL_MIN },
	{ "headroom_disk_ops_per_s_max", PART_DISK_OPS_PER_S, 1, false, 0, DEVICE_NONE, CELL_MAX },
	{ "bitbrains_cpu_usage_mhz", PART_CPU_USED_MHZ, 1, false, 0, DEVICE_NONE, 0 },
	{ "bitbrains_memory_usage_kb", PART_MEMORY_USED_BYTES, 1024, false, 0, DEVICE_NONE, 0 },
	{ "bitbrains_network_receive_kbps", PART_NET_RX_BPS, 8192, false, 0, DEVICE_NONE, 0 },
	{ "bitbrains_network_transmit_kbps", PART_NET_TX_BPS, 8192, false, 0, DEVICE_NONE, 0 },
	{ "bitbrains_disk_read_kbps", PART_DISK_READ_BYTES_PER_S, 1024, false, 0, DEVICE_NONE, 0 },
	{ "bitbrains_disk_write_kbps", PART_DISK_WRITE_BYTES_PER_S, 1024, false, 0, DEVICE_NONE, 0 },
	/* clang-format on */
};

static const struct prom_rule *find_prom_rule(const char *name)
{
	size_t length = strlen(name);

	if (length > 6 && !strcmp(name + length - 6, "_total"))
		length -= 6;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (strlen(rules[i].name) == length &&
			!memcmp(rules[i].name, name, length))
			return &rules[i];
	}
	return NULL;
}

/* The labels that count; "" where there is none. */
struct prom_labels {
	char name[LABEL_MAX], workload[LABEL_MAX], vm[LABEL_MAX], instance[LABEL_MAX];
	char device[LABEL_MAX], cpu[LABEL_MAX], mode[LABEL_MAX];
};

struct prom_sample {
	int64_t stamp_ms;
	double value; /* NAN: unknown */
};

struct prom_reading {
	const struct import_source *source;
	struct import_sink *sink;
	struct json_stream *stream;
	struct err *err;
	struct prom_labels labels;
	struct prom_sample *sample;
	size_t samples, room;
};

static int prom_next(struct prom_reading *reading, struct json_token *token)
{
	return json_stream_next(reading->stream, token, reading->err);
}

/* ---- one series ---------------------------------------------------------------------------- */

static bool is_busy_mode(const char *mode)
{
	/* guest is in user already; dpc and interrupt of Windows are in privileged */
	static const char *const others[] = { "idle", "iowait", "guest", "guest_nice",
		"dpc", "interrupt", "" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (!strcmp(mode, others[i]))
			return false;
	}
	return true;
}

/* Its part of a figure by its labels; NULL: why it is not ours. */
static const char *series_instance(const struct prom_labels *labels,
	const struct prom_rule *rule, char instance[2 * LABEL_MAX + 2])
{
	snprintf(instance, 2 * LABEL_MAX + 2, "%s", labels->device);
	if (rule->part == PART_CPU_MODE_RATIO) {
		snprintf(instance, 2 * LABEL_MAX + 2, "%s:%s", labels->cpu,
			labels->mode);
		return is_busy_mode(labels->mode) ? NULL
						  : "no busy time of a processor";
	}
	if (rule->device == DEVICE_ADAPTER &&
		!device_is_adapter(labels->device, strlen(labels->device)))
		return "an adapter that carries nothing of its own";
	if (rule->device == DEVICE_DISK &&
		!device_is_disk(labels->device, strlen(labels->device)))
		return "no whole disk";
	if (rule->device == DEVICE_NONE)
		instance[0] = '\0';
	return NULL;
}

/* --workload, the label workload or vm, the instance without its port. */
static int series_workload(struct prom_reading *reading, uint32_t *ret_workload)
{
	const struct import_options *options = reading->source->options;
	const struct prom_labels *labels = &reading->labels;
	const struct text_place place = { reading->source->path, 1 };
	const char *name = options && options->workload ? options->workload
		: *labels->workload                     ? labels->workload
		: *labels->vm                           ? labels->vm
							: labels->instance;
	size_t length = strlen(name);
	const char *port = strrchr(name, ':');
	int r;

	if (name == labels->instance && port &&
		strspn(port + 1, "0123456789") == strlen(port + 1))
		length = (size_t)(port - name);
	r = text_name(&place, "instance", name, length, reading->err);
	return r < 0 ? r
		     : reading->sink->find_workload(
			       reading->sink, name, length, ret_workload, reading->err);
}

/* The most frequent difference of the first samples, in seconds. */
static double series_step(const struct prom_reading *reading)
{
	double best = 60;
	size_t most = 0, seen = reading->samples < 200 ? reading->samples : 200;

	for (size_t i = 1; i < seen; i++) {
		int64_t step =
			reading->sample[i].stamp_ms - reading->sample[i - 1].stamp_ms;
		size_t count = 0;

		for (size_t k = 1; k < seen; k++)
			count += llabs(reading->sample[k].stamp_ms -
					 reading->sample[k - 1].stamp_ms - step) <= 100;
		if (count > most) {
			most = count;
			best = (double)step / 1000;
		}
	}
	return best > 0 ? best : 1;
}

/* A counter's samples become rates; the first one has none. */
static void samples_to_rates(struct prom_reading *reading, const struct prom_rule *rule)
{
	const struct rate_kind kind = { .width = 64,
		.bound_per_s = rule->bound_per_s * COUNTS_PER_UNIT };
	struct rate_state state = { .raw = 0 };
	struct rate_instant before = { .boot = 1 };
	double step_s = series_step(reading);

	for (size_t i = 0; i < reading->samples; i++) {
		struct prom_sample *sample = &reading->sample[i];
		const struct rate_instant now = { sample->stamp_ms * 1000000,
			sample->stamp_ms * 1000000, 1 };
		struct rate_interval interval = rate_between(&before, &now, step_s);
		double per_s = NAN;

		if (!isnan(sample->value) && sample->value >= 0 &&
			sample->value * COUNTS_PER_UNIT < 1.8e19) {
			enum rate_outcome outcome = rate_next(&state, &kind, &interval,
				(uint64_t)(sample->value * COUNTS_PER_UNIT), &per_s);

			if (outcome == RATE_RESET && reading->sink->account)
				reading->sink->account->resets++;
			before = now;
		}
		sample->value = per_s / COUNTS_PER_UNIT;
	}
}

/* Real scrapes never are so even: query_range gives a value for each step, also where the
 * last sample is up to five minutes old. */
static int warn_of_range(struct prom_reading *reading)
{
	const struct prom_sample *sample = reading->sample;

	if (reading->samples < 20 || !strncmp(reading->labels.name, "headroom_", 9))
		return 0;
	for (size_t i = 2; i < reading->samples; i++) {
		int64_t step = sample[i].stamp_ms - sample[i - 1].stamp_ms;

		if (step != sample[i - 1].stamp_ms - sample[i - 2].stamp_ms ||
			step % 1000 != 0)
			return 0;
	}
	return account_warn(reading->sink->account, reading->err,
		"its samples are as even as an answer of query_range, which hides gaps of up "
		"to five minutes: a range selector (query=NAME[30d]) gives what was scraped");
}

static int put_series(struct prom_reading *reading)
{
	const struct prom_rule *rule = find_prom_rule(reading->labels.name);
	const struct import_options *options = reading->source->options;
	struct import_sink *sink = reading->sink;
	char instance[2 * LABEL_MAX + 2];
	const char *why = rule ? series_instance(&reading->labels, rule, instance)
			       : "no series that a figure is made of";
	uint32_t workload = 0, column = 0;
	size_t row = 0;
	int r;

	if (why)
		return account_ignore(sink->account, reading->labels.name,
			strlen(reading->labels.name), why, reading->err);
	r = series_workload(reading, &workload);
	if (r >= 0)
		r = sink->find_part(sink, workload, rule->part, rule->kind, instance,
			strlen(instance), &column, reading->err);
	if (r >= 0)
		r = account_map(sink->account, reading->labels.name,
			strlen(reading->labels.name), part_figure(rule->part), &row,
			reading->err);
	if (r >= 0)
		r = warn_of_range(reading);
	if (r >= 0 && rule->is_counter)
		samples_to_rates(reading, rule);
	for (size_t i = 0; r >= 0 && i < reading->samples; i++) {
		const struct prom_sample *sample = &reading->sample[i];
		int64_t stamp = (sample->stamp_ms + 500) / 1000;

		if (options && options->has_since && stamp < options->since)
			continue;
		if (isnan(sample->value) && i == 0 && rule->is_counter)
			continue; /* nothing to compare with is no reading */
		if (!isnan(sample->value) && sample->value < 0)
			continue;
		account_count(sink->account, row, isnan(sample->value) ? 0u : 1u);
		r = sink->put_part(sink, workload, column, stamp,
			sample->value * rule->scale, reading->err);
	}
	if (r >= 0 && rule->part == PART_MEMORY_AVAILABLE_BYTES)
		r = sink->put_fact(
			sink, workload, "memory.kind", "guest", reading->err);
	return r;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static int add_sample(struct prom_reading *reading, double stamp_ms, double value)
{

	if (reading->samples == SERIES_VALUES_MAX)
		return err_set(reading->err, -EFBIG,
			"%s: expected at most %zu samples of a series, found more",
			reading->source->path, SERIES_VALUES_MAX);
	if (!(stamp_ms >= 31536000e3 && stamp_ms <= 4102444800e3))
		return err_set(reading->err, -EINVAL,
			"%s: values: expected a time between 1971 and 2100",
			reading->source->path);
	if (ARRAY_RESERVE(reading->sample, reading->room, reading->samples + 1) < 0)
		return err_oom(reading->err);
	reading->sample[reading->samples++] =
		(struct prom_sample){ (int64_t)stamp_ms, value };
	return 0;
}

/* "NaN" and "+Inf" are unknown; so is what is negative, of speeds that nobody knows. */
static int token_value(
	struct prom_reading *reading, const struct json_token *token, double *ret_value)
{
	double value;

	*ret_value = NAN;
	if (token->event == JSON_NULL)
		return 0;
	if (token->event != JSON_TEXT && token->event != JSON_NUMBER)
		return json_stream_refuse(
			reading->stream, "a value", token, reading->err);
	if (text_is_number(token->text, token->length, &value)) {
		*ret_value = value;
		return 0;
	}
	if (token->length && strchr("-+NIn", token->text[0])) {
		if (reading->sink->account)
			reading->sink->account->unknown++;
		return 0;
	}
	return json_stream_refuse(reading->stream, "a value", token, reading->err);
}

/* [[1375308176,"747.1"],...] of the API, behind the first bracket. */
static int take_pair_list(struct prom_reading *reading)
{
	struct json_token token;
	double stamp, value;
	int r = 0;

	while (r >= 0) {
		r = prom_next(reading, &token);
		if (r < 0 || token.event == JSON_ARRAY_END)
			break;
		if (token.event == JSON_ARRAY)
			r = prom_next(reading, &token);
		if (r >= 0 &&
			(token.event != JSON_NUMBER ||
				!text_is_number(token.text, token.length, &stamp)))
			return json_stream_refuse(
				reading->stream, "a time", &token, reading->err);
		if (r >= 0)
			r = prom_next(reading, &token);
		if (r >= 0)
			r = token_value(reading, &token, &value);
		if (r >= 0)
			r = prom_next(reading, &token);
		if (r >= 0 && token.event != JSON_ARRAY_END)
			return json_stream_refuse(reading->stream,
				"the end of a sample", &token, reading->err);
		if (r >= 0)
			r = add_sample(reading, floor(stamp * 1000 + 0.5), value);
	}
	return r;
}

/* "values":[...] or "timestamps":[...] of /api/v1/export, in either order. */
static int take_export_list(struct prom_reading *reading, bool is_time)
{
	struct json_token token;
	size_t at = 0;
	double value;
	int r = 0;

	while (r >= 0) {
		r = prom_next(reading, &token);
		if (r < 0 || token.event == JSON_ARRAY_END)
			break;
		r = token_value(reading, &token, &value);
		if (r >= 0 && at == reading->samples)
			r = add_sample(reading, is_time ? value : 31536000e3, NAN);
		if (r < 0)
			break;
		if (is_time && !isnan(value))
			reading->sample[at].stamp_ms = (int64_t)value;
		else if (!is_time)
			reading->sample[at].value = value;
		at++;
	}
	return r;
}

static int take_labels(struct prom_reading *reading)
{
	struct prom_labels *labels = &reading->labels;
	const struct {
		const char *key;
		char *to;
	} wanted[] = { { "__name__", labels->name }, { "workload", labels->workload },
		{ "vm", labels->vm }, { "instance", labels->instance },
		{ "device", labels->device }, { "nic", labels->device },
		{ "disk", labels->device }, { "cpu", labels->cpu },
		{ "core", labels->cpu }, { "mode", labels->mode } };
	struct json_token token;
	int r = prom_next(reading, &token);

	if (r >= 0 && token.event != JSON_OBJECT)
		return json_stream_refuse(
			reading->stream, "labels", &token, reading->err);
	memset(labels, 0, sizeof(*labels));
	while (r >= 0) {
		char *to = NULL;

		r = prom_next(reading, &token);
		if (r < 0 || token.event == JSON_OBJECT_END)
			break;
		for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
			if (!strcmp(token.text, wanted[i].key))
				to = wanted[i].to;
		r = prom_next(reading, &token);
		if (r >= 0 && to && token.event == JSON_TEXT)
			snprintf(to, LABEL_MAX, "%s", token.text);
		if (r >= 0)
			r = json_stream_skip(reading->stream, &token, reading->err);
	}
	return r;
}

/* An object whose "{" has been taken: {"metric":{...},"values":[...]}. */
static int prometheus_take_series(struct prom_reading *reading)
{
	struct json_token token;
	int r = 0;

	reading->samples = 0;
	memset(&reading->labels, 0, sizeof(reading->labels));
	while (r >= 0) {
		bool is_values, is_times;

		r = prom_next(reading, &token);
		if (r < 0 || token.event == JSON_OBJECT_END)
			break;
		is_values = !strcmp(token.text, "values");
		is_times = !strcmp(token.text, "timestamps");
		if (!strcmp(token.text, "metric")) {
			r = take_labels(reading);
		} else if (is_values || is_times) {
			/* pairs of the API begin with a second bracket */
			r = json_stream_peek(reading->stream, &token, reading->err);
			if (r >= 0 && token.event == JSON_ARRAY)
				r = prom_next(reading, &token);
			if (r >= 0)
				r = json_stream_peek(
					reading->stream, &token, reading->err);
			if (r >= 0 && token.event == JSON_ARRAY && is_values)
				r = take_pair_list(reading);
			else if (r >= 0)
				r = take_export_list(reading, is_times);
		} else {
			r = json_stream_skip(reading->stream, &token, reading->err);
		}
	}
	return r < 0 ? r : put_series(reading);
}

/* {"status":"success","data":{"resultType":"matrix","result":[...]}} and lines of series:
 * whatever objects there are around a "metric". */
static int prometheus_take_answer(struct prom_reading *reading)
{
	struct json_token token;
	int r = 0;

	while (r >= 0) {
		r = prom_next(reading, &token);
		if (r < 0 || token.event == JSON_END)
			break;
		if (token.event == JSON_OBJECT) {
			r = json_stream_peek(reading->stream, &token, reading->err);
			if (r >= 0 && token.event == JSON_KEY &&
				!strcmp(token.text, "metric"))
				r = prometheus_take_series(reading);
		} else if (token.event == JSON_KEY && !strcmp(token.text, "error")) {
			char quoted[TEXT_QUOTE_SIZE];

			r = prom_next(reading, &token);
			if (r < 0 || token.event != JSON_TEXT)
				continue;
			text_quote(token.text, token.length, quoted);
			return err_set(reading->err, -EINVAL,
				"%s: the server answered with an error: %s",
				reading->source->path, quoted);
		}
	}
	return r;
}

static int read_prom_json(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct prom_reading reading = { .source = source, .sink = sink, .err = err };
	int r = json_stream_open(source->bytes, true, &reading.stream, err);

	if (r >= 0)
		r = prometheus_take_answer(&reading);
	json_stream_close(reading.stream);
	free(reading.sample);
	return r;
}

/* ---- whose file is it ----------------------------------------------------------------------------- */

static bool head_has(const struct import_head *head, const char *text)
{
	return memmem(head->text, head->length, text, strlen(text)) != NULL;
}

/* What a server sends, and what jq and others make of it: blanks do not count. */
static bool begins_as(const struct import_head *head, const char *text)
{
	size_t at = 0;

	for (; *text; text++, at++) {
		while (at < head->length && strchr(" \t\r\n", head->text[at]) &&
			head->text[at])
			at++;
		if (at == head->length || head->text[at] != *text)
			return false;
	}
	return true;
}

static bool is_prom_json(const struct import_head *head)
{
	return begins_as(head, "{\"status\":\"success\"") ||
		begins_as(head, "{\"status\":\"error\"") ||
		begins_as(head, "{\"metric\":{");
}

static int prometheus_recognise(const struct import_head *head)
{
	if (is_prom_json(head))
		return IMPORT_SURE;
	return (head_has(head, "# TYPE ") || head_has(head, "# HELP ")) &&
			(head_has(head, "\nnode_") || head_has(head, "\nwindows_") ||
				head_has(head, "\ngo_gc_"))
		? IMPORT_LIKELY
		: IMPORT_NOT_MINE;
}

static int prometheus_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct import_head head = { .path = source->path };
	int r = bytes_head(source->bytes, &head.text, &head.length, err);

	if (r < 0)
		return r;
	return is_prom_json(&head) ? read_prom_json(source, sink, err)
				   : prometheus_read_exposition(source, sink, err);
}

const struct importer prometheus_importer = {
	.is_confined = true,
	.name = "prometheus",
	.help = "answers of Prometheus and VictoriaMetrics as JSON; scrapes (facts)",
	.example = "analyze import prometheus matrix.json",
	.recognise = prometheus_recognise,
	.read = prometheus_read,
};
