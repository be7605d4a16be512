/* The kernel's clocks. */
#include "common/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/timex.h>
#include <time.h>

static int64_t read_ns(clockid_t id)
{
	struct timespec time;

	clock_gettime(id, &time);
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

static void kernel_read(struct clock *clock, struct clock_now *ret_now)
{
	(void)clock;
	ret_now->realtime_ns = read_ns(CLOCK_REALTIME);
	ret_now->boottime_ns = read_ns(CLOCK_BOOTTIME);
	ret_now->monotonic_ns = read_ns(CLOCK_MONOTONIC);
}

/* ppoll and not clock_nanosleep: it opens the signal mask and sleeps in one step. */
static int kernel_sleep_until(
	struct clock *clock, int64_t monotonic_ns, const sigset_t *wait_mask)
{
	int64_t left_ns = monotonic_ns - read_ns(CLOCK_MONOTONIC);
	struct timespec left = { 0 };

	(void)clock;
	if (left_ns > 0) {
		left.tv_sec = (time_t)(left_ns / NS_PER_S);
		left.tv_nsec = (long)(left_ns % NS_PER_S);
	}
	if (ppoll(NULL, 0, &left, wait_mask) < 0)
		return -errno;
	return 0;
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
