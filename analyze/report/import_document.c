#include "analyze/report/import_document.h"

#include "analyze/report/cells.h"

#include <inttypes.h>
#include <string.h>

static struct cell cell_whole(uint64_t count)
{
	return cell_count((int64_t)count);
}

/* The number of an import; none where nothing was changed. */
static void add_id(struct document *document, int64_t id)
{
	doc_kv_capitals(document);
	doc_json(document, "id", id ? cell_count(id) : cell_unknown(NULL));
	doc_fact(document, IN_KV, "id", NULL, cell_count(id));
}

/* ---- files -------------------------------------------------------------------------- */

struct import_tally {
	size_t added, changed, unchanged, resizes;
	uint64_t conflicting; /* with what is stored, not within what is imported */
};

static struct import_tally tally_items(const struct import_report *report)
{
	struct import_tally tally = { 0 };

	for (size_t i = 0; i < report->items; i++) {
		const struct import_item *item = &report->item[i];

		if (item->is_new)
			tally.added++;
		else if (item->merged.is_changed)
			tally.changed++;
		else
			tally.unchanged++;
		tally.resizes += item->merged.resizes + item->merged.resizes_left_out;
		tally.conflicting += item->merged.conflicting;
	}
	return tally;
}

/* In the order of a person's questions: what came, what was done to it, how to take
 * it back.  The last line counts every row, so that none vanishes. */
static void add_lines(struct document *document, const char *format,
	const struct import_report *report)
{
	struct import_tally tally = tally_items(report);

	doc_line(document,
		"%zu file%s, %zu workload%s: %zu new, %zu changed, %zu unchanged",
		report->files, plural(report->files), report->items,
		plural(report->items), tally.added, tally.changed, tally.unchanged);
	if (report->unordered)
		doc_line(document,
			"%" PRIu64 " row%s came out of order and took their place",
			report->unordered, plural(report->unordered));
	if (report->shifted)
		doc_line(document,
			"%" PRIu64 " reading%s moved to the nearest slot of %s step",
			report->shifted, report->shifted == 1 ? " was" : "s were",
			report->shifted == 1 ? "its" : "their");
	if (report->shared)
		doc_line(document,
			"%" PRIu64
			" rows share a slot: its mean is theirs, their extremes are kept",
			report->shared);
	if (tally.resizes && report->id)
		doc_line(document, "%zu resize%s of cores or memory noted as events",
			tally.resizes, plural(tally.resizes));
	if (report->id)
		doc_line(document,
			"import %" PRId64 " (%s; --undo %" PRId64 " takes it back): ",
			report->id, format, report->id);
	else if (report->rows == 0)
		doc_line(document, "nothing changed, there was nothing to import: ");
	else if (tally.conflicting)
		doc_line(document,
			"nothing changed: %" PRIu64
			" row%s other values than what is stored, which was kept; to take "
			"these, take the earlier import back first (analyze import --undo "
			"ID): ",
			tally.conflicting, tally.conflicting == 1 ? " has" : "s have");
	else
		doc_line(document, "%s: ",
			report->conflicting > 0
				? "nothing changed, none of it is new"
				: "nothing changed, all of it was there already");
	doc_span(document, COLOR_NONE,
		"%" PRIu64 " rows read, %" PRIu64 " repeated, %" PRIu64
		" conflicting, %" PRIu64 " repaired, %" PRIu64 " refused",
		report->rows, report->repeated, report->conflicting, report->repaired,
		report->refused);
}

static struct cell mapped_cell(struct document *document, const struct account *account)
{
	static const struct doc_column columns[] = {
		{ "from", NULL, 0, 0, NULL },
		{ "figure", NULL, 0, 0, NULL },
		{ "readings", NULL, 0, 0, NULL },
	};
	struct doc_table *table =
		doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < account->mapped_count; i++)
		DOC_ROW(table, cell_text(account->mapped[i].from),
			cell_text(account->mapped[i].figure),
			cell_whole(account->mapped[i].readings));
	return cell_table(table);
}

static struct cell ignored_cell(
	struct document *document, const struct account *account)
{
	static const struct doc_column columns[] = {
		{ "from", NULL, 0, 0, NULL },
		{ "why", NULL, 0, 0, NULL },
	};
	struct doc_table *table =
		doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < account->ignored_count; i++)
		DOC_ROW(table, cell_text(account->ignored[i].from),
			cell_text(account->ignored[i].why));
	return cell_table(table);
}

static struct cell warnings_cell(
	struct document *document, const struct account *account)
{
	struct doc_table *list = doc_list(document);

	for (size_t i = 0; i < account->warning_count; i++)
		doc_item(list, cell_text(account->warning[i]));
	return cell_table(list);
}

static struct cell text_or_null(const char *text)
{
	return text && *text ? cell_text(text) : cell_unknown(NULL);
}

static void add_files(struct document *document, const struct import_report *report)
{
	static const struct doc_column columns[] = {
		{ "path", NULL, 0, 0, NULL },
		{ "hash", NULL, 0, 0, NULL },
		{ "bytes", NULL, 0, 0, NULL },
		{ "format", NULL, 0, 0, NULL },
		{ "outcome", NULL, 0, 0, NULL },
		{ "reason", NULL, 0, 0, NULL },
		{ "zone", NULL, 0, 0, NULL },
		{ "readings", NULL, 0, 0, NULL },
		{ "facts", NULL, 0, 0, NULL },
		{ "unknown", NULL, 0, 0, NULL },
		{ "resets", NULL, 0, 0, NULL },
		{ "mapped", NULL, 0, 0, NULL },
		{ "ignored", NULL, 0, 0, NULL },
		{ "ignored_left_out", NULL, 0, 0, NULL },
		{ "warnings", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_JSON, "files", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < report->files; i++) {
		const struct import_file *file = &report->file[i];
		const struct account *a = &file->account;

		DOC_ROW(table, cell_text(file->path), cell_text(file->hash),
			cell_whole(file->bytes),
			text_or_null(file->importer ? file->importer->name : NULL),
			cell_text(import_file_outcome(file)),
			text_or_null(file->reason), text_or_null(a->zone),
			cell_whole(a->readings), cell_whole(a->facts),
			cell_whole(a->unknown), cell_whole(a->resets),
			mapped_cell(document, a), ignored_cell(document, a),
			cell_whole(a->ignored_left_out), warnings_cell(document, a));
	}
}

/* How much of the files' paths is the same folder. */
static size_t common_folder(const struct import_report *report)
{
	const char *first = report->files ? report->file[0].path : "";
	const char *slash = strrchr(first, '/');
	size_t length = slash ? (size_t)(slash + 1 - first) : 0;

	for (size_t i = 1; i < report->files && length > 0; i++) {
		while (length > 0 &&
			strncmp(first, report->file[i].path, length) != 0) {
			do
				length--;
			while (length > 0 && first[length - 1] != '/');
		}
	}
	return length;
}

/* What a person sees of the files: where they were recognised, or something is to be
 * said of them. */
static void add_outcomes(struct document *document, const struct import_report *report)
{
	static const struct doc_column columns[] = {
		{ NULL, "FILE", COLUMN_CUT, 0, NULL },
		{ NULL, "FORMAT", 0, 0, NULL },
		{ NULL, "OUTCOME", 0, 0, NULL },
		{ NULL, "READINGS", COLUMN_RIGHT, 0, NULL },
		{ NULL, "ZONE", 0, 0, NULL },
		{ NULL, "WHAT", COLUMN_WRAP, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));

	const size_t folder = common_folder(report);

	for (size_t i = 0; i < report->files; i++) {
		const struct import_file *file = &report->file[i];
		const struct account *a = &file->account;
		const char *what = file->reason;

		if (!what && a->mapped_count)
			what = doc_keep(document, "%zu mapped, %zu left out",
				a->mapped_count + a->mapped_left_out,
				a->ignored_count + a->ignored_left_out);
		else if (!what && a->ignored_count)
			what = doc_keep(document, "0 of %zu are ours",
				a->ignored_count + a->ignored_left_out);
		DOC_ROW(table, cell_text(file->path + folder),
			cell_text(file->importer ? file->importer->name : "-"),
			cell_text(import_file_outcome(file)), cell_whole(a->readings),
			cell_text(a->zone), cell_text(what ? what : ""));
	}
	doc_gap(document);
}

static const struct doc_column warning_columns[] = { { "text", NULL, 0, 0, NULL } };

static void add_warnings(struct document *document, const struct import_report *report)
{
	struct doc_table *list = doc_table(document, IN_JSON, "warnings", TABLE_LIST,
		warning_columns, ARRAY_LEN(warning_columns));

	for (size_t i = 0; i < report->remarks.warning_count; i++) {
		DOC_ROW(list, cell_text(report->remarks.warning[i]));
		doc_line(document, "%s", report->remarks.warning[i]);
	}
	for (size_t i = 0; i < report->files; i++) {
		const struct import_file *file = &report->file[i];

		for (size_t k = 0; k < file->account.warning_count; k++)
			doc_line(document, "%s: %s", file->path,
				file->account.warning[k]);
	}
}

static void import_document_add_workloads(
	struct document *document, const struct import_report *report)
{
	static const struct doc_column columns[] = {
		{ "name", NULL, 0, 0, NULL },
		{ "new", NULL, 0, 0, NULL },
		{ "changed", NULL, 0, 0, NULL },
		{ "step_s", NULL, 0, 0, NULL },
		{ "phase_s", NULL, 0, 0, NULL },
		{ "rows", NULL, 0, 0, NULL },
		{ "repeated", NULL, 0, 0, NULL },
		{ "conflicting", NULL, 0, 0, NULL },
		{ "shared", NULL, 0, 0, NULL },
		{ "shifted", NULL, 0, 0, NULL },
		{ "resizes", NULL, 0, 0, NULL },
		{ "from", NULL, 0, 0, NULL },
		{ "to", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_JSON, "workloads", TABLE_ROWS,
		columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < report->items; i++) {
		const struct import_item *item = &report->item[i];
		const struct merged *m = &item->merged;

		DOC_ROW(table, cell_text(item->name), cell_bool(item->is_new),
			cell_bool(m->is_changed), cell_count(m->step_s),
			cell_count(m->phase_s), cell_whole(item->rows),
			cell_whole(item->repeated + m->repeated),
			cell_whole(item->conflicting + m->conflicting),
			cell_whole(m->shared), cell_whole(m->shifted),
			cell_whole(m->resizes + m->resizes_left_out),
			cell_moment(m->slots ? m->brought_first - m->step_s : 0,
				MOMENT_SHORT),
			cell_moment(m->slots ? m->brought_last : 0, MOMENT_SHORT));
	}
}

struct document *import_document(const char *format, const struct import_report *report)
{
	struct document *document = document_new("import");
	const struct {
		const char *key;
		uint64_t count;
	} counts[] = { { "rows", report->rows }, { "repeated", report->repeated },
		{ "conflicting", report->conflicting },
		{ "repaired", report->repaired }, { "refused", report->refused } };

	add_id(document, report->id);
	doc_json(document, "format", cell_text(format));
	doc_fact(
		document, IN_JSON | IN_KV, "changed", NULL, cell_bool(report->id != 0));
	doc_fact(document, IN_KV, "workloads", NULL, cell_whole(report->items));
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		doc_fact(document, IN_JSON | IN_KV, counts[i].key, NULL,
			cell_whole(counts[i].count));
	add_files(document, report);
	import_document_add_workloads(document, report);
	if (!strcmp(format, "auto") || !strcmp(format, "rrd"))
		add_outcomes(document, report);
	add_warnings(document, report);
	add_lines(document, format, report);
	return document;
}

/* ---- another machine's store ------------------------------------------------------------ */

static bool is_changed(const struct import_store_item *item)
{
	const struct notes_taken *taken = &item->taken;

	return item->files || taken->notes || taken->exclusions || taken->reviews;
}

/* In the order in which a reader asks: how much, what is missing, what it brought. */
static void add_store_lines(
	struct document *document, const struct import_store_report *report)
{
	struct notes_taken taken = { .notes = 0 };
	size_t added = 0, changed = 0, files = 0;
	uint64_t rows = 0;

	for (size_t i = 0; i < report->items; i++) {
		const struct import_store_item *item = &report->item[i];

		added += item->is_new;
		changed += !item->is_new && is_changed(item);
		files += item->files;
		taken.notes += item->taken.notes;
		taken.exclusions += item->taken.exclusions;
		taken.reviews += item->taken.reviews;
		rows += item->rows;
	}
	doc_line(document,
		"%zu store%s, %zu workload%s: %zu new, %zu changed, %zu unchanged",
		report->stores, plural(report->stores), report->items,
		plural(report->items), added, changed, report->items - added - changed);
	if (report->samples_left_out)
		doc_line(document, "%zu SAMPLE workload%s left out",
			report->samples_left_out, plural(report->samples_left_out));
	for (size_t i = 0; i < report->refusals; i++)
		doc_line(document, "refused: %s", report->refused[i]);
	if (!report->id) {
		doc_line(document, "nothing changed%s",
			report->refusals ? "" : ", all of it was there already");
		return;
	}
	doc_line(document,
		"import %" PRId64 " (store; --undo %" PRId64
		" takes it back): %zu archive%s of %" PRIu64
		" rows, %zu event%s and facts",
		report->id, report->id, files, plural(files), rows, taken.notes,
		plural(taken.notes));
	if (taken.exclusions + taken.reviews)
		doc_line(document,
			"%zu excluded window%s and %zu review%s as they were decided there",
			taken.exclusions, plural(taken.exclusions), taken.reviews,
			plural(taken.reviews));
}

struct document *import_store_document(const struct import_store_report *report)
{
	static const struct doc_column columns[] = {
		{ "name", NULL, 0, 0, NULL },
		{ "store", NULL, 0, 0, NULL },
		{ "new", NULL, 0, 0, NULL },
		{ "changed", NULL, 0, 0, NULL },
		{ "archives", NULL, 0, 0, NULL },
		{ "rows", NULL, 0, 0, NULL },
		{ "notes", NULL, 0, 0, NULL },
		{ "exclusions", NULL, 0, 0, NULL },
		{ "reviews", NULL, 0, 0, NULL },
	};
	struct document *document = document_new("import");
	struct doc_table *table;
	struct doc_table *refused = doc_list(document);

	add_id(document, report->id);
	doc_json(document, "format", cell_text("store"));
	doc_fact(
		document, IN_JSON | IN_KV, "changed", NULL, cell_bool(report->id != 0));
	doc_fact(document, IN_KV, "workloads", NULL, cell_whole(report->items));
	table = doc_table(document, IN_JSON, "workloads", TABLE_ROWS, columns,
		ARRAY_LEN(columns));
	for (size_t i = 0; i < report->items; i++) {
		const struct import_store_item *item = &report->item[i];

		DOC_ROW(table, cell_text(item->name), cell_text(item->dir),
			cell_bool(item->is_new), cell_bool(is_changed(item)),
			cell_whole(item->files), cell_whole(item->rows),
			cell_whole(item->taken.notes),
			cell_whole(item->taken.exclusions),
			cell_whole(item->taken.reviews));
	}
	for (size_t i = 0; i < report->refusals; i++)
		doc_item(refused, cell_text(report->refused[i]));
	doc_json(document, "refusals", cell_table(refused));
	add_store_lines(document, report);
	return document;
}

struct document *import_undo_document(int64_t id, size_t removed, size_t restored)
{
	struct document *document = document_new("import");
	const unsigned in = IN_JSON | IN_KV;

	doc_kv_capitals(document);
	doc_fact(document, in, "undone", NULL, cell_count(id));
	doc_fact(document, in, "removed", NULL, cell_whole(removed));
	doc_fact(document, in, "restored", NULL, cell_whole(restored));
	doc_line(document,
		"import %" PRId64
		" is undone: %zu workload%s removed, %zu put back to what %s before",
		id, removed, plural(removed), restored,
		restored == 1 ? "it was" : "they were");
	return document;
}

/* ---- what there is ---------------------------------------------------------------------- */

static void add_format(struct document *document, struct doc_table *list,
	const char *name, const char *help, const char *example)
{
	doc_item(list, cell_text(name));
	doc_line(document, "%-10s %s", name, help);
	doc_line(document, "           e.g. %s", example);
}

static void add_imports(struct document *document, const struct import_list *list)
{
	static const struct doc_column columns[] = {
		{ "id", "import", COLUMN_RIGHT, 0, NULL },
		{ "format", "format", 0, 0, NULL },
		{ "at", "when", 0, 0, NULL },
		{ "undone_at", "", COLUMN_LAST, 0, NULL },
		{ "files", "files", COLUMN_RIGHT, 0, NULL },
		{ "workloads", "workloads", COLUMN_RIGHT, 0, NULL },
		{ "rows", "rows", COLUMN_RIGHT, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, 0, "imports", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < list->count; i++) {
		const struct import *import = &list->import[i];

		DOC_ROW(table, cell_count(import->id), cell_text(import->format),
			cell_moment(import->at, MOMENT_LONG),
			cell_shown(cell_moment(import->undone_at, MOMENT_LONG),
				import->undone_at ? "undone" : ""),
			cell_whole(import->file_count),
			cell_whole(import->workload_count), cell_whole(import->rows));
	}
}

struct document *import_list_document(const struct import_list *list)
{
	struct document *document = document_new("import");
	struct doc_table *formats = doc_list(document);

	for (size_t i = 0; i < importer_count; i++)
		add_format(document, formats, importer_table[i]->name,
			importer_table[i]->help, importer_table[i]->example);
	add_format(document, formats, "store",
		"the workloads of other machines' stores: folders, ssh:HOST:DIR",
		"analyze import store /mnt/web1/headroom ssh:web2");
	doc_json(document, "formats", cell_table(formats));
	if (list->count)
		doc_gap(document);
	add_imports(document, list);
	return document;
}
