#include "common/json_out.h"

#include "common/safe_text.h"

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

const char *json_number_text(double value, char text[JSON_NUMBER_SIZE])
{
	if (!isfinite(value))
		return memcpy(text, "null", 5);
	if (print_decimal(value, text))
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
