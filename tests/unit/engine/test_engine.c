/* What an engine answers, byte by byte: chunks as Prometheus 2.42 sent them, and broken ones;
 * matchers as people write them. */
#include "tests/named_rows.h"
#include "tests/support.h"

#include "analyze/engine/answers.h"
#include "analyze/engine/selector.h"
#include "analyze/engine/xor_chunk.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* x{workload="w"}: eight samples with a late one, a gap, a NaN, and 1e300 between. */
static const char eight[] =
	"\x7e\x5a\xf1\xea\xc8\x0a\x7c\x0a\x0d\x0a\x08\x5f\x5f\x6e\x61\x6d\x65\x5f\x5f\x12"
	"\x01\x78\x0a\x0d\x0a\x08\x77\x6f\x72\x6b\x6c\x6f\x61\x64\x12\x01\x77\x12\x5c\x08"
	"\x80\xd0\x95\xff\xbc\x31\x10\xd8\xc1\xac\xff\xbc\x31\x18\x01\x22\x4a\x00\x08\x80"
	"\xa0\xab\xfe\xf9\x62\x3f\xf0\x00\x00\x00\x00\x00\x00\x98\x75\x30\x9b\xff\xd8\x00"
	"\x7c\x07\xc0\x07\xbf\xf2\xc1\xf5\xf1\xef\x21\xe4\x40\x03\xac\xf8\x75\x3f\x87\xe8"
	"\x31\xcf\xb4\xa2\x33\x3d\x80\xf7\x15\xa2\xff\x4b\x33\x33\x33\x33\x33\x37\x8f\x90"
	"\x63\x17\xdf\xf2\x00\x00\x00\x00\x00\x00\x80";
static const struct engine_sample eight_samples[] = {
	{ 1700000000000, 1 },
	{ 1700000015000, 1 },
	{ 1700000030000, 2.5 },
	{ 1700000045007, -3.25 },
	{ 1700000060000, 1e300 },
	{ 1700000090000, 0.1 },
	{ 1700000105000, 7 },
	{ 1700000375000, NAN },
};
enum { CHUNK_AT = 57, CHUNK_BYTES = 74 }; /* in the frame above */

/* ---- answers as a source --------------------------------------------------------------- */

struct fed {
	const char *bytes;
	size_t left, at_once;
};

static int fed_read(void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	struct fed *fed = data;
	size_t got = size < fed->left ? size : fed->left;

	(void)err;
	got = got < fed->at_once ? got : fed->at_once;
	memcpy(to, fed->bytes, got);
	fed->bytes += got;
	fed->left -= got;
	*ret_got = got;
	return 0;
}

static const struct bytes_origin fed_origin = { fed_read, NULL, NULL };

struct taken {
	struct answer_sink sink;
	struct engine_labels labels;
	struct engine_sample sample[100];
	size_t series, samples;
};

static int taken_series(
	struct answer_sink *sink, const struct engine_labels *labels, struct err *err)
{
	struct taken *taken = (struct taken *)sink;

	(void)err;
	taken->labels = *labels;
	taken->series++;
	return 0;
}

static int taken_samples(struct answer_sink *sink, const struct engine_sample *sample,
	size_t count, struct err *err)
{
	struct taken *taken = (struct taken *)sink;

	(void)err;
	for (size_t i = 0; i < count; i++)
		taken->sample[taken->samples++] = sample[i];
	return 0;
}

static int take_bytes(const char *bytes, size_t length, size_t at_once, int64_t from_ms,
	int64_t to_ms, struct taken *taken, struct err *err)
{
	struct fed fed = { bytes, length, at_once };
	struct bytes *source = NULL;
	int r;

	memset(taken, 0, sizeof(*taken));
	taken->sink = (struct answer_sink){ .series = taken_series,
		.samples = taken_samples,
		.from_ms = from_ms,
		.to_ms = to_ms };
	r = bytes_of("engine", &fed_origin, &fed, &source, err);
	assert_int_equal(r, 0);
	r = answer_read_chunks(source, &taken->sink, err);
	bytes_close(source);
	return r;
}

static void check_chunks_of_prometheus(void **state)
{
	struct err err = ERR_INIT;
	struct taken taken;

	(void)state;
	for (size_t at_once = 1; at_once < 200; at_once += 66) {
		assert_int_equal(take_bytes(eight, sizeof(eight) - 1, at_once, 0,
					 INT64_MAX, &taken, &err),
			0);
		assert_string_equal(taken.labels.text[LABEL_METRIC], "x");
		assert_string_equal(taken.labels.text[LABEL_WORKLOAD], "w");
		assert_int_equal(taken.series, 1);
		assert_int_equal(taken.samples, ARRAY_LEN(eight_samples));
		for (size_t i = 0; i < taken.samples; i++) {
			assert_int_equal(
				taken.sample[i].stamp_ms, eight_samples[i].stamp_ms);
			assert_true(isnan(eight_samples[i].value)
					? isnan(taken.sample[i].value)
					: taken.sample[i].value ==
						eight_samples[i].value);
		}
		assert_int_equal(taken.sink.unknown, 1);
	}
}

static void check_span(void **state)
{
	struct err err = ERR_INIT;
	struct taken taken;

	(void)state;
	assert_int_equal(take_bytes(eight, sizeof(eight) - 1, 99, 1700000015000,
				 1700000045007, &taken, &err),
		0);
	assert_int_equal(taken.samples, 3);
	assert_int_equal(taken.sample[0].stamp_ms, 1700000015000);
	assert_int_equal(taken.sample[2].stamp_ms, 1700000045007);
}

/* A long series comes in several frames: it is one. */
static void check_two_frames(void **state)
{
	struct err err = ERR_INIT;
	struct taken taken;
	char twice[2 * sizeof(eight)];

	(void)state;
	memcpy(twice, eight, sizeof(eight) - 1);
	memcpy(twice + sizeof(eight) - 1, eight, sizeof(eight) - 1);
	assert_int_equal(take_bytes(twice, 2 * (sizeof(eight) - 1), 7, 0, INT64_MAX,
				 &taken, &err),
		0);
	assert_int_equal(taken.series, 1);
	assert_int_equal(taken.samples, 2 * ARRAY_LEN(eight_samples));
}

/* Cut anywhere but at its end, and with any byte changed, it is refused. */
static void check_broken(void **state)
{
	struct err err = ERR_INIT;
	char broken[sizeof(eight)];
	struct taken taken;

	(void)state;
	for (size_t length = 1; length < sizeof(eight) - 1; length++)
		assert_int_equal(
			take_bytes(eight, length, 99, 0, INT64_MAX, &taken, &err),
			-EBADMSG);
	assert_int_equal(take_bytes(eight, 0, 99, 0, INT64_MAX, &taken, &err), 0);
	for (size_t i = 1; i < sizeof(eight) - 1; i++) {
		memcpy(broken, eight, sizeof(eight));
		broken[i] = (char)(broken[i] ^ 1);
		assert_int_equal(take_bytes(broken, sizeof(eight) - 1, 99, 0, INT64_MAX,
					 &taken, &err),
			-EBADMSG);
	}
}

/* The bits of a chunk end early, or say more than they hold. */
static void check_short_chunk(void **state)
{
	static struct engine_sample sample[XOR_CHUNK_SAMPLES_MAX];
	uint8_t chunk[CHUNK_BYTES];
	size_t count = 0;

	(void)state;
	memcpy(chunk, eight + CHUNK_AT, sizeof(chunk));
	assert_int_equal(xor_chunk_decode(chunk, sizeof(chunk), sample, &count), 0);
	assert_int_equal(count, ARRAY_LEN(eight_samples));
	for (size_t length = 0; length < sizeof(chunk) - 8; length++)
		assert_int_equal(
			xor_chunk_decode(chunk, length, sample, &count), -EBADMSG);
	chunk[0] = 0xff;
	assert_int_equal(
		xor_chunk_decode(chunk, sizeof(chunk), sample, &count), -EBADMSG);
}

/* ---- selectors --------------------------------------------------------------------------- */

struct selector_case {
	const char *name, *given;
	int code;
	const char *expected; /* as it is written again, or part of the message */
};
static struct selector_case selector_cases[] = {
	{ "one matcher in braces", "{job=\"node\"}", 0, "{job=\"node\"}" },
	{ "without braces", "job=\"node\"", 0, "{job=\"node\"}" },
	{ "all signs, blanks, a comma at the end",
		" { a = \"1\" , b!=\"2\",c=~\"x.*\",d!~'y', } ", 0,
		"{a=\"1\",b!=\"2\",c=~\"x.*\",d!~\"y\"}" },
	{ "a metric before the braces", "node_load1{job=\"n\"}", 0,
		"{__name__=\"node_load1\",job=\"n\"}" },
	{ "quotes, backslashes and braces in a value", "{a=\"x\\\"}\\\\d\"}", 0,
		"{a=\"x\\\"}\\\\d\"}" },
	{ "an escape of a regular expression stays", "{a=~\"x\\.y\"}", 0,
		"{a=~\"x\\\\.y\"}" },
	{ "nothing", "", 0, "{}" },
	{ "a value without quotes", "{job=node}", -EINVAL, "a value in quotes" },
	{ "quotes that do not end", "{job=\"node}", -EINVAL, "the end of the quotes" },
	{ "no sign", "{job\"node\"}", -EINVAL, "=, !=, =~ or !~" },
	{ "no closing brace", "{job=\"node\"", -EINVAL, "a closing brace" },
	{ "more behind the brace", "{job=\"node\"}[5m]", -EINVAL, "nothing more" },
	{ "no comma", "{a=\"1\" b=\"2\"}", -EINVAL, "a comma or the end" },
	{ "no label", "{=\"1\"}", -EINVAL, "the name of a label" },
};

static void check_selector(void **state)
{
	const struct selector_case *row = *state;
	struct selector selector = { .count = 0 };
	struct err err = ERR_INIT;
	struct strbuf text;

	assert_int_equal(selector_parse(&selector, row->given, &err), row->code);
	strbuf_init(&text, 1000);
	if (row->code == 0) {
		selector_write(&selector, &text);
		assert_string_equal(strbuf_text(&text), row->expected);
	} else if (!strstr(err.text, row->expected)) {
		fail_msg("%s", err.text);
	}
	strbuf_done(&text);
	selector_done(&selector);
}

int main(void)
{
	static struct named_rows rows;

	named_rows_add(&rows, "chunks as Prometheus sends them",
		check_chunks_of_prometheus, NULL);
	named_rows_add(
		&rows, "what is outside of the time is left out", check_span, NULL);
	named_rows_add(&rows, "two frames of a series", check_two_frames, NULL);
	named_rows_add(&rows, "an answer that is cut or changed", check_broken, NULL);
	named_rows_add(&rows, "a chunk that ends early", check_short_chunk, NULL);
	for (size_t i = 0; i < ARRAY_LEN(selector_cases); i++)
		named_rows_add(&rows, selector_cases[i].name, check_selector,
			&selector_cases[i]);
	return _cmocka_run_group_tests("engine", rows.test, rows.count, NULL, NULL);
}
