/*
 * The fields of a message: between parcel.c and parcel_items.c only.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_PARCEL_WIRE_H
#define ANALYZE_IMPORT_PARCEL_WIRE_H

#include "analyze/import/parcel.h"

enum parcel_type {
	PARCEL_NO_FIELD, /* the last of a table */
	PARCEL_TEXT,
	PARCEL_TEXT_OR_NULL,
	PARCEL_INT64,
	PARCEL_UNSIGNED,
	PARCEL_INT, /* an enum, too */
	PARCEL_BOOL,
};

struct parcel_field {
	enum parcel_type type;
	size_t offset;
};

struct parcel_item {
	size_t size;
	struct parcel_field field[10];
};

/* NULL: a message without an item, or with one of its own form (files and rows). */
const struct parcel_item *parcel_item_of(enum parcel_kind kind);

/* What is left of a body. */
struct parcel_cursor {
	char *at;
	size_t left;
};

/* Numbers have 8 bytes; a text (NULL: none) its length, itself and a NUL. */
void parcel_put_int(struct strbuf *out, int64_t value);
/* See above. */
void parcel_put_text(struct strbuf *out, const char *text);
/* All fields of the table, in order. */
void parcel_put_item(
	struct strbuf *out, const struct parcel_item *item, const void *of);

/* What parcel_put_... wrote; -EBADMSG without a text.  Texts are borrowed: they lie in the
 * body. */
int parcel_take_int(struct parcel_cursor *cursor, int64_t *ret_value);
int parcel_take_text(struct parcel_cursor *cursor, char **ret_text);
int parcel_take_item(
	struct parcel_cursor *cursor, const struct parcel_item *item, void *ret_of);

#endif
