/*
 * The clocks and the sleep of a program, as an object: the kernel's in the daemon, a
 * script in the tests, where weeks pass in seconds.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include "common/err.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S INT64_C(1000000000)

struct clock_now {
	int64_t realtime_ns;  /* UTC; can be set, forward and backward */
	int64_t monotonic_ns; /* stands still while the machine sleeps */
	int64_t boottime_ns;  /* does not */
};

struct clock {
	void (*read)(struct clock *clock, struct clock_now *ret_now);
	/*
	 * Until that monotonic time or a signal of the set, which the caller keeps blocked
	 * all the time: 0 when the time has come, else the number of the signal.
	 */
	int (*sleep_until)(
		struct clock *clock, int64_t monotonic_ns, const sigset_t *signals);
	/* Does the kernel say that somebody disciplines the real time (NTP)? */
	bool (*is_synchronised)(struct clock *clock);
	bool is_virtual; /* time passes only in sleep_until */
};

/* The clock of the machine: no script, no offset. */
void clock_init_kernel(struct clock *clock);

/*
 * The kernel's clocks by themselves, for what no script of a test drives.  Monotonic: for
 * deadlines and how long something took, whoever sets the clock; boot: the same, and goes
 * on while the machine sleeps; wall: UTC.
 */
int64_t clock_monotonic_ns(void);
int64_t clock_monotonic_ms(void);
double clock_monotonic_s(void);
int64_t clock_boot_s(void);
int64_t clock_wall_s(void);
int64_t clock_wall_ns(void);

/*
 * A scripted clock, for tests.  One order a line, '#' begins a comment:
 *
 *	start REALTIME_S [BOOTTIME_S]   where it begins (first line); boottime 1000
 *	at SECONDS set REALTIME_S       after so many monotonic seconds: the clock is set
 *	at SECONDS step SECONDS         ... or moved by so much (negative: back)
 *	at SECONDS stop SECONDS         real time stands still for so long
 *	at SECONDS suspend SECONDS      the machine sleeps
 *	at SECONDS steal SECONDS        the process is not scheduled for so long
 *	at SECONDS synchronised 0|1     what the kernel says of NTP
 *	pace REQUEST REPLY              two FIFOs: before each awakening the real time in
 *	                                seconds and BOOTTIME in milliseconds are written as
 *	                                a line to the one, and a byte awaited from the other
 *	speed FACTOR                    so many times faster than the kernel's; else as
 *	                                fast as possible
 *
 * Seconds may have a fraction; the orders stand in the order of their time.
 */
struct clock_script; /* opaque */
int clock_script_open(
	const char *path, struct clock_script **ret_script, struct err *err);
void clock_script_close(struct clock_script *script);          /* NULL is a no-op */
struct clock *clock_script_clock(struct clock_script *script); /* borrowed */

#endif
