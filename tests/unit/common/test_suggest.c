#include "tests/support.h"

#include "common/suggest.h"

static const char *const verbs[] = { "peaks", "plan", "pack", "status", "verdict" };

struct suggest_case {
	const char *name;
	const char *wrong;
	const char *wanted; /* NULL: too far from all */
};

static struct suggest_case cases[] = {
	{ "a letter too few", "peak", "peaks" },
	{ "two letters in the wrong order", "stauts", "status" },
	{ "a wrong letter", "plax", "plan" },
	{ "nothing like it", "frobnicate", NULL },
	{ "an empty word is near nothing", "", NULL },
	{ "a word of more than 64 letters",
		"peakspeakspeakspeakspeakspeakspeakspeakspeakspeakspeakspeakspeakspeaks",
		NULL },
};

static void check(void **state)
{
	const struct suggest_case *row = *state;
	const char *got = suggest_nearest(row->wrong, verbs, ARRAY_LEN(verbs));

	if (row->wanted)
		assert_string_equal(got, row->wanted);
	else
		assert_null(got);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases)];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check,
			.initial_state = &cases[i] };
	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
