#include "common/iso_time.h"

#include "common/parse.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const char EXPECTED[] =
	"expected an age like 4w, 3d or 12h, +2h for what comes, a time like "
	"2026-11-21T08:30, or now";

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
static bool iso_time_take_digits(const char **cursor, unsigned count, int *ret_value)
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

static bool take_letter(const char **cursor, char wanted)
{
	if (**cursor != wanted)
		return false;
	(*cursor)++;
	return true;
}

/* "Z", "+01:00", "+0100", "+01"; nothing: *ret_has_zone false. */
static bool iso_time_take_zone(
	const char **cursor, bool *ret_has_zone, int *ret_offset_s)
{
	int sign, hours, minutes = 0;

	*ret_has_zone = true;
	*ret_offset_s = 0;
	if (take_letter(cursor, 'Z') || take_letter(cursor, 'z'))
		return true;
	if (**cursor != '+' && **cursor != '-') {
		*ret_has_zone = false;
		return true;
	}
	sign = *(*cursor)++ == '-' ? -1 : 1;
	if (!iso_time_take_digits(cursor, 2, &hours))
		return false;
	if (**cursor) {
		take_letter(cursor, ':');
		if (!iso_time_take_digits(cursor, 2, &minutes))
			return false;
	}
	*ret_offset_s = sign * (hours * 3600 + minutes * 60);
	return hours <= 14 && minutes < 60;
}

static bool iso_time_take_clock(const char **cursor, struct tm *tm)
{
	if (!take_letter(cursor, 'T') && !take_letter(cursor, 't') &&
		!take_letter(cursor, ' '))
		return true; /* a day alone: its first moment */
	if (!iso_time_take_digits(cursor, 2, &tm->tm_hour) ||
		!take_letter(cursor, ':') ||
		!iso_time_take_digits(cursor, 2, &tm->tm_min))
		return false;
	if (take_letter(cursor, ':') && !iso_time_take_digits(cursor, 2, &tm->tm_sec))
		return false;
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

static bool take_day(const char **cursor, struct tm *tm)
{
	struct tm same;

	if (!iso_time_take_digits(cursor, 4, &tm->tm_year) ||
		!take_letter(cursor, '-') ||
		!iso_time_take_digits(cursor, 2, &tm->tm_mon) ||
		!take_letter(cursor, '-') ||
		!iso_time_take_digits(cursor, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	same = *tm;
	timegm(&same); /* moves a day that does not exist */
	return same.tm_mon == tm->tm_mon && same.tm_mday == tm->tm_mday;
}

static bool is_shown_as(int64_t seconds, const struct tm *wanted)
{
	time_t at = (time_t)seconds;
	struct tm shown;

	return localtime_r(&at, &shown) && shown.tm_mday == wanted->tm_mday &&
		shown.tm_hour == wanted->tm_hour && shown.tm_min == wanted->tm_min;
}

/* -ERANGE for what the clocks of the zone show twice or never, in a night they are set. */
static int local_seconds(const struct tm *tm, int64_t *ret_time)
{
	static const int64_t shifts[] = { -3600, -1800, 1800, 3600 };
	struct tm copy = *tm;
	int64_t seconds = (int64_t)mktime(&copy);

	*ret_time = seconds;
	if (!is_shown_as(seconds, tm))
		return -ERANGE;
	for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
		if (is_shown_as(seconds + shifts[i], tm))
			return -ERANGE;
	}
	return 0;
}

int iso_time_parse(const char *text, bool wants_zone, int64_t *ret_time)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *cursor = text;
	bool has_zone;
	int offset_s;

	if (!take_day(&cursor, &tm) || !iso_time_take_clock(&cursor, &tm) ||
		!iso_time_take_zone(&cursor, &has_zone, &offset_s) || *cursor ||
		(wants_zone && !has_zone))
		return -EINVAL;
	if (!has_zone)
		return local_seconds(&tm, ret_time);
	*ret_time = (int64_t)timegm(&tm) - offset_s;
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
	if (parse_age(text, length, now, ret_time) == 0)
		return 0;
	if (text[0] == '+' && parse_age(text + 1, length - 1, now, ret_time) == 0) {
		*ret_time = 2 * now - *ret_time;
		return 0;
	}
	switch (iso_time_parse(text, false, ret_time)) {
	case 0:
		return 0;
	case -ERANGE:
		return err_set(err, -EINVAL,
			"\"%.60s\" is no one moment: the clocks are set in that hour, and "
			"show it twice or never; append the offset, such as +01:00",
			text);
	default:
		break;
	}
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
