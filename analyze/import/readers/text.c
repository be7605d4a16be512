#include "analyze/import/readers/text.h"

#include "analyze/import/readers/civil.h"
#include "common/parse.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES (TEXT_LINE_MAX_BYTES * 2)
#define STAMP_MIN INT64_C(31536000)   /* 1971 */
#define STAMP_MAX INT64_C(4102444800) /* 2100 */
#define MILLISECONDS_FROM 1e11
/* Beyond any machine, and far from where sums of readings overflow. */
#define NUMBER_MAX 1e18

struct text_lines {
	struct text_place place;
	struct bytes *bytes;
	bool is_owner; /* of bytes */
	bool is_at_end, has_begun;
	size_t line_max;
	size_t begin, end; /* what is read and not yet handed out */
	size_t room;
	char *buffer;
};

const char *text_quote(const char *found, size_t length, char quoted[TEXT_QUOTE_SIZE])
{
	const size_t shown = 60;
	size_t used = 0;

	for (size_t i = 0; i < length && i < shown; i++) {
		unsigned char c = (unsigned char)found[i];

		quoted[used++] = c < ' ' || c == 0x7f || c >= 0x80 ? '?' : (char)c;
	}
	snprintf(quoted + used, TEXT_QUOTE_SIZE - used, "%s",
		length > shown ? "..." : "");
	return quoted;
}

int text_put_refusal(const struct text_place *place, const char *field,
	const char *wanted, const char *found, size_t length, struct err *err)
{
	char quoted[TEXT_QUOTE_SIZE];

	text_quote(found, length, quoted);
	return err_put(err, "%s:%llu: field %s: expected %s, found %s%s%s", place->path,
		(unsigned long long)place->line, field, wanted, length ? "\"" : "",
		length ? quoted : "nothing", length ? "\"" : "");
}

static bool has_comma(const char *text, size_t length)
{
	return length > 0 && memchr(text, ',', length);
}

bool text_is_number(const char *text, size_t length, double *ret_value)
{
	double value;

	if (parse_double(text, length, &value) < 0 ||
		!(value >= 0 && value <= NUMBER_MAX))
		return false;
	*ret_value = value + 0.0; /* -0 becomes 0 */
	return true;
}

int text_number(const struct text_place *place, const char *field, const char *text,
	size_t length, double *ret_value, struct err *err)
{
	if (text_is_number(text, length, ret_value))
		return 0;
	return text_refuse(place, field,
		has_comma(text, length) ? "a number with a decimal point"
					: "a finite number >= 0",
		text, length, err);
}

struct text_cursor {
	const char *at, *end;
};

static bool text_take_digits(struct text_cursor *cursor, int count, int *ret_value)
{
	int value = 0;

	for (int i = 0; i < count; i++, cursor->at++) {
		if (cursor->at == cursor->end || *cursor->at < '0' || *cursor->at > '9')
			return false;
		value = value * 10 + (*cursor->at - '0');
	}
	*ret_value = value;
	return true;
}

static bool text_take(struct text_cursor *cursor, char wanted)
{
	if (cursor->at == cursor->end || *cursor->at != wanted)
		return false;
	cursor->at++;
	return true;
}

/* "Z", "+01:00", "+0100", "+01"; a zone must be there. */
static bool text_take_zone(struct text_cursor *cursor, int *ret_offset_s)
{
	int sign = 1, hours, minutes = 0;

	*ret_offset_s = 0;
	if (text_take(cursor, 'Z') || text_take(cursor, 'z'))
		return true;
	if (text_take(cursor, '-'))
		sign = -1;
	else if (!text_take(cursor, '+'))
		return false;
	if (!text_take_digits(cursor, 2, &hours))
		return false;
	if (cursor->at != cursor->end) {
		text_take(cursor, ':');
		if (!text_take_digits(cursor, 2, &minutes))
			return false;
	}
	*ret_offset_s = sign * (hours * 3600 + minutes * 60);
	return hours <= 14 && minutes < 60;
}

/* The fraction of a second behind '.' or ','; only its first digit rounds. */
static bool take_fraction(struct text_cursor *cursor, int *ret_round)
{
	int digit;

	*ret_round = 0;
	if (!text_take(cursor, '.') && !text_take(cursor, ','))
		return true;
	if (!text_take_digits(cursor, 1, &digit))
		return false;
	*ret_round = digit >= 5;
	while (cursor->at != cursor->end && *cursor->at >= '0' && *cursor->at <= '9')
		cursor->at++;
	return true;
}

static bool parse_iso(const char *text, size_t length, int64_t *ret_stamp)
{
	struct text_cursor cursor = { text, text + length };
	int year, month, day, hour, minute, second = 0, round = 0, offset_s;

	if (!text_take_digits(&cursor, 4, &year) || !text_take(&cursor, '-') ||
		!text_take_digits(&cursor, 2, &month) || !text_take(&cursor, '-') ||
		!text_take_digits(&cursor, 2, &day) ||
		(!text_take(&cursor, 'T') && !text_take(&cursor, 't') &&
			!text_take(&cursor, ' ')) ||
		!text_take_digits(&cursor, 2, &hour) || !text_take(&cursor, ':') ||
		!text_take_digits(&cursor, 2, &minute))
		return false;
	if (text_take(&cursor, ':') &&
		(!text_take_digits(&cursor, 2, &second) ||
			!take_fraction(&cursor, &round)))
		return false;
	if (!text_take_zone(&cursor, &offset_s) || cursor.at != cursor.end)
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
		day > civil_days_in_month(year, month) || hour > 23 || minute > 59 ||
		second > 59)
		return false;
	minute += hour * 60;
	second += minute * 60 + round - offset_s;
	*ret_stamp = civil_days(year, month, day) * 86400 + second;
	return true;
}

static bool parse_unix(const char *text, size_t length, int64_t *ret_stamp)
{
	uint64_t whole;
	double value;

	if (parse_u64(text, length, &whole) == 0 &&
		whole < (uint64_t)MILLISECONDS_FROM) {
		*ret_stamp = (int64_t)whole;
		return true;
	}
	if (parse_double(text, length, &value) < 0 || value < 0)
		return false;
	if (value >= MILLISECONDS_FROM)
		value /= 1000;
	if (value > 1e15)
		return false;
	*ret_stamp = (int64_t)floor(value + 0.5);
	return true;
}

int text_time(const struct text_place *place, const char *field, const char *text,
	size_t length, int64_t *ret_stamp, struct err *err)
{
	int64_t stamp;

	if (!parse_unix(text, length, &stamp) && !parse_iso(text, length, &stamp))
		return text_refuse(place, field,
			"ISO 8601 with a zone, or Unix seconds or milliseconds", text,
			length, err);
	if (stamp < STAMP_MIN || stamp > STAMP_MAX)
		return text_refuse(place, field, "a time between 1971 and 2100", text,
			length, err);
	*ret_stamp = stamp;
	return 0;
}

/* Bytes of the UTF-8 character at text, 0 when it is none. */
static size_t utf8_length(const unsigned char *text, size_t length)
{
	static const struct {
		unsigned char mask, lead, size;
		uint32_t least;
	} forms[] = { { 0x80, 0x00, 1, 0 }, { 0xe0, 0xc0, 2, 0x80 },
		{ 0xf0, 0xe0, 3, 0x800 }, { 0xf8, 0xf0, 4, 0x10000 } };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		uint32_t code = text[0] & (unsigned char)~forms[i].mask;

		if ((text[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (forms[i].size > length)
			return 0;
		for (size_t k = 1; k < forms[i].size; k++) {
			if ((text[k] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | (text[k] & 0x3f);
		}
		/* overlong, surrogates, beyond Unicode, C0, DEL and C1 */
		if (code < forms[i].least || code > 0x10ffff ||
			(code >= 0xd800 && code < 0xe000) || code < 0x20 ||
			(code >= 0x7f && code < 0xa0))
			return 0;
		return forms[i].size;
	}
	return 0;
}

int text_name(const struct text_place *place, const char *field, const char *text,
	size_t length, struct err *err)
{
	if (length == 0 || length > TEXT_NAME_MAX_BYTES)
		return text_refuse(
			place, field, "a name of 1 to 200 bytes", text, length, err);
	for (size_t i = 0; i < length;) {
		size_t size = utf8_length((const unsigned char *)text + i, length - i);

		if (size == 0)
			return text_refuse(place, field,
				"a name in UTF-8 without control characters", text,
				length, err);
		i += size;
	}
	return 0;
}

int text_lines_of(struct bytes *bytes, size_t line_max, struct text_lines **ret_lines,
	struct err *err)
{
	struct text_lines *lines = calloc(1, sizeof(*lines));

	if (lines)
		lines->buffer = malloc(BUFFER_BYTES);
	if (!lines || !lines->buffer) {
		free(lines);
		return err_oom(err);
	}
	lines->place = (struct text_place){ bytes_name(bytes), 0 };
	lines->bytes = bytes;
	lines->line_max = line_max;
	lines->room = BUFFER_BYTES;
	*ret_lines = lines;
	return 0;
}

int text_lines_open(const char *path, struct text_lines **ret_lines, struct err *err)
{
	struct bytes *bytes = NULL;
	int r;

	r = bytes_open(path, &bytes, err);
	if (r < 0)
		return r;
	r = text_lines_of(bytes, TEXT_LINE_MAX_BYTES, ret_lines, err);
	if (r < 0)
		bytes_close(bytes);
	else
		(*ret_lines)->is_owner = true;
	return r;
}

void text_lines_close(struct text_lines *lines)
{
	if (!lines)
		return;
	if (lines->is_owner)
		bytes_close(lines->bytes);
	free(lines->buffer);
	free(lines);
}

const struct text_place *text_lines_place(const struct text_lines *lines)
{
	return &lines->place;
}

static int refuse_line(
	const struct text_lines *lines, struct err *err, const char *what)
{
	return err_set(err, -EINVAL, "%s:%llu: %s", lines->place.path,
		(unsigned long long)lines->place.line + 1, what);
}

/* What the first bytes of a file give away. */
static int check_begin(struct text_lines *lines, struct err *err)
{
	const unsigned char *b = (const unsigned char *)lines->buffer;
	size_t length = lines->end;

	if (length == 0)
		return refuse_line(
			lines, err, "expected a header, found an empty file");
	if (length >= 2 &&
		((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff)))
		return refuse_line(
			lines, err, "expected UTF-8 text, found UTF-16 or UTF-32");
	if (length >= 2 && (b[0] == 0) != (b[1] == 0))
		return refuse_line(lines, err,
			"expected UTF-8 text, found UTF-16 without a byte order mark");
	if (length >= 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf)
		lines->begin = 3;
	return 0;
}

/* Room for more of a line that has filled half of the buffer. */
static int grow_buffer(struct text_lines *lines, struct err *err)
{
	size_t room = lines->room * 2;
	char *grown;

	if (lines->end - lines->begin < lines->room / 2 ||
		lines->room >= lines->line_max * 2)
		return 0;
	grown = realloc(lines->buffer, room);
	if (!grown)
		return err_oom(err);
	lines->buffer = grown;
	lines->room = room;
	return 0;
}

static int fill_lines(struct text_lines *lines, struct err *err)
{
	bool is_first = !lines->has_begun;
	size_t got = 0;
	int r;

	if (lines->begin > 0) {
		memmove(lines->buffer, lines->buffer + lines->begin,
			lines->end - lines->begin);
		lines->end -= lines->begin;
		lines->begin = 0;
	}
	r = grow_buffer(lines, err);
	if (r >= 0)
		r = bytes_read(lines->bytes, lines->buffer + lines->end,
			lines->room - lines->end, &got, err);
	if (r < 0)
		return r;
	lines->has_begun = true;
	lines->is_at_end = got == 0;
	lines->end += got;
	return is_first ? check_begin(lines, err) : 0;
}

static int refuse_long(const struct text_lines *lines, struct err *err)
{
	return err_set(err, -EINVAL,
		"%s:%llu: expected a line of at most %zu bytes, found a longer one",
		lines->place.path, (unsigned long long)lines->place.line + 1,
		lines->line_max);
}

/* What was searched is not searched again (seen): a long line that comes in small
 * pieces would cost the square of its length. */
int text_lines_next(struct text_lines *lines, const char **ret_line, size_t *ret_length,
	struct err *err)
{
	const char *line, *line_end;
	size_t seen = 0, length;
	int r;

	for (;;) {
		size_t there = lines->end - lines->begin;

		line = lines->buffer + lines->begin;
		line_end =
			there > seen ? memchr(line + seen, '\n', there - seen) : NULL;
		if (line_end)
			break;
		if (there > lines->line_max)
			return refuse_long(lines, err);
		if (lines->is_at_end) {
			if (there == 0)
				return 0;
			return refuse_line(lines, err,
				"expected the end of the line, found the end of the "
				"file: the file is truncated (if it is whole, add a newline to "
				"its last line)");
		}
		seen = lines->has_begun ? there : 0;
		r = fill_lines(lines, err);
		if (r < 0)
			return r;
		if (seen > lines->end - lines->begin)
			seen = 0;
	}
	length = (size_t)(line_end - line);
	if (length > lines->line_max)
		return refuse_long(lines, err);
	if (memchr(line, '\0', length))
		return refuse_line(lines, err, "expected text, found a NUL byte");
	lines->begin += length + 1;
	lines->place.line++;
	if (length > 0 && line[length - 1] == '\r')
		length--;
	*ret_line = line;
	*ret_length = length;
	return 1;
}
