/* What every importer owes whatever it reads: a clean refusal, or finite values >= 0 of
 * workloads whose names are fit to be one. */
#ifndef TESTS_FUZZ_FUZZ_IMPORTER_H
#define TESTS_FUZZ_FUZZ_IMPORTER_H

#include "analyze/import/importer.h"
#include "tests/memory_bytes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct fuzz_import {
	struct import_sink sink; /* first */
	struct account account;
	struct part_table *parts;
};

static int fuzz_find_workload(struct import_sink *sink, const char *name, size_t length,
	uint32_t *ret_workload, struct err *err)
{
	const struct text_place place = { "fuzz", 1 };

	(void)sink, (void)err;
	if (text_name(&place, "workload", name, length, NULL) < 0)
		abort();
	*ret_workload = 0;
	return 0;
}

static int fuzz_put(struct import_sink *sink, uint32_t workload,
	const struct reading *reading, struct err *err)
{
	(void)sink, (void)workload, (void)err;
	for (unsigned cell = 0; cell < CELL_COUNT; cell++) {
		if (reading_has(reading, cell) &&
			!(reading->value[cell] >= 0 && reading->value[cell] < 1e40))
			abort();
		if (reading_has(reading, cell) &&
			!reading_has(reading, cell % FIGURE_COUNT))
			abort();
	}
	return 0;
}

static int fuzz_find_part(struct import_sink *sink, uint32_t workload, enum part part,
	unsigned kind, const char *instance, size_t length, uint32_t *ret_column,
	struct err *err)
{
	struct fuzz_import *fuzz = (struct fuzz_import *)sink;
	int r = fuzz->parts ? 0 : part_table_new(&fuzz->parts, err);

	(void)workload;
	return r < 0 ? r
		     : part_columns_find(part_table_columns(fuzz->parts), part, kind,
			       instance, length, ret_column, err);
}

static int fuzz_put_part(struct import_sink *sink, uint32_t workload, uint32_t column,
	int64_t stamp, double value, struct err *err)
{
	(void)workload;
	if (!isnan(value) && !(value >= 0 && value < 1e40))
		abort();
	return part_table_put(
		((struct fuzz_import *)sink)->parts, column, stamp, value, err);
}

static int fuzz_put_fact(struct import_sink *sink, uint32_t workload, const char *key,
	const char *value, struct err *err)
{
	(void)sink, (void)workload, (void)key, (void)value, (void)err;
	return 0;
}

static int fuzz_reduced(void *data, const struct reading *reading, struct err *err)
{
	return fuzz_put(data, 0, reading, err);
}

static int fuzz_importer(const struct importer *importer, const uint8_t *data,
	size_t size, const struct import_options *options)
{
	struct fuzz_import fuzz = { .sink = { .find_workload = fuzz_find_workload,
					    .put = fuzz_put,
					    .find_part = fuzz_find_part,
					    .put_part = fuzz_put_part,
					    .put_fact = fuzz_put_fact } };
	struct import_source source = { .path = "fuzz.txt", .options = options };
	struct err err = ERR_INIT;
	struct bytes *bytes = NULL;
	int r;

	fuzz.sink.account = &fuzz.account;
	if (bytes_of_memory("fuzz.txt", data, size, &bytes, &err) < 0)
		return 0;
	source.bytes = bytes;
	r = importer->read(&source, &fuzz.sink, &err);
	if (r >= 0 && fuzz.parts)
		r = part_table_each(fuzz.parts, fuzz_reduced, &fuzz, &err);
	bytes_close(bytes);
	part_table_free(fuzz.parts);
	account_done(&fuzz.account);
	if (r < 0) {
		for (const char *p = err.text; *p; p++) {
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				abort();
		}
		if (!*err.text)
			abort();
	}
	return 0;
}

#endif
