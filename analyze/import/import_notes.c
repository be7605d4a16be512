#include "analyze/import/import_notes.h"

#include "store/db/events.h"
#include "store/db/exclusions.h"
#include "store/db/facts.h"
#include "store/db/reviews.h"
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

static int copy_events(const struct event_list *there, struct store *to, int64_t to_id,
	size_t *changed, struct err *err)
{
	struct event_list here = { .count = 0 };
	size_t begin = 0;
	int r;

	r = store_events(to, to_id, NULL, INT64_MIN, INT64_MAX, &here, err);
	for (size_t i = 0; r >= 0 && i < there->count; i++) {
		struct event event = there->event[i];

		/* imports are undone where they were made */
		if (same_text(event.kind, "import") || has_event(&here, &event, &begin))
			continue;
		event.workload_id = to_id;
		r = store_event_add(to, &event, err);
		++*changed;
	}
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

static int copy_gaps(const struct gap_list *there, struct store *to, int64_t to_id,
	size_t *changed, struct err *err)
{
	struct gap_list here = { .count = 0 };
	size_t begin = 0;
	int r;

	r = store_gaps(to, to_id, INT64_MIN, INT64_MAX, &here, err);
	for (size_t i = 0; r >= 0 && i < there->count; i++) {
		struct gap gap = there->gap[i];

		if (has_gap(&here, &gap, &begin))
			continue;
		gap.workload_id = to_id;
		r = store_gap_add(to, &gap, err);
		++*changed;
	}
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

static int copy_boots(const struct boot_list *there, struct store *to, int64_t to_id,
	size_t *changed, struct err *err)
{
	struct boot_list here = { .count = 0 };
	int r;

	r = store_boots(to, to_id, &here, err);
	for (size_t i = 0; r >= 0 && i < there->count; i++) {
		struct boot boot = there->boot[i];

		if (has_boot(&here, &boot))
			continue;
		boot.workload_id = to_id;
		r = store_boot_note(to, &boot, err);
		++*changed;
	}
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

static int copy_devices(const struct device_list *there, struct store *to,
	int64_t to_id, size_t *changed, struct err *err)
{
	struct device_list here = { .count = 0 };
	int r;

	r = store_devices(to, to_id, &here, err);
	for (size_t i = 0; r >= 0 && i < there->count; i++) {
		struct device device = there->device[i];

		if (has_device(&here, &device))
			continue;
		device.workload_id = to_id;
		r = store_device_note(to, &device, err);
		++*changed;
	}
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
static int copy_facts(const struct fact_list *there, struct store *to, int64_t to_id,
	size_t *changed, struct err *err)
{
	struct fact_list here = { .count = 0 };
	int r;

	r = store_facts(to, to_id, &here, err);
	for (size_t i = 0; r >= 0 && i < there->count; i++) {
		const struct fact *fact = &there->fact[i];

		if (has_fact(&here, fact))
			continue;
		r = store_fact_set(to, to_id, fact->key, fact->value, FACT_ORIGIN_STORE,
			fact->set_at, err);
		++*changed;
	}
	fact_list_done(&here);
	return r;
}

static bool same_exclusion(const struct exclusion *a, const struct exclusion *b)
{
	return a->begin == b->begin && a->end == b->end &&
		a->created_at == b->created_at && same_text(a->reason, b->reason) &&
		same_text(a->excluded_by, b->excluded_by);
}

static int copy_exclusions(const struct exclusion_list *there, struct store *to,
	int64_t to_id, int64_t now, size_t *changed, struct err *err)
{
	struct exclusion_list here = { .count = 0 };
	int r = store_exclusions_ever(to, to_id, &here, err);

	for (size_t i = 0; r >= 0 && i < there->count; i++) {
		struct exclusion exclusion = there->exclusion[i];
		const struct exclusion *known = NULL;
		int64_t id;

		for (size_t k = 0; !known && k < here.count; k++)
			if (same_exclusion(&here.exclusion[k], &exclusion))
				known = &here.exclusion[k];
		exclusion.workload_id = to_id;
		if (!known && !exclusion.removed_at)
			r = store_exclusion_add(to, &exclusion, &id, err);
		else if (known && exclusion.removed_at && !known->removed_at)
			r = store_exclusion_remove(to, known->id, now, err);
		else
			continue;
		++*changed;
	}
	exclusion_list_done(&here);
	return r;
}

static bool same_review(const struct review *a, const struct review *b)
{
	return a->is_accepted == b->is_accepted && a->decided_at == b->decided_at &&
		a->until == b->until && same_text(a->profile_id, b->profile_id) &&
		same_text(a->rule_id, b->rule_id) &&
		same_text(a->decided_by, b->decided_by) &&
		same_text(a->reason, b->reason);
}

/* Oldest first, as they were decided: of one second the later counts. */
static int copy_reviews(const struct review_list *there, struct store *to,
	int64_t to_id, int64_t now, size_t *changed, struct err *err)
{
	struct review_list here = { .count = 0 };
	int r = store_reviews(to, to_id, &here, err);

	for (size_t i = there->count; r >= 0 && i-- > 0;) {
		struct review review = there->review[i];
		const struct review *known = NULL;

		for (size_t k = 0; !known && k < here.count; k++)
			if (same_review(&here.review[k], &review))
				known = &here.review[k];
		review.workload_id = to_id;
		if (!known && !review.withdrawn_at)
			r = store_review_add(to, &review, err);
		else if (known && review.withdrawn_at && !known->withdrawn_at)
			r = store_review_withdraw_one(to, known->id, now, err);
		else
			continue;
		++*changed;
	}
	review_list_done(&here);
	return r;
}

int import_notes_copy(const struct parcel_notes *there, struct store *to, int64_t to_id,
	int64_t now, struct notes_taken *taken, struct err *err)
{
	int r = copy_events(&there->events, to, to_id, &taken->notes, err);

	if (r >= 0)
		r = copy_gaps(&there->gaps, to, to_id, &taken->notes, err);
	if (r >= 0)
		r = copy_boots(&there->boots, to, to_id, &taken->notes, err);
	if (r >= 0)
		r = copy_devices(&there->devices, to, to_id, &taken->notes, err);
	if (r >= 0)
		r = copy_facts(&there->facts, to, to_id, &taken->notes, err);
	if (r >= 0)
		r = copy_exclusions(
			&there->exclusions, to, to_id, now, &taken->exclusions, err);
	if (r >= 0)
		r = copy_reviews(&there->reviews, to, to_id, now, &taken->reviews, err);
	return r;
}
