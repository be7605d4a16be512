/* key=value lines for shells: facts, and of each named row its figures. */
#include "analyze/document/writer.h"

#include "common/json_out.h"
#include "common/safe_text.h"

#include <ctype.h>
#include <inttypes.h>

static bool write_kv_is_known(const struct cell *cell)
{
	return cell->kind != CELL_ABSENT && cell->kind != CELL_UNKNOWN &&
		cell->kind != CELL_TABLE && cell->kind != CELL_CHART;
}

static void put_value(FILE *out, const struct cell *cell)
{
	char text[JSON_NUMBER_SIZE];

	fputc('=', out);
	switch (cell->kind) {
	case CELL_NUMBER:
	case CELL_SHARE:
		fputs(json_number_text(cell->number, text), out);
		break;
	case CELL_WHOLE:
	case CELL_MOMENT:
	case CELL_BOOL:
		fprintf(out, "%" PRId64, cell->integer);
		break;
	case CELL_TEXT:
		safe_print_terminal(out, cell->text ? cell->text : "");
		break;
	case CELL_ABSENT:
	case CELL_UNKNOWN:
	case CELL_CHART:
	case CELL_TABLE:
		break;
	}
	fputc('\n', out);
}

/* The names of the rows that lead to a figure: "web.memory". */
struct path {
	const struct cell *name[2];
	size_t count;
};

/* A row may be called by a number: the third wave. */
static void put_path(FILE *out, const struct path *path)
{
	for (size_t p = 0; p < path->count; p++) {
		const struct cell *name = path->name[p];

		if (name->kind == CELL_WHOLE)
			fprintf(out, "%" PRId64, name->integer);
		else
			safe_print_key(out, name->text ? name->text : "");
		fputc('.', out);
	}
}

static void put_figures(FILE *out, const struct doc_table *table,
	const struct doc_row *row, struct path path)
{
	size_t name = doc_name_column(table);
	const struct doc_table *inner = doc_unfolded(table, row);

	if (row->null_name || name == table->column_count)
		return;
	path.name[path.count++] = &row->cell[name];
	for (size_t i = 0; i < table->column_count; i++) {
		const struct doc_column *column = &table->column[i];

		if (i == name || !(doc_column_in(table, i) & IN_KV) ||
			!write_kv_is_known(&row->cell[i]))
			continue;
		put_path(out, &path);
		for (const char *c = column->csv ? column->csv : column->key; *c; c++)
			fputc(*c == '.' ? '_' : *c, out);
		put_value(out, &row->cell[i]);
	}
	for (const struct doc_row *in = inner && path.count < 2 ? inner->row : NULL; in;
		in = in->next)
		put_figures(out, inner, in, path);
}

int write_kv(const struct document *document, const struct context *context, FILE *out,
	struct err *err)
{
	(void)context;
	(void)err;
	for (const struct doc_part *part = document->part; part; part = part->next) {
		if (!(part->in & IN_KV) || !part->key ||
			(part->kind != PART_TABLE && part->kind != PART_FACT))
			continue;
		if (part->kind == PART_TABLE) {
			for (const struct doc_row *row = part->table->row; row;
				row = row->next)
				put_figures(out, part->table, row,
					(struct path){ .count = 0 });
			continue;
		}
		for (const char *c = part->key; *c; c++)
			fputc(document->has_capitals ? toupper((unsigned char)*c) : *c,
				out);
		put_value(out, &part->cell);
	}
	return 0;
}
