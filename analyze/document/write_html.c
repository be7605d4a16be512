/* One self-contained page: nothing is loaded, nothing but the page's own style and script
 * may run (a policy with their hashes), and without scripts all of it is there. */
#include "analyze/document/people.h"
#include "analyze/document/writer.h"

#include "common/safe_text.h"
#include "analyze/document/chart.h"
#include "schema/builtin.h"

#include <errno.h>
#include <inttypes.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define SVG_CEILING ((size_t)1 << 22)
#define SORTABLE_ROWS 12 /* a table of more can be sorted and filtered */

struct page {
	FILE *out;
	const struct document *document;
	bool is_in_section, is_in_list, is_in_charts, is_in_commands;
};

/* ---- what is around ----------------------------------------------------------------------- */

/* 'sha256-...' of RFC 4648, as a policy wants it. */
static void put_hash(FILE *out, const struct builtin_file *file)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t digest[SHA256_DIGEST_LENGTH + 1] = { 0 };
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, (const uint8_t *)file->data, file->size);
	SHA256Final(digest, &context);
	fputs("'sha256-", out);
	for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i += 3) {
		uint32_t bits = (uint32_t)digest[i] << 16;

		bits |= i + 1 < SHA256_DIGEST_LENGTH ? (uint32_t)digest[i + 1] << 8 : 0;
		bits |= i + 2 < SHA256_DIGEST_LENGTH ? (uint32_t)digest[i + 2] : 0;
		fputc(letters[bits >> 18], out);
		fputc(letters[bits >> 12 & 63], out);
		fputc(i + 1 < SHA256_DIGEST_LENGTH ? letters[bits >> 6 & 63] : '=',
			out);
		fputc(i + 2 < SHA256_DIGEST_LENGTH ? letters[bits & 63] : '=', out);
	}
	fputc('\'', out);
}

static void put_head(const struct page *page)
{
	const struct builtin_file *style = builtin_find("page/report.css");
	const struct builtin_file *script = builtin_find("page/report.js");
	FILE *out = page->out;
	const char *title =
		page->document->title ? page->document->title : page->document->schema;

	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	      "'none'; style-src ",
		out);
	put_hash(out, style);
	fputs("; script-src ", out);
	put_hash(out, script);
	fputs("; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" "
	      "content=\"width=device-width, initial-scale=1\">\n<meta "
	      "name=\"color-scheme\" content=\"light dark\">\n<title>",
		out);
	safe_print_html(out, title);
	fprintf(out, "</title>\n<style>%s</style></head><body>\n", style->data);
}

static void put_foot(const struct page *page)
{
	fprintf(page->out, "<script>%s</script>\n</body></html>\n",
		builtin_find("page/report.js")->data);
}

/* ---- tables ----------------------------------------------------------------------------- */

static const char *tone_class(enum color tone)
{
	static const char *const classes[] = { [COLOR_NONE] = "",
		[COLOR_BOLD] = "",
		[COLOR_DIM] = "d",
		[COLOR_GOOD] = "g",
		[COLOR_WARN] = "y",
		[COLOR_BAD] = "z" };

	return classes[tone];
}

static void put_chart(FILE *out, const struct chart *chart)
{
	struct strbuf text;

	strbuf_init(&text, SVG_CEILING);
	chart_svg(chart, &text);
	fputs(strbuf_text(&text), out);
	strbuf_done(&text);
}

static void put_data_value(FILE *out, const struct cell *cell)
{
	if (cell->kind == CELL_NUMBER || cell->kind == CELL_SHARE)
		fprintf(out, " data-v=\"%.6g\"", cell->number);
	else if (cell->kind == CELL_WHOLE || cell->kind == CELL_MOMENT)
		fprintf(out, " data-v=\"%" PRId64 "\"", cell->integer);
}

static void put_html_cell(
	FILE *out, const struct cell *cell, unsigned flags, bool is_sortable)
{
	const char *tone = tone_class(cell->tone);
	struct strbuf text;

	fprintf(out, "<td");
	if (*tone || flags & (COLUMN_RIGHT | COLUMN_CUT))
		fprintf(out, " class=\"%s%s%s\"", tone,
			*tone && flags & (COLUMN_RIGHT | COLUMN_CUT) ? " " : "",
			flags & COLUMN_RIGHT         ? "r"
				: flags & COLUMN_CUT ? "k"
						     : "");
	if (is_sortable)
		put_data_value(out, cell);
	if (cell->kind == CELL_UNKNOWN && cell->text) {
		fputs(" title=\"", out);
		safe_print_html(out, cell->text);
		fputc('"', out);
	}
	fputc('>', out);
	if (cell->kind == CELL_CHART) {
		put_chart(out, cell->chart);
		return;
	}
	strbuf_init(&text, (size_t)1 << 20);
	people_cell(cell, &text);
	if (cell->link) {
		fputs("<a href=\"#", out);
		safe_print_html(out, cell->link);
		fputs("\">", out);
	}
	safe_print_html(out, strbuf_text(&text));
	if (cell->link)
		fputs("</a>", out);
	strbuf_done(&text);
}

struct html_table {
	FILE *out;
	const struct doc_table *table;
	const struct people_column *column;
	size_t count;
	bool is_sortable;
};

static void put_html_row(void *data, const struct people_row *row)
{
	const struct html_table *t = data;
	static const struct cell empty = { .kind = CELL_TEXT, .text = "" };

	fputs("<tr>", t->out);
	for (size_t i = 0; i < t->count; i++) {
		const struct people_column *c = &t->column[i];
		unsigned flags = people_column_of(t->table, c)->flags;
		const struct doc_row *from = c->is_inner ? row->inner : row->outer;
		struct cell instead = empty;

		if (!from && c->is_inner && row->instead)
			instead.text = row->instead;
		put_html_cell(t->out, from ? &from->cell[c->index] : &instead, flags,
			t->is_sortable);
	}
	fputs("\n", t->out);
}

static void put_html_table(const struct page *page, const struct doc_table *table)
{
	struct people_column columns[PEOPLE_COLUMNS_MAX];
	size_t count = people_columns(table, IN_HTML, columns);
	struct html_table t = { page->out, table, columns, count,
		table->row_count > SORTABLE_ROWS && !table->shape };
	FILE *out = page->out;

	if (table->row_count == 0) {
		if (table->empty) {
			fputs("<p>", out);
			safe_print_html(out, table->empty);
			fputs("</p>\n", out);
		}
		return;
	}
	/* who scrolls by keyboard reaches it */
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"",
		out);
	safe_print_html(out, table->title ? table->title : "table");
	fprintf(out, "\"><table%s><thead><tr>",
		t.is_sortable ? " class=\"sortable\"" : "");
	for (size_t i = 0; i < count; i++) {
		const struct doc_column *column = people_column_of(table, &columns[i]);

		fprintf(out, "<th scope=\"col\"%s>",
			column->flags & COLUMN_RIGHT ? " class=\"r\"" : "");
		safe_print_html(out, *column->title ? column->title : "note");
	}
	fputs("</thead><tbody>\n", out);
	people_rows(table, put_html_row, &t);
	fputs("</tbody></table></div>\n", out);
}

/* ---- parts ------------------------------------------------------------------------------- */

static void put_pieces(FILE *out, const struct doc_part *part)
{
	for (const struct doc_piece *piece = part->piece; piece; piece = piece->next) {
		const char *tone = tone_class(piece->tone);

		if (*tone)
			fprintf(out, "<span class=\"%s\">", tone);
		safe_print_html(out, piece->text);
		if (*tone)
			fputs("</span>", out);
	}
}

static bool is_command(const struct doc_part *part)
{
	return part->kind == PART_LINE && part->piece &&
		strncmp(part->piece->text, "$ ", 2) == 0;
}

/* Commands that follow each other stand in one block. */
static void write_html_put_line(struct page *page, const struct doc_part *part)
{
	if (is_command(part)) {
		fputs(page->is_in_commands ? "\n" : "<pre>", page->out);
		page->is_in_commands = true;
		put_pieces(page->out, part);
		return;
	}

	fputs("<p>", page->out);
	put_pieces(page->out, part);
	fputs("</p>\n", page->out);
}

static void put_fact(struct page *page, const struct doc_part *part)
{
	char text[CELL_TEXT_SIZE];

	if (!part->title || part->cell.kind == CELL_ABSENT)
		return;
	if (!page->is_in_list)
		fputs("<dl>", page->out);
	page->is_in_list = true;
	fputs("<dt>", page->out);
	safe_print_html(page->out, part->title);
	fprintf(page->out, "<dd%s%s%s>",
		*tone_class(part->cell.tone) ? " class=\"" : "",
		tone_class(part->cell.tone), *tone_class(part->cell.tone) ? "\"" : "");
	safe_print_html(page->out, cell_for_people(&part->cell, text));
	fputs("</dd>\n", page->out);
}

static void put_legend(FILE *out, const struct chart *chart)
{
	fputs("<ul class=\"legend\">", out);
	for (size_t s = 0; s < chart->series_count; s++) {
		fprintf(out,
			"<li><svg viewBox=\"0 0 8 8\" aria-hidden=\"true\"><rect "
			"class=\"a%zu\" width=\"8\" height=\"8\"/></svg>",
			s % 6);
		safe_print_html(
			out, chart->series[s].name ? chart->series[s].name : "");
	}
	fputs("</ul>", out);
}

static void put_figure(struct page *page, const struct chart *chart)
{
	if (!page->is_in_charts)
		fputs("<div class=\"charts\">", page->out);
	page->is_in_charts = true;
	fputs("<figure>", page->out);
	put_chart(page->out, chart);
	fputs("<figcaption>", page->out);
	safe_print_html(page->out, chart->title ? chart->title : "");
	if (chart->kind == CHART_STACK)
		put_legend(page->out, chart);
	fputs("</figcaption></figure>\n", page->out);
}

static void put_section(struct page *page, const struct doc_part *part)
{
	if (page->is_in_section)
		fputs("</section>\n", page->out);
	page->is_in_section = true;
	fputs("<section id=\"", page->out);
	safe_print_html(page->out, part->key);
	fputs("\"><h2>", page->out);
	safe_print_html(page->out, part->title);
	fputs("</h2>\n", page->out);
}

static void put_nav(const struct page *page)
{
	bool is_any = false;

	for (const struct doc_part *part = page->document->part; part;
		part = part->next) {
		if (part->kind != PART_SECTION)
			continue;
		fputs(is_any ? "" : "<nav id=\"everything\" aria-label=\"sections\">",
			page->out);
		is_any = true;
		fputs("<a href=\"#", page->out);
		safe_print_html(page->out, part->key);
		fputs("\">", page->out);
		safe_print_html(page->out, part->title);
		fputs("</a>\n", page->out);
	}
	if (is_any)
		fputs("</nav>\n", page->out);
}

static void close_runs(struct page *page, const struct doc_part *part)
{
	if (page->is_in_commands && !is_command(part)) {
		fputs("</pre>\n", page->out);
		page->is_in_commands = false;
	}
	if (page->is_in_list && part->kind != PART_FACT) {
		fputs("</dl>\n", page->out);
		page->is_in_list = false;
	}
	if (page->is_in_charts && part->kind != PART_CHART) {
		fputs("</div>\n", page->out);
		page->is_in_charts = false;
	}
}

static void write_html_put_part(struct page *page, const struct doc_part *part)
{
	close_runs(page, part);
	switch (part->kind) {
	case PART_FACT:
		put_fact(page, part);
		break;
	case PART_TABLE:
		put_html_table(page, part->table);
		break;
	case PART_LINE:
		write_html_put_line(page, part);
		break;
	case PART_HEADING:
		fputs(page->is_in_section ? "<h3>" : "<h1>", page->out);
		put_pieces(page->out, part);
		fputs(page->is_in_section ? "</h3>\n" : "</h1>\n", page->out);
		break;
	case PART_SECTION:
		put_section(page, part);
		break;
	case PART_FOLD:
		fputs("<details id=\"", page->out);
		safe_print_html(page->out, part->key);
		fputs("\"><summary>", page->out);
		safe_print_html(page->out, part->title);
		fputs("</summary>\n", page->out);
		break;
	case PART_FOLD_END:
		fputs("</details>\n", page->out);
		break;
	case PART_CHART:
		put_figure(page, part->cell.chart);
		break;
	case PART_GAP:
		break;
	}
}

int write_html(const struct document *document, const struct context *context,
	FILE *out, struct err *err)
{
	struct page page = { .out = out, .document = document };
	const struct doc_part end = { .kind = PART_GAP };
	bool has_nav = false;

	(void)context;
	(void)err;
	put_head(&page);
	fputs("<main>\n", out);
	for (const struct doc_part *part = document->part; part; part = part->next) {
		if (!(part->in & IN_HTML))
			continue;
		if (part->kind == PART_SECTION && !has_nav) {
			close_runs(&page, &end);
			put_nav(&page);
			has_nav = true;
		}
		write_html_put_part(&page, part);
	}
	close_runs(&page, &end);
	fputs(page.is_in_section ? "</section></main>\n" : "</main>\n", out);
	put_foot(&page);
	return 0;
}
