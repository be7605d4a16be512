#include "tests/support.h"

#include "common/strbuf.h"

#include <errno.h>
#include <string.h>

static void text_grows_by_appending(void **state)
{
	struct strbuf buffer;

	(void)state;
	strbuf_init(&buffer, 100000);
	assert_string_equal(strbuf_text(&buffer), "");
	for (int i = 0; i < 1000; i++)
		strbuf_addf(&buffer, "%d,", i % 10);
	strbuf_add(&buffer, "end");
	assert_int_equal(strbuf_failed(&buffer), 0);
	assert_int_equal(buffer.length, 2003);
	assert_memory_equal(buffer.text, "0,1,2,", 6);
	assert_string_equal(buffer.text + 2000, "end");
	strbuf_done(&buffer);
}

static void the_ceiling_holds_and_is_remembered(void **state)
{
	struct strbuf buffer;

	(void)state;
	strbuf_init(&buffer, 10);
	strbuf_add(&buffer, "0123456789");
	assert_int_equal(strbuf_failed(&buffer), 0);
	strbuf_add(&buffer, "x");
	strbuf_add(&buffer, "");
	assert_int_equal(strbuf_failed(&buffer), -EFBIG);
	assert_string_equal(strbuf_text(&buffer), "0123456789");
	strbuf_clear(&buffer);
	assert_int_equal(strbuf_failed(&buffer), 0);
	strbuf_addf(&buffer, "%s", "again");
	assert_string_equal(strbuf_text(&buffer), "again");
	strbuf_done(&buffer);
}

static void taken_text_belongs_to_the_taker(void **state)
{
	struct strbuf buffer;
	char *text;

	(void)state;
	strbuf_init(&buffer, 10);
	strbuf_add_bytes(&buffer, "abcdef", 3);
	text = strbuf_take(&buffer);
	assert_string_equal(text, "abc");
	assert_int_equal(buffer.length, 0);
	free(text);
	strbuf_add(&buffer, "more than ten bytes");
	assert_null(strbuf_take(&buffer));
	strbuf_done(&buffer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_grows_by_appending),
		cmocka_unit_test(the_ceiling_holds_and_is_remembered),
		cmocka_unit_test(taken_text_belongs_to_the_taker),
	};
	return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}
