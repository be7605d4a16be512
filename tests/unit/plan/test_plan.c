/* The documented packing examples (G12, G15, G16, G20), constraints by name, costs,
 * what is left out and why. */
#include "common/units.h"
#include "tests/support.h"
#include "tests/unit/plan/plan_factors_of.h"

#include "analyze/plan/plan.h"

#include <errno.h>
#include <string.h>

#define WORKLOADS_MAX 16

static const struct plan_factors documented = { TOOLKIT_FACTORS };

static const struct plan_factors plain = { PLAIN_FACTORS, .counts_host_memory = true };

#define TWO_NICS                                                             \
	"\"nics\":[{\"mbps\":1000,\"use\":\"host\"},{\"mbps\":1000,\"use\":" \
	"\"shared\"}]"
#define HOST(name, count)                                                            \
	"{\"type\":\"" name "\",\"count\":" #count ",\"cores\":2,\"core_mhz\":3000," \
	"\"memory_mb\":8192,\"host_memory_mb\":1024," TWO_NICS ",\"disk_gb\":500"

struct fixture {
	struct host_list hosts;
	struct plan_workload workload[WORKLOADS_MAX];
	size_t count;
	struct plan plan;
};

static struct plan_workload vm(const char *name, double peak_mb, double cpu_mhz)
{
	return (struct plan_workload){ .name = name,
		.environment = "production",
		.need = { .of = { [RESOURCE_MEMORY] = peak_mb * BYTES_PER_MB,
				  [RESOURCE_CPU] = cpu_mhz } },
		.overhead_bytes = 32 * BYTES_PER_MB };
}

static int try_plan(struct fixture *fixture, const char *hosts,
	const struct plan_factors *factors, struct err *err)
{
	struct plan_request request = { .factors = factors,
		.hosts = &fixture->hosts,
		.workload = fixture->workload,
		.workload_count = fixture->count,
		.packing = { .time_limit_s = 5, .without_solver = true } };
	int r = host_list_parse("h.json", hosts, strlen(hosts), &fixture->hosts, err);

	if (r < 0)
		return r;
	return plan_make(&request, &fixture->plan, err);
}

static void make(
	struct fixture *fixture, const char *hosts, const struct plan_factors *factors)
{
	struct err err = ERR_INIT;

	if (try_plan(fixture, hosts, factors, &err) < 0) {
		print_error("%s\n", err.text);
		fail();
	}
}

static void done(struct fixture *fixture)
{
	plan_done(&fixture->plan);
	host_list_done(&fixture->hosts);
}

static const struct plan_host *host_of(const struct fixture *fixture, const char *name)
{
	for (size_t h = 0; h < fixture->plan.host_count; h++) {
		for (size_t i = 0; i < fixture->plan.host[h].workload_count; i++) {
			size_t index = fixture->plan.host[h].workload[i];

			if (strcmp(fixture->workload[index].name, name) == 0)
				return &fixture->plan.host[h];
		}
	}
	return NULL;
}

static void g20_two_hosts_take_two_each(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	struct fixture fixture = { .count = 4 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		fixture.workload[i] = vm(names[i], 2016, 400);
		fixture.workload[i].need.of[RESOURCE_NETWORK] = 50e6;
		fixture.workload[i].storage_bytes =
			83 * BYTES_PER_GB; /* x 1.25 = 103.75 */
	}
	make(&fixture, "{\"hosts\":[" HOST("h", 2) "}]}", &documented);
	assert_int_equal(fixture.plan.host_count, 2);
	assert_true(fixture.plan.is_proven_optimal);
	assert_near(fixture.plan.lower_bound, 2, 0);
	for (size_t h = 0; h < 2; h++) {
		const struct plan_host *host = &fixture.plan.host[h];

		assert_int_equal(host->workload_count, 2);
		assert_near(host->use[PLAN_MEMORY].needed, 6400, 1e-12);
		assert_near(host->use[PLAN_MEMORY].capacity, 8192, 0);
		assert_near(host->use[PLAN_CPU].needed, 28, 0);
		assert_near(host->use[PLAN_CPU].capacity, 150, 0);
		assert_near(host->use[PLAN_NETWORK].capacity -
				host->use[PLAN_NETWORK].needed,
			650, 1e-12);
		assert_near(host->use[PLAN_STORAGE].needed, 207.5, 1e-12);
		assert_near(host->use[PLAN_ADAPTERS].needed, 2, 0);
	}
	assert_string_equal(fixture.plan.host[0].name, "h-1");
	assert_string_equal(fixture.plan.host[1].name, "h-2");
	done(&fixture);
}

/* Five VMs of 1000 MB fit beside the host OS, not four and not six (G20). */
static void g20_memory_room_is_five(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
	struct fixture fixture = { .count = 6 };

	(void)state;
	for (size_t i = 0; i < 6; i++)
		fixture.workload[i] = vm(names[i], 1000, 1);
	make(&fixture, "{\"hosts\":[" HOST("h", 1) "}]}", &documented);
	assert_int_equal(fixture.plan.host[0].workload_count, 5);
	assert_int_equal(fixture.plan.unplaced_count, 1);
	assert_true(fixture.plan.is_unplaced_proven);
	done(&fixture);
}

/* The eleventh reservation of 14 % is refused although 4400 MHz would fit (G12). */
static void g12_rounded_reservations_decide(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h",
		"i", "j", "k" };
	struct fixture fixture = { .count = 11 };

	(void)state;
	for (size_t i = 0; i < 11; i++)
		fixture.workload[i] = vm(names[i], 10, 400);
	make(&fixture, "{\"hosts\":[" HOST("h", 1) "}]}", &documented);
	assert_int_equal(fixture.plan.host[0].workload_count, 10);
	assert_int_equal(fixture.plan.unplaced_count, 1);
	assert_near(fixture.plan.host[0].use[PLAN_CPU].needed, 140, 0);
	done(&fixture);
	make(&fixture, "{\"hosts\":[" HOST("h", 1) "}]}", &plain);
	assert_int_equal(fixture.plan.host[0].workload_count, 11);
	done(&fixture);
}

/* 15 x 50 Mb/s fill 750 exactly, the sixteenth does not fit (G15). */
static void g15_the_shared_adapter_fills_exactly(void **state)
{
	static char names[16][4];
	struct fixture fixture = { .count = 16 };

	(void)state;
	for (size_t i = 0; i < 16; i++) {
		snprintf(names[i], sizeof(names[i]), "v%02zu", i);
		fixture.workload[i] = vm(names[i], 10, 10);
		fixture.workload[i].need.of[RESOURCE_NETWORK] = 50e6;
	}
	make(&fixture, "{\"hosts\":[" HOST("h", 1) "}]}", &documented);
	assert_int_equal(fixture.plan.host[0].workload_count, 15);
	assert_near(fixture.plan.host[0].use[PLAN_NETWORK].needed, 750, 1e-12);
	assert_int_equal(fixture.plan.unplaced_count, 1);
	done(&fixture);
}

struct adapters_case {
	const char *name;
	const char *nics;
	size_t dedicated, shared;
	bool fits;
};

#define NIC_H "{\"mbps\":1000,\"use\":\"host\"}"
#define NIC_S "{\"mbps\":1000,\"use\":\"shared\"}"
#define NIC_D "{\"mbps\":1000,\"use\":\"dedicated\"}"

static struct adapters_case adapters_cases[] = {
	{ "G16: one adapter is the host's, none is left to share", NIC_H, 0, 3, false },
	{ "G16: the host's and a shared one", NIC_H "," NIC_S, 0, 3, true },
	{ "G16: a dedicated one would be the third", NIC_H "," NIC_S, 1, 3, false },
	{ "G16: three are enough for all", NIC_H "," NIC_S "," NIC_D, 1, 3, true },
	{ "G16: nobody shares, two are enough", NIC_H "," NIC_D, 1, 0, true },
	{ "a host without an adapter of its own is refused", NIC_S, 0, 1, false },
};

static void check_adapters(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	const struct adapters_case *row = *state;
	struct fixture fixture = { .count = row->dedicated + row->shared };
	char hosts[600];

	for (size_t i = 0; i < fixture.count; i++) {
		fixture.workload[i] = vm(names[i], 10, 10);
		fixture.workload[i].need.of[RESOURCE_NETWORK] = 5e6;
		fixture.workload[i].dedicated_adapters = i < row->dedicated;
	}
	snprintf(hosts, sizeof(hosts),
		"{\"hosts\":[{\"type\":\"h\",\"count\":1,\"cores\":2,\"core_mhz\":3000,"
		"\"memory_mb\":8192,\"nics\":[%s]}]}",
		row->nics);
	make(&fixture, hosts, &documented);
	assert_int_equal(fixture.plan.unplaced_count == 0, row->fits);
	done(&fixture);
}

/* 800 Mb/s is over what a shared gigabit carries: it gets its own (G15, NET-1). */
static void a_large_peak_wants_its_own_adapter(void **state)
{
	struct fixture fixture = { .count = 1 };

	(void)state;
	fixture.workload[0] = vm("a", 10, 10);
	fixture.workload[0].need.of[RESOURCE_NETWORK] = 800e6;
	make(&fixture, "{\"hosts\":[" HOST("h", 1) "}]}", &documented);
	assert_int_equal(fixture.plan.unplaced_count, 1); /* it has none to give */
	done(&fixture);
	make(&fixture,
		"{\"hosts\":[{\"type\":\"h\",\"count\":1,\"cores\":2,\"core_mhz\":3000,"
		"\"memory_mb\":8192,\"nics\":[" NIC_H "," NIC_S
		",{\"mbps\":10000,\"use\":\"dedicated\"}]}]}",
		&documented);
	assert_int_equal(fixture.plan.unplaced_count, 0);
	assert_near(fixture.plan.host[0].use[PLAN_NETWORK].needed, 0, 0);
	assert_near(fixture.plan.host[0].use[PLAN_ADAPTERS].needed, 2, 0);
	done(&fixture);
}

static void pins_name_single_hosts(void **state)
{
	struct fixture fixture = { .count = 3 };

	(void)state;
	fixture.workload[0] = vm("a", 10, 10);
	fixture.workload[1] = vm("b", 10, 10);
	fixture.workload[2] = vm("c", 10, 10);
	make(&fixture,
		"{\"hosts\":[" HOST("h",
			3) "}],\"constraints\":[{\"kind\":\"pin\",\"workloads\":[\"b\"],\"hosts\":[\"h-3\"]},{\"kind\":\"apart\",\"workloads\":[\"a\",\"b\"]},{\"kind\":\"together\",\"workloads\":[\"a\",\"c\"]}]}",
		&documented);
	assert_int_equal(fixture.plan.unplaced_count, 0);
	assert_int_equal(fixture.plan.host_count, 2);
	assert_string_equal(host_of(&fixture, "b")->name, "h-3");
	assert_string_equal(host_of(&fixture, "a")->name, "h-1");
	assert_ptr_equal(host_of(&fixture, "a"), host_of(&fixture, "c"));
	done(&fixture);
}

static void constraints_in_conflict_are_named(void **state)
{
	struct fixture fixture = { .count = 2 };

	(void)state;
	fixture.workload[0] = vm("a", 10, 10);
	fixture.workload[1] = vm("b", 10, 10);
	make(&fixture,
		"{\"hosts\":[" HOST("h",
			3) "}],\"constraints\":[{\"kind\":\"apart\",\"workloads\":[\"a\",\"b\"]},\n"
			   "{\"kind\":\"together\",\"workloads\":[\"a\",\"b\"]}]}",
		&documented);
	assert_true(fixture.plan.unplaced_count > 0);
	assert_string_equal(fixture.plan.conflict,
		"constraints[0] (line 1, apart), constraints[1] (line 2, together)");
	done(&fixture);
}

static void a_pin_where_it_does_not_fit_says_what_is_missing(void **state)
{
	struct fixture fixture = { .count = 2 };

	(void)state;
	fixture.workload[0] = vm("a", 10, 10);
	/* (1024 + 8032) x 1.25 = 11320 */
	fixture.workload[1] = vm("b", 8000, 10);
	make(&fixture,
		"{\"hosts\":[" HOST("h",
			3) "},{\"type\":\"large\",\"count\":1,"
			   "\"cores\":4,\"core_mhz\":3000,\"memory_mb\":16384,"
			   "\"host_memory_mb\":1024," TWO_NICS
			   ",\"disk_gb\":500}],\"constraints\":["
			   "{\"kind\":\"pin\",\"workloads\":[\"a\",\"b\"],\"hosts\":[\"h\"]}]}",
		&documented);
	assert_int_equal(fixture.plan.unplaced_count, 1);
	assert_int_equal(fixture.plan.unplaced[0].workload, 1);
	assert_string_equal(fixture.plan.unplaced[0].rule, "memory");
	assert_string_equal(fixture.plan.unplaced[0].reason,
		"constraints[0] (line 1, pin): Memory 11320 MB needed, 8192 on h: 3128 "
		"missing");
	done(&fixture);
}

static void the_cheaper_mix_wins(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	struct fixture fixture = { .count = 4 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		fixture.workload[i] = vm(names[i], 2016, 400);
	make(&fixture,
		"{\"hosts\":[" HOST(
			"dear", 2) ",\"cost\":2.5},{\"type\":\"large\",\"count\":1,"
				   "\"cores\":4,\"core_mhz\":3000,\"memory_mb\":16384,"
				   "\"host_memory_mb\":1024," TWO_NICS
				   ",\"disk_gb\":500,\"cost\":4.75}]}",
		&documented);
	assert_int_equal(fixture.plan.host_count, 1);
	assert_string_equal(fixture.plan.host[0].name, "large-1");
	assert_near(fixture.plan.cost, 4.75, 1e-12);
	assert_false(fixture.plan.is_bound_in_hosts);
	assert_near(fixture.plan.lower_bound, 4.75, 1e-12);
	assert_true(fixture.plan.is_proven_optimal);
	done(&fixture);
}

static void what_runs_there_already_is_taken(void **state)
{
	struct fixture fixture = { .count = 1 };

	(void)state;
	fixture.workload[0] = vm("a", 2016, 400); /* (1024 + 2048) x 1.25 = 3840 */
	make(&fixture, "{\"hosts\":[" HOST("h", 1) ",\"used\":{\"memory_mb\":4352}}]}",
		&documented);
	assert_int_equal(fixture.plan.unplaced_count, 0);
	assert_near(fixture.plan.host[0].use[PLAN_MEMORY].capacity, 3840, 0);
	done(&fixture);
	make(&fixture, "{\"hosts\":[" HOST("h", 1) ",\"used\":{\"memory_mb\":4353}}]}",
		&documented);
	assert_int_equal(fixture.plan.unplaced_count, 1);
	assert_non_null(
		strstr(fixture.plan.unplaced[0].reason, "Memory 3840 MB needed"));
	assert_string_equal(fixture.plan.unplaced[0].rule, "memory");
	done(&fixture);
}

static void hosts_must_say_what_workloads_need(void **state)
{
	struct fixture fixture = { .count = 1 };
	struct err err = ERR_INIT;

	(void)state;
	fixture.workload[0] = vm("a", 100, 100);
	fixture.workload[0].need.of[RESOURCE_NETWORK] = 1e6;
	assert_int_equal(
		try_plan(&fixture,
			"{\"hosts\":[{\"type\":\"h\",\"count\":1,\"cores\":2,\"core_mhz\":3000,\"memory_mb\":8192}]}",
			&documented, &err),
		-EINVAL);
	assert_string_equal(
		err.text, "h.json: hosts[0] (h) lists no nics, and workloads need it");
	host_list_done(&fixture.hosts);
}

static void the_peak_of_the_sum_needs_fewer_hosts(void **state)
{
	double day[24], night[24];
	struct fixture fixture = { .count = 2 };
	struct plan_request request = { .factors = &plain,
		.hosts = &fixture.hosts,
		.workload = fixture.workload,
		.workload_count = 2,
		.is_aligned = true,
		.axis = { .first = 3600, .step_s = 3600, .slots = 24 },
		.packing = { .time_limit_s = 5, .without_solver = true } };
	static const char hosts[] =
		"{\"hosts\":[{\"type\":\"h\",\"count\":2,\"cores\":2,\"core_mhz\":1000,"
		"\"memory_mb\":4096}]}";
	struct err err = ERR_INIT;

	(void)state;
	for (size_t k = 0; k < 24; k++) {
		day[k] = k == 10 ? 1500 : 100;
		night[k] = k == 22 ? 1500 : 100;
	}
	fixture.workload[0] = vm("day", 1000, 1500);
	fixture.workload[1] = vm("night", 1000, 1500);
	make(&fixture, hosts, &plain);
	assert_int_equal(fixture.plan.host_count, 2);
	plan_done(&fixture.plan);
	fixture.workload[0].series[RESOURCE_CPU] = day;
	fixture.workload[1].series[RESOURCE_CPU] = night;
	assert_int_equal(plan_make(&request, &fixture.plan, &err), 0);
	assert_int_equal(fixture.plan.host_count, 1);
	assert_near(fixture.plan.host[0].use[PLAN_CPU].needed, 1600, 1e-12);
	assert_near(fixture.plan.host[0].use[PLAN_CPU].sum_of_peaks, 3000, 1e-12);
	assert_int_equal(fixture.plan.host[0].use[PLAN_CPU].at, 11 * 3600);
	assert_near(fixture.plan.host[0].use[PLAN_MEMORY].needed, 2064, 1e-12);
	done(&fixture);
}

static void count_beginnings(void *closure, const struct packing_progress *progress)
{
	unsigned *count = closure;

	*count += strcmp(progress->phase, "heuristics") == 0;
}

/* What survives by the peaks is where an aligned plan that has to survive begins. */
static void an_aligned_plan_with_a_spare_begins_with_the_peaks(void **state)
{
	double day[24], night[24];
	unsigned beginnings = 0;
	struct fixture fixture = { .count = 2 };
	struct plan_request request = { .factors = &plain,
		.hosts = &fixture.hosts,
		.workload = fixture.workload,
		.workload_count = 2,
		.failover = 1,
		.is_aligned = true,
		.axis = { .first = 3600, .step_s = 3600, .slots = 24 },
		.packing = { .time_limit_s = 5,
			.without_solver = true,
			.report = count_beginnings,
			.closure = &beginnings } };
	static const char hosts[] =
		"{\"hosts\":[{\"type\":\"h\",\"count\":4,\"cores\":2,\"core_mhz\":1000,"
		"\"memory_mb\":4096}]}";
	struct err err = ERR_INIT;

	(void)state;
	for (size_t k = 0; k < 24; k++) {
		day[k] = k == 10 ? 1500 : 100;
		night[k] = k == 22 ? 1500 : 100;
	}
	fixture.workload[0] = vm("day", 1000, 1500);
	fixture.workload[1] = vm("night", 1000, 1500);
	fixture.workload[0].series[RESOURCE_CPU] = day;
	fixture.workload[1].series[RESOURCE_CPU] = night;
	assert_int_equal(
		host_list_parse("h.json", hosts, strlen(hosts), &fixture.hosts, &err),
		0);
	assert_int_equal(plan_make(&request, &fixture.plan, &err), 0);
	assert_int_equal(beginnings, 2);
	assert_int_equal(fixture.plan.unplaced_count, 0);
	assert_int_equal(fixture.plan.host_count, 2);
	plan_done(&fixture.plan);
	beginnings = 0;
	request.failover = 0;
	assert_int_equal(plan_make(&request, &fixture.plan, &err), 0);
	assert_int_equal(beginnings, 1);
	assert_int_equal(fixture.plan.host_count, 1);
	done(&fixture);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(adapters_cases) + 13] = {
		cmocka_unit_test(g20_two_hosts_take_two_each),
		cmocka_unit_test(g20_memory_room_is_five),
		cmocka_unit_test(g12_rounded_reservations_decide),
		cmocka_unit_test(g15_the_shared_adapter_fills_exactly),
		cmocka_unit_test(a_large_peak_wants_its_own_adapter),
		cmocka_unit_test(pins_name_single_hosts),
		cmocka_unit_test(constraints_in_conflict_are_named),
		cmocka_unit_test(a_pin_where_it_does_not_fit_says_what_is_missing),
		cmocka_unit_test(the_cheaper_mix_wins),
		cmocka_unit_test(what_runs_there_already_is_taken),
		cmocka_unit_test(hosts_must_say_what_workloads_need),
		cmocka_unit_test(the_peak_of_the_sum_needs_fewer_hosts),
		cmocka_unit_test(an_aligned_plan_with_a_spare_begins_with_the_peaks),
	};

	for (size_t i = 0; i < ARRAY_LEN(adapters_cases); i++)
		tests[i + 13] = (struct CMUnitTest){ .name = adapters_cases[i].name,
			.test_func = check_adapters,
			.initial_state = &adapters_cases[i] };
	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
