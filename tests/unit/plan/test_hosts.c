#include "tests/support.h"

#include "analyze/plan/hosts.h"

#include <errno.h>
#include <string.h>

#define SMALL                                                                          \
	"{\"type\":\"small\",\"count\":4,\"cores\":2,\"core_mhz\":3000,\"memory_mb\":" \
	"8192"

#define BIG(count)                           \
	"{\"type\":\"big\",\"count\":" count \
	",\"cores\":2,\"core_mhz\":3000,\"memory_mb\":8192"
#define ANY BIG("\"any\"")
#define GROUPS(workloads)                                                         \
	"{\"hosts\":[" SMALL                                                      \
	"}],\"constraints\":[{\"kind\":\"apart_groups\",\"workloads\":" workloads \
	"}]}"

struct refusal_case {
	const char *name;
	const char *text;
	const char *message; /* NULL: accepted */
};

static struct refusal_case cases[] = {
	{ "the least that a host must say", "{\"hosts\":[" SMALL "}]}", NULL },
	{ "ratings may be null",
		"{\"hosts\":[" SMALL ",\"disk_mb_s\":null,\"disk_iops\":null}]}",
		NULL },
	{ "as many as are needed", "{\"hosts\":[" ANY "}]}", NULL },
	{ "as many as are wanted is called any", "{\"hosts\":[" BIG("\"all\"") "}]}",
		"h.json:1: hosts[0].count: expected a whole number from 1 to 100000 or "
		"\"any\", found \"all\"" },
	{ "a part of a host", "{\"hosts\":[" BIG("1.5") "}]}",
		"h.json:1: hosts[0].count: expected a whole number from 1 to 100000 or "
		"\"any\", found 1.5" },
	{ "more spare than there are", "{\"hosts\":[" SMALL ",\n\"spare\":5}]}",
		"h.json:2: hosts[0].spare: expected at most count (4), found 5" },
	{ "a pin to a spare host",
		"{\"hosts\":[" SMALL
		",\"spare\":2}],\"constraints\":[\n{\"kind\":\"pin\","
		"\"workloads\":[\"a\"],\"hosts\":[\"small-3\"]}]}",
		"h.json:2: constraints[0].hosts: \"small-3\" is a spare host, which "
		"stays empty (the last 2 of 4 are)" },
	{ "a volume without a size",
		"{\"hosts\":[" SMALL ",\"volumes\":[{\"name\":\"d\"}]}]}",
		"h.json:1: hosts[0].volumes[0]: the field \"gb\" is missing" },
	{ "two volumes of one name",
		"{\"hosts\":[" SMALL ",\"volumes\":[{\"name\":\"d\",\"gb\":5},\n"
		"{\"name\":\"d\",\"gb\":5}]}]}",
		"h.json:2: hosts[0].volumes[1].name: \"d\" is the name of volumes[0] "
		"too" },
	{ "space twice",
		"{\"hosts\":[" SMALL
		",\"disk_gb\":5,\"volumes\":[{\"name\":\"d\",\"gb\":5}]}]}",
		"h.json:1: hosts[0].volumes: beside them no disk_gb and no "
		"used.storage_gb: each volume has its gb and used_gb" },
	{ "on at most how many hosts?",
		"{\"hosts\":[" SMALL "}],\"constraints\":[{\"kind\":\"at_most_hosts\","
		"\"workloads\":[\"a\",\"b\"]}]}",
		"h.json:1: constraints[0]: \"at_most_hosts\" needs \"n\"" },
	{ "groups that are none",
		"{\"hosts\":[" SMALL
		"}],\"constraints\":[\n{\"kind\":\"apart_groups\",\"workloads\":"
		"[\"a\",\"b\"]}]}",
		"h.json:2: constraints[0].workloads: expected groups, each a list of "
		"names: [[\"a\", \"b\"], [\"c\"]]" },
	{ "one group", GROUPS("[[\"a\",\"b\"]]"),
		"h.json:1: constraints[0]: \"apart_groups\" needs at least two "
		"groups" },
	{ "in two groups", GROUPS("[[\"a\"],[\"b\",\"a\"]]"),
		"h.json:1: constraints[0].workloads: \"a\" is named twice" },
	{ "no hosts at all", "{\"hosts\":[]}",
		"h.json:1: hosts: at least one host type is needed" },
	{ "an unknown field", "{\"hosts\":[" SMALL ",\n\"memmory\":1}]}",
		"h.json:2: hosts[0]: unknown field \"memmory\"; known are type, count, "
		"cores, core_mhz, memory_mb, host_memory_mb, numa_nodes, nics, disk_gb, "
		"disk_mb_s, disk_iops, cost, zone, spare, volumes, cpu_reserve_percent, "
		"roles, site, storage, raid, used" },
	{ "GHz for MHz",
		"{\"hosts\":[{\"type\":\"a\",\"count\":1,\"cores\":4,\"core_mhz\":2.6,"
		"\"memory_mb\":65536}]}",
		"h.json:1: hosts[0].core_mhz: expected MHz, found 2.6: 2600?" },
	{ "GB for MB",
		"{\"hosts\":[{\"type\":\"a\",\"count\":1,\"cores\":16,"
		"\"core_mhz\":2600,\"memory_mb\":256}]}",
		"h.json:1: hosts[0].memory_mb: expected MB, found 256 for 16 cores: "
		"262144?" },
	{ "zero capacity", "{\"hosts\":[" SMALL ",\"disk_gb\":0}]}",
		"h.json:1: hosts[0].disk_gb: expected a number from 1e-06 to "
		"1000000000000, found 0" },
	{ "a negative cost", "{\"hosts\":[" SMALL ",\"cost\":-1}]}",
		"h.json:1: hosts[0].cost: expected a number from 0 to 1000000000000, "
		"found -1" },
	{ "two types of one name", "{\"hosts\":[" SMALL "},\n" SMALL "}]}",
		"h.json:2: hosts[1].type: \"small\" is the name of hosts[0] too" },
	{ "more for the host than there is",
		"{\"hosts\":[" SMALL ",\"host_memory_mb\":8192}]}",
		"h.json:1: hosts[0].host_memory_mb: expected less than memory_mb "
		"(8192), found 8192" },
	{ "an adapter of no known use",
		"{\"hosts\":[" SMALL ",\"nics\":[{\"mbps\":1000,\"use\":\"share\"}]}]}",
		"h.json:1: hosts[0].nics[0]: \"share\" is not one of host ... "
		"dedicated; did you mean \"shared\"?" },
	{ "a constraint on a host that is not there",
		"{\"hosts\":[" SMALL
		"}],\"constraints\":[\n{\"kind\":\"pin\",\"workloads\":"
		"[\"a\"],\"hosts\":[\"small-5\"]}]}",
		"h.json:2: constraints[0].hosts: there is no host or type \"small-5\" "
		"in this file" },
	{ "a constraint that names nobody",
		"{\"hosts\":[" SMALL
		"}],\"constraints\":[{\"kind\":\"apart\",\"workloads\":[]}]}",
		"h.json:1: constraints[0]: \"workloads\" names nobody" },
	{ "apart of one",
		"{\"hosts\":[" SMALL
		"}],\"constraints\":[{\"kind\":\"apart\",\"workloads\":[\"a\"]}]}",
		"h.json:1: constraints[0]: \"apart\" needs at least two workloads" },
	{ "at most how many?",
		"{\"hosts\":[" SMALL "}],\"constraints\":[{\"kind\":\"at_most\","
		"\"workloads\":[\"a\",\"b\"]}]}",
		"h.json:1: constraints[0]: \"at_most\" needs \"n\"" },
	{ "a pin to nowhere",
		"{\"hosts\":[" SMALL
		"}],\"constraints\":[{\"kind\":\"pin\",\"workloads\":[\"a\"]}]}",
		"h.json:1: constraints[0]: \"pin\" needs \"hosts\"" },
	{ "a workload named twice",
		"{\"hosts\":[" SMALL "}],\"constraints\":[{\"kind\":\"apart\","
		"\"workloads\":[\"a\",\"a\"]}]}",
		"h.json:1: constraints[0].workloads: \"a\" is named twice" },
	{ "a kind nobody knows",
		"{\"hosts\":[" SMALL "}],\"constraints\":[{\"kind\":\"appart\","
		"\"workloads\":[\"a\",\"b\"]}]}",
		"h.json:1: constraints[0]: \"appart\" is not one of pin ... apart_groups; "
		"did you mean \"apart\"?" },
	{ "too many hosts",
		"{\"hosts\":[" SMALL "},{\"type\":\"b\",\"count\":100000,\"cores\":1,"
		"\"core_mhz\":1000,\"memory_mb\":1024}]}",
		"h.json:1: hosts: more than 100000 hosts in all" },
};

static void check(void **state)
{
	const struct refusal_case *row = *state;
	struct host_list list = { .path = NULL };
	struct err err = ERR_INIT;
	int r = host_list_parse("h.json", row->text, strlen(row->text), &list, &err);

	if (row->message) {
		assert_string_equal(err.text, row->message);
		assert_int_equal(r, -EINVAL);
	} else {
		assert_int_equal(r, 0);
	}
	host_list_done(&list);
}

static void every_field_arrives(void **state)
{
	static const char text[] =
		"{\"hosts\":[" SMALL
		",\"host_memory_mb\":1024,\"nics\":[{\"mbps\":1000,\"use\":\"host\"},{\"mbps\":10000,\"use\":\"dedicated\"}],\"disk_gb\":500,\"cost\":2.5,\"zone\":\"a\",\"used\":{\"cpu_percent\":28}}],\"constraints\":[{\"kind\":\"at_most\",\"workloads\":[\"x\",\"y\"],\"n\":1},{\"kind\":\"pin\",\"workloads\":[\"x\"],\"hosts\":[\"small-4\",\"small\"]}]}";
	struct host_list list;
	struct err err = ERR_INIT;
	size_t type = 9, host = 9;

	(void)state;
	assert_int_equal(host_list_parse("h.json", text, strlen(text), &list, &err), 0);
	assert_int_equal(list.type[0].count, 4);
	assert_near(list.type[0].host_memory_mb, 1024, 0);
	assert_int_equal(list.type[0].nic_count, 2);
	assert_int_equal(list.type[0].nic[1].use, NIC_DEDICATED);
	assert_near(list.type[0].cost, 2.5, 0);
	assert_true(isnan(list.type[0].disk_iops));
	assert_string_equal(list.type[0].zone, "a");
	assert_near(list.type[0].used_cpu_percent, 28, 0);
	assert_int_equal(list.constraint[0].kind, CONSTRAINT_AT_MOST);
	assert_int_equal(list.constraint[0].n, 1);
	assert_string_equal(list.constraint[1].host[0], "small-4");
	assert_true(host_list_find(&list, "small-4", &type, &host));
	assert_int_equal(host, 4);
	assert_true(host_list_find(&list, "small", &type, &host));
	assert_int_equal(host, 0);
	assert_false(host_list_find(&list, "small-0", &type, &host));
	assert_false(host_list_find(&list, "small-", &type, &host));
	host_list_done(&list);
}

static void any_number_of_hosts_and_groups(void **state)
{
	static const char text[] =
		"{\"hosts\":[" ANY
		",\"spare\":1,\"volumes\":[{\"name\":\"d\",\"gb\":100,\"used_gb\":30},{\"name\":\"e\",\"gb\":50}]}],\"constraints\":[{\"kind\":\"apart_groups\",\"workloads\":[[\"a\",\"b\"],[\"c\"]]},{\"kind\":\"at_most_hosts\",\"workloads\":[\"a\",\"c\"],\"n\":1}]}";
	struct host_list list;
	struct err err = ERR_INIT;
	size_t type = 9, host = 9;

	(void)state;
	assert_int_equal(host_list_parse("h.json", text, strlen(text), &list, &err), 0);
	assert_true(list.type[0].is_any_count);
	assert_int_equal(list.type[0].spare, 1);
	assert_false(host_list_is_spare(&list.type[0], 99));
	assert_true(host_list_find(&list, "big-99", &type, &host));
	assert_int_equal(list.type[0].volume_count, 2);
	assert_string_equal(list.type[0].volume[1].name, "e");
	assert_near(list.type[0].disk_gb, 120, 0);
	assert_int_equal(list.constraint[0].workload_count, 3);
	assert_int_equal(list.constraint[0].group_count, 2);
	assert_int_equal(list.constraint[0].group[1], 0);
	assert_int_equal(list.constraint[0].group[2], 1);
	assert_int_equal(list.constraint[1].n, 1);
	host_list_done(&list);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 2] = {
		cmocka_unit_test(every_field_arrives),
		cmocka_unit_test(any_number_of_hosts_and_groups),
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i + 2] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check,
			.initial_state = &cases[i] };
	return cmocka_run_group_tests_name("hosts", tests, NULL, NULL);
}
