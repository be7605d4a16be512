/*
 * Tables of machines that other tools write (schema/estates: Azure Migrate, AWS Application
 * Discovery): one row for each machine, its columns are facts.
 */
#include "analyze/import/importer.h"
#include "analyze/import/readers/cells.h"
#include "common/json_doc.h"
#include "common/util.h"
#include "schema/builtin.h"
#include "schema/fact.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FOLDER "estates/"
#define ESTATE_COLUMNS_MAX 512 /* of a table */
#define ESTATE_NAME_SIZE 120
#define ESTATE_CELL_SIZE 400
#define ESTATE_DISKS_SIZE 1000
#define ESTATE_COLUMNS_MIN 3 /* that must be known for a table to be one */

/* What a column of the table is. */
struct estate_column {
	const cJSON *rule; /* of "columns"; NULL: not one */
	int name_rank;     /* of "workload", from 0; -1: not one */
};

struct estate_table {
	const struct import_source *source;
	struct import_sink *sink;
	struct json_doc doc;
	struct estate_column column[ESTATE_COLUMNS_MAX];
	uint32_t columns;
	uint64_t row;
	/* of the row that is read */
	char name[TEXT_NAME_MAX_BYTES + 1], disks[ESTATE_DISKS_SIZE];
	int name_rank; /* of the name that was found; INT_MAX: none */
	char cell[ESTATE_COLUMNS_MAX][ESTATE_CELL_SIZE];
};

/* ---- headings ------------------------------------------------------------------------- */

/* Marks of what is required, blanks and case do not count; # is any number. */
static bool is_estate_heading(const char *wanted, const char *text)
{
	while (*text == '*' || *text == ' ')
		text++;
	for (;; wanted++, text++) {
		while (*wanted == ' ')
			wanted++;
		while (*text == ' ')
			text++;
		if (*wanted == '#' && isdigit((unsigned char)*text)) {
			while (isdigit((unsigned char)text[1]))
				text++;
			continue;
		}
		if (tolower((unsigned char)*wanted) != tolower((unsigned char)*text))
			return false;
		if (!*wanted)
			return true;
	}
}

static const cJSON *estate_rule_of(
	const struct json_doc *doc, const char *list, const char *name)
{
	const cJSON *rule;

	cJSON_ArrayForEach (rule, cJSON_GetObjectItemCaseSensitive(doc->root, list)) {
		if (is_estate_heading(json_doc_text(rule, "name", ""), name))
			return rule;
	}
	return NULL;
}

static struct estate_column estate_column_of(
	const struct json_doc *doc, const char *name)
{
	struct estate_column column = { estate_rule_of(doc, "columns", name), -1 };
	const cJSON *word;
	int rank = 0;

	cJSON_ArrayForEach (
		word, cJSON_GetObjectItemCaseSensitive(doc->root, "workload")) {
		if (is_estate_heading(word->valuestring, name))
			column.name_rank = rank;
		rank++;
	}
	return column;
}

static void copy_estate_cell(const struct table_cell *cell, char *to, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < cell->length && used + 1 < size; i++) {
		unsigned char c = (unsigned char)cell->text[i];

		to[used++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
	}
	while (used > 0 && to[used - 1] == ' ')
		used--;
	to[used] = '\0';
}

/* How many headings of a first line this tool's table has; 0 without a name. */
static unsigned known_headings(
	const struct json_doc *doc, const char *head, size_t length)
{
	struct bytes *bytes = NULL;
	struct cells *cells = NULL;
	struct table_cell cell;
	unsigned known = 0, names = 0;
	char name[ESTATE_NAME_SIZE];

	if (bytes_of_text(head, length, &bytes, NULL) < 0)
		return 0;
	if (cells_open(bytes, cells_guess_delimiter(head, length), &cells, NULL) >= 0) {
		while (cells_next(cells, &cell, NULL) > 0) {
			struct estate_column column;

			copy_estate_cell(&cell, name, sizeof(name));
			column = estate_column_of(doc, name);
			known += column.rule != NULL || column.name_rank >= 0;
			names += column.name_rank >= 0;
			if (cell.is_last)
				break;
		}
	}
	cells_close(cells);
	bytes_close(bytes);
	return names ? known : 0;
}

/* The built-in table that knows the most headings, ESTATE_COLUMNS_MIN at least. */
static const struct builtin_file *find_estate(const char *head, size_t length)
{
	const struct builtin_file *best = NULL;
	unsigned most = ESTATE_COLUMNS_MIN - 1;
	const char *end = memchr(head, '\n', length);

	if (!end)
		return NULL;
	for (const struct builtin_file *file = builtin_files; file->path; file++) {
		struct json_doc doc;
		unsigned known;

		if (strncmp(file->path, FOLDER, strlen(FOLDER)) != 0 ||
			json_doc_parse(file->path, file->data, file->size, &doc, NULL) <
				0)
			continue;
		known = known_headings(&doc, head, (size_t)(end - head) + 1);
		json_doc_done(&doc);
		if (known > most) {
			most = known;
			best = file;
		}
	}
	return best;
}

static int take_estate_heading(
	struct estate_table *table, const struct table_cell *cell, struct err *err)
{
	struct account *account = table->sink->account;
	char name[ESTATE_NAME_SIZE];
	const cJSON *ignored;

	if (cell->column >= ESTATE_COLUMNS_MAX)
		return err_set(err, -EFBIG,
			"%s: expected at most %d columns, found more",
			table->source->path, ESTATE_COLUMNS_MAX);
	copy_estate_cell(cell, name, sizeof(name));
	table->column[cell->column] = estate_column_of(&table->doc, name);
	table->columns = cell->column + 1;
	if (table->column[cell->column].rule ||
		table->column[cell->column].name_rank >= 0)
		return 0;
	ignored = estate_rule_of(&table->doc, "ignored", name);
	return account_ignore(account, name, strlen(name),
		ignored ? json_doc_text(ignored, "why", "") : "no fact of ours", err);
}

/* ---- rows ------------------------------------------------------------------------------- */

static int refuse_estate_cell(const struct estate_table *table, uint32_t column,
	const char *wanted, const char *found, struct err *err)
{
	char quoted[TEXT_QUOTE_SIZE];

	return err_set(err, -EINVAL, "%s:%llu: field %u: expected %s, found \"%s\"",
		table->source->path, (unsigned long long)table->row + 1, column + 1,
		wanted, text_quote(found, strlen(found), quoted));
}

static int add_estate_disk(struct estate_table *table, const cJSON *rule,
	uint32_t column, const char *text, struct err *err)
{
	size_t used = strlen(table->disks);
	unsigned number = 1;
	double size;

	for (const char *p = table->disks; *p; p++)
		number += *p == ',' || !p[1];
	if (!text_is_number(text, strlen(text), &size))
		return refuse_estate_cell(table, column, "a size >= 0", text, err);
	if (size > 0)
		snprintf(table->disks + used, sizeof(table->disks) - used,
			"%sdisk%u:%.10g", used ? "," : "", number,
			size * json_doc_number(rule, "scale", 1));
	return 0;
}

/* The fact that a cell states; *to is empty where it states none. */
static int value_of_cell(struct estate_table *table, const cJSON *rule, uint32_t column,
	const char *text, char to[ESTATE_CELL_SIZE], struct err *err)
{
	const cJSON *words = cJSON_GetObjectItemCaseSensitive(rule, "words"), *word;
	const char *constant = json_doc_text(rule, "constant", NULL);
	double scale = json_doc_number(rule, "scale", 0), number;

	*to = '\0';
	if (constant || (!words && scale == 0)) {
		snprintf(to, ESTATE_CELL_SIZE, "%s", constant ? constant : text);
		return 0;
	}
	cJSON_ArrayForEach (word, words) {
		if (!strcasecmp(word->string, text))
			snprintf(to, ESTATE_CELL_SIZE, "%s", word->valuestring);
	}
	if (words)
		return 0;
	if (!text_is_number(text, strlen(text), &number))
		return refuse_estate_cell(table, column, "a number >= 0", text, err);
	snprintf(to, ESTATE_CELL_SIZE, "%.15g", number * scale);
	return 0;
}

/* Here, where the place is known. */
static int check_estate_fact(struct estate_table *table, const char *key,
	uint32_t column, const char *value, struct err *err)
{
	struct fact_value parsed = { .is_known = false };
	struct err why = ERR_INIT;
	int fact = fact_find(key, NULL);

	if (fact < 0)
		return err_set(err, -EINVAL, "no fact is called \"%s\"", key);
	if (fact_parse((enum fact_id)fact, value, &parsed, &why) < 0)
		return err_set(err, -EINVAL, "%s:%llu: field %u: %s",
			table->source->path, (unsigned long long)table->row + 1,
			column + 1, why.text);
	fact_value_done(&parsed);
	return 0;
}

static int put_estate_row(struct estate_table *table, struct err *err)
{
	uint32_t workload = 0;
	int r = table->sink->find_workload(
		table->sink, table->name, strlen(table->name), &workload, err);

	for (uint32_t i = 0; r >= 0 && i < table->columns; i++) {
		const cJSON *rule = table->column[i].rule;
		char value[ESTATE_CELL_SIZE];

		if (!rule || !*table->cell[i])
			continue;
		if (json_doc_bool(rule, "disk", false)) {
			r = add_estate_disk(table, rule, i, table->cell[i], err);
			continue;
		}
		r = value_of_cell(table, rule, i, table->cell[i], value, err);
		if (r < 0 || !*value)
			continue;
		r = check_estate_fact(
			table, json_doc_text(rule, "fact", ""), i, value, err);
		if (r >= 0)
			r = table->sink->put_fact(table->sink, workload,
				json_doc_text(rule, "fact", ""), value, err);
	}
	if (r >= 0 && *table->disks)
		r = table->sink->put_fact(
			table->sink, workload, "disks", table->disks, err);
	return r;
}

static int end_estate_row(struct estate_table *table, struct err *err)
{
	const struct text_place place = { table->source->path, table->row + 1 };
	int r = 0;

	if (table->row > 0 && *table->name) {
		r = text_name(&place, "name", table->name, strlen(table->name), err);
		if (r >= 0)
			r = put_estate_row(table, err);
	}
	table->row++;
	table->name[0] = table->disks[0] = '\0';
	table->name_rank = -1;
	for (uint32_t i = 0; i < table->columns; i++)
		table->cell[i][0] = '\0';
	return r;
}

static int take_estate_cell(
	struct estate_table *table, const struct table_cell *cell, struct err *err)
{
	int rank;

	if (table->row == 0)
		return take_estate_heading(table, cell, err);
	if (cell->column >= table->columns)
		return 0;
	copy_estate_cell(cell, table->cell[cell->column], ESTATE_CELL_SIZE);
	rank = table->column[cell->column].name_rank;
	if (rank >= 0 && cell->length > 0 && cell->length <= TEXT_NAME_MAX_BYTES &&
		(table->name_rank < 0 || rank < table->name_rank)) {
		copy_estate_cell(cell, table->name, sizeof(table->name));
		table->name_rank = rank;
	}
	return 0;
}

static int read_estate_rows(struct estate_table *table, char delimiter, struct err *err)
{
	struct cells *cells = NULL;
	struct table_cell cell;
	int r = cells_open(table->source->bytes, delimiter, &cells, err);

	while (r >= 0 && (r = cells_next(cells, &cell, err)) > 0) {
		bool is_last = cell.is_last;

		r = take_estate_cell(table, &cell, err);
		if (r >= 0 && is_last)
			r = end_estate_row(table, err);
	}
	cells_close(cells);
	return r;
}

static int estate_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct estate_table *table = calloc(1, sizeof(*table));
	const struct builtin_file *file;
	const char *head = NULL;
	size_t length = 0;
	int r = table ? bytes_head(source->bytes, &head, &length, err) : err_oom(err);

	if (r < 0) {
		free(table);
		return r;
	}
	file = find_estate(head, length);
	if (!file) {
		free(table);
		return err_set(err, -EINVAL,
			"%s:1: expected the headings of Azure Migrate (Server Name, Cores, "
			"Memory (In MB) ...) or of AWS Application Discovery (HostName, "
			"CPU.NumberOfCores ...), found others",
			source->path);
	}
	table->source = source;
	table->sink = sink;
	table->name_rank = -1;
	r = json_doc_parse(file->path, file->data, file->size, &table->doc, err);
	if (r >= 0) {
		r = read_estate_rows(table, cells_guess_delimiter(head, length), err);
		json_doc_done(&table->doc);
	}
	free(table);
	return r;
}

static int estate_recognise(const struct import_head *head)
{
	const char *text = head->text;
	size_t length = head->length;

	if (length > 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		length -= 3;
	}
	return find_estate(text, length) ? IMPORT_LIKELY : IMPORT_NOT_MINE;
}

const struct importer estate_importer = {
	.name = "estate",
	.help = "lists of machines of Azure Migrate and AWS Discovery (CSV): facts",
	.example = "analyze import estate AzureMigrateImport.csv",
	.is_confined = true,
	.recognise = estate_recognise,
	.read = estate_read,
};
