/*
 * A writer is one row of the table in writer.c: the name of a format and what puts a
 * whole document on paper in it.  To add a format: a file with such a function, a row.
 */
#ifndef ANALYZE_DOCUMENT_WRITER_H
#define ANALYZE_DOCUMENT_WRITER_H

#include "analyze/document/parts.h"

/* context: width, colours, of people's formats; NULL for the others.  Returns 0 or
 * -ENOMEM. */
typedef int document_writer(const struct document *document,
	const struct context *context, FILE *out, struct err *err);

document_writer write_text, write_json, write_csv, write_kv, write_html, write_xlsx,
	write_svg, write_png;

#endif
