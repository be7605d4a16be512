/* Words to the service manager (sd_notify), without its library. */
#ifndef COLLECTORD_SAMPLER_NOTIFY_H
#define COLLECTORD_SAMPLER_NOTIFY_H

#include <stdint.h>

struct notify {
	int fd;              /* -1: nobody listens */
	int64_t watchdog_ns; /* how often it wants to hear from us; 0: not at all */
};

/* From NOTIFY_SOCKET and WATCHDOG_USEC, which children do not inherit afterwards. */
void notify_open(struct notify *notify);
void notify_close(struct notify *notify);

/* "READY=1", "WATCHDOG=1\nSTATUS=..."; never waits, a failure is of no consequence. */
void notify_send(const struct notify *notify, const char *text);

#endif
