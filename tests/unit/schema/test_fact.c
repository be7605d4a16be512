/* Facts: text to value and back, and what is refused. */
#include "tests/support.h"

#include "schema/fact.h"
#include "schema/field.h"

#include <errno.h>
#include <string.h>

static struct fact_case {
	const char *name;
	enum fact_id fact;
	const char *text;
	const char *stored; /* NULL: refused */
	const char *reason; /* part of it */
} cases[] = {
	{ "a choice", FACT_ENVIRONMENT, "test", "test", NULL },
	{ "a word that is none", FACT_ENVIRONMENT, "live", NULL,
		"expected one of production" },
	{ "two words of a choice", FACT_ENVIRONMENT, "production test", NULL,
		"expected" },
	{ "part of a word", FACT_FIRMWARE, "bio", NULL, "expected one of bios uefi" },
	{ "an empty choice", FACT_FIRMWARE, "", NULL, "expected one of" },
	{ "yes", FACT_SENSITIVE, "yes", "yes", NULL },
	{ "true is yes", FACT_SENSITIVE, "true", "yes", NULL },
	{ "0 is no", FACT_SENSITIVE, "0", "no", NULL },
	{ "maybe", FACT_SENSITIVE, "maybe", NULL, "expected yes or no" },
	{ "a number", FACT_PERIOD_DAYS, "30.5", "30.5", NULL },
	{ "a number that needs all its digits", FACT_CPU_CORE_MHZ, "2599.999601",
		"2599.999601", NULL },
	{ "a number over its bound", FACT_OS_BITS, "256", NULL, "from 16 to 128" },
	{ "no number", FACT_CPU_CORES, "four", NULL, "expected a number" },
	{ "nan is no number", FACT_CPU_CORES, "nan", NULL, "expected a number" },
	{ "a list", FACT_ROLES, "web, domain-controller", "web,domain-controller",
		NULL },
	{ "an empty list", FACT_ROLES, "none", "none", NULL },
	{ "a hole in a list", FACT_ROLES, "web,,dns", NULL,
		"entries between the commas" },
	{ "a text", FACT_OS, "Windows Server 2003, R2", "Windows Server 2003, R2",
		NULL },
	{ "an empty text", FACT_OS, "", NULL, "a text" },
	{ "a device", FACT_DEVICES, "usb:printer:required", "usb:printer:required",
		NULL },
	{ "a device with a name", FACT_DEVICES, "usb:printer:HP 4:required",
		"usb:printer:HP 4:required", NULL },
	{ "a class alone", FACT_DEVICES, "dongle:required", "dongle:required", NULL },
	{ "too many parts", FACT_DEVICES, "a:b:c:d:e", NULL, "class:kind" },
	{ "no class", FACT_DEVICES, ":printer", NULL, "class:kind" },
	{ "disks", FACT_DISKS, "c:40,d:100:used=30:dynamic:undo=1",
		"c:40,d:100:used=30:dynamic:undo=1", NULL },
	{ "a disk of unknown size", FACT_DISKS, "c:?", "c:?", NULL },
	{ "a disk without a size", FACT_DISKS, "c", NULL, "name:size_gb" },
	{ "a disk with a negative size", FACT_DISKS, "c:-4", NULL, "a size in GB" },
	{ "a disk with a word that is none", FACT_DISKS, "c:4:fast", NULL,
		"dynamic, used=GB" },
};

static void check_fact(void **state)
{
	const struct fact_case *row = *state;
	struct fact_value value = { .is_known = false }, again = { .is_known = false };
	struct err err = ERR_INIT;
	char *stored, *twice;
	int r = fact_parse(row->fact, row->text, &value, &err);

	if (!row->stored) {
		assert_int_equal(r, -EINVAL);
		if (!strstr(err.text, row->reason) ||
			!strstr(err.text, fact_table[row->fact].key))
			fail_msg("%s", err.text);
		return;
	}
	if (r < 0)
		fail_msg("%s", err.text);
	stored = fact_format(row->fact, &value);
	assert_string_equal(stored, row->stored);
	assert_int_equal(fact_parse(row->fact, stored, &again, &err), 0);
	twice = fact_format(row->fact, &again);
	assert_string_equal(twice, stored);
	free(stored);
	free(twice);
	fact_value_done(&value);
	fact_value_done(&again);
}

static void every_example_is_a_value(void **state)
{
	(void)state;
	for (int i = 0; i < FACT_COUNT; i++) {
		struct fact_value value;
		struct err err = ERR_INIT;

		assert_non_null(fact_table[i].key);
		if (fact_parse((enum fact_id)i, fact_table[i].example, &value, &err) <
			0)
			fail_msg("%s", err.text);
		fact_value_done(&value);
		assert_int_equal(fact_find(fact_table[i].key, NULL), i);
	}
}

/* Whatever bytes come, parsing ends and what is taken can be stored and read back. */
static void random_text_does_no_harm(void **state)
{
	static const char letters[] = "a:,=.?0129 -dynamicusedundrqe\x01\xff";
	uint64_t seed = support_seed(8), random = seed;

	(void)state;
	for (int round = 0; round < 40000; round++) {
		enum fact_id fact =
			(enum fact_id)(support_random(&random) % FACT_COUNT);
		size_t length = support_random(&random) % 24;
		struct fact_value value, again;
		struct err err = ERR_INIT;
		char text[25], *stored;

		for (size_t i = 0; i < length; i++)
			text[i] = letters[support_random(&random) %
				(sizeof(letters) - 1)];
		text[length] = '\0';
		if (fact_parse(fact, text, &value, &err) < 0)
			continue;
		stored = fact_format(fact, &value);
		assert_non_null(stored);
		if (fact_parse(fact, stored, &again, &err) < 0)
			fail_msg("\"%s\" is stored as \"%s\", seed %llu: %s", text,
				stored, (unsigned long long)seed, err.text);
		fact_value_done(&again);
		fact_value_done(&value);
		free(stored);
	}
}

static void every_field_has_a_name_and_a_way_to_supply_it(void **state)
{
	char text[300];

	(void)state;
	for (int i = 0; i < FIELD_COUNT; i++) {
		assert_int_equal(field_find(field_name(i), NULL), i);
		field_supply(i, "mail", text, sizeof(text));
		assert_non_null(strstr(text, "mail"));
	}
}

int main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test(every_example_is_a_value),
		cmocka_unit_test(random_text_does_no_harm),
		cmocka_unit_test(every_field_has_a_name_and_a_way_to_supply_it),
	};
	struct CMUnitTest tests[ARRAY_LEN(cases)];
	int failed;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_fact,
			.initial_state = &cases[i] };
	failed = cmocka_run_group_tests_name("fact texts", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("facts", more, NULL, NULL);
}
