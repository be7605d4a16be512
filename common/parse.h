/*
 * Numbers from text: one place for overflow, trailing rubbish and the locale
 * (always '.', whatever LC_NUMERIC says).
 */
#ifndef COMMON_PARSE_H
#define COMMON_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole of text[0..length) must be the number; -EINVAL or -ERANGE otherwise. */
int parse_u64(const char *text, size_t length, uint64_t *ret_value);
int parse_i64(const char *text, size_t length, int64_t *ret_value);

/*
 * parse_double - decimal number with optional sign, fraction and exponent
 *
 * Correctly rounded.  No hexadecimal, no "nan", no "inf" (-EINVAL), no blanks;
 * -ERANGE for what a double cannot hold (an underflow is 0, not an error).
 */
int parse_double(const char *text, size_t length, double *ret_value);

/*
 * parse_scan_u64 - digits at *cursor, which is moved behind them
 *
 * Returns false when there is no digit or the number has more than 64 bits; for
 * the kernel's text, where blanks are skipped by the caller.
 */
bool parse_scan_u64(const char **cursor, const char *end, uint64_t *ret_value);

#endif
