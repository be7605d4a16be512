/* Facts of a machine: from its document, and which of several statements holds. */
#include "tests/support.h"

#include "analyze/inventory/inventory_precedence.h"
#include "schema/machine_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a machine document states ----------------------------------------------------- */

#define HEAD "{\"schema\":\"headroom/machine/1\",\"name\":\"m\","

static struct facts_case {
	const char *name;
	const char *document;
	const char *facts; /* "key=value;" */
} facts_cases[] = {
	{ "cores, speed, memory and system",
		HEAD
		"\"os\":{\"name\":\"Debian 12\",\"bits\":64},\"general\":{\"cores\":4,"
		"\"core_mhz\":2600,\"memory_bytes\":8589934592,\"firmware\":\"uefi\","
		"\"processor\":\"Xeon\"}}",
		"os=Debian 12;os_bits=64;firmware=uefi;cpu_model=Xeon;cpu.cores=4;"
		"cpu.core_mhz=2600;memory.total_bytes=8589934592;" },
	{ "hardware is physical", HEAD "\"kind\":\"physical\"}", "machine=physical;" },
	{ "a hypervisor that rules know",
		HEAD "\"kind\":\"vm\",\"hypervisor\":\"hyper-v\"}",
		"machine=hyper-v;" },
	{ "one that they do not", HEAD "\"kind\":\"vm\",\"hypervisor\":\"bhyve\"}",
		"machine=other;" },
	{ "a container", HEAD "\"kind\":\"container\"}", "machine=other;" },
	{ "nothing that was asked", HEAD "\"wmi\":null}", "" },
	{ "disks with what is used on them",
		HEAD "\"storage\":{\"disks\":[{\"device\":\"sda\",\"bytes\":2147483648,"
		     "\"partitions\":[{\"number\":1,\"volumes\":[\"/\",\"/home\"]}]},"
		     "{\"device\":\"sdb\"}],\"volumes\":[{\"name\":\"/\",\"bytes\":1e9,"
		     "\"used_bytes\":536870912},{\"name\":\"/home\",\"used_bytes\":"
		     "536870912}]}}",
		"root_free_gb=0.431322574615479;disks=sda:2:used=1,sdb:?;" },
	{ "the partition table of the disk with the system",
		HEAD
		"\"storage\":{\"disks\":[{\"device\":\"a\",\"style\":\"gpt\"},"
		"{\"device\":\"b\",\"style\":\"mbr\",\"partitions\":[{\"number\":1,"
		"\"volumes\":[\"/\"]}]}]}}",
		"disks=a:?,b:?;boot_disk_style=mbr;" },
	{ "one volume that is encrypted",
		HEAD "\"storage\":{\"volumes\":[{\"name\":\"a\",\"encrypted\":false},"
		     "{\"name\":\"b\",\"encrypted\":true}]}}",
		"encrypted_volumes=yes;" },
	{ "adapters with their speed together",
		HEAD
		"\"network\":[{\"name\":\"a\",\"speed_mbps\":1000,\"primary\":true,"
		"\"dhcp\":true},{\"name\":\"b\",\"speed_mbps\":10000}]}",
		"adapters=2;network.speed_bps=11000000000;dhcp=yes;" },
	{ "one adapter without a speed makes the sum unknown",
		HEAD "\"network\":[{\"name\":\"a\",\"speed_mbps\":1000},\"b\"]}",
		"adapters=2;" },
	{ "no adapters", HEAD "\"network\":[]}", "adapters=0;" },
	{ "no devices is an answer", HEAD "\"secondary\":[]}", "devices=none;" },
	{ "devices, their names without what divides a list",
		HEAD "\"secondary\":[{\"class\":\"usb\",\"kind\":\"printer\",\"name\":"
		     "\"HP, 4:b\"},\"serial\"]}",
		"devices=usb:printer:HP  4 b,serial;" },
	{ "roles and applications by what starts by itself",
		HEAD
		"\"software\":{\"services\":[{\"name\":\"nginx\",\"start\":\"auto\"},"
		"{\"name\":\"apache2\",\"start\":\"disabled\"},{\"name\":"
		"\"postgresql@15-main.service\",\"start\":\"auto\"},{\"name\":\"NTDS\","
		"\"start\":\"Auto\"}]}}",
		"roles=web,database,domain-controller;applications=nginx,PostgreSQL,"
		"Active Directory;" },
	{ "a server without any work that we know",
		HEAD
		"\"software\":{\"services\":[{\"name\":\"cron\",\"start\":\"auto\"}]}}",
		"roles=none;applications=none;" },
	{ "of Windows",
		HEAD "\"os\":{\"service_pack\":\"Service Pack 2\"},\"wmi\":true,"
		     "\"software\":{\"dotnet35\":false,\"hibernation\":true}}",
		"service_pack=2;dotnet35=no;wmi=yes;hibernated=yes;" },
};

static int note_fact(void *context, enum fact_id fact, const char *text)
{
	char *all = context;
	size_t length = strlen(all);
	struct fact_value value;
	struct err err = ERR_INIT;

	if (fact_parse(fact, text, &value, &err) != 0)
		fail_msg("%s", err.text); /* what is stated is a value of the fact */
	fact_value_done(&value);
	(void)snprintf(
		all + length, 2048 - length, "%s=%s;", fact_table[fact].key, text);
	return 0;
}

static void check_facts(void **state)
{
	const struct facts_case *row = *state;
	struct machine machine;
	struct json_doc doc;
	struct err err = ERR_INIT;
	char text[2048] = "";

	if (json_doc_parse("m", row->document, strlen(row->document), &doc, &err) !=
			0 ||
		machine_parse(&doc, &machine, &err) != 0)
		fail_msg("%s", err.text);
	json_doc_done(&doc);
	assert_int_equal(machine_facts(&machine, note_fact, text), 0);
	assert_string_equal(text, row->facts);
	machine_done(&machine);
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
			.origin = strdup(at + 1) };
	}
	inventory_choose(&list);
	for (size_t i = 0; i < list.count; i++) {
		size_t length = strlen(text);

		(void)snprintf(text + length, sizeof(text) - length, "%s=%s@%s ",
			list.fact[i].key, list.fact[i].value, list.fact[i].origin);
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
			assert_int_not_equal(
				fact_names[i].figure, fact_names[j].figure);
		}
	}
	for (int source = 0; source < FACT_ORIGIN_COUNT; source++)
		assert_int_equal(
			fact_origin_find(fact_origin_name((enum fact_origin)source)),
			source);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(facts_cases) + ARRAY_LEN(choice_cases) + 1];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(facts_cases); i++)
		tests[count++] = (struct CMUnitTest){ .name = facts_cases[i].name,
			.test_func = check_facts,
			.initial_state = &facts_cases[i] };
	for (size_t i = 0; i < ARRAY_LEN(choice_cases); i++)
		tests[count++] = (struct CMUnitTest){ .name = choice_cases[i].name,
			.test_func = check_choice,
			.initial_state = &choice_cases[i] };
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(every_name_is_of_one_fact);
	return cmocka_run_group_tests_name("inventory", tests, NULL, NULL);
}
