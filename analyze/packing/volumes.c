#include "analyze/packing/volumes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX 200000

struct volume_search {
	const int64_t *size; /* [count] */
	const size_t *order; /* of them, the largest first */
	size_t *at;          /* [count] */
	size_t count;
	int64_t room[PACKING_VOLUMES_MAX];
	size_t volume_count;
	size_t nodes;
	bool is_cut;
};

static int compare_places(const void *a, const void *b, void *closure)
{
	const struct volume_search *s = closure;
	const int64_t *size = s->size;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (size[x] != size[y])
		return size[x] > size[y] ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* A volume with the room of an earlier one can do no more than that. */
static bool has_twin_before(const struct volume_search *s, size_t volume)
{
	for (size_t v = 0; v < volume; v++)
		if (s->room[v] == s->room[volume])
			return true;
	return false;
}

static bool volumes_search_from(struct volume_search *s, size_t place)
{
	size_t i = place < s->count ? s->order[place] : 0;
	int64_t size = place < s->count ? s->size[i] : 0;

	if (size == 0) /* those that need nothing are the last ones */
		return true;
	if (++s->nodes > NODES_MAX) {
		s->is_cut = true;
		return false;
	}
	for (size_t v = 0; v < s->volume_count && !s->is_cut; v++) {
		if (s->room[v] < size || has_twin_before(s, v))
			continue;
		s->room[v] -= size;
		s->at[i] = v;
		if (volumes_search_from(s, place + 1))
			return true;
		s->room[v] += size;
	}
	return false;
}

/* More than all volumes together, or than the largest: no search is needed. */
static bool is_too_much(const struct volume_search *s)
{
	int64_t need = 0, room = 0, largest = 0;

	for (size_t i = 0; i < s->count; i++)
		need += s->size[i];
	for (size_t v = 0; v < s->volume_count; v++) {
		room += s->room[v];
		largest = s->room[v] > largest ? s->room[v] : largest;
	}
	return need > room || (s->count && s->size[s->order[0]] > largest);
}

int volumes_assign(const int64_t *volume, size_t volume_count, const int64_t *size,
	size_t count, size_t *ret_volume)
{
	struct volume_search s = {
		.size = size, .count = count, .volume_count = volume_count
	};
	size_t *order = malloc((2 * count + 1) * sizeof(*order));
	int r = 0;

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		order[i] = i;
		order[count + i] = PACKING_NONE;
	}
	s.order = order;
	s.at = order + count;
	memcpy(s.room, volume, volume_count * sizeof(*volume));
	qsort_r(order, count, sizeof(*order), compare_places, &s);
	if (!is_too_much(&s))
		r = volumes_search_from(&s, 0) ? 1 : s.is_cut ? -EAGAIN : 0;
	if (r == 1 && ret_volume)
		memcpy(ret_volume, s.at, count * sizeof(*ret_volume));
	free(order);
	return r;
}

int volumes_fit(const struct packing_problem *problem, size_t type, const size_t *item,
	size_t count, size_t *ret_volume)
{
	const struct packing_host_type *host = &problem->type[type];
	int64_t *size = NULL;
	size_t row = 0;
	int r = 0;

	if (problem->volume_dimension == PACKING_NONE || host->volume_count < 2) {
		for (size_t i = 0; i < count && ret_volume; i++)
			ret_volume[i] = host->volume_count ? 0 : PACKING_NONE;
		return 1;
	}
	size = malloc((count + 1) * sizeof(*size));
	if (!size)
		return -ENOMEM;
	row = problem->dimension[problem->volume_dimension].first_row;
	for (size_t i = 0; i < count; i++)
		size[i] = packing_size(problem, host->variant, item[i])[row];
	r = volumes_assign(host->volume, host->volume_count, size, count, ret_volume);
	free(size);
	return r;
}
