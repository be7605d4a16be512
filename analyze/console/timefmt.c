#include "analyze/console/timefmt.h"

#include "common/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char EXPECTED[] =
	"expected an age like 4w, 3d or 12h, a time like 2026-11-21T08:30, or now";

static int parse_age(const char *text, size_t length, int64_t now, int64_t *ret_time)
{
	static const struct {
		char letter;
		int64_t unit_s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 } };
	uint64_t number;

	if (length < 2 || parse_u64(text, length - 1, &number) < 0 ||
		number > 100000000)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text[length - 1] == units[i].letter) {
			*ret_time = now - (int64_t)number * units[i].unit_s;
			return 0;
		}
	}
	return -EINVAL;
}

/* Exactly count digits at *cursor. */
static bool take_digits(const char **cursor, unsigned count, int *ret_value)
{
	int value = 0;

	for (unsigned i = 0; i < count; i++, (*cursor)++) {
		if (**cursor < '0' || **cursor > '9')
			return false;
		value = value * 10 + (**cursor - '0');
	}
	*ret_value = value;
	return true;
}

static bool take(const char **cursor, char wanted)
{
	if (**cursor != wanted)
		return false;
	(*cursor)++;
	return true;
}

/* "Z", "+01:00", "+0100", "+01"; nothing: *ret_has_zone false. */
static bool take_zone(const char **cursor, bool *ret_has_zone, int *ret_offset_s)
{
	int sign, hours, minutes = 0;

	*ret_has_zone = true;
	*ret_offset_s = 0;
	if (take(cursor, 'Z') || take(cursor, 'z'))
		return true;
	if (**cursor != '+' && **cursor != '-') {
		*ret_has_zone = false;
		return true;
	}
	sign = *(*cursor)++ == '-' ? -1 : 1;
	if (!take_digits(cursor, 2, &hours))
		return false;
	if (**cursor) {
		take(cursor, ':');
		if (!take_digits(cursor, 2, &minutes))
			return false;
	}
	*ret_offset_s = sign * (hours * 3600 + minutes * 60);
	return hours <= 14 && minutes < 60;
}

static bool take_clock(const char **cursor, struct tm *tm)
{
	if (!take(cursor, 'T') && !take(cursor, 't') && !take(cursor, ' '))
		return true; /* a day alone: its first moment */
	if (!take_digits(cursor, 2, &tm->tm_hour) || !take(cursor, ':') ||
		!take_digits(cursor, 2, &tm->tm_min))
		return false;
	if (take(cursor, ':') && !take_digits(cursor, 2, &tm->tm_sec))
		return false;
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

static bool take_day(const char **cursor, struct tm *tm)
{
	struct tm same;

	if (!take_digits(cursor, 4, &tm->tm_year) || !take(cursor, '-') ||
		!take_digits(cursor, 2, &tm->tm_mon) || !take(cursor, '-') ||
		!take_digits(cursor, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	same = *tm;
	timegm(&same); /* moves a day that does not exist */
	return same.tm_mon == tm->tm_mon && same.tm_mday == tm->tm_mday;
}

static int parse_iso(const char *text, int64_t *ret_time)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *cursor = text;
	bool has_zone;
	int offset_s;

	if (!take_day(&cursor, &tm) || !take_clock(&cursor, &tm) ||
		!take_zone(&cursor, &has_zone, &offset_s) || *cursor)
		return -EINVAL;
	*ret_time = has_zone ? (int64_t)timegm(&tm) - offset_s : (int64_t)mktime(&tm);
	return 0;
}

int time_parse(const char *text, int64_t now, int64_t *ret_time, struct err *err)
{
	size_t length = strlen(text);
	int64_t seconds;

	if (!strcmp(text, "now")) {
		*ret_time = now;
		return 0;
	}
	if (text[0] == '@' && parse_i64(text + 1, length - 1, &seconds) == 0) {
		*ret_time = seconds;
		return 0;
	}
	if (parse_age(text, length, now, ret_time) == 0 ||
		parse_iso(text, ret_time) == 0)
		return 0;
	return err_set(err, -EINVAL, "\"%.60s\" is not a time: %s", text, EXPECTED);
}

int time_check_date(const char *text, struct err *err)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *cursor = text;

	if (take_day(&cursor, &tm) && !*cursor)
		return 0;
	return err_set(
		err, -EINVAL, "\"%.60s\" is not a day, expected YYYY-MM-DD", text);
}

/* strftime wants literal formats, so each function calls it itself. */
#define TIME_TEXT(time, format, break_down, text)                                     \
	do {                                                                          \
		time_t seconds = (time_t)(time);                                      \
		struct tm tm;                                                         \
		if (!break_down(&seconds, &tm) ||                                     \
			!strftime((text), TIME_TEXT_SIZE, (format), &tm))             \
			snprintf((text), TIME_TEXT_SIZE, "@%lld", (long long)(time)); \
	} while (0)

/* In local time; a moment of 0 is one that is not known. */
#define LOCAL_TEXT(time, format, text)                                \
	do {                                                          \
		if ((time) == 0)                                      \
			memcpy((text), "-", 2);                       \
		else                                                  \
			TIME_TEXT((time), format, localtime_r, text); \
	} while (0)

const char *time_text(int64_t time, char text[TIME_TEXT_SIZE])
{
	LOCAL_TEXT(time, "%Y-%m-%d %H:%M:%S %z", text);
	return text;
}

const char *time_text_short(int64_t time, char text[TIME_TEXT_SIZE])
{
	LOCAL_TEXT(time, "%Y-%m-%d %H:%M", text);
	return text;
}

const char *time_text_day(int64_t time, char text[TIME_TEXT_SIZE])
{
	LOCAL_TEXT(time, "%Y-%m-%d", text);
	return text;
}

const char *time_text_within_year(int64_t time, char text[TIME_TEXT_SIZE])
{
	LOCAL_TEXT(time, "%m-%d %H:%M", text);
	return text;
}

const char *time_text_year(int64_t time, char text[TIME_TEXT_SIZE])
{
	LOCAL_TEXT(time, "%Y", text);
	return text;
}

const char *time_text_clock(int64_t time, char text[TIME_TEXT_SIZE])
{
	LOCAL_TEXT(time, "%H:%M:%S", text);
	return text;
}

const char *time_text_utc(int64_t time, char text[TIME_TEXT_SIZE])
{
	TIME_TEXT(time, "%Y-%m-%dT%H:%M:%SZ", gmtime_r, text);
	return text;
}

const char *time_text_offset(int64_t time, char text[TIME_TEXT_SIZE])
{
	TIME_TEXT(time, "%z", localtime_r, text);
	return text;
}

const char *time_text_length(double length_s, char text[TIME_TEXT_SIZE])
{
	if (length_s < 120)
		snprintf(text, TIME_TEXT_SIZE, "%.3g s", length_s);
	else if (length_s < 7200)
		snprintf(text, TIME_TEXT_SIZE, "%.4g min", length_s / 60);
	else if (length_s < 172800)
		snprintf(text, TIME_TEXT_SIZE, "%.3g h", length_s / 3600);
	else
		snprintf(text, TIME_TEXT_SIZE, "%.4g d", length_s / 86400);
	return text;
}
