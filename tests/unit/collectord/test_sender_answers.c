/* What the sender makes of an engine's answers. */
#include "tests/support.h"

#include "collectord/sender/sender.h"

#include <errno.h>
#include <string.h>

static struct strbuf text_of(const char *text)
{
	struct strbuf answer;

	strbuf_init(&answer, 1 << 20);
	strbuf_add(&answer, text);
	return answer;
}

static void only_2xx_is_taken(void **state)
{
	static const struct {
		long code;
		const char *text;
		enum engine_answer wanted;
	} cases[] = {
		{ 200, "", ENGINE_TAKEN },
		{ 204, "too old", ENGINE_TAKEN },
		{ 301, "", ENGINE_LATER },
		{ 400, "", ENGINE_REFUSED },
		{ 401, "", ENGINE_LATER },
		{ 429, "", ENGINE_LATER },
		{ 500, "", ENGINE_LATER },
		{ 500, "err: Out Of Order sample", ENGINE_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strbuf answer = text_of(cases[i].text);

		assert_int_equal(engine_judge(cases[i].code, &answer), cases[i].wanted);
		strbuf_done(&answer);
	}
}

/* A stamp that no clock has would end the sending for ever. */
static void stamps_are_those_that_there_can_be(void **state)
{
	static const struct {
		const char *values;
		int64_t wanted;
	} cases[] = {
		{ "[[1700000000,\"1\"],[1700000060,\"2\"]]", 1700000060 },
		{ "[[1e300,\"1\"]]", 0 },
		{ "[[-5,\"1\"]]", 0 },
		{ "[[253402300800,\"1\"],[60,\"1\"]]", 60 },
		{ "[[\"60\",\"1\"],5,null]", 0 },
	};
	char name[64], text[512];

	(void)state;
	series_name(0, name);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t last[SENDER_SERIES] = { 0 };
		struct err err = ERR_INIT;
		struct strbuf answer;

		snprintf(text, sizeof(text),
			"{\"data\":{\"result\":[{\"metric\":{\"__name__\":\"%s\"},"
			"\"values\":%s}]}}",
			name, cases[i].values);
		answer = text_of(text);
		assert_int_equal(engine_read_stamps(&answer, last, &err), 0);
		assert_int_equal(last[0], cases[i].wanted);
		strbuf_done(&answer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_2xx_is_taken),
		cmocka_unit_test(stamps_are_those_that_there_can_be),
	};

	return cmocka_run_group_tests_name("sender_answers", tests, NULL, NULL);
}
