/* Names to paths, numbers to text, archives to sizes. */
#include "tests/support.h"

#include "schema/rra.h"
#include "store/rrd/number.h"
#include "store/dir/data_dir.h"
#include "store/dir/path.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <string.h>

/* ---- names (T61) ---------------------------------------------------------------------- */

static struct name_case {
	const char *sentence, *name, *encoded;
} name_cases[] = {
	{ "plain names stay", "web-1.example_x", "web-1.example_x" },
	{ "a leading dot is encoded", ".hidden", "%2Ehidden" },
	{ "the folder itself", ".", "%2E" },
	{ "the folder above", "..", "%2E." },
	{ "a path is one name", "../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd" },
	{ "a percent sign is encoded", "100%", "100%25" },
	{ "what looks encoded is encoded again", "%2E", "%252E" },
	{ "blanks, colons and tildes", "C: a~b", "C%3A%20a%7Eb" },
	{ "bytes of UTF-8", "\xc3\xa4", "%C3%A4" },
	{ "a newline", "a\nb", "a%0Ab" },
};

static void check_name(void **state)
{
	const struct name_case *row = *state;
	char encoded[PATH_NAME_MAX + 1], name[PATH_NAME_MAX + 1], path[PATH_MAX];
	struct err err = ERR_INIT;

	assert_int_equal(path_encode(row->name, encoded, sizeof(encoded), &err), 0);
	assert_string_equal(encoded, row->encoded);
	assert_int_equal(path_decode(encoded, name, sizeof(name)), 0);
	assert_string_equal(name, row->name);
	assert_int_equal(
		path_series("/data", encoded, row->name, path, sizeof(path), &err), 0);
	assert_ptr_equal(strstr(path, "/data/rrd/"), path);
	assert_null(strstr(path, "/../"));
	assert_null(strstr(path, "/./"));
}

static void names_of_any_bytes_stay_apart_inside_the_folder(void **state)
{
	uint64_t seed = support_seed(61), random = seed;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 20000; round++) {
		char name[400], other[400], encoded[PATH_NAME_MAX + 1];
		char again[PATH_NAME_MAX + 1], back[PATH_NAME_MAX + 1];
		size_t length = 1 + support_random(&random) % 300;

		for (size_t i = 0; i < length; i++)
			name[i] = (char)(1 + support_random(&random) % 255);
		name[length] = '\0';
		memcpy(other, name, length + 1);
		other[support_random(&random) % length] ^= 1;
		if (strlen(other) == 0)
			continue;
		assert_int_equal(path_encode(name, encoded, sizeof(encoded), NULL), 0);
		assert_true(strlen(encoded) <= PATH_NAME_MAX);
		assert_null(strchr(encoded, '/'));
		assert_true(encoded[0] != '.');
		assert_int_equal(path_encode(other, again, sizeof(again), NULL), 0);
		assert_string_not_equal(encoded, again);
		if (path_decode(encoded, back, sizeof(back)) == 0)
			assert_string_equal(back, name);
		else
			assert_non_null(strstr(encoded, "%~"));
	}
}

static void bad_names_and_folders_are_refused(void **state)
{
	static const char *const not_encoded[] = { "", "%", "%2", "%2e", "%00", ".x",
		"a b", "%41", "%~0123456789abcdef" };
	char encoded[PATH_NAME_MAX + 1], long_name[PATH_INPUT_MAX + 2], path[PATH_MAX];
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(path_encode("", encoded, sizeof(encoded), &err), -EINVAL);
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(
		path_encode(long_name, encoded, sizeof(encoded), &err), -ENAMETOOLONG);
	for (size_t i = 0; i < ARRAY_LEN(not_encoded); i++)
		assert_int_equal(
			path_decode(not_encoded[i], encoded, sizeof(encoded)), -EINVAL);
	assert_int_equal(
		path_series("/d", "..", "cpu", path, sizeof(path), &err), -EINVAL);
	assert_int_equal(
		path_series("/d", "a/b", "cpu", path, sizeof(path), &err), -EINVAL);
	assert_int_equal(
		path_series("/d", "", "cpu", path, sizeof(path), &err), -EINVAL);
}

/* ---- numbers ----------------------------------------------------------------------------- */

static struct number_case {
	const char *sentence;
	double value;
	const char *text;
} number_cases[] = {
	{ "zero", 0, "0" },
	{ "minus zero is zero", -0.0, "0" },
	{ "whole numbers have no point", 4096, "4096" },
	{ "the largest whole number", 9007199254740991.0, "9007199254740991" },
	{ "halves", 0.5, "0.5" },
	{ "negative", -2.25, "-2.25" },
	{ "small fractions keep their zeros", 0.0078125, "0.0078125" },
	{ "unknown", NAN, "U" },
	{ "infinite is unknown", INFINITY, "U" },
};

static void check_number(void **state)
{
	const struct number_case *row = *state;
	char text[NUMBER_SIZE + 1];

	text[number_write(text, row->value)] = '\0';
	assert_string_equal(text, row->text);
}

static void numbers_come_back_within_a_unit_of_the_17th_digit(void **state)
{
	uint64_t seed = support_seed(5), random = seed;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 300000; round++) {
		union {
			uint64_t bits;
			double value;
		} number = { .bits = support_random(&random) };
		char text[NUMBER_SIZE + 1];
		size_t length = 0;
		double back = 0;

		if (round % 2)
			number.value = ldexp(support_uniform(&random),
				(int)(support_random(&random) % 120) - 60);
		length = number_write(text, number.value);
		assert_true(length <= NUMBER_SIZE);
		text[length] = '\0';
		if (!isfinite(number.value)) {
			assert_string_equal(text, "U");
			continue;
		}
		back = strtod(text, NULL);
		if (fabs(back - number.value) > 2e-16 * fabs(number.value))
			fail_msg("%.17g became %s", number.value, text);
	}
}

static void numbers_have_a_point_in_every_locale(void **state)
{
	char text[NUMBER_SIZE + 1];

	(void)state;
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") &&
		!setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
		print_message("no locale with a comma here\n");
	text[number_write(text, 1e-9 / 3)] = '\0';
	assert_null(strchr(text, ','));
	text[number_write(text, 1.5)] = '\0';
	assert_string_equal(text, "1.5");
	setlocale(LC_NUMERIC, "C");
}

/* ---- archives ---------------------------------------------------------------------------- */

static struct archive_set_case {
	const char *sentence;
	unsigned step_s;
	size_t archives;
	uint64_t base_rows;
	uint64_t bytes_per_source; /* rows alone */
} archive_set_cases[] = {
	/* 1 h: 26280 rows x 3; 60 s: 131040 rows x 3; base: 2 d */
	{ "1 s samples", 1, 7, 172800, 8 * (172800 + 3 * 131040 + 3 * 26280) },
	{ "10 s samples", 10, 7, 17280, 8 * (17280 + 3 * 131040 + 3 * 26280) },
	{ "30 s samples", 30, 7, 5760, 8 * (5760 + 3 * 131040 + 3 * 26280) },
	{ "60 s samples are the fine rows", 60, 4, 131040, 8 * (131040 + 3 * 26280) },
	{ "300 s samples are kept as long", 300, 4, 26208, 8 * (26208 + 3 * 26280) },
};

static void check_archive_set(void **state)
{
	const struct archive_set_case *row = *state;
	struct rra_set archives;
	struct err err = ERR_INIT;

	assert_true(rra_is_sampling_step(row->step_s));
	assert_int_equal(rra_set_daemon(&rra_settings_default, row->step_s, true,
				 &archives, &err),
		0);
	assert_int_equal(archives.count, row->archives);
	assert_int_equal(archives.rra[0].rows, row->base_rows);
	assert_int_equal(archives.heartbeat_s, 3 * row->step_s);
	assert_int_equal(rra_set_file_bytes(&archives, 100) -
			rra_set_header_bytes(&archives, 100),
		100 * row->bytes_per_source);
	assert_int_equal(rra_set_daemon(&rra_settings_default, row->step_s, false,
				 &archives, &err),
		0);
	for (size_t i = 0; i < archives.count; i++)
		assert_true(archives.rra[i].cf != RRA_MIN);
}

static void steps_that_do_not_divide_are_refused(void **state)
{
	struct rra_set archives;
	struct err err = ERR_INIT;

	(void)state;
	assert_false(rra_is_sampling_step(7));
	assert_int_equal(
		rra_set_daemon(&rra_settings_default, 7, true, &archives, &err),
		-EINVAL);
	assert_int_equal(
		rra_set_daemon(&rra_settings_default, 0, true, &archives, &err),
		-EINVAL);
	assert_int_equal(
		rra_set_daemon(&rra_settings_demo, 1, true, &archives, &err), 0);
	assert_int_equal(archives.count, 1);
	assert_int_equal(archives.rra[0].rows, 7200);
}

#define ROWS(cases, function)                                               \
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)                       \
		tests[count++] = (struct CMUnitTest)                        \
		{                                                           \
			.name = (cases)[i].sentence, .test_func = function, \
			.initial_state = &(cases)[i]                        \
		}

int main(void)
{
	struct CMUnitTest tests[64] = {
		cmocka_unit_test(names_of_any_bytes_stay_apart_inside_the_folder),
		cmocka_unit_test(bad_names_and_folders_are_refused),
		cmocka_unit_test(numbers_come_back_within_a_unit_of_the_17th_digit),
		cmocka_unit_test(numbers_have_a_point_in_every_locale),
		cmocka_unit_test(steps_that_do_not_divide_are_refused),
	};
	size_t count = 5;

	ROWS(name_cases, check_name);
	ROWS(number_cases, check_number);
	ROWS(archive_set_cases, check_archive_set);
	return _cmocka_run_group_tests("store_names", tests, count, NULL, NULL);
}
