#include "tests/support.h"

#include "common/suggest.h"

static const char *const words[] = { "peaks", "plan", "pack", "status", "verdict",
	"DISK-4", "RAM-5-SHORT", "web1", "web2", "web10", "db",
	"memory_headroom_factor", "hyper-v-2019", "Mail" };

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
	{ "a rule of another number", "DISK-2", NULL },
	{ "a machine of another number", "web3", NULL },
	{ "a machine of a longer number", "web11", NULL },
	{ "no number where there has to be one", "web", NULL },
	{ "a number where there is none", "plan2", NULL },
	{ "another number beside a slip", "RAM-6-SHRT", NULL },
	{ "the same number beside a slip", "RAM-5-SHRT", "RAM-5-SHORT" },
	{ "the same number with a zero before it", "web01", "web1" },
	{ "the number and the words are there, a sign is not", "DISK4", "DISK-4" },
	{ "another year", "hyper-v-2008", NULL },
	{ "one letter of two", "dc", NULL },
	{ "both letters of two, swapped", "bd", NULL },
	{ "capital letters are no edits", "mAiL", "Mail" },
	{ "capitals beside a slip", "STAUTS", "status" },
	{ "three slips in a long word", "memry_hedroom_fctor",
		"memory_headroom_factor" },
	{ "four slips are too many in any word", "memry_hedrom_fctor", NULL },
};

static void check(void **state)
{
	const struct suggest_case *row = *state;
	const char *got = suggest_nearest(row->wrong, words, ARRAY_LEN(words));

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
