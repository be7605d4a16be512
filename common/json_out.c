#include "common/json_out.h"

#include "common/safe_text.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whole numbers below 2^53 and their decimals, without the printf family. */
static void print_scaled(
	uint64_t digits, unsigned decimals, bool is_negative, char *text)
{
	char reversed[JSON_NUMBER_SIZE];
	size_t length = 0, at = 0;

	for (; digits || length <= decimals; digits /= 10) {
		if (decimals && length == decimals)
			reversed[at++] = '.';
		reversed[at++] = (char)('0' + digits % 10);
		length++;
	}
	if (is_negative)
		*text++ = '-';
	while (at)
		*text++ = reversed[--at];
	*text = '\0';
}

/*
 * value = n / 10^k with whole n below 2^53: both are exact doubles, so the quotient is
 * the double that "n with k decimals" reads back as.  Most figures are such.
 */
static bool print_decimal(double value, char *text)
{
	static const double power[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
		1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	double size = fabs(value);

	for (unsigned k = 0; k < sizeof(power) / sizeof(power[0]); k++) {
		double n = rint(size * power[k]);

		if (!(n < 0x1p53))
			return false;
		if (n / power[k] == size) {
			print_scaled((uint64_t)n, k, value < 0, text);
			return true;
		}
	}
	return false;
}

#if LDBL_MANT_DIG == 64
/* n / 10^k as a double, where it is sure how the quotient is rounded: not where 64 bits of
 * it lie in the middle of two doubles. */
static bool divide_surely(uint64_t n, long double power, double *ret_value)
{
	long double quotient = (long double)n / power;
	uint64_t mantissa;

	memcpy(&mantissa, &quotient, sizeof(mantissa));
	*ret_value = (double)quotient;
	return (mantissa & 0x7ff) != 0x400;
}

/*
 * The shortest of 15 to 17 digits that reads back as the value, as the printf family would
 * print it and ten times as fast: with 64 bits of mantissa n below 2^64 and 10^k up to k = 27
 * are exact.  False: it is not sure, or the value is out of the range where %g has no exponent.
 */
static bool print_digits(double value, char *text)
{
	static const long double power[] = { 1, 1e1L, 1e2L, 1e3L, 1e4L, 1e5L, 1e6L,
		1e7L, 1e8L, 1e9L, 1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L,
		1e17L, 1e18L, 1e19L, 1e20L };
	double size = fabs(value), back;
	int exponent = -4;

	if (!(size >= 1e-4 && size < 1e14))
		return false;
	while (exponent < 0 ? (long double)size * power[-exponent - 1] >= 1
			    : (long double)size >= power[exponent + 1])
		exponent++;
	for (int digits = 15; digits <= 17; digits++) {
		unsigned decimals = (unsigned)(digits - 1 - exponent);
		long double scaled = (long double)size * power[decimals];
		long double whole = rintl(scaled);
		uint64_t n = (uint64_t)whole;

		/* too near to the middle of two: the product has been rounded */
		if (fabsl(fabsl(scaled - whole) - 0.5L) < 0x1p-7L)
			return false;
		if (!divide_surely(n, power[decimals], &back))
			return false;
		if (back != size)
			continue;
		for (; decimals > 0 && n % 10 == 0; n /= 10)
			decimals--;
		print_scaled(n, decimals, value < 0, text);
		return true;
	}
	return false;
}
#else
static bool print_digits(double value, char *text)
{
	(void)value, (void)text;
	return false;
}
#endif

const char *json_number_text(double value, char text[JSON_NUMBER_SIZE])
{
	if (!isfinite(value))
		return memcpy(text, "null", 5);
	if (print_decimal(value, text) || print_digits(value, text))
		return text;
	/* cJSON prints 15 digits wherever that is nearly the same number */
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, JSON_NUMBER_SIZE, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return text;
}

static void put_key(struct json_out *json, const char *key)
{
	if (!json->is_first)
		fputc(',', json->out);
	if (json->depth) {
		fputc('\n', json->out);
		for (unsigned i = 0; i < json->depth; i++)
			fputc(' ', json->out);
	}
	json->is_first = false;
	if (key) {
		safe_print_json(json->out, key);
		fputc(':', json->out);
	}
}

static void open_level(struct json_out *json, const char *key, char bracket)
{
	put_key(json, key);
	fputc(bracket, json->out);
	json->depth++;
	json->is_first = true;
}

static void close_level(struct json_out *json, char bracket)
{
	json->depth--;
	if (!json->is_first) {
		fputc('\n', json->out);
		for (unsigned i = 0; i < json->depth; i++)
			fputc(' ', json->out);
	}
	fputc(bracket, json->out);
	json->is_first = false;
}

void json_begin(struct json_out *json, FILE *out, const char *verb)
{
	*json = (struct json_out){ .out = out, .is_first = true };
	open_level(json, NULL, '{');
	put_key(json, "schema");
	fprintf(out, "\"headroom/%s/1\"", verb);
}

void json_end(struct json_out *json)
{
	close_level(json, '}');
	fputc('\n', json->out);
}

void json_open_object(struct json_out *json, const char *key)
{
	open_level(json, key, '{');
}

void json_close_object(struct json_out *json)
{
	close_level(json, '}');
}

void json_open_array(struct json_out *json, const char *key)
{
	open_level(json, key, '[');
}

void json_close_array(struct json_out *json)
{
	close_level(json, ']');
}

void json_put_number(struct json_out *json, const char *key, double value)
{
	char text[JSON_NUMBER_SIZE];

	put_key(json, key);
	fputs(json_number_text(value, text), json->out);
}

void json_put_integer(struct json_out *json, const char *key, int64_t value)
{
	put_key(json, key);
	fprintf(json->out, "%" PRId64, value);
}

void json_put_time(struct json_out *json, const char *key, int64_t time)
{
	if (time)
		json_put_integer(json, key, time);
	else
		json_put_null(json, key);
}

void json_put_text(struct json_out *json, const char *key, const char *text)
{
	if (!text) {
		json_put_null(json, key);
		return;
	}
	put_key(json, key);
	safe_print_json(json->out, text);
}

void json_put_bool(struct json_out *json, const char *key, bool value)
{
	put_key(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_put_null(struct json_out *json, const char *key)
{
	put_key(json, key);
	fputs("null", json->out);
}
