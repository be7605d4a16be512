#include "collectord/recorder/alert.h"

#include "common/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SLOT_S 60u

/* An alert closes after as long a calm, 5 % below the limit. */
#define CLEAR_RATIO 0.95

const char *const alert_kind_names[ALERT_KIND_COUNT] = {
	[ALERT_MEMORY_LIMIT] = "memory_limit",
	[ALERT_SMP_NEED] = "smp_need",
	[ALERT_DISK_SPACE] = "disk_space",
	[ALERT_SATURATION] = "saturation",
	[ALERT_SENSOR] = "sensor",
	[ALERT_HEALTH] = "health",
};

const char *const alert_kind_units[ALERT_KIND_COUNT] = {
	[ALERT_MEMORY_LIMIT] = "bytes",
	[ALERT_SMP_NEED] = "mhz",
	[ALERT_DISK_SPACE] = "ratio",
	[ALERT_SATURATION] = "ratio",
	[ALERT_SENSOR] = "celsius",
	[ALERT_HEALTH] = "problems",
};

void alert_watch_init(struct alert_watch *watch, enum alert_kind kind,
	const char *subject, unsigned sample_s, double limit, double offset,
	bool is_rolling)
{
	unsigned slot_s = sample_s > SLOT_S ? sample_s : SLOT_S;

	memset(watch, 0, sizeof(*watch)); /* its padding is stored too */
	watch->kind = (uint32_t)kind;
	(void)snprintf(watch->subject, sizeof(watch->subject), "%s", subject);
	watch->offset = offset;
	watch->limit.limit = limit;
	watch->limit.sustain_s = is_rolling ? slot_s : ALERT_SUSTAIN_S;
	watch->limit.clear_at = limit > 0 ? limit * CLEAR_RATIO : limit;
	watch->limit.clear_s = ALERT_SUSTAIN_S;
	watch->builder.sample_s = sample_s;
	watch->builder.slot_s = slot_s;
	if (is_rolling)
		watch->roll.slots = (ALERT_SUSTAIN_S + slot_s - 1) / slot_s;
}

/* ---- a watch of the database ------------------------------------------------------ */

/* A bool whose byte is neither 0 nor 1 must not be read as one. */
static bool is_sound_bool(const void *field)
{
	unsigned char byte;

	memcpy(&byte, field, 1);
	return byte <= 1;
}

static bool is_sound_stamp(int64_t stamp)
{
	return stamp >= 0 && stamp <= ALERT_STAMP_MAX;
}

static bool is_sound_roll(const struct alert_roll *roll, unsigned slot_s)
{
	unsigned whole = (ALERT_SUSTAIN_S + slot_s - 1) / slot_s;

	return (roll->slots == 0 || roll->slots == whole) &&
		roll->slots <= ALERT_ROLL_MAX && roll->seen <= roll->slots &&
		(roll->at == 0 || roll->at < roll->slots) && roll->known <= slot_s &&
		is_sound_stamp(roll->last) && is_sound_stamp(roll->stamp);
}

static bool is_sound_builder(const struct slot_builder *builder)
{
	unsigned sample_s = builder->sample_s;

	return sample_s > 0 && sample_s <= ALERT_STAMP_MAX >> 20 &&
		builder->slot_s == (sample_s > SLOT_S ? sample_s : SLOT_S) &&
		builder->known <= builder->slot_s &&
		(builder->known == 0 || isfinite(builder->highest)) &&
		is_sound_bool(&builder->has_slot) && is_sound_stamp(builder->stamp) &&
		is_sound_stamp(builder->last);
}

static bool is_sound_state(const struct excursion_state *state)
{
	return is_sound_bool(&state->has_last) && is_sound_bool(&state->is_over) &&
		is_sound_bool(&state->current.is_sustained) &&
		is_sound_bool(&state->is_alert_open) &&
		is_sound_bool(&state->is_alert_disqualified) &&
		is_sound_bool(&state->is_calm) && is_sound_stamp(state->last) &&
		is_sound_stamp(state->current.from) &&
		is_sound_stamp(state->current.to) &&
		is_sound_stamp(state->current.height_at) &&
		is_sound_stamp(state->alert_opened) &&
		is_sound_stamp(state->alert_disqualified) &&
		is_sound_stamp(state->calm_from) &&
		/* what a message would say */
		(!state->is_over || isfinite(state->current.height)) &&
		(!state->is_alert_open || isfinite(state->alert_height));
}

const char *alert_watch_flaw(const struct alert_watch *watch)
{
	const struct excursion_limit *limit = &watch->limit;
	const struct {
		const char *field;
		bool is_sound;
	} fields[] = {
		{ "kind", watch->kind < ALERT_KIND_COUNT },
		{ "subject",
			memchr(watch->subject, '\0', sizeof(watch->subject)) != NULL },
		{ "offset", isfinite(watch->offset) },
		{ "limit",
			isfinite(limit->limit) && isfinite(limit->clear_at) &&
				limit->sustain_s > 0 },
		{ "slot", is_sound_builder(&watch->builder) },
		{ "mean",
			watch->builder.slot_s > 0 &&
				is_sound_roll(&watch->roll, watch->builder.slot_s) },
		{ "state", is_sound_state(&watch->state) },
		{ "alert", watch->alert_id >= 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!fields[i].is_sound)
			return fields[i].field;
	return NULL;
}

void alert_watch_adopt(struct alert_watch *watch, int64_t id, int64_t opened,
	int64_t disqualified, double height)
{
	watch->alert_id = id;
	watch->state.is_alert_open = true;
	watch->state.alert_opened = opened;
	watch->state.is_alert_disqualified = disqualified != 0;
	watch->state.alert_disqualified = disqualified;
	watch->state.alert_height = height;
	watch->state.alert_excursions = 1;
}

/* ---- the rolling mean ------------------------------------------------------------- */

static void roll_push(struct alert_roll *roll, double mean)
{
	roll->at = (roll->at + 1) % roll->slots;
	roll->mean[roll->at] = mean;
	if (roll->seen < roll->slots)
		roll->seen++;
}

/* The mean of the window that ends with this slot; slots in between are unknown. */
static double roll_mean(
	struct alert_roll *roll, int64_t stamp, unsigned slot_s, double mean)
{
	int64_t missing = roll->seen ? (stamp - roll->last) / (int64_t)slot_s - 1 : 0;
	double sum = 0;
	unsigned known = 0;

	for (int64_t i = 0; i < missing && i < (int64_t)roll->slots; i++)
		roll_push(roll, NAN);
	roll_push(roll, mean);
	roll->last = stamp;
	if (roll->seen < roll->slots)
		return NAN; /* not yet a whole window */
	for (unsigned i = 0; i < roll->slots; i++) {
		if (!isnan(roll->mean[i])) {
			sum += roll->mean[i];
			known++;
		}
	}
	return known > 0 && 2 * known >= roll->slots ? sum / known : NAN;
}

/* ---- slots --------------------------------------------------------------------------- */

static bool feed_limit(struct alert_watch *watch, size_t index, int64_t stamp,
	double value, struct alert_change *change)
{
	*change = (struct alert_change){ .watch = index, .stamp = stamp };
	change->opened = watch->state.alert_opened; /* where it is open already */
	change->events = excursion_feed(&watch->state, &watch->limit, stamp,
		watch->builder.slot_s, value, &change->ended);
	change->height = watch->state.alert_height;
	if (change->events & EXCURSION_ALERT_OPENED)
		change->opened = watch->state.alert_opened;
	return change->events != 0;
}

/* The slot that is closed, judged by its highest value or by the mean that ends there. */
static bool judge_slot(struct alert_watch *watch, size_t index, const struct slot *slot,
	struct alert_change *change)
{
	struct alert_roll *roll = &watch->roll;
	double value = slot->value;

	if (roll->slots > 0) {
		bool is_filled = roll->stamp == slot->stamp && roll->known > 0;
		double mean =
			isnan(value) || !is_filled ? NAN : roll->sum / roll->known;

		value = roll_mean(roll, slot->stamp, watch->builder.slot_s, mean);
	}
	return feed_limit(watch, index, slot->stamp, value, change);
}

static void roll_add(struct alert_roll *roll, int64_t slot_stamp, double value)
{
	if (roll->stamp != slot_stamp) {
		roll->stamp = slot_stamp;
		roll->sum = 0;
		roll->known = 0;
	}
	if (!isnan(value)) {
		roll->sum += value;
		roll->known++;
	}
}

size_t alert_feed(struct alert_watch *watch, size_t index, int64_t stamp, double value,
	struct alert_change ret_changes[2])
{
	int64_t slot_s = (int64_t)watch->builder.slot_s;
	int64_t slot_stamp = (stamp + slot_s - 1) / slot_s * slot_s;
	double counted = value + watch->offset;
	struct slot closed[2];
	unsigned count;
	size_t changes = 0;

	if (watch->builder.last >= stamp)
		return 0; /* a replay */
	count = slot_builder_add(&watch->builder, stamp, counted, closed);
	for (unsigned i = 0; i < count; i++) {
		if (closed[i].stamp == slot_stamp)
			roll_add(&watch->roll, slot_stamp, counted);
		if (judge_slot(watch, index, &closed[i], &ret_changes[changes]))
			changes++;
		if (closed[i].stamp == slot_stamp)
			return changes;
	}
	roll_add(&watch->roll, slot_stamp, counted);
	return changes;
}
