#include "analyze/import/import_notes.h"

#include "analyze/inventory/inventory_precedence.h"
#include "store/db/events.h"
#include "store/db/facts.h"
#include "store/db/workloads.h"

#include <stdbool.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Both lists are sorted by time: from *begin on there is none earlier than at. */
static bool has_event(
	const struct event_list *list, const struct event *event, size_t *begin)
{
	while (*begin < list->count && list->event[*begin].at < event->at)
		++*begin;
	for (size_t i = *begin; i < list->count && list->event[i].at == event->at;
		i++) {
		if (same_text(list->event[i].kind, event->kind) &&
			same_text(list->event[i].text, event->text))
			return true;
	}
	return false;
}

static int copy_events(struct store *from, int64_t from_id, struct store *to,
	int64_t to_id, size_t *changed, struct err *err)
{
	struct event_list there = { .count = 0 }, here = { .count = 0 };
	size_t begin = 0;
	int r;

	r = store_events(from, from_id, NULL, INT64_MIN, INT64_MAX, &there, err);
	if (r >= 0)
		r = store_events(to, to_id, NULL, INT64_MIN, INT64_MAX, &here, err);
	for (size_t i = 0; r >= 0 && i < there.count; i++) {
		struct event event = there.event[i];

		/* imports are undone where they were made */
		if (same_text(event.kind, "import") || has_event(&here, &event, &begin))
			continue;
		event.workload_id = to_id;
		r = store_event_add(to, &event, err);
		++*changed;
	}
	event_list_done(&there);
	event_list_done(&here);
	return r;
}

static bool has_gap(const struct gap_list *list, const struct gap *gap, size_t *begin)
{
	while (*begin < list->count && list->gap[*begin].from < gap->from)
		++*begin;
	for (size_t i = *begin; i < list->count && list->gap[i].from == gap->from;
		i++) {
		if (list->gap[i].to == gap->to)
			return true;
	}
	return false;
}

static int copy_gaps(struct store *from, int64_t from_id, struct store *to,
	int64_t to_id, size_t *changed, struct err *err)
{
	struct gap_list there = { .count = 0 }, here = { .count = 0 };
	size_t begin = 0;
	int r;

	r = store_gaps(from, from_id, INT64_MIN, INT64_MAX, &there, err);
	if (r >= 0)
		r = store_gaps(to, to_id, INT64_MIN, INT64_MAX, &here, err);
	for (size_t i = 0; r >= 0 && i < there.count; i++) {
		struct gap gap = there.gap[i];

		if (has_gap(&here, &gap, &begin))
			continue;
		gap.workload_id = to_id;
		r = store_gap_add(to, &gap, err);
		++*changed;
	}
	gap_list_done(&there);
	gap_list_done(&here);
	return r;
}

static bool has_boot(const struct boot_list *list, const struct boot *boot)
{
	for (size_t i = 0; i < list->count; i++) {
		if (same_text(list->boot[i].boot_id, boot->boot_id) &&
			list->boot[i].last_tick >= boot->last_tick)
			return true;
	}
	return false;
}

static int copy_boots(struct store *from, int64_t from_id, struct store *to,
	int64_t to_id, size_t *changed, struct err *err)
{
	struct boot_list there = { .count = 0 }, here = { .count = 0 };
	int r;

	r = store_boots(from, from_id, &there, err);
	if (r >= 0)
		r = store_boots(to, to_id, &here, err);
	for (size_t i = 0; r >= 0 && i < there.count; i++) {
		struct boot boot = there.boot[i];

		if (has_boot(&here, &boot))
			continue;
		boot.workload_id = to_id;
		r = store_boot_note(to, &boot, err);
		++*changed;
	}
	boot_list_done(&there);
	boot_list_done(&here);
	return r;
}

static bool has_device(const struct device_list *list, const struct device *device)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct device *known = &list->device[i];

		if (same_text(known->kind, device->kind) &&
			same_text(known->name, device->name))
			return same_text(known->data, device->data) &&
				known->last_seen >= device->last_seen;
	}
	return false;
}

static int copy_devices(struct store *from, int64_t from_id, struct store *to,
	int64_t to_id, size_t *changed, struct err *err)
{
	struct device_list there = { .count = 0 }, here = { .count = 0 };
	int r;

	r = store_devices(from, from_id, &there, err);
	if (r >= 0)
		r = store_devices(to, to_id, &here, err);
	for (size_t i = 0; r >= 0 && i < there.count; i++) {
		struct device device = there.device[i];

		if (has_device(&here, &device))
			continue;
		device.workload_id = to_id;
		r = store_device_note(to, &device, err);
		++*changed;
	}
	device_list_done(&there);
	device_list_done(&here);
	return r;
}

/* Is it here with this value, as the word of another store? */
static bool has_fact(const struct fact_list *list, const struct fact *fact)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct fact *known = &list->fact[i];

		if (same_text(known->key, fact->key) &&
			fact_origin_find(known->origin) == FACT_ORIGIN_STORE)
			return same_text(known->value, fact->value);
	}
	return false;
}

/* What holds there is one of the statements here; which of those holds here is decided
 * when they are read. */
static int copy_facts(struct store *from, int64_t from_id, struct store *to,
	int64_t to_id, size_t *changed, struct err *err)
{
	struct fact_list there = { .count = 0 }, here = { .count = 0 };
	int r;

	r = inventory_in_force(from, from_id, &there, err);
	if (r >= 0)
		r = store_facts(to, to_id, &here, err);
	for (size_t i = 0; r >= 0 && i < there.count; i++) {
		const struct fact *fact = &there.fact[i];

		if (has_fact(&here, fact))
			continue;
		r = store_fact_set(to, to_id, fact->key, fact->value, FACT_ORIGIN_STORE,
			fact->set_at, err);
		++*changed;
	}
	fact_list_done(&there);
	fact_list_done(&here);
	return r;
}

int import_notes_copy(struct store *from, int64_t from_id, struct store *to,
	int64_t to_id, size_t *changed, struct err *err)
{
	static int (*const parts[])(struct store *, int64_t, struct store *, int64_t,
		size_t *, struct err *) = { copy_events, copy_gaps, copy_boots,
		copy_devices, copy_facts };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int r = parts[i](from, from_id, to, to_id, changed, err);

		if (r < 0)
			return r;
	}
	return 0;
}
