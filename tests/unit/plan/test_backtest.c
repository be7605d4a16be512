#include "tests/support.h"
#include "tests/unit/plan/plan_factors_of.h"

#include "analyze/plan/backtest.h"

#include <errno.h>
#include <string.h>

#define SLOTS 13 /* odd: what is written behind the last slot is seen */

/* One host of two 1000 MHz cores and 4096 MB, two workloads. */
struct world {
	double memory[2][SLOTS]; /* bytes */
	double cpu[2][SLOTS];    /* MHz, already rolled */
	double single[2][SLOTS]; /* MHz, slot maxima */
};

static int fold(void *closure, size_t workload, enum resource resource,
	enum timeline_measure measure, const struct timeline *axis, double *ret_values,
	struct err *err)
{
	const struct world *world = closure;
	const double *from = resource == RESOURCE_MEMORY ? world->memory[workload]
		: resource != RESOURCE_CPU               ? NULL
		: measure == TIMELINE_MAXIMUM            ? world->single[workload]
							 : world->cpu[workload];

	(void)err;
	for (size_t k = 0; k < axis->slots; k++)
		ret_values[k] = from ? from[k] : NAN;
	return 0;
}

static const struct plan_factors plain = { PLAIN_FACTORS, .counts_host_memory = true };

static struct host_type type = { .name = (char *)(uintptr_t) "h",
	.count = 1,
	.cores = 2,
	.core_mhz = 1000,
	.memory_mb = 4096,
	.disk_gb = NAN,
	.disk_mb_s = NAN,
	.disk_iops = NAN,
	.cost = NAN };

static struct plan_workload workloads[2] = {
	{ .name = "a",
		.environment = "production",
		.need = { .of = { [RESOURCE_MEMORY] = 2048.0 * 1048576,
				  [RESOURCE_CPU] = 1000 } } },
	{ .name = "b",
		.environment = "production",
		.need = { .of = { [RESOURCE_MEMORY] = 1024.0 * 1048576,
				  [RESOURCE_CPU] = 1000 } } },
};

static void calm(struct world *world)
{
	for (size_t w = 0; w < 2; w++) {
		for (size_t k = 0; k < SLOTS; k++) {
			world->memory[w][k] = 512.0 * 1048576;
			world->cpu[w][k] = world->single[w][k] = 400;
		}
	}
}

static void replay(struct world *world, struct backtest *ret_result)
{
	static const size_t both[] = { 0, 1 };
	static const struct backtest_host host = {
		.name = "h-1", .type = 0, .workload = both, .workload_count = 2
	};
	struct host_list hosts = { .type = &type, .type_count = 1 };
	struct backtest_request request = { .factors = &plain,
		.hosts = &hosts,
		.workload = workloads,
		.workload_count = 2,
		.host = &host,
		.host_count = 1,
		.axis = { .first = 300, .step_s = 300, .slots = SLOTS },
		.fold = fold,
		.closure = world };
	struct err err = ERR_INIT;

	assert_int_equal(backtest_replay(&request, ret_result, &err), 0);
}

static void a_calm_day_has_no_minute_over(void **state)
{
	struct world world;
	struct backtest result;

	(void)state;
	calm(&world);
	replay(&world, &result);
	assert_near(result.minutes_over, 0, 0);
	assert_near(result.filled_ratio, 0, 0);
	assert_near(result.host[0].highest_needed[PLAN_MEMORY], 1024, 1e-12);
	backtest_done(&result);
}

static void exactly_the_limit_is_not_over(void **state)
{
	struct world world;
	struct backtest result;

	(void)state;
	calm(&world);
	world.cpu[0][3] = world.cpu[1][3] = 1000; /* 2000 of 2000 */
	replay(&world, &result);
	assert_near(result.minutes_over, 0, 0);
	backtest_done(&result);
}

static void minutes_and_intervals_are_counted(void **state)
{
	struct world world;
	struct backtest result;

	(void)state;
	calm(&world);
	for (size_t k = 2; k < 5; k++)
		world.cpu[0][k] = 1700; /* 2100 of 2000: three slots */
	world.cpu[0][3] = 1900;
	world.memory[0][3] = 4000.0 * 1048576; /* and memory in one of them */
	world.single[1][9] = 1900;             /* a single slot that the mean hides */
	replay(&world, &result);
	assert_near(result.host[0].minutes_over[PLAN_CPU], 15, 0);
	assert_near(result.host[0].minutes_over[PLAN_MEMORY], 5, 0);
	assert_near(result.minutes_over, 15, 0);
	assert_int_equal(result.host[0].single_slots_over[PLAN_CPU], 1);
	assert_int_equal(result.host[0].worst_count, 2);
	assert_int_equal(result.host[0].worst[0].dimension, PLAN_CPU);
	assert_int_equal(result.host[0].worst[0].from, 600);
	assert_int_equal(result.host[0].worst[0].to, 1500);
	assert_int_equal(result.host[0].worst[0].at, 1200);
	assert_near(result.host[0].worst[0].needed, 2300, 1e-12);
	backtest_done(&result);
}

static void an_unknown_slot_counts_and_is_reported(void **state)
{
	struct world world;
	struct backtest result;

	(void)state;
	calm(&world);
	world.memory[0][5] = NAN;
	replay(&world, &result);
	/* two workloads x (memory + CPU by mean + CPU by maximum) x 12 slots */
	assert_near(result.filled_ratio, 1.0 / (6 * SLOTS), 1e-12);
	assert_near(result.minutes_over, 0, 0);
	backtest_done(&result);
}

static void the_shortfall_of_a_review_is_counted_apart(void **state)
{
	struct world world;
	struct backtest result;
	struct plan_workload before = workloads[0];

	(void)state;
	calm(&world);
	workloads[0].need.of[RESOURCE_MEMORY] = 3072.0 * 1048576;
	workloads[0].shortfall_bytes = 900.0 * 1048576;
	world.memory[0][4] = 3972.0 * 1048576; /* 3972 + 512 of 4096 */
	replay(&world, &result);
	assert_near(result.host[0].minutes_over[PLAN_MEMORY], 0, 0);
	assert_near(result.host[0].minutes_shortfall, 5, 0);
	backtest_done(&result);
	workloads[0] = before;
}

static void the_first_and_the_last_slot_count(void **state)
{
	static const size_t ends[] = { 0, SLOTS - 1 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world world;
		struct backtest result;

		calm(&world);
		world.memory[0][ends[i]] = 8192.0 * 1048576;
		replay(&world, &result);
		assert_near(result.minutes_over, 5, 0);
		assert_near(result.host[0].minutes_over_any, 5, 0);
		assert_near(
			result.host[0].highest_needed[PLAN_MEMORY], 8192 + 512, 1e-9);
		backtest_done(&result);
	}
}

static void nothing_needed_of_nothing_left_is_not_over(void **state)
{
	struct world world;
	struct backtest result;

	(void)state;
	calm(&world);
	for (size_t w = 0; w < 2; w++)
		for (size_t k = 0; k < SLOTS; k++)
			world.cpu[w][k] = world.single[w][k] = 0;
	type.used_cpu_percent = 200; /* both cores */
	replay(&world, &result);
	type.used_cpu_percent = 0;
	assert_near(result.minutes_over, 0, 0);
	backtest_done(&result);
}

static void a_replay_of_no_host_fills_nothing(void **state)
{
	struct host_list hosts = { .type = &type, .type_count = 1 };
	struct backtest_request request = { .factors = &plain,
		.hosts = &hosts,
		.workload = workloads,
		.workload_count = 2,
		.axis = { .first = 300, .step_s = 300, .slots = SLOTS },
		.fold = fold };
	struct err err = ERR_INIT;
	struct backtest result;

	(void)state;
	assert_int_equal(backtest_replay(&request, &result, &err), 0);
	assert_near(result.filled_ratio, 0, 0);
	assert_near(result.minutes_over, 0, 0);
	backtest_done(&result);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_calm_day_has_no_minute_over),
		cmocka_unit_test(exactly_the_limit_is_not_over),
		cmocka_unit_test(the_first_and_the_last_slot_count),
		cmocka_unit_test(nothing_needed_of_nothing_left_is_not_over),
		cmocka_unit_test(a_replay_of_no_host_fills_nothing),
		cmocka_unit_test(minutes_and_intervals_are_counted),
		cmocka_unit_test(an_unknown_slot_counts_and_is_reported),
		cmocka_unit_test(the_shortfall_of_a_review_is_counted_apart),
	};
	return cmocka_run_group_tests_name("backtest", tests, NULL, NULL);
}
