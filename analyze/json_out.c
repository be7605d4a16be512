#include "analyze/json_out.h"

#include "analyze/safe_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *json_number_text(double value, char text[JSON_NUMBER_SIZE])
{
	if (!isfinite(value))
		return memcpy(text, "null", 5);
	if (value == rint(value) && fabs(value) < 0x1p53) {
		snprintf(text, JSON_NUMBER_SIZE, "%.0f", value == 0 ? 0 : value);
		return text;
	}
	/* cJSON prints 15 digits wherever that is nearly the same number */
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, JSON_NUMBER_SIZE, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return text;
}

cJSON *json_item_number(double value)
{
	char text[JSON_NUMBER_SIZE];

	return isfinite(value) ? cJSON_CreateRaw(json_number_text(value, text))
			       : cJSON_CreateNull();
}

cJSON *json_item_text(const char *text)
{
	struct strbuf buffer;
	cJSON *item = NULL;

	if (!text)
		return cJSON_CreateNull();
	strbuf_init(&buffer, 1u << 20);
	safe_add_json(&buffer, text);
	if (!strbuf_failed(&buffer))
		item = cJSON_CreateRaw(strbuf_text(&buffer));
	strbuf_done(&buffer);
	return item;
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
