/* Item by item (first, best, even fit) and host by host (dot product and kin). */
#include "analyze/packing/construct.h"

#include "analyze/packing/order.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct construct_rule construct_ffd = { CONSTRUCT_FIRST, CONSTRUCT_SUM,
	CONSTRUCT_EQUAL, 0 };

struct construct {
	struct state *state;
	const struct model *model;
	const struct construct_rule *rule;
	struct work *work;
	int64_t *limit;     /* [type] left to open */
	double *weight;     /* [row] */
	double *reference;  /* [row] 1 / mean capacity */
	double *key;        /* [unit] */
	size_t *order;      /* units, largest key first */
	size_t *type_order; /* cheapest for what it holds first */
};

/* Mean capacity of a row over the hosts that may be opened. */
static void set_reference(struct construct *c)
{
	const struct model *model = c->model;

	for (size_t row = 0; row < model->row_count; row++) {
		double sum = 0, hosts = 0;

		for (size_t t = 0; t < model->type_count; t++) {
			double count = (double)(c->limit[t] > 0);

			sum += count * (double)model_capacity(model, t)[row];
			hosts += count;
		}
		c->reference[row] = sum > 0 ? hosts / sum : 0;
	}
}

static void construct_set_weights(struct construct *c)
{
	const struct model *model = c->model;
	size_t type = c->type_order[0];

	for (size_t row = 0; row < model->row_count; row++) {
		double total = 0, share = 0;

		c->weight[row] = 1;
		if (c->rule->weight == CONSTRUCT_EQUAL)
			continue;
		for (size_t u = 0; u < model->unit_count; u++)
			total += (double)model_size(model, type, u)[row];
		share = total * c->reference[row] / ((double)model->unit_count + 1);
		c->weight[row] =
			c->rule->weight == CONSTRUCT_DEMAND ? share : share * share;
	}
}

static double unit_key(const struct construct *c, size_t unit)
{
	const struct model *model = c->model;
	const int64_t *size = model_size(model, c->type_order[0], unit);
	double key = 0;

	for (size_t row = 0; row < model->row_count; row++) {
		double share = (double)size[row] * c->reference[row];

		switch (c->rule->key) {
		case CONSTRUCT_SUM:
			key += c->weight[row] * share;
			break;
		case CONSTRUCT_MAX:
			key = fmax(key, c->weight[row] * share);
			break;
		case CONSTRUCT_SQUARES:
			key += c->weight[row] * share * share;
			break;
		}
	}
	return key;
}

#define FEW_HOSTS_KEY 1e6 /* over any sum of shares */

/* Its group may be on a few hosts only: later those would be full of others. */
static bool has_few_hosts(const struct model *model, size_t unit)
{
	for (size_t m = model->membership_start[unit];
		m < model->membership_start[unit + 1]; m++)
		if (model->group[model->membership[m].group].scope == MODEL_HOSTS)
			return true;
	return false;
}

/* Units with fewer allowed types go first at equal size: the key is scaled. */
static void set_keys(struct construct *c)
{
	const struct model *model = c->model;

	for (size_t u = 0; u < model->unit_count; u++) {
		size_t allowed = 0;

		for (size_t t = 0; t < model->type_count; t++)
			allowed += model_allows(model, u, t) && c->limit[t] > 0;
		c->key[u] = unit_key(c, u);
		if (allowed < model->type_count)
			c->key[u] *= 1 + (double)(model->type_count - allowed);
		if (has_few_hosts(model, u))
			c->key[u] += FEW_HOSTS_KEY;
		if (c->rule->noise > 0) {
			double uniform = random_uniform(&c->work->random);

			c->key[u] *= 1 + c->rule->noise * (2 * uniform - 1);
		}
	}
}

/* Cost per capacity, over all rows. */
static void order_types(struct construct *c, double *price)
{
	const struct model *model = c->model;

	for (size_t t = 0; t < model->type_count; t++) {
		double holds = 0;

		for (size_t row = 0; row < model->row_count; row++)
			holds += (double)model_capacity(model, t)[row] *
				c->reference[row];
		price[t] = -((double)model->cost[t] + 1e-9) / (holds + 1e-9);
		c->type_order[t] = t;
	}
	order_by_key(c->type_order, model->type_count, price);
}

/* The room that would be left, weighted; less is tighter. */
static double room_left(const struct construct *c, size_t unit, size_t host)
{
	const struct model *model = c->model;
	size_t type = c->state->host[host].type;
	const int64_t *load = state_load(c->state, host);
	const int64_t *capacity = model_capacity(model, type);
	const int64_t *size = model_size(model, type, unit);
	double room = 0;

	for (size_t row = 0; row < model->row_count; row++)
		room += c->weight[row] * c->reference[row] *
			(double)(capacity[row] - load[row] - size[row]);
	return room;
}

static size_t choose_host(const struct construct *c, size_t unit)
{
	size_t chosen = PACKING_NONE;
	double best = 0;

	for (size_t h = 0; h < c->state->host_count; h++) {
		double room = 0;

		if (!state_fits(c->state, unit, h))
			continue;
		if (c->rule->fit == CONSTRUCT_FIRST)
			return h;
		room = room_left(c, unit, h);
		if (c->rule->fit == CONSTRUCT_EVEN)
			room = -room;
		if (chosen == PACKING_NONE || room < best) {
			chosen = h;
			best = room;
		}
	}
	return chosen;
}

/* Opens the first type in order that is allowed; false when there is none. */
static int open_for(struct construct *c, size_t unit, size_t *ret_host)
{
	for (size_t k = 0; k < c->model->type_count; k++) {
		size_t t = c->type_order[k], host = 0;
		int r = 0;

		if (c->limit[t] <= 0 || !model_allows(c->model, unit, t))
			continue;
		r = state_open(c->state, t, &host);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			continue;
		if (!state_fits(c->state, unit, host)) { /* a zone that is full */
			state_close(c->state, host);
			continue;
		}
		c->limit[t]--;
		*ret_host = host;
		return 0;
	}
	return -ENOSPC;
}

static int fill_by_items(struct construct *c)
{
	int r = 0;

	/* an even fit needs all its hosts before the first item */
	for (size_t t = 0; t < c->model->type_count && c->rule->fit == CONSTRUCT_EVEN;
		t++)
		for (; c->limit[t] > 0 && r == 0; c->limit[t]--)
			r = state_open(c->state, t, NULL);
	if (r == -ENOMEM)
		return r;
	for (size_t i = 0; i < c->model->unit_count; i++) {
		size_t host = choose_host(c, c->order[i]);

		r = 0;
		if (host == PACKING_NONE)
			r = open_for(c, c->order[i], &host);
		if (r == 0)
			r = state_add(c->state, c->order[i], host);
		if (r == -ENOMEM)
			return r;
	}
	return 0;
}

/* How good a unit is for what is left of a host; higher is better. */
static double rate_unit(const struct construct *c, size_t unit, size_t host)
{
	const struct model *model = c->model;
	size_t type = c->state->host[host].type;
	const int64_t *load = state_load(c->state, host);
	const int64_t *capacity = model_capacity(model, type);
	const int64_t *size = model_size(model, type, unit);
	double dot = 0, size2 = 0, rest = 0;

	for (size_t row = 0; row < model->row_count; row++) {
		double room = (double)(capacity[row] - load[row]) * c->reference[row];
		double need = (double)size[row] * c->reference[row];

		dot += c->weight[row] * room * need;
		size2 += c->weight[row] * need * need;
		rest += c->weight[row] * (room - need) * (room - need);
	}
	switch (c->rule->fit) {
	case CONSTRUCT_COSINE:
		return size2 > 0 ? dot / sqrt(size2) : 0;
	case CONSTRUCT_NEAREST:
		return -rest;
	case CONSTRUCT_DOT:
	case CONSTRUCT_FIRST:
	case CONSTRUCT_BEST:
	case CONSTRUCT_EVEN:
		break;
	}
	return dot;
}

/* Fills one host from the units of order[0..*count); what is placed leaves the list. */
static int fill_host(struct construct *c, size_t host, size_t *count)
{
	for (;;) {
		size_t best = PACKING_NONE;
		double best_rate = 0;
		bool is_best_first = false;
		int r = 0;

		for (size_t i = 0; i < *count; i++) {
			size_t unit = c->order[i];
			bool is_first = has_few_hosts(c->model, unit);
			double rate = 0;

			if (is_first < is_best_first ||
				!state_fits(c->state, unit, host))
				continue;
			rate = rate_unit(c, unit, host);
			if (c->rule->noise > 0)
				rate *= c->key[unit];
			if (best == PACKING_NONE || is_first > is_best_first ||
				rate > best_rate) {
				best = i;
				best_rate = rate;
				is_best_first = is_first;
			}
		}
		if (best == PACKING_NONE)
			return 0;
		r = state_add(c->state, c->order[best], host);
		if (r < 0)
			return r;
		memmove(c->order + best, c->order + best + 1,
			(*count - best - 1) * sizeof(size_t));
		(*count)--;
	}
}

static int fill_by_hosts(struct construct *c)
{
	size_t count = c->model->unit_count, skipped = 0;

	/* with noise the keys only colour the rates; the largest still opens the host */
	for (size_t u = 0; u < count && c->rule->noise > 0; u++)
		c->key[u] = 1 + c->rule->noise * random_uniform(&c->work->random);
	while (skipped < count && !work_is_over(c->work)) {
		size_t host = 0, unit = c->order[skipped];
		int r = open_for(c, unit, &host);

		if (r == -ENOMEM)
			return r;
		if (r < 0) {
			skipped++;
			continue;
		}
		/* the unit that opened the host is in: else a host may stay empty */
		r = state_add(c->state, unit, host);
		if (r < 0)
			return r;
		memmove(c->order + skipped, c->order + skipped + 1,
			(count - skipped - 1) * sizeof(size_t));
		count--;
		r = fill_host(c, host, &count);
		if (r < 0)
			return r;
		skipped = skipped < count ? skipped : count;
	}
	return 0;
}

static bool is_by_hosts(const struct construct_rule *rule)
{
	return rule->fit >= CONSTRUCT_DOT;
}

int construct_run(struct state *state, const int64_t *limit,
	const struct construct_rule *rule, struct work *work)
{
	const struct model *model = state->model;
	struct construct c = {
		.state = state, .model = model, .rule = rule, .work = work
	};
	int r = -ENOMEM;

	c.limit = malloc(model->type_count * sizeof(*c.limit));
	c.weight = malloc((model->row_count + 1) * sizeof(*c.weight));
	c.reference = malloc((model->row_count + 1) * sizeof(*c.reference));
	c.key = malloc((model->unit_count + model->type_count + 1) * sizeof(*c.key));
	c.order = malloc((model->unit_count + 1) * sizeof(*c.order));
	c.type_order = malloc(model->type_count * sizeof(*c.type_order));
	if (!c.limit || !c.weight || !c.reference || !c.key || !c.order ||
		!c.type_order)
		goto out;
	memcpy(c.limit, limit ? limit : model->count,
		model->type_count * sizeof(*c.limit));
	state_clear(state);
	set_reference(&c);
	order_types(&c, c.key);
	construct_set_weights(&c);
	set_keys(&c);
	for (size_t u = 0; u < model->unit_count; u++)
		c.order[u] = u;
	order_by_key(c.order, model->unit_count, c.key);
	r = is_by_hosts(rule) ? fill_by_hosts(&c) : fill_by_items(&c);
	state_drop_empty(state);
out:
	free(c.limit);
	free(c.weight);
	free(c.reference);
	free(c.key);
	free(c.order);
	free(c.type_order);
	return r;
}

static const struct construct_rule rules[] = {
	{ CONSTRUCT_FIRST, CONSTRUCT_SUM, CONSTRUCT_EQUAL, 0 },
	{ CONSTRUCT_BEST, CONSTRUCT_SUM, CONSTRUCT_DEMAND, 0 },
	{ CONSTRUCT_DOT, CONSTRUCT_SUM, CONSTRUCT_DEMAND, 0 },
	{ CONSTRUCT_FIRST, CONSTRUCT_MAX, CONSTRUCT_EQUAL, 0 },
	{ CONSTRUCT_FIRST, CONSTRUCT_SUM, CONSTRUCT_DEMAND, 0 },
	{ CONSTRUCT_BEST, CONSTRUCT_MAX, CONSTRUCT_DEMAND, 0 },
	{ CONSTRUCT_COSINE, CONSTRUCT_SUM, CONSTRUCT_DEMAND, 0 },
	{ CONSTRUCT_NEAREST, CONSTRUCT_SUM, CONSTRUCT_DEMAND, 0 },
	{ CONSTRUCT_BEST, CONSTRUCT_SQUARES, CONSTRUCT_SCARCE, 0 },
	{ CONSTRUCT_DOT, CONSTRUCT_SUM, CONSTRUCT_SCARCE, 0 },
	{ CONSTRUCT_NEAREST, CONSTRUCT_SUM, CONSTRUCT_EQUAL, 0 },
	{ CONSTRUCT_DOT, CONSTRUCT_SUM, CONSTRUCT_EQUAL, 0 },
	{ CONSTRUCT_FIRST, CONSTRUCT_SQUARES, CONSTRUCT_EQUAL, 0 },
	{ CONSTRUCT_BEST, CONSTRUCT_SUM, CONSTRUCT_SCARCE, 0 },
	{ CONSTRUCT_NEAREST, CONSTRUCT_SUM, CONSTRUCT_SCARCE, 0 },
	{ CONSTRUCT_BEST, CONSTRUCT_SQUARES, CONSTRUCT_EQUAL, 0 },
};
#define RULE_COUNT (sizeof(rules) / sizeof(rules[0]))
static const double noises[] = { 0.05, 0.15, 0.4 };

/* Operations of one rule, roughly; the portfolio spends a fixed number in all. */
static double rule_work(const struct model *model, const struct construct_rule *rule)
{
	double n = (double)model->unit_count, rows = (double)model->row_count + 2;

	return is_by_hosts(rule) ? n * n * rows : n * n * (rows < 8 ? rows : 8) / 8;
}

int construct_portfolio(struct state *best, const int64_t *limit, int64_t target,
	size_t rounds, double most, struct work *work)
{
	struct state trial;
	double spent = 0;
	int r = state_init(&trial, best->model);

	for (size_t i = 0; i < RULE_COUNT + rounds && r == 0; i++) {
		struct construct_rule rule = rules[i % RULE_COUNT];

		if (best->host_count && !best->unplaced_count &&
			state_cost(best) <= target)
			break;
		if (i >= RULE_COUNT)
			rule.noise = noises[i / RULE_COUNT % 3];
		if (i > 0 && work_is_over(work))
			break;
		if (i > 0 && spent + rule_work(best->model, &rule) > most)
			continue;
		spent += rule_work(best->model, &rule);
		r = construct_run(&trial, limit, &rule, work);
		if (r == 0 && (!best->host_count || state_compare(&trial, best) < 0)) {
			struct state swapped = *best;

			*best = trial;
			trial = swapped;
		}
	}
	state_done(&trial);
	return r;
}
