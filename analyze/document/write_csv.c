/* CSV: the document's one table for it, a row for each of its rows; a table that is
 * unfolded gives a row for each of its own, with the cells of the outer one before. */
#include "analyze/document/writer.h"

#include "common/json_out.h"
#include "common/safe_text.h"
#include "common/timefmt.h"

#include <inttypes.h>
#include <string.h>

struct csv {
	FILE *out;
	bool has_field; /* in this row */
};

static void put_comma(struct csv *csv)
{
	if (csv->has_field)
		fputc(',', csv->out);
	csv->has_field = true;
}

static void put_list(struct csv *csv, const struct doc_table *list)
{
	struct strbuf text;

	strbuf_init(&text, (size_t)1 << 20);
	for (const struct doc_row *row = list->row; row; row = row->next) {
		const char *item = row->cell[0].text;

		strbuf_addf(
			&text, "%s%s", row == list->row ? "" : " ", item ? item : "");
	}
	safe_print_csv(csv->out, strbuf_text(&text));
	strbuf_done(&text);
}

static void put_field(struct csv *csv, const struct cell *cell)
{
	char text[JSON_NUMBER_SIZE], moment[TIME_TEXT_SIZE];

	put_comma(csv);
	switch (cell->kind) {
	case CELL_NUMBER:
	case CELL_SHARE:
		fputs(json_number_text(cell->number, text), csv->out);
		break;
	case CELL_WHOLE:
	case CELL_BOOL:
		fprintf(csv->out, "%" PRId64, cell->integer);
		break;
	case CELL_MOMENT:
		if (cell->integer)
			fputs(time_text_utc(cell->integer, moment), csv->out);
		break;
	case CELL_TEXT:
		safe_print_csv(csv->out, cell->text ? cell->text : "");
		break;
	case CELL_TABLE:
		put_list(csv, cell->table);
		break;
	case CELL_ABSENT:
	case CELL_UNKNOWN:
	case CELL_CHART:
		break;
	}
}

static bool is_field(const struct doc_table *table, size_t column, bool is_last)
{
	unsigned flags = table->column[column].flags;

	return doc_column_in(table, column) & IN_CSV && !(flags & COLUMN_UNFOLD) &&
		!(flags & COLUMN_LAST) == !is_last;
}

static void put_names(struct csv *csv, const struct doc_table *table)
{
	for (size_t n = 0; n < 2 * table->column_count; n++) {
		const struct doc_column *column =
			&table->column[n % table->column_count];
		const char *name = column->csv ? column->csv : column->key;

		if (!is_field(table, n % table->column_count, n >= table->column_count))
			continue;
		put_comma(csv);
		for (const char *c = name; *c; c++)
			fputc(*c == '.' ? '_' : *c, csv->out);
	}
}

static void put_fields(
	struct csv *csv, const struct doc_table *table, const struct doc_row *row)
{
	for (size_t n = 0; n < 2 * table->column_count; n++) {
		if (is_field(table, n % table->column_count, n >= table->column_count))
			put_field(csv, &row->cell[n % table->column_count]);
	}
}

static void end_row(struct csv *csv)
{
	fputc('\n', csv->out);
	csv->has_field = false;
}

static void put_csv_table(struct csv *csv, const struct doc_table *table)
{
	const struct doc_table *inner = table->shape;

	put_names(csv, table);
	if (inner)
		put_names(csv, inner);
	end_row(csv);
	for (const struct doc_row *row = table->row; row; row = row->next) {
		const struct doc_table *unfolded = doc_unfolded(table, row);

		if (row->null_name)
			continue;
		if (!inner) {
			put_fields(csv, table, row);
			end_row(csv);
			continue;
		}
		for (const struct doc_row *in = unfolded ? unfolded->row : NULL; in;
			in = in->next) {
			if (in->null_name)
				continue;
			put_fields(csv, table, row);
			put_fields(csv, unfolded, in);
			end_row(csv);
		}
	}
}

int write_csv(const struct document *document, const struct context *context, FILE *out,
	struct err *err)
{
	struct csv csv = { .out = out };

	(void)context;
	(void)err;
	for (const struct doc_part *part = document->part; part; part = part->next) {
		if (part->kind != PART_TABLE || !(part->in & IN_CSV))
			continue;
		put_csv_table(&csv, part->table);
		break;
	}
	return 0;
}
