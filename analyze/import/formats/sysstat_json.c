/* sadf -j: hosts, each with records of one time. */
#include "analyze/import/formats/sysstat.h"

#include "analyze/import/readers/civil.h"
#include "analyze/import/readers/json_stream.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sys_json {
	struct sys_reading *reading;
	struct json_stream *stream;
	struct err *err;
	int64_t stamp; /* of the record; 0: not yet known */
	char zone[64]; /* of the host, as the file says */
};

static int next_token(struct sys_json *json, struct json_token *token)
{
	return json_stream_next(json->stream, token, json->err);
}

static int refuse_token(
	struct sys_json *json, const char *wanted, const struct json_token *token)
{
	return json_stream_refuse(json->stream, wanted, token, json->err);
}

static int refuse_text(
	struct sys_json *json, const char *field, const char *wanted, const char *text)
{
	char quoted[TEXT_QUOTE_SIZE];

	text_quote(text, strlen(text), quoted);
	return err_set(json->err, -EINVAL, "%s: %s: expected %s, found \"%s\"",
		json->reading->source->path, field, wanted, quoted);
}

/* Calls one() for each key of an object whose "{" is the next token. */
static int each_key(struct sys_json *json,
	int (*one)(struct sys_json *json, const char *key, void *data), void *data)
{
	struct json_token token;
	char key[64];
	int r = next_token(json, &token);

	if (r >= 0 && token.event != JSON_OBJECT)
		return refuse_token(json, "an object", &token);
	while (r >= 0) {
		r = next_token(json, &token);
		if (r < 0 || token.event == JSON_OBJECT_END)
			break;
		snprintf(key, sizeof(key), "%s", token.text);
		r = one(json, key, data);
	}
	return r;
}

static int skip_value(struct sys_json *json)
{
	struct json_token token;
	int r = next_token(json, &token);

	return r < 0 ? r : json_stream_skip(json->stream, &token, json->err);
}

/* A scalar's text; containers are passed over and leave it empty. */
static int take_scalar(struct sys_json *json, char *text, size_t size)
{
	struct json_token token;
	int r = next_token(json, &token);

	if (r < 0)
		return r;
	text[0] = '\0';
	if (token.event == JSON_TEXT || token.event == JSON_NUMBER)
		snprintf(text, size, "%s", token.text);
	return json_stream_skip(json->stream, &token, json->err);
}

/* ---- one time ---------------------------------------------------------------------------- */

struct sys_time {
	char date[32], time[32], zone[64];
	bool is_utc;
};

static int time_key(struct sys_json *json, const char *key, void *data)
{
	struct sys_time *time = data;
	char text[64];
	int r;

	if (!strcmp(key, "date"))
		return take_scalar(json, time->date, sizeof(time->date));
	if (!strcmp(key, "time"))
		return take_scalar(json, time->time, sizeof(time->time));
	if (!strcmp(key, "tz"))
		return take_scalar(json, time->zone, sizeof(time->zone));
	r = take_scalar(json, text, sizeof(text));
	if (!strcmp(key, "utc"))
		time->is_utc = !strcmp(text, "1");
	return r;
}

static int time_to_stamp(struct sys_json *json, const struct sys_time *time)
{
	const struct import_options *options = json->reading->source->options;
	const char *zone_name = time->is_utc ? "UTC"
		: options && options->zone   ? options->zone
		: *time->zone                ? time->zone
		: *json->zone                ? json->zone
					     : NULL;
	struct zone *zone = NULL;
	char text[80];
	double civil_s;
	int64_t utc[2];
	int r;

	snprintf(text, sizeof(text), "%s %s", time->date, time->time);
	if (!*time->date && text_is_number(time->time, strlen(time->time), &civil_s)) {
		json->stamp = (int64_t)civil_s; /* sadf -U */
		return 0;
	}
	if (!civil_parse(text, strlen(text), DATE_YMD, &civil_s))
		return refuse_text(json, "timestamp", "a date and a time", text);
	if (!zone_name)
		return err_set(json->err, -EINVAL,
			"%s: timestamp: expected a zone, found a local time without one: "
			"give --zone, or let sadf print UTC (without -t and -T)",
			json->reading->source->path);
	r = importer_zone(json->reading->source, zone_name, &zone, json->err);
	if (r < 0)
		return err_wrap(
			json->err, r, "%s: timestamp", json->reading->source->path);
	account_set_zone(json->reading->sink->account, zone_name);
	json->stamp =
		zone_utc(zone, (int64_t)civil_s, utc) > 0 ? utc[0] : (int64_t)civil_s;
	zone_close(zone);
	return 0;
}

/* ---- sections --------------------------------------------------------------------------------- */

/* A flat object as a row. */
struct flat {
	struct sys_row row;
	char name[128];
};

static int flat_key(struct sys_json *json, const char *key, void *data)
{
	struct flat *flat = data;
	enum sys_field field = sys_field_find(key, strlen(key));
	char text[128];
	double value;
	int r = take_scalar(json, text, sizeof(text));

	if (r < 0 || field == SYS_NO_FIELD)
		return r;
	if (field == SYS_CPU || field == SYS_IFACE || field == SYS_DEV) {
		snprintf(flat->name, sizeof(flat->name), "%s", text);
		flat->row.name = flat->name;
		flat->row.name_length = strlen(flat->name);
	} else if (text_is_number(text, strlen(text), &value)) {
		flat->row.value[field] = value;
	} else {
		return refuse_text(json, key, "a finite number >= 0", text);
	}
	return r;
}

static int take_flat(struct sys_json *json)
{
	struct flat flat;
	int r;

	sys_row_init(&flat.row);
	r = each_key(json, flat_key, &flat);
	if (r < 0)
		return r;
	if (json->stamp == 0)
		return err_set(json->err, -EINVAL,
			"%s: expected the timestamp of a record before its figures",
			json->reading->source->path);
	return sys_take_row(json->reading, json->stamp, &flat.row, json->err);
}

/* An array of objects, of which each_one reads one: its "{" is the next token.  The
 * array may end instead, so one token is looked at and handed on by the depth. */
static int each_object(struct sys_json *json, int (*one)(struct sys_json *json))
{
	struct json_token token;
	int r = next_token(json, &token);

	if (r >= 0 && token.event != JSON_ARRAY)
		return refuse_token(json, "an array", &token);
	while (r >= 0) {
		r = json_stream_peek(json->stream, &token, json->err);
		if (r < 0)
			break;
		if (token.event == JSON_ARRAY_END)
			return next_token(json, &token);
		r = one(json);
	}
	return r;
}

static int network_key(struct sys_json *json, const char *key, void *data)
{
	(void)data;
	return strcmp(key, "net-dev") == 0 ? each_object(json, take_flat)
					   : skip_value(json);
}

static int record_key(struct sys_json *json, const char *key, void *data)
{
	struct sys_time time = { .is_utc = false };
	int r;

	(void)data;
	if (!strcmp(key, "timestamp")) {
		r = each_key(json, time_key, &time);
		return r < 0 ? r : time_to_stamp(json, &time);
	}
	if (!strcmp(key, "cpu-load") || !strcmp(key, "cpu-load-all") ||
		!strcmp(key, "disk"))
		return each_object(json, take_flat);
	if (!strcmp(key, "memory"))
		return take_flat(json);
	if (!strcmp(key, "network"))
		return each_key(json, network_key, NULL);
	return skip_value(json);
}

static int take_record(struct sys_json *json)
{
	json->stamp = 0;
	return each_key(json, record_key, NULL);
}

static int host_key(struct sys_json *json, const char *key, void *data)
{
	char text[256];
	int r;

	(void)data;
	if (!strcmp(key, "statistics"))
		return each_object(json, take_record);
	if (!strcmp(key, "nodename")) {
		r = take_scalar(json, text, sizeof(text));
		return r < 0 ? r
			     : sys_find_workload(
				       json->reading, text, strlen(text), json->err);
	}
	if (!strcmp(key, "timezone"))
		return take_scalar(json, json->zone, sizeof(json->zone));
	return skip_value(json);
}

static int sysstat_json_take_host(struct sys_json *json)
{
	int r;

	/* memory of one host is judged before that of the next begins */
	if (json->reading->memory_count) {
		r = sys_finish(json->reading, json->err);
		json->reading->memory_count = 0;
		if (r < 0)
			return r;
	}
	json->reading->has_workload = false;
	return each_key(json, host_key, NULL);
}

static int sysstat_key(struct sys_json *json, const char *key, void *data)
{
	(void)data;
	return strcmp(key, "hosts") == 0 ? each_object(json, sysstat_json_take_host)
					 : skip_value(json);
}

static int top_key(struct sys_json *json, const char *key, void *data)
{
	(void)data;
	return strcmp(key, "sysstat") == 0 ? each_key(json, sysstat_key, NULL)
					   : skip_value(json);
}

int sys_read_json(struct sys_reading *reading, struct bytes *bytes, struct err *err)
{
	struct sys_json json = { .reading = reading, .err = err };
	struct json_token token;
	int r = json_stream_open(bytes, false, &json.stream, err);

	if (r < 0)
		return r;
	r = each_key(&json, top_key, NULL);
	if (r >= 0)
		r = next_token(&json, &token); /* nothing may follow */
	json_stream_close(json.stream);
	return r < 0 ? r : 0;
}
