#include "common/parse.h"

#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Longer texts than this are no numbers that we ever write or expect. */
#define NUMBER_MAX_LENGTH 400
/* So many digits are a number of 64 bits, whatever they are. */
#define DIGITS_ALWAYS_FIT 19

bool parse_scan_u64(const char **cursor, const char *end, uint64_t *ret_value)
{
	const char *p = *cursor;
	uint64_t value = 0;

	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (p - *cursor >= DIGITS_ALWAYS_FIT &&
			value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (p == *cursor)
		return false;
	*cursor = p;
	*ret_value = value;
	return true;
}

int parse_u64(const char *text, size_t length, uint64_t *ret_value)
{
	const char *cursor = text;
	const char *end = text + length;
	uint64_t value;

	if (parse_scan_u64(&cursor, end, &value) && cursor == end) {
		*ret_value = value;
		return 0;
	}
	for (const char *p = text; p < end; p++) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
	}
	return length == 0 ? -EINVAL : -ERANGE;
}

int parse_i64(const char *text, size_t length, int64_t *ret_value)
{
	bool is_negative = length > 0 && text[0] == '-';
	uint64_t magnitude;
	int r;

	r = parse_u64(text + is_negative, length - is_negative, &magnitude);
	if (r < 0)
		return r;
	if (magnitude > (uint64_t)INT64_MAX + is_negative)
		return -ERANGE;
	*ret_value = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return 0;
}

/* [sign] digits [. digits] [e [sign] digits], at least one digit before the e */
static bool is_decimal(const char *text, size_t length)
{
	size_t i = 0, digits = 0;

	if (i < length && (text[i] == '-' || text[i] == '+'))
		i++;
	for (; i < length && text[i] >= '0' && text[i] <= '9'; i++)
		digits++;
	if (i < length && text[i] == '.')
		for (i++; i < length && text[i] >= '0' && text[i] <= '9'; i++)
			digits++;
	if (digits == 0)
		return false;
	if (i < length && (text[i] == 'e' || text[i] == 'E')) {
		size_t exponent = 0;

		i++;
		if (i < length && (text[i] == '-' || text[i] == '+'))
			i++;
		for (; i < length && text[i] >= '0' && text[i] <= '9'; i++)
			exponent++;
		if (exponent == 0)
			return false;
	}
	return i == length;
}

/*
 * Up to 15 digits and a small power of ten are exact doubles, so that one division
 * rounds correctly (Clinger's fast path).  Up to 19 digits are exact in a long double
 * of 64 bits, as are the powers to 10^27: its quotient is off by half of its last bit
 * at most, which decides the rounding to 53 bits unless the 11 bits between them lie
 * within one of the halfway point.
 */
static bool divide_exactly(
	uint64_t mantissa, size_t digits, size_t decimals, double *ret_value)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
		1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19 };

	if (digits <= 15) {
		*ret_value = (double)mantissa / powers[decimals];
		return true;
	}
#if LDBL_MANT_DIG == 64
	long double quotient = (long double)mantissa / (long double)powers[decimals];
	uint64_t bits;
	unsigned below;

	memcpy(&bits, &quotient, sizeof(bits)); /* x87: the mantissa comes first */
	below = (unsigned)(bits & 0x7ff);
	if (below >= 0x3ff && below <= 0x401)
		return false;
	*ret_value = (double)quotient;
	return true;
#else
	return false;
#endif
}

/* The digits at *at, behind those of the mantissa; how many there were. */
static size_t take_mantissa(const char **at, const char *end, uint64_t *mantissa)
{
	const char *p = *at;
	uint64_t value = *mantissa;
	size_t count;

	/* more than fit wrap around: the caller counts them */
	for (; p < end && (unsigned char)(*p - '0') <= 9; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	count = (size_t)(p - *at);
	*at = p;
	*mantissa = value;
	return count;
}

static bool parse_short_decimal(const char *text, size_t length, double *ret_value)
{
	bool is_negative = length > 0 && text[0] == '-';
	const char *at = text + is_negative, *end = text + length;
	uint64_t mantissa = 0;
	size_t digits = take_mantissa(&at, end, &mantissa), decimals = 0;
	double value;

	if (at < end && *at == '.') {
		at++;
		decimals = take_mantissa(&at, end, &mantissa);
		digits += decimals;
	}
	if (at < end || digits == 0 || digits > DIGITS_ALWAYS_FIT ||
		!divide_exactly(mantissa, digits, decimals, &value))
		return false;
	*ret_value = is_negative ? -value : value;
	return true;
}

int parse_double(const char *text, size_t length, double *ret_value)
{
	char copy[NUMBER_MAX_LENGTH + 1];
	static locale_t c_locale; /* made once, never freed: immutable afterwards */
	double value;

	if (parse_short_decimal(text, length, ret_value))
		return 0;
	if (length > NUMBER_MAX_LENGTH || !is_decimal(text, length))
		return -EINVAL;
	if (!c_locale)
		c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c_locale)
		return -ENOMEM;
	memcpy(copy, text, length);
	copy[length] = '\0';
	value = strtod_l(copy, NULL, c_locale);
	if (!isfinite(value))
		return -ERANGE;
	*ret_value = value;
	return 0;
}
