/* T61: names from outside on their way out. */
#include "tests/support.h"

#include "common/json_out.h"
#include "common/safe_text.h"
#include "analyze/document/quantity.h"

#include <cjson/cJSON.h>

#include <string.h>

struct safe_case {
	const char *name, *text, *terminal, *csv, *json, *html;
};

static struct safe_case cases[] = {
	{ "a plain name stays", "web-1", "web-1", "web-1", "\"web-1\"", "web-1" },
	{ "a terminal code is shown, not obeyed", "a\033[31mb", "a\\x1b[31mb",
		"a\\x1b[31mb", "\"a\\u001b[31mb\"", "a\\x1b[31mb" },
	{ "a C1 code in UTF-8 too",
		"a\xc2\x9b"
		"1mb",
		"a\\u{009b}1mb", "a\\u{009b}1mb", "\"a\\u009b1mb\"", "a\\u{009b}1mb" },
	{ "a formula gets a quote before it", "=1+1", "=1+1", "'=1+1", "\"=1+1\"",
		"=1+1" },
	{ "so does what would look like a quoted one", "'=x", "'=x", "''=x", "\"'=x\"",
		"&#39;=x" },
	{ "commas and quotes are quoted", "a,\"b\"", "a,\"b\"", "\"a,\"\"b\"\"\"",
		"\"a,\\\"b\\\"\"", "a,&quot;b&quot;" },
	{ "markup is text", "<b>&", "<b>&", "<b>&", "\"<b>&\"", "&lt;b&gt;&amp;" },
	{ "a line break", "a\nb", "a\\x0ab", "\"a\nb\"", "\"a\\u000ab\"", "a\\x0ab" },
	{ "broken UTF-8", "a\xff", "a\\xff", "a\ufffd", "\"a\\ufffd\"", "a\\xff" },
	{ "an overlong form", "\xc0\xaf", "\\xc0\\xaf", "\ufffd\ufffd",
		"\"\\ufffd\\ufffd\"", "\\xc0\\xaf" },
	{ "text turned round", "a\u202eb", "a\\u{202e}b", "a\u202eb", "\"a\\u202eb\"",
		"a\\u{202e}b" },
	{ "letters of other scripts stay", "\u30b5\u30fc\u30d0", "\u30b5\u30fc\u30d0",
		"\u30b5\u30fc\u30d0", "\"\u30b5\u30fc\u30d0\"", "\u30b5\u30fc\u30d0" },
};

static void check_one(const char *text, void (*add)(struct strbuf *, const char *),
	const char *wanted)
{
	struct strbuf buffer;

	strbuf_init(&buffer, 4096);
	add(&buffer, text);
	assert_string_equal(strbuf_text(&buffer), wanted);
	strbuf_done(&buffer);
}

static void check_case(void **state)
{
	struct safe_case *c = *state;

	check_one(c->text, safe_add_terminal, c->terminal);
	check_one(c->text, safe_add_csv, c->csv);
	check_one(c->text, safe_add_json, c->json);
	check_one(c->text, safe_add_html, c->html);
}

/* Any bytes: nothing that a terminal obeys, and JSON that a parser takes. */
static void random_bytes_are_harmless(void **unused)
{
	uint64_t seed = support_seed(61), state = seed;

	(void)unused;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 3000; round++) {
		struct strbuf terminal, json;
		char text[40];
		size_t length = support_random(&state) % 39;
		cJSON *parsed;

		for (size_t i = 0; i < length; i++)
			text[i] = (char)(1 + support_random(&state) % 255);
		text[length] = '\0';
		strbuf_init(&terminal, 4096);
		strbuf_init(&json, 4096);
		safe_add_terminal(&terminal, text);
		safe_add_json(&json, text);
		for (const char *c = strbuf_text(&terminal); *c; c++)
			assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
		parsed = cJSON_Parse(strbuf_text(&json));
		assert_non_null(parsed);
		cJSON_Delete(parsed);
		strbuf_done(&terminal);
		strbuf_done(&json);
	}
}

static void numbers_keep_every_bit(void **unused)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = { { 0.1, "0.1" }, { 1e9, "1000000000" },
		{ 8400000000000, "8400000000000" }, { 1.0 / 3, "0.3333333333333333" },
		{ NAN, "null" }, { INFINITY, "null" }, { -0.0, "0" },
		{ 1e300, "1e+300" }, { 0.30000000000000004, "0.30000000000000004" } };
	uint64_t state = support_seed(5);
	char text[JSON_NUMBER_SIZE];

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(
			json_number_text(rows[i].value, text), rows[i].text);
	for (int i = 0; i < 20000; i++) {
		double value = exp(300 * (support_uniform(&state) - 0.5));

		assert_true(strtod(json_number_text(value, text), NULL) == value);
	}
	/* and are the shortest, as printf has them, where it needs no exponent */
	for (int i = 0; i < 100000; i++) {
		double value = exp(40 * support_uniform(&state) - 9);
		char plain[JSON_NUMBER_SIZE];

		if (i % 4 == 0)
			value = rint(value * 1e6) / 1e6;
		if (value < 1e-4 || value >= 1e14)
			continue;
		for (int digits = 1; digits <= 17; digits++) {
			snprintf(plain, sizeof(plain), "%.*g", digits, value);
			if (strtod(plain, NULL) == value)
				break;
		}
		if (!strchr(plain, 'e'))
			assert_string_equal(json_number_text(value, text), plain);
	}
}

static void figures_for_people(void **unused)
{
	char text[QUANTITY_SIZE];

	(void)unused;
	assert_string_equal(
		quantity_text(3.5 * 1073741824, RESOURCE_MEMORY, text), "3.50 GB");
	assert_string_equal(
		quantity_text(1023.9 * 1048576, RESOURCE_MEMORY, text), "1.00 GB");
	assert_string_equal(quantity_text(812, RESOURCE_CPU, text), "812 MHz");
	assert_string_equal(
		quantity_text(93.14e6, RESOURCE_NETWORK, text), "93.1 Mb/s");
	assert_string_equal(quantity_text(NAN, RESOURCE_DISK, text), "-");
	assert_string_equal(quantity_text(0, RESOURCE_DISK_OPS, text), "0 op/s");
	assert_string_equal(quantity_percent(1, text), "100 %");
	assert_string_equal(quantity_percent(0.99999, text), "99.9 %");
	assert_string_equal(quantity_percent(0.00001, text), "0.1 %");
	assert_string_equal(quantity_percent(NAN, text), "-");
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 3];
	size_t n = 0;

	for (; n < ARRAY_LEN(cases); n++)
		tests[n] = (struct CMUnitTest){ .name = cases[n].name,
			.test_func = check_case,
			.initial_state = &cases[n] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(random_bytes_are_harmless);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(numbers_keep_every_bit);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(figures_for_people);
	return _cmocka_run_group_tests("safe_text", tests, n, NULL, NULL);
}
