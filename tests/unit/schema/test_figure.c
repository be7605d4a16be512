/* The table of figures is whole: each has a column, a file and a data source of its own. */
#include "tests/support.h"

#include "schema/figure.h"

#include <string.h>

static void check_rows(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FIGURE_COUNT; i++) {
		assert_non_null(figure_table[i].column);
		assert_non_null(figure_data_source((enum figure)i));
		assert_in_range(strlen(figure_data_source((enum figure)i)), 1, 15);
		for (unsigned k = 0; k < i; k++) {
			assert_string_not_equal(
				figure_table[i].column, figure_table[k].column);
			if (figure_table[i].file == figure_table[k].file)
				assert_string_not_equal(
					figure_data_source((enum figure)i),
					figure_data_source((enum figure)k));
		}
	}
}

static void check_files(void **state)
{
	unsigned next = 0;

	(void)state;
	for (size_t f = 0; f < FIGURE_FILE_COUNT; f++) {
		assert_int_equal(figure_files[f].first, next);
		assert_in_range(figure_files[f].count, 1, FIGURE_FILE_MAX);
		for (unsigned i = 0; i < figure_files[f].count; i++)
			assert_int_equal(
				figure_table[next + i].file, figure_files[f].file);
		next += figure_files[f].count;
	}
	assert_int_equal(next, FIGURE_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_rows),
		cmocka_unit_test(check_files),
	};

	return cmocka_run_group_tests_name("figure", tests, NULL, NULL);
}
