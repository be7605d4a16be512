/* Calendar days as "YYYY-MM-DD": they compare as texts. */
#ifndef SCHEMA_DATE_H
#define SCHEMA_DATE_H

#include <stdbool.h>
#include <stdint.h>

#define DATE_TEXT_SIZE 11

/* A day that exists, years 1000 to 9999. */
bool date_is_valid(const char *text);

/* Days since 1970-01-01 of a valid date, and back. */
int64_t date_to_days(const char *text);
const char *date_from_days(int64_t days, char text[DATE_TEXT_SIZE]);
/* The UTC day of Unix seconds. */
const char *date_from_time(int64_t time, char text[DATE_TEXT_SIZE]);
/* 0 Sunday ... 6 Saturday. */
unsigned date_weekday(int64_t days);
/* Is it the last day of its month? */
bool date_is_month_end(int64_t days);

#endif
