/* A sink that writes down what it gets, and a source of a text: for tests of formats. */
#ifndef TESTS_IMPORT_RECORDER_H
#define TESTS_IMPORT_RECORDER_H

#include "analyze/import/importer.h"
#include "analyze/import/names.h"
#include "common/strbuf.h"
#include "tests/memory_bytes.h"

#include <stdio.h>
#include <string.h>

/* One line for each reading, "web1 1682661348 cpu_busy_ratio=0.25 ...", and for each fact,
 * "web1 cpu.cores=4"; parts come at the end, as the readings they are reduced to. */
struct import_recorder {
	struct import_sink sink; /* first */
	struct account account;
	struct names names;
	struct part_table *parts[64];
	struct strbuf text;
};

static int recorder_find_workload(struct import_sink *sink, const char *name,
	size_t length, uint32_t *ret_workload, struct err *err)
{
	struct import_recorder *recorder = (struct import_recorder *)sink;

	return names_number(&recorder->names, name, length, 64, ret_workload) < 0
		? err_set(err, -1, "too many workloads for a test")
		: 0;
}

static void recorder_write(struct import_recorder *recorder, uint32_t workload,
	const struct reading *reading)
{
	static const char *const suffix[] = { "", "_min", "_max" };

	recorder->account.readings++;
	strbuf_addf(&recorder->text, "%s %lld", recorder->names.name[workload],
		(long long)reading->stamp);
	for (unsigned figure = 0; figure < FIGURE_COUNT; figure++)
		for (unsigned kind = 0; kind < CELL_KINDS; kind++)
			if (reading_has(reading, CELL(figure, kind)))
				strbuf_addf(&recorder->text, " %s%s=%.12g",
					figure_table[figure].column, suffix[kind],
					reading->value[CELL(figure, kind)]);
	strbuf_add(&recorder->text, "\n");
}

static int recorder_put(struct import_sink *sink, uint32_t workload,
	const struct reading *reading, struct err *err)
{
	(void)err;
	recorder_write((struct import_recorder *)sink, workload, reading);
	return 0;
}

static int recorder_find_part(struct import_sink *sink, uint32_t workload,
	enum part part, unsigned kind, const char *instance, size_t length,
	uint32_t *ret_column, struct err *err)
{
	struct import_recorder *recorder = (struct import_recorder *)sink;
	int r = 0;

	if (!recorder->parts[workload])
		r = part_table_new(&recorder->parts[workload], err);
	return r < 0 ? r
		     : part_columns_find(part_table_columns(recorder->parts[workload]),
			       part, kind, instance, length, ret_column, err);
}

static int recorder_put_part(struct import_sink *sink, uint32_t workload,
	uint32_t column, int64_t stamp, double value, struct err *err)
{
	struct import_recorder *recorder = (struct import_recorder *)sink;

	return part_table_put(recorder->parts[workload], column, stamp, value, err);
}

static int recorder_put_fact(struct import_sink *sink, uint32_t workload,
	const char *key, const char *value, struct err *err)
{
	struct import_recorder *recorder = (struct import_recorder *)sink;

	(void)err;
	recorder->account.facts++;
	strbuf_addf(&recorder->text, "%s %s=%s\n", recorder->names.name[workload], key,
		value);
	return 0;
}

struct recorded_row {
	struct import_recorder *recorder;
	uint32_t workload;
};

static int recorder_row(void *data, const struct reading *reading, struct err *err)
{
	const struct recorded_row *row = data;

	(void)err;
	recorder_write(row->recorder, row->workload, reading);
	return 0;
}

/* The text goes through the importer; what came is in recorder->text.  Free with
 * recorder_done. */
static int recorder_run(struct import_recorder *recorder,
	const struct importer *importer, const char *path, const char *text,
	size_t length, const struct import_options *options, struct err *err)
{
	struct import_source source = { .path = path, .options = options };
	struct bytes *bytes = NULL;
	int r;

	*recorder = (struct import_recorder){ .sink = { .find_workload =
								recorder_find_workload,
						      .put = recorder_put,
						      .find_part = recorder_find_part,
						      .put_part = recorder_put_part,
						      .put_fact = recorder_put_fact } };
	strbuf_init(&recorder->text, 1 << 24);
	recorder->sink.account = &recorder->account;
	r = bytes_of_memory(path, text, length, &bytes, err);
	source.bytes = bytes;
	if (r >= 0)
		r = importer->read(&source, &recorder->sink, err);
	bytes_close(bytes);
	for (uint32_t i = 0; r >= 0 && i < 64; i++) {
		struct recorded_row row = { recorder, i };

		if (recorder->parts[i])
			r = part_table_each(
				recorder->parts[i], recorder_row, &row, err);
	}
	return r;
}

static void recorder_done(struct import_recorder *recorder)
{
	for (uint32_t i = 0; i < 64; i++)
		part_table_free(recorder->parts[i]);
	account_done(&recorder->account);
	names_done(&recorder->names);
	strbuf_done(&recorder->text);
}

#endif
