/*
 * The sampler proper: takes a reading when the schedule says so and puts it into the
 * ring.  Allocates only when a device comes or goes.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_SAMPLER_SAMPLER_H
#define COLLECTORD_SAMPLER_SAMPLER_H

#include "collectord/sampler/sampler_state.h"

/*
 * sampler_history - where the history ends that this daemon goes on with
 *
 * ret_last_s  left alone where there is none yet
 *
 * -EINVAL when it was sampled at another step.
 */
int sampler_history(
	const struct settings *settings, int64_t *ret_last_s, struct err *err);

/* now: the first instant.  trust_clock: --trust-clock.  Fails with the text set. */
int sampler_open(struct sampler *sampler, const struct settings *settings,
	const struct log *log, const struct clock_now *now, bool trust_clock,
	struct err *err);
void sampler_close(struct sampler *sampler);

/* The time that schedule_deadline_ns named has come, or a signal. */
void sampler_wake(
	struct sampler *sampler, const struct clock_now *now, bool is_synchronised);

/*
 * sampler_end - the end of sampling, before the recorder takes what is left in the ring
 *
 * Ticks that the clock guard still holds are released with the stamps they would have
 * had by the clock as it was believed before.  Where no clock was ever believed (it was
 * never set since the machine started) they stay in the ring.
 */
void sampler_end(struct sampler *sampler);

/* What collect_open wants, from the settings.  names: SAMPLER_PROBES_MAX + 1 pointers
 * into text; unknown probes are -EINVAL. */
int sampler_disabled_probes(const char *words, char text[static SETTING_TEXT_BYTES],
	const char **names, struct err *err);

#endif
