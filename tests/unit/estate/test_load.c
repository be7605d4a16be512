/* The analysis step and the slots that count, on archives as the daemon makes them. */
#include "store/store.h"
#include "tests/support.h"
#include "tests/scratch_dir.h"

#include "analyze/estate/load.h"
#include "schema/rra.h"
#include "store/rrd/series_store.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The daemon began 35 s after a full hour. */
#define HOUR ((int64_t)1800000000)
#define BEGIN (HOUR + 35)
#define STEP_S 5

static char dir[] = "/tmp/headroom-test-XXXXXX";
static struct store *store;
static struct estate opened; /* of that store */

/* Slots of one workload: value 1, but 9 once, and unknown for a while. */
static void make_workload(const char *name, const struct rra_settings *keep,
	unsigned step_s, int64_t length_s, struct workload *ret_workload)
{
	static const char *const source[] = { "used_bytes" };
	size_t rows = (size_t)(length_s / step_s);
	int64_t *stamp = calloc(rows, sizeof(*stamp));
	double *value = calloc(rows, sizeof(*value));
	struct series_appended appended;
	enum series_outcome outcome;
	struct rra_set archives;
	struct err err = ERR_INIT;
	struct series_spec spec = { .archives = &archives,
		.column = source,
		.column_count = 1,
		.begin = BEGIN / step_s * step_s };
	struct series_rows given = { .column = source,
		.column_count = 1,
		.stamp = stamp,
		.value = value,
		.count = rows,
		.latest = INT64_MAX };

	for (size_t i = 0; i < rows; i++) {
		stamp[i] = spec.begin + (int64_t)(i + 1) * step_s;
		value[i] = i == 100 ? 9 : i >= 200 && i < 260 ? NAN : 1;
	}
	assert_int_equal(rra_set_daemon(keep, step_s, true, &archives, &err), 0);
	assert_int_equal(store_begin(store, 1000, &err), 0);
	assert_int_equal(store_workload_ensure(store, name, ORIGIN_SAMPLED, step_s, 0,
				 ret_workload, &err),
		0);
	assert_int_equal(series_ensure(dir, ret_workload->folder, "memory", &spec,
				 &outcome, &err),
		0);
	assert_int_equal(series_append(dir, ret_workload->folder, "memory", &given,
				 &appended, &err),
		0);
	assert_int_equal(store_workload_set_span(store, ret_workload->id, stamp[0],
				 stamp[rows - 1], &err),
		0);
	assert_int_equal(store_commit(store, &err), 0);
	workload_done(ret_workload);
	assert_int_equal(store_workload_get(store, name, ret_workload, &err), 0);
	free(stamp);
	free(value);
}

struct load_case {
	const char *name;
	int64_t length_s, base_keep_s, fine_keep_s;
	int64_t since, until; /* seconds after BEGIN; 0: not given */
	unsigned step_s;      /* what is expected */
	int64_t from, to;     /* after HOUR */
	bool is_coarse;
};

#define DAY 86400

static struct load_case cases[] = {
	{ "an hour is judged on the base rows", 3600, DAY, 91 * DAY, 0, 0, 5, 35, 3635,
		false },
	{ "three hours on rows of 60 s, from the first that is half known", 10800, DAY,
		91 * DAY, 0, 0, 60, 60, 10800, false },
	{ "an hour on rows of 60 s when the base rows are gone", 3600, 600, 91 * DAY, 0,
		0, 60, 60, 3600, false },
	{ "base rows alone are judged as they are", 10800, DAY, 0, 0, 0, 5, 35, 10835,
		false },
	{ "ten minutes that are asked for, on the base rows", 36000, DAY, 91 * DAY,
		3600, 4200, 5, 3635, 4235, false },
	{ "four weeks that are asked for are long, whatever is stored of them", 3600,
		DAY, 91 * DAY, -28 * DAY, 0, 60, -28 * DAY + 60, 3600, false },
	{ "where rows of 60 s are gone, those of 1 h when asked for", 36000, 600, 7200,
		3600, 36000, 3600, 7200, 36000, true },
	{ "not asked for: only what is left of 60 s", 36000, 600, 7200, 0, 0, 60, 28800,
		36000, false },
};

static void check_case(void **state)
{
	struct load_case *c = *state;
	const struct rra_settings keep = { .base_keep_s = (uint64_t)c->base_keep_s,
		.fine_step_s = 60,
		.fine_keep_s = (uint64_t)c->fine_keep_s,
		.coarse_step_s = 3600,
		.coarse_keep_s = c->fine_keep_s ? 365 * DAY : 0 };
	struct load_request request = { .has_since = c->since != 0,
		.has_until = c->until != 0,
		.since = BEGIN + c->since,
		.until = BEGIN + c->until };
	struct err err = ERR_INIT;
	struct workload workload;
	struct load_set set;

	make_workload(c->name, &keep, STEP_S, c->length_s, &workload);
	assert_int_equal(load_set_read(&opened, &workload, &request, &set, &err), 0);
	assert_int_equal(set.period.step_s, c->step_s);
	assert_int_equal(set.period.from - HOUR, c->from);
	assert_int_equal(set.period.to - HOUR, c->to);
	assert_int_equal(set.period.is_coarse, c->is_coarse);
	assert_int_equal(set.series[RESOURCE_MEMORY].count, set.period.count);
	assert_int_equal(set.series[RESOURCE_CPU].count, 0);
	assert_int_equal((int64_t)set.period.count * c->step_s, c->to - c->from);
	load_set_done(&set);
	workload_done(&workload);
}

static void a_sample_is_not_averaged_away(void **unused)
{
	struct load_request request = { .has_since = false };
	struct workload_peaks peaks;
	struct err err = ERR_INIT;
	struct workload workload;

	(void)unused;
	make_workload("spike", &rra_settings_default, STEP_S, 10800, &workload);
	assert_int_equal(load_peaks(&opened, &workload, &request, &peaks, &err), 0);
	assert_int_equal(peaks.step_s, 60);
	assert_near(peaks.resource[RESOURCE_MEMORY].peak, 9, 0);
	assert_true(peaks.resource[RESOURCE_MEMORY].sustained[0] < 2);
	assert_near(peaks.resource[RESOURCE_MEMORY].held[0], 1, 0);
	assert_false(peaks.resource[RESOURCE_CPU].is_counted);
	/* 300 s without a reading: four or five slots of 60 s, by which half is gone */
	assert_in_range(peaks.resource[RESOURCE_MEMORY].expected -
			peaks.resource[RESOURCE_MEMORY].known,
		4, 5);
	workload_done(&workload);
}

static void a_period_outside_holds_nothing(void **unused)
{
	struct load_request request = { .has_since = true,
		.has_until = true,
		.since = HOUR + 10 * DAY,
		.until = HOUR + 10 * DAY + 3600 };
	struct workload_peaks peaks;
	struct err err = ERR_INIT;
	struct workload workload;

	(void)unused;
	assert_int_equal(store_workload_get(store, "spike", &workload, &err), 0);
	assert_int_equal(load_peaks(&opened, &workload, &request, &peaks, &err), 0);
	assert_int_equal(peaks.samples, 0);
	assert_false(peaks.resource[RESOURCE_MEMORY].is_counted);
	request.until += (int64_t)LOAD_SLOTS_MAX * 60;
	assert_int_equal(
		load_peaks(&opened, &workload, &request, &peaks, &err), -EFBIG);
	workload_done(&workload);
}

static void names_and_patterns(void **unused)
{
	char words[3][16] = { "spike", "sp*", "spkie" };
	char *arguments[1];
	const struct workload **chosen;
	struct workload_list list;
	struct err err = ERR_INIT;
	size_t count;

	(void)unused;
	assert_int_equal(store_workloads(store, &list, &err), 0);
	for (size_t i = 0; i < 2; i++) {
		arguments[0] = words[i];
		assert_int_equal(
			estate_choose(&list, arguments, 1, &chosen, &count, &err), 0);
		assert_int_equal(count, 1);
		assert_string_equal(chosen[0]->name, "spike");
		free(chosen);
	}
	arguments[0] = words[2];
	assert_int_equal(
		estate_choose(&list, arguments, 1, &chosen, &count, &err), -ENOENT);
	assert_string_equal(
		err.text, "no workload is called \"spkie\", did you mean \"spike\"?");
	workload_list_done(&list);
}

static int open_store(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	if (!mkdtemp(dir) || store_open(dir, &store, &err) < 0)
		return -1;
	opened.store = store;
	return 0;
}

static int close_store(void **unused)
{
	(void)unused;
	store_close(store);
	return scratch_dir_remove(dir);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 3];
	size_t n = 0;

	for (; n < ARRAY_LEN(cases); n++)
		tests[n] = (struct CMUnitTest){ .name = cases[n].name,
			.test_func = check_case,
			.initial_state = &cases[n] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_sample_is_not_averaged_away);
	tests[n++] =
		(struct CMUnitTest)cmocka_unit_test(a_period_outside_holds_nothing);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(names_and_patterns);
	return _cmocka_run_group_tests("load", tests, n, open_store, close_store);
}
