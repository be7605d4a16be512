/* Formats of `analyze export`: one row of a table, one file each. */
#ifndef ANALYZE_EXPORT_EXPORTER_H
#define ANALYZE_EXPORT_EXPORTER_H

#include "analyze/estate/estate.h"

#include <stdio.h>

struct export_request {
	const char *columns; /* with commas; NULL: all, and where the format has none */
	unsigned step_s;     /* of the slots (coarse.h); 0: as they are */
};

struct exporter {
	const char *name; /* as on the command line */
	const char *help; /* one line */
	/* Writes the chosen workloads, of the columns only those named.  Returns 0 or a negative errno with the text set;
	 * what out could not take is for its owner to see (ferror). */
	int (*run)(const struct estate *estate, const struct export_request *request,
		FILE *out, struct err *err);
	bool has_columns;
};

extern const struct exporter exporter_table[];
extern const size_t exporter_count;

/* The rows of the table: 0 or a negative errno, as exporter.run says. */
int export_csv(const struct estate *estate, const struct export_request *request,
	FILE *out, struct err *err);
int export_openmetrics(const struct estate *estate,
	const struct export_request *request, FILE *out, struct err *err);
int export_jsonl(const struct estate *estate, const struct export_request *request,
	FILE *out, struct err *err);

#endif
