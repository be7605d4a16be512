/* The structs that travel, as tables of their fields. */
#include "analyze/import/parcel_wire.h"

#include "common/array.h"
#include "common/util.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_IS_NULL INT64_C(-1)

#define FIELD(kind, type, name)                            \
	{                                                  \
		PARCEL_##kind, offsetof(struct type, name) \
	}

static const struct parcel_item parcel_items[PARCEL_KINDS] = {
	[PARCEL_HELLO] = { sizeof(struct parcel_hello),
		{ FIELD(INT64, parcel_hello, version),
			FIELD(INT64, parcel_hello, byte_order),
			FIELD(TEXT, parcel_hello, store_id) } },
	[PARCEL_WORKLOAD] = { sizeof(struct workload),
		{ FIELD(TEXT, workload, name), FIELD(INT, workload, origin),
			FIELD(UNSIGNED, workload, step_s),
			FIELD(INT, workload, phase_s), FIELD(INT64, workload, first),
			FIELD(INT64, workload, last) } },
	[PARCEL_WANT] = { sizeof(struct parcel_number),
		{ FIELD(INT64, parcel_number, number) } },
	[PARCEL_DONE] = { sizeof(struct parcel_number),
		{ FIELD(INT64, parcel_number, number) } },
	[PARCEL_EVENT] = { sizeof(struct event),
		{ FIELD(INT64, event, at), FIELD(TEXT, event, kind),
			FIELD(TEXT, event, text), FIELD(TEXT_OR_NULL, event, data) } },
	[PARCEL_GAP] = { sizeof(struct gap),
		{ FIELD(INT64, gap, from), FIELD(INT64, gap, to),
			FIELD(TEXT, gap, reason) } },
	[PARCEL_BOOT] = { sizeof(struct boot),
		{ FIELD(TEXT, boot, boot_id), FIELD(INT64, boot, booted_at),
			FIELD(INT64, boot, first_tick),
			FIELD(INT64, boot, last_tick) } },
	[PARCEL_DEVICE] = { sizeof(struct device),
		{ FIELD(TEXT, device, kind), FIELD(TEXT, device, name),
			FIELD(TEXT_OR_NULL, device, data),
			FIELD(INT64, device, first_seen),
			FIELD(INT64, device, last_seen) } },
	[PARCEL_FACT] = { sizeof(struct fact),
		{ FIELD(TEXT, fact, key), FIELD(TEXT, fact, value),
			FIELD(TEXT_OR_NULL, fact, origin),
			FIELD(INT64, fact, set_at) } },
	[PARCEL_EXCLUSION] = { sizeof(struct exclusion),
		{ FIELD(INT64, exclusion, begin), FIELD(INT64, exclusion, end),
			FIELD(TEXT, exclusion, reason),
			FIELD(TEXT_OR_NULL, exclusion, excluded_by),
			FIELD(INT64, exclusion, created_at),
			FIELD(INT64, exclusion, removed_at) } },
	[PARCEL_REVIEW] = { sizeof(struct review),
		{ FIELD(TEXT_OR_NULL, review, profile_id), FIELD(TEXT, review, rule_id),
			FIELD(BOOL, review, is_accepted),
			FIELD(TEXT, review, decided_by), FIELD(TEXT, review, reason),
			FIELD(INT64, review, decided_at), FIELD(INT64, review, until),
			FIELD(INT64, review, withdrawn_at) } },
};

const struct parcel_item *parcel_item_of(enum parcel_kind kind)
{
	return parcel_items[kind].size ? &parcel_items[kind] : NULL;
}

/* ---- fields -------------------------------------------------------------------------- */

void parcel_put_int(struct strbuf *out, int64_t value)
{
	strbuf_add_bytes(out, (const char *)&value, sizeof(value));
}

/* Its length, its bytes, and a NUL so that it can be used where it lies. */
void parcel_put_text(struct strbuf *out, const char *text)
{
	parcel_put_int(out, text ? (int64_t)strlen(text) : TEXT_IS_NULL);
	if (text)
		strbuf_add_bytes(out, text, strlen(text) + 1);
}

static void parcel_put_field(struct strbuf *out, enum parcel_type type, const char *at)
{
	switch (type) {
	case PARCEL_TEXT:
	case PARCEL_TEXT_OR_NULL:
		parcel_put_text(out, *(char *const *)(const void *)at);
		break;
	case PARCEL_INT64:
		parcel_put_int(out, *(const int64_t *)(const void *)at);
		break;
	case PARCEL_UNSIGNED:
		parcel_put_int(out, *(const unsigned *)(const void *)at);
		break;
	case PARCEL_INT:
		parcel_put_int(out, *(const int *)(const void *)at);
		break;
	case PARCEL_BOOL:
		parcel_put_int(out, *(const bool *)(const void *)at);
		break;
	case PARCEL_NO_FIELD:
		break;
	}
}

void parcel_put_item(struct strbuf *out, const struct parcel_item *item, const void *of)
{
	for (const struct parcel_field *field = item->field; field->type; field++)
		parcel_put_field(out, field->type, (const char *)of + field->offset);
}

int parcel_take_int(struct parcel_cursor *cursor, int64_t *ret_value)
{
	if (cursor->left < sizeof(*ret_value))
		return -EBADMSG;
	memcpy(ret_value, cursor->at, sizeof(*ret_value));
	cursor->at += sizeof(*ret_value);
	cursor->left -= sizeof(*ret_value);
	return 0;
}

int parcel_take_text(struct parcel_cursor *cursor, char **ret_text)
{
	int64_t length;
	int r = parcel_take_int(cursor, &length);

	*ret_text = NULL;
	if (r < 0 || length == TEXT_IS_NULL)
		return r;
	if (length < 0 || (uint64_t)length >= cursor->left ||
		memchr(cursor->at, '\0', (size_t)length + 1) != cursor->at + length)
		return -EBADMSG;
	*ret_text = cursor->at;
	cursor->at += length + 1;
	cursor->left -= (size_t)length + 1;
	return 0;
}

static int parcel_take_field(
	struct parcel_cursor *cursor, enum parcel_type type, char *at)
{
	int64_t value = 0;
	int r;

	if (type == PARCEL_TEXT || type == PARCEL_TEXT_OR_NULL) {
		char **text = (char **)(void *)at;

		r = parcel_take_text(cursor, text);
		return r == 0 && !*text && type == PARCEL_TEXT ? -EBADMSG : r;
	}
	r = parcel_take_int(cursor, &value);
	if (r < 0)
		return r;
	if (type == PARCEL_INT64) {
		*(int64_t *)(void *)at = value;
	} else if (type == PARCEL_UNSIGNED && value >= 0 && value <= UINT_MAX) {
		*(unsigned *)(void *)at = (unsigned)value;
	} else if (type == PARCEL_INT && value >= INT_MIN && value <= INT_MAX) {
		*(int *)(void *)at = (int)value;
	} else if (type == PARCEL_BOOL && (value == 0 || value == 1)) {
		*(bool *)(void *)at = value;
	} else {
		return -EBADMSG;
	}
	return 0;
}

int parcel_take_item(
	struct parcel_cursor *cursor, const struct parcel_item *item, void *ret_of)
{
	int r = 0;

	memset(ret_of, 0, item->size);
	for (const struct parcel_field *field = item->field; r == 0 && field->type;
		field++)
		r = parcel_take_field(
			cursor, field->type, (char *)ret_of + field->offset);
	return r;
}

/* ---- lists --------------------------------------------------------------------------- */

/* The texts become the copy's own; on failure all that were made are freed. */
static int own_texts(const struct parcel_item *item, char *copy)
{
	int r = 0;

	for (const struct parcel_field *field = item->field; field->type; field++) {
		char **text = (char **)(void *)(copy + field->offset);

		if (field->type != PARCEL_TEXT && field->type != PARCEL_TEXT_OR_NULL)
			continue;
		if (*text && r == 0) {
			*text = strdup(*text);
			r = *text ? 0 : -ENOMEM;
		} else {
			*text = NULL;
		}
	}
	for (const struct parcel_field *field = item->field; r < 0 && field->type;
		field++)
		if (field->type == PARCEL_TEXT || field->type == PARCEL_TEXT_OR_NULL)
			free(*(char **)(void *)(copy + field->offset));
	return r;
}

/* array: the address of a list's pointer. */
static int parcel_list_add(
	enum parcel_kind kind, void *array, size_t *count, const void *of)
{
	const struct parcel_item *item = parcel_item_of(kind);
	char *first, *copy;
	int r;

	if (array_extend(array, *count, item->size) < 0)
		return -ENOMEM;
	memcpy(&first, array, sizeof(first));
	copy = first + *count * item->size;
	memcpy(copy, of, item->size);
	r = own_texts(item, copy);
	if (r == 0)
		++*count;
	return r;
}

int parcel_notes_add(struct parcel_notes *notes, const struct parcel_message *message,
	struct err *err)
{
	int r = -EINVAL;

	if (message->kind == PARCEL_EVENT)
		r = parcel_list_add(PARCEL_EVENT, &notes->events.event,
			&notes->events.count, &message->event);
	else if (message->kind == PARCEL_GAP)
		r = parcel_list_add(PARCEL_GAP, &notes->gaps.gap, &notes->gaps.count,
			&message->gap);
	else if (message->kind == PARCEL_BOOT)
		r = parcel_list_add(PARCEL_BOOT, &notes->boots.boot,
			&notes->boots.count, &message->boot);
	else if (message->kind == PARCEL_DEVICE)
		r = parcel_list_add(PARCEL_DEVICE, &notes->devices.device,
			&notes->devices.count, &message->device);
	else if (message->kind == PARCEL_FACT)
		r = parcel_list_add(PARCEL_FACT, &notes->facts.fact,
			&notes->facts.count, &message->fact);
	else if (message->kind == PARCEL_EXCLUSION)
		r = parcel_list_add(PARCEL_EXCLUSION, &notes->exclusions.exclusion,
			&notes->exclusions.count, &message->exclusion);
	else if (message->kind == PARCEL_REVIEW)
		r = parcel_list_add(PARCEL_REVIEW, &notes->reviews.review,
			&notes->reviews.count, &message->review);
	return r == -ENOMEM ? err_oom(err) : r;
}

int parcel_workload_add(
	struct workload_list *list, const struct workload *workload, struct err *err)
{
	return parcel_list_add(
		       PARCEL_WORKLOAD, &list->workload, &list->count, workload) < 0
		? err_oom(err)
		: 0;
}

static int parcel_put_list(struct parcel_writer *writer, enum parcel_kind kind,
	const void *first, size_t count, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = parcel_put(writer, kind,
			(const char *)first + i * parcel_items[kind].size, err);
	return r;
}

int parcel_put_notes(
	struct parcel_writer *writer, const struct parcel_notes *notes, struct err *err)
{
	const struct {
		enum parcel_kind kind;
		const void *first;
		size_t count;
	} lists[] = {
		{ PARCEL_EVENT, notes->events.event, notes->events.count },
		{ PARCEL_GAP, notes->gaps.gap, notes->gaps.count },
		{ PARCEL_BOOT, notes->boots.boot, notes->boots.count },
		{ PARCEL_DEVICE, notes->devices.device, notes->devices.count },
		{ PARCEL_FACT, notes->facts.fact, notes->facts.count },
		{ PARCEL_EXCLUSION, notes->exclusions.exclusion,
			notes->exclusions.count },
		{ PARCEL_REVIEW, notes->reviews.review, notes->reviews.count },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(lists); i++)
		r = parcel_put_list(
			writer, lists[i].kind, lists[i].first, lists[i].count, err);
	return r;
}

void parcel_notes_done(struct parcel_notes *notes)
{
	event_list_done(&notes->events);
	gap_list_done(&notes->gaps);
	boot_list_done(&notes->boots);
	device_list_done(&notes->devices);
	fact_list_done(&notes->facts);
	exclusion_list_done(&notes->exclusions);
	review_list_done(&notes->reviews);
}
