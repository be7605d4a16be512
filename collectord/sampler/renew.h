/*
 * A history that ends in the future: the first start had a wrong clock.  Nothing can be
 * stored behind it, so whoever says that the clock is right now (--trust-clock) gets a new
 * history, and the old one is kept under another name.
 */
#ifndef COLLECTORD_SAMPLER_RENEW_H
#define COLLECTORD_SAMPLER_RENEW_H

#include "collectord/link/settings.h"
#include "common/err.h"
#include "common/log.h"

#include <stdint.h>

/*
 * renew_future_history - begin anew where the history ends more than a day after now
 *
 * Before the recorder runs; needs the lock of the daemon.  The work is done by
 * collectord-recorder --begin-anew, which stores first what is staged; ticks that are
 * still in the ring, stamped by the wrong clock, go.  Returns 0 or a negative errno with
 * the text set.
 */
int renew_future_history(const struct settings *settings, const struct log *log,
	int64_t now_s, struct err *err);

#endif
