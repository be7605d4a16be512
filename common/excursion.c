#include "common/excursion.h"

#include "common/array.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static unsigned end_current(struct excursion_state *state, struct excursion *ret_ended)
{
	if (!state->is_over)
		return 0;
	if (ret_ended)
		*ret_ended = state->current;
	state->is_over = false;
	return EXCURSION_ENDED;
}

static unsigned open_alert(struct excursion_state *state, int64_t stamp, double value)
{
	if (state->is_alert_open) {
		state->alert_excursions++;
		return 0;
	}
	state->is_alert_open = true;
	state->is_alert_disqualified = false;
	state->alert_opened = stamp;
	state->alert_disqualified = 0;
	state->alert_height = value;
	state->alert_excursions = 1;
	return EXCURSION_ALERT_OPENED;
}

static unsigned take_over(struct excursion_state *state,
	const struct excursion_limit *limit, int64_t stamp, unsigned step_s,
	double value)
{
	unsigned events = 0;

	state->is_calm = false;
	if (!state->is_over) {
		state->is_over = true;
		state->current = (struct excursion){
			.from = stamp - (int64_t)step_s,
			.height = value,
			.height_at = stamp,
		};
		events |= EXCURSION_BEGAN | open_alert(state, stamp, value);
	}
	state->current.to = stamp;
	if (value > state->current.height) {
		state->current.height = value;
		state->current.height_at = stamp;
	}
	if (value > state->alert_height)
		state->alert_height = value;
	if (!state->current.is_sustained &&
		excursion_length_s(&state->current) >= (int64_t)limit->sustain_s) {
		state->current.is_sustained = true;
		events |= EXCURSION_SUSTAINED;
		if (!state->is_alert_disqualified) {
			state->is_alert_disqualified = true;
			state->alert_disqualified = stamp;
			events |= EXCURSION_ALERT_DISQUALIFIED;
		}
	}
	return events;
}

static unsigned take_under(struct excursion_state *state,
	const struct excursion_limit *limit, int64_t stamp, unsigned step_s,
	double value)
{
	if (!state->is_alert_open)
		return 0;
	if (value > limit->clear_at) {
		state->is_calm = false;
		return 0;
	}
	if (!state->is_calm) {
		state->is_calm = true;
		state->calm_from = stamp - (int64_t)step_s;
	}
	if (stamp - state->calm_from < (int64_t)limit->clear_s)
		return 0;
	state->is_alert_open = false;
	state->is_calm = false;
	return EXCURSION_ALERT_CLOSED;
}

unsigned excursion_feed(struct excursion_state *state,
	const struct excursion_limit *limit, int64_t stamp, unsigned step_s,
	double value, struct excursion *ret_ended)
{
	unsigned events = 0;

	if (state->has_last && stamp <= state->last)
		return 0;
	if (state->has_last && stamp - state->last != (int64_t)step_s) {
		/* slots are missing in between, and a missing slot is unknown */
		events |= end_current(state, ret_ended);
		state->is_calm = false;
	}
	state->has_last = true;
	state->last = stamp;
	if (isnan(value)) {
		events |= end_current(state, ret_ended);
		state->is_calm = false;
	} else if (value > limit->limit) {
		events |= take_over(state, limit, stamp, step_s, value);
	} else {
		events |= end_current(state, ret_ended);
		events |= take_under(state, limit, stamp, step_s, value);
	}
	return events;
}

bool excursion_finish(const struct excursion_state *state, struct excursion *ret_last)
{
	if (state->is_over)
		*ret_last = state->current;
	return state->is_over;
}

static int excursion_append(
	struct excursion **list, size_t *count, const struct excursion *one)
{
	if (ARRAY_EXTEND(*list, *count) < 0)
		return -ENOMEM;
	(*list)[(*count)++] = *one;
	return 0;
}

int excursion_scan(const struct excursion_limit *limit, int64_t first, unsigned step_s,
	const double *values, size_t count, double offset, struct excursion **ret_list,
	size_t *ret_count)
{
	struct excursion_state state = { .has_last = false };
	struct excursion *list = NULL;
	struct excursion one;
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t stamp = first + (int64_t)i * (int64_t)step_s;
		unsigned events = excursion_feed(
			&state, limit, stamp, step_s, values[i] + offset, &one);

		if ((events & EXCURSION_ENDED) &&
			excursion_append(&list, &found, &one) < 0)
			goto no_memory;
	}
	if (excursion_finish(&state, &one) && excursion_append(&list, &found, &one) < 0)
		goto no_memory;
	*ret_list = list;
	*ret_count = found;
	return 0;
no_memory:
	free(list);
	return -ENOMEM;
}

static int64_t slot_end(int64_t stamp, unsigned slot_s)
{
	int64_t remainder = stamp % (int64_t)slot_s;

	if (remainder < 0)
		remainder += (int64_t)slot_s;
	return remainder ? stamp - remainder + (int64_t)slot_s : stamp;
}

static struct slot close_slot(struct slot_builder *builder)
{
	unsigned expected = builder->slot_s / builder->sample_s;
	struct slot slot = { .stamp = builder->stamp, .value = NAN };

	if (2 * builder->known >= expected && builder->known > 0)
		slot.value = builder->highest;
	builder->has_slot = false;
	return slot;
}

unsigned slot_builder_add(struct slot_builder *builder, int64_t stamp, double value,
	struct slot closed[2])
{
	int64_t end = slot_end(stamp, builder->slot_s);
	unsigned count = 0;

	if (builder->last && stamp <= builder->last)
		return 0;
	builder->last = stamp;
	if (builder->has_slot && builder->stamp != end)
		closed[count++] = close_slot(builder);
	if (!builder->has_slot) {
		builder->has_slot = true;
		builder->stamp = end;
		builder->known = 0;
	}
	if (!isnan(value)) {
		if (builder->known == 0 || value > builder->highest)
			builder->highest = value;
		builder->known++;
	}
	if (stamp == end)
		closed[count++] = close_slot(builder);
	return count;
}
