/* Covers of one cost, for those who want to fill them. */
#include "analyze/packing/mix_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Classes back to types: the first types of a class first. */
static void expand_cover(
	const struct mix *mix, const int64_t *taken, int64_t *ret_count)
{
	const struct model *model = mix->model;
	size_t types = model->type_count;

	for (size_t t = 0; t < types; t++) {
		int64_t left = model->count[t];

		for (size_t e = 0; e < mix->environment_count; e++) {
			int64_t want = taken[e * mix->class_count + mix->class_of[t]];

			for (size_t s = 0; s < t; s++)
				if (mix->class_of[s] == mix->class_of[t])
					want -= ret_count[e * types + s];
			ret_count[e * types + t] = want < left ? want : left;
			left -= ret_count[e * types + t];
		}
	}
}

/*
 * A roomy cover of one environment from the hosts still there.  1: in taken, and these
 * hosts are gone from left; 0: none within the budget; or a negative errno.
 */
static int draw_share(const struct mix *mix, size_t environment, int64_t budget,
	struct work *work, int64_t *left, int64_t *taken)
{
	size_t classes = mix->class_count, cells = mix->environment_count * classes;
	struct mix_search s;
	int found = 0;

	if (mix_search_init(&s, mix, work) < 0) {
		mix_search_done(&s);
		return -ENOMEM;
	}
	memcpy(s.left, left, classes * sizeof(*left));
	s.node_limit = 20000;
	s.budget = budget;
	found = mix_search_keeping(&s, 3, environment, environment + 1);
	if (found > 0) {
		size_t pick = work_random(work) % (uint64_t)found;

		for (size_t c = 0; c < classes; c++) {
			size_t cell = environment * classes + c;

			taken[cell] = s.found[pick * cells + cell];
			left[c] -= taken[cell];
		}
	}
	mix_search_done(&s);
	return found > 0 ? 1 : found;
}

/* What one environment may spend beyond the bound: its share of it, by chance. */
static int64_t draw_extra(const struct mix *mix, int64_t cost, int64_t own,
	int64_t spare, struct work *work)
{
	int64_t mean = mix->alone[0]
		? (int64_t)((__int128)(cost - mix->alone[0]) * own / mix->alone[0])
		: 0;
	int64_t extra = (int64_t)(work_random(work) % (uint64_t)(2 * mean + 2));

	extra = extra / mix->cost_gcd * mix->cost_gcd;
	return extra > spare ? spare : extra;
}

/*
 * One cover of several environments: what may be spent beyond the bound is shared out
 * at random, each environment in turn takes a roomy cover from the hosts still there,
 * the last one spends what is left.  1: found in taken; 0: this draw leads nowhere.
 */
static int draw_cover(
	const struct mix *mix, int64_t cost, struct work *work, int64_t *taken)
{
	size_t cells = mix->environment_count * mix->class_count;
	int64_t spare = cost - mix->alone[0];
	int64_t *left = malloc((mix->class_count + 1) * sizeof(*left));
	int r = left ? 1 : -ENOMEM;

	memset(taken, 0, cells * sizeof(*taken));
	for (size_t c = 0; c < mix->class_count && r == 1; c++)
		left[c] = mix->count[c];
	for (size_t e = 0; e < mix->environment_count && r == 1; e++) {
		bool is_last = e + 1 == mix->environment_count;
		int64_t own = mix->alone[e] - mix->alone[e + 1];
		int64_t extra =
			is_last ? spare : draw_extra(mix, cost, own, spare, work);

		for (int more = 0; more < (is_last ? 1 : 8); more++) {
			r = draw_share(mix, e, mix->alone[e + 1] + own + extra, work,
				left, taken);
			if (r != 0)
				break;
			extra += mix->cost_gcd;
			if (!is_last && extra > spare)
				break;
		}
		spare -= extra;
	}
	free(left);
	return r;
}

#define DRAWS 60

/* Several environments: drawn covers, since there are too many to list. */
static int drawn_covers(const struct mix *mix, int64_t cost, size_t most,
	struct work *work, int64_t *count)
{
	size_t out = mix->environment_count * mix->model->type_count;
	int64_t *taken = malloc(
		(mix->environment_count * mix->class_count + 1) * sizeof(*taken));
	size_t found = 0;
	int r = taken ? 0 : -ENOMEM;

	for (int i = 0; i < DRAWS && found < most && r >= 0 && !work_is_over(work);
		i++) {
		r = draw_cover(mix, cost, work, taken);
		if (r == 1)
			expand_cover(mix, taken, count + found++ * out);
	}
	free(taken);
	return r < 0 ? r : (int)found;
}

int mix_covers(const struct mix *mix, int64_t cost, size_t most, struct work *work,
	int64_t **ret_count, bool *ret_is_complete)
{
	size_t cells = mix->environment_count * mix->class_count;
	size_t out = mix->environment_count * mix->model->type_count;
	int64_t *count = malloc((most * out + 1) * sizeof(*count));
	struct mix_search s;
	int r = mix_search_init(&s, mix, work);

	if (r == 0 && !count)
		r = -ENOMEM;
	if (r == 0) {
		s.node_limit /= mix->environment_count > 1 ? 100 : 10;
		s.budget = cost;
		r = mix_search_keeping(&s, most, 0, mix->environment_count);
	}
	*ret_is_complete = !s.is_cut && s.found_count < most;
	for (int i = 0; i < r; i++)
		expand_cover(mix, s.found + (size_t)i * cells, count + (size_t)i * out);
	if (r >= 0 && s.is_cut && mix->environment_count > 1)
		r = drawn_covers(mix, cost, most, work, count);
	mix_search_done(&s);
	if (r < 0) {
		free(count);
		return r;
	}
	*ret_count = count;
	return r;
}
