#include "tests/support.h"

#include "common/json_doc.h"
#include "common/strbuf.h"

#include <errno.h>
#include <string.h>

static const struct json_field fields[] = {
	{ "name", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "count", JSON_FIELD_WHOLE, false, true, 1, 1000 },
	{ "share", JSON_FIELD_NUMBER, false, false, 0, 1 },
	{ "parts", JSON_FIELD_ARRAY, false, false, 0, 0 },
	{ "is_new", JSON_FIELD_BOOL, false, false, 0, 0 },
};

struct refusal_case {
	const char *name;
	const char *text;
	const char *message; /* NULL: accepted */
};

static struct refusal_case cases[] = {
	{ "the smallest object is taken", "{\"name\":\"a\"}", NULL },
	{ "null stands for not given", "{\"name\":\"a\",\"count\":null}", NULL },
	{ "a field that is missing", "\n{\"count\":3}",
		"f.json:2: top: the field \"name\" is missing" },
	{ "a field nobody knows", "{\"name\":\"a\",\n\"cuont\":3}",
		"f.json:2: top: unknown field \"cuont\", did you mean \"count\"?" },
	{ "a text where a number belongs", "{\"name\":\"a\",\n\n\"count\":\"3\"}",
		"f.json:3: top.count: expected a number, found a text" },
	{ "a fraction where a whole number belongs", "{\"name\":\"a\",\"count\":1.5}",
		"f.json:1: top.count: expected a whole number from 1 to 1000, found "
		"1.5" },
	{ "a number out of bounds", "{\"name\":\"a\",\"share\":1.5}",
		"f.json:1: top.share: expected a number from 0 to 1, found 1.5" },
	{ "null where a value must be", "{\"name\":null}",
		"f.json:1: top.name: expected a text that is not empty, found null" },
	{ "an empty name", "{\"name\":\"\"}",
		"f.json:1: top.name: expected a text that is not empty, found an empty "
		"text" },
	{ "a field given twice", "{\"name\":\"a\",\n\"name\":\"b\"}",
		"f.json:2: field \"name\" is given twice" },
	{ "a text that would end in its middle", "{\n\"name\":\"a\\u0000b\"}",
		"f.json:2: a text with \\u0000 in it would end there" },
	{ "a backslash before u0000 is a text like others",
		"{\"name\":\"a\\\\u0000b\"}", NULL },
	{ "codes of a terminal in a name", "{\"name\":\"a\",\n\"\\u001b[2J\":3}",
		"f.json:2: top: unknown field \"\\x1b[2J\"; known are name, count, share, "
		"parts, is_new" },
	{ "codes of a terminal where no JSON is", "{\"name\":\"a\"\177}",
		"f.json:1: not JSON from here on: \"\\x7f}\"" },
	{ "a list instead of an object", "[1,2]",
		"f.json:1: top: expected an object, found a list" },
	{ "a comma too many", "{\"name\":\"a\",\n\"share\":1,}",
		"f.json:2: a comma with nothing behind it" },
	{ "a comma in a text is none", "{\"name\":\"a,}\",\n\"share\" 1}",
		"f.json:2: not JSON from here on: \"1}\"" },
	{ "text behind the end", "{\"name\":\"a\"}\n\nx",
		"f.json:3: text behind the end of the document" },
	{ "escaped quotes do not confuse the lines",
		"{\"name\":\"a\\\"{[\",\n\"count\":0}",
		"f.json:2: top.count: expected a whole number from 1 to 1000, found "
		"0" },
	{ "values before it do not shift the line",
		"{\"parts\":[1,[2,{\"x\":3}],\n\"y\"],\n\"name\":5}",
		"f.json:3: top.name: expected a text that is not empty, found a "
		"number" },
};

static void check(void **state)
{
	const struct refusal_case *row = *state;
	struct json_doc doc = { .path = NULL };
	struct err err = ERR_INIT;
	int r = json_doc_parse("f.json", row->text, strlen(row->text), &doc, &err);

	if (r == 0)
		r = json_doc_check_object(
			&doc, doc.root, "top", fields, ARRAY_LEN(fields), &err);
	if (row->message) {
		assert_int_equal(r, -EINVAL);
		assert_string_equal(err.text, row->message);
	} else {
		assert_int_equal(r, 0);
	}
	json_doc_done(&doc);
}

/* T52 */
static void deep_nesting_is_refused_before_it_is_read(void **state)
{
	struct json_doc doc = { .path = NULL };
	struct err err = ERR_INIT;
	size_t depth = 1000000;
	char *text = malloc(depth);

	(void)state;
	assert_non_null(text);
	memset(text, '[', depth);
	assert_int_equal(json_doc_parse("f.json", text, depth, &doc, &err), -EINVAL);
	assert_string_equal(err.text, "f.json:1: nested deeper than 32 levels");
	free(text);
}

static void a_nul_byte_is_refused(void **state)
{
	struct json_doc doc = { .path = NULL };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(json_doc_parse("f.json", "{}\n\0", 4, &doc, &err), -EINVAL);
	assert_string_equal(err.text, "f.json:2: a NUL byte is not JSON");
}

static void a_directory_is_no_document(void **state)
{
	struct json_doc doc = { .path = NULL };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(json_doc_load("/", 1000, &doc, &err), -EISDIR);
	assert_int_equal(json_doc_load("/nowhere/at/all", 1000, &doc, &err), -ENOENT);
	assert_string_equal(err.text, "/nowhere/at/all: No such file or directory");
	assert_int_equal(json_doc_load("/dev/zero", 1000, &doc, &err), -EFBIG);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 3] = {
		cmocka_unit_test(deep_nesting_is_refused_before_it_is_read),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(a_directory_is_no_document),
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i + 3] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check,
			.initial_state = &cases[i] };
	return cmocka_run_group_tests_name("json_doc", tests, NULL, NULL);
}
