#include "tests/support.h"

#include "common/parse.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

struct number_case {
	const char *name;
	const char *text;
	int code;
	double value;
};

static struct number_case doubles[] = {
	{ "a whole number", "42", 0, 42 },
	{ "a fraction", "0.1", 0, 0.1 },
	{ "a negative number", "-2.5", 0, -2.5 },
	{ "the exponent that Java writes", "6.7108864E7", 0, 67108864 },
	{ "seventeen digits come back exactly", "0.30000000000000004", 0,
		0.30000000000000004 },
	{ "a point without digits before it", ".5", 0, 0.5 },
	{ "a point without digits behind it", "5.", 0, 5 },
	{ "the smallest normal number", "2.2250738585072014e-308", 0,
		2.2250738585072014e-308 },
	{ "what is too small is 0", "1e-999", 0, 0 },
	{ "what is too large is refused", "1e999", -ERANGE, 0 },
	{ "a decimal comma is refused", "1,5", -EINVAL, 0 },
	{ "nan is refused", "nan", -EINVAL, 0 },
	{ "inf is refused", "inf", -EINVAL, 0 },
	{ "hexadecimal is refused", "0x10", -EINVAL, 0 },
	{ "a blank before it is refused", " 1", -EINVAL, 0 },
	{ "trailing rubbish is refused", "1x", -EINVAL, 0 },
	{ "nothing is refused", "", -EINVAL, 0 },
	{ "a lone sign is refused", "-", -EINVAL, 0 },
	{ "a lone exponent is refused", "e5", -EINVAL, 0 },
	{ "an exponent without digits is refused", "1e", -EINVAL, 0 },
};

static void check_double(void **state)
{
	const struct number_case *row = *state;
	double value = 0;

	assert_int_equal(parse_double(row->text, strlen(row->text), &value), row->code);
	if (row->code == 0)
		assert_true(value == row->value);
}

static void doubles_agree_with_strtod(void **state)
{
	uint64_t seed = support_seed(20261121), random = seed;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char text[64];
		double value = 0, wanted;
		uint64_t mantissa =
			support_random(&random) >> (support_random(&random) % 60);

		snprintf(text, sizeof(text), "%llu.%llue%d",
			(unsigned long long)(mantissa % 100000000),
			(unsigned long long)(support_random(&random) % 1000000000),
			(int)(support_random(&random) % 40) - 20);
		if (i % 2) /* the short form, without exponent */
			text[strcspn(text, "e")] = '\0';
		wanted = strtod(text, NULL);
		assert_int_equal(parse_double(text, strlen(text), &value), 0);
		if (value != wanted) {
			print_error("seed %llu: %s is %.17g, strtod says %.17g\n",
				(unsigned long long)seed, text, value, wanted);
			fail();
		}
	}
}

static void whole_numbers_keep_their_limits(void **state)
{
	uint64_t u = 7;
	int64_t s = 7;

	(void)state;
	assert_int_equal(parse_u64("18446744073709551615", 20, &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(parse_u64("18446744073709551616", 20, &u), -ERANGE);
	assert_int_equal(parse_u64("-1", 2, &u), -EINVAL);
	assert_int_equal(parse_u64("", 0, &u), -EINVAL);
	assert_int_equal(parse_i64("-9223372036854775808", 20, &s), 0);
	assert_true(s == INT64_MIN);
	assert_int_equal(parse_i64("9223372036854775808", 19, &s), -ERANGE);
	assert_true(s == INT64_MIN); /* untouched on failure */
}

static void a_scan_stops_behind_the_digits(void **state)
{
	const char *text = "123 456";
	const char *cursor = text;
	uint64_t value = 0;

	(void)state;
	assert_true(parse_scan_u64(&cursor, text + 7, &value));
	assert_true(value == 123 && cursor == text + 3);
	assert_false(parse_scan_u64(&cursor, text + 7, &value)); /* a blank */
	assert_true(cursor == text + 3);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(doubles) + 3] = {
		cmocka_unit_test(doubles_agree_with_strtod),
		cmocka_unit_test(whole_numbers_keep_their_limits),
		cmocka_unit_test(a_scan_stops_behind_the_digits),
	};

	for (size_t i = 0; i < ARRAY_LEN(doubles); i++)
		tests[i + 3] = (struct CMUnitTest){ .name = doubles[i].name,
			.test_func = check_double,
			.initial_state = &doubles[i] };
	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
