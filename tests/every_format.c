/* Written in every format, and read again. */
#include "tests/every_format.h"
#include "tests/support.h"

#include "analyze/document/parts.h"
#include "common/json_out.h"
#include "common/safe_text.h"
#include "common/timefmt.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *write_as(
	const struct document *document, enum format format, size_t *ret_size)
{
	struct context context = { .out = stdout, .width = 1000 };
	struct err err = ERR_INIT;
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	assert_non_null(out);
	assert_int_equal(document_write(document, format, &context, out, &err), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* How a cell of this format looks; "" where nothing is to be expected. */
static void expected_text(
	enum format format, const struct cell *cell, struct strbuf *out)
{
	char number[JSON_NUMBER_SIZE];
	struct strbuf raw;

	strbuf_init(&raw, 1 << 20);
	if (cell->kind == CELL_TEXT && cell->text)
		strbuf_add(&raw, cell->text);
	else if (cell->kind == CELL_NUMBER || cell->kind == CELL_SHARE)
		strbuf_add(&raw, json_number_text(cell->number, number));
	else if (cell->kind == CELL_WHOLE ||
		(cell->kind == CELL_MOMENT && cell->integer))
		strbuf_addf(&raw, "%" PRId64, cell->integer);
	if (format == FORMAT_CSV && cell->kind == CELL_MOMENT && cell->integer) {
		char moment[TIME_TEXT_SIZE];

		strbuf_clear(&raw);
		strbuf_add(&raw, time_text_utc(cell->integer, moment));
	}
	if (format == FORMAT_TEXT || format == FORMAT_HTML) {
		char people[CELL_TEXT_SIZE];

		strbuf_clear(&raw);
		if (cell->kind != CELL_TABLE && cell->kind != CELL_CHART)
			strbuf_add(&raw, cell_for_people(cell, people));
	}
	if (strbuf_text(&raw)[0] == '\0')
		strbuf_clear(out);
	else if (format == FORMAT_JSON && cell->kind == CELL_TEXT)
		safe_add_json(out, strbuf_text(&raw));
	else if (format == FORMAT_CSV && cell->kind == CELL_TEXT)
		safe_add_csv(out, strbuf_text(&raw));
	else if (format == FORMAT_HTML)
		safe_add_html(out, strbuf_text(&raw));
	else
		safe_add_terminal(out, strbuf_text(&raw));
	strbuf_done(&raw);
}

static const unsigned in_of_format[FORMAT_COUNT] = { [FORMAT_TEXT] = IN_TEXT,
	[FORMAT_JSON] = IN_JSON,
	[FORMAT_CSV] = IN_CSV,
	[FORMAT_KV] = IN_KV,
	[FORMAT_HTML] = IN_HTML,
	[FORMAT_XLSX] = IN_XLSX,
	[FORMAT_SVG] = 0 };

static void expect_cell(enum format format, const struct cell *cell, const char *text)
{
	struct strbuf wanted;

	strbuf_init(&wanted, 1 << 20);
	expected_text(format, cell, &wanted);
	if (!strstr(text, strbuf_text(&wanted)))
		fail_msg("format %d drops the cell %s", format, strbuf_text(&wanted));
	strbuf_done(&wanted);
}

/* kv has no place for a table without names, nor for a name by itself. */
static void expect_table(
	enum format format, const struct doc_table *table, const char *text)
{
	size_t name = doc_name_column(table);

	if (format == FORMAT_KV && name == table->column_count)
		return;
	for (const struct doc_row *row = table->row; row; row = row->next) {
		const struct doc_table *inner = doc_unfolded(table, row);

		for (size_t i = 0; !row->null_name && i < table->column_count; i++) {
			if (doc_column_in(table, i) & in_of_format[format] &&
				!(format == FORMAT_KV && i == name) &&
				!(format == FORMAT_CSV && table->shape && inner &&
					inner->row_count == 0))
				expect_cell(format, &row->cell[i], text);
		}
		if (inner)
			expect_table(format, inner, text);
	}
}

static void every_cell_is_there(
	const struct document *document, enum format format, const char *text)
{
	bool has_csv = false;

	for (const struct doc_part *part = document->part; part; part = part->next) {
		if (!(part->in & in_of_format[format]))
			continue;
		if (part->kind == PART_TABLE && !(format == FORMAT_CSV && has_csv)) {
			expect_table(format, part->table, text);
			has_csv = true;
		} else if (part->kind == PART_FACT && format != FORMAT_CSV &&
			(part->title || format == FORMAT_JSON || format == FORMAT_KV)) {
			expect_cell(format, &part->cell, text);
		}
	}
}

static size_t count_fields(const char **cursor)
{
	size_t fields = 1;
	bool is_quoted = false;
	const char *c = *cursor;

	for (; *c && (is_quoted || *c != '\n'); c++) {
		is_quoted ^= *c == '"';
		fields += !is_quoted && *c == ',';
	}
	*cursor = *c ? c + 1 : c;
	return fields;
}

static void csv_rows_are_even(const char *text)
{
	const char *cursor = text;
	size_t fields = *text ? count_fields(&cursor) : 0;

	while (*cursor)
		assert_int_equal(count_fields(&cursor), fields);
}

/* ---- whole ------------------------------------------------------------------------------ */

/* Of a page what stands in it: its style and its script are the same for all. */
static void add_body(struct strbuf *out, const char *text)
{
	const char *begin = strstr(text, "<body>"), *end = strstr(text, "<script>");

	for (; begin && begin < end; begin++) {
		strbuf_addf(out, "%c", *begin);
		if (*begin == '>' && begin[1] == '<')
			strbuf_add(out, "\n");
	}
	strbuf_add(out, "\n");
}

static void add_whole(const struct document_case *row, const struct document *document,
	struct strbuf *out)
{
	static const struct {
		enum format format;
		const char *name;
		bool is_page;
	} formats[] = { { FORMAT_TEXT, "text", false }, { FORMAT_JSON, "json", false },
		{ FORMAT_CSV, "csv", false }, { FORMAT_KV, "kv", false },
		{ FORMAT_HTML, "html", true }, { FORMAT_SVG, "svg", true } };

	for (size_t f = 0; f < ARRAY_LEN(formats); f++) {
		size_t size = 0;
		char *text;

		if (formats[f].is_page && !row->is_page)
			continue;
		text = write_as(document, formats[f].format, &size);
		strbuf_addf(out, "== %s\n", formats[f].name);
		if (formats[f].format == FORMAT_HTML)
			add_body(out, text);
		else
			strbuf_add(out, text);
		free(text);
	}
}

static char *read_golden(const char *path)
{
	FILE *file = fopen(path, "r");
	struct strbuf text;
	char line[4096];
	char *whole;

	strbuf_init(&text, 1 << 24);
	while (file && fgets(line, sizeof(line), file))
		strbuf_add(&text, line);
	if (file)
		assert_int_equal(fclose(file), 0);
	whole = strdup(strbuf_text(&text));
	strbuf_done(&text);
	return whole;
}

static void expect_same_lines(const char *path, const char *golden, const char *seen)
{
	for (int number = 1; *golden || *seen; number++) {
		size_t wanted = strcspn(golden, "\n"), has = strcspn(seen, "\n");

		if (wanted != has || memcmp(golden, seen, has) != 0)
			fail_msg("%s, line %d: wanted \"%.*s\", it is \"%.*s\"", path,
				number, (int)wanted, golden, (int)has, seen);
		golden += wanted + (golden[wanted] == '\n');
		seen += has + (seen[has] == '\n');
	}
}

/* `make golden` (GOLDEN_WRITE=1) writes it anew. */
static void expect_whole(
	const struct document_case *row, const struct document *document)
{
	struct strbuf seen;
	char path[128];
	char *golden;

	(void)snprintf(path, sizeof(path), "tests/golden/made/%s.txt", row->golden);
	strbuf_init(&seen, 1 << 24);
	add_whole(row, document, &seen);
	if (getenv("GOLDEN_WRITE")) {
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		assert_true(fputs(strbuf_text(&seen), out) >= 0);
		assert_int_equal(fclose(out), 0);
	}
	golden = read_golden(path);
	expect_same_lines(path, golden, strbuf_text(&seen));
	free(golden);
	strbuf_done(&seen);
}

static void check_document(void **state)
{
	const struct document_case *row = *state;
	struct document *document = row->make();

	assert_non_null(document);
	for (int f = 0; f < FORMAT_COUNT; f++) {
		size_t size = 0;
		char *text = write_as(document, (enum format)f, &size);
		cJSON *json;

		if (f != FORMAT_XLSX && f != FORMAT_PNG)
			assert_int_equal(strlen(text), size);
		if (f == FORMAT_JSON) {
			json = cJSON_Parse(text);
			assert_non_null(json);
			assert_non_null(cJSON_GetObjectItem(json, "schema"));
			cJSON_Delete(json);
		}
		if (f == FORMAT_CSV)
			csv_rows_are_even(text);
		if (f == FORMAT_XLSX)
			assert_memory_equal(text, "PK", 2);
		else
			every_cell_is_there(document, (enum format)f, text);
		if (f == FORMAT_TEXT || f == FORMAT_KV)
			assert_null(strchr(text, '\033'));
		if (f == FORMAT_HTML)
			assert_null(strstr(text, "<b>"));
		free(text);
	}
	if (row->golden)
		expect_whole(row, document);
	document_free(document);
}

int every_format_run(const char *group, struct document_case *cases, size_t count)
{
	struct CMUnitTest tests[EVERY_FORMAT_CASES_MAX];

	assert_true(count <= EVERY_FORMAT_CASES_MAX);
	setenv("TZ", "UTC0", 1);
	tzset();
	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_document,
			.initial_state = &cases[i] };
	return _cmocka_run_group_tests(group, tests, count, NULL, NULL);
}
