/* The beginning of a repair: what has no host yet goes where it does least harm. */
#include "analyze/packing/repair_begin.h"

#include "analyze/packing/order.h"

#include <errno.h>
#include <stdlib.h>

/* ---- homes ------------------------------------------------------------------------- */

static bool is_member(const struct model *model, size_t unit, size_t group)
{
	for (size_t m = model->membership_start[unit];
		m < model->membership_start[unit + 1]; m++)
		if (model->membership[m].group == group)
			return true;
	return false;
}

/* The host that has most of the group, of those that are no home of it yet. */
static size_t fullest_of(const struct repair *r, size_t group)
{
	size_t groups = r->model->group_count, best = PACKING_NONE;
	uint32_t most = 0;

	for (size_t h = 0; h < r->host_count; h++) {
		uint32_t there = r->group_load[h * groups + group];

		if (!r->is_home[h * groups + group] && there > most) {
			best = h;
			most = there;
		}
	}
	return best;
}

/* A host by chance that may hold the unit; PACKING_NONE: there is none, or one of those
 * that may is a home of the group already. */
static size_t draw_home(const struct repair *r, size_t unit, size_t group)
{
	size_t groups = r->model->group_count, chosen = PACKING_NONE, seen = 0;

	for (size_t h = 0; h < r->host_count; h++) {
		if (!repair_may_go(r, unit, h))
			continue;
		if (r->is_home[h * groups + group])
			return PACKING_NONE;
		if (work_random(r->work) % ++seen == 0)
			chosen = h;
	}
	return chosen;
}

/* A home more, whichever of the group's units may go there; false: there is none. */
static bool draw_any_home(struct repair *r, size_t group)
{
	size_t groups = r->model->group_count, chosen = PACKING_NONE, seen = 0;

	for (size_t h = 0; h < r->host_count; h++) {
		bool may = false;

		for (size_t u = 0; u < r->model->unit_count && !may; u++)
			may = is_member(r->model, u, group) && repair_may_go(r, u, h);
		if (may && !r->is_home[h * groups + group] &&
			work_random(r->work) % ++seen == 0)
			chosen = h;
	}
	if (chosen != PACKING_NONE)
		r->is_home[chosen * groups + group] = 1;
	return chosen != PACKING_NONE;
}

static void choose_homes_of(struct repair *r, size_t group, const unsigned char *is_in)
{
	const struct model *model = r->model;
	size_t left = model->group[group].limit, host = fullest_of(r, group);

	for (; left > 0 && host != PACKING_NONE; host = fullest_of(r, group), left--)
		r->is_home[host * model->group_count + group] = 1;
	for (size_t u = 0; u < model->unit_count && left > 0; u++) {
		if (!is_member(model, u, group) || (is_in && !is_in[u]))
			continue;
		host = draw_home(r, u, group);
		if (host == PACKING_NONE)
			continue;
		r->is_home[host * model->group_count + group] = 1;
		left--;
	}
	while (left > 0 && draw_any_home(r, group))
		left--;
}

void repair_choose_homes(struct repair *r, const unsigned char *is_in)
{
	for (size_t g = 0; g < r->model->group_count; g++)
		if (r->model->group[g].scope == MODEL_HOSTS)
			choose_homes_of(r, g, is_in);
}

/* ---- the rest ---------------------------------------------------------------------- */

/* The units without a host, the largest first. */
static size_t list_rest(
	const struct repair *r, const unsigned char *is_in, double *key, size_t *list)
{
	const struct model *model = r->model;
	size_t count = 0;

	for (size_t u = 0; u < model->unit_count; u++) {
		if (r->host_of[u] != PACKING_NONE || (is_in && !is_in[u]))
			continue;
		key[u] = 0;
		for (size_t row = 0; row < model->row_count; row++)
			key[u] += r->weight[row] *
				(double)model->size[u * model->row_count + row];
		list[count++] = u;
	}
	order_by_key(list, count, key);
	return count;
}

/* Where it does least harm; one of several by chance, which spreads them. */
static size_t least_harm(struct repair *r, size_t unit)
{
	size_t chosen = PACKING_NONE, ties = 0;
	double best = 1e300;

	for (size_t h = 0; h < r->host_count; h++) {
		double change = 0;

		if (!repair_may_go(r, unit, h))
			continue;
		change = repair_host_after(r, h, unit, PACKING_NONE, 1e300) -
			r->penalty[h] +
			repair_group_change(r, h, unit, PACKING_NONE, true);
		if (change < best - 1e-12) {
			best = change;
			chosen = h;
			ties = 1;
		} else if (change < best + 1e-12 &&
			work_random(r->work) % ++ties == 0) {
			chosen = h;
		}
	}
	return chosen;
}

int repair_place_rest(struct repair *r, const unsigned char *is_in)
{
	size_t n = r->model->unit_count + 1, count = 0;
	double *key = calloc(n, sizeof(*key));
	size_t *list = malloc(n * sizeof(*list));
	int result = key && list ? 1 : -ENOMEM;

	if (result == 1)
		count = list_rest(r, is_in, key, list);
	for (size_t i = 0; i < count && result == 1; i++) {
		size_t host = least_harm(r, list[i]);

		if (host == PACKING_NONE)
			result = 0; /* no host of these may hold it */
		else if (repair_put(r, list[i], host) < 0)
			result = -ENOMEM;
		else
			repair_refresh(r, host);
	}
	if (result == 1)
		repair_refresh_zones(r);
	free(key);
	free(list);
	return result;
}
