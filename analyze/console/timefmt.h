/* Times from and to text: options and reports. */
#ifndef ANALYZE_CONSOLE_TIMEFMT_H
#define ANALYZE_CONSOLE_TIMEFMT_H

#include "common/err.h"

#include <stdint.h>

#define TIME_TEXT_SIZE 48

/*
 * time_parse - a moment as the options --since, --until and others take it
 *
 * "now"; an age: a whole number and one of s m h d w ("4w": four weeks before now);
 * ISO 8601 ("2026-11-21", "2026-11-21T08:30", with seconds, with a zone "Z", "+01:00",
 * "+0100"; without a zone it is local time); "@" and Unix seconds.
 *
 * Returns 0, or -EINVAL with the text set.
 */
int time_parse(const char *text, int64_t now, int64_t *ret_time, struct err *err);

/* "YYYY-MM-DD" of a day that exists; -EINVAL with the text set otherwise. */
int time_check_date(const char *text, struct err *err);

/* "2026-11-21 08:30:00 +0100", local time with its offset; "-" for 0. */
const char *time_text(int64_t time, char text[TIME_TEXT_SIZE]);
/* The same without seconds, and without the offset: "2026-11-21 08:30". */
const char *time_text_short(int64_t time, char text[TIME_TEXT_SIZE]);
/* "2026-11-21", "11-21 08:30", "2026". */
const char *time_text_day(int64_t time, char text[TIME_TEXT_SIZE]);
const char *time_text_within_year(int64_t time, char text[TIME_TEXT_SIZE]);
const char *time_text_year(int64_t time, char text[TIME_TEXT_SIZE]);
/* "08:30:00". */
const char *time_text_clock(int64_t time, char text[TIME_TEXT_SIZE]);
/* "2026-11-21T07:30:00Z". */
const char *time_text_utc(int64_t time, char text[TIME_TEXT_SIZE]);
/* The local offset at that time: "+0100". */
const char *time_text_offset(int64_t time, char text[TIME_TEXT_SIZE]);
/* A length: "45 s", "5 min", "1.5 h", "28 d". */
const char *time_text_length(double length_s, char text[TIME_TEXT_SIZE]);

#endif
