#include "common/array.h"
#include "tests/support.h"

#include <errno.h>
#include <string.h>

static void a_list_grows_and_keeps_what_it_has(void **state)
{
	unsigned *items = NULL, *others = NULL;
	size_t room = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		assert_int_equal(ARRAY_RESERVE(items, room, i + 1), 0);
		assert_true(room > i);
		assert_true(room < 2 * ((size_t)i + 8));
		items[i] = i * 7;
		assert_int_equal(ARRAY_EXTEND(others, i), 0);
		others[i] = i * 11;
	}
	for (unsigned i = 0; i < 10000; i++) {
		assert_int_equal(items[i], i * 7);
		assert_int_equal(others[i], i * 11);
	}
	free(items);
	free(others);
}

static void what_cannot_be_had_changes_nothing(void **state)
{
	char *items = NULL, *kept;
	size_t room = 0;

	(void)state;
	assert_int_equal(ARRAY_RESERVE(items, room, 3), 0);
	memcpy(items, "abc", 3);
	kept = items;
	assert_int_equal(
		array_reserve(&items, &room, SIZE_MAX / 4, sizeof(double)), -ENOMEM);
	assert_ptr_equal(items, kept);
	assert_int_equal(room, 8);
	assert_memory_equal(items, "abc", 3);
	assert_int_equal(
		array_extend(&items, (SIZE_MAX >> 1) + 1, sizeof(double)), -ENOMEM);
	assert_ptr_equal(items, kept);
	free(items);
}

static void enough_room_moves_nothing(void **state)
{
	double *items = NULL;
	size_t room = 0;
	double *before;

	(void)state;
	assert_int_equal(ARRAY_RESERVE(items, room, 100), 0);
	assert_true(room >= 100);
	before = items;
	assert_int_equal(ARRAY_RESERVE(items, room, 100), 0);
	assert_ptr_equal(items, before);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_grows_and_keeps_what_it_has),
		cmocka_unit_test(what_cannot_be_had_changes_nothing),
		cmocka_unit_test(enough_room_moves_nothing),
	};

	return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
