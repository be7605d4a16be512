#include "store/rrd/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DIGITS 17

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

size_t number_write_integer(char *to, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	while (value >= 100) {
		at -= 2;
		memcpy(digits + at, pairs + 2 * (value % 100), 2);
		value /= 100;
	}
	if (value >= 10) {
		at -= 2;
		memcpy(digits + at, pairs + 2 * value, 2);
	} else {
		digits[--at] = (char)('0' + value);
	}
	memcpy(to, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}

/* What is rare: very small or very large. The point is a comma in some locales. */
static size_t write_slow(char to[NUMBER_SIZE], double value)
{
	int length = snprintf(to, NUMBER_SIZE, "%.16e", value);

	for (int i = 0; i < length; i++)
		if (to[i] == ',')
			to[i] = '.';
	return (size_t)length;
}

/*
 * The binary fraction as 64 bits below the point, times ten for each digit: what
 * runs over the point is the digit.  Exact while value >= 2^-11 (all 53 bits fit).
 */
static size_t write_fraction(char *to, uint64_t fraction, int digits)
{
	size_t length = 0;

	while (digits >= 2 && fraction) {
		unsigned __int128 product = (unsigned __int128)fraction * 100;

		memcpy(to + length, pairs + 2 * (size_t)(product >> 64), 2);
		fraction = (uint64_t)product;
		length += 2;
		digits -= 2;
	}
	if (digits == 1 && fraction) {
		unsigned __int128 product = (unsigned __int128)fraction * 10;

		to[length++] = (char)('0' + (unsigned)(product >> 64));
	}
	while (length > 0 && to[length - 1] == '0')
		length--;
	return length;
}

size_t number_write(char to[NUMBER_SIZE], double value)
{
	size_t length = 0, whole_digits = 0;
	double whole = 0;
	uint64_t fraction = 0;

	if (!isfinite(value)) {
		to[0] = 'U';
		return 1;
	}
	if (value < 0) {
		to[length++] = '-';
		value = -value;
	}
	if (value >= 0x1p53 || (value < 0x1p-11 && value > 0))
		return length + write_slow(to + length, value);
	whole = (double)(uint64_t)value;
	fraction = (uint64_t)((value - whole) * 0x1p64); /* exact: a power of two */
	whole_digits = number_write_integer(to + length, (uint64_t)whole);
	length += whole_digits;
	if (fraction == 0)
		return length;
	to[length++] = '.';
	/* a leading zero is no digit that counts */
	return length +
		write_fraction(to + length, fraction,
			DIGITS - (whole >= 1 ? (int)whole_digits : -3));
}
