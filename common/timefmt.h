/* Times to text, for reports; from text: common/iso_time.h. */
#ifndef COMMON_TIMEFMT_H
#define COMMON_TIMEFMT_H

#include "common/iso_time.h"

#include <stdint.h>

#define TIME_TEXT_SIZE 48

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
