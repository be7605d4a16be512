/* Loads, groups and penalties of a placement that may be overloaded. */
#include "analyze/packing/repair_state.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t amount_in(const struct model *model, size_t unit, size_t group)
{
	if (unit == PACKING_NONE)
		return 0;
	for (size_t m = model->membership_start[unit];
		m < model->membership_start[unit + 1]; m++)
		if (model->membership[m].group == group)
			return model->membership[m].amount;
	return 0;
}

double repair_group_change(
	const struct repair *r, size_t host, size_t in, size_t out, bool is_zone)
{
	const struct model *model = r->model;
	const uint32_t *there = is_zone
		? r->zone_load + model->zone[r->host[host].type] * model->group_count
		: r->group_load + host * model->group_count;
	double change = 0;

	for (int side = 0; side < 2; side++) {
		size_t unit = side ? out : in;

		if (unit == PACKING_NONE)
			continue;
		for (size_t m = model->membership_start[unit];
			m < model->membership_start[unit + 1]; m++) {
			size_t g = model->membership[m].group;
			int64_t limit = model->group[g].limit, before = there[g];
			int64_t after = before + amount_in(model, in, g) -
				amount_in(model, out, g);

			if (model->group[g].is_zone != is_zone ||
				(side && amount_in(model, in, g)))
				continue;
			change += (double)(after > limit ? after - limit : 0) -
				(double)(before > limit ? before - limit : 0);
		}
	}
	return change;
}

/* The penalty of the rows if `in` came and `out` went; cut off above `most`. */
static double rows_after(
	const struct repair *r, size_t host, size_t in, size_t out, double most)
{
	const struct model *model = r->model;
	size_t type = r->host[host].type, rows = model->row_count;
	const int64_t *load = r->load + host * rows;
	const int64_t *limit = r->limit + host * rows;
	const double *weight = r->weight + type * rows;
	const int64_t *add = in == PACKING_NONE ? NULL : model_size(model, type, in);
	const int64_t *take = out == PACKING_NONE ? NULL : model_size(model, type, out);
	double penalty = 0;

	for (size_t row = 0; row < rows; row++) {
		int64_t over = load[row] - limit[row];

		over += add ? add[row] : 0;
		over -= take ? take[row] : 0;
		if (model->setup_row == row) {
			size_t sharing = r->crew[host].sharing;
			size_t after = sharing + (add && model->is_sharing[in]) -
				(take && model->is_sharing[out]);

			over += ((after != 0) - (sharing != 0)) * model->setup_amount;
		}
		if (over > 0) {
			penalty += (double)over * weight[row];
			if (penalty > most)
				return penalty;
		}
	}
	return penalty;
}

double repair_host_after(
	struct repair *r, size_t host, size_t in, size_t out, double most)
{
	double penalty = rows_after(r, host, in, out, most);

	r->work_done += r->model->row_count + 4;
	if (r->model->group_count && penalty <= most) {
		/* the rows are computed whole, the groups as a change of what there is */
		double groups = r->penalty[host] -
			rows_after(r, host, PACKING_NONE, PACKING_NONE, 1e300);

		penalty += groups + repair_group_change(r, host, in, out, false);
	}
	return penalty;
}

static void account(struct repair *r, size_t unit, size_t host, int sign)
{
	const struct model *model = r->model;
	size_t rows = model->row_count, type = r->host[host].type;
	const int64_t *size = model_size(model, type, unit);
	int64_t *load = r->load + host * rows;
	struct crew *crew = &r->crew[host];

	for (size_t row = 0; row < rows; row++)
		load[row] += sign * size[row];
	if (model->is_sharing[unit]) {
		size_t before = crew->sharing;

		crew->sharing = sign > 0 ? before + 1 : before - 1;
		if (model->setup_row != PACKING_NONE && (!before || !crew->sharing))
			load[model->setup_row] += sign * model->setup_amount;
	}
	for (size_t m = model->membership_start[unit];
		m < model->membership_start[unit + 1]; m++) {
		size_t g = model->membership[m].group;
		uint32_t amount = (uint32_t)(sign * (int)model->membership[m].amount);

		r->group_load[host * model->group_count + g] += amount;
		r->zone_load[model->zone[type] * model->group_count + g] += amount;
	}
}

void repair_refresh(struct repair *r, size_t host)
{
	const struct model *model = r->model;
	double penalty = rows_after(r, host, PACKING_NONE, PACKING_NONE, 1e300);

	for (size_t g = 0; g < model->group_count; g++) {
		uint32_t there = r->group_load[host * model->group_count + g];

		if (!model->group[g].is_zone && there > model->group[g].limit)
			penalty += there - model->group[g].limit;
	}
	r->total += penalty - r->penalty[host];
	r->penalty[host] = penalty;
}

void repair_refresh_zones(struct repair *r)
{
	const struct model *model = r->model;
	double penalty = 0;

	for (size_t z = 0; z < model->zone_count; z++)
		for (size_t g = 0; g < model->group_count; g++) {
			uint32_t there = r->zone_load[z * model->group_count + g];

			if (model->group[g].is_zone && there > model->group[g].limit)
				penalty += there - model->group[g].limit;
		}
	r->total += penalty - r->zone_penalty;
	r->zone_penalty = penalty;
}

int repair_put(struct repair *r, size_t unit, size_t host)
{
	struct crew *crew = &r->crew[host];

	if (crew->count == crew->room) {
		size_t room = crew->room ? 2 * crew->room : 8;
		size_t *grown = realloc(crew->unit, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		crew->unit = grown;
		crew->room = room;
	}
	account(r, unit, host, 1);
	r->host_of[unit] = host;
	r->place[unit] = crew->count;
	crew->unit[crew->count++] = unit;
	return 0;
}

void repair_take(struct repair *r, size_t unit)
{
	size_t host = r->host_of[unit];
	struct crew *crew = &r->crew[host];
	size_t last = crew->unit[--crew->count];

	crew->unit[r->place[unit]] = last;
	r->place[last] = r->place[unit];
	account(r, unit, host, -1);
}

/* ---- from and to a packing --------------------------------------------------------- */

int repair_init(struct repair *r, const struct state *start,
	const struct repair_host *hosts, size_t host_count,
	const struct repair_limits *limits, struct work *work)
{
	const struct model *model = start->model;
	size_t rows = model->row_count, units = model->unit_count + 1;

	*r = (struct repair){
		.model = model, .host = hosts, .host_count = host_count, .work = work
	};
	r->crew = calloc(host_count + 1, sizeof(*r->crew));
	r->load = calloc(host_count * rows + 1, sizeof(*r->load));
	r->limit = calloc(host_count * rows + 1, sizeof(*r->limit));
	r->weight = calloc(model->type_count * rows + 1, sizeof(*r->weight));
	r->group_load = calloc(host_count * model->group_count + 1, sizeof(uint32_t));
	r->zone_load =
		calloc(model->zone_count * model->group_count + 1, sizeof(uint32_t));
	r->penalty = calloc(host_count + 1, sizeof(*r->penalty));
	r->host_of = calloc(units, sizeof(*r->host_of));
	r->place = calloc(units, sizeof(*r->place));
	r->tabu_until = calloc(units, sizeof(*r->tabu_until));
	if (!r->crew || !r->load || !r->limit || !r->weight || !r->group_load ||
		!r->zone_load || !r->penalty || !r->host_of || !r->place ||
		!r->tabu_until)
		return -ENOMEM;
	for (size_t c = 0; c < model->type_count * rows; c++)
		r->weight[c] =
			1.0 / (double)(model->capacity[c] > 0 ? model->capacity[c] : 1);
	for (size_t h = 0; h < host_count; h++)
		for (size_t row = 0; row < rows; row++) {
			int64_t capacity = model_capacity(model, hosts[h].type)[row];

			r->limit[h * rows + row] = capacity -
				capacity / 1000 * limits->reserve_permille -
				(limits->reserve ? limits->reserve[h * rows + row] : 0);
		}
	for (size_t u = 0; u < model->unit_count; u++)
		r->host_of[u] = PACKING_NONE;
	return 0;
}

void repair_done(struct repair *r)
{
	for (size_t h = 0; r->crew && h < r->host_count; h++)
		free(r->crew[h].unit);
	free(r->crew);
	free(r->load);
	free(r->limit);
	free(r->weight);
	free(r->group_load);
	free(r->zone_load);
	free(r->penalty);
	free(r->host_of);
	free(r->place);
	free(r->tabu_until);
}

int repair_to_state(const struct repair *r, struct state *state)
{
	int result = 0;

	state_clear(state);
	for (size_t h = 0; h < r->host_count && result == 0; h++) {
		size_t number = 0;

		result = state_open(state, r->host[h].type, &number);
		for (size_t i = 0; i < r->crew[h].count && result == 0; i++)
			result = !state_fits(state, r->crew[h].unit[i], number)
				? -EDOM
				: state_add(state, r->crew[h].unit[i], number);
	}
	if (result == -ENOMEM)
		return result;
	if (result < 0) {
		state_clear(state);
		return 0;
	}
	state_drop_empty(state);
	return 1;
}
