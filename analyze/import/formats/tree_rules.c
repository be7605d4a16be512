#include "analyze/import/formats/tree_rules.h"

#include "common/array.h"
#include "common/util.h"
#include "schema/builtin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_NAME "headroom/tree/1"
#define FOLDER "trees/"

/* ---- the rules ---------------------------------------------------------------------- */

static int take_tree_read(const struct json_doc *doc, const cJSON *item,
	struct tree_read *read, struct err *err)
{
	static const struct json_field fields[] = {
		{ "source", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "part", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "scale", JSON_FIELD_NUMBER, false, false, 1e-9, 1e12 },
		{ "instance", JSON_FIELD_TEXT, false, false, 0, 0 },
	};
	int r = json_doc_check_object(
		doc, item, "read[]", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	read->source = json_doc_text(item, "source", "");
	read->scale = json_doc_number(item, "scale", 1);
	read->instance = json_doc_text(item, "instance", "");
	if (!part_find(json_doc_text(item, "part", ""), &read->part))
		return json_doc_refuse(doc, item, err,
			"part: no part of a figure is called \"%.40s\"",
			json_doc_text(item, "part", ""));
	return 0;
}

static int take_tree_file(const struct json_doc *doc, const cJSON *item,
	struct tree_file *file, struct err *err)
{
	static const struct json_field fields[] = {
		{ "path", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "where", JSON_FIELD_OBJECT, false, false, 0, 0 },
		{ "without", JSON_FIELD_OBJECT, false, false, 0, 0 },
		{ "adapter", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "disk", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "memory_kind", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "note", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "read", JSON_FIELD_ARRAY, true, false, 0, 0 },
	};
	const cJSON *read;
	int r = json_doc_check_object(
		doc, item, "files[]", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	file->path = json_doc_text(item, "path", "");
	file->where = cJSON_GetObjectItemCaseSensitive(item, "where");
	file->without = cJSON_GetObjectItemCaseSensitive(item, "without");
	file->adapter = json_doc_text(item, "adapter", NULL);
	file->disk = json_doc_text(item, "disk", NULL);
	file->memory_kind = json_doc_text(item, "memory_kind", NULL);
	file->note = json_doc_text(item, "note", NULL);
	cJSON_ArrayForEach (read, cJSON_GetObjectItemCaseSensitive(item, "read")) {
		if (file->reads == TREE_READS_MAX)
			return json_doc_refuse(doc, read, err,
				"read: expected at most %d", TREE_READS_MAX);
		r = take_tree_read(doc, read, &file->read[file->reads++], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_tree(struct tree *tree, struct err *err)
{
	static const struct json_field fields[] = {
		{ "schema", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "title", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "source", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "checked", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "files", JSON_FIELD_ARRAY, true, false, 0, 0 },
	};
	const cJSON *root = tree->doc.root, *item, *list;
	int r = json_doc_check_object(
		&tree->doc, root, "the tree", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	if (strcmp(json_doc_text(root, "schema", ""), SCHEMA_NAME) != 0)
		return json_doc_refuse(
			&tree->doc, root, err, "schema: expected \"" SCHEMA_NAME "\"");
	list = cJSON_GetObjectItemCaseSensitive(root, "files");
	tree->file = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*tree->file));
	if (!tree->file)
		return err_oom(err);
	cJSON_ArrayForEach (item, list) {
		r = take_tree_file(&tree->doc, item, &tree->file[tree->files++], err);
		if (r < 0)
			return r;
	}
	return 0;
}

int tree_rules_add(struct tree_rules *rules, const char *path, const char *text,
	size_t length, struct err *err)
{
	struct tree tree = { .id = path };
	int r = json_doc_parse(path, text, length, &tree.doc, err);

	if (r < 0)
		return r;
	r = take_tree(&tree, err);
	if (r >= 0 && ARRAY_EXTEND(rules->tree, rules->trees) < 0)
		r = err_oom(err);
	if (r < 0) {
		json_doc_done(&tree.doc);
		free(tree.file);
		return r;
	}
	rules->tree[rules->trees++] = tree;
	return 0;
}

int tree_rules_load(struct tree_rules **ret_rules, struct err *err)
{
	struct tree_rules *rules = calloc(1, sizeof(*rules));
	int r = rules ? 0 : err_oom(err);

	for (const struct builtin_file *file = builtin_files; r >= 0 && file->path;
		file++) {
		if (!strncmp(file->path, FOLDER, strlen(FOLDER)))
			r = tree_rules_add(
				rules, file->path, file->data, file->size, err);
	}
	if (r < 0)
		tree_rules_free(rules);
	else
		*ret_rules = rules;
	return r;
}

void tree_rules_free(struct tree_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->trees; i++) {
		json_doc_done(&rules->tree[i].doc);
		free(rules->tree[i].file);
	}
	free(rules->tree);
	free(rules);
}

/* ---- a path ------------------------------------------------------------------------- */

/* Of several places the names in front are as long as they can be, and none has a slash
 * in it: hosts have hyphens in their names, plugins have not. */
static bool match_pattern(
	const char *pattern, const char *text, size_t length, struct tree_match *match)
{
	const char *end;
	struct tree_value *value;
	size_t most;

	for (; *pattern && *pattern != '{'; pattern++, text++, length--) {
		if (length == 0 || *pattern != *text)
			return false;
	}
	if (!*pattern)
		return length == 0;
	end = strchr(pattern, '}');
	if (!end || match->values == TREE_NAMES_MAX ||
		(size_t)(end - pattern - 1) >= TREE_NAME_SIZE)
		return false;
	value = &match->value[match->values++];
	snprintf(value->name, sizeof(value->name), "%.*s", (int)(end - pattern - 1),
		pattern + 1);
	for (most = 0; most < length && text[most] != '/'; most++)
		;
	if (most >= TREE_VALUE_SIZE)
		most = TREE_VALUE_SIZE - 1;
	for (size_t taken = most; taken > 0; taken--) {
		snprintf(value->value, sizeof(value->value), "%.*s", (int)taken, text);
		if (match_pattern(end + 1, text + taken, length - taken, match))
			return true;
	}
	match->values--;
	return false;
}

const char *tree_match_value(const struct tree_match *match, const char *name)
{
	for (size_t i = 0; i < match->values; i++) {
		if (!strcmp(match->value[i].name, name))
			return match->value[i].value;
	}
	return NULL;
}

void tree_match_fill(
	const struct tree_match *match, const char *text, char *to, size_t size)
{
	size_t used = 0;

	while (*text && used + 1 < size) {
		const char *end = *text == '{' ? strchr(text, '}') : NULL;
		const char *value = NULL;
		char name[TREE_NAME_SIZE];

		if (end) {
			snprintf(name, sizeof(name), "%.*s", (int)(end - text - 1),
				text + 1);
			value = tree_match_value(match, name);
		}
		if (value) {
			used += (size_t)snprintf(to + used, size - used, "%s", value);
			text = end + 1;
		} else {
			to[used++] = *text++;
		}
	}
	to[used < size ? used : size - 1] = '\0';
}

/* Is every named value one of its list (where), and begins with none (without)? */
static bool obeys_lists(const struct tree_match *match)
{
	const cJSON *list, *item;

	cJSON_ArrayForEach (list, match->file->where) {
		const char *value = tree_match_value(match, list->string);
		bool is_in = false;

		cJSON_ArrayForEach (item, list)
			is_in |= value && cJSON_IsString(item) &&
				!strcmp(item->valuestring, value);
		if (!is_in)
			return false;
	}
	cJSON_ArrayForEach (list, match->file->without) {
		const char *value = tree_match_value(match, list->string);

		cJSON_ArrayForEach (item, list) {
			if (value && cJSON_IsString(item) &&
				!strncmp(item->valuestring, value,
					strlen(item->valuestring)))
				return false;
		}
	}
	return true;
}

/* The end of the path that has as many folders as the pattern; NULL: it has fewer. */
static const char *tail_of(const char *path, size_t length, const char *pattern)
{
	unsigned slashes = 0;
	size_t at = length;

	for (const char *p = pattern; *p; p++)
		slashes += *p == '/';
	for (;; at--) {
		if (at > 0 && path[at - 1] != '/')
			continue;
		if (slashes == 0)
			return path + at;
		if (at == 0)
			return NULL;
		slashes--;
	}
}

static size_t without_marks(const char *path)
{
	static const char *const marks[] = { ".xz", ".gz", ".bz2", ".xml" };
	size_t length = strlen(path);

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		size_t mark = strlen(marks[i]);

		if (length > mark && !memcmp(path + length - mark, marks[i], mark))
			length -= mark;
	}
	return length;
}

bool tree_rules_find(const struct tree_rules *rules, const char *path, size_t *at,
	struct tree_match *ret_match)
{
	size_t length = without_marks(path), number = 0;

	for (size_t i = 0; i < rules->trees; i++) {
		for (size_t k = 0; k < rules->tree[i].files; k++, number++) {
			struct tree_match match = { .tree = &rules->tree[i],
				.file = &rules->tree[i].file[k] };
			const char *tail;

			if (number < *at)
				continue;
			tail = tail_of(path, length, match.file->path);
			if (!tail ||
				!match_pattern(match.file->path, tail,
					length - (size_t)(tail - path), &match) ||
				!obeys_lists(&match))
				continue;
			*at = number + 1;
			*ret_match = match;
			return true;
		}
	}
	return false;
}
