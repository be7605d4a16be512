/* How sure a number of hosts is: each draw of days again by hand, with the same seed. */
#include "common/random.h"
#include "common/units.h"
#include "tests/support.h"
#include "tests/unit/plan/plan_factors_of.h"

#include "analyze/plan/resample.h"

#include <string.h>

#define DAYS 3
#define HOURS 24
#define SLOTS (DAYS * HOURS + 5) /* the last day is cut off */
#define WORKLOADS 2
#define RESAMPLES 60
#define SEED 7

static const struct plan_factors plain = { PLAIN_FACTORS, .counts_host_memory = true };

static const char hosts_text[] =
	"{\"hosts\":[{\"type\":\"h\",\"count\":4,\"cores\":1,\"core_mhz\":1000,"
	"\"memory_mb\":8192,\"host_memory_mb\":0,\"cost\":3}]}";

/*
 * Both take 700 MHz of a core of 1000 at the same hour of the second day, so that a draw
 * with that day takes two hosts; on the other days each has its own hour.
 */
static double course(size_t workload, size_t slot)
{
	size_t day = slot / HOURS, hour = slot % HOURS;

	if (day == 1)
		return hour == 8 ? 700 : 100;
	return hour == 8 + 4 * workload ? 700 : 100;
}

struct drawing {
	struct host_list hosts;
	double cpu[WORKLOADS][SLOTS];
	double highest[WORKLOADS * RESOURCE_COUNT * DAYS];
	struct plan_workload workload[WORKLOADS];
	struct plan_request request;
	struct resample_days days;
};

static void prepare(struct drawing *d)
{
	struct err err = ERR_INIT;

	*d = (struct drawing){
		.request = { .factors = &plain,
			.hosts = &d->hosts,
			.workload = d->workload,
			.workload_count = WORKLOADS,
			.is_aligned = true,
			.axis = { .first = 3600, .step_s = 3600, .slots = SLOTS } },
		.days = { .days = DAYS, .highest = d->highest }
	};
	assert_int_equal(host_list_parse("h.json", hosts_text, strlen(hosts_text),
				 &d->hosts, &err),
		0);
	for (size_t i = 0; i < ARRAY_LEN(d->highest); i++)
		d->highest[i] = NAN;
	for (size_t w = 0; w < WORKLOADS; w++) {
		for (size_t k = 0; k < SLOTS; k++)
			d->cpu[w][k] = course(w, k);
		for (size_t day = 0; day < DAYS; day++)
			d->highest[(w * RESOURCE_COUNT + RESOURCE_CPU) * DAYS + day] =
				700;
		d->workload[w] = (struct plan_workload){ .name = w ? "b" : "a",
			.environment = "production",
			.need = { .of = { [RESOURCE_MEMORY] = 100 * BYTES_PER_MB,
					  [RESOURCE_CPU] = 700 } },
			.series = { [RESOURCE_CPU] = d->cpu[w] } };
	}
}

/* How many draws have one of these days (a bit for each). */
static size_t draws_with(unsigned wanted)
{
	uint64_t seed = SEED;
	size_t count = 0;

	for (size_t n = 0; n < RESAMPLES; n++) {
		bool has = false;

		for (size_t i = 0; i < DAYS; i++)
			has |= wanted >> random_below(&seed, DAYS) & 1;
		count += has;
	}
	return count;
}

static void a_day_that_is_drawn_comes_as_a_whole(void **state)
{
	struct resample_result result;
	struct err err = ERR_INIT;
	struct drawing d;
	size_t two = draws_with(1 << 1);

	(void)state;
	prepare(&d);
	assert_true(two > 0 && two < RESAMPLES);
	assert_int_equal(resample_plan(&d.request, &d.days, 2, RESAMPLES, SEED, 5, NULL,
				 NULL, &result, &err),
		0);
	assert_int_equal(result.resamples, RESAMPLES);
	assert_int_equal(result.same_count, two);
	assert_true(result.fewest == 1 && result.most == 2);
	assert_near(result.cheapest, 3, 0);
	assert_near(result.dearest, 6, 0);
	host_list_done(&d.hosts);
}

/* By peaks alone the draw is as high as the highest of the days that it has. */
static void without_courses_the_highest_of_the_days_counts(void **state)
{
	struct resample_result result;
	struct err err = ERR_INIT;
	struct drawing d;

	(void)state;
	prepare(&d);
	d.request.is_aligned = false;
	for (size_t w = 0; w < WORKLOADS; w++) {
		double *of = &d.highest[(w * RESOURCE_COUNT + RESOURCE_CPU) * DAYS];

		of[0] = 400;
		of[1] = NAN;
		of[2] = 700;
		d.workload[w].series[RESOURCE_CPU] = NULL;
	}
	assert_int_equal(resample_plan(&d.request, &d.days, 1, RESAMPLES, SEED, 5, NULL,
				 NULL, &result, &err),
		0);
	/* where none of the days drawn is known the need stays what it is, 700 */
	assert_true(result.fewest == 1 && result.most == 2);
	assert_int_equal(
		result.same_count, draws_with(1 << 0 | 1 << 2) - draws_with(1 << 2));
	host_list_done(&d.hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_that_is_drawn_comes_as_a_whole),
		cmocka_unit_test(without_courses_the_highest_of_the_days_counts),
	};

	return cmocka_run_group_tests_name("draws of days", tests, NULL, NULL);
}
