#include "analyze/import/import_print.h"

#include "analyze/console/json_out.h"
#include "analyze/console/table.h"
#include "analyze/console/timefmt.h"
#include "store/db/imports.h"

#include <inttypes.h>
#include <stdio.h>

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

struct tally {
	size_t added, changed, unchanged, resizes;
};

static struct tally tally_items(const struct import_report *report)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < report->items; i++) {
		const struct import_item *item = &report->item[i];

		if (item->is_new)
			tally.added++;
		else if (item->merged.is_changed)
			tally.changed++;
		else
			tally.unchanged++;
		tally.resizes += item->merged.resizes + item->merged.resizes_left_out;
	}
	return tally;
}

static void print_text(const struct context *context, const char *format,
	const struct import_report *report)
{
	struct tally tally = tally_items(report);
	FILE *out = context->out;

	fprintf(out,
		"%zu file%s, %zu workload%s: %zu new, %zu changed, %zu unchanged\n",
		report->files, plural(report->files), report->items,
		plural(report->items), tally.added, tally.changed, tally.unchanged);
	if (report->unordered)
		fprintf(out,
			"%" PRIu64 " row%s came out of order and took their place\n",
			report->unordered, plural(report->unordered));
	if (report->shifted)
		fprintf(out,
			"%" PRIu64
			" row%s belong%s to the nearest slot of the workload's "
			"step\n",
			report->shifted, plural(report->shifted),
			report->shifted == 1 ? "s" : "");
	if (report->shared)
		fprintf(out,
			"%" PRIu64
			" rows share a slot: its mean is theirs, their extremes are "
			"kept\n",
			report->shared);
	if (tally.resizes && report->id)
		fprintf(out, "%zu resize%s of cores or memory noted as events\n",
			tally.resizes, plural(tally.resizes));
	if (report->id)
		fprintf(out,
			"import %" PRId64 " (%s; --undo %" PRId64 " takes it back): ",
			report->id, format, report->id);
	else
		fputs("nothing changed, all of it was there already: ", out);
	fprintf(out,
		"%" PRIu64 " rows read, %" PRIu64 " repeated, %" PRIu64
		" conflicting, %" PRIu64 " repaired, %" PRIu64 " refused\n",
		report->rows, report->repeated, report->conflicting, report->repaired,
		report->refused);
}

static void json_item(struct json_out *json, const struct import_item *item)
{
	const struct merged *merged = &item->merged;

	json_open_object(json, NULL);
	json_put_text(json, "name", item->name);
	json_put_bool(json, "new", item->is_new);
	json_put_bool(json, "changed", merged->is_changed);
	json_put_integer(json, "step_s", merged->step_s);
	json_put_integer(json, "phase_s", merged->phase_s);
	json_put_integer(json, "rows", (int64_t)item->rows);
	json_put_integer(
		json, "repeated", (int64_t)(item->repeated + merged->repeated));
	json_put_integer(json, "conflicting",
		(int64_t)(item->conflicting + merged->conflicting));
	json_put_integer(json, "shared", (int64_t)merged->shared);
	json_put_integer(json, "shifted", (int64_t)merged->shifted);
	json_put_integer(
		json, "resizes", (int64_t)(merged->resizes + merged->resizes_left_out));
	json_put_time(json, "from",
		merged->slots ? merged->brought_first - merged->step_s : 0);
	json_put_time(json, "to", merged->slots ? merged->brought_last : 0);
	json_close_object(json);
}

static void print_json(const struct context *context, const char *format,
	const struct import_report *report)
{
	struct json_out json;

	json_begin(&json, context->out, "import");
	if (report->id)
		json_put_integer(&json, "id", report->id);
	else
		json_put_null(&json, "id");
	json_put_text(&json, "format", format);
	json_put_bool(&json, "changed", report->id != 0);
	json_put_integer(&json, "rows", (int64_t)report->rows);
	json_put_integer(&json, "repeated", (int64_t)report->repeated);
	json_put_integer(&json, "conflicting", (int64_t)report->conflicting);
	json_put_integer(&json, "repaired", (int64_t)report->repaired);
	json_put_integer(&json, "refused", (int64_t)report->refused);
	json_open_array(&json, "files");
	for (size_t i = 0; i < report->files; i++) {
		json_open_object(&json, NULL);
		json_put_text(&json, "path", report->file[i].path);
		json_put_text(&json, "hash", report->file[i].hash);
		json_put_integer(&json, "bytes", (int64_t)report->file[i].bytes);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_open_array(&json, "workloads");
	for (size_t i = 0; i < report->items; i++)
		json_item(&json, &report->item[i]);
	json_close_array(&json);
	json_end(&json);
}

static void print_kv(const struct context *context, const struct import_report *report)
{
	fprintf(context->out,
		"ID=%" PRId64 "\nCHANGED=%d\nWORKLOADS=%zu\nROWS=%" PRIu64
		"\nREPEATED=%" PRIu64 "\nCONFLICTING=%" PRIu64 "\nREPAIRED=%" PRIu64
		"\nREFUSED=%" PRIu64 "\n",
		report->id, report->id != 0, report->items, report->rows,
		report->repeated, report->conflicting, report->repaired,
		report->refused);
}

int import_print(const struct context *context, const char *format,
	const struct import_report *report, struct err *err)
{
	(void)err;
	if (context->format == FORMAT_JSON)
		print_json(context, format, report);
	else if (context->format == FORMAT_KV)
		print_kv(context, report);
	else
		print_text(context, format, report);
	return 0;
}

static void store_text(
	const struct context *context, const struct import_store_report *report)
{
	size_t added = 0, changed = 0, files = 0, notes = 0;
	uint64_t rows = 0;

	for (size_t i = 0; i < report->items; i++) {
		const struct import_store_item *item = &report->item[i];

		added += item->is_new;
		changed += !item->is_new && (item->files || item->notes);
		files += item->files;
		notes += item->notes;
		rows += item->rows;
	}
	fprintf(context->out,
		"%zu store%s, %zu workload%s: %zu new, %zu changed, %zu "
		"unchanged\n",
		report->stores, plural(report->stores), report->items,
		plural(report->items), added, changed, report->items - added - changed);
	if (report->samples_left_out)
		fprintf(context->out, "%zu SAMPLE workload%s left out\n",
			report->samples_left_out, plural(report->samples_left_out));
	if (report->id)
		fprintf(context->out,
			"import %" PRId64 " (store; --undo %" PRId64
			" takes it back): %zu archive%s of %" PRIu64
			" rows, %zu event%s and facts\n",
			report->id, report->id, files, plural(files), rows, notes,
			plural(notes));
	else
		fputs("nothing changed, all of it was there already\n", context->out);
}

int import_print_store(const struct context *context,
	const struct import_store_report *report, struct err *err)
{
	struct json_out json;

	(void)err;
	if (context->format == FORMAT_KV) {
		fprintf(context->out, "ID=%" PRId64 "\nCHANGED=%d\nWORKLOADS=%zu\n",
			report->id, report->id != 0, report->items);
		return 0;
	}
	if (context->format != FORMAT_JSON) {
		store_text(context, report);
		return 0;
	}
	json_begin(&json, context->out, "import");
	if (report->id)
		json_put_integer(&json, "id", report->id);
	else
		json_put_null(&json, "id");
	json_put_text(&json, "format", "store");
	json_put_bool(&json, "changed", report->id != 0);
	json_open_array(&json, "workloads");
	for (size_t i = 0; i < report->items; i++) {
		const struct import_store_item *item = &report->item[i];

		json_open_object(&json, NULL);
		json_put_text(&json, "name", item->name);
		json_put_text(&json, "store", item->dir);
		json_put_bool(&json, "new", item->is_new);
		json_put_bool(&json, "changed", item->files || item->notes);
		json_put_integer(&json, "archives", (int64_t)item->files);
		json_put_integer(&json, "rows", (int64_t)item->rows);
		json_put_integer(&json, "notes", (int64_t)item->notes);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_end(&json);
	return 0;
}

void import_print_undo(
	const struct context *context, int64_t id, size_t removed, size_t restored)
{
	struct json_out json;

	if (context->format == FORMAT_JSON) {
		json_begin(&json, context->out, "import");
		json_put_integer(&json, "undone", id);
		json_put_integer(&json, "removed", (int64_t)removed);
		json_put_integer(&json, "restored", (int64_t)restored);
		json_end(&json);
	} else if (context->format == FORMAT_KV) {
		fprintf(context->out, "UNDONE=%" PRId64 "\nREMOVED=%zu\nRESTORED=%zu\n",
			id, removed, restored);
	} else {
		fprintf(context->out,
			"import %" PRId64
			" is undone: %zu workload%s removed, %zu put back to "
			"what %s before\n",
			id, removed, plural(removed), restored,
			restored == 1 ? "it was" : "they were");
	}
}

static int print_imports(
	const struct context *context, const struct import_list *list, struct err *err)
{
	static const struct table_column columns[] = { { "import", TABLE_RIGHT },
		{ "format", TABLE_LEFT }, { "when", TABLE_LEFT },
		{ "files", TABLE_RIGHT }, { "workloads", TABLE_RIGHT },
		{ "rows", TABLE_RIGHT }, { "", TABLE_LEFT } };
	struct table *table =
		table_new(context, columns, sizeof(columns) / sizeof(columns[0]));
	char when[TIME_TEXT_SIZE];

	for (size_t i = 0; i < list->count; i++) {
		const struct import *import = &list->import[i];

		table_row(table);
		table_cellf(table, "%" PRId64, import->id);
		table_cell(table, import->format);
		table_cell(table, time_text(import->at, when));
		table_cellf(table, "%zu", import->file_count);
		table_cellf(table, "%zu", import->workload_count);
		table_cellf(table, "%" PRIu64, import->rows);
		table_cell(table, import->undone_at ? "undone" : "");
	}
	return table_print(table, err);
}

static void json_list(const struct context *context, const struct import_list *list)
{
	struct json_out json;

	json_begin(&json, context->out, "import");
	json_open_array(&json, "formats");
	for (size_t i = 0; i < importer_count; i++)
		json_put_text(&json, NULL, importer_table[i]->name);
	json_put_text(&json, NULL, "store");
	json_close_array(&json);
	json_open_array(&json, "imports");
	for (size_t i = 0; i < list->count; i++) {
		const struct import *import = &list->import[i];

		json_open_object(&json, NULL);
		json_put_integer(&json, "id", import->id);
		json_put_text(&json, "format", import->format);
		json_put_time(&json, "at", import->at);
		json_put_time(&json, "undone_at", import->undone_at);
		json_put_integer(&json, "files", (int64_t)import->file_count);
		json_put_integer(&json, "workloads", (int64_t)import->workload_count);
		json_put_integer(&json, "rows", (int64_t)import->rows);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_end(&json);
}

int import_print_list(
	const struct context *context, struct store *store, struct err *err)
{
	struct import_list list;
	int r;

	r = store_imports(store, &list, err);
	if (r < 0)
		return r;
	if (context->format == FORMAT_JSON) {
		json_list(context, &list);
	} else {
		for (size_t i = 0; i < importer_count; i++)
			fprintf(context->out, "%-10s %s\n           e.g. %s\n",
				importer_table[i]->name, importer_table[i]->help,
				importer_table[i]->example);
		fputs("store      the workloads of another machine's store\n"
		      "           e.g. analyze import store /mnt/web1/headroom\n",
			context->out);
		if (list.count) {
			fputc('\n', context->out);
			r = print_imports(context, &list, err);
		}
	}
	import_list_done(&list);
	return r;
}
