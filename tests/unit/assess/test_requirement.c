/* The formulas, by own tables; tests/unit/assess/test_golden.c reads the same from a file. */
#include "tests/support.h"

#include "analyze/assess/requirement.h"
#include "analyze/plan/plan_units.h"
#include "analyze/report/plan_settings.h"
#include "common/units.h"

/* What the plan counts a host by, under the documented profile. */
static const struct plan_factors documented = { .profile = "documented",
	.memory_factor = 1.25,
	.counts_host_memory = true,
	.cpu_available_ratio = 0.75,
	.has_reservations = true,
	.network_ratio = 0.75,
	.wants_host_adapter = true };

static double capacity_of(const struct plan_factors *factors,
	const struct host_type *type, enum plan_dimension dimension)
{
	double capacity = NAN;

	assert_true(plan_capacity(factors, type, dimension, &capacity));
	return capacity;
}

static void vm_memory_is_peak_and_overhead_G01(void **state)
{
	static const double rows[][2] = { { 3072, 3104 }, { 96, 128 }, { 512, 544 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_near(requirement_vm_memory(rows[i][0], 32), rows[i][1], 0);
	assert_true(isnan(requirement_vm_memory(NAN, 32)));
}

/* host OS, sum of the VMs' memory, needed in MB, to be bought in GB */
static void server_memory_and_even_rounding_G02_G03(void **state)
{
	static const double rows[][4] = { { 1024, 3104, 5160, 6 },
		{ 2048, 3 * 2048, 10240, 10 }, { 768, 1280, 2560, 4 },
		{ 1024, 0, 1280, 2 } };
	struct plan_factors alone = documented;

	(void)state;
	alone.counts_host_memory = false;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct host_type type = { .host_memory_mb = rows[i][0] };

		assert_near(plan_needed(&documented, &type, PLAN_MEMORY, rows[i][1]),
			rows[i][2], 0);
		assert_near(plan_even_gb(rows[i][2]), rows[i][3], 0);
		assert_near(plan_needed(&alone, &type, PLAN_MEMORY, rows[i][1]),
			1.25 * rows[i][1], 0);
	}
}

static void the_limit_is_strict_G04(void **state)
{
	static const struct {
		double peak;
		bool binary, decimal;
	} rows[] = { { 3568, false, false }, { 3569, false, true },
		{ 3600, false, true }, { 3654, false, true }, { 3655, true, true },
		{ 3686, true, true }, { 3687, true, true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		double vm = requirement_vm_memory(rows[i].peak, 32);

		assert_int_equal(requirement_is_over(vm, 3.6 * 1024), rows[i].binary);
		assert_int_equal(requirement_is_over(vm, 3600), rows[i].decimal);
	}
	assert_false(requirement_is_over(3686, 3.6 * 1024));
	assert_true(requirement_is_over(3687, 3.6 * 1024));
	assert_near(requirement_accepted_memory(3686.4, 32, 5000), 3654.4, 1e-12);
	assert_near(requirement_accepted_memory(3686.4, 32, 3000), 3000, 0);
}

static void processor_G07_to_G09(void **state)
{
	static const double rows[][4] = { { 1, 3000, 2250, 2250 },
		{ 2, 6000, 4500, 4500 }, { 4, 12000, 9000, 9000 },
		{ 5, 15000, 11250, 12000 }, { 8, 24000, 18000, 21000 } };

	(void)state;
	assert_near(requirement_cpu_on_target(400, 1.0), 400, 0);
	assert_near(requirement_cpu_on_target(400, 0.8), 320, 1e-12);
	assert_near(requirement_cpu_on_target(400, 1.25), 500, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct host_type type = { .cores = (unsigned)rows[i][0],
			.core_mhz = 3000 };
		struct plan_factors factors = documented;

		factors.has_reservations = false; /* so that it counts in MHz */
		assert_near(capacity_of(&factors, &type, PLAN_CPU), rows[i][2], 1e-9);
		factors.keeps_one_core = true;
		assert_near(capacity_of(&factors, &type, PLAN_CPU), rows[i][3], 1e-9);
		factors.cpu_available_ratio = 1;
		assert_near(capacity_of(&factors, &type, PLAN_CPU), rows[i][1], 1e-9);
	}
}

static void reserved_capacity_G10_G11_G13(void **state)
{
	static const double rows[][5] = { /* cores, MHz, share, needed, reserved */
		{ 2, 2000, 0.10, 400, 14 }, { 1, 3000, 0.07, 210, 7 },
		{ 1, 3000, 0.14, 420, 14 }, { 3, 1000, 0.10, 300, 10 },
		{ 1, 3000, 0.00, 0, 0 }, { 1, 3000, 1.00, 3000, 100 },
		{ 4, 2000, 0.60, 4800, 160 }, { 4, 2000, 0.30, 2400, 80 },
		{ 1, 2000, 0.90, 1800, 60 }, { 1, 3400, 1.00, 3400, 114 },
		{ 2, 3000, 0.50, 3000, 100 }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct host_type type = { .core_mhz = 3000 };
		double need = rows[i][0] * rows[i][1] * rows[i][2];

		assert_near(need, rows[i][3], 1e-12);
		assert_near(
			plan_demand(&documented, &type, PLAN_CPU, need), rows[i][4], 0);
		assert_near(requirement_reserved_percent(need, 3000), rows[i][4], 0);
	}
}

static void network_G14_to_G16(void **state)
{
	static const struct {
		double peak_mbps;
		unsigned stated, own;
	} rows[] = { { 50, 0, 0 }, { 750, 0, 0 }, { 751, 0, 1 }, { 800, 0, 1 },
		{ 800, 2, 2 }, { 5, 1, 1 } };
	struct host_type type = { .has_nics = true,
		.nic = { { 1000, NIC_HOST }, { 1000, NIC_SHARED },
			{ 10000, NIC_DEDICATED } },
		.nic_count = 3 };
	struct host_list hosts = { .type = &type, .type_count = 1 };
	struct plan_factors without = documented;

	(void)state;
	assert_near(capacity_of(&documented, &type, PLAN_NETWORK), 750, 0);
	assert_near(capacity_of(&documented, &type, PLAN_ADAPTERS), 3, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_workload one = { .dedicated_adapters = rows[i].stated };

		one.need.of[RESOURCE_NETWORK] = rows[i].peak_mbps * 1e6;
		assert_int_equal(plan_adapters(&documented, &hosts, &one), rows[i].own);
		assert_near(plan_sized(&documented, &hosts, &one, PLAN_NETWORK),
			rows[i].own ? 0 : rows[i].peak_mbps, 0);
	}
	assert_near(plan_needed(&documented, &type, PLAN_ADAPTERS, 2), 3, 0);
	without.wants_host_adapter = false;
	assert_near(plan_needed(&without, &type, PLAN_ADAPTERS, 2), 2, 0);
}

static void storage_G17(void **state)
{
	static const struct {
		double size, save;
		unsigned differencing, undo;
		double subtotal, total, grand;
	} rows[] = { { 40, 3, 0, 1, 83, 103.75, 110.666667 },
		{ 40, 3, 0, 0, 43, 53.75, 57.333333 },
		{ 100, 2, 1, 1, 302, 377.5, 402.666667 },
		{ 20, 0.5, 0, 0, 20.5, 25.625, 27.333333 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct requirement_disk disk = { .size = rows[i].size,
			.used = NAN,
			.differencing = rows[i].differencing,
			.undo = rows[i].undo };
		double subtotal = requirement_disk_file(&disk) +
			requirement_disk_children(&disk) + rows[i].save;

		assert_near(subtotal, rows[i].subtotal, 0);
		assert_near(
			requirement_storage(subtotal, 0.25, false), rows[i].total, 0);
		assert_near(
			requirement_storage(subtotal, 0.25, true), rows[i].grand, 1e-7);
	}
}

static void a_dynamic_disk_counts_what_is_used_STO_7(void **state)
{
	struct requirement_disk disk = { .size = 80, .used = 40, .is_dynamic = true };

	(void)state;
	assert_near(requirement_disk_file(&disk), 40, 0);
	disk.undo = 1;
	assert_near(requirement_disk_children(&disk), 80, 0);
	disk.is_dynamic = false;
	assert_near(requirement_disk_file(&disk), 80, 0);
	disk.size = NAN;
	assert_true(isnan(requirement_disk_file(&disk)));
	assert_true(isnan(requirement_disk_children(&disk)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(vm_memory_is_peak_and_overhead_G01),
		cmocka_unit_test(server_memory_and_even_rounding_G02_G03),
		cmocka_unit_test(the_limit_is_strict_G04),
		cmocka_unit_test(processor_G07_to_G09),
		cmocka_unit_test(reserved_capacity_G10_G11_G13),
		cmocka_unit_test(network_G14_to_G16),
		cmocka_unit_test(storage_G17),
		cmocka_unit_test(a_dynamic_disk_counts_what_is_used_STO_7),
	};
	return cmocka_run_group_tests_name("requirement", tests, NULL, NULL);
}
