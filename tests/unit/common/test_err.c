#include "tests/support.h"

#include "common/err.h"

#include <errno.h>
#include <string.h>

static void wraps_from_the_outside_in(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(
		err_set(&err, -EINVAL, "%s is not a size", "MemTotal"), -EINVAL);
	assert_int_equal(err_wrap(&err, -EINVAL, "proc/%s", "meminfo"), -EINVAL);
	assert_string_equal(err.text, "proc/meminfo: MemTotal is not a size");
}

static void a_long_text_is_cut_not_overrun(void **state)
{
	struct err err = ERR_INIT;
	char word[400];

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	err_set(&err, -EIO, "%s", word);
	for (int i = 0; i < 5; i++)
		err_wrap(&err, -EIO, "%s", word);
	assert_true(strlen(err.text) < sizeof(err.text));
}

static void errno_becomes_words(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_errno(&err, "open %s", "x"), -ENOENT);
	assert_string_equal(err.text, "open x: No such file or directory");
	assert_int_equal(err_set(NULL, -EIO, "nobody listens"), -EIO);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(wraps_from_the_outside_in),
		cmocka_unit_test(a_long_text_is_cut_not_overrun),
		cmocka_unit_test(errno_becomes_words),
	};
	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
