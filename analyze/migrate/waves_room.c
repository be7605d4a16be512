/* What a wave needs beside time: people, space, and hosts that carry every state. */
#include "analyze/migrate/waves_internal.h"

#include <math.h>

static double known_bytes(double bytes)
{
	return isnan(bytes) ? 0 : bytes; /* what nobody knows has no room of its own */
}

double waves_scratch(
	const struct wave_problem *problem, const size_t *item, size_t count)
{
	unsigned lanes = problem->limits.concurrent;
	double sum = 0, below = INFINITY;
	size_t at_once = lanes && lanes < count ? lanes : count, taken = 0;

	/* the largest, then the largest below it, each as often as it is there */
	while (taken < at_once) {
		double next = -1;
		size_t same = 0;

		for (size_t i = 0; i < count; i++) {
			double own = known_bytes(problem->item[item[i]].scratch_bytes);

			if (own < below && own > next) {
				next = own;
				same = 0;
			}
			same += own == next ? 1 : 0;
		}
		if (same > at_once - taken)
			same = at_once - taken;
		sum += (double)same * next;
		taken += same;
		below = next;
	}
	return sum;
}

bool waves_has_room(
	const struct wave_problem *problem, const size_t *item, size_t count)
{
	const struct wave_limits *limits = &problem->limits;
	double bytes = 0;

	if (limits->per_wave && count > limits->per_wave)
		return false;
	for (size_t i = 0; i < count; i++)
		bytes += known_bytes(problem->item[item[i]].store_bytes);
	if (limits->store_bytes > 0 && bytes > limits->store_bytes)
		return false;
	return !(limits->scratch_bytes > 0) ||
		waves_scratch(problem, item, count) <= limits->scratch_bytes;
}

static bool is_listed(const size_t *item, size_t count, size_t wanted)
{
	for (size_t i = 0; i < count; i++) {
		if (item[i] == wanted)
			return true;
	}
	return false;
}

/* One row of one host: the sum of what lies on it while these move. */
static bool row_holds(const struct wave_problem *problem, const size_t *wave_of,
	size_t wave, const size_t *item, size_t count, size_t host, size_t row)
{
	const struct wave_states *states = problem->states;
	int64_t load = 0;

	for (size_t i = 0; i < problem->item_count; i++) {
		size_t cell = i * states->row_count + row;
		bool is_moving = is_listed(item, count, i);
		bool has_moved = !is_moving && wave_of[i] != WAVE_NONE &&
			(wave == WAVE_NONE || wave_of[i] < wave);

		if (states->to[i] == host && (is_moving || has_moved))
			load += states->need_to[cell];
		else if (states->from[i] == host && !has_moved)
			load += states->need_from[cell];
	}
	return load <= states->room[host * states->row_count + row];
}

bool waves_state_holds(const struct wave_problem *problem, const size_t *wave_of,
	size_t wave, const size_t *item, size_t count)
{
	const struct wave_states *states = problem->states;

	/* only a host that takes one of these can become too full */
	for (size_t i = 0; states && i < count; i++) {
		size_t host = states->to[item[i]];

		if (host == WAVE_NONE || host == states->from[item[i]])
			continue;
		for (size_t row = 0; row < states->row_count; row++) {
			if (!row_holds(problem, wave_of, wave, item, count, host, row))
				return false;
		}
	}
	return true;
}
