/* The readers below the formats: cells, JSON, XML, packed files, encodings, children. */
#include "tests/support.h"
#include "tests/unit/import/trickle.h"

#include "analyze/import/readers/cells.h"
#include "analyze/import/readers/confined.h"
#include "analyze/import/readers/encoding.h"
#include "analyze/import/readers/json_stream.h"
#include "analyze/import/readers/unpack.h"
#include "analyze/import/readers/xml.h"
#include "common/strbuf.h"
#include "common/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include <zlib.h>

static struct bytes *open_trickle(struct trickle *trickle)
{
	struct bytes *bytes = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(bytes_of("x", &trickle_origin, trickle, &bytes, &err), 0);
	return bytes;
}

/* ---- cells --------------------------------------------------------------------------- */

struct cells_case {
	const char *name, *text;
	const char *expected; /* cells in [], rows by /; or the refusal's part */
	int code;
};
static struct cells_case cells_cases[] = {
	{ "plain rows", "a,b\n1,2\n", "[a][b]/[1][2]/", 0 },
	{ "a last line without an end", "a,b\n1,2", "[a][b]/[1][2]/", 0 },
	{ "DOS line ends", "a,b\r\n1,2\r\n", "[a][b]/[1][2]/", 0 },
	{ "quotes", "\"a,x\",\"b \"\"c\"\"\"\n", "[a,x][b \"c\"]/", 0 },
	{ "a line end within quotes", "\"a\nb\",c\n", "[a\nb][c]/", 0 },
	{ "quotes before DOS line ends", "\"a\",\"b\"\r\n\"c\"\r\n", "[a][b]/[c]/", 0 },
	{ "quotes at the end of the file", "\"a\",\"b\"", "[a][b]/", 0 },
	{ "empty cells", ",\n,,\n", "[][]/[][][]/", 0 },
	{ "an empty line is one empty cell", "a\n\nb\n", "[a]/[]/[b]/", 0 },
	{ "a mark of UTF-8",
		"\xef\xbb\xbf"
		"a,b\n",
		"[a][b]/", 0 },
	{ "a quote inside a cell is its own", "a\"b,c\n", "[a\"b][c]/", 0 },
	{ "no file at all", "", "", 0 },
	{ "an open quote", "a,\"b\n", "closing quote", -EINVAL },
	{ "rubbish behind a quote", "\"a\"b,c\n", "behind a closing", -EINVAL },
};

static void check_cells(void **state)
{
	const struct cells_case *c = *state;

	for (size_t piece = 1; piece < 40; piece += piece < 8 ? 1 : 7) {
		struct trickle trickle = { c->text, strlen(c->text), piece };
		struct bytes *bytes = open_trickle(&trickle);
		struct cells *cells = NULL;
		struct strbuf seen;
		struct table_cell cell;
		struct err err = ERR_INIT;
		int r;

		strbuf_init(&seen, 1000);
		assert_int_equal(cells_open(bytes, ',', &cells, &err), 0);
		while ((r = cells_next(cells, &cell, &err)) > 0)
			strbuf_addf(&seen, "[%.*s]%s", (int)cell.length, cell.text,
				cell.is_last ? "/" : "");
		assert_int_equal(r, c->code);
		if (r < 0)
			assert_non_null(strstr(err.text, c->expected));
		else
			assert_string_equal(strbuf_text(&seen), c->expected);
		strbuf_done(&seen);
		cells_close(cells);
		bytes_close(bytes);
	}
}

static void check_wide_row(void **state)
{
	/* a header of many megabytes passes by in one cell's memory */
	const size_t columns = 300000;
	char *text = malloc(columns * 40), *at = text;
	struct trickle trickle = { text, 0, 70000 };
	struct cells *cells = NULL;
	struct err err = ERR_INIT;
	struct bytes *bytes;
	struct table_cell cell;
	size_t seen = 0;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < columns; i++)
		at += sprintf(at, "\"\\\\HOST\\Object(%zu)\\Counter\"%s", i,
			i + 1 < columns ? "," : "\n");
	trickle.left = (size_t)(at - text);
	bytes = open_trickle(&trickle);
	assert_int_equal(cells_open(bytes, ',', &cells, &err), 0);
	while (cells_next(cells, &cell, &err) > 0)
		assert_int_equal(cell.column, seen++);
	assert_int_equal(seen, columns);
	assert_true(cell.is_last);
	cells_close(cells);
	bytes_close(bytes);
	free(text);
}

static void check_delimiters(void **state)
{
	(void)state;
	assert_int_equal(cells_guess_delimiter("a;b;c\n1,2,3,4", 13), ';');
	assert_int_equal(cells_guess_delimiter("a\tb\n", 4), '\t');
	assert_int_equal(cells_guess_delimiter("\"a,b,c\";d\n", 10), ';');
	assert_int_equal(cells_guess_delimiter("alone\n", 6), 0);
}

/* ---- JSON ---------------------------------------------------------------------------- */

struct json_case {
	const char *name, *text;
	bool has_many;
	const char *expected; /* events as letters; or the refusal's part */
	int code;
};
static struct json_case json_cases[] = {
	{ "one number", " 12.5e3 ", false, "12.5e3;", 0 },
	{ "a nested value", "{\"a\":[1,{\"b\":null}],\"c\":\"x\"}", false,
		"{a:[1;{b:N}]c:x;}", 0 },
	{ "empty containers", "[[],{}]", false, "[[]{}]", 0 },
	{ "escapes", "\"\\u00e9\\n\\ud83d\\ude00\\\"\"", false,
		"\xc3\xa9\n\xf0\x9f\x98\x80\";", 0 },
	{ "half of a pair", "\"\\ud83d!\"", false, "\xef\xbf\xbd!;", 0 },
	{ "true and false", "[true,false]", false, "[TF]", 0 },
	{ "lines of values", "{\"a\":1}\n{\"a\":2}\n", true, "{a:1;}{a:2;}", 0 },
	{ "a value behind the value", "1 2", false, "end of the file", -EINVAL },
	{ "a comma too many", "[1,]", false, "a value", -EINVAL },
	{ "a comma too few", "[1 2]", false, "a comma", -EINVAL },
	{ "a name without quotes", "{a:1}", false, "in quotes", -EINVAL },
	{ "an end that does not fit", "[1}", false, "a comma", -EINVAL },
	{ "an open text", "\"abc", false, "closing quote", -EINVAL },
	{ "an open array", "[1,2", false, "a comma", -EINVAL },
	{ "a control character", "\"a\nb\"", false, "control", -EINVAL },
	{ "an unknown word", "[nix]", false, "a value", -EINVAL },
	{ "nothing", "", false, "end of the file", -EINVAL },
};

static int walk_json(const char *text, size_t piece, bool has_many, struct strbuf *seen,
	struct err *err)
{
	static const char *const marks[] = { "", "{", "}", "[", "]", "", "", "", "T",
		"F", "N" };
	struct trickle trickle = { text, strlen(text), piece };
	struct bytes *bytes = open_trickle(&trickle);
	struct json_stream *stream = NULL;
	struct json_token token = { .event = JSON_NULL };
	int r;

	assert_int_equal(json_stream_open(bytes, has_many, &stream, err), 0);
	while ((r = json_stream_next(stream, &token, err)) == 0 &&
		token.event != JSON_END) {
		strbuf_add(seen, marks[token.event]);
		if (token.event >= JSON_KEY && token.event <= JSON_NUMBER)
			strbuf_addf(seen, "%s%c", token.text,
				token.event == JSON_KEY ? ':' : ';');
	}
	json_stream_close(stream);
	bytes_close(bytes);
	return r;
}

static void check_json(void **state)
{
	const struct json_case *c = *state;

	for (size_t piece = 1; piece < 20; piece += 3) {
		struct strbuf seen;
		struct err err = ERR_INIT;
		int r;

		strbuf_init(&seen, 1000);
		r = walk_json(c->text, piece, c->has_many, &seen, &err);
		assert_int_equal(r, c->code);
		if (r < 0)
			assert_non_null(strstr(err.text, c->expected));
		else
			assert_string_equal(strbuf_text(&seen), c->expected);
		strbuf_done(&seen);
	}
}

static void check_json_depth(void **state)
{
	char text[200];
	struct strbuf seen;
	struct err err = ERR_INIT;

	(void)state;
	memset(text, '[', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	strbuf_init(&seen, 1000);
	assert_int_equal(walk_json(text, 7, false, &seen, &err), -EFBIG);
	assert_non_null(strstr(err.text, "levels"));
	strbuf_done(&seen);
}

static void check_json_skip(void **state)
{
	static const char text[] = "{\"a\":{\"x\":[1,2,{}]},\"b\":7}";
	struct trickle trickle = { text, sizeof(text) - 1, 3 };
	struct bytes *bytes = open_trickle(&trickle);
	struct json_stream *stream = NULL;
	struct json_token token;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(json_stream_open(bytes, false, &stream, &err), 0);
	json_stream_next(stream, &token, &err);
	json_stream_next(stream, &token, &err);
	assert_string_equal(token.text, "a");
	assert_int_equal(json_stream_skip(stream, &token, &err), 0);
	json_stream_next(stream, &token, &err);
	assert_string_equal(token.text, "b");
	assert_int_equal(json_stream_skip(stream, &token, &err), 0);
	json_stream_next(stream, &token, &err);
	assert_int_equal(token.event, JSON_OBJECT_END);
	json_stream_close(stream);
	bytes_close(bytes);
}

/* ---- XML ------------------------------------------------------------------------------ */

static int note_begin(
	void *data, const char *name, const char *const *attributes, struct err *err)
{
	const char *r = xml_attribute(attributes, "r");

	(void)err;
	strbuf_addf(data, "<%s%s%s>", name, r ? " " : "", r ? r : "");
	return 0;
}

static int note_end(void *data, const char *name, struct err *err)
{
	(void)err;
	strbuf_addf(data, "</%s>", name);
	return 0;
}

static int note_text(void *data, const char *text, size_t length, struct err *err)
{
	(void)err;
	strbuf_add_bytes(data, text, length);
	return 0;
}

struct xml_case {
	const char *name, *text, *expected;
	int code;
};
static struct xml_case xml_cases[] = {
	{ "elements, attributes, text", "<a><b r='A1'>x &amp; y</b></a>",
		"<a><b A1>x & y</b></a>", 0 },
	{ "prefixes are left out", "<s:a xmlns:s='u'><s:b s:r='1'/></s:a>",
		"<a><b 1></b></a>", 0 },
	{ "an element that is not closed", "<a><b></a>", "well-formed", -EINVAL },
	{ "a bomb of entities",
		"<!DOCTYPE a [<!ENTITY x 'ha'><!ENTITY y '&x;&x;'>]><a>&y;</a>",
		"entity", -EINVAL },
};

static void check_xml(void **state)
{
	static const struct xml_events events = { note_begin, note_end, note_text };
	const struct xml_case *c = *state;

	for (size_t piece = 1; piece < 30; piece += 5) {
		struct trickle trickle = { c->text, strlen(c->text), piece };
		struct bytes *bytes = open_trickle(&trickle);
		struct strbuf seen;
		struct err err = ERR_INIT;
		int r;

		strbuf_init(&seen, 1000);
		r = xml_read(bytes, &events, &seen, &err);
		assert_int_equal(r, c->code);
		if (r < 0)
			assert_non_null(strstr(err.text, c->expected));
		else
			assert_string_equal(strbuf_text(&seen), c->expected);
		strbuf_done(&seen);
		bytes_close(bytes);
	}
}

/* ---- packed files and encodings --------------------------------------------------------- */

static size_t pack_gzip(char *text, size_t length, char *to, size_t size)
{
	z_stream z;

	memset(&z, 0, sizeof(z));
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, 0), Z_OK);
	z.next_in = (Bytef *)text;
	z.avail_in = (uInt)length;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)size;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

static int unpack_all(const char *packed, size_t length, size_t piece,
	size_t *ret_total, struct err *err)
{
	struct trickle trickle = { packed, length, piece };
	struct bytes *inner = open_trickle(&trickle), *bytes = NULL;
	char buffer[5000];
	size_t got = 1;
	int r;

	*ret_total = 0;
	assert_string_equal(unpack_kind(packed, length), "gzip");
	r = unpack_open(inner, "gzip", &bytes, err);
	while (r == 0 && got > 0) {
		r = bytes_read(bytes, buffer, sizeof(buffer), &got, err);
		*ret_total += r == 0 ? got : 0;
	}
	bytes_close(bytes);
	bytes_close(inner);
	return r;
}

static void check_unpack(void **state)
{
	char text[20000], packed[20100];
	struct err err = ERR_INIT;
	size_t length, total = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 23);
	length = pack_gzip(text, sizeof(text), packed, sizeof(packed));
	assert_int_equal(unpack_all(packed, length, 100, &total, &err), 0);
	assert_int_equal(total, sizeof(text));
	/* two streams behind each other are one text */
	memcpy(packed + length, packed, length);
	assert_int_equal(unpack_all(packed, length * 2, 333, &total, &err), 0);
	assert_int_equal(total, 2 * sizeof(text));
	assert_int_equal(unpack_all(packed, length - 9, 100, &total, &err), -EINVAL);
	assert_non_null(strstr(err.text, "cut short"));
	packed[length / 2] = (char)~packed[length / 2];
	packed[length / 2 + 1] = (char)~packed[length / 2 + 1];
	assert_int_equal(unpack_all(packed, length, 100, &total, &err), -EINVAL);
}

static void check_encodings(void **state)
{
	static const char utf16[] = "\xff\xfe"
				    "a\0\xe9\0\x3d\xd8\x00\xde";
	struct trickle trickle = { utf16, sizeof(utf16) - 1, 1 };
	struct bytes *inner = open_trickle(&trickle), *bytes = NULL;
	struct err err = ERR_INIT;
	char *text = NULL, words[20];
	size_t length = 0;

	(void)state;
	assert_string_equal(encoding_of_head(utf16, sizeof(utf16) - 1), "UTF-16LE");
	assert_null(encoding_of_head("ab", 2));
	assert_int_equal(encoding_open(inner, "UTF-16LE", &bytes, &err), 0);
	assert_int_equal(bytes_slurp(bytes, 100, &text, &length, &err), 0);
	assert_string_equal(text, "a\xc3\xa9\xf0\x9f\x98\x80");
	free(text);
	bytes_close(bytes);
	bytes_close(inner);
	assert_int_equal(
		encoding_text("CP1251", "\xcf\xe0\xec", 3, words, sizeof(words), &err),
		0);
	assert_string_equal(words, "\xd0\x9f\xd0\xb0\xd0\xbc");
	assert_int_equal(
		encoding_text("CP9999", "a", 1, words, sizeof(words), &err), -EINVAL);
	assert_true(encoding_is_utf8("\xd0\x9f", 2));
	assert_true(encoding_is_utf8("\xd0", 1)); /* cut, not wrong */
	assert_false(encoding_is_utf8("\xcf\xe0\xec", 3));
}

/* ---- children --------------------------------------------------------------------------- */

struct child_case {
	const char *name, *script;
	int code;
	const char *expected; /* its output, or a part of the refusal */
};
static struct child_case child_cases[] = {
	{ "what it prints is read", "echo one; echo two", 0, "one\ntwo\n" },
	{ "a crash is said", "echo a; kill -SEGV $$", -ECHILD, "signal 11" },
	{ "another code is said with its words", "echo no good >&2; exit 3", -EINVAL,
		"code 3: no good" },
	{ "what hangs is ended", "sleep 60", -ETIMEDOUT, "within 1 s" },
	{ "what prints without end is ended", "yes", -EFBIG, "output" },
	{ "it may write no file", "echo x >/tmp/headroom-child-$$ && echo bad", -ECHILD,
		"signal 25" },
};

static void check_child(void **state)
{
	static const struct confine_options options = { .what = "sh",
		.deadline_ms = 1000,
		.answer_bytes = 1 << 20,
		.memory_bytes = 1u << 30 };
	const struct child_case *c = *state;
	char shell[] = "sh", option[] = "-c", *script = strdup(c->script);
	char *argv[] = { shell, option, script, NULL };
	struct bytes *bytes = NULL;
	struct err err = ERR_INIT;
	char *text = NULL;
	size_t length = 0;
	int r;

	assert_int_equal(confined_program(&options, argv, &bytes, &err), 0);
	r = bytes_slurp(bytes, 2 << 20, &text, &length, &err);
	assert_int_equal(r, c->code);
	if (r == 0)
		assert_string_equal(text, c->expected);
	else
		assert_non_null(strstr(err.text, c->expected));
	free(text);
	free(script);
	bytes_close(bytes);
}

static void check_no_program(void **state)
{
	static const struct confine_options options = { .what = "sadf",
		.deadline_ms = 5000,
		.answer_bytes = 1 << 20,
		.memory_bytes = 1u << 30 };
	char none[] = "headroom-no-such-program", *argv[] = { none, NULL };
	struct bytes *bytes = NULL;
	struct err err = ERR_INIT;
	char buffer[10];
	size_t got = 0;

	(void)state;
	assert_int_equal(confined_program(&options, argv, &bytes, &err), 0);
	assert_int_equal(
		bytes_read(bytes, buffer, sizeof(buffer), &got, &err), -ENOENT);
	assert_string_equal(err.text, "sadf is not installed");
	bytes_close(bytes);
}

static int answer_opened(void *context, int answer_fd, struct err *err)
{
	char digit = open(context, O_RDONLY) < 0 ? '1' : '0';

	(void)err;
	return confine_write(answer_fd, &digit, 1);
}

static void check_confined(void **state)
{
	const struct confine_options options = { .what = "foreign.rrd" };
	char path[] = "/dev/null";
	struct bytes *bytes = NULL;
	struct err err = ERR_INIT;
	char *text = NULL;
	size_t length = 0;
	int r = confined_open(&options, answer_opened, path, &bytes, &err);

	(void)state;
	if (r == -ENOTSUP)
		support_skip("this kernel cannot confine a child (seccomp)");
	assert_int_equal(r, 0);
	assert_int_equal(bytes_slurp(bytes, 100, &text, &length, &err), 0);
	assert_string_equal(text, "1"); /* it could open nothing */
	free(text);
	bytes_close(bytes);
}

int main(void)
{
	struct CMUnitTest tests[100];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(cells_cases); i++)
		tests[n++] = (struct CMUnitTest){ .name = cells_cases[i].name,
			.test_func = check_cells,
			.initial_state = &cells_cases[i] };
	for (size_t i = 0; i < ARRAY_LEN(json_cases); i++)
		tests[n++] = (struct CMUnitTest){ .name = json_cases[i].name,
			.test_func = check_json,
			.initial_state = &json_cases[i] };
	for (size_t i = 0; i < ARRAY_LEN(xml_cases); i++)
		tests[n++] = (struct CMUnitTest){ .name = xml_cases[i].name,
			.test_func = check_xml,
			.initial_state = &xml_cases[i] };
	for (size_t i = 0; i < ARRAY_LEN(child_cases); i++)
		tests[n++] = (struct CMUnitTest){ .name = child_cases[i].name,
			.test_func = check_child,
			.initial_state = &child_cases[i] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_wide_row);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_delimiters);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_json_depth);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_json_skip);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_unpack);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_encodings);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_no_program);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_confined);
	return _cmocka_run_group_tests("readers", tests, n, NULL, NULL);
}
