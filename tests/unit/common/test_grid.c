/* The grid of slots, before and after 1970, against the definition. */
#include "common/grid.h"
#include "common/hex.h"
#include "common/util.h"
#include "tests/support.h"

#include <string.h>

struct grid_case {
	const char *name;
	int64_t time, step;
	int64_t floor, ceil, nearest, next;
};

static struct grid_case cases[] = {
	{ "a grid line is its own floor and stamp", 120, 60, 120, 120, 120, 180 },
	{ "a moment inside belongs to the slot that ends behind it", 121, 60, 120, 180,
		120, 180 },
	{ "half way goes up", 150, 60, 120, 180, 180, 180 },
	{ "the last second of a slot", 179, 60, 120, 180, 180, 180 },
	{ "zero", 0, 300, 0, 0, 0, 300 },
	{ "before 1970 the floor is further away", -1, 60, -60, 0, 0, 0 },
	{ "a grid line before 1970", -60, 60, -60, -60, -60, 0 },
	{ "an odd step: half of it is not whole", 7, 5, 5, 10, 5, 10 },
	{ "an odd step, the nearer line is the next", 8, 5, 5, 10, 10, 10 },
	{ "a step of one", -7, 1, -7, -7, -7, -6 },
};

static void check_lines(void **state)
{
	const struct grid_case *c = *state;

	assert_int_equal(grid_floor(c->time, c->step), c->floor);
	assert_int_equal(grid_ceil(c->time, c->step), c->ceil);
	assert_int_equal(grid_nearest(c->time, c->step), c->nearest);
	assert_int_equal(grid_next(c->time, c->step), c->next);
}

/* Slot t holds (t - s, t]: every moment lies in exactly one, found by the plain way. */
static void every_moment_lies_in_one_slot(void **state)
{
	(void)state;
	for (int64_t step = 1; step <= 17; step++) {
		for (int64_t time = -60; time <= 60; time++) {
			int64_t stamp = -70 * step;

			while (!(time > stamp - step && time <= stamp))
				stamp += step;
			assert_int_equal(grid_ceil(time, step), stamp);
			assert_int_equal(
				grid_rest(time, step), time - grid_floor(time, step));
			assert_int_equal(grid_index(-70 * step, step, stamp),
				(stamp + 70 * step) / step);
			assert_int_equal(grid_stamp(-70 * step, step,
						 grid_index(-70 * step, step, stamp)),
				stamp);
		}
	}
	assert_int_equal(grid_index(600, 60, 540), -1);
	assert_int_equal(grid_divide(-1, 60), -1);
}

static void hex_goes_there_and_back(void **state)
{
	unsigned char bytes[16], again[16];
	char text[33];

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		bytes[i] = (unsigned char)(i * 17 + 3);
	hex_write(bytes, 16, text);
	assert_string_equal(text, "031425364758697a8b9cadbecfe0f102");
	hex_read(text, again, 16);
	assert_memory_equal(bytes, again, 16);
	hex_read("A0fFg1", again, 4);
	assert_memory_equal(again, "\xa0\xff\x01\x00", 4);
	assert_int_equal(hex_byte("7F"), 127);
	assert_int_equal(hex_byte("7"), -1);
	assert_int_equal(hex_byte("g0"), -1);
	assert_int_equal(hex_digit('f'), 15);
	assert_int_equal(hex_digit('F'), 15);
	assert_int_equal(hex_digit('g'), -1);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 2] = {
		cmocka_unit_test(every_moment_lies_in_one_slot),
		cmocka_unit_test(hex_goes_there_and_back),
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i + 2] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_lines,
			.initial_state = &cases[i] };
	return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
