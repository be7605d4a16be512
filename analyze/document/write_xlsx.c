/* A workbook: a sheet for each table that has a title; one unit per column, in its head. */
#include "analyze/document/people.h"
#include "analyze/document/writer.h"

#include "common/safe_text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define TEXT_MAX 32000 /* a cell holds 32,767 */
#define WIDTH_LEAST 9  /* of a column, in characters */
#define WIDTH_MOST 60
#define WIDTH_OF_NUMBER 12
#define WIDTH_OF_MOMENT 17
#define WIDTH_OF_TITLE 24 /* a longer one is broken */
#define PAPER_A4 9

struct book {
	lxw_workbook *workbook;
	lxw_format *head, *moment, *share, *number;
	bool is_failed;
};

struct sheet {
	struct book *book;
	lxw_worksheet *worksheet;
	const struct doc_table *table;
	struct people_column column[PEOPLE_COLUMNS_MAX];
	size_t count;
	lxw_row_t row;
	unsigned width[PEOPLE_COLUMNS_MAX]; /* of the widest cell so far */
};

static void widen_column(struct sheet *sheet, lxw_col_t at, unsigned width)
{
	if (width > sheet->width[at])
		sheet->width[at] = width;
}

static void write_xlsx_note(struct sheet *sheet, lxw_error error)
{
	if (error != LXW_NO_ERROR)
		sheet->book->is_failed = true;
}

/* Broken UTF-8 and control codes would break the whole file. */
static void put_string(
	struct sheet *sheet, lxw_col_t at, const char *text, lxw_format *format)
{
	char *safe = safe_terminal_dup(text);
	size_t length = safe ? strlen(safe) : 0;

	if (length > TEXT_MAX) {
		length = TEXT_MAX;
		while (length && ((unsigned char)safe[length] & 0xc0) == 0x80)
			length--;
		safe[length] = '\0';
	}
	if (safe) {
		unsigned width = safe_width(safe);

		widen_column(sheet, at,
			sheet->row || width < WIDTH_OF_TITLE ? width : WIDTH_OF_TITLE);
	}
	if (!safe)
		sheet->book->is_failed = true;
	else
		write_xlsx_note(sheet,
			worksheet_write_string(
				sheet->worksheet, sheet->row, at, safe, format));
	free(safe);
}

static void put_number(
	struct sheet *sheet, lxw_col_t at, double value, lxw_format *format)
{
	if (isfinite(value))
		write_xlsx_note(sheet,
			worksheet_write_number(
				sheet->worksheet, sheet->row, at, value, format));
}

/* Days since 1899-12-30, as spreadsheets count; UTC, as the head says. */
static double serial_of(int64_t at)
{
	return (double)at / 86400.0 + 25569.0;
}

/* A case for each kind of cell, and what of it a column has to be wide enough for. */
static void put_sheet_cell(struct sheet *sheet, lxw_col_t at, const struct cell *cell)
{
	struct strbuf text;

	switch (cell->kind) {
	case CELL_NUMBER:
		put_number(sheet, at, cell->number,
			cell->number == floor(cell->number) ? NULL
							    : sheet->book->number);
		widen_column(sheet, at, WIDTH_OF_NUMBER);
		break;
	case CELL_SHARE:
		put_number(sheet, at, cell->number, sheet->book->share);
		break;
	case CELL_WHOLE:
		put_number(sheet, at, (double)cell->integer, NULL);
		break;
	case CELL_MOMENT:
		widen_column(sheet, at, WIDTH_OF_MOMENT);
		if (cell->integer)
			put_number(sheet, at, serial_of(cell->integer),
				sheet->book->moment);
		break;
	case CELL_BOOL:
		write_xlsx_note(sheet,
			worksheet_write_boolean(sheet->worksheet, sheet->row, at,
				(int)cell->integer, NULL));
		break;
	case CELL_TEXT:
		if (cell->text)
			put_string(sheet, at, cell->text, NULL);
		break;
	case CELL_TABLE:
		strbuf_init(&text, (size_t)1 << 20);
		people_cell(cell, &text);
		put_string(sheet, at, strbuf_text(&text), NULL);
		strbuf_done(&text);
		break;
	case CELL_ABSENT:
	case CELL_UNKNOWN:
	case CELL_CHART:
		break;
	}
}

static void put_sheet_row(void *data, const struct people_row *row)
{
	struct sheet *sheet = data;

	sheet->row++;
	for (size_t i = 0; i < sheet->count; i++) {
		const struct people_column *c = &sheet->column[i];
		const struct doc_row *from = c->is_inner ? row->inner : row->outer;

		if (from)
			put_sheet_cell(sheet, (lxw_col_t)i, &from->cell[c->index]);
	}
}

static void put_sheet(struct book *book, const struct doc_table *table)
{
	struct sheet sheet = { .book = book, .table = table };

	sheet.worksheet = workbook_add_worksheet(book->workbook, table->title);
	if (!sheet.worksheet) {
		book->is_failed = true;
		return;
	}
	sheet.count = people_columns(table, IN_XLSX, sheet.column);
	for (size_t i = 0; i < sheet.count; i++)
		put_string(&sheet, (lxw_col_t)i,
			people_column_of(table, &sheet.column[i])->title, book->head);
	people_rows(table, put_sheet_row, &sheet);
	worksheet_freeze_panes(sheet.worksheet, 1, 1);
	/* on paper: as wide as a page, with the titles on each */
	worksheet_set_landscape(sheet.worksheet);
	worksheet_set_paper(sheet.worksheet, PAPER_A4);
	worksheet_fit_to_pages(sheet.worksheet, 1, 0);
	worksheet_repeat_rows(sheet.worksheet, 0, 0);
	if (sheet.count) {
		lxw_col_t last = (lxw_col_t)(sheet.count - 1);

		worksheet_autofilter(sheet.worksheet, 0, 0, sheet.row, last);
		for (lxw_col_t i = 0; i <= last; i++) {
			double width = sheet.width[i] < WIDTH_LEAST ? WIDTH_LEAST
				: sheet.width[i] > WIDTH_MOST       ? WIDTH_MOST
								    : sheet.width[i];

			worksheet_set_column(sheet.worksheet, i, i, width + 2, NULL);
		}
	}
}

static void put_properties(struct book *book, const struct document *document)
{
	char title[128];
	char author[] = "Headroom";
	lxw_doc_properties properties = { .title = title,
		.author = author,
		.created = (time_t)(document->at ? document->at : 1) };

	(void)snprintf(title, sizeof(title), "%s",
		document->title ? document->title : document->schema);
	workbook_set_properties(book->workbook, &properties);
}

static int make_workbook(const struct document *document, const char *path)
{
	struct book book = { .workbook = workbook_new(path) };

	if (!book.workbook)
		return -ENOMEM;
	put_properties(&book, document);
	book.head = workbook_add_format(book.workbook);
	book.moment = workbook_add_format(book.workbook);
	book.share = workbook_add_format(book.workbook);
	book.number = workbook_add_format(book.workbook);
	format_set_bold(book.head);
	format_set_text_wrap(book.head);
	format_set_num_format(book.moment, "yyyy-mm-dd hh:mm");
	format_set_num_format(book.share, "0.0%");
	format_set_num_format(book.number, "#,##0.00");
	format_set_bg_color(book.head, 0xE8ECF0);
	format_set_bottom(book.head, LXW_BORDER_THIN);
	format_set_align(book.head, LXW_ALIGN_VERTICAL_TOP);
	for (const struct doc_part *part = document->part; part; part = part->next) {
		if (part->kind == PART_TABLE && part->in & IN_XLSX &&
			part->table->title)
			put_sheet(&book, part->table);
	}
	return workbook_close(book.workbook) == LXW_NO_ERROR && !book.is_failed ? 0
										: -EIO;
}

static int write_xlsx_copy_file(const char *path, FILE *out)
{
	FILE *file = fopen(path, "re");
	char buffer[65536];
	size_t length;

	if (!file)
		return -errno;
	while ((length = fread(buffer, 1, sizeof(buffer), file)) > 0)
		fwrite(buffer, 1, length, out);
	(void)fclose(file);
	return 0;
}

/* The library writes files alone: it gets one of its own, and its bytes go to out. */
int write_xlsx(const struct document *document, const struct context *context,
	FILE *out, struct err *err)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	int fd, r;

	(void)context;
	(void)snprintf(path, sizeof(path), "%s/headroom-book-XXXXXX",
		folder && *folder ? folder : "/tmp");
	fd = mkstemp(path);
	if (fd < 0)
		return err_errno(err, "%s", path);
	close(fd);
	r = make_workbook(document, path);
	if (r == 0)
		r = write_xlsx_copy_file(path, out);
	(void)unlink(path);
	return r < 0 ? err_set(err, r, "the workbook cannot be made") : 0;
}
