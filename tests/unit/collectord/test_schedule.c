/* The grid of ticks and the clock guard, over scripts of what clocks do (T10 to T12). */
#include "tests/support.h"

#include "collectord/sampler/schedule.h"

#include <string.h>

#define T0 INT64_C(1795255200) /* a multiple of 300 */
#define YEAR INT64_C(31536000)
#define DAY INT64_C(86400)
#define TICKS_MAX 8192

/* One thing that happens at a true time (seconds since the start). */
struct trick {
	int64_t at_s;
	enum { NOTHING, SET_OFF, STEAL, SUSPEND, STOP, RESTART } what;
	int64_t amount_s; /* SET_OFF: wall clock minus true time from now on */
};

struct world {
	int64_t true_ns;   /* since the start: runs on through a suspend */
	int64_t offset_ns; /* wall minus true */
	int64_t asleep_ns;
	int64_t stopped_until_ns;
	int64_t stopped_wall_ns;
	int64_t boot_ns; /* BOOTTIME at the start */
};

static void read_world(const struct world *world, struct clock_now *now)
{
	now->realtime_ns = T0 * NS_PER_S + world->true_ns + world->offset_ns;
	if (world->true_ns < world->stopped_until_ns)
		now->realtime_ns = world->stopped_wall_ns;
	now->boottime_ns = world->boot_ns + world->true_ns;
	now->monotonic_ns = now->boottime_ns - world->asleep_ns;
}

/* What the sampler does with its ring, in small: published, withheld, settled. */
struct result {
	int64_t stamp_s[TICKS_MAX]; /* stored */
	int64_t true_s[TICKS_MAX];  /* when it was taken, rounded */
	size_t stored;
	int64_t withheld_boot_ns[256];
	int64_t withheld_stamp_s[256];
	size_t withheld;
	size_t taken, dropped, discarded;
	uint64_t missed;
	int64_t suspended_s;
	int64_t last_s, released_s;
	int64_t last_boot_ns; /* when the tick last stored was due */
	int64_t reference_stamp_s, reference_boot_ns;
};

static void store(struct result *result, const struct world *world, int64_t stamp_s,
	int64_t boot_ns)
{
	assert_true(result->stored < TICKS_MAX);
	if (result->stored > 0)
		assert_true(stamp_s > result->stamp_s[result->stored - 1]);
	result->true_s[result->stored] =
		T0 + (boot_ns - world->boot_ns + NS_PER_S / 2) / NS_PER_S;
	result->stamp_s[result->stored++] = stamp_s;
}

static void release(struct result *result, const struct world *world,
	const struct schedule *schedule, bool is_new)
{
	int64_t last_s = result->released_s;

	for (size_t i = 0; i < result->withheld; i++) {
		int64_t stamp_s = is_new ? schedule_nearest_stamp_s(schedule,
						   result->withheld_boot_ns[i])
					 : result->withheld_stamp_s[i];

		if (stamp_s > last_s) {
			store(result, world, stamp_s, result->withheld_boot_ns[i]);
			last_s = stamp_s;
		} else {
			result->discarded++;
		}
	}
	result->withheld = 0;
	result->last_s = result->released_s = last_s;
}

static void take(struct result *result, const struct world *world,
	const struct schedule *schedule, const struct schedule_tick *tick)
{
	result->taken++;
	assert_true(tick->late_us >= 0 &&
		tick->late_us < (int64_t)schedule->step_s * 500000);
	if (tick->outcome == CLOCK_SETTLE_OLD || tick->outcome == CLOCK_SETTLE_NEW)
		release(result, world, schedule, tick->outcome == CLOCK_SETTLE_NEW);
	if (tick->stamp_s <= result->last_s &&
		schedule->guard.state != CLOCK_STARTING) {
		result->discarded++;
		return;
	}
	if (tick->outcome != CLOCK_WITHHOLD) {
		store(result, world, tick->stamp_s, tick->boottime_ns);
		result->last_s = result->released_s = tick->stamp_s;
		result->last_boot_ns = tick->boottime_ns;
		result->reference_stamp_s = tick->stamp_s;
		result->reference_boot_ns = tick->boottime_ns;
		return;
	}
	if (result->withheld == 127) {
		result->dropped++;
		return;
	}
	result->withheld_stamp_s[result->withheld] = tick->stamp_s;
	result->withheld_boot_ns[result->withheld++] = tick->boottime_ns;
	if (schedule->guard.state != CLOCK_STARTING)
		result->last_s = tick->stamp_s;
}

static void happen(struct world *world, struct schedule *schedule,
	struct result *result, const struct trick *trick)
{
	struct clock_now now;

	read_world(world, &now);
	switch (trick->what) {
	case SET_OFF:
		world->offset_ns = trick->amount_s * NS_PER_S;
		break;
	case STEAL:
		world->true_ns += trick->amount_s * NS_PER_S;
		break;
	case SUSPEND:
		world->true_ns += trick->amount_s * NS_PER_S;
		world->asleep_ns += trick->amount_s * NS_PER_S;
		break;
	case STOP:
		world->stopped_wall_ns = now.realtime_ns;
		world->stopped_until_ns = world->true_ns + trick->amount_s * NS_PER_S;
		break;
	case RESTART: {
		struct clock_reference reference = {
			.real_ns = result->reference_stamp_s * NS_PER_S,
			.boot_ns = result->reference_boot_ns,
			.withheld = (unsigned)result->withheld,
			.history_last_s = result->last_s,
		};
		unsigned step_s = schedule->step_s;

		schedule_init(schedule, step_s, &reference, &now, result->last_s);
		if (schedule->guard.state != CLOCK_WITHHELD && result->withheld > 0)
			release(result, world, schedule, false);
		break;
	}
	default:
		break;
	}
}

static void run(unsigned step_s, int64_t history_last_s, int64_t first_offset_s,
	const struct trick *trick, size_t trick_count, int64_t length_s,
	int64_t uptime_s, struct schedule *schedule, struct result *result)
{
	struct world world = { .offset_ns = first_offset_s * NS_PER_S,
		.boot_ns = uptime_s * NS_PER_S };
	struct clock_reference reference = { .history_last_s = history_last_s };
	struct clock_now now;
	size_t next = 0;

	memset(result, 0, sizeof(*result));
	result->last_s = result->released_s = history_last_s;
	read_world(&world, &now);
	schedule_init(schedule, step_s, &reference, &now, history_last_s);
	while (world.true_ns < length_s * NS_PER_S) {
		int64_t wait_ns = schedule_deadline_ns(schedule) -
			(world.boot_ns + world.true_ns - world.asleep_ns);
		struct schedule_tick tick;

		assert_true(wait_ns <= (int64_t)step_s * NS_PER_S * 3);
		if (wait_ns > 0)
			world.true_ns += wait_ns;
		else
			world.true_ns +=
				100000; /* time passes anyhow: no spinning for ever */
		while (next < trick_count &&
			trick[next].at_s * NS_PER_S <= world.true_ns) {
			happen(&world, schedule, result, &trick[next]);
			next++;
		}
		read_world(&world, &now);
		schedule_wake(schedule, &now, false, &tick);
		result->missed += tick.missed;
		result->suspended_s += tick.suspended_s;
		if (tick.is_taken)
			take(result, &world, schedule, &tick);
	}
}

/* How far the worst stored stamp is from the truth. */
static int64_t worst_error_s(const struct result *result, size_t from)
{
	int64_t worst = 0;

	for (size_t i = from; i < result->stored; i++) {
		int64_t error = result->stamp_s[i] - result->true_s[i];

		if (error < 0)
			error = -error;
		if (error > worst)
			worst = error;
	}
	return worst;
}

static void assert_accounted(const struct result *result)
{
	assert_int_equal(result->taken,
		result->stored + result->discarded + result->dropped +
			result->withheld);
}

struct script {
	const char *name;
	unsigned step_s;
	struct trick trick[4];
	size_t trick_count;
	int64_t length_s;
	int64_t most_error_s; /* of a stored stamp; -1: the wall clock is believed */
	size_t least_stored;
	size_t most_discarded;
	enum clock_state state; /* at the end */
};

static struct script scripts[] = {
	{ "T10: a good clock: every tick stored, none off", 10, { { 0 } }, 0, 3600, 0,
		360, 0, CLOCK_TRUSTED },
	{ "T10: ten years ahead for a minute and back: nothing lost, no stamp off", 10,
		{ { 600, SET_OFF, 10 * YEAR }, { 660, SET_OFF, 0 } }, 2, 3600, 0, 359,
		0, CLOCK_TRUSTED },
	{ "T10: ten years ahead for a minute at 1 s", 1,
		{ { 600, SET_OFF, 10 * YEAR }, { 660, SET_OFF, 0 } }, 2, 1200, 0, 1199,
		0, CLOCK_TRUSTED },
	{ "T10: ten years ahead for good: sampling goes on by its own time", 10,
		{ { 600, SET_OFF, 10 * YEAR } }, 1, 7200, 0, 719, 0, CLOCK_FREE },
	{ "T10: ten years ahead for an hour and back", 1,
		{ { 600, SET_OFF, 10 * YEAR }, { 4200, SET_OFF, 0 } }, 2, 6000, 0, 5999,
		0, CLOCK_TRUSTED },
	{ "T10: back to 1970 for an hour", 10,
		{ { 600, SET_OFF, -T0 }, { 4200, SET_OFF, 0 } }, 2, 6000, 0, 599, 0,
		CLOCK_TRUSTED },
	{ "T10: fifty years ahead, restart in the middle, and back", 10,
		{ { 600, SET_OFF, 50 * YEAR }, { 900, RESTART, 0 },
			{ 1000, SET_OFF, 0 } },
		3, 2000, 0, 199, 0, CLOCK_TRUSTED },
	{ "T10: ahead for good, two restarts: the line is kept within the boot", 10,
		{ { 600, SET_OFF, 3 * YEAR }, { 900, RESTART, 0 },
			{ 3000, RESTART, 0 } },
		3, 6000, 0, 598, 1, CLOCK_FREE },
	{ "T10: NTP flaps by 51 s (F10): no two ticks in one slot, off by 51 s at most",
		10,
		{ { 600, SET_OFF, 51 }, { 900, SET_OFF, 0 }, { 1200, SET_OFF, 51 },
			{ 1500, SET_OFF, 0 } },
		4, 7200, 51, 690, 0, CLOCK_TRUSTED },
	{ "T10: an hour ahead for good is believed after a quarter of an hour", 10,
		{ { 600, SET_OFF, 3600 } }, 1, 7200, -1, 719, 0, CLOCK_TRUSTED },
	{ "T10: an hour back for good: discarded until the clock has caught up", 10,
		{ { 600, SET_OFF, -3600 } }, 1, 9000, -1, 500, 371, CLOCK_TRUSTED },
	{ "T10: a leap second is slewed away", 1, { { 600, SET_OFF, -1 } }, 1, 1200, 1,
		1198, 0, CLOCK_TRUSTED },
	{ "T10: a clock that stands still for an hour", 10, { { 600, STOP, 3600 } }, 1,
		9000, 300, 800, 0, CLOCK_TRUSTED },
	{ "T11: not scheduled for ten minutes: missed, no burst", 10,
		{ { 600, STEAL, 600 } }, 1, 3600, 0, 299, 0, CLOCK_TRUSTED },
	{ "T11: a fraction of the step late is late, not missed", 10,
		{ { 600, STEAL, 3 } }, 1, 1200, 0, 119, 0, CLOCK_TRUSTED },
	{ "T12: asleep for thirty days: a gap, and on as before", 10,
		{ { 600, SUSPEND, 30 * DAY } }, 1, 30 * DAY + 3600, 0, 358, 0,
		CLOCK_TRUSTED },
};

static void check_script(void **state)
{
	const struct script *script = *state;
	struct schedule schedule;
	struct result *result = calloc(1, sizeof(*result));

	run(script->step_s, 0, 0, script->trick, script->trick_count, script->length_s,
		86400 * 40, &schedule, result);
	assert_accounted(result);
	print_message("# taken %zu stored %zu discarded %zu dropped %zu missed %llu "
		      "worst %lld s\n",
		result->taken, result->stored, result->discarded, result->dropped,
		(unsigned long long)result->missed,
		(long long)worst_error_s(result, 0));
	if (script->most_error_s >= 0)
		assert_in_range(worst_error_s(result, 0), 0, script->most_error_s);
	assert_true(result->stored >= script->least_stored);
	assert_true(result->discarded <= script->most_discarded);
	assert_int_equal(schedule.guard.state, script->state);
	for (size_t i = 0; i < result->stored; i++)
		assert_int_equal(result->stamp_s[i] % script->step_s, 0);
	free(result);
}

static void a_late_ticks_slots_are_counted(void **state)
{
	static const struct trick steal[] = { { 600, STEAL, 600 } };
	static const struct trick asleep[] = { { 600, SUSPEND, 600 } };
	struct schedule schedule;
	struct result *result = calloc(1, sizeof(*result));

	(void)state;
	run(10, 0, 0, steal, 1, 3600, 5000, &schedule, result);
	assert_int_equal(result->missed, 60);
	assert_int_equal(result->suspended_s, 0);
	run(10, 0, 0, asleep, 1, 3600, 5000, &schedule, result);
	assert_int_equal(result->missed, 0);
	assert_int_equal(result->suspended_s, 600);
	free(result);
}

/* A reading stamped t is taken when the wall clock says t, soon after a small step. */
static void a_small_step_is_slewed_away(void **state)
{
	static const int64_t offsets_s[] = { -30, -1, 1, 4, 30 };
	struct schedule schedule;
	struct result *result = calloc(1, sizeof(*result));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(offsets_s); i++) {
		struct trick step = { 600, SET_OFF, offsets_s[i] };
		int64_t wall_ns;

		run(10, 0, 0, &step, 1, 3600, 5000, &schedule, result);
		wall_ns = T0 * NS_PER_S + result->last_boot_ns - 5000 * NS_PER_S +
			offsets_s[i] * NS_PER_S;
		assert_near(
			(double)(wall_ns - result->last_s * NS_PER_S) / 1e9, 0, 0.03);
	}
	free(result);
}

static void a_reading_more_than_half_a_step_late_is_missed(void **state)
{
	struct schedule schedule;
	struct result *result = calloc(1, sizeof(*result));

	(void)state;
	for (int64_t late_s = 1; late_s < 40; late_s++) {
		struct trick steal = { 600, STEAL, late_s };

		if (late_s % 10 == 5)
			continue; /* just between */
		run(10, 0, 0, &steal, 1, 1200, 5000, &schedule, result);
		assert_int_equal(result->missed, (late_s + 5) / 10);
		assert_int_equal(result->taken + result->missed, 121);
	}
	free(result);
}

/* A start after a boot: what the wall clock says against what the store has last. */
struct start {
	const char *name;
	int64_t history_before_s; /* the store ends so long before the true start; 0 none */
	int64_t offset_s;         /* of the wall clock at the start */
	struct trick trick[2];
	size_t trick_count;
	int64_t length_s;
	size_t least_stored;
	bool stores_wrong; /* the wrong clock is believed, as nothing speaks against it */
};

static struct start starts[] = {
	{ "an empty store and a good clock: at once", 0, 0, { { 0 } }, 0, 100, 9,
		false },
	{ "T10: 1970 until NTP comes after 5 minutes: nothing is lost", 0, -T0,
		{ { 300, SET_OFF, 0 } }, 1, 600, 59, false },
	{ "T10: 2033 until NTP comes after 5 minutes", 3600, 7 * YEAR,
		{ { 300, SET_OFF, 0 } }, 1, 600, 59, false },
	{ "T10: 1970 for 40 minutes: what fits into the ring is kept", 3600, -T0,
		{ { 2400, SET_OFF, 0 } }, 1, 3000, 127 + 59, false },
	{ "off for a week: at once", 7 * DAY, 0, { { 0 } }, 0, 100, 9, false },
	{ "off for half a year: after half an hour", 180 * DAY, 0, { { 0 } }, 0, 3600,
		230, false },
	{ "three days behind for a minute (no RTC): the jump is plausible", 5 * DAY,
		-3 * DAY, { { 60, SET_OFF, 0 } }, 1, 3600, 350, true },
};

static void check_start(void **state)
{
	const struct start *start = *state;
	struct schedule schedule;
	struct result *result = calloc(1, sizeof(*result));
	int64_t history_s = start->history_before_s ? T0 - start->history_before_s : 0;

	run(10, history_s, start->offset_s, start->trick, start->trick_count,
		start->length_s, 30, &schedule, result);
	print_message("# taken %zu stored %zu discarded %zu dropped %zu worst %lld s\n",
		result->taken, result->stored, result->discarded, result->dropped,
		(long long)worst_error_s(result, 0));
	assert_accounted(result);
	assert_true(result->stored >= start->least_stored);
	if (!start->stores_wrong)
		assert_true(worst_error_s(result, 0) <= 5);
	free(result);
}

/* T10: random scripts.  Whatever happens: stamps rise, every tick is accounted for, and
 * no stored stamp is more than a day and a bit ahead of the truth. */
static void random_scripts_destroy_nothing(void **state)
{
	static const unsigned steps[] = { 1, 2, 5, 10, 15, 20, 30, 60 };
	static const int64_t sizes[] = { 1, 5, 60, 299, 301, 3600, DAY, 2 * DAY,
		30 * DAY, YEAR, 10 * YEAR, 50 * YEAR };
	uint64_t seed = support_seed(20261121);
	struct result *result = calloc(1, sizeof(*result));
	struct schedule schedule;
	size_t stored = 0, taken = 0;

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 3000; round++) {
		struct trick trick[12];
		unsigned step_s = steps[support_random(&seed) % ARRAY_LEN(steps)];
		int64_t at_s = 0;
		int64_t length_s =
			step_s * (400 + (int64_t)(support_random(&seed) % 800));

		for (size_t i = 0; i < ARRAY_LEN(trick); i++) {
			int64_t size = sizes[support_random(&seed) % ARRAY_LEN(sizes)];

			at_s += step_s * (1 + (int64_t)(support_random(&seed) % 120));
			trick[i].at_s = at_s;
			trick[i].what = 1 + support_random(&seed) % 5;
			trick[i].amount_s = size;
			if (trick[i].what == SET_OFF && support_random(&seed) % 3 == 0)
				trick[i].amount_s = 0;
			else if (trick[i].what == SET_OFF && support_random(&seed) % 2)
				trick[i].amount_s = -size;
			else if (trick[i].what != SET_OFF)
				trick[i].amount_s = size % 7200;
		}
		run(step_s, T0 - 600, 0, trick, ARRAY_LEN(trick), length_s, 86400,
			&schedule, result);
		assert_accounted(result);
		for (size_t i = 0; i < result->stored; i++)
			if (result->stamp_s[i] - result->true_s[i] > 2 * DAY + 7200)
				fail_msg("round %d: a stamp %lld s ahead of the truth",
					round,
					(long long)(result->stamp_s[i] -
						result->true_s[i]));
		stored += result->stored;
		taken += result->taken;
	}
	print_message("# %zu ticks taken, %zu stored\n", taken, stored);
	assert_true(stored > taken / 2);
	free(result);
}

#define FIXED 4

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(scripts) + ARRAY_LEN(starts) + FIXED] = {
		cmocka_unit_test(a_late_ticks_slots_are_counted),
		cmocka_unit_test(random_scripts_destroy_nothing),
		cmocka_unit_test(a_small_step_is_slewed_away),
		cmocka_unit_test(a_reading_more_than_half_a_step_late_is_missed),
	};

	for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
		tests[FIXED + i] = (struct CMUnitTest){ .name = scripts[i].name,
			.test_func = check_script,
			.initial_state = &scripts[i] };
	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		tests[FIXED + ARRAY_LEN(scripts) + i] =
			(struct CMUnitTest){ .name = starts[i].name,
				.test_func = check_start,
				.initial_state = &starts[i] };
	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
