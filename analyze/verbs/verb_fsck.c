/* analyze fsck: reads everything in the store and says what is whole. */
#include "analyze/console/json_out.h"
#include "analyze/console/safe_text.h"
#include "analyze/console/terminal.h"
#include "analyze/document/quantity.h"
#include "analyze/verbs/verbs.h"
#include "store/fsck.h"
#include "store/store.h"

#include <errno.h>

#define LOCK_TIMEOUT_MS 30000

const struct option_spec verb_fsck_options[] = {
	{ NULL, NULL, NULL },
};

static void print_json(FILE *out, const struct fsck_report *report)
{
	struct json_out json;

	json_begin(&json, out, "fsck");
	json_put_bool(&json, "ok", report->lost == 0);
	json_put_integer(&json, "rebuilt", (int64_t)report->rebuilt);
	json_put_integer(&json, "lost", (int64_t)report->lost);
	json_put_integer(&json, "whole", (int64_t)report->whole);
	json_put_integer(&json, "rows_checked", (int64_t)report->rows_checked);
	json_put_integer(&json, "rows_unchecked", (int64_t)report->rows_unchecked);
	json_open_array(&json, "items");
	for (size_t i = 0; i < report->count; i++) {
		const struct fsck_item *item = &report->item[i];

		json_open_object(&json, NULL);
		json_put_text(&json, "what", item->what);
		json_put_text(
			&json, "state", item->state == FSCK_LOST ? "lost" : "rebuilt");
		json_put_text(&json, "text", item->text);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_end(&json);
}

static void print_text(const struct context *context, const struct fsck_report *report)
{
	char bytes[QUANTITY_SIZE];

	for (size_t i = 0; i < report->count; i++) {
		const struct fsck_item *item = &report->item[i];
		bool is_lost = item->state == FSCK_LOST;

		fprintf(context->out, "%s%-8s%s ",
			terminal_color(context, is_lost ? COLOR_BAD : COLOR_WARN),
			is_lost ? "lost" : "rebuilt",
			terminal_color(context, COLOR_NONE));
		safe_print_terminal(context->out, item->what);
		if (item->text) {
			fputs(": ", context->out);
			safe_print_terminal(context->out, item->text);
		}
		fputc('\n', context->out);
	}
	fprintf(context->out, "%zu files whole, %zu rebuilt, %zu lost; %s read\n",
		report->whole, report->rebuilt, report->lost,
		quantity_bytes((double)report->bytes_read, bytes));
	if (report->rows_unchecked > 0)
		fprintf(context->out,
			"%llu of %llu sampled rows have no checksum yet: read, but not "
			"checked\n",
			(unsigned long long)report->rows_unchecked,
			(unsigned long long)(report->rows_unchecked +
				report->rows_checked));
}

int verb_fsck(struct context *context, struct err *err)
{
	struct fsck_report report = { .count = 0 };
	struct store *store = NULL;
	int r = store_open(context->data_dir, &store, err);
	int code = EXIT_FAILED;

	if (r == 0)
		r = fsck_run(store, LOCK_TIMEOUT_MS, &report, err);
	if (r == 0) {
		if (context->format == FORMAT_JSON)
			print_json(context->out, &report);
		else if (context->format == FORMAT_KV)
			fprintf(context->out, "whole=%zu\nrebuilt=%zu\nlost=%zu\n",
				report.whole, report.rebuilt, report.lost);
		else
			print_text(context, &report);
		code = report.lost ? EXIT_FAILED : EXIT_OK;
	}
	fsck_report_done(&report);
	store_close(store);
	return code;
}
