#include "analyze/import/formats/map_held.h"

#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HELD_BYTES_MAX ((size_t)16 << 20)
#define ROLE_LAST 0xff /* instead of a role: the row ends */

/* A row of the list, for the order of time. */
struct held_time {
	int64_t stamp;
	size_t row;
};

void map_held_begin(struct map_held *held)
{
	*held = (struct map_held){ .rows = 0 };
	strbuf_init(&held->text, HELD_BYTES_MAX);
}

void map_held_done(struct map_held *held)
{
	strbuf_done(&held->text);
	free(held->row);
}

int map_held_row(struct map_held *held, struct err *err)
{
	if (ARRAY_RESERVE(held->row, held->room, held->rows + 1) < 0)
		return err_oom(err);
	if (held->rows > 0)
		strbuf_add_bytes(&held->text, "\xff", 1);
	held->row[held->rows++] = held->text.length;
	return 0;
}

void map_held_add(struct map_held *held, unsigned role, const char *text, size_t length)
{
	char byte = (char)role;

	strbuf_add_bytes(&held->text, &byte, 1);
	strbuf_add_bytes(&held->text, text, strnlen(text, length));
	strbuf_add_bytes(&held->text, "", 1);
}

int map_held_check(
	const struct map_held *held, const struct map_reading *reading, struct err *err)
{
	return strbuf_failed(&held->text) == 0
		? 0
		: err_set(err, -EFBIG,
			  "%s: row %llu: expected the fields of the objects around a list "
			  "before its rows, and a time.period_s in the map, where a list is "
			  "over %zu MiB",
			  reading->place.path, (unsigned long long)reading->rows,
			  HELD_BYTES_MAX >> 20);
}

static void give_held(const struct map_held *held, size_t row,
	struct map_reading *reading, unsigned level)
{
	const char *at = held->text.text + held->row[row];
	const char *end = held->text.text + held->text.length;

	while (at < end && (unsigned char)*at != ROLE_LAST) {
		size_t length = strlen(at + 1);

		map_role_give(reading, (unsigned char)*at, at + 1, length, level);
		at += length + 2;
	}
}

static int compare_held_times(const void *a, const void *b)
{
	const struct held_time *one = a, *two = b;

	if (one->stamp != two->stamp)
		return one->stamp < two->stamp ? -1 : 1;
	return one->row < two->row ? -1 : one->row > two->row;
}

/* Their order, and their least distance. */
static int sort_held(const struct map_held *held, struct map_reading *reading,
	unsigned level, struct held_time *time, struct err *err)
{
	uint64_t before = reading->rows;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < held->rows; i++) {
		time[i].row = i;
		reading->rows++; /* of which the time may be made */
		give_held(held, i, reading, level);
		r = map_row_time(reading, ROLE_TIME, UINT32_MAX, &time[i].stamp, err);
		map_role_forget(reading, level);
	}
	if (r < 0)
		return r;
	reading->rows = before;
	reading->clock.has_before = false;
	qsort(time, held->rows, sizeof(*time), compare_held_times);
	reading->spacing_s = 0;
	for (size_t i = 1; i < held->rows; i++) {
		double distance = (double)(time[i].stamp - time[i - 1].stamp);

		if (distance > 0 &&
			(reading->spacing_s <= 0 || distance < reading->spacing_s))
			reading->spacing_s = distance;
	}
	return 0;
}

int map_held_take(struct map_held *held, struct map_reading *reading, unsigned level,
	struct err *err)
{
	struct held_time *time = held->rows ? calloc(held->rows, sizeof(*time)) : NULL;
	int r = time || !held->rows ? 0 : err_oom(err);

	if (r >= 0 && held->rows)
		r = sort_held(held, reading, level, time, err);
	for (size_t i = 0; r >= 0 && i < held->rows; i++) {
		give_held(held, time[i].row, reading, level);
		r = map_row_take(reading, level, err);
	}
	free(time);
	held->rows = 0;
	strbuf_clear(&held->text);
	return r;
}
