#include "common/name_index.h"
#include "tests/support.h"

#include <errno.h>
#include <stdio.h>

#define NAMES 60000u

/* Each name stands where it was put, and what was never put is not there. */
static void names_are_found_where_they_stand(void **state)
{
	static char names[NAMES][16];
	struct name_index index = { .root = NULL };

	(void)state;
	assert_true(name_index_find(&index, "w0") == NAME_INDEX_NONE);
	for (unsigned i = 0; i < NAMES; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "w%u", i * 7919u % NAMES);
		assert_int_equal(name_index_add(&index, names[i], i), 0);
	}
	for (unsigned i = 0; i < NAMES; i++)
		assert_int_equal(name_index_find(&index, names[i]), i);
	assert_true(name_index_find(&index, "w") == NAME_INDEX_NONE);
	assert_true(name_index_find(&index, "w60000") == NAME_INDEX_NONE);
	name_index_done(&index);
	assert_true(name_index_find(&index, "w0") == NAME_INDEX_NONE);
}

static void the_first_of_two_keeps_its_place(void **state)
{
	struct name_index index = { .root = NULL };

	(void)state;
	assert_int_equal(name_index_add(&index, "alpha", 3), 0);
	assert_int_equal(name_index_add(&index, "alpha", 5), -EEXIST);
	assert_int_equal(name_index_find(&index, "alpha"), 3);
	assert_int_equal(name_index_add(&index, "Alpha", 5), 0);
	assert_int_equal(name_index_find(&index, "Alpha"), 5);
	name_index_done(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_where_they_stand),
		cmocka_unit_test(the_first_of_two_keeps_its_place),
	};

	return cmocka_run_group_tests_name("name_index", tests, NULL, NULL);
}
