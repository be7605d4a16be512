/* Events of the sampler: into the ring, and into the log. */
#include "collectord/sampler/sampler_event.h"

#include <stdarg.h>
#include <stdio.h>

void sampler_event(struct sampler *sampler, enum ring_event_kind kind, int32_t amount,
	const char *format, ...)
{
	char text[RING_EVENT_TEXT_BYTES];
	const struct schedule *schedule = &sampler->schedule;
	int64_t when_s = schedule->next_stamp_s - schedule->step_s;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ring_add_event(sampler->ring, kind, when_s, amount, text);
	if (kind == RING_EVENT_CLOCK_JUMP || kind == RING_EVENT_DROPPED ||
		kind == RING_EVENT_SOURCE_LATE || kind == RING_EVENT_PROBE_FAILING)
		log_warning(sampler->log, "%s", text);
	else
		log_info(sampler->log, "%s", text);
}
