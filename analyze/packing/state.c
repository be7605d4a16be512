/* Incremental feasibility: one place decides whether a unit may go on a host. */
#include "analyze/packing/state.h"

#include "analyze/packing/volumes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int state_init(struct state *state, const struct model *model)
{
	size_t n = model->unit_count + 1;

	*state = (struct state){ .model = model };
	state->zone_load =
		calloc(model->zone_count * model->group_count + 1, sizeof(uint32_t));
	state->group_hosts = calloc(model->group_count + 1, sizeof(uint32_t));
	state->type_used = calloc(model->type_count, sizeof(int64_t));
	state->host_of = malloc(n * sizeof(size_t));
	state->place = malloc(n * sizeof(size_t));
	if (!state->zone_load || !state->group_hosts || !state->type_used ||
		!state->host_of || !state->place) {
		state_done(state);
		return -ENOMEM;
	}
	state_clear(state);
	return 0;
}

void state_done(struct state *state)
{
	for (size_t h = 0; h < state->host_room; h++)
		free(state->host[h].unit);
	free(state->host);
	free(state->load);
	free(state->group_load);
	free(state->zone_load);
	free(state->group_hosts);
	free(state->type_used);
	free(state->host_of);
	free(state->place);
	*state = (struct state){ 0 };
}

void state_clear(struct state *state)
{
	const struct model *model = state->model;

	state->host_count = 0;
	state->unplaced_count = model->unit_count;
	memset(state->zone_load, 0,
		(model->zone_count * model->group_count + 1) * sizeof(uint32_t));
	memset(state->group_hosts, 0, model->group_count * sizeof(uint32_t));
	memset(state->type_used, 0, model->type_count * sizeof(int64_t));
	for (size_t u = 0; u < model->unit_count; u++)
		state->host_of[u] = PACKING_NONE;
}

/* The three arrays by host grow together. */
static int state_grow(struct state *state, size_t room)
{
	const struct model *model = state->model;
	void *grown = NULL;

	if (room <= state->host_room)
		return 0;
	grown = realloc(state->load, (room * model->row_count + 1) * sizeof(int64_t));
	if (!grown)
		return -ENOMEM;
	state->load = grown;
	grown = realloc(
		state->group_load, (room * model->group_count + 1) * sizeof(uint32_t));
	if (!grown)
		return -ENOMEM;
	state->group_load = grown;
	grown = realloc(state->host, room * sizeof(*state->host));
	if (!grown)
		return -ENOMEM;
	state->host = grown;
	memset(state->host + state->host_room, 0,
		(room - state->host_room) * sizeof(*state->host));
	state->host_room = room;
	return 0;
}

/* However many there are of the type. */
static int open_host(struct state *state, size_t type, size_t *ret_host)
{
	const struct model *model = state->model;
	size_t h = state->host_count;

	if (h == state->host_room && state_grow(state, h < 8 ? 16 : 2 * h) < 0)
		return -ENOMEM;
	state->host[h].type = type;
	state->host[h].unit_count = 0;
	state->host[h].sharing_count = 0;
	memset(state->load + h * model->row_count, 0,
		model->row_count * sizeof(int64_t));
	memset(state->group_load + h * model->group_count, 0,
		model->group_count * sizeof(uint32_t));
	state->type_used[type]++;
	state->host_count++;
	if (ret_host)
		*ret_host = h;
	return 0;
}

int state_open(struct state *state, size_t type, size_t *ret_host)
{
	if (state->type_used[type] >= state->model->count[type])
		return -ENOSPC;
	return open_host(state, type, ret_host);
}

int state_open_spares(struct state *state)
{
	const struct packing_problem *problem = state->model->problem;
	size_t before = state->host_count;

	for (size_t t = 0; t < problem->type_count; t++)
		for (int64_t i = 0; i < problem->type[t].spare; i++)
			if (open_host(state, t, NULL) < 0) {
				while (state->host_count > before)
					state_close(state, state->host_count - 1);
				return -ENOMEM;
			}
	return (int)(state->host_count - before);
}

/* One group alone: whether `amount` more of it may come to the host. */
static bool group_fits(
	const struct state *state, size_t number, uint32_t amount, size_t host)
{
	const struct model *model = state->model;
	const struct model_group *group = &model->group[number];
	const uint32_t *here = state->group_load + host * model->group_count;
	size_t zone = model->zone[state->host[host].type];

	switch (group->scope) {
	case MODEL_OF_HOST:
		return here[number] + amount <= group->limit;
	case MODEL_OF_ZONE:
		return state->zone_load[zone * model->group_count + number] + amount <=
			group->limit;
	case MODEL_HOSTS:
		return here[number] || state->group_hosts[number] < group->limit;
	case MODEL_FAMILY:
		for (uint32_t g = group->first; g < group->end; g++)
			if (g != number && here[g])
				return false;
		return true;
	case MODEL_SCOPES:
		break;
	}
	return false;
}

static bool groups_fit(const struct state *state, size_t unit, size_t host)
{
	const struct model *model = state->model;

	for (size_t m = model->membership_start[unit];
		m < model->membership_start[unit + 1]; m++)
		if (!group_fits(state, model->membership[m].group,
			    model->membership[m].amount, host))
			return false;
	return true;
}

/* The items of the host and of the unit, each whole on a volume. */
static bool state_volumes_fit(const struct state *state, size_t unit, size_t host)
{
	const struct model *model = state->model;
	const struct state_host *there = &state->host[host];
	size_t room = model->weight[unit], count = 0;
	size_t *item = NULL;
	int r = 0;

	for (size_t i = 0; i < there->unit_count; i++)
		room += model->weight[there->unit[i]];
	item = malloc((room + 1) * sizeof(*item));
	for (size_t i = 0; i <= there->unit_count && item; i++) {
		size_t u = i < there->unit_count ? there->unit[i] : unit;

		for (size_t m = model->member_start[u]; m < model->member_start[u + 1];
			m++)
			item[count++] = model->member[m];
	}
	r = item ? volumes_fit(model->problem, there->type, item, count, NULL)
		 : -ENOMEM;
	free(item);
	if (r < 0 && state->is_undecided)
		*state->is_undecided = true;
	return r == 1;
}

bool state_fits(const struct state *state, size_t unit, size_t host)
{
	const struct model *model = state->model;
	const struct state_host *there = &state->host[host];
	const int64_t *load = state_load(state, host);
	const int64_t *capacity = model_capacity(model, there->type);
	const int64_t *size = model_size(model, there->type, unit);

	if (!model_allows(model, unit, there->type))
		return false;
	if (there->unit_count && there->environment != model->environment[unit])
		return false;
	for (size_t row = 0; row < model->row_count; row++)
		if (load[row] + size[row] > capacity[row])
			return false;
	if (model->setup_row != PACKING_NONE && model->is_sharing[unit] &&
		!there->sharing_count &&
		load[model->setup_row] + size[model->setup_row] + model->setup_amount >
			capacity[model->setup_row])
		return false;
	if (!groups_fit(state, unit, host))
		return false;
	return !model_has_volumes(model, there->type) ||
		state_volumes_fit(state, unit, host);
}

/* sign: 1 adds the unit's sizes and memberships to the host, -1 takes them away. */
static void state_account(struct state *state, size_t unit, size_t host, int sign)
{
	const struct model *model = state->model;
	struct state_host *there = &state->host[host];
	const int64_t *size = model_size(model, there->type, unit);
	int64_t *load = state->load + host * model->row_count;
	size_t zone = model->zone[there->type];

	for (size_t row = 0; row < model->row_count; row++)
		load[row] += sign * size[row];
	for (size_t m = model->membership_start[unit];
		m < model->membership_start[unit + 1]; m++) {
		size_t group = model->membership[m].group;
		uint32_t amount = (uint32_t)(sign * (int)model->membership[m].amount);
		uint32_t *here = &state->group_load[host * model->group_count + group];
		uint32_t before = *here;

		*here += amount;
		state->group_hosts[group] += (uint32_t)((*here > 0) - (before > 0));
		state->zone_load[zone * model->group_count + group] += amount;
	}
	if (model->is_sharing[unit] && model->setup_row != PACKING_NONE) {
		size_t before = there->sharing_count;

		there->sharing_count = sign > 0 ? before + 1 : before - 1;
		if (!before || !there->sharing_count)
			load[model->setup_row] += sign * model->setup_amount;
	}
}

int state_add(struct state *state, size_t unit, size_t host)
{
	struct state_host *there = &state->host[host];

	if (there->unit_count == there->unit_room) {
		size_t room = there->unit_room ? 2 * there->unit_room : 8;
		size_t *grown = realloc(there->unit, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		there->unit = grown;
		there->unit_room = room;
	}
	state_account(state, unit, host, 1);
	there->environment = state->model->environment[unit];
	state->host_of[unit] = host;
	state->place[unit] = there->unit_count;
	there->unit[there->unit_count++] = unit;
	state->unplaced_count--;
	return 0;
}

void state_remove(struct state *state, size_t unit)
{
	size_t host = state->host_of[unit];
	struct state_host *there = &state->host[host];
	size_t last = there->unit[--there->unit_count];

	there->unit[state->place[unit]] = last;
	state->place[last] = state->place[unit];
	state_account(state, unit, host, -1);
	state->host_of[unit] = PACKING_NONE;
	state->unplaced_count++;
}

void state_close(struct state *state, size_t host)
{
	const struct model *model = state->model;
	size_t last = state->host_count - 1;
	struct state_host closed = state->host[host];

	state->type_used[closed.type]--;
	if (host != last) {
		state->host[host] = state->host[last];
		state->host[last] = closed; /* its list is kept for the next one */
		memcpy(state->load + host * model->row_count,
			state->load + last * model->row_count,
			model->row_count * sizeof(int64_t));
		memcpy(state->group_load + host * model->group_count,
			state->group_load + last * model->group_count,
			model->group_count * sizeof(uint32_t));
		for (size_t i = 0; i < state->host[host].unit_count; i++)
			state->host_of[state->host[host].unit[i]] = host;
	}
	state->host_count = last;
}

void state_drop_empty(struct state *state)
{
	for (size_t h = state->host_count; h-- > 0;)
		if (!state->host[h].unit_count)
			state_close(state, h);
}

int state_copy(struct state *to, const struct state *from)
{
	int r = state_grow(to, from->host_count);

	state_clear(to);
	for (size_t h = 0; h < from->host_count && r == 0; h++) {
		r = state_open(to, from->host[h].type, NULL);
		for (size_t i = 0; i < from->host[h].unit_count && r == 0; i++)
			r = state_add(to, from->host[h].unit[i], h);
	}
	return r;
}

int state_copy_in_order(struct state *to, const struct state *from)
{
	const struct model *model = from->model;
	size_t *number = malloc((from->host_count + 1) * sizeof(*number));
	int r = number ? state_grow(to, from->host_count) : -ENOMEM;

	for (size_t h = 0; h < from->host_count && r == 0; h++)
		number[h] = PACKING_NONE;
	if (r == 0)
		state_clear(to);
	for (size_t t = 0; t < model->type_count && r == 0; t++)
		for (size_t u = 0; u < model->unit_count && r == 0; u++) {
			size_t h = from->host_of[u];

			if (h == PACKING_NONE || from->host[h].type != t)
				continue;
			if (number[h] == PACKING_NONE)
				r = state_open(to, t, &number[h]);
			if (r == 0)
				r = state_add(to, u, number[h]);
		}
	free(number);
	return r;
}

int64_t state_cost(const struct state *state)
{
	int64_t cost = 0;

	for (size_t h = 0; h < state->host_count; h++)
		if (state->host[h].unit_count)
			cost += state->model->cost[state->host[h].type];
	return cost;
}

size_t state_used(const struct state *state)
{
	size_t used = 0;

	for (size_t h = 0; h < state->host_count; h++)
		used += state->host[h].unit_count != 0;
	return used;
}

int64_t state_unplaced_items(const struct state *state)
{
	int64_t items = 0;

	for (size_t u = 0; u < state->model->unit_count && state->unplaced_count; u++)
		if (state->host_of[u] == PACKING_NONE)
			items += state->model->weight[u];
	return items;
}

int state_compare(const struct state *a, const struct state *b)
{
	int64_t difference = state_unplaced_items(a) - state_unplaced_items(b);

	if (!difference)
		difference = state_cost(a) - state_cost(b);
	if (!difference)
		difference = (int64_t)state_used(a) - (int64_t)state_used(b);
	return difference < 0 ? -1 : difference > 0;
}
