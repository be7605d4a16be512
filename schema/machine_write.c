/* struct machine to JSON, by its shapes, and what differs between two of them. */
#include "schema/machine.h"

#include "common/utf8.h"
#include "common/util.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_text(struct strbuf *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	strbuf_add(out, "\"");
	while (*at) {
		uint32_t point;
		unsigned length = utf8_decode(at, &point);

		if (length == 0)
			strbuf_add(out, "\\ufffd");
		else if (*at == '"' || *at == '\\')
			strbuf_addf(out, "\\%c", *at);
		else if (!utf8_is_plain(point) && point < 0x10000)
			strbuf_addf(out, "\\u%04x", (unsigned)point);
		else
			strbuf_add_bytes(out, (const char *)at, length);
		at += length ? length : 1;
	}
	strbuf_add(out, "\"");
}

static void write_number(struct strbuf *out, double number)
{
	/* 15 digits say every whole number of ours exactly, and no more than was read */
	strbuf_addf(out, floor(number) == number && number < 1e15 ? "%.0f" : "%.15g",
		number);
}

static void write_shape(struct strbuf *out, const struct machine_shape *shape,
	const char *base, int depth, bool *is_first);

static void machine_write_write_line(struct strbuf *out, int depth)
{
	if (depth < 0) {
		strbuf_add(out, " ");
		return;
	}
	strbuf_add(out, "\n");
	for (int i = 0; i < depth; i++)
		strbuf_add(out, "\t");
}

static void write_texts(struct strbuf *out, const struct machine_texts *texts)
{
	strbuf_add(out, "[");
	for (size_t i = 0; i < texts->count; i++) {
		strbuf_add(out, i ? ", " : "");
		write_text(out, texts->text[i]);
	}
	strbuf_add(out, "]");
}

/* An item without lists of its own stands on one line. */
static bool is_flat(const struct machine_shape *shape)
{
	for (size_t i = 0; i < shape->count; i++) {
		if (shape->member[i].type == MACHINE_LIST)
			return false;
	}
	return true;
}

static void write_item(struct strbuf *out, const struct machine_shape *shape,
	const char *base, int depth)
{
	bool is_first = true, is_line = depth < 0 || is_flat(shape);

	strbuf_add(out, "{");
	write_shape(out, shape, base, is_line ? -1 : depth + 1, &is_first);
	if (is_line)
		strbuf_add(out, is_first ? "" : " ");
	else
		machine_write_write_line(out, depth);
	strbuf_add(out, "}");
}

static void write_list(struct strbuf *out, const struct machine_shape *shape,
	const struct machine_list *list, int depth)
{
	strbuf_add(out, "[");
	for (size_t i = 0; i < list->count; i++) {
		strbuf_add(out, i ? "," : "");
		machine_write_write_line(out, depth < 0 ? -1 : depth + 1);
		write_item(out, shape, (const char *)list->item + i * shape->size,
			depth < 0 ? -1 : depth + 1);
	}
	if (list->count)
		machine_write_write_line(out, depth);
	strbuf_add(out, "]");
}

static bool is_member_known(const struct machine_member *member, const char *base);

static bool is_shape_known(const struct machine_shape *shape, const char *base)
{
	for (size_t i = 0; i < shape->count; i++) {
		if (is_member_known(&shape->member[i], base))
			return true;
	}
	return false;
}

static bool is_member_known(const struct machine_member *member, const char *base)
{
	const void *at = base + member->offset;

	switch (member->type) {
	case MACHINE_TEXT:
		return *(char *const *)at != NULL;
	case MACHINE_NUMBER:
	case MACHINE_WHOLE:
		return !isnan(*(const double *)at);
	case MACHINE_ANSWER:
		return *(const enum answer *)at != ANSWER_NONE;
	case MACHINE_TEXTS:
		return ((const struct machine_texts *)at)->is_known;
	case MACHINE_LIST:
		return ((const struct machine_list *)at)->is_known;
	case MACHINE_OBJECT:
		return is_shape_known(member->shape, base);
	}
	return false;
}

static void write_member(struct strbuf *out, const struct machine_member *member,
	const char *base, int depth)
{
	const void *at = base + member->offset;
	double number;

	switch (member->type) {
	case MACHINE_TEXT:
		write_text(out, *(char *const *)at);
		break;
	case MACHINE_NUMBER:
	case MACHINE_WHOLE:
		number = *(const double *)at;
		write_number(out, member->scale > 0 ? number / member->scale : number);
		break;
	case MACHINE_ANSWER:
		strbuf_add(
			out, *(const enum answer *)at == ANSWER_YES ? "true" : "false");
		break;
	case MACHINE_TEXTS:
		write_texts(out, at);
		break;
	case MACHINE_LIST:
		write_list(out, member->shape, at, depth);
		break;
	case MACHINE_OBJECT:
		write_item(out, member->shape, base, depth);
		break;
	}
}

static void write_shape(struct strbuf *out, const struct machine_shape *shape,
	const char *base, int depth, bool *is_first)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct machine_member *member = &shape->member[i];

		if (!is_member_known(member, base))
			continue;
		strbuf_add(out, *is_first ? "" : ",");
		machine_write_write_line(out, depth);
		*is_first = false;
		write_text(out, member->name);
		strbuf_add(out, ": ");
		write_member(out, member, base, depth);
	}
}

void machine_write(const struct machine *machine, struct strbuf *out)
{
	bool is_first = false;

	strbuf_add(out, "{\n\t\"schema\": \"headroom/machine/1\"");
	if (machine->gathered)
		strbuf_addf(out, ",\n\t\"gathered\": %" PRId64, machine->gathered);
	write_shape(out, &machine_shape, (const char *)machine, 1, &is_first);
	strbuf_add(out, "\n}\n");
}

/* ---- what differs ----------------------------------------------------------------------- */

#define WHERE_MAX 1024 /* of a path */

struct machine_comparison {
	int (*changed)(
		void *context, const char *path, const char *before, const char *after);
	void *context;
};

/* The member as JSON on one line; NULL where it is not known or out of memory. */
static char *member_text(const struct machine_member *member, const char *base)
{
	struct strbuf text;

	if (!base || !is_member_known(member, base))
		return NULL;
	strbuf_init(&text, MACHINE_BYTES_MAX);
	write_member(&text, member, base, -1);
	return strbuf_take(&text);
}

static char *item_text(const struct machine_shape *shape, const char *base)
{
	struct strbuf text;

	strbuf_init(&text, MACHINE_BYTES_MAX);
	write_item(&text, shape, base, -1);
	return strbuf_take(&text);
}

static int tell(const struct machine_comparison *comparison, const char *path,
	char *before, char *after)
{
	int r = 0;

	if ((before || after) && (!before || !after || strcmp(before, after) != 0))
		r = comparison->changed(comparison->context, path, before, after);
	free(before);
	free(after);
	return r;
}

static int compare_shape(const struct machine_comparison *comparison,
	const struct machine_shape *shape, const char *path, const char *before,
	const char *after);

/* An item under the name that its key gives it. */
struct named_item {
	const char *base;
	const char *text; /* NULL: its number is its name */
	char number[24];
};

static const char *item_name(const struct named_item *item)
{
	return item->text ? item->text : item->number;
}

static int machine_write_by_name(const void *a, const void *b)
{
	const struct named_item *x = a, *y = b;
	int order = strcmp(item_name(x), item_name(y));

	/* two of one name in the order in which they stand */
	return order ? order : (x->base > y->base) - (x->base < y->base);
}

/* NULL: out of memory; free it. */
static struct named_item *sort_items(
	const struct machine_shape *shape, const struct machine_list *list)
{
	const struct machine_member *key = &shape->member[shape->key];
	struct named_item *items = calloc(list->count + 1, sizeof(*items));

	for (size_t i = 0; items && i < list->count; i++) {
		struct named_item *item = &items[i];
		const void *at;

		item->base = (const char *)list->item + i * shape->size;
		at = item->base + key->offset;
		if (key->type == MACHINE_TEXT) {
			item->text = *(char *const *)at ? *(char *const *)at : "";
			continue;
		}
		(void)snprintf(item->number, sizeof(item->number), "%.0f",
			*(const double *)at);
	}
	if (items)
		qsort(items, list->count, sizeof(*items), machine_write_by_name);
	return items;
}

static int machine_write_compare_list(const struct machine_comparison *comparison,
	const struct machine_shape *shape, const char *path,
	const struct machine_list *before, const struct machine_list *after)
{
	struct named_item *was = sort_items(shape, before),
			  *is = sort_items(shape, after);
	char where[WHERE_MAX];
	size_t b = 0, a = 0;
	int r = was && is ? 0 : -ENOMEM;

	while (r == 0 && (b < before->count || a < after->count)) {
		int order = b == before->count ? 1
			: a == after->count
			? -1
			: strcmp(item_name(&was[b]), item_name(&is[a]));

		(void)snprintf(where, sizeof(where), "%.*s[%.*s]", WHERE_MAX / 2, path,
			WHERE_MAX / 4, item_name(order <= 0 ? &was[b] : &is[a]));
		if (order == 0)
			r = compare_shape(
				comparison, shape, where, was[b].base, is[a].base);
		else if (order < 0)
			r = tell(
				comparison, where, item_text(shape, was[b].base), NULL);
		else
			r = tell(comparison, where, NULL, item_text(shape, is[a].base));
		b += order <= 0;
		a += order >= 0;
	}
	free(was);
	free(is);
	return r;
}

static int compare_shape(const struct machine_comparison *comparison,
	const struct machine_shape *shape, const char *path, const char *before,
	const char *after)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < shape->count; i++) {
		const struct machine_member *member = &shape->member[i];
		char where[WHERE_MAX];

		(void)snprintf(where, sizeof(where), "%.*s%s%s", WHERE_MAX / 2, path,
			*path ? "." : "", member->name);
		if (member->is_fleeting)
			continue;
		if (member->type == MACHINE_OBJECT)
			r = compare_shape(
				comparison, member->shape, where, before, after);
		else if (member->type == MACHINE_LIST && member->shape->key >= 0)
			r = machine_write_compare_list(comparison, member->shape, where,
				(const void *)(before + member->offset),
				(const void *)(after + member->offset));
		else
			r = tell(comparison, where, member_text(member, before),
				member_text(member, after));
	}
	return r;
}

int machine_compare(const struct machine *before, const struct machine *after,
	int (*changed)(
		void *context, const char *path, const char *before, const char *after),
	void *context)
{
	const struct machine_comparison comparison = { changed, context };

	return compare_shape(&comparison, &machine_shape, "", (const char *)before,
		(const char *)after);
}
