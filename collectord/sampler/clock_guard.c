/* No time of the wall clock reaches the store unchecked. */
#include "collectord/sampler/clock_guard.h"

#include "common/each_tick.h"
#include "common/util.h"

#define TOLERANCE_NS (300 * NS_PER_S)
#define HOLD_NS (900 * NS_PER_S)
#define HOLD_TICKS_MIN 3
#define HOLD_TICKS_MAX 96      /* three quarters of the ring */
#define FIRM_NS (2 * NS_PER_S) /* so far may a clock that stands firm wander */
#define DAY_NS (86400 * NS_PER_S)
#define MONTH_NS (31 * DAY_NS)
#define EARLY_NS (1800 * NS_PER_S) /* after booting, NTP sets the clock */
#define LONG_OFF_NS (1800 * NS_PER_S)
#define DISCIPLINED_NS (3600 * NS_PER_S)
#define DEAD_BAND_NS (NS_PER_S / 50)
#define AHEAD_TICKS 3
#define FLOOR_NS \
	(INT64_C(1577836800) * NS_PER_S) /* 2020: an earlier clock was never set */

static const char *const state_names[] = {
	[CLOCK_STARTING] = "starting",
	[CLOCK_TRUSTED] = "trusted",
	[CLOCK_WITHHELD] = "held",
	[CLOCK_FREE] = "free",
};

const char *clock_state_name(enum clock_state state)
{
	return (size_t)state < ARRAY_LEN(state_names) ? state_names[state] : "unknown";
}

static int64_t distance_ns(int64_t ns)
{
	return ns < 0 ? -ns : ns;
}

EACH_TICK int64_t clock_guard_real_ns(
	const struct clock_guard *guard, int64_t boottime_ns)
{
	return guard->anchor_real_ns + (boottime_ns - guard->anchor_boot_ns);
}

EACH_TICK int64_t clock_guard_boottime_ns(
	const struct clock_guard *guard, int64_t real_ns)
{
	return guard->anchor_boot_ns + (real_ns - guard->anchor_real_ns);
}

static void set_line(struct clock_guard *guard, const struct clock_now *now)
{
	guard->anchor_real_ns = now->realtime_ns;
	guard->anchor_boot_ns = now->boottime_ns;
	guard->state = CLOCK_TRUSTED;
	guard->ahead = 0;
	guard->withheld = 0;
	guard->is_moved = true;
}

static void set_candidate(struct clock_guard *guard, const struct clock_now *now)
{
	guard->candidate_real_ns = now->realtime_ns;
	guard->candidate_boot_ns = now->boottime_ns;
	guard->stable = 0;
}

/* Does the wall clock keep pace since it went where it is? */
static void follow_candidate(struct clock_guard *guard, const struct clock_now *now)
{
	int64_t expected_ns = guard->candidate_real_ns +
		(now->boottime_ns - guard->candidate_boot_ns);

	if (distance_ns(now->realtime_ns - expected_ns) > FIRM_NS)
		set_candidate(guard, now);
	else
		guard->stable++;
}

static bool is_after_history(const struct clock_guard *guard, int64_t real_ns)
{
	return real_ns >= FLOOR_NS &&
		real_ns >= guard->history_last_s * NS_PER_S - guard->tolerance_ns;
}

static bool is_plausible(const struct clock_guard *guard, int64_t real_ns)
{
	return is_after_history(guard, real_ns) &&
		(guard->history_last_s == 0 ||
			real_ns <= guard->history_last_s * NS_PER_S + MONTH_NS);
}

static unsigned hold_limit_for(unsigned step_s)
{
	int64_t ticks = HOLD_NS / (step_s * NS_PER_S);

	return ticks < HOLD_TICKS_MIN    ? HOLD_TICKS_MIN
		: ticks > HOLD_TICKS_MAX ? HOLD_TICKS_MAX
					 : (unsigned)ticks;
}

void clock_guard_init(struct clock_guard *guard, unsigned step_s,
	const struct clock_reference *reference, const struct clock_now *now)
{
	bool has_line =
		reference->boot_ns > 0 && now->boottime_ns >= reference->boot_ns;
	int64_t tolerance_ns = 2 * (int64_t)step_s * NS_PER_S;

	*guard = (struct clock_guard){
		.step_ns = (int64_t)step_s * NS_PER_S,
		.tolerance_ns =
			tolerance_ns > TOLERANCE_NS ? tolerance_ns : TOLERANCE_NS,
		.hold_limit = hold_limit_for(step_s),
		.history_last_s = reference->history_last_s,
	};
	set_line(guard, now);
	set_candidate(guard, now);
	if (reference->is_trusted)
		return;
	if (has_line) {
		int64_t line_ns =
			reference->real_ns + (now->boottime_ns - reference->boot_ns);

		if (distance_ns(now->realtime_ns - line_ns) <= guard->tolerance_ns)
			return; /* what was withheld is settled by whoever finds it */
		guard->anchor_real_ns = line_ns;
		guard->state = CLOCK_WITHHELD;
		guard->withheld = reference->withheld;
		guard->jump_ns = now->realtime_ns - line_ns;
	} else if (!is_plausible(guard, now->realtime_ns)) {
		guard->state = CLOCK_STARTING;
	}
}

/* Within the tolerance: the line moves towards the wall clock, without a jump back. */
static void guard_align(
	struct clock_guard *guard, int64_t offset_ns, const struct clock_now *now)
{
	int64_t most_ns = guard->step_ns / 10;

	if (offset_ns < guard->step_ns / 2)
		guard->ahead = 0;
	else if (++guard->ahead < AHEAD_TICKS)
		return;
	if (guard->ahead >= AHEAD_TICKS)
		set_line(guard, now);
	else if (distance_ns(offset_ns) > DEAD_BAND_NS)
		guard->anchor_real_ns += offset_ns > most_ns ? most_ns
			: offset_ns < -most_ns               ? -most_ns
							     : offset_ns;
}

static enum clock_outcome observe_starting(
	struct clock_guard *guard, const struct clock_now *now)
{
	follow_candidate(guard, now);
	guard->withheld++;
	if (is_plausible(guard, now->realtime_ns) ||
		(is_after_history(guard, now->realtime_ns) &&
			guard->withheld >= guard->hold_limit &&
			now->boottime_ns - guard->candidate_boot_ns >= LONG_OFF_NS)) {
		set_line(guard, now);
		return CLOCK_SETTLE_NEW;
	}
	return CLOCK_WITHHOLD;
}

static bool is_jump_believed(
	const struct clock_guard *guard, const struct clock_now *now)
{
	int64_t jump_ns =
		now->realtime_ns - clock_guard_real_ns(guard, now->boottime_ns);

	if (guard->stable + 1 < guard->hold_limit / 2 + 1 ||
		now->realtime_ns < FLOOR_NS)
		return false;
	return distance_ns(jump_ns) <= DAY_NS ||
		(now->boottime_ns < EARLY_NS && jump_ns > 0 && jump_ns <= MONTH_NS);
}

static enum clock_outcome observe_withheld(
	struct clock_guard *guard, const struct clock_now *now)
{
	follow_candidate(guard, now);
	guard->withheld++;
	if (guard->withheld < guard->hold_limit)
		return CLOCK_WITHHOLD;
	if (is_jump_believed(guard, now)) {
		set_line(guard, now);
		return CLOCK_SETTLE_NEW;
	}
	guard->state = CLOCK_FREE;
	guard->withheld = 0;
	return CLOCK_SETTLE_OLD;
}

static enum clock_outcome observe_free(
	struct clock_guard *guard, const struct clock_now *now, bool is_synchronised)
{
	if (is_synchronised)
		follow_candidate(guard, now);
	else
		set_candidate(guard, now);
	if (now->boottime_ns - guard->candidate_boot_ns >= DISCIPLINED_NS &&
		now->realtime_ns >= FLOOR_NS)
		set_line(guard, now);
	return CLOCK_GO;
}

EACH_TICK enum clock_outcome clock_guard_observe(
	struct clock_guard *guard, const struct clock_now *now, bool is_synchronised)
{
	int64_t offset_ns =
		now->realtime_ns - clock_guard_real_ns(guard, now->boottime_ns);
	bool is_near = distance_ns(offset_ns) <= guard->tolerance_ns;

	guard->is_moved = false;
	if (guard->state == CLOCK_STARTING)
		return observe_starting(guard, now);
	if (is_near) {
		enum clock_outcome outcome =
			guard->state == CLOCK_WITHHELD ? CLOCK_SETTLE_OLD : CLOCK_GO;

		guard->state = CLOCK_TRUSTED;
		guard->withheld = 0;
		guard_align(guard, offset_ns, now);
		return outcome;
	}
	if (guard->state == CLOCK_TRUSTED) {
		guard->state = CLOCK_WITHHELD;
		guard->withheld = 1;
		guard->jump_ns = offset_ns;
		set_candidate(guard, now);
		return CLOCK_WITHHOLD;
	}
	if (guard->state == CLOCK_WITHHELD)
		return observe_withheld(guard, now);
	return observe_free(guard, now, is_synchronised);
}
