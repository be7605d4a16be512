/* What a recorder answers is read as a stranger's word. */
#include "tests/support.h"

#include "store/flush_client.h"
#include "store/live.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define HEALTH                                                                      \
	"ok ticks 5 staged 4 waiting 3 dropped 2 late 1 restarts 0 last 1700000000" \
	" pid 7 batch 0 failing 1"

static void a_flush_is_complete_where_it_says_up_to_when(void **state)
{
	struct flush_result result = { .is_running = true };

	(void)state;
	flush_answer_read("ok 1700000000", &result);
	assert_true(result.is_complete);
	assert_int_equal(result.last_stamp_s, 1700000000);
	result.is_complete = false;
	flush_answer_read("ok 99999999999999999999", &result);
	assert_false(result.is_complete);
	assert_string_equal(result.why, "the recorder cannot write at present");
	flush_answer_read("failed", &result);
	assert_false(result.is_complete);
}

static void health_is_all_of_it_or_none(void **state)
{
	static const char *const wrong[] = { "", "ok", "ok ticks 5 staged",
		"ok ticks 99999999999999999999 staged 4", "ok stacks 5", "failed" };
	struct live_health health = { .ticks = 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(health_answer_read(HEALTH, &health, &err), 0);
	assert_int_equal(health.ticks, 5);
	assert_int_equal(health.pid, 7);
	assert_true(health.is_failing);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(health_answer_read(wrong[i], &health, &err), -EBADMSG);
	assert_int_equal(health_answer_read("\033[2Jgone", &health, &err), -EBADMSG);
	assert_string_equal(err.text, "the recorder: \"\\x1b[2Jgone\"");
}

static void figures_are_finite_and_not_below_zero(void **state)
{
	static const char *const wrong[] = { "ok 1700000000 0 1 1 1 1 1 1 1 1",
		"ok 1700000000 10 1 1 1 1 1 1 1", "ok 1700000000 10 1 1 1 1 1 1 1 -5",
		"ok 1700000000 10 1 1 1 1 1 1 1 inf", "ok soon 10 1 1 1 1 1 1 1 1" };
	struct live_figures live;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(LIVE_COUNT, 8);
	assert_int_equal(
		live_answer_read("ok 1700000000 10 1.5 - 1 1 1 1 1 0.25", &live, &err),
		0);
	assert_int_equal(live.step_s, 10);
	assert_true(live.of[0] == 1.5 && isnan(live.of[1]) && live.of[7] == 0.25);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(live_answer_read(wrong[i], &live, &err), -EBADMSG);
	assert_int_equal(
		live_answer_read("failed: no tick yet", &live, &err), -ENODATA);
	assert_string_equal(err.text, "the recorder: \"failed: no tick yet\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flush_is_complete_where_it_says_up_to_when),
		cmocka_unit_test(health_is_all_of_it_or_none),
		cmocka_unit_test(figures_are_finite_and_not_below_zero),
	};

	return cmocka_run_group_tests_name("flush_answer", tests, NULL, NULL);
}
