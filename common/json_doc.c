#include "common/json_doc.h"

#include "common/checksum.h"
#include "common/safe_text.h"
#include "common/strbuf.h"
#include "common/suggest.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 128

/* What one pass over the text finds: enough for lines, depth and number of values. */
struct json_scan {
	const char *cursor, *end;
	unsigned line;
	unsigned depth, deepest;
	unsigned deepest_line;
	size_t values;
	unsigned *lines; /* NULL in the first pass, which only counts */
	/* the name at each level, to say where the values became too many */
	struct {
		const char *at;
		int length;
	} key[JSON_DOC_DEPTH_MAX + 2];
	char crowded[160]; /* "storage.disks", and its line */
	unsigned crowded_line;
	unsigned nul_line; /* of the first text that \u0000 would cut; 0: none */
};

static void scan_string(struct json_scan *scan)
{
	for (scan->cursor++; scan->cursor < scan->end && *scan->cursor != '"';
		scan->cursor++) {
		if (*scan->cursor == '\\' && scan->cursor + 1 < scan->end) {
			scan->cursor++;
			if (!scan->nul_line && scan->end - scan->cursor >= 5 &&
				memcmp(scan->cursor, "u0000", 5) == 0)
				scan->nul_line = scan->line;
		}
		if (*scan->cursor == '\n')
			scan->line++;
	}
}

static bool json_doc_is_key(const struct json_scan *scan)
{
	const char *p = scan->cursor + 1; /* behind the closing quote */

	while (p < scan->end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p < scan->end && *p == ':';
}

static void scan_key(struct json_scan *scan, const char *begin)
{
	if (scan->depth >= sizeof(scan->key) / sizeof(scan->key[0]))
		return;
	scan->key[scan->depth].at = begin + 1;
	scan->key[scan->depth].length = (int)(scan->cursor - begin - 1);
}

static void note_crowd(struct json_scan *scan, unsigned line)
{
	size_t length = 0;

	for (size_t i = 0;
		i <= scan->depth && i < sizeof(scan->key) / sizeof(scan->key[0]) &&
		length < sizeof(scan->crowded);
		i++) {
		if (scan->key[i].at)
			length += (size_t)snprintf(scan->crowded + length,
				sizeof(scan->crowded) - length, "%s%.*s",
				length ? "." : "", scan->key[i].length,
				scan->key[i].at);
	}
	scan->crowded_line = line;
}

static void scan_value(struct json_scan *scan, unsigned line)
{
	if (scan->values == JSON_DOC_VALUES_MAX)
		note_crowd(scan, line);
	if (scan->lines)
		scan->lines[scan->values] = line;
	scan->values++;
}

/* Every value is met in the order in which a walk through cJSON's tree meets it. */
static void scan_text(struct json_scan *scan)
{
	for (; scan->cursor < scan->end; scan->cursor++) {
		const char *begin;
		unsigned line = scan->line;

		switch (*scan->cursor) {
		case '\n':
			scan->line++;
			break;
		case '"':
			begin = scan->cursor;
			scan_string(scan);
			if (json_doc_is_key(scan))
				scan_key(scan, begin);
			else
				scan_value(scan, line);
			break;
		case '{':
		case '[':
			scan_value(scan, line);
			if (scan->depth == JSON_DOC_DEPTH_MAX && !*scan->crowded)
				note_crowd(scan, line);
			if (++scan->depth > scan->deepest) {
				scan->deepest = scan->depth;
				scan->deepest_line = line;
			}
			if (scan->depth < sizeof(scan->key) / sizeof(scan->key[0]))
				scan->key[scan->depth].at = NULL;
			break;
		case '}':
		case ']':
			if (scan->depth > 0)
				scan->depth--;
			break;
		case ' ':
		case '\t':
		case '\r':
		case ',':
		case ':':
			break;
		default: /* a number or a word: to its end */
			scan_value(scan, line);
			while (scan->cursor + 1 < scan->end &&
				!strchr(",]} \t\r\n:\"[{", scan->cursor[1]))
				scan->cursor++;
		}
	}
}

/* The next value in the order of the text: child, sibling, or an ancestor's sibling. */
struct walk {
	const cJSON *stack[JSON_DOC_DEPTH_MAX + 2];
	size_t depth;
};

static const cJSON *walk_next(struct walk *walk)
{
	const cJSON *at = walk->stack[walk->depth];

	if (at->child) {
		walk->stack[++walk->depth] = at->child;
		return at->child;
	}
	for (;;) {
		if (walk->depth == 0)
			return NULL;
		if (walk->stack[walk->depth]->next) {
			walk->stack[walk->depth] = walk->stack[walk->depth]->next;
			return walk->stack[walk->depth];
		}
		walk->depth--;
	}
}

unsigned json_doc_line(const struct json_doc *doc, const cJSON *value)
{
	struct walk walk = { .stack = { doc->root } };
	size_t index = 0;

	for (const cJSON *at = doc->root; at; at = walk_next(&walk), index++) {
		if (at == value)
			return index < doc->value_count ? doc->lines[index] : 0;
	}
	return 0;
}

int json_doc_put(const struct json_doc *doc, const cJSON *value, struct err *err,
	const char *format, ...)
{
	char words[400];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	return safe_put_words(
		err, doc->path, value ? json_doc_line(doc, value) : 1, words);
}

static int json_doc_compare_names(const void *a, const void *b)
{
	const cJSON *const *x = a, *const *y = b;

	return strcmp((*x)->string, (*y)->string);
}

/* cJSON keeps the first of two fields of one name and says nothing. */
static int refuse_repeated_field(
	const struct json_doc *doc, const cJSON *object, struct err *err)
{
	size_t count = (size_t)cJSON_GetArraySize(object), i = 0;
	const cJSON **sorted = calloc(count ? count : 1, sizeof(const cJSON *));
	const cJSON *field;
	int r = 0;

	if (!sorted)
		return err_oom(err);
	cJSON_ArrayForEach (field, object)
		sorted[i++] = field;
	qsort(sorted, count, sizeof(const cJSON *), json_doc_compare_names);
	for (i = 1; i < count && r == 0; i++) {
		if (strcmp(sorted[i - 1]->string, sorted[i]->string) == 0)
			r = json_doc_refuse(doc, sorted[i], err,
				"field \"%.60s\" is given twice", sorted[i]->string);
	}
	free(sorted);
	return r;
}

static int refuse_repeated_fields(const struct json_doc *doc, struct err *err)
{
	struct walk walk = { .stack = { doc->root } };

	for (const cJSON *at = doc->root; at; at = walk_next(&walk)) {
		if (cJSON_IsObject(at)) {
			int r = refuse_repeated_field(doc, at, err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static unsigned line_of(const char *text, const char *at)
{
	unsigned line = 1;

	for (const char *p = text; p < at; p++)
		line += *p == '\n';
	return line;
}

/* What stands behind the last value may only be white space. */
static const char *first_trailing(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p < end ? p : NULL;
}

/* A comma with nothing behind it, the slip that people make; NULL: there is none. */
static const char *loose_comma(const char *text, const char *end)
{
	const char *comma = NULL;
	bool is_quoted = false;

	for (const char *p = text; p < end; p++) {
		if (is_quoted && *p == '\\')
			p++;
		else if (*p == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && comma && (*p == '}' || *p == ']'))
			return comma;
		if (!is_quoted && !isspace((unsigned char)*p))
			comma = *p == ',' ? p : NULL;
	}
	return NULL;
}

/* cJSON says of memory that it cannot get what it says of a wrong letter. */
static bool has_no_memory;

static void *json_doc_allocate(size_t size)
{
	void *memory = malloc(size);

	has_no_memory |= !memory;
	return memory;
}

static int read_tree(
	struct json_doc *doc, const char *text, size_t length, struct err *err)
{
	cJSON_Hooks noting = { .malloc_fn = json_doc_allocate, .free_fn = free };
	const char *stopped = NULL, *trailing;
	char words[64];

	has_no_memory = false;
	cJSON_InitHooks(&noting);
	doc->root = cJSON_ParseWithLengthOpts(text, length, &stopped, 0);
	cJSON_InitHooks(NULL);
	if (!doc->root && has_no_memory)
		return err_oom_for(err, doc->path);
	if (!doc->root) {
		const char *comma = loose_comma(text, text + length);

		stopped = stopped && stopped <= text + length ? stopped : text;
		if (comma && comma <= stopped)
			return err_set(err, -EINVAL,
				"%s:%u: a comma with nothing behind it", doc->path,
				line_of(text, comma));
		length = strcspn(stopped, "\r\n");
		snprintf(words, sizeof(words), "not JSON from here on: \"%.*s\"",
			length < 30 ? (int)length : 30, stopped);
		return err_code(-EINVAL,
			safe_put_words(err, doc->path, line_of(text, stopped), words));
	}
	trailing = first_trailing(stopped, text + length);
	if (trailing)
		return err_set(err, -EINVAL,
			"%s:%u: text behind the end of the document", doc->path,
			line_of(text, trailing));
	return 0;
}

int json_doc_parse(const char *path, const char *text, size_t length,
	struct json_doc *ret_doc, struct err *err)
{
	struct json_doc doc = { .path = strdup(path),
		.checksum = checksum64(text, length, 0) };
	struct json_scan scan = { .cursor = text, .end = text + length, .line = 1 };
	char *copy = malloc(length + 1); /* cJSON and the messages want a NUL */
	char words[256];
	int r = -ENOMEM;

	if (!doc.path || !copy) {
		err_oom_for(err, path);
		goto out;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (memchr(text, '\0', length)) {
		r = err_set(err, -EINVAL, "%s:%u: a NUL byte is not JSON", path,
			line_of(text, memchr(text, '\0', length)));
		goto out;
	}
	scan_text(&scan);
	if (scan.deepest > JSON_DOC_DEPTH_MAX) {
		snprintf(words, sizeof(words), "%s%snested deeper than %d levels",
			scan.crowded, *scan.crowded ? ": " : "", JSON_DOC_DEPTH_MAX);
		r = err_code(
			-EINVAL, safe_put_words(err, path, scan.deepest_line, words));
		goto out;
	}
	if (scan.values > JSON_DOC_VALUES_MAX) {
		snprintf(words, sizeof(words), "%s%smore than %d values", scan.crowded,
			*scan.crowded ? ": " : "", JSON_DOC_VALUES_MAX);
		r = err_code(
			-EINVAL, safe_put_words(err, path, scan.crowded_line, words));
		goto out;
	}
	if (scan.nul_line) {
		r = err_set(err, -EINVAL,
			"%s:%u: a text with \\u0000 in it would end there", path,
			scan.nul_line);
		goto out;
	}
	doc.lines = calloc(scan.values + 1, sizeof(*doc.lines));
	if (!doc.lines) {
		r = err_oom_for(err, path);
		goto out;
	}
	doc.value_count = scan.values;
	scan = (struct json_scan){
		.cursor = text, .end = text + length, .line = 1, .lines = doc.lines
	};
	scan_text(&scan);
	r = read_tree(&doc, copy, length, err);
	if (r == 0)
		r = refuse_repeated_fields(&doc, err);
	if (r == 0) {
		*ret_doc = doc;
		doc = (struct json_doc){ .path = NULL };
	}
out:
	free(copy);
	json_doc_done(&doc);
	return r;
}

int json_doc_load(const char *path, size_t ceiling_bytes, struct json_doc *ret_doc,
	struct err *err)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t used = 0, allocated = 65536;
	int r = 0;

	if (!file)
		return err_errno(err, "%s", path);
	for (;;) {
		char *grown = realloc(text, allocated);

		if (!grown) {
			r = err_oom_for(err, path);
			goto out;
		}
		text = grown;
		used += fread(text + used, 1, allocated - used, file);
		if (used > ceiling_bytes) {
			r = err_set(err, -EFBIG, "%s: larger than %zu bytes", path,
				ceiling_bytes);
			goto out;
		}
		if (used < allocated)
			break;
		allocated *= 2;
	}
	if (ferror(file)) {
		r = err_errno(err, "%s", path); /* a directory, a device that fails */
		goto out;
	}
	if (used == 0) {
		r = err_set(err, -EINVAL, "%s: the file is empty", path);
		goto out;
	}
	r = json_doc_parse(path, text, used, ret_doc, err);
out:
	free(text);
	(void)fclose(file);
	return r;
}

void json_doc_done(struct json_doc *doc)
{
	free(doc->path);
	free(doc->lines);
	cJSON_Delete(doc->root);
	*doc = (struct json_doc){ .path = NULL };
}

static const char *kind_of(const cJSON *value)
{
	if (cJSON_IsNumber(value))
		return "a number";
	if (cJSON_IsString(value))
		return "a text";
	if (cJSON_IsBool(value))
		return "true or false";
	if (cJSON_IsArray(value))
		return "a list";
	if (cJSON_IsObject(value))
		return "an object";
	return "null";
}

static int check_number(const struct json_doc *doc, const cJSON *value,
	const char *where, const struct json_field *field, struct err *err)
{
	bool is_bounded = field->minimum != 0 || field->maximum != 0;
	bool is_whole = field->type == JSON_FIELD_WHOLE;
	double number = value->valuedouble;

	if (cJSON_IsNumber(value) && isfinite(number) &&
		(!is_whole || number == floor(number)) &&
		(!is_bounded || (number >= field->minimum && number <= field->maximum)))
		return 0;
	if (!cJSON_IsNumber(value))
		return json_doc_refuse(doc, value, err,
			"%s.%s: expected a number, found %s", where, field->name,
			kind_of(value));
	if (!is_bounded)
		return json_doc_refuse(doc, value, err,
			"%s.%s: expected a %snumber, found %.17g", where, field->name,
			is_whole ? "whole " : "", number);
	return json_doc_refuse(doc, value, err,
		"%s.%s: expected a %snumber from %.15g to %.15g, found %.15g", where,
		field->name, is_whole ? "whole " : "", field->minimum, field->maximum,
		number);
}

static int check_field(const struct json_doc *doc, const cJSON *value,
	const char *where, const struct json_field *field, struct err *err)
{
	const char *wanted = NULL;

	if (cJSON_IsNull(value) && field->may_be_null)
		return 0;
	switch (field->type) {
	case JSON_FIELD_NUMBER:
	case JSON_FIELD_WHOLE:
		return check_number(doc, value, where, field, err);
	case JSON_FIELD_TEXT:
		if (!cJSON_IsString(value) || value->valuestring[0] == '\0')
			wanted = "a text that is not empty";
		break;
	case JSON_FIELD_BOOL:
		if (!cJSON_IsBool(value))
			wanted = "true or false";
		break;
	case JSON_FIELD_ARRAY:
		if (!cJSON_IsArray(value))
			wanted = "a list";
		break;
	case JSON_FIELD_OBJECT:
		if (!cJSON_IsObject(value))
			wanted = "an object";
		break;
	case JSON_FIELD_ANY:
		break;
	}
	if (!wanted)
		return 0;
	return json_doc_refuse(doc, value, err, "%s.%s: expected %s, found %s", where,
		field->name, wanted,
		cJSON_IsString(value) ? "an empty text" : kind_of(value));
}

static const struct json_field *find_field(
	const char *name, const struct json_field *fields, size_t field_count)
{
	for (size_t i = 0; i < field_count; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

static int refuse_unknown(const struct json_doc *doc, const cJSON *value,
	const char *where, const struct json_field *fields, size_t field_count,
	struct err *err)
{
	const char *names[FIELDS_MAX] = { NULL }, *near;
	struct strbuf known;
	int r;

	for (size_t i = 0; i < field_count && i < FIELDS_MAX; i++)
		names[i] = fields[i].name;
	near = suggest_nearest(value->string, names,
		field_count < FIELDS_MAX ? field_count : FIELDS_MAX);
	if (near)
		return json_doc_refuse(doc, value, err,
			"%s: unknown field \"%.60s\", did you mean \"%s\"?", where,
			value->string, near);
	strbuf_init(&known, 1024);
	for (size_t i = 0; i < field_count && i < FIELDS_MAX; i++)
		strbuf_addf(&known, "%s%s", i ? ", " : "", names[i]);
	r = json_doc_refuse(doc, value, err,
		"%s: unknown field \"%.60s\"; known are %s", where, value->string,
		strbuf_text(&known));
	strbuf_done(&known);
	return r;
}

int json_doc_check_object(const struct json_doc *doc, const cJSON *object,
	const char *where, const struct json_field *fields, size_t field_count,
	struct err *err)
{
	const cJSON *value;

	if (!cJSON_IsObject(object))
		return json_doc_refuse(doc, object, err,
			"%s: expected an object, found %s", where, kind_of(object));
	cJSON_ArrayForEach (value, object) {
		const struct json_field *field =
			find_field(value->string, fields, field_count);
		int r = field
			? check_field(doc, value, where, field, err)
			: refuse_unknown(doc, value, where, fields, field_count, err);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < field_count; i++) {
		if (fields[i].is_required &&
			!cJSON_GetObjectItemCaseSensitive(object, fields[i].name))
			return json_doc_refuse(doc, object, err,
				"%s: the field \"%s\" is missing", where,
				fields[i].name);
	}
	return 0;
}

double json_doc_number(const cJSON *object, const char *name, double fallback)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNumber(value) ? value->valuedouble : fallback;
}

const char *json_doc_text(const cJSON *object, const char *name, const char *fallback)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(value) ? value->valuestring : fallback;
}

bool json_doc_bool(const cJSON *object, const char *name, bool fallback)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsBool(value) ? cJSON_IsTrue(value) : fallback;
}
