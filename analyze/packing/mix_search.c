/* Depth first over classes, environment by environment, within a budget of cost. */
#include "analyze/packing/mix_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEARCH_WORK 3e8 /* classes x rows looked at, in one search */

/* At least what environments e.. still cost, e itself by classes `first` and up. */
static int64_t search_bound(struct mix_search *s, size_t e, size_t first)
{
	const struct mix *mix = s->mix;
	int64_t bound = 0;

	for (size_t i = mix->row_start[e]; i < mix->row_start[e + 1]; i++) {
		int64_t cost = 0;

		if (s->need[i] <= 0)
			continue;
		cost = mix_row_bound(mix, &mix->row[i], s->need[i], s->left, first);
		if (cost == INT64_MAX)
			return INT64_MAX;
		bound = cost > bound ? cost : bound;
	}
	return bound + mix->alone[e + 1];
}

static double cover_slack(const struct mix_search *s)
{
	double least = 1e300;

	for (size_t i = s->mix->row_start[s->begin]; i < s->mix->row_start[s->end];
		i++) {
		double slack = -(double)s->need[i] / (double)s->mix->row[i].need;

		least = slack < least ? slack : least;
	}
	return least;
}

/* Keeps the roomiest covers: the tightest one is replaced when the room is full. */
static void search_keep(struct mix_search *s)
{
	size_t cells = s->mix->environment_count * s->mix->class_count;
	double slack = cover_slack(s);
	size_t at = s->found_count;

	if (at == s->found_room) {
		at = 0;
		for (size_t i = 1; i < s->found_count; i++)
			if (s->slack[i] < s->slack[at])
				at = i;
		if (slack <= s->slack[at])
			return;
	} else {
		s->found_count++;
	}
	s->slack[at] = slack;
	memcpy(s->found + at * cells, s->taken, cells * sizeof(*s->taken));
}

static void search_take(struct mix_search *s, size_t e, size_t c, int64_t count)
{
	const struct mix *mix = s->mix;

	s->left[c] -= count;
	s->taken[e * mix->class_count + c] += count;
	s->budget -= count * mix->cost[c];
	for (size_t i = mix->row_start[e]; i < mix->row_start[e + 1]; i++)
		s->need[i] -= count * mix->row[i].give[c];
}

/* All rows of the environment are met: the next one, or a cover. */
static bool search_covered(struct mix_search *s, size_t e)
{
	if (e + 1 < s->end)
		return mix_search_run(s, e + 1, 0);
	if (s->wants_exact && s->budget > s->mix->alone[s->end])
		return false;
	if (!s->found_room)
		return true;
	search_keep(s);
	return false;
}

/* Decides class `first` of environment e and what follows; true ends the search. */
bool mix_search_run(struct mix_search *s, size_t e, size_t first)
{
	const struct mix *mix = s->mix;
	int64_t most = 0, bound = 0;

	if (++s->nodes > s->node_limit ||
		(s->nodes % 1024 == 0 && work_is_over(s->work))) {
		s->is_cut = true;
		return true;
	}
	bound = search_bound(s, e, first);
	if (bound > s->budget)
		return false;
	/* covered, and nothing is to be spent beyond what covers */
	if (bound == mix->alone[e + 1] && !s->wants_exact) {
		bool is_met = true;

		for (size_t i = mix->row_start[e]; i < mix->row_start[e + 1]; i++)
			is_met = is_met && s->need[i] <= 0;
		if (is_met)
			return search_covered(s, e);
	}
	if (first == mix->class_count) {
		for (size_t i = mix->row_start[e]; i < mix->row_start[e + 1]; i++)
			if (s->need[i] > 0)
				return false;
		return search_covered(s, e);
	}
	most = s->left[first];
	if (mix->cost[first] > 0 && s->budget / mix->cost[first] < most)
		most = s->budget / mix->cost[first];
	for (int64_t count = most; count >= 0; count--) {
		bool is_end = false;

		search_take(s, e, first, count);
		is_end = mix_search_run(s, e, first + 1);
		search_take(s, e, first, -count);
		if (is_end)
			return true;
	}
	return false;
}

int mix_search_init(struct mix_search *s, const struct mix *mix, struct work *work)
{
	*s = (struct mix_search){
		.mix = mix, .work = work, .end = mix->environment_count
	};
	s->node_limit = (uint64_t)(SEARCH_WORK /
		(double)(mix->row_count * mix->class_count + 10));
	s->left = malloc(mix->class_count * sizeof(*s->left));
	s->need = malloc((mix->row_count + 1) * sizeof(*s->need));
	s->taken = calloc(mix->environment_count * mix->class_count, sizeof(*s->taken));
	if (!s->left || !s->need || !s->taken)
		return -ENOMEM;
	memcpy(s->left, mix->count, mix->class_count * sizeof(*s->left));
	for (size_t i = 0; i < mix->row_count; i++)
		s->need[i] = mix->row[i].need;
	return 0;
}

void mix_search_done(struct mix_search *s)
{
	free(s->left);
	free(s->need);
	free(s->taken);
	free(s->found);
	free(s->slack);
}

/* The covers are kept in rooms for `most`; the roomiest come first. */
int mix_search_keeping(struct mix_search *s, size_t most, size_t from, size_t end)
{
	size_t cells = s->mix->environment_count * s->mix->class_count;

	s->found = calloc(most * cells + 1, sizeof(*s->found));
	s->slack = calloc(most + 1, sizeof(*s->slack));
	if (!s->found || !s->slack)
		return -ENOMEM;
	s->found_room = most;
	s->wants_exact = true;
	s->begin = from;
	s->end = end;
	mix_search_run(s, from, 0);
	assert(s->found_count <= most);
	/* insertion sort: `most` is small */
	for (size_t i = 0; i < s->found_count; i++)
		for (size_t j = i; j > 0 && s->slack[j] > s->slack[j - 1]; j--) {
			double slack = s->slack[j];

			s->slack[j] = s->slack[j - 1];
			s->slack[j - 1] = slack;
			for (size_t c = 0; c < cells; c++) {
				int64_t cell = s->found[j * cells + c];

				s->found[j * cells + c] = s->found[(j - 1) * cells + c];
				s->found[(j - 1) * cells + c] = cell;
			}
		}
	return (int)s->found_count;
}
