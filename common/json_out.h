/*
 * JSON out, written straight to the stream: exact doubles, null for what is absent,
 * strings that are always valid.
 */
#ifndef COMMON_JSON_OUT_H
#define COMMON_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_NUMBER_SIZE 32

/* The shortest of 15, 16 and 17 digits that reads back as the same double; whole
 * numbers below 2^53 without an exponent; "null" for NAN and infinities. */
const char *json_number_text(double value, char text[JSON_NUMBER_SIZE]);

/* Each level is written as it comes; key NULL inside an array. */
struct json_out {
	FILE *out;
	unsigned depth;
	bool is_first;
};

/* {"schema":"headroom/<verb>/1", ... */
void json_begin(struct json_out *json, FILE *out, const char *verb);
void json_end(struct json_out *json); /* the last brace and a newline */

void json_open_object(struct json_out *json, const char *key);
void json_close_object(struct json_out *json);
void json_open_array(struct json_out *json, const char *key);
void json_close_array(struct json_out *json);
void json_put_number(struct json_out *json, const char *key, double value);
void json_put_integer(struct json_out *json, const char *key, int64_t value);
/* null for 0: a moment that is not known */
void json_put_time(struct json_out *json, const char *key, int64_t time);
void json_put_text(
	struct json_out *json, const char *key, const char *text); /* NULL: null */
void json_put_bool(struct json_out *json, const char *key, bool value);
void json_put_null(struct json_out *json, const char *key);

#endif
