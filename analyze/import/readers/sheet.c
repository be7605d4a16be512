#include "analyze/import/readers/sheet.h"

#include "analyze/import/readers/xml.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SHEETS_MAX 64
#define SHEET_ID_SIZE 32
#define SHEET_PATH_SIZE 160
#define STRINGS_BYTES_MAX ((size_t)16 << 20)
#define CELL_TEXT_MAX ((size_t)32 << 10)
#define ROW_TEXT_MAX (32 * CELL_TEXT_MAX)

struct sheet_name {
	char name[SHEET_NAME_SIZE], id[SHEET_ID_SIZE], path[SHEET_PATH_SIZE];
};

struct workbook {
	struct archive *archive;
	struct sheet_name sheet[SHEETS_MAX];
	size_t sheets;
	char *text; /* of the shared strings, each with its NUL */
	size_t text_used, text_room;
	size_t *string; /* where each begins */
	size_t strings, string_room;
	bool is_in_text;
};

/* ---- the list of sheets ---------------------------------------------------------------- */

static int on_sheet_entry(
	void *data, const char *name, const char *const *attributes, struct err *err)
{
	struct workbook *workbook = data;
	const char *title = xml_attribute(attributes, "name");
	const char *id = xml_attribute(attributes, "id");
	struct sheet_name *sheet = &workbook->sheet[workbook->sheets];

	if (strcmp(name, "sheet") != 0 || !title || !id)
		return 0;
	if (workbook->sheets == SHEETS_MAX)
		return err_set(err, -EFBIG, "expected at most %d sheets, found more",
			SHEETS_MAX);
	snprintf(sheet->name, sizeof(sheet->name), "%s", title);
	snprintf(sheet->id, sizeof(sheet->id), "%s", id);
	workbook->sheets++;
	return 0;
}

static int on_relation(
	void *data, const char *name, const char *const *attributes, struct err *err)
{
	struct workbook *workbook = data;
	const char *id = xml_attribute(attributes, "Id");
	const char *target = xml_attribute(attributes, "Target");

	(void)err;
	if (strcmp(name, "Relationship") != 0 || !id || !target)
		return 0;
	for (size_t i = 0; i < workbook->sheets; i++) {
		struct sheet_name *sheet = &workbook->sheet[i];

		if (!strcmp(sheet->id, id))
			snprintf(sheet->path, sizeof(sheet->path), "%s%.120s",
				*target == '/' ? "" : "xl/",
				*target == '/' ? target + 1 : target);
	}
	return 0;
}

/* ---- strings that cells share ------------------------------------------------------------ */

static int text_append(
	struct workbook *workbook, const char *text, size_t length, struct err *err)
{
	size_t room = workbook->text_room ? workbook->text_room : 4096;
	char *grown;

	if (workbook->text_used + length > STRINGS_BYTES_MAX)
		return err_set(err, -EFBIG,
			"expected at most %zu MiB of texts, found more",
			STRINGS_BYTES_MAX >> 20);
	while (room < workbook->text_used + length)
		room *= 2;
	if (room > workbook->text_room) {
		grown = realloc(workbook->text, room);
		if (!grown)
			return err_oom(err);
		workbook->text = grown;
		workbook->text_room = room;
	}
	memcpy(workbook->text + workbook->text_used, text, length);
	workbook->text_used += length;
	return 0;
}

static int on_string_begin(
	void *data, const char *name, const char *const *attributes, struct err *err)
{
	struct workbook *workbook = data;
	size_t room = workbook->string_room ? workbook->string_room * 2 : 256;
	size_t *grown;

	(void)attributes;
	workbook->is_in_text = !strcmp(name, "t");
	if (strcmp(name, "si") != 0)
		return 0;
	if (workbook->strings == workbook->string_room) {
		grown = reallocarray(workbook->string, room, sizeof(*grown));
		if (!grown)
			return err_oom(err);
		workbook->string = grown;
		workbook->string_room = room;
	}
	workbook->string[workbook->strings++] = workbook->text_used;
	return 0;
}

static int on_string_end(void *data, const char *name, struct err *err)
{
	struct workbook *workbook = data;

	workbook->is_in_text = false;
	return strcmp(name, "si") != 0 ? 0 : text_append(workbook, "", 1, err);
}

static int on_string_text(void *data, const char *text, size_t length, struct err *err)
{
	struct workbook *workbook = data;

	return workbook->is_in_text && workbook->strings > 0
		? text_append(workbook, text, length, err)
		: 0;
}

/* ---- opening ------------------------------------------------------------------------------ */

/* 1, 0 where there is no such member. */
static int read_member(struct workbook *workbook, const char *path,
	const struct xml_events *events, void *data, struct err *err)
{
	long number = archive_find(workbook->archive, path);
	struct bytes *bytes = NULL;
	int r;

	if (number < 0)
		return 0;
	r = archive_member(workbook->archive, (size_t)number, &bytes, err);
	if (r >= 0)
		r = xml_read(bytes, events, data, err);
	bytes_close(bytes);
	return r < 0 ? r : 1;
}

void spreadsheet_close(struct workbook *workbook)
{
	if (!workbook)
		return;
	archive_close(workbook->archive);
	free(workbook->text);
	free(workbook->string);
	free(workbook);
}

int spreadsheet_open(
	struct bytes *bytes, struct workbook **ret_workbook, struct err *err)
{
	static const struct xml_events list = { .begin = on_sheet_entry };
	static const struct xml_events relations = { .begin = on_relation };
	static const struct xml_events strings = { on_string_begin, on_string_end,
		on_string_text };
	struct workbook *workbook = calloc(1, sizeof(*workbook));
	int r;

	if (!workbook)
		return err_oom(err);
	r = archive_open(bytes, &workbook->archive, err);
	if (r >= 0)
		r = read_member(workbook, "xl/workbook.xml", &list, workbook, err);
	if (r == 0)
		r = err_set(err, -EINVAL, "expected a workbook (xl/workbook.xml)");
	if (r >= 0)
		r = read_member(workbook, "xl/_rels/workbook.xml.rels", &relations,
			workbook, err);
	if (r >= 0)
		r = read_member(
			workbook, "xl/sharedStrings.xml", &strings, workbook, err);
	if (r < 0)
		spreadsheet_close(workbook);
	else
		*ret_workbook = workbook;
	return r < 0 ? r : 0;
}

/* ---- rows --------------------------------------------------------------------------------- */

struct sheet_reading {
	const struct workbook *workbook;
	spreadsheet_row *row;
	void *data;
	const char *cell[SHEET_COLUMNS_MAX];
	size_t count, column;
	bool is_shared, is_value;
	size_t begin, used; /* of the cell's text, of all */
	char text[ROW_TEXT_MAX + 2];
};

/* "AB12" is column 27; SHEET_COLUMNS_MAX: beyond those that count. */
static size_t column_of(const char *reference)
{
	size_t column = 0;

	for (; isupper((unsigned char)*reference); reference++) {
		column = column * 26 + (size_t)(*reference - 'A') + 1;
		if (column > SHEET_COLUMNS_MAX)
			return SHEET_COLUMNS_MAX;
	}
	return column > 0 ? column - 1 : SHEET_COLUMNS_MAX;
}

static int on_cell_begin(
	void *data, const char *name, const char *const *attributes, struct err *err)
{
	struct sheet_reading *reading = data;
	const char *reference, *type;

	(void)err;
	if (!strcmp(name, "row")) {
		reading->count = reading->used = 0;
		for (size_t i = 0; i < SHEET_COLUMNS_MAX; i++)
			reading->cell[i] = "";
		reading->column = SHEET_COLUMNS_MAX;
	} else if (!strcmp(name, "c")) {
		reference = xml_attribute(attributes, "r");
		type = xml_attribute(attributes, "t");
		/* without a reference it follows the one before */
		reading->column = reference                  ? column_of(reference)
			: reading->count < SHEET_COLUMNS_MAX ? reading->count
							     : SHEET_COLUMNS_MAX;
		reading->is_shared = type && !strcmp(type, "s");
		reading->begin = reading->used;
	}
	reading->is_value = !strcmp(name, "v") || !strcmp(name, "t");
	return 0;
}

static int on_cell_text(void *data, const char *text, size_t length, struct err *err)
{
	struct sheet_reading *reading = data;

	if (!reading->is_value || reading->column == SHEET_COLUMNS_MAX)
		return 0;
	if (reading->used + length > ROW_TEXT_MAX)
		return err_set(err, -EFBIG,
			"expected rows of at most %zu bytes, found a longer one",
			ROW_TEXT_MAX);
	memcpy(reading->text + reading->used, text, length);
	reading->used += length;
	return 0;
}

static int end_cell(struct sheet_reading *reading, struct err *err)
{
	const struct workbook *workbook = reading->workbook;
	const char *text = reading->text + reading->begin;
	unsigned long number;

	if (reading->column == SHEET_COLUMNS_MAX || reading->used == reading->begin)
		return 0;
	if (reading->used > ROW_TEXT_MAX)
		return err_set(err, -EFBIG, "expected a shorter row");
	reading->text[reading->used++] = '\0';
	if (reading->is_shared) {
		number = strtoul(text, NULL, 10);
		if (number >= workbook->strings)
			return err_set(err, -EINVAL,
				"expected one of %zu texts, found number %lu",
				workbook->strings, number);
		text = workbook->text + workbook->string[number];
	}
	reading->cell[reading->column] = text;
	if (reading->count <= reading->column)
		reading->count = reading->column + 1;
	return 0;
}

static int on_cell_end(void *data, const char *name, struct err *err)
{
	struct sheet_reading *reading = data;

	reading->is_value = false;
	if (!strcmp(name, "c"))
		return end_cell(reading, err);
	return !strcmp(name, "row") && reading->count > 0
		? reading->row(reading->data, reading->cell, reading->count, err)
		: 0;
}

int spreadsheet_read(struct workbook *workbook, const char *sheet, spreadsheet_row *row,
	void *data, struct err *err)
{
	static const struct xml_events events = { on_cell_begin, on_cell_end,
		on_cell_text };
	struct sheet_reading *reading;
	const char *path = NULL;
	int r;

	for (size_t i = 0; i < workbook->sheets; i++)
		if (!strcasecmp(workbook->sheet[i].name, sheet))
			path = workbook->sheet[i].path;
	if (!path)
		return 0;
	reading = calloc(1, sizeof(*reading));
	if (!reading)
		return err_oom(err);
	reading->workbook = workbook;
	reading->row = row;
	reading->data = data;
	reading->column = SHEET_COLUMNS_MAX;
	r = read_member(workbook, path, &events, reading, err);
	free(reading);
	if (r < 0)
		return err_wrap(err, r, "sheet %s", sheet);
	return r;
}
