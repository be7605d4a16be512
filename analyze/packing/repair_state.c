/* Loads, groups and penalties of a placement that may be overloaded. */
#include "analyze/packing/repair_state.h"

#include "analyze/packing/volumes.h"

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

/* What a host would have of a group if `in` came and `out` went. */
static int64_t group_after(
	const struct repair *r, size_t host, size_t group, size_t in, size_t out)
{
	return (int64_t)r->group_load[host * r->model->group_count + group] +
		amount_in(r->model, in, group) - amount_in(r->model, out, group);
}

static double over(int64_t amount, int64_t limit)
{
	return amount > limit ? (double)(amount - limit) : 0;
}

/* The penalty of one group of a host; of a family all its groups together. */
static double group_penalty(
	const struct repair *r, size_t host, size_t number, size_t in, size_t out)
{
	const struct model_group *group = &r->model->group[number];
	int64_t total = 0, most = 0;

	switch (group->scope) {
	case MODEL_OF_HOST:
		return over(group_after(r, host, number, in, out), group->limit);
	case MODEL_HOSTS:
		return r->is_home[host * r->model->group_count + number]
			? 0
			: (double)group_after(r, host, number, in, out);
	case MODEL_FAMILY:
		for (size_t g = group->first; g < group->end; g++) {
			int64_t there = group_after(r, host, g, in, out);

			total += there;
			most = there > most ? there : most;
		}
		return (double)(total - most);
	case MODEL_OF_ZONE:
	case MODEL_SCOPES:
		break;
	}
	return 0;
}

static double zone_penalty(
	const struct repair *r, size_t host, size_t number, size_t in, size_t out)
{
	size_t zone = r->model->zone[r->host[host].type];
	int64_t there = (int64_t)r->zone_load[zone * r->model->group_count + number] +
		amount_in(r->model, in, number) - amount_in(r->model, out, number);

	return over(there, r->model->group[number].limit);
}

/* The unit's group is looked at when its turn comes, or was when another's came. */
static bool is_counted_by(const struct model *model, size_t unit, size_t number)
{
	const struct model_group *group = &model->group[number];

	if (unit == PACKING_NONE)
		return false;
	return group->scope == MODEL_FAMILY
		? model_family_group(model, unit, group) < group->end
		: amount_in(model, unit, number) > 0;
}

double repair_group_change(
	const struct repair *r, size_t host, size_t in, size_t out, bool is_zone)
{
	const struct model *model = r->model;
	double change = 0;

	for (int side = 0; side < 2; side++) {
		size_t unit = side ? out : in;

		if (unit == PACKING_NONE)
			continue;
		for (size_t m = model->membership_start[unit];
			m < model->membership_start[unit + 1]; m++) {
			size_t g = model->membership[m].group;

			if ((model->group[g].scope == MODEL_OF_ZONE) != is_zone ||
				(side && is_counted_by(model, in, g)))
				continue;
			change += is_zone ? zone_penalty(r, host, g, in, out) -
					zone_penalty(
						r, host, g, PACKING_NONE, PACKING_NONE)
					  : group_penalty(r, host, g, in, out) -
					group_penalty(
						r, host, g, PACKING_NONE, PACKING_NONE);
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

/* The items of a host if `in` came and `out` went; NULL: no memory. */
static size_t *list_items(
	const struct repair *r, size_t host, size_t in, size_t out, size_t *ret_count)
{
	const struct model *model = r->model;
	const struct crew *crew = &r->crew[host];
	size_t room = in == PACKING_NONE ? 0 : model->weight[in], count = 0;
	size_t *item = NULL;

	for (size_t i = 0; i < crew->count; i++)
		room += model->weight[crew->unit[i]];
	item = malloc((room + 1) * sizeof(*item));
	for (size_t i = 0; i <= crew->count && item; i++) {
		size_t u = i < crew->count ? crew->unit[i] : in;

		if (u == PACKING_NONE || u == out)
			continue;
		for (size_t m = model->member_start[u]; m < model->member_start[u + 1];
			m++)
			item[count++] = model->member[m];
	}
	*ret_count = count;
	return item;
}

/* A share of a host that is as good as over its limits where the volumes do not hold what
 * is on it; which of the items is one too many cannot be said. */
#define VOLUMES_PENALTY 0.05

static double volumes_after(const struct repair *r, size_t host, size_t in, size_t out)
{
	size_t type = r->host[host].type, count = 0;
	size_t *item = NULL;
	int fits = 1;

	if (!model_has_volumes(r->model, type))
		return 0;
	item = list_items(r, host, in, out, &count);
	if (item)
		fits = volumes_fit(r->model->problem, type, item, count, NULL);
	free(item);
	return fits == 1 ? 0 : VOLUMES_PENALTY;
}

/* As near as floats are, where they are used. */
static double roughly_after(
	const struct repair *r, size_t host, size_t in, size_t out, double most)
{
	return r->rates.lanes ? repair_rates_after(&r->rates, r->model,
					r->host[host].type, host, in, out, most)
			      : rows_after(r, host, in, out, most);
}

static double figures_after(const struct repair *r, size_t host, size_t in, size_t out,
	double most, bool is_rough)
{
	double penalty = is_rough ? roughly_after(r, host, in, out, most)
				  : rows_after(r, host, in, out, most);

	return penalty <= most ? penalty + volumes_after(r, host, in, out) : penalty;
}

double repair_host_after(
	struct repair *r, size_t host, size_t in, size_t out, double most)
{
	double penalty = figures_after(r, host, in, out, most, true);

	/* of many rows four at a time */
	r->work_done += r->model->row_count / (r->rates.are_many ? 4 : 1) + 4;
	if (r->model->group_count && penalty <= most) {
		/* the rows are computed whole, the groups as a change of what there is */
		double groups = r->penalty[host] - r->figures[host];

		penalty += groups + repair_group_change(r, host, in, out, false);
	}
	return penalty;
}

void repair_count_groups(struct repair *r, size_t unit, size_t host, int sign)
{
	const struct model *model = r->model;
	size_t zone = model->zone[r->host[host].type];

	for (size_t m = model->membership_start[unit];
		m < model->membership_start[unit + 1]; m++) {
		size_t g = model->membership[m].group;
		uint32_t amount = (uint32_t)(sign * (int)model->membership[m].amount);

		r->group_load[host * model->group_count + g] += amount;
		r->zone_load[zone * model->group_count + g] += amount;
	}
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
	repair_rates_refresh(&r->rates, model, host, load, r->limit + host * rows);
	repair_count_groups(r, unit, host, sign);
}

void repair_add_up(struct repair *r)
{
	r->total = r->zone_penalty;
	for (size_t h = 0; h < r->host_count; h++)
		r->total += r->penalty[h];
}

void repair_refresh(struct repair *r, size_t host)
{
	const struct model *model = r->model;
	double penalty =
		figures_after(r, host, PACKING_NONE, PACKING_NONE, 1e300, false);

	r->figures[host] = penalty;
	for (size_t g = 0; g < model->group_count; g++)
		if (model->group[g].scope != MODEL_FAMILY || model->group[g].first == g)
			penalty +=
				group_penalty(r, host, g, PACKING_NONE, PACKING_NONE);
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

			if (model->group[g].scope == MODEL_OF_ZONE)
				penalty += over(there, model->group[g].limit);
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

/* A load weighs by its share of the capacity: else a dimension in bytes would
 * outweigh one in cores, and the search would mend that one alone. */
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
	r->is_home = calloc(host_count * model->group_count + 1, 1);
	r->penalty = calloc(host_count + 1, sizeof(*r->penalty));
	r->figures = calloc(host_count + 1, sizeof(*r->figures));
	r->host_of = calloc(units, sizeof(*r->host_of));
	r->place = calloc(units, sizeof(*r->place));
	r->tabu_until = calloc(units, sizeof(*r->tabu_until));
	if (!r->crew || !r->load || !r->limit || !r->weight || !r->group_load ||
		!r->zone_load || !r->is_home || !r->penalty || !r->figures ||
		!r->host_of || !r->place || !r->tabu_until)
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
	if (repair_rates_init(&r->rates, model, host_count, r->weight) < 0)
		return -ENOMEM;
	for (size_t h = 0; h < host_count; h++)
		repair_rates_refresh(
			&r->rates, model, h, r->load + h * rows, r->limit + h * rows);
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
	repair_rates_done(&r->rates);
	free(r->group_load);
	free(r->zone_load);
	free(r->is_home);
	free(r->penalty);
	free(r->figures);
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
