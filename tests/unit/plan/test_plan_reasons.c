/* Why a workload found no place: by which limit, and of which type of host it came nearest. */
#include "tests/support.h"

#include "analyze/plan/plan.h"
#include "common/units.h"

#include <string.h>

/* Memory with the host's own and a quarter more, all of the cores, no factor else. */
static const struct plan_factors simple = { .profile = "simple",
	.memory_factor = 1.25,
	.counts_host_memory = true,
	.cpu_available_ratio = 1,
	.network_ratio = 1,
	.storage_factor = 1,
	.max_cores_per_vm = 2 };

#define TYPE(name, count, mhz, memory, more)                                         \
	"{\"type\":\"" name "\",\"count\":" #count ",\"cores\":4,\"core_mhz\":" #mhz \
	",\"memory_mb\":" #memory ",\"host_memory_mb\":1000,\"disk_gb\":500" more    \
	",\"nics\":[{\"mbps\":1000,\"use\":\"shared\"}]}"
#define HOSTS(types, constraints) \
	"{\"hosts\":[" types "],\"constraints\":[" constraints "]}"

static struct reason_case {
	const char *name, *hosts;
	double memory_mb, cpu_mhz, storage_gb;
	int count; /* of such workloads: a, b, c; the first of those left out is told */
	const char *rule, *reason;
} cases[] = {
	{ "memory: (1000 + 4000) x 1.25 of 6000; the nearer type is told",
		HOSTS(TYPE("s", 2, 3000, 4000, "") "," TYPE("m", 2, 3000, 6000, ""),
			""),
		4000, 100, 1, 1, "memory",
		"fits no host alone: Memory 6250 MB needed, 6000 on the nearest type (m)" },
	{ "the nearer type first in the file",
		HOSTS(TYPE("m", 2, 3000, 6000, "") "," TYPE("s", 2, 3000, 4000, ""),
			""),
		4000, 100, 1, 1, "memory",
		"fits no host alone: Memory 6250 MB needed, 6000 on the nearest type (m)" },
	{ "of two alike the first",
		HOSTS(TYPE("x", 1, 3000, 6000, "") "," TYPE("y", 1, 3000, 6000, ""),
			""),
		4000, 100, 1, 1, "memory",
		"fits no host alone: Memory 6250 MB needed, 6000 on the nearest type (x)" },
	{ "two cores of 3000 MHz at most; of the faster type",
		HOSTS(TYPE("s", 1, 2000, 8000, "") "," TYPE("f", 1, 3000, 8000, ""),
			""),
		100, 6001, 1, 1, "cpu",
		"needs 6001 MHz, more than the 6000 MHz that one VM may have on f" },
	{ "on the faster type its cores, on the other its memory",
		HOSTS(TYPE("s", 1, 2000, 20000, "") "," TYPE("f", 1, 3000, 4000, ""),
			""),
		3000, 5000, 1, 1, "memory",
		"fits no host alone: Memory 5000 MB needed, 4000 on the nearest type (f); "
		"needs 5000 MHz, more than the 4000 MHz that one VM may have on s" },
	{ "a pin to the type that it is too much for, while another would do",
		HOSTS(TYPE("s", 1, 2000, 8000, "") "," TYPE("f", 1, 3000, 8000, ""),
			"{\"kind\":\"pin\",\"workloads\":[\"a\"],\"hosts\":[\"s\"]}"),
		100, 5000, 1, 1, "cpu",
		"constraints[0] (line 1, pin): needs 5000 MHz, more than the 4000 MHz that "
		"one VM may have on s" },
	{ "its space is on one volume: the larger of two",
		"{\"hosts\":[{\"type\":\"v\",\"count\":1,\"cores\":4,\"core_mhz\":3000,"
		"\"memory_mb\":8000,\"host_memory_mb\":1000,\"volumes\":[{\"name\":\"c\","
		"\"gb\":40,\"used_gb\":10,\"os\":true},{\"name\":\"d\",\"gb\":90,\"used_gb\":"
		"30}],\"nics\":[{\"mbps\":1000,\"use\":\"shared\"}]}]}",
		100, 100, 61, 1, "storage",
		"fits no host alone: Storage 61 GB needed, 60 on the nearest type (v)" },
	{ "no room for the third: memory is short on both",
		HOSTS(TYPE("s", 2, 3000, 4000, ""), ""), 2000, 100, 1, 3, "memory",
		"no room: the hosts listed do not suffice (proven); Memory is short on 2 of "
		"2" },
	{ "no room for the third: space is short",
		HOSTS(TYPE("s", 2, 3000, 8000, ""), ""), 500, 100, 300, 3, "storage",
		"no room: the hosts listed do not suffice (proven); Storage is short on 2 "
		"of 2" },
	{ "a node of memory: (6000 - 1000) / 2 is too little for 2600",
		HOSTS(TYPE("n", 1, 3000, 8000, ",\"numa_nodes\":4"), ""), 2100, 100, 1,
		1, "numa",
		"needs 2100, one NUMA node of n has 2000 (MB of memory or MHz): it would run "
		"across nodes" },
};

static void check_reason(void **state)
{
	static const char *const names[] = { "a", "b", "c" };
	const struct reason_case *row = *state;
	struct plan_workload workload[3];
	struct plan_request request = { .factors = &simple,
		.workload = workload,
		.workload_count = (size_t)row->count,
		.packing = { .time_limit_s = 5, .without_solver = true } };
	struct host_list hosts;
	struct err err = ERR_INIT;
	struct plan plan;

	if (host_list_parse("h.json", row->hosts, strlen(row->hosts), &hosts, &err) < 0)
		fail_msg("%s", err.text);
	request.hosts = &hosts;
	memset(workload, 0, sizeof(workload));
	for (int i = 0; i < row->count; i++)
		workload[i] = (struct plan_workload){ .name = names[i],
			.environment = "production",
			.need = { .of = { [RESOURCE_MEMORY] =
						  row->memory_mb * BYTES_PER_MB,
					  [RESOURCE_CPU] = row->cpu_mhz } },
			.storage_bytes = row->storage_gb * BYTES_PER_GB };
	if (plan_make(&request, &plan, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(plan.unplaced_count, 1);
	assert_string_equal(plan.unplaced[0].rule, row->rule);
	assert_string_equal(plan.unplaced[0].reason, row->reason);
	assert_int_equal(plan.host_count, row->count - 1);
	plan_done(&plan);
	host_list_done(&hosts);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases)];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_reason,
			.initial_state = &cases[i] };
	return cmocka_run_group_tests_name("reasons of a plan", tests, NULL, NULL);
}
