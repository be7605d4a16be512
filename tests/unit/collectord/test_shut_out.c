/* The sentence on addresses that the service does not reach. */
#include "tests/support.h"

#include "collectord/link/shut_out.h"

#include <stdlib.h>
#include <string.h>

static void told_once_and_to_services_alone(void **state)
{
	static const struct {
		bool is_service, is_unreached, is_told;
	} cases[] = {
		{ false, false, false },
		{ false, true, false },
		{ true, false, false },
		{ true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[160] = "Connection timed out";
		size_t length;

		if (cases[i].is_service)
			assert_int_equal(setenv("INVOCATION_ID", "0123", 1), 0);
		else
			assert_int_equal(unsetenv("INVOCATION_ID"), 0);
		shut_out_hint(text, sizeof(text), cases[i].is_unreached);
		assert_int_equal(strstr(text, "ADDRESSES in collectord(8)") != NULL,
			cases[i].is_told);
		assert_int_equal(strncmp(text, "Connection timed out", 20), 0);
		length = strlen(text);
		shut_out_hint(text, sizeof(text), cases[i].is_unreached);
		assert_int_equal(strlen(text), length);
	}
}

static void cut_where_there_is_no_room(void **state)
{
	char text[30] = "Connection timed out";

	(void)state;
	assert_int_equal(setenv("INVOCATION_ID", "0123", 1), 0);
	shut_out_hint(text, sizeof(text), true);
	assert_string_equal(text, "Connection timed out (the ser");
	assert_int_equal(unsetenv("INVOCATION_ID"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_once_and_to_services_alone),
		cmocka_unit_test(cut_where_there_is_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
