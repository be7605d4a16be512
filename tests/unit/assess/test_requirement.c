/* The formulas, by own tables; tests/unit/assess/test_golden.c reads the same from a file. */
#include "tests/support.h"

#include "analyze/assess/requirement.h"
#include "common/units.h"

static void vm_memory_is_peak_and_overhead_G01(void **state)
{
	static const double rows[][2] = { { 3072, 3104 }, { 96, 128 }, { 512, 544 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_near(requirement_vm_memory(rows[i][0], 32), rows[i][1], 0);
	assert_true(isnan(requirement_vm_memory(NAN, 32)));
}

static void server_memory_of_the_book_G02(void **state)
{
	double vm = 3104, decimal = 3032;

	(void)state;
	assert_near(requirement_server_memory(1024, &vm, 1, 1.25), 5160, 0);
	assert_near(requirement_even_gb(5160.0 / 1024), 6, 0);
	assert_near(requirement_server_memory(1000, &decimal, 1, 1.25), 5040, 0);
	assert_near(requirement_even_gb(5.04), 6, 0);
}

static void even_rounding_G03(void **state)
{
	double three[] = { 2048, 2048, 2048 }, one = 1280;

	(void)state;
	assert_near(requirement_server_memory(2048, three, 3, 1.25), 10240, 0);
	assert_near(requirement_even_gb(10), 10, 0);
	assert_near(requirement_server_memory(768, &one, 1, 1.25), 2560, 0);
	assert_near(requirement_even_gb(2.5), 4, 0);
	assert_near(requirement_server_memory(1024, NULL, 0, 1.25), 1280, 0);
	assert_near(requirement_even_gb(1.25), 2, 0);
	assert_near(requirement_memory_room(8192, 1024, 1.25), 5529.6, 1e-12);
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
	assert_near(requirement_cpu_mhz(2, 2000, 0.10), 400, 1e-12);
	assert_near(requirement_cpu_on_target(400, 1.0), 400, 0);
	assert_near(requirement_cpu_on_target(400, 0.8), 320, 1e-12);
	assert_near(requirement_cpu_on_target(400, 1.25), 500, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		double cores = rows[i][0];

		assert_near(requirement_host_cpu_mhz(cores, 3000), rows[i][1], 0);
		assert_near(requirement_host_cpu_available(cores, 3000, 0.25, false),
			rows[i][2], 0);
		assert_near(requirement_host_cpu_available(cores, 3000, 0.25, true),
			rows[i][3], 0);
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
		double need = requirement_cpu_mhz(rows[i][0], rows[i][1], rows[i][2]);

		assert_near(need, rows[i][3], 1e-12);
		assert_near(requirement_reserved_percent(need, 3000), rows[i][4], 0);
	}
	assert_near(requirement_system_percent(400, 4500), 9, 0);
	assert_near(requirement_system_percent(400, 6000), 7, 0);
}

static void network_G14_to_G16(void **state)
{
	static const unsigned adapters[][3] = { /* dedicated, sharing, needed */
		{ 0, 3, 2 }, { 1, 3, 3 }, { 1, 0, 2 }
	};
	double four = 4 * requirement_network(100, 0.5);

	(void)state;
	assert_near(four, 200, 0);
	assert_near(requirement_network_left(1000, 0.75, four), 550, 0);
	assert_near(requirement_network_left(1000, 0.75, 15 * 50), 0, 0);
	assert_near(requirement_network_left(1000, 0.75, 16 * 50), -50, 0);
	assert_true(requirement_wants_dedicated(800, 1000, 0.75));
	assert_false(requirement_wants_dedicated(750, 1000, 0.75));
	for (size_t i = 0; i < ARRAY_LEN(adapters); i++)
		assert_int_equal(
			requirement_adapters(true, adapters[i][0], adapters[i][1]),
			adapters[i][2]);
	assert_int_equal(requirement_adapters(false, 0, 3), 1);
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
		double subtotal = requirement_storage_subtotal(&disk, 1, rows[i].save);

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
	assert_true(isnan(requirement_storage_subtotal(&disk, 1, 3)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(vm_memory_is_peak_and_overhead_G01),
		cmocka_unit_test(server_memory_of_the_book_G02),
		cmocka_unit_test(even_rounding_G03),
		cmocka_unit_test(the_limit_is_strict_G04),
		cmocka_unit_test(processor_G07_to_G09),
		cmocka_unit_test(reserved_capacity_G10_G11_G13),
		cmocka_unit_test(network_G14_to_G16),
		cmocka_unit_test(storage_G17),
		cmocka_unit_test(a_dynamic_disk_counts_what_is_used_STO_7),
	};
	return cmocka_run_group_tests_name("requirement", tests, NULL, NULL);
}
