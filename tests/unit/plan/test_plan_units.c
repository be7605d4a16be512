/*
 * What a host can take and what a workload adds to it, figure by figure: every dimension,
 * with and without the factors, computed by hand beside each row (MEM-7, CPU-6, NET-1, NET-3,
 * STO-6).
 */
#include "tests/support.h"
#include "tests/unit/plan/plan_factors_of.h"

#include "analyze/plan/plan_units.h"
#include "common/units.h"

#include <string.h>

static const struct plan_factors toolkit = { TOOLKIT_FACTORS, .keeps_one_core = true,
	.max_cores_per_vm = 1 };

/* No factor at all. */
static const struct plan_factors bare = { PLAIN_FACTORS };

static const struct host_nic nics[] = {
	{ .mbps = 1000, .use = NIC_HOST },
	{ .mbps = 1000, .use = NIC_SHARED },
	{ .mbps = 400, .use = NIC_SHARED },
	{ .mbps = 1000, .use = NIC_DEDICATED },
	{ .mbps = 1000, .use = NIC_DEDICATED },
};

static void give_nics(struct host_type *type, size_t first, size_t count)
{
	memcpy(type->nic, nics + first, count * sizeof(nics[0]));
	type->nic_count = count;
}

static struct host_type host(unsigned cores)
{
	struct host_type type = { .cores = cores,
		.core_mhz = 3000,
		.memory_mb = 8192,
		.host_memory_mb = 1024,
		.has_nics = true,
		.disk_gb = 500,
		.disk_mb_s = 120,
		.disk_iops = 1500 };

	give_nics(&type, 0, ARRAY_LEN(nics));
	return type;
}

static void expect_capacity(const struct plan_factors *factors,
	const struct host_type *type, enum plan_dimension dimension, double wanted)
{
	double got = NAN;

	assert_true(plan_capacity(factors, type, dimension, &got));
	assert_near(got, wanted, 1e-9);
}

static void capacities(void **state)
{
	static const struct {
		enum plan_dimension dimension;
		double toolkit, bare;
	} rows[] = {
		{ PLAN_MEMORY, 8192, 8192 },
		{ PLAN_CPU, 300, 12000 }, /* 3 of 4 cores in per cent; 4 x 3000 MHz */
		{ PLAN_NETWORK, 1050, 1400 }, /* (1000 + 400) x 0.75 */
		{ PLAN_ADAPTERS, 4, 3 }, /* own + shared + 2; without the own one */
		{ PLAN_STORAGE, 500, 500 },
		{ PLAN_DISK, 120, 120 },
		{ PLAN_DISK_OPS, 1500, 1500 },
	};
	const struct host_type type = host(4);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		expect_capacity(&toolkit, &type, rows[i].dimension, rows[i].toolkit);
		expect_capacity(&bare, &type, rows[i].dimension, rows[i].bare);
	}
}

/* What is there already, what is not stated, and no less than nothing. */
static void capacities_of_what_is_used(void **state)
{
	struct host_type type = host(4);
	double got;

	(void)state;
	type.used_memory_mb = 2000;
	type.used_cpu_percent = 40;
	type.used_network_mbps = 50;
	type.used_storage_gb = 120;
	expect_capacity(&toolkit, &type, PLAN_MEMORY, 6192);
	expect_capacity(&toolkit, &type, PLAN_CPU, 260);
	expect_capacity(&bare, &type, PLAN_CPU, 10800); /* 40 % of one core of 3000 */
	expect_capacity(&toolkit, &type, PLAN_NETWORK, 1000);
	expect_capacity(&toolkit, &type, PLAN_STORAGE, 380);
	type.used_memory_mb = 9000;
	expect_capacity(&toolkit, &type, PLAN_MEMORY, 0);
	type.disk_gb = NAN;
	type.disk_mb_s = NAN;
	type.disk_iops = NAN;
	type.has_nics = false;
	assert_false(plan_capacity(&toolkit, &type, PLAN_STORAGE, &got));
	assert_false(plan_capacity(&toolkit, &type, PLAN_DISK, &got));
	assert_false(plan_capacity(&toolkit, &type, PLAN_DISK_OPS, &got));
	assert_false(plan_capacity(&toolkit, &type, PLAN_NETWORK, &got));
	assert_false(plan_capacity(&toolkit, &type, PLAN_ADAPTERS, &got));
}

/* A quarter of the cores, one core at most, or what the host states (CPU-6). */
static void reserved_cores(void **state)
{
	static const struct {
		unsigned cores;
		double stated_percent; /* negative: not stated */
		double wanted;
	} rows[] = {
		{ 1, -1, 75 },
		{ 2, -1, 150 },
		{ 4, -1, 300 },
		{ 8, -1, 700 },
		{ 16, -1, 1500 },
		{ 4, 0, 400 },
		{ 4, 10, 360 },
		{ 8, 50, 400 },
		{ 16, 25, 1200 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct host_type type = host(rows[i].cores);

		type.has_cpu_reserve = rows[i].stated_percent >= 0;
		type.cpu_reserve_percent = rows[i].stated_percent;
		expect_capacity(&toolkit, &type, PLAN_CPU, rows[i].wanted);
		assert_near(plan_available_ratio(&toolkit, &type),
			type.has_cpu_reserve ? 1 - rows[i].stated_percent / 100 : 0.75,
			1e-12);
	}
}

static void adapters_that_count_once(void **state)
{
	static const struct {
		size_t first, count;
		double toolkit, bare;
	} rows[] = {
		{ 0, 1, 1, 0 },
		{ 0, 2, 2, 1 },
		{ 0, 3, 2, 1 }, /* a second shared one is no further network */
		{ 1, 2, 1, 1 },
		{ 3, 2, 2, 2 },
		{ 2, 3, 3, 3 },
	};
	struct host_type type = host(4);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		give_nics(&type, rows[i].first, rows[i].count);
		expect_capacity(&toolkit, &type, PLAN_ADAPTERS, rows[i].toolkit);
		expect_capacity(&bare, &type, PLAN_ADAPTERS, rows[i].bare);
	}
}

static void demands(void **state)
{
	const struct host_type type = host(4);
	struct plan_workload workload = { .is_capped_to_a_core = true };

	(void)state;
	/* 400 of 3000 MHz are 13.3 %, in whole per cent 14 */
	assert_near(plan_demand(&toolkit, &type, PLAN_CPU, 400), 14, 0);
	assert_near(plan_demand(&toolkit, &type, PLAN_CPU, 390), 13, 0);
	assert_near(plan_demand(&bare, &type, PLAN_CPU, 400), 400, 0);
	assert_near(plan_demand(&toolkit, &type, PLAN_MEMORY, 400.5), 400.5, 0);
	assert_near(plan_core_limit(&toolkit, &type), 3000, 0);
	assert_true(isnan(plan_core_limit(&bare, &type)));
	/* an accepted review is capped to the core, of CPU alone */
	assert_near(plan_demand_of(&toolkit, &type, &workload, PLAN_CPU, 4000), 100, 0);
	assert_near(plan_demand_of(&toolkit, &type, &workload, PLAN_CPU, 2999), 100, 0);
	assert_near(plan_demand_of(&toolkit, &type, &workload, PLAN_CPU, 1500), 50, 0);
	assert_near(
		plan_demand_of(&toolkit, &type, &workload, PLAN_MEMORY, 4000), 4000, 0);
	workload.is_capped_to_a_core = false;
	assert_near(plan_demand_of(&toolkit, &type, &workload, PLAN_CPU, 4000), 134, 0);
}

static void needs_of_a_host(void **state)
{
	static const struct {
		enum plan_dimension dimension;
		double sum, toolkit, bare;
	} rows[] = {
		{ PLAN_MEMORY, 4096, 6400, 4096 }, /* (1024 + 4096) x 1.25 */
		{ PLAN_CPU, 28, 28, 28 },
		{ PLAN_NETWORK, 100, 100, 100 },
		{ PLAN_ADAPTERS, 2, 3, 2 },
		{ PLAN_STORAGE, 83, 103.75, 83 },
		{ PLAN_DISK, 9, 9, 9 },
		{ PLAN_DISK_OPS, 7, 7, 7 },
	};
	const struct host_type type = host(4);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_near(
			plan_needed(&toolkit, &type, rows[i].dimension, rows[i].sum),
			rows[i].toolkit, 1e-9);
		assert_near(plan_needed(&bare, &type, rows[i].dimension, rows[i].sum),
			rows[i].bare, 1e-9);
	}
}

static struct plan_workload sample(void)
{
	return (struct plan_workload){ .name = "w",
		.need = { .of = { [RESOURCE_MEMORY] = 2000 * BYTES_PER_MB,
				  [RESOURCE_CPU] = 400,
				  [RESOURCE_NETWORK] = 50e6,
				  [RESOURCE_DISK] = 3 * BYTES_PER_MB,
				  [RESOURCE_DISK_OPS] = 70 } },
		.overhead_bytes = 32 * BYTES_PER_MB,
		.storage_bytes = 83 * BYTES_PER_GB };
}

static void sized_figures(void **state)
{
	static const struct {
		enum plan_dimension dimension;
		double wanted, alone; /* with an adapter of its own it shares none */
	} rows[] = {
		{ PLAN_MEMORY, 2032, 2032 },
		{ PLAN_CPU, 400, 400 },
		{ PLAN_NETWORK, 50, 0 },
		{ PLAN_ADAPTERS, 0, 2 },
		{ PLAN_STORAGE, 83, 83 },
		{ PLAN_DISK, 3, 3 },
		{ PLAN_DISK_OPS, 70, 70 },
	};
	struct host_type type = host(4);
	const struct host_list hosts = { .type = &type, .type_count = 1 };
	struct plan_workload workload = sample();
	struct plan_workload alone = sample();

	(void)state;
	alone.dedicated_adapters = 2;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_near(plan_sized(&toolkit, &hosts, &workload, rows[i].dimension),
			rows[i].wanted, 1e-9);
		assert_near(plan_sized(&toolkit, &hosts, &alone, rows[i].dimension),
			rows[i].alone, 1e-9);
		assert_near(plan_to_resource(rows[i].dimension,
				    plan_from_resource(rows[i].dimension, 12345)),
			12345, 1e-9);
	}
	assert_near(plan_footprint(&workload), 2032 * BYTES_PER_MB, 0);
	assert_near(plan_to_resource(PLAN_MEMORY, 1), 1048576, 0);
	assert_near(plan_to_resource(PLAN_DISK, 1), 1048576, 0);
	assert_near(plan_to_resource(PLAN_STORAGE, 1), 1073741824, 0);
	assert_near(plan_to_resource(PLAN_NETWORK, 1), 1e6, 0);
	assert_near(plan_to_resource(PLAN_CPU, 1), 1, 0);
}

/* Over what the largest shared adapter carries it gets one of its own (NET-1). */
static void own_adapters(void **state)
{
	static const struct {
		double mbps;
		unsigned stated, toolkit, bare;
	} rows[] = {
		{ 0, 0, 0, 0 },
		{ 750, 0, 0, 0 },
		{ 751, 0, 1, 0 },
		{ 1000, 0, 1, 0 },
		{ 1001, 0, 1, 1 },
		{ 10, 3, 3, 3 },
	};
	struct host_type types[] = { host(4), host(4) };
	const struct host_list hosts = { .type = types, .type_count = 2 };
	const struct host_list none = { .type = types, .type_count = 0 };

	(void)state;
	/* the first has the slow one alone */
	give_nics(&types[0], 2, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_workload workload = sample();

		workload.need.of[RESOURCE_NETWORK] = rows[i].mbps * 1e6;
		workload.dedicated_adapters = rows[i].stated;
		assert_int_equal(
			plan_adapters(&toolkit, &hosts, &workload), rows[i].toolkit);
		assert_int_equal(plan_adapters(&bare, &hosts, &workload), rows[i].bare);
		if (rows[i].mbps > 0 && !rows[i].stated)
			assert_int_equal(plan_adapters(&bare, &none, &workload), 1);
	}
}

/* A recorded slot has the growth of the horizon, and MHz the factor of the target. */
static void recorded_slots(void **state)
{
	struct plan_workload workload = sample();

	(void)state;
	workload.growth[RESOURCE_CPU] = 100;
	workload.growth[RESOURCE_MEMORY] = 5;
	assert_near(plan_recorded(&workload, RESOURCE_CPU, 300), 400, 0);
	workload.cpu_factor = 0.5;
	assert_near(plan_recorded(&workload, RESOURCE_CPU, 300), 200, 0);
	assert_near(plan_recorded(&workload, RESOURCE_MEMORY, 10), 15, 0);
}

static void units(void **state)
{
	static const char *const toolkit_units[] = { "mb", "percent_of_core", "mbps",
		"adapters", "gb", "mb_per_s", "ops_per_s" };

	(void)state;
	for (size_t i = 0; i < PLAN_DIMENSION_COUNT; i++) {
		enum plan_dimension dimension = (enum plan_dimension)i;

		assert_string_equal(plan_unit(&toolkit, dimension), toolkit_units[i]);
		assert_string_equal(plan_unit(&bare, dimension),
			dimension == PLAN_CPU ? "mhz" : toolkit_units[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capacities),
		cmocka_unit_test(capacities_of_what_is_used),
		cmocka_unit_test(reserved_cores),
		cmocka_unit_test(adapters_that_count_once),
		cmocka_unit_test(demands),
		cmocka_unit_test(needs_of_a_host),
		cmocka_unit_test(sized_figures),
		cmocka_unit_test(own_adapters),
		cmocka_unit_test(recorded_slots),
		cmocka_unit_test(units),
	};

	return cmocka_run_group_tests_name("units of a plan", tests, NULL, NULL);
}
