/* Answers in JSON: a matrix of the API, lines of /api/v1/export, lists of names. */
#include "analyze/engine/answers.h"

#include "analyze/import/readers/json_stream.h"
#include "analyze/import/readers/text.h"
#include "common/array.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERIES_VALUES_MAX ((size_t)8 << 20)
#define NUMBERS_AT_ONCE 256
#define OLDEST_MS 31536000e3
#define YOUNGEST_MS 4102444800e3

struct json_reading {
	struct bytes *bytes;
	struct answer_sink *sink;
	struct json_stream *stream;
	struct err *err;
	struct engine_labels labels;
	struct engine_sample *sample; /* of one series: values may come before stamps */
	size_t samples, room;
};

static int answer_next(struct json_reading *reading, struct json_token *token)
{
	return json_stream_next(reading->stream, token, reading->err);
}

static int add_sample(struct json_reading *reading, double stamp_ms, double value)
{
	if (reading->samples == SERIES_VALUES_MAX)
		return err_set(reading->err, -EFBIG,
			"%s: expected at most %zu samples of a series, found more",
			bytes_name(reading->bytes), SERIES_VALUES_MAX);
	if (!(stamp_ms >= OLDEST_MS && stamp_ms <= YOUNGEST_MS))
		return err_set(reading->err, -EINVAL,
			"%s: values: expected a time between 1971 and 2100",
			bytes_name(reading->bytes));
	if (ARRAY_RESERVE(reading->sample, reading->room, reading->samples + 1) < 0)
		return err_oom(reading->err);
	reading->sample[reading->samples++] =
		(struct engine_sample){ (int64_t)stamp_ms, value };
	return 0;
}

/* "NaN" and "+Inf" are unknown; so is what is negative, of speeds that nobody knows. */
static int token_value(
	struct json_reading *reading, const struct json_token *token, double *ret_value)
{
	double value;

	*ret_value = NAN;
	if (token->event == JSON_NULL)
		return 0;
	if (token->event != JSON_TEXT && token->event != JSON_NUMBER)
		return json_stream_refuse(
			reading->stream, "a value", token, reading->err);
	if (text_is_number(token->text, token->length, &value)) {
		*ret_value = value;
		return 0;
	}
	if (token->length && strchr("-+NIn", token->text[0])) {
		reading->sink->unknown++;
		return 0;
	}
	return json_stream_refuse(reading->stream, "a value", token, reading->err);
}

/* 1375308176,"747.1"] behind its bracket. */
static int take_one_pair(struct json_reading *reading)
{
	struct json_token token;
	double stamp, value = NAN;
	int r = answer_next(reading, &token);

	if (r >= 0 &&
		(token.event != JSON_NUMBER ||
			!text_is_number(token.text, token.length, &stamp)))
		return json_stream_refuse(
			reading->stream, "a time", &token, reading->err);
	if (r >= 0)
		r = answer_next(reading, &token);
	if (r >= 0)
		r = token_value(reading, &token, &value);
	if (r >= 0)
		r = answer_next(reading, &token);
	if (r >= 0 && token.event != JSON_ARRAY_END)
		return json_stream_refuse(
			reading->stream, "the end of a sample", &token, reading->err);
	return r < 0 ? r : add_sample(reading, floor(stamp * 1000 + 0.5), value);
}

/* [[1375308176,"747.1"],...] of the API, behind the first bracket. */
static int take_pair_list(struct json_reading *reading)
{
	struct json_token token;
	int r = 0;

	while (r >= 0) {
		r = answer_next(reading, &token);
		if (r < 0 || token.event == JSON_ARRAY_END)
			break;
		r = token.event == JSON_ARRAY
			? take_one_pair(reading)
			: json_stream_refuse(
				  reading->stream, "a sample", &token, reading->err);
	}
	return r;
}

/* The value or the time of a sample, whichever comes first makes it. */
static int put_export_number(
	struct json_reading *reading, bool is_time, size_t at, double value)
{
	if (at == reading->samples) {
		int r = add_sample(reading, is_time ? value : OLDEST_MS, NAN);

		if (r < 0)
			return r;
	}
	if (is_time && !isnan(value))
		reading->sample[at].stamp_ms = (int64_t)value;
	else if (!is_time)
		reading->sample[at].value = value;
	return 0;
}

/* "values":[...] or "timestamps":[...] of /api/v1/export, in either order. */
static int take_export_list(struct json_reading *reading, bool is_time)
{
	double number[NUMBERS_AT_ONCE];
	struct json_token token;
	size_t at = 0;
	int r = 0;

	while (r >= 0) {
		size_t count =
			json_stream_numbers(reading->stream, number, NUMBERS_AT_ONCE);

		for (size_t i = 0; i < count && r >= 0; i++)
			r = put_export_number(reading, is_time, at++, number[i]);
		if (r < 0 || count == NUMBERS_AT_ONCE)
			continue;
		r = answer_next(reading, &token);
		if (r < 0 || token.event == JSON_ARRAY_END)
			break;
		r = token_value(reading, &token, &number[0]);
		if (r >= 0)
			r = put_export_number(reading, is_time, at++, number[0]);
	}
	return r;
}

static int take_labels(struct json_reading *reading)
{
	struct engine_labels *labels = &reading->labels;
	struct json_token token;
	int r = answer_next(reading, &token);

	if (r >= 0 && token.event != JSON_OBJECT)
		return json_stream_refuse(
			reading->stream, "labels", &token, reading->err);
	memset(labels, 0, sizeof(*labels));
	while (r >= 0) {
		enum engine_label label;

		r = answer_next(reading, &token);
		if (r < 0 || token.event == JSON_OBJECT_END)
			break;
		label = engine_label_find(token.text, token.length);
		r = answer_next(reading, &token);
		if (r >= 0 && label < LABEL_COUNT && token.event == JSON_TEXT)
			snprintf(labels->text[label], LABEL_BYTES, "%s", token.text);
		if (r >= 0)
			r = json_stream_skip(reading->stream, &token, reading->err);
	}
	return r;
}

static int pass_series(struct json_reading *reading)
{
	struct answer_sink *sink = reading->sink;
	int r = sink->series(sink, &reading->labels, reading->err);

	return r < 0 || reading->samples == 0
		? r
		: sink->samples(sink, reading->sample, reading->samples, reading->err);
}

/* An object whose "{" has been taken: {"metric":{...},"values":[...]}. */
static int take_json_series(struct json_reading *reading)
{
	struct json_token token;
	int r = 0;

	reading->samples = 0;
	memset(&reading->labels, 0, sizeof(reading->labels));
	while (r >= 0) {
		bool is_values, is_times;

		r = answer_next(reading, &token);
		if (r < 0 || token.event == JSON_OBJECT_END)
			break;
		is_values = !strcmp(token.text, "values");
		is_times = !strcmp(token.text, "timestamps");
		if (!strcmp(token.text, "metric")) {
			r = take_labels(reading);
		} else if (is_values || is_times) {
			/* pairs of the API begin with a second bracket */
			r = json_stream_peek(reading->stream, &token, reading->err);
			if (r >= 0 && token.event == JSON_ARRAY)
				r = answer_next(reading, &token);
			if (r >= 0)
				r = json_stream_peek(
					reading->stream, &token, reading->err);
			if (r >= 0 && token.event == JSON_ARRAY && is_values)
				r = take_pair_list(reading);
			else if (r >= 0)
				r = take_export_list(reading, is_times);
		} else if (!strcmp(token.text, "value") && reading->sink->has_vectors) {
			r = answer_next(reading, &token);
			if (r >= 0 && token.event == JSON_ARRAY)
				r = take_one_pair(reading);
		} else {
			r = json_stream_skip(reading->stream, &token, reading->err);
		}
	}
	return r < 0 ? r : pass_series(reading);
}

/* "error":"..." of an answer. */
static int refuse_error(struct json_reading *reading)
{
	char quoted[TEXT_QUOTE_SIZE];
	struct json_token token;
	int r = answer_next(reading, &token);

	if (r < 0 || token.event != JSON_TEXT)
		return r;
	text_quote(token.text, token.length, quoted);
	return err_set(reading->err, -EINVAL,
		"%s: the server answered with an error: %s", bytes_name(reading->bytes),
		quoted);
}

static int take_json_answer(struct json_reading *reading)
{
	struct json_token token;
	int r = 0;

	while (r >= 0) {
		r = answer_next(reading, &token);
		if (r < 0 || token.event == JSON_END)
			break;
		if (token.event == JSON_OBJECT) {
			r = json_stream_peek(reading->stream, &token, reading->err);
			if (r >= 0 && token.event == JSON_KEY &&
				!strcmp(token.text, "metric"))
				r = take_json_series(reading);
		} else if (token.event == JSON_KEY && !strcmp(token.text, "error")) {
			r = refuse_error(reading);
		}
	}
	return r;
}

int answer_read_series(struct bytes *bytes, struct answer_sink *sink, struct err *err)
{
	struct json_reading reading = { .bytes = bytes, .sink = sink, .err = err };
	int r = json_stream_open(bytes, true, &reading.stream, err);

	if (r >= 0)
		r = take_json_answer(&reading);
	json_stream_close(reading.stream);
	free(reading.sample);
	return r;
}

/* The texts of the list "data". */
static int take_name_list(struct json_reading *reading)
{
	struct json_token token;
	bool is_data = false;
	int r = 0;

	while (r >= 0) {
		r = answer_next(reading, &token);
		if (r < 0 || token.event == JSON_END)
			break;
		if (token.event == JSON_KEY && !strcmp(token.text, "error"))
			r = refuse_error(reading);
		else if (token.event == JSON_KEY)
			is_data = !strcmp(token.text, "data");
		else if (token.event == JSON_TEXT && is_data && token.depth == 2)
			r = reading->sink->name(
				reading->sink, token.text, token.length, reading->err);
	}
	return r;
}

int answer_read_names(struct bytes *bytes, struct answer_sink *sink, struct err *err)
{
	struct json_reading reading = { .bytes = bytes, .sink = sink, .err = err };
	int r = json_stream_open(bytes, true, &reading.stream, err);

	if (r >= 0)
		r = take_name_list(&reading);
	json_stream_close(reading.stream);
	return r;
}
