#include "common/timefmt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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
