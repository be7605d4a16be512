/* The kernel's clocks. */
#include "common/clock.h"

#include "common/each_tick.h"

#include <signal.h>
#include <sys/timex.h>
#include <time.h>

static int64_t read_ns(clockid_t id)
{
	struct timespec time;

	clock_gettime(id, &time);
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

EACH_TICK int64_t clock_monotonic_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ms(void)
{
	return read_ns(CLOCK_MONOTONIC) / (NS_PER_S / 1000);
}

double clock_monotonic_s(void)
{
	return (double)read_ns(CLOCK_MONOTONIC) / (double)NS_PER_S;
}

int64_t clock_boot_s(void)
{
	return read_ns(CLOCK_BOOTTIME) / NS_PER_S;
}

int64_t clock_wall_s(void)
{
	return read_ns(CLOCK_REALTIME) / NS_PER_S;
}

int64_t clock_wall_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

EACH_TICK static void kernel_read(struct clock *clock, struct clock_now *ret_now)
{
	(void)clock;
	ret_now->realtime_ns = read_ns(CLOCK_REALTIME);
	ret_now->boottime_ns = read_ns(CLOCK_BOOTTIME);
	ret_now->monotonic_ns = read_ns(CLOCK_MONOTONIC);
}

/*
 * One call for timer and signals, and nothing can come between.  Not ppoll: the kernel
 * lets it be late by a thousandth of the time asked for.
 */
EACH_TICK static int kernel_sleep_until(
	struct clock *clock, int64_t monotonic_ns, const sigset_t *signals)
{
	int64_t left_ns = monotonic_ns - read_ns(CLOCK_MONOTONIC);
	struct timespec left = { 0 };
	int number;

	(void)clock;
	if (left_ns > 0) {
		left.tv_sec = (time_t)(left_ns / NS_PER_S);
		left.tv_nsec = (long)(left_ns % NS_PER_S);
	}
	number = sigtimedwait(signals, NULL, &left);
	/* EAGAIN: the time has come; EINTR (a stop and a continue): the caller looks at
	 * the clock and finds that it is too early */
	return number > 0 ? number : 0;
}

static bool kernel_is_synchronised(struct clock *clock)
{
	struct timex state = { .modes = 0 };

	(void)clock;
	return adjtimex(&state) != TIME_ERROR;
}

void clock_init_kernel(struct clock *clock)
{
	*clock = (struct clock){
		.read = kernel_read,
		.sleep_until = kernel_sleep_until,
		.is_synchronised = kernel_is_synchronised,
	};
}
