#include "analyze/import/readers/json_stream.h"

#include "analyze/import/readers/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_BUFFER_BYTES ((size_t)64 << 10)

/* What may follow. */
enum expected {
	EXPECT_VALUE,
	EXPECT_FIRST_VALUE, /* of an array: or its end */
	EXPECT_FIRST_KEY,   /* of an object: or its end */
	EXPECT_KEY,
	EXPECT_COMMA, /* or the end of the container */
	EXPECT_NOTHING,
};

struct json_stream {
	struct bytes *bytes;
	bool has_many, is_at_end;
	bool has_peeked;
	struct json_token peeked;
	enum expected expected;
	unsigned depth;
	bool is_object[JSON_STREAM_DEPTH_MAX];
	uint64_t passed; /* bytes before the buffer */
	size_t begin, end;
	char buffer[STREAM_BUFFER_BYTES];
	char *text; /* of the token */
	size_t text_length, text_room;
};

int json_stream_open(struct bytes *bytes, bool has_many,
	struct json_stream **ret_stream, struct err *err)
{
	struct json_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return err_oom(err);
	stream->bytes = bytes;
	stream->has_many = has_many;
	*ret_stream = stream;
	return 0;
}

void json_stream_close(struct json_stream *stream)
{
	if (!stream)
		return;
	free(stream->text);
	free(stream);
}

static int refuse_json(const struct json_stream *stream, const char *wanted,
	const char *found, size_t length, struct err *err)
{
	char quoted[TEXT_QUOTE_SIZE];

	text_quote(found, length, quoted);
	return err_set(err, -EINVAL, "%s: byte %llu: expected %s, found %s%s%s",
		bytes_name(stream->bytes),
		(unsigned long long)(stream->passed + stream->begin), wanted,
		length ? "\"" : "", length ? quoted : "the end of the file",
		length ? "\"" : "");
}

int json_stream_refuse(const struct json_stream *stream, const char *wanted,
	const struct json_token *found, struct err *err)
{
	static const char *const words[] = { "", "{", "}", "[", "]", "", "", "", "true",
		"false", "null" };
	bool has_text = found->event >= JSON_KEY && found->event <= JSON_NUMBER;
	const char *text = has_text ? found->text : words[found->event];

	return refuse_json(
		stream, wanted, text, has_text ? found->length : strlen(text), err);
}

/* The next byte stays in the buffer; -1 at the end, or a negative errno under it. */
#define PEEK_END (-1)
#define PEEK_FAILED (-2)
static int peek_refill(struct json_stream *stream, int *code, struct err *err)
{
	size_t got = 0;

	if (stream->is_at_end)
		return PEEK_END;
	stream->passed += stream->end;
	stream->begin = stream->end = 0;
	*code = bytes_read(
		stream->bytes, stream->buffer, STREAM_BUFFER_BYTES, &got, err);
	if (*code < 0)
		return PEEK_FAILED;
	stream->end = got;
	stream->is_at_end = got == 0;
	return got ? (unsigned char)stream->buffer[0] : PEEK_END;
}

static inline int peek(struct json_stream *stream, int *code, struct err *err)
{
	return stream->begin < stream->end
		? (unsigned char)stream->buffer[stream->begin]
		: peek_refill(stream, code, err);
}

static int add_token_text(
	struct json_stream *stream, const char *bytes, size_t count, struct err *err)
{
	size_t wanted = stream->text_length + count + 1;

	if (wanted > JSON_STREAM_TEXT_MAX)
		return err_set(err, -EFBIG,
			"%s: byte %llu: expected a text of at most %zu bytes, found a "
			"longer one",
			bytes_name(stream->bytes),
			(unsigned long long)(stream->passed + stream->begin),
			JSON_STREAM_TEXT_MAX);
	if (wanted > stream->text_room) {
		size_t room = stream->text_room ? stream->text_room * 2 : 256;
		char *grown;

		while (room < wanted)
			room *= 2;
		grown = realloc(stream->text, room);
		if (!grown)
			return err_oom(err);
		stream->text = grown;
		stream->text_room = room;
	}
	memcpy(stream->text + stream->text_length, bytes, count);
	stream->text_length += count;
	stream->text[stream->text_length] = '\0';
	return 0;
}

static int add_code_point(struct json_stream *stream, unsigned code, struct err *err)
{
	char utf8[4];
	size_t length;

	if (code < 0x80) {
		utf8[0] = (char)code;
		length = 1;
	} else if (code < 0x800) {
		utf8[0] = (char)(0xc0 | code >> 6);
		utf8[1] = (char)(0x80 | (code & 0x3f));
		length = 2;
	} else if (code < 0x10000) {
		utf8[0] = (char)(0xe0 | code >> 12);
		utf8[1] = (char)(0x80 | (code >> 6 & 0x3f));
		utf8[2] = (char)(0x80 | (code & 0x3f));
		length = 3;
	} else {
		utf8[0] = (char)(0xf0 | code >> 18);
		utf8[1] = (char)(0x80 | (code >> 12 & 0x3f));
		utf8[2] = (char)(0x80 | (code >> 6 & 0x3f));
		utf8[3] = (char)(0x80 | (code & 0x3f));
		length = 4;
	}
	return add_token_text(stream, utf8, length, err);
}

static int take_hex4(struct json_stream *stream, unsigned *ret_code, struct err *err)
{
	unsigned code = 0;

	for (int i = 0; i < 4; i++) {
		int failed = 0, c = peek(stream, &failed, err);
		int digit = c >= '0' && c <= '9' ? c - '0'
			: c >= 'a' && c <= 'f'   ? c - 'a' + 10
			: c >= 'A' && c <= 'F'   ? c - 'A' + 10
						 : -1;

		if (c == PEEK_FAILED)
			return failed;
		if (digit < 0)
			return refuse_json(
				stream, "four hexadecimal digits", "\\u", 2, err);
		code = code << 4 | (unsigned)digit;
		stream->begin++;
	}
	*ret_code = code;
	return 0;
}

/* Behind "\u"; halves of a pair that stand alone become U+FFFD. */
static int take_unicode(struct json_stream *stream, struct err *err)
{
	unsigned code = 0, low = 0;
	int failed = 0, r;

	r = take_hex4(stream, &code, err);
	if (r < 0)
		return r;
	if (code < 0xd800 || code > 0xdfff)
		return add_code_point(stream, code ? code : 0xfffd, err);
	if (code < 0xdc00 && peek(stream, &failed, err) == '\\') {
		stream->begin++;
		if (peek(stream, &failed, err) != 'u')
			return failed < 0
				? failed
				: refuse_json(stream, "the second half of a pair", "\\",
					  1, err);
		stream->begin++;
		r = take_hex4(stream, &low, err);
		if (r < 0)
			return r;
		if (low >= 0xdc00 && low <= 0xdfff)
			return add_code_point(stream,
				0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00),
				err);
	}
	return failed < 0 ? failed : add_code_point(stream, 0xfffd, err);
}

static int take_escape(struct json_stream *stream, struct err *err)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int failed = 0, c = peek(stream, &failed, err);
	const char *found;

	if (c == PEEK_FAILED)
		return failed;
	stream->begin += c >= 0;
	if (c == 'u')
		return take_unicode(stream, err);
	found = c > 0 ? strchr(from, c) : NULL;
	if (!found)
		return refuse_json(stream, "an escape that JSON has", "\\", 1, err);
	return add_token_text(stream, &to[found - from], 1, err);
}

/* From behind the opening quote to behind the closing one. */
static int take_string(struct json_stream *stream, struct err *err)
{
	int failed = 0, r;

	stream->text_length = 0;
	for (;;) {
		int c = peek(stream, &failed, err);
		size_t run = stream->begin;

		if (c == PEEK_FAILED)
			return failed;
		if (c == PEEK_END)
			return refuse_json(stream, "a closing quote", "", 0, err);
		while (run < stream->end && stream->buffer[run] != '"' &&
			stream->buffer[run] != '\\' &&
			(unsigned char)stream->buffer[run] >= ' ')
			run++;
		r = add_token_text(stream, stream->buffer + stream->begin,
			run - stream->begin, err);
		if (r < 0)
			return r;
		stream->begin = run;
		if (run == stream->end)
			continue;
		stream->begin++;
		if (stream->buffer[run] == '"')
			return 0;
		if (stream->buffer[run] != '\\')
			return refuse_json(stream, "a text without control characters",
				"?", 1, err);
		r = take_escape(stream, err);
		if (r < 0)
			return r;
	}
}

/* Letters, digits and signs: numbers and true, false, null. */
static int json_stream_take_word(struct json_stream *stream, struct err *err)
{
	int failed = 0, r;

	stream->text_length = 0;
	for (;;) {
		int c = peek(stream, &failed, err);
		size_t run = stream->begin;

		if (c == PEEK_FAILED)
			return failed;
		while (run < stream->end &&
			strchr("+-.0123456789EINaefilnrstuy", stream->buffer[run]) &&
			stream->buffer[run])
			run++;
		if (c == PEEK_END || run == stream->begin)
			return stream->text_length
				? 0
				: refuse_json(stream, "a value",
					  stream->buffer + stream->begin, c >= 0, err);
		r = add_token_text(stream, stream->buffer + stream->begin,
			run - stream->begin, err);
		if (r < 0)
			return r;
		stream->begin = run;
	}
}

static int classify_word(
	struct json_stream *stream, enum json_event *ret_event, struct err *err)
{
	static const struct {
		const char *word;
		enum json_event event;
	} words[] = { { "true", JSON_TRUE }, { "false", JSON_FALSE },
		{ "null", JSON_NULL } };
	char first = stream->text[0];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(stream->text, words[i].word)) {
			*ret_event = words[i].event;
			return 0;
		}
	}
	*ret_event = JSON_NUMBER;
	if (first == '-' || (first >= '0' && first <= '9'))
		return 0;
	return refuse_json(stream, "a value", stream->text, stream->text_length, err);
}

static int open_container(struct json_stream *stream, bool is_object, struct err *err)
{
	if (stream->depth == JSON_STREAM_DEPTH_MAX)
		return err_set(err, -EFBIG,
			"%s: expected at most %d levels, found more",
			bytes_name(stream->bytes), JSON_STREAM_DEPTH_MAX);
	stream->is_object[stream->depth++] = is_object;
	stream->begin++;
	stream->expected = is_object ? EXPECT_FIRST_KEY : EXPECT_FIRST_VALUE;
	return 0;
}

static void value_done(struct json_stream *stream)
{
	stream->expected = stream->depth ? EXPECT_COMMA
		: stream->has_many       ? EXPECT_VALUE
					 : EXPECT_NOTHING;
}

static int json_stream_take_value(
	struct json_stream *stream, int c, struct json_token *token, struct err *err)
{
	int r;

	if (c == '{' || c == '[') {
		token->event = c == '{' ? JSON_OBJECT : JSON_ARRAY;
		return open_container(stream, c == '{', err);
	}
	if (c == '"') {
		stream->begin++;
		token->event = JSON_TEXT;
		r = take_string(stream, err);
	} else {
		r = json_stream_take_word(stream, err);
		if (r >= 0)
			r = classify_word(stream, &token->event, err);
	}
	if (r >= 0)
		value_done(stream);
	return r;
}

static int take_key(struct json_stream *stream, int c, struct err *err)
{
	int failed = 0, r;

	if (c != '"')
		return refuse_json(stream, "a name in quotes",
			stream->buffer + stream->begin, c >= 0, err);
	stream->begin++;
	r = take_string(stream, err);
	if (r < 0)
		return r;
	while ((c = peek(stream, &failed, err)) == ' ' || c == '\n' || c == '\t' ||
		c == '\r')
		stream->begin++;
	if (c != ':')
		return c == PEEK_FAILED
			? failed
			: refuse_json(stream, "a colon", stream->buffer + stream->begin,
				  c >= 0, err);
	stream->begin++;
	stream->expected = EXPECT_VALUE;
	return 0;
}

static void close_container(struct json_stream *stream, struct json_token *token)
{
	token->event =
		stream->is_object[--stream->depth] ? JSON_OBJECT_END : JSON_ARRAY_END;
	token->depth = stream->depth;
	stream->begin++;
	value_done(stream);
}

static bool is_close(const struct json_stream *stream, int c)
{
	return stream->depth &&
		c == (stream->is_object[stream->depth - 1] ? '}' : ']') &&
		(stream->expected == EXPECT_COMMA ||
			stream->expected == EXPECT_FIRST_KEY ||
			stream->expected == EXPECT_FIRST_VALUE);
}

/* What may come next is one state (expected), so that a comma or an end in the wrong
 * place is refused where it stands. */
static int take_token(
	struct json_stream *stream, struct json_token *ret_token, struct err *err)
{
	struct json_token token = { .depth = stream->depth };
	int failed = 0, c, r = 0;

	for (;;) {
		c = peek(stream, &failed, err);
		if (c == ',' && stream->expected == EXPECT_COMMA)
			stream->expected = stream->is_object[stream->depth - 1]
				? EXPECT_KEY
				: EXPECT_VALUE;
		else if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
			break;
		stream->begin++;
	}
	if (c == PEEK_FAILED)
		return failed;
	if (is_close(stream, c)) {
		close_container(stream, &token);
	} else if (c == PEEK_END && stream->depth == 0 &&
		(stream->has_many || stream->expected == EXPECT_NOTHING)) {
		token.event = JSON_END;
	} else if (stream->expected == EXPECT_KEY ||
		stream->expected == EXPECT_FIRST_KEY) {
		token.event = JSON_KEY;
		r = take_key(stream, c, err);
	} else if (stream->expected == EXPECT_COMMA ||
		stream->expected == EXPECT_NOTHING || c == PEEK_END) {
		r = refuse_json(stream,
			stream->expected == EXPECT_COMMA ? "a comma or an end"
							 : "the end of the file",
			stream->buffer + stream->begin, c >= 0, err);
	} else {
		r = json_stream_take_value(stream, c, &token, err);
	}
	if (r < 0)
		return r;
	token.text = stream->text;
	token.length = stream->text_length;
	*ret_token = token;
	return 0;
}

int json_stream_next(
	struct json_stream *stream, struct json_token *ret_token, struct err *err)
{
	if (!stream->has_peeked)
		return take_token(stream, ret_token, err);
	stream->has_peeked = false;
	*ret_token = stream->peeked;
	return 0;
}

int json_stream_peek(
	struct json_stream *stream, struct json_token *ret_token, struct err *err)
{
	int r = 0;

	if (!stream->has_peeked)
		r = take_token(stream, &stream->peeked, err);
	if (r < 0)
		return r;
	stream->has_peeked = true;
	*ret_token = stream->peeked;
	return 0;
}

static bool is_in_number(char c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' ||
		c == 'E';
}

/* A number and what separates it must stand in the buffer as a whole. */
size_t json_stream_numbers(struct json_stream *stream, double *to, size_t room)
{
	const char *end = stream->buffer + stream->end;
	size_t count = 0;

	if (stream->has_peeked || stream->depth == 0 ||
		stream->is_object[stream->depth - 1] ||
		stream->expected != EXPECT_COMMA)
		return 0;
	while (count < room) {
		const char *begin = stream->buffer + stream->begin + 1, *at = begin;

		if (begin >= end || begin[-1] != ',')
			break;
		while (at < end && is_in_number(*at))
			at++;
		if (at == end || (*at != ',' && *at != ']') || *begin == '.' ||
			*begin == '+' ||
			!text_is_number(begin, (size_t)(at - begin), &to[count]))
			break;
		stream->begin = (size_t)(at - stream->buffer);
		count++;
	}
	return count;
}

int json_stream_skip(
	struct json_stream *stream, const struct json_token *token, struct err *err)
{
	struct json_token next = *token;
	unsigned depth = token->depth;
	int r;

	if (token->event == JSON_KEY) {
		r = json_stream_next(stream, &next, err);
		if (r < 0)
			return r;
	}
	if (next.event != JSON_OBJECT && next.event != JSON_ARRAY)
		return 0;
	depth = next.depth;
	do {
		r = json_stream_next(stream, &next, err);
	} while (r >= 0 &&
		!((next.event == JSON_OBJECT_END || next.event == JSON_ARRAY_END) &&
			next.depth == depth));
	return r;
}
