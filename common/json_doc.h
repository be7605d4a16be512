/*
 * JSON files that people write: read with cJSON, checked by tables of fields, refused
 * with path, line, field and reason.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COMMON_JSON_DOC_H
#define COMMON_JSON_DOC_H

#include "common/err.h"

#include <cjson/cJSON.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DOC_DEPTH_MAX 32
#define JSON_DOC_VALUES_MAX 2000000

struct json_doc {
	char *path; /* as it is called in messages */
	cJSON *root;
	unsigned *lines; /* line of each value, in the order of the text */
	size_t value_count;
	uint64_t checksum; /* of the text, by checksum64 */
};

/*
 * json_doc_parse - text to tree
 *
 * path     for messages only; copied
 * text     need not end in NUL
 *
 * Refuses what is no JSON, is nested deeper than JSON_DOC_DEPTH_MAX, has more than
 * JSON_DOC_VALUES_MAX values or names a field twice in one object.  Returns 0,
 * -EINVAL or -ENOMEM.
 */
int json_doc_parse(const char *path, const char *text, size_t length,
	struct json_doc *ret_doc, struct err *err);

/* The same from a file of at most ceiling_bytes. */
int json_doc_load(const char *path, size_t ceiling_bytes, struct json_doc *ret_doc,
	struct err *err);

void json_doc_done(struct json_doc *doc);

/* The line a value of this document begins on, from 1; 0 when it is not in it. */
unsigned json_doc_line(const struct json_doc *doc, const cJSON *value);

/* "<path>:<line>: <words>"; returns -EINVAL for `return json_doc_refuse(...)`. */
#define json_doc_refuse(doc, value, err, ...) \
	err_code(-EINVAL, json_doc_put((doc), (value), (err), __VA_ARGS__))
int json_doc_put(const struct json_doc *doc, const cJSON *value, struct err *err,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

enum json_field_type {
	JSON_FIELD_NUMBER, /* minimum and maximum hold */
	JSON_FIELD_WHOLE,  /* a whole number; minimum and maximum hold */
	JSON_FIELD_TEXT,   /* a string that is not empty */
	JSON_FIELD_BOOL,
	JSON_FIELD_ARRAY,
	JSON_FIELD_OBJECT,
	JSON_FIELD_ANY,
};

struct json_field {
	const char *name;
	enum json_field_type type;
	bool is_required;
	bool may_be_null;
	double minimum, maximum; /* both 0: no bounds */
};

/*
 * json_doc_check_object - is this an object of just these fields?
 *
 * where   what the object is called in messages: "hosts[2]"
 *
 * An unknown field is refused with the nearest known one.
 */
int json_doc_check_object(const struct json_doc *doc, const cJSON *object,
	const char *where, const struct json_field *fields, size_t field_count,
	struct err *err);

/* Values of a checked object; the fallback where the field is absent or null. */
double json_doc_number(const cJSON *object, const char *name, double fallback);
const char *json_doc_text(const cJSON *object, const char *name, const char *fallback);
bool json_doc_bool(const cJSON *object, const char *name, bool fallback);

#endif
