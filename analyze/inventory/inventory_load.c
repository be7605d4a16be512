#include "analyze/inventory/inventory_load.h"

#include "analyze/import/readers/text.h"
#include "common/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 128

void stated_list_done(struct stated_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->stated[i].workload);
		free(list->stated[i].value);
	}
	free(list->stated);
	*list = (struct stated_list){ .count = 0 };
}

/* Takes value over, also on failure. */
static int add(struct stated_list *list, const char *workload, enum fact_id fact,
	char *value, unsigned line, struct err *err)
{
	struct stated one = { .fact = fact, .value = value, .line = line };

	if (list->count >= INVENTORY_ROWS_MAX) {
		free(value);
		return err_set(err, -EFBIG, "more than %d facts", INVENTORY_ROWS_MAX);
	}
	if ((list->count & (list->count - 1)) == 0) {
		struct stated *grown = reallocarray(list->stated,
			list->count ? 2 * list->count : 1, sizeof(*list->stated));

		if (!grown)
			goto no_memory;
		list->stated = grown;
	}
	one.workload = workload ? strdup(workload) : NULL;
	if (workload && !one.workload)
		goto no_memory;
	list->stated[list->count++] = one;
	return 0;
no_memory:
	free(value);
	return err_oom(err);
}

static int find_key(const char *key, struct err *err)
{
	const char *near = NULL;
	int id = fact_find(key, &near);

	if (id >= 0)
		return id;
	return err_set(err, -EINVAL,
		"there is no fact \"%.60s\"%s%s%s; `analyze inventory --keys` lists "
		"them",
		key, near ? ", did you mean \"" : "", near ? near : "",
		near ? "\"?" : "");
}

/* In the form in which the store keeps it; the value is taken. */
static int add_value(struct stated_list *list, const char *workload, enum fact_id id,
	struct fact_value *value, unsigned line, struct err *err)
{
	char *stored = fact_format(id, value);

	fact_value_done(value);
	if (!stored)
		return err_oom(err);
	return add(list, workload, id, stored, line, err);
}

static int add_text(struct stated_list *list, const char *workload, int id,
	const char *text, unsigned line, struct err *err)
{
	struct fact_value value;
	int r = fact_parse((enum fact_id)id, text, &value, err);

	return r < 0 ? r
		     : add_value(list, workload, (enum fact_id)id, &value, line, err);
}

int stated_add_word(struct stated_list *list, const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');
	char key[64];
	int id;

	if (!equals || equals == word || (size_t)(equals - word) >= sizeof(key))
		return err_set(err, -EINVAL,
			"--set: expected KEY=VALUE, found \"%.80s\"", word);
	memcpy(key, word, (size_t)(equals - word));
	key[equals - word] = '\0';
	id = find_key(key, err);
	return id < 0 ? id : add_text(list, NULL, id, equals + 1, 0, err);
}

int stated_add_forget(struct stated_list *list, const char *key, struct err *err)
{
	int id = find_key(key, err);

	return id < 0 ? id : add(list, NULL, (enum fact_id)id, NULL, 0, err);
}

/* ---- JSON ----------------------------------------------------------------------- */

static int load_facts(const struct json_doc *doc, const cJSON *object,
	const char *workload, struct stated_list *list, struct err *err)
{
	const cJSON *item;

	if (!cJSON_IsObject(object))
		return json_doc_refuse(doc, object, err, "expected an object of facts");
	cJSON_ArrayForEach (item, object) {
		struct err why = ERR_INIT;
		struct fact_value value;
		int id = find_key(item->string, &why), r;

		if (id < 0)
			return json_doc_refuse(doc, item, err, "%s", why.text);
		if (cJSON_IsNull(item))
			continue;
		r = fact_parse_json((enum fact_id)id, doc, item, &value, err);
		if (r == 0)
			r = add_value(list, workload, (enum fact_id)id, &value,
				json_doc_line(doc, item), err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int load_json(const char *path, struct stated_list *list, struct err *err)
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
		r = load_facts(&doc, doc.root, NULL, list, err);
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
		r = load_facts(&doc, item, item->string, list, err);
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
static int split_row(char *line, char *field[COLUMNS_MAX])
{
	char *from = line, *to;
	int count = 0;

	for (;;) {
		bool is_quoted = *from == '"';

		if (count == COLUMNS_MAX)
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
static const char *plain(const char *text)
{
	return text[0] == '\'' && text[1] && strchr("=+-@", text[1]) ? text + 1 : text;
}

struct csv_header {
	int fact[COLUMNS_MAX]; /* -1: the workload */
	int count;
	int workload;
};

static int read_header(char *line, struct csv_header *header, struct err *err)
{
	char *field[COLUMNS_MAX] = { NULL };

	header->count = split_row(line, field);
	header->workload = -1;
	if (header->count < 0)
		return err_set(err, -EINVAL, "the header is not CSV");
	for (int i = 0; i < header->count; i++) {
		if (strcmp(field[i], "workload") == 0) {
			header->workload = i;
			header->fact[i] = -1;
			continue;
		}
		header->fact[i] = find_key(field[i], err);
		if (header->fact[i] < 0)
			return -EINVAL;
	}
	return header->workload < 0
		? err_set(err, -EINVAL, "the header has no column \"workload\"")
		: 0;
}

static int read_row(char *line, const struct csv_header *header, unsigned number,
	struct stated_list *list, struct err *err)
{
	char *field[COLUMNS_MAX] = { NULL };
	int count = split_row(line, field), r = 0;

	if (count != header->count)
		return err_set(err, -EINVAL, "expected %d fields as in the header",
			header->count);
	for (int i = 0; i < count && r == 0; i++) {
		if (header->fact[i] >= 0 && *field[i])
			r = add_text(list, plain(field[header->workload]),
				header->fact[i], plain(field[i]), number, err);
	}
	return r;
}

static int load_csv(const char *path, struct stated_list *list, struct err *err)
{
	struct csv_header header = { .count = 0 };
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
			r = read_header(copy, &header, &why);
		else if (length > 0)
			r = read_row(copy, &header, number, list, &why);
		free(copy);
		if (r < 0) {
			r = err_set(err, r, "%s:%u: %s", path, number, why.text);
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
	return first == '{' || first == '[' ? load_json(path, list, err)
					    : load_csv(path, list, err);
}
