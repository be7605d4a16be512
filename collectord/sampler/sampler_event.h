/* Events of the sampler: into the ring, and into the log. */
#ifndef COLLECTORD_SAMPLER_SAMPLER_EVENT_H
#define COLLECTORD_SAMPLER_SAMPLER_EVENT_H

#include "collectord/sampler/sampler_state.h"

/* An event with a text of ours, stamped now. */
void sampler_event(struct sampler *sampler, enum ring_event_kind kind, int32_t amount,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
