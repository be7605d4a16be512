/* What the helper found goes into the sampler's next snapshot. */
#include "collectord/sampler/sampler_helper.h"

#include "common/each_tick.h"
#include "collectord/sampler/sampler_event.h"
#include "schema/metric.h"

#include <math.h>
#include <stddef.h>

static void note_source(
	struct sampler *sampler, size_t i, const struct helper_entry *entry)
{
	uint32_t before = sampler->entry_state[i];

	sampler->entry_state[i] = entry->state;
	if (before == entry->state)
		return;
	if (entry->state == HELPER_LATE)
		sampler_event(sampler, RING_EVENT_SOURCE_LATE, 0,
			"%s does not answer, its values are unknown", entry->instance);
	else if (entry->state == HELPER_FAILED)
		sampler_event(sampler, RING_EVENT_SOURCE_LATE, 0,
			"%s cannot be read, its values are unknown", entry->instance);
	else if (entry->state == HELPER_WELL &&
		(before == HELPER_LATE || before == HELPER_FAILED))
		sampler_event(sampler, RING_EVENT_SOURCE_WELL, 0, "%s answers again",
			entry->instance);
}

static void put_entry(struct sampler *sampler, const struct helper_entry *entry,
	const struct clock_now *now)
{
	/* two turns may fail to come before what was known is no longer true */
	int64_t age_ns =
		(sampler->settings->helper_interval.number * 5 / 2 + 5) * NS_PER_S;

	for (uint32_t i = 0; i < entry->count; i++) {
		if (entry->metric[i] >= METRIC_COUNT)
			continue;
		(void)collect_put(sampler->collect, (enum metric_id)entry->metric[i],
			entry->instance, entry->label[0] ? entry->label : NULL,
			entry->state == HELPER_WELL ? entry->value[i] : (double)NAN,
			now->monotonic_ns, age_ns);
	}
}

EACH_TICK void sampler_take_from_helper(
	struct sampler *sampler, const struct clock_now *now)
{
	uint32_t generation = atomic_load(&sampler->page->generation);
	struct helper_entry copy;

	if (generation == sampler->helper_generation)
		return;
	sampler->helper_generation = generation;
	for (size_t i = 0; i < HELPER_ENTRIES; i++) {
		if (!helper_entry_copy(
			    &sampler->page->entry[i], &sampler->entry_seen[i], &copy))
			continue;
		note_source(sampler, i, &copy);
		if (copy.state != HELPER_NONE)
			put_entry(sampler, &copy, now);
	}
	ring_set_gauge(
		sampler->ring, RING_HELPER_BEAT_S, atomic_load(&sampler->page->beat_s));
}
