/* Formats of `analyze export`: one row of a table, one file each. */
#ifndef ANALYZE_EXPORT_EXPORTER_H
#define ANALYZE_EXPORT_EXPORTER_H

#include "analyze/console/verb.h"

struct exporter {
	const char *name; /* as on the command line */
	const char *help; /* one line */
	/* context->arguments[0] is the name, what follows is the format's own; writes to
	 * context->out.  Returns 0 or a negative errno with the text set. */
	int (*run)(struct context *context, struct err *err);
};

extern const struct exporter exporter_table[];
extern const size_t exporter_count;

int export_csv(struct context *context, struct err *err);
int export_openmetrics(struct context *context, struct err *err);
int export_jsonl(struct context *context, struct err *err);

#endif
