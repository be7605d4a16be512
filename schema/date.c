#include "schema/date.h"

#include "common/parse.h"

#include <stdio.h>
#include <string.h>

/* Howard Hinnant's civil calendar: days from 1970-01-01, proleptic Gregorian. */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
	int64_t era;
	int64_t year_of_era, day_of_year, day_of_era;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	day_of_era =
		year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	int64_t era, day_of_era, year_of_era, day_of_year, shifted;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = days - era * 146097;
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
			      day_of_era / 146096) /
		365;
	day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	shifted = (5 * day_of_year + 2) / 153;
	*day = (unsigned)(day_of_year - (153 * shifted + 2) / 5 + 1);
	*month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = year_of_era + era * 400 + (*month <= 2);
}

static bool date_split(const char *text, uint64_t *year, uint64_t *month, uint64_t *day)
{
	return strlen(text) == 10 && text[4] == '-' && text[7] == '-' &&
		parse_u64(text, 4, year) == 0 && parse_u64(text + 5, 2, month) == 0 &&
		parse_u64(text + 8, 2, day) == 0;
}

bool date_is_valid(const char *text)
{
	uint64_t year, month, day;
	char back[DATE_TEXT_SIZE];

	if (!date_split(text, &year, &month, &day) || year < 1000 || month < 1 ||
		month > 12 || day < 1 || day > 31)
		return false;
	return strcmp(date_from_days(date_to_days(text), back), text) == 0;
}

int64_t date_to_days(const char *text)
{
	uint64_t year = 1970, month = 1, day = 1;

	(void)date_split(text, &year, &month, &day);
	return days_from_civil((int64_t)year, (unsigned)month, (unsigned)day);
}

const char *date_from_days(int64_t days, char text[DATE_TEXT_SIZE])
{
	int64_t year;
	unsigned month, day;

	civil_from_days(days, &year, &month, &day);
	if (year < 0 || year > 9999)
		year = 9999;
	(void)snprintf(text, DATE_TEXT_SIZE, "%04u-%02u-%02u", (unsigned)year % 10000u,
		month % 100u, day % 100u);
	return text;
}

const char *date_from_time(int64_t time, char text[DATE_TEXT_SIZE])
{
	int64_t days = time / 86400;

	if (time % 86400 < 0)
		days--;
	return date_from_days(days, text);
}

unsigned date_weekday(int64_t days)
{
	int64_t weekday = (days + 4) % 7;

	return (unsigned)(weekday < 0 ? weekday + 7 : weekday);
}

bool date_is_month_end(int64_t days)
{
	int64_t year;
	unsigned month, day;

	civil_from_days(days + 1, &year, &month, &day);
	return day == 1;
}
