/*
 * An import format is one row of importer_table: its name, how it names its
 * workloads, and a function that reads one file into a sink.  Adding a format is
 * one file in this folder and one row in importer.c.
 */
#ifndef ANALYZE_IMPORT_IMPORTER_H
#define ANALYZE_IMPORT_IMPORTER_H

#include "analyze/import/reading.h"
#include "analyze/import/readers/text.h"
#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

/* Where the readings go: an import in `analyze`, an array in the tests. */
struct import_sink {
	/* The number of a workload of this name, a new one or that of before. */
	int (*find_workload)(struct import_sink *sink, const char *name, size_t length,
		uint32_t *ret_workload, struct err *err);
	int (*put)(struct import_sink *sink, uint32_t workload,
		const struct reading *reading, struct err *err);
	uint64_t repaired; /* readings that were taken otherwise than they stand */
};

struct importer {
	const char *name;
	const char *help;
	const char *example;
	/*
	 * The one workload a file holds, by its path: files of the same workload are
	 * then read together.  NULL where the contents name the workloads.  -EINVAL with
	 * the text set for a path that names none.
	 */
	int (*name_of_path)(const char *path, const char **ret_name, size_t *ret_length,
		struct err *err);
	/* All of one file; the first fault refuses it. */
	int (*read)(const char *path, struct text_lines *lines,
		struct import_sink *sink, struct err *err);
};

extern const struct importer *const importer_table[];
extern const size_t importer_count;

const struct importer *importer_find(const char *name); /* NULL: no such format */

extern const struct importer bitbrains_importer;
extern const struct importer csv_importer;

#endif
