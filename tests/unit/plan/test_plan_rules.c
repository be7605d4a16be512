/*
 * What the documented profile asks of a place beside its room: one core for one VM
 * (CPU-1, CPU-11, CPU-12), adapters (NET-1, NET-3), company, and the settings that are
 * typed in (CPU-9, CPU-10, MEM-3, MEM-8).  Each row is a plan whose answer is known.
 */
#include "analyze/plan/plan.h"
#include "analyze/report/plan_settings.h"
#include "common/units.h"
#include "tests/support.h"

#include <string.h>

#define MB BYTES_PER_MB
#define FAST                                                             \
	"{\"type\":\"fast\",\"count\":1,\"cores\":4,\"core_mhz\":6000,"  \
	"\"memory_mb\":2000,\"host_memory_mb\":512,\"nics\":[" NICS "]," \
	"\"disk_gb\":500,\"cost\":1}"
#define SLOW                                                              \
	"{\"type\":\"slow\",\"count\":4,\"cores\":4,\"core_mhz\":3000,"   \
	"\"memory_mb\":8192,\"host_memory_mb\":1024,\"nics\":[" NICS "]," \
	"\"disk_gb\":500,\"cost\":0.1}"
#define NICS "{\"mbps\":1000,\"use\":\"host\"},{\"mbps\":1000,\"use\":\"shared\"}"

static const struct plan_factors documented = { .profile = "documented",
	.memory_factor = 1.25,
	.counts_host_memory = true,
	.cpu_available_ratio = 0.75,
	.has_reservations = true,
	.network_ratio = 0.75,
	.wants_host_adapter = true,
	.storage_factor = 1.25,
	.max_cores_per_vm = 1 };

static struct plan_workload vm(const char *name, double peak_mb, double mhz)
{
	return (struct plan_workload){ .name = name,
		.environment = "production",
		.need = { { peak_mb * MB, mhz, 1e6, 0, 0 } },
		.overhead_bytes = 32 * MB,
		.storage_bytes = 10 * BYTES_PER_GB };
}

struct made {
	struct host_list hosts;
	struct plan_request request;
	struct plan plan;
};

static void plan_on(struct made *made, const char *hosts,
	const struct plan_factors *factors, struct plan_workload *workload,
	size_t count)
{
	struct err err = ERR_INIT;

	*made = (struct made){
		.request = { .factors = factors,
			.workload = workload,
			.workload_count = count,
			.packing = { .time_limit_s = 5, .without_solver = true } }
	};
	if (host_list_parse("h.json", hosts, strlen(hosts), &made->hosts, &err) < 0)
		fail_msg("%s", err.text);
	made->request.hosts = &made->hosts;
	if (plan_make(&made->request, &made->plan, &err) < 0)
		fail_msg("%s", err.text);
}

static void made_done(struct made *made)
{
	plan_done(&made->plan);
	host_list_done(&made->hosts);
}

static const char *type_of(const struct made *made, size_t host)
{
	return made->hosts.type[made->plan.host[host].type].name;
}

static void cpu_12_a_vm_over_one_core_goes_to_the_type_that_has_it(void **state)
{
	struct plan_workload one = vm("smp", 200, 4800);
	struct made made;

	(void)state;
	plan_on(&made, "{\"hosts\":[" FAST "," SLOW "]}", &documented, &one, 1);
	assert_int_equal(made.plan.host_count, 1);
	assert_string_equal(type_of(&made, 0), "fast");
	made_done(&made);
	one = vm("exact", 200, 3000); /* one whole core is one core */
	plan_on(&made, "{\"hosts\":[" FAST "," SLOW "]}", &documented, &one, 1);
	assert_string_equal(type_of(&made, 0), "slow");
	made_done(&made);
}

static void cpu_11_over_one_core_of_every_type_is_left_out_with_both_figures(
	void **state)
{
	struct plan_workload one = vm("smp", 200, 4800);
	struct made made;

	(void)state;
	plan_on(&made, "{\"hosts\":[" SLOW "]}", &documented, &one, 1);
	assert_int_equal(made.plan.unplaced_count, 1);
	assert_string_equal(made.plan.unplaced[0].rule, "cpu");
	assert_string_equal(made.plan.unplaced[0].reason,
		"needs 4800 MHz, more than the 3000 MHz that one VM may have on slow");
	made_done(&made);
}

static void cpu_11_an_accepted_review_is_capped_to_one_core(void **state)
{
	struct plan_workload one = vm("smp", 200, 4800);
	struct plan_settings settings;
	struct made made;

	(void)state;
	one.is_capped_to_a_core = true;
	plan_on(&made, "{\"hosts\":[" SLOW "]}", &documented, &one, 1);
	assert_int_equal(made.plan.unplaced_count, 0);
	assert_near(made.plan.host[0].use[PLAN_CPU].needed, 100, 0);
	settings = plan_settings_of(&made.request, &made.plan.host[0], &one);
	assert_near(settings.reserved_percent, 100, 0);
	assert_true(settings.reserved_percent <= settings.maximum_percent);
	assert_near(settings.cpu_shortfall_mhz, 1800, 1e-9);
	assert_int_equal(settings.vcpus, 1);
	made_done(&made);
}

static void a_profile_without_that_limit_gives_the_cores_it_takes(void **state)
{
	struct plan_factors factors = documented;
	struct plan_workload one = vm("smp", 200, 4800);
	struct plan_settings settings;
	struct made made;

	(void)state;
	factors.max_cores_per_vm = NAN;
	factors.has_reservations = false;
	plan_on(&made, "{\"hosts\":[" SLOW "]}", &factors, &one, 1);
	assert_int_equal(made.plan.unplaced_count, 0);
	settings = plan_settings_of(&made.request, &made.plan.host[0], &one);
	assert_int_equal(settings.vcpus, 2);
	assert_true(isnan(settings.reserved_percent));
	assert_near(settings.cpu_shortfall_mhz, 0, 0);
	made_done(&made);
}

#define WITH_NICS(nics)                                                              \
	"{\"hosts\":[{\"type\":\"g\",\"count\":1,\"cores\":4,\"core_mhz\":3000,"     \
	"\"memory_mb\":8192,\"host_memory_mb\":1024,\"disk_gb\":500,\"nics\":[" nics \
	"]}]}"

static struct link_case {
	const char *name;
	const char *hosts;
	double mbps;
	const char *reason; /* NULL: it fits */
} link_cases[] = {
	{ "NET-1: what was measured on a gigabit link fits one of its own",
		WITH_NICS(NICS ",{\"mbps\":1000,\"use\":\"dedicated\"}"), 828, NULL },
	{ "NET-1: the whole of a dedicated link, not more",
		WITH_NICS(NICS ",{\"mbps\":1000,\"use\":\"dedicated\"}"), 1000, NULL },
	{ "NET-1: more than the link has",
		WITH_NICS(NICS ",{\"mbps\":1000,\"use\":\"dedicated\"}"), 1001,
		"its peak of 1001 Mb/s is more than the 1000 Mb/s that the adapters of "
		"g carry for it" },
	{ "NET-5: 750 of a shared gigabit", WITH_NICS(NICS), 750, NULL },
	{ "NET-1: over 75 % of the shared one, and none of its own", WITH_NICS(NICS),
		751, "needs 1 adapter(s) for itself or to share, g has 0" },
	{ "NET-3: the host has no adapter of its own",
		WITH_NICS("{\"mbps\":1000,\"use\":\"shared\"}"), 10,
		"g has no adapter for the host itself (NET-3): list one with "
		"\"use\":\"host\" beside those of its VMs" },
};

static void check_link(void **state)
{
	const struct link_case *row = *state;
	struct plan_workload one = vm("a", 200, 100);
	struct made made;

	one.need.of[RESOURCE_NETWORK] = row->mbps * 1e6;
	plan_on(&made, row->hosts, &documented, &one, 1);
	assert_int_equal(made.plan.unplaced_count, row->reason != NULL);
	if (row->reason) {
		assert_string_equal(made.plan.unplaced[0].rule, "adapters");
		assert_string_equal(made.plan.unplaced[0].reason, row->reason);
	}
	made_done(&made);
}

static void the_sensitive_share_a_host_with_nobody(void **state)
{
	struct plan_workload four[] = { vm("a", 100, 100), vm("b", 100, 100),
		vm("c", 100, 100), vm("d", 100, 100) };
	struct made made;

	(void)state;
	four[1].is_sensitive = four[2].is_sensitive = true;
	plan_on(&made, "{\"hosts\":[" SLOW "]}", &documented, four, 4);
	assert_int_equal(made.plan.unplaced_count, 0);
	assert_int_equal(made.plan.host_count, 3);
	for (size_t h = 0; h < made.plan.host_count; h++) {
		const struct plan_host *host = &made.plan.host[h];

		for (size_t i = 0; i < host->workload_count; i++)
			assert_true(host->workload_count == 1 ||
				!four[host->workload[i]].is_sensitive);
	}
	made_done(&made);
}

static void used_over_capacity_leaves_nothing(void **state)
{
	struct plan_workload one = vm("a", 1000, 100);
	struct made made;

	(void)state;
	plan_on(&made,
		"{\"hosts\":[{\"type\":\"h\",\"count\":1,\"cores\":4,\"core_mhz\":3000,"
		"\"memory_mb\":8192,\"host_memory_mb\":0,\"disk_gb\":500,\"nics\":[" NICS
		"],\"used\":{\"memory_mb\":9000}}]}",
		&documented, &one, 1);
	assert_string_equal(made.plan.unplaced[0].rule, "memory");
	assert_string_equal(made.plan.unplaced[0].reason,
		"fits no host alone: Memory: nothing is left on h, 1290 MB needed");
	made_done(&made);
}

static void no_room_names_what_is_short_and_the_event(void **state)
{
	struct plan_workload many[12];
	char names[12][8];
	struct made made;

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "vm%zu", i);
		many[i] = vm(names[i], 100, 400);
	}
	plan_on(&made,
		"{\"hosts\":[{\"type\":\"h\",\"count\":1,\"cores\":2,\"core_mhz\":3000,"
		"\"memory_mb\":16384,\"host_memory_mb\":1024,\"disk_gb\":900,\"nics\":[" NICS
		"]}]}",
		&documented, many, 12);
	assert_int_equal(made.plan.unplaced_count, 2); /* ten start (G12) */
	assert_string_equal(made.plan.unplaced[0].rule, "cpu");
	assert_non_null(strstr(made.plan.unplaced[0].reason, "CPU is short on 1 of 1"));
	assert_non_null(strstr(made.plan.unplaced[0].reason, "event 1042"));
	made_done(&made);
}

static void the_settings_of_a_vm_are_those_of_the_book(void **state)
{
	struct plan_workload one = vm("book", 3072, 400);
	struct plan_settings settings;
	struct made made;

	(void)state;
	one.storage_bytes = 83 * BYTES_PER_GB;
	one.dedicated_adapters = 2;
	plan_on(&made,
		WITH_NICS(NICS ",{\"mbps\":1000,\"use\":\"dedicated\"},"
			       "{\"mbps\":1000,\"use\":\"dedicated\"}"),
		&documented, &one, 1);
	settings = plan_settings_of(&made.request, &made.plan.host[0], &one);
	assert_near(settings.alloc_mb, 3072, 0); /* the peak, not the footprint */
	assert_near(settings.reserved_percent, 14, 0);
	assert_int_equal(settings.relative_weight, 100);
	assert_int_equal(settings.maximum_percent, 100);
	assert_near(settings.storage_gb, 103.75, 1e-12);
	assert_int_equal(settings.adapters, 2);
	made_done(&made);
}

static void g03_a_host_to_be_bought_has_an_even_number_of_gb(void **state)
{
	static const double rows[][2] = { { 5160, 6 }, { 10240, 10 }, { 2560, 4 },
		{ 1280, 2 }, { 6144, 6 }, { 6145, 8 }, { 2048, 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_near(plan_even_gb(rows[i][0]), rows[i][1], 0);
}

static void cpu_6_the_reserve_is_at_most_one_core_where_the_profile_says(void **state)
{
	static const double rows[][3] = { { 1, 75, 75 }, { 2, 150, 150 },
		{ 4, 300, 300 }, { 5, 375, 400 }, { 8, 600, 700 } };
	struct plan_factors capped = documented;

	(void)state;
	capped.keeps_one_core = true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct host_type type = { .cores = (unsigned)rows[i][0],
			.core_mhz = 3000 };
		double capacity;

		assert_true(plan_capacity(&documented, &type, PLAN_CPU, &capacity));
		assert_near(capacity, rows[i][1], 1e-9);
		assert_true(plan_capacity(&capped, &type, PLAN_CPU, &capacity));
		assert_near(capacity, rows[i][2], 1e-9);
	}
}

static void a_purchase_carries_what_the_host_has_to(void **state)
{
	struct host_type type = { .core_mhz = 3000,
		.has_nics = true,
		.nic = { { 1000, NIC_HOST }, { 1000, NIC_SHARED } },
		.nic_count = 2 };
	struct host_list hosts = { .type = &type, .type_count = 1 };
	struct plan_factors factors = documented;
	struct plan_request request = { .factors = &factors, .hosts = &hosts };
	struct plan_host host = { .use = { [PLAN_MEMORY] = { .needed = 6145 },
					  [PLAN_CPU] = { .needed = 400 },
					  [PLAN_NETWORK] = { .needed = 1501 },
					  [PLAN_ADAPTERS] = { .needed = 3 },
					  [PLAN_STORAGE] = { .needed = 207.5 } } };
	struct plan_purchase buy = plan_purchase_of(&request, &host);

	(void)state;
	assert_near(buy.memory_gb, 8, 0);
	assert_near(buy.cores, 6, 0);    /* 4 / 0.75 */
	assert_near(buy.adapters, 5, 0); /* three shared carry 2250 Mb/s */
	assert_near(buy.disk_gb, 208, 0);
	factors.keeps_one_core = true;
	assert_near(plan_purchase_of(&request, &host).cores, 5, 0);
	factors.has_reservations = false; /* in MHz */
	host.use[PLAN_CPU].needed = 12000;
	assert_near(plan_purchase_of(&request, &host).cores, 5, 0);
	host.use[PLAN_CPU].needed = 0;
	assert_near(plan_purchase_of(&request, &host).cores, 1, 0);
	type.has_nics = false;
	assert_true(isnan(plan_purchase_of(&request, &host).adapters));
}

/* 8192 MB and 2 x 3000 MHz of "slow" on two nodes: 4096 MB and 3000 MHz each. */
#define NODES                                                           \
	"{\"type\":\"slow\",\"count\":2,\"cores\":2,\"core_mhz\":3000," \
	"\"memory_mb\":8192,\"numa_nodes\":2,\"nics\":[" NICS "],\"disk_gb\":500}"

static void a_vm_is_no_larger_than_one_numa_node(void **state)
{
	struct plan_workload two[2] = { vm("fits", 4064, 100), vm("over", 4065, 100) };
	struct plan_factors factors = documented;
	struct made made;

	(void)state;
	factors.counts_host_memory = false;
	plan_on(&made, "{\"hosts\":[" NODES "]}", &factors, two, 2);
	assert_int_equal(made.plan.host_count, 1);
	assert_int_equal(made.plan.unplaced_count, 1); /* 4065 + 32 MB */
	assert_string_equal(made.plan.unplaced[0].rule, "numa");
	assert_non_null(strstr(made.plan.unplaced[0].reason, "one NUMA node of slow"));
	made_done(&made);
	two[0] = vm("busy", 500, 3001);
	factors.max_cores_per_vm = 2;
	plan_on(&made, "{\"hosts\":[" NODES "]}", &factors, two, 1);
	assert_int_equal(made.plan.unplaced_count, 1);
	assert_string_equal(made.plan.unplaced[0].rule, "numa");
	made_done(&made);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(link_cases) + 12] = {
		cmocka_unit_test(
			cpu_12_a_vm_over_one_core_goes_to_the_type_that_has_it),
		cmocka_unit_test(
			cpu_11_over_one_core_of_every_type_is_left_out_with_both_figures),
		cmocka_unit_test(cpu_11_an_accepted_review_is_capped_to_one_core),
		cmocka_unit_test(a_profile_without_that_limit_gives_the_cores_it_takes),
		cmocka_unit_test(a_vm_is_no_larger_than_one_numa_node),
		cmocka_unit_test(the_sensitive_share_a_host_with_nobody),
		cmocka_unit_test(used_over_capacity_leaves_nothing),
		cmocka_unit_test(no_room_names_what_is_short_and_the_event),
		cmocka_unit_test(the_settings_of_a_vm_are_those_of_the_book),
		cmocka_unit_test(a_purchase_carries_what_the_host_has_to),
		cmocka_unit_test(g03_a_host_to_be_bought_has_an_even_number_of_gb),
		cmocka_unit_test(
			cpu_6_the_reserve_is_at_most_one_core_where_the_profile_says),
	};

	for (size_t i = 0; i < ARRAY_LEN(link_cases); i++)
		tests[12 + i] = (struct CMUnitTest){ .name = link_cases[i].name,
			.test_func = check_link,
			.initial_state = &link_cases[i] };
	return cmocka_run_group_tests_name("plan_rules", tests, NULL, NULL);
}
