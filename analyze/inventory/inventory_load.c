#include "analyze/inventory/inventory_load.h"

#include "analyze/import/readers/text.h"
#include "common/safe_text.h"
#include "common/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CSV_COLUMNS_MAX 128

/* ---- JSON ----------------------------------------------------------------------- */

static int load_json_facts(const struct json_doc *doc, const cJSON *object,
	const char *workload, struct stated_list *list, struct err *err)
{
	const cJSON *item;

	if (!cJSON_IsObject(object))
		return json_doc_refuse(doc, object, err, "expected an object of facts");
	cJSON_ArrayForEach (item, object) {
		struct err why = ERR_INIT;
		struct fact_value value;
		int id = stated_find_fact(item->string, &why), r;

		if (id < 0)
			return json_doc_refuse(doc, item, err, "%s", why.text);
		if (cJSON_IsNull(item))
			continue;
		r = fact_parse_json((enum fact_id)id, doc, item, &value, err);
		if (r == 0)
			r = stated_add_value(list, workload, (enum fact_id)id, &value,
				json_doc_line(doc, item), err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int load_json_file(const char *path, struct stated_list *list, struct err *err)
{
	static const struct json_field fields[] = {
		{ "schema", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "comment", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "workloads", JSON_FIELD_OBJECT, true, false, 0, 0 },
	};
	struct json_doc doc;
	const cJSON *item;
	int r = json_doc_load(path, INVENTORY_BYTES_MAX, &doc, err);

	if (r < 0)
		return r;
	if (!cJSON_GetObjectItemCaseSensitive(doc.root, "schema")) {
		r = load_json_facts(&doc, doc.root, NULL, list, err);
		goto out;
	}
	r = json_doc_check_object(
		&doc, doc.root, "inventory", fields, ARRAY_LEN(fields), err);
	if (r == 0 &&
		strcmp(json_doc_text(doc.root, "schema", ""), "headroom/inventory/1") !=
			0)
		r = json_doc_refuse(&doc, doc.root, err,
			"schema: expected \"headroom/inventory/1\"");
	if (r < 0)
		goto out;
	cJSON_ArrayForEach (
		item, cJSON_GetObjectItemCaseSensitive(doc.root, "workloads")) {
		r = load_json_facts(&doc, item, item->string, list, err);
		if (r < 0)
			break;
	}
out:
	json_doc_done(&doc);
	return r;
}

/* ---- CSV ------------------------------------------------------------------------ */

/*
 * Splits a line in place (RFC 4180, no line ends inside quotes); returns the number of
 * fields, or -EINVAL for a quote that does not close, -E2BIG for too many.
 */
static int split_csv_row(char *line, char *field[CSV_COLUMNS_MAX])
{
	char *from = line, *to;
	int count = 0;

	for (;;) {
		bool is_quoted = *from == '"';

		if (count == CSV_COLUMNS_MAX)
			return -E2BIG;
		from += is_quoted;
		field[count++] = to = from;
		for (;; from++) {
			if (is_quoted && from[0] == '"' && from[1] == '"')
				from++;
			else if (is_quoted ? *from == '"' : *from == ',' || !*from)
				break;
			else if (!*from)
				return -EINVAL;
			*to++ = *from;
		}
		from += is_quoted;
		if (*from != ',' && *from)
			return -EINVAL;
		is_quoted = *from == ',';
		*to = '\0';
		if (!is_quoted)
			return count;
		from++;
	}
}

/* The quote that keeps a spreadsheet from computing is not part of the text. */
static const char *without_guard(const char *text)
{
	return text[0] == '\'' && text[1] && strchr("=+-@'\t\r", text[1]) ? text + 1
									  : text;
}

struct inventory_header {
	int fact[CSV_COLUMNS_MAX]; /* -1: the workload */
	int count;
	int workload;
	int fact_name, value; /* the list as --format csv writes it; -1: a sheet */
	int stated_by;        /* its column; what no person stated stays what it is */
};

/* "workload,fact,value,...": a row for each fact, as this program lists them itself. */
static bool find_list_columns(
	char *const field[CSV_COLUMNS_MAX], struct inventory_header *header)
{
	header->fact_name = header->value = header->workload = header->stated_by = -1;
	for (int i = 0; i < header->count; i++) {
		static const char *const names[] = { "workload", "fact", "value",
			"stated_by" };
		int *const places[] = { &header->workload, &header->fact_name,
			&header->value, &header->stated_by };

		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			if (strcmp(field[i], names[k]) == 0)
				*places[k] = i;
		header->fact[i] = -1;
	}
	return header->fact_name >= 0 && header->value >= 0 && header->workload >= 0;
}

static int read_csv_header(char *line, struct inventory_header *header, struct err *err)
{
	char *field[CSV_COLUMNS_MAX] = { NULL };

	header->count = split_csv_row(line, field);
	header->workload = -1;
	if (header->count < 0)
		return err_set(err, -EINVAL, "the header is not CSV");
	if (find_list_columns(field, header))
		return 0;
	header->fact_name = header->workload = -1;
	for (int i = 0; i < header->count; i++) {
		if (strcmp(field[i], "workload") == 0) {
			header->workload = i;
			header->fact[i] = -1;
			continue;
		}
		header->fact[i] = stated_find_fact(field[i], err);
		if (header->fact[i] < 0)
			return -EINVAL;
	}
	return header->workload < 0
		? err_set(err, -EINVAL, "the header has no column \"workload\"")
		: 0;
}

static int inventory_load_read_csv_row(char *line,
	const struct inventory_header *header, unsigned number,
	struct stated_list *list, struct err *err)
{
	char *field[CSV_COLUMNS_MAX] = { NULL };
	int count = split_csv_row(line, field), r = 0;

	if (count != header->count)
		return err_set(err, -EINVAL, "expected %d fields as in the header",
			header->count);
	if (header->fact_name >= 0) {
		int fact;

		if (header->stated_by >= 0 && *field[header->stated_by] &&
			strcmp(field[header->stated_by], "person") != 0)
			return 0;
		fact = stated_find_fact(field[header->fact_name], err);

		return fact < 0
			? -EINVAL
			: stated_add_text(list, without_guard(field[header->workload]),
				  (enum fact_id)fact,
				  without_guard(field[header->value]), number, err);
	}
	for (int i = 0; i < count && r == 0; i++) {
		if (header->fact[i] >= 0 && *field[i])
			r = stated_add_text(list,
				without_guard(field[header->workload]),
				(enum fact_id)header->fact[i], without_guard(field[i]),
				number, err);
	}
	return r;
}

static int load_csv_file(const char *path, struct stated_list *list, struct err *err)
{
	struct inventory_header header = { .count = 0 };
	struct text_lines *lines;
	const char *line;
	size_t length;
	int r = text_lines_open(path, &lines, err);

	if (r < 0)
		return r;
	while ((r = text_lines_next(lines, &line, &length, err)) > 0) {
		unsigned number = (unsigned)text_lines_place(lines)->line;
		struct err why = ERR_INIT;
		char *copy = strndup(line, length);

		if (!copy) {
			r = err_oom(err);
			break;
		}
		if (header.count == 0)
			r = read_csv_header(copy, &header, &why);
		else if (length > 0)
			r = inventory_load_read_csv_row(
				copy, &header, number, list, &why);
		free(copy);
		if (r < 0) {
			r = err_code(r, safe_put_words(err, path, number, why.text));
			break;
		}
	}
	text_lines_close(lines);
	return r;
}

int inventory_load(const char *path, struct stated_list *list, struct err *err)
{
	FILE *file = fopen(path, "re");
	int first;

	if (!file)
		return err_errno(err, "%s", path);
	do
		first = fgetc(file);
	while (first == ' ' || first == '\n' || first == '\r' || first == '\t');
	(void)fclose(file);
	return first == '{' || first == '[' ? load_json_file(path, list, err)
					    : load_csv_file(path, list, err);
}
