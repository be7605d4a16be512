/* Facts of a machine: from its lines, and which of several statements holds. */
#include "tests/support.h"

#include "analyze/inventory/inventory_here.h"
#include "analyze/inventory/inventory_precedence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- from the lines of --print-inventory -------------------------------------------- */

static struct here_case {
	const char *name;
	const char *lines;
	const char *facts; /* "key=value ..." in the order of the lines */
} here_cases[] = {
	{ "cores, speed, memory and system have one name each",
		"os.name=Debian 12\ncpu.model=Xeon\ncpu.physical_cores=4\n"
		"cpu.nominal_mhz=2600\nmemory.bytes=8589934592\n",
		"os=Debian 12;cpu_model=Xeon;cpu.cores=4;cpu.core_mhz=2600;"
		"memory.total_bytes=8589934592;adapters=0;" },
	{ "the kernel's words become ours",
		"architecture=x86_64\nmachine.virtualisation=hyper-v\n"
		"machine.firmware=uefi\n",
		"os_bits=64;machine=hyper-v;firmware=uefi;adapters=0;" },
	{ "no hypervisor is hardware, one that has no name is another",
		"machine.virtualisation=none\n", "machine=physical;adapters=0;" },
	{ "a hypervisor without a name", "machine.virtualisation=unknown hypervisor\n",
		"machine=other;adapters=0;" },
	{ "an i686 has 32 bits", "architecture=i686\n", "os_bits=32;adapters=0;" },
	{ "disks that are counted, and no others",
		"disk.sda.size_bytes=2147483648\ndisk.sda.counted=1\n"
		"disk.sr0.size_bytes=1073741824\ndisk.sr0.counted=0\n"
		"disk.sdb.counted=1\n",
		"disks=sda:2;adapters=0;" },
	{ "a disk whose name has a dot and a slash",
		"disk.cciss/c0d0.1.size_bytes=1073741824\n"
		"disk.cciss/c0d0.1.counted=1\n",
		"disks=cciss/c0d0.1:1;adapters=0;" },
	{ "adapters with their speed together",
		"nic.eth0.speed_bps=1000000000\nnic.eth0.counted=1\n"
		"nic.eth1.speed_bps=10000000000\nnic.eth1.counted=1\n",
		"adapters=2;network.speed_bps=11000000000;" },
	{ "one adapter without a speed makes the sum unknown",
		"nic.eth0.speed_bps=1000000000\nnic.eth0.counted=1\n"
		"nic.eth1.counted=1\n",
		"adapters=2;" },
	{ "what is no value of the fact is no fact",
		"cpu.physical_cores=unknown\nmachine.firmware=coreboot\n",
		"adapters=0;" },
	{ "a line without an equals sign says nothing", "hello\nos.name=X=Y\n",
		"os=X=Y;adapters=0;" },
};

static void check_here(void **state)
{
	const struct here_case *row = *state;
	struct stated_list list = { .count = 0 };
	struct inventory_keys keys;
	struct err err = ERR_INIT;
	char text[1024] = "";

	assert_int_equal(inventory_keys_parse(row->lines, &keys, &err), 0);
	assert_int_equal(inventory_here(&keys, &list, &err), 0);
	for (size_t i = 0; i < list.count; i++) {
		size_t length = strlen(text);

		(void)snprintf(text + length, sizeof(text) - length, "%s=%s;",
			fact_table[list.stated[i].fact].key, list.stated[i].value);
	}
	assert_string_equal(text, row->facts);
	stated_list_done(&list);
	inventory_keys_done(&keys);
}

/* ---- precedence ----------------------------------------------------------------------- */

static struct choice_case {
	const char *name;
	const char *said; /* "key=value@source ..." by key */
	const char *holds;
} choice_cases[] = {
	{ "a person before the machine", "a=1@machine a=2@person", "a=2@person " },
	{ "whichever comes first", "a=2@person a=1@machine", "a=2@person " },
	{ "the machine before an import", "a=1@import a=2@machine", "a=2@machine " },
	{ "another store before an import", "a=1@import a=2@store", "a=2@store " },
	{ "the machine before another store", "a=1@machine a=2@store", "a=1@machine " },
	{ "all four", "a=1@import a=2@machine a=3@person a=4@store", "a=3@person " },
	{ "the word of old stores for a person", "a=1@inventory a=2@machine",
		"a=1@inventory " },
	{ "a word that nobody knows is believed last", "a=1@daemon a=2@import",
		"a=2@import " },
	{ "each key for itself", "a=1@import b=2@person b=3@import c=4@machine",
		"a=1@import b=2@person c=4@machine " },
	{ "nothing", "", "" },
};

static void check_choice(void **state)
{
	const struct choice_case *row = *state;
	struct fact_list list = { .fact = calloc(8, sizeof(struct fact)) };
	char *said = strdup(row->said), *save = NULL, text[512] = "";

	assert_non_null(list.fact);
	assert_non_null(said);
	for (char *word = strtok_r(said, " ", &save); word;
		word = strtok_r(NULL, " ", &save)) {
		char *equals = strchr(word, '='), *at = strchr(word, '@');

		*equals = *at = '\0';
		list.fact[list.count++] = (struct fact){ .key = strdup(word),
			.value = strdup(equals + 1),
			.source = strdup(at + 1) };
	}
	inventory_choose(&list);
	for (size_t i = 0; i < list.count; i++) {
		size_t length = strlen(text);

		(void)snprintf(text + length, sizeof(text) - length, "%s=%s@%s ",
			list.fact[i].key, list.fact[i].value, list.fact[i].source);
	}
	assert_string_equal(text, row->holds);
	fact_list_done(&list);
	free(said);
}

/* ---- one namespace ---------------------------------------------------------------------- */

static void every_name_is_of_one_fact(void **state)
{
	(void)state;
	for (size_t i = 0; i < fact_name_count; i++) {
		for (size_t j = 0; j < i; j++) {
			assert_int_not_equal(fact_names[i].fact, fact_names[j].fact);
			if (fact_names[i].figure != FIGURE_COUNT)
				assert_int_not_equal(
					fact_names[i].figure, fact_names[j].figure);
			if (fact_names[i].probe_key && fact_names[j].probe_key)
				assert_string_not_equal(fact_names[i].probe_key,
					fact_names[j].probe_key);
		}
	}
	for (int source = 0; source < FACT_SOURCE_COUNT; source++)
		assert_int_equal(
			fact_source_find(fact_source_name((enum fact_source)source)),
			source);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(here_cases) + ARRAY_LEN(choice_cases) + 1];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(here_cases); i++)
		tests[count++] = (struct CMUnitTest){ .name = here_cases[i].name,
			.test_func = check_here,
			.initial_state = &here_cases[i] };
	for (size_t i = 0; i < ARRAY_LEN(choice_cases); i++)
		tests[count++] = (struct CMUnitTest){ .name = choice_cases[i].name,
			.test_func = check_choice,
			.initial_state = &choice_cases[i] };
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(every_name_is_of_one_fact);
	return cmocka_run_group_tests_name("inventory", tests, NULL, NULL);
}
