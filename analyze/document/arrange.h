/* --sort KEY, --top N, --only WORD on the tables of a document. */
#ifndef ANALYZE_DOCUMENT_ARRANGE_H
#define ANALYZE_DOCUMENT_ARRANGE_H

#include "analyze/document/document.h"

/* For the lists of options of verbs that show tables of workloads. */
#define ARRANGE_OPTIONS                                                             \
	{ "sort", "KEY",                                                            \
		"the highest of a column first: memory, cpu, name, coverage ..." }, \
		{ "top", "N", "only the first N" },                                 \
	{                                                                           \
		"only", "WORD", "only rows that say so: disqualified, sampled ..."  \
	}

/*
 * document_arrange - by the options of the context, where they are given
 *
 * A key is the name of a column as people or machines see it, or a resource, which is
 * sorted by its peak.  Tables without that column stay as they are.  Returns 0, or -EINVAL
 * with the text set: no table has such a column, --top is no number.
 */
int document_arrange(
	struct document *document, const struct context *context, struct err *err);

#endif
