/* When the next tick is due, and what became of the one that was. */
#include "collectord/sampler/schedule.h"
#include "common/each_tick.h"
#include "common/grid.h"

#include <string.h>

#define SUSPEND_NS (NS_PER_S / 10) /* less is two clocks read one after the other */

static int64_t step_ns(const struct schedule *schedule)
{
	return (int64_t)schedule->step_s * NS_PER_S;
}

/* The first grid point at or after an instant, and after the one before. */
static int64_t ceil_stamp_s(const struct schedule *schedule, int64_t real_ns)
{
	return -grid_divide(-real_ns, step_ns(schedule)) * schedule->step_s;
}

int64_t schedule_nearest_stamp_s(const struct schedule *schedule, int64_t boottime_ns)
{
	int64_t real_ns = clock_guard_real_ns(&schedule->guard, boottime_ns);

	return grid_divide(real_ns + step_ns(schedule) / 2, step_ns(schedule)) *
		schedule->step_s;
}

void schedule_init(struct schedule *schedule, unsigned step_s,
	const struct clock_reference *reference, const struct clock_now *now,
	int64_t after_s)
{
	memset(schedule, 0, sizeof(*schedule));
	schedule->step_s = step_s;
	schedule->asleep_ns = now->boottime_ns - now->monotonic_ns;
	clock_guard_init(&schedule->guard, step_s, reference, now);
	schedule->next_stamp_s = ceil_stamp_s(
		schedule, clock_guard_real_ns(&schedule->guard, now->boottime_ns));
	/* a restart within the step of the last tick; a clock behind that is not our
	 * business here: what is not after the last stamp is not stored */
	if (schedule->next_stamp_s <= after_s &&
		after_s - schedule->next_stamp_s < step_s)
		schedule->next_stamp_s = after_s + step_s;
}

EACH_TICK int64_t schedule_deadline_ns(const struct schedule *schedule)
{
	return clock_guard_boottime_ns(
		       &schedule->guard, schedule->next_stamp_s * NS_PER_S) -
		schedule->asleep_ns;
}

/* What of the grid has gone by; true when a tick is to be taken now. */
static bool tick_place(struct schedule *schedule, const struct clock_now *now,
	int64_t real_ns, struct schedule_tick *tick)
{
	int64_t late_ns = real_ns - schedule->next_stamp_s * NS_PER_S;
	int64_t passed;

	if (late_ns < 0)
		return false; /* woken by a signal */
	passed = grid_divide(late_ns + step_ns(schedule) / 2, step_ns(schedule));
	if (tick->suspended_s == 0)
		tick->missed += (uint64_t)passed;
	schedule->next_stamp_s += passed * schedule->step_s;
	late_ns -= passed * step_ns(schedule);
	if (late_ns < 0)
		return false; /* too late for the one, too early for the other */
	tick->stamp_s = schedule->next_stamp_s;
	tick->late_us = late_ns / 1000;
	tick->boottime_ns = now->boottime_ns - late_ns;
	return true;
}

EACH_TICK void schedule_wake(struct schedule *schedule, const struct clock_now *now,
	bool is_synchronised, struct schedule_tick *ret_tick)
{
	int64_t asleep_ns = now->boottime_ns - now->monotonic_ns;
	int64_t real_ns = clock_guard_real_ns(&schedule->guard, now->boottime_ns);

	memset(ret_tick, 0, sizeof(*ret_tick));
	if (asleep_ns - schedule->asleep_ns > SUSPEND_NS)
		ret_tick->suspended_s =
			(asleep_ns - schedule->asleep_ns + NS_PER_S - 1) / NS_PER_S;
	schedule->asleep_ns = asleep_ns;
	ret_tick->is_taken = tick_place(schedule, now, real_ns, ret_tick);
	if (!ret_tick->is_taken)
		return;
	ret_tick->outcome = clock_guard_observe(&schedule->guard, now, is_synchronised);
	ret_tick->is_clock_moved = schedule->guard.is_moved;
	if (ret_tick->outcome == CLOCK_SETTLE_NEW) {
		ret_tick->stamp_s =
			schedule_nearest_stamp_s(schedule, ret_tick->boottime_ns);
		schedule->next_stamp_s = ret_tick->stamp_s + schedule->step_s;
	} else if (schedule->guard.is_moved) {
		/* the line jumped ahead: this tick is the last of the old one */
		schedule->next_stamp_s = ceil_stamp_s(schedule,
			clock_guard_real_ns(&schedule->guard, now->boottime_ns + 1));
		if (schedule->next_stamp_s <= ret_tick->stamp_s)
			schedule->next_stamp_s = ret_tick->stamp_s + schedule->step_s;
	} else {
		schedule->next_stamp_s = ret_tick->stamp_s + schedule->step_s;
	}
}
