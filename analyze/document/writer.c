#include "analyze/document/writer.h"

#include "analyze/document/arrange.h"

static document_writer *const document_writers[FORMAT_COUNT] = {
	[FORMAT_TEXT] = write_text,
	[FORMAT_JSON] = write_json,
	[FORMAT_CSV] = write_csv,
	[FORMAT_KV] = write_kv,
	[FORMAT_HTML] = write_html,
	[FORMAT_XLSX] = write_xlsx,
	[FORMAT_SVG] = write_svg,
	[FORMAT_PNG] = write_png,
};

/* ---- on paper ---------------------------------------------------------------------- */

int document_write(const struct document *document, enum format format,
	const struct context *context, FILE *out, struct err *err)
{
	if (!document || document->is_failed)
		return err_oom(err);
	return document_writers[format](document, context, out, err);
}

int document_print(
	struct document *document, const struct context *context, struct err *err)
{
	int r = document_arrange(document, context, err);

	if (r == 0)
		r = document_write(
			document, context->format, context, context->out, err);

	document_free(document);
	return r;
}

int document_print_text(
	const char *text, const struct context *context, struct err *err)
{
	return fputs(text, context->out) < 0 ? err_set(err, -EIO, "writing failed") : 0;
}
