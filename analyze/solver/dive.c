/* Diving with restarts, and the restricted integer programme. */
#include "analyze/solver/dive.h"

#include "analyze/packing/repair.h"
#include "common/io.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_PER_STEP 12
#define LARGE 300 /* classes from which on steps are longer, and take fewer rounds */
#define REPAIR_MOVES 3000
#define REPAIR_WORK 60000000

struct dive {
	struct colgen *g;
	uint32_t *rest; /* [class] not yet covered */
	size_t *chosen; /* columns, one entry per host */
	size_t chosen_count, chosen_room;
	int64_t target;
	double noise;
};

static int dive_choose_column(struct dive *d, size_t column)
{
	const struct column *chosen = &d->g->column[column];

	if (d->chosen_count == d->chosen_room) {
		size_t room = d->chosen_room ? 2 * d->chosen_room : 64;
		void *grown = realloc(d->chosen, room * sizeof(*d->chosen));

		if (!grown)
			return -ENOMEM;
		d->chosen = grown;
		d->chosen_room = room;
	}
	d->chosen[d->chosen_count++] = column;
	for (size_t i = 0; i < chosen->count; i++) {
		size_t class = (size_t)d->g->entry_class[chosen->first + i];
		uint32_t amount = (uint32_t)d->g->entry_amount[chosen->first + i];

		d->rest[class] -= amount < d->rest[class] ? amount : d->rest[class];
	}
	return 0;
}

/* How many whole copies of a column the rest still takes without waste. */
static uint32_t copies_in_rest(const struct dive *d, size_t column, uint32_t copies)
{
	const struct column *c = &d->g->column[column];

	for (size_t i = 0; i < c->count; i++) {
		size_t class = (size_t)d->g->entry_class[c->first + i];
		uint32_t amount = (uint32_t)d->g->entry_amount[c->first + i];

		if (d->rest[class] / amount < copies)
			copies = d->rest[class] / amount;
	}
	return copies;
}

/* Whole parts first; where there are none, the largest fraction. */
static int fix_columns(struct dive *d)
{
	struct colgen *g = d->g;
	size_t count = lp_column_count(g->lp), best = SIZE_MAX, fixed = 0;
	double *x = malloc((count + 1) * sizeof(*x));
	double best_score = 0;
	int r = 0;

	if (!x)
		return -ENOMEM;
	memcpy(x, lp_solution(g->lp), count * sizeof(*x));
	for (size_t i = 0; i < count && r == 0; i++) {
		double up = g->classes.count > LARGE ? 0.35 : 1e-6;
		uint32_t whole = x[i] > 0 ? (uint32_t)(x[i] + up) : 0;

		for (whole = copies_in_rest(d, i, whole); whole > 0 && r == 0;
			whole--) {
			r = dive_choose_column(d, i);
			fixed++;
		}
	}
	for (size_t i = 0; i < count && !fixed; i++) {
		/* a whole part that would waste something counts as a fraction near 1 */
		double part = x[i] < 1 ? x[i] : 1;
		double score = part > 1e-9
			? part + d->noise * random_uniform(&g->work.random)
			: 0;

		if (score > best_score) {
			best_score = score;
			best = i;
		}
	}
	if (r == 0 && !fixed && best != SIZE_MAX) {
		r = dive_choose_column(d, best);
		fixed++;
	}
	free(x);
	return r < 0 ? r : fixed > 0;
}

static bool dive_is_covered(const struct dive *d)
{
	for (size_t c = 0; c < d->g->classes.count; c++)
		if (d->rest[c])
			return false;
	return true;
}

/* The units of the chosen columns on hosts; surplus amounts stay unused. */
static int dive_to_state(const struct dive *d, size_t hosts, struct state *state)
{
	const struct colgen *g = d->g;
	size_t n = g->classes.count, units = g->model->unit_count;
	size_t *next =
		malloc((n + 1) * sizeof(*next)); /* a unit of the class, chained */
	size_t *chain = malloc((units + 1) * sizeof(*chain));
	int r = next && chain ? 0 : -ENOMEM;

	state_clear(state);
	for (size_t c = 0; c < n && r == 0; c++)
		next[c] = PACKING_NONE;
	for (size_t u = units; u-- > 0 && r == 0;) {
		chain[u] = next[g->classes.class_of[u]];
		next[g->classes.class_of[u]] = u;
	}
	for (size_t i = 0; i < d->chosen_count && i < hosts && r == 0; i++) {
		const struct column *column = &g->column[d->chosen[i]];
		size_t host = 0;

		r = state_open(state, 0, &host);
		for (size_t e = 0; e < column->count && r == 0; e++) {
			size_t class = (size_t)g->entry_class[column->first + e];
			double amount = g->entry_amount[column->first + e];

			for (; amount > 0.5 && next[class] != PACKING_NONE && r == 0;
				amount--) {
				size_t unit = next[class];

				next[class] = chain[unit];
				if (state_fits(state, unit, host))
					r = state_add(state, unit, host);
			}
		}
	}
	free(next);
	free(chain);
	return r;
}

/* What the dive left over is put in, with overload, and repaired. */
static int complete(struct dive *d, struct state *made)
{
	const struct model *model = d->g->model;
	size_t target = (size_t)d->target;
	struct repair_host *host = calloc(target + 1, sizeof(*host));
	struct repair_limits limits = { .moves = REPAIR_MOVES, .work = REPAIR_WORK };
	struct state partial = { 0 };
	int r = host ? state_init(&partial, model) : -ENOMEM;

	if (r == 0)
		r = dive_to_state(d, target, &partial);
	for (size_t h = 0; h < target && r == 0; h++)
		host[h].environment =
			h < partial.host_count && partial.host[h].unit_count
			? partial.host[h].environment
			: 0;
	if (r == 0 && model->environment_count == 1)
		r = repair_run(
			&partial, host, target, NULL, &limits, &d->g->work, made);
	state_done(&partial);
	free(host);
	return r;
}

int dive_run(struct colgen *g, int64_t target, double noise, struct state *ret_state)
{
	struct dive d = { .g = g, .target = target, .noise = noise };
	int r = 0;

	d.rest = malloc((g->classes.count + 1) * sizeof(*d.rest));
	if (!d.rest)
		return -ENOMEM;
	memcpy(d.rest, g->classes.demand, g->classes.count * sizeof(*d.rest));
	while (r == 0 && !dive_is_covered(&d)) {
		bool is_exact = false;
		double rest = 0;

		colgen_set_demand(g, d.rest);
		r = colgen_solve(g,
			g->classes.count > LARGE ? ROUNDS_PER_STEP / 4
						 : ROUNDS_PER_STEP,
			0, false, &is_exact);
		if (r < 0)
			break;
		rest = lp_objective(g->lp);
		if ((double)d.chosen_count + ceil(rest - 1e-6) > (double)target)
			break;
		r = fix_columns(&d) < 0 ? -ENOMEM : 0;
	}
	if (r == 0 && dive_is_covered(&d) && d.chosen_count <= (size_t)target) {
		r = dive_to_state(&d, (size_t)target, ret_state);
		state_drop_empty(ret_state);
		r = r < 0 ? r : !ret_state->unplaced_count;
	} else if (r == 0) {
		r = complete(&d, ret_state);
	}
	if (r == -ETIME || r == -EIO || r == -EDOM)
		r = 0;
	colgen_set_demand(g, g->classes.demand);
	free(d.rest);
	free(d.chosen);
	return r;
}

/* ---- whole columns --------------------------------------------------------------- */

#define NODES_OF_MANY 20000
#define NODES_TO_THE_END 2000000

/* CBC does not keep to its limits, so it runs in a child that can be killed. */
static int choose_in_child(
	struct colgen *g, const struct lp_choice *choice, double *value)
{
	double seconds = choice->seconds;
	size_t bytes = lp_column_count(g->lp) * sizeof(*value);
	int pipes[2];
	struct pollfd ready;
	pid_t child = -1;
	int r = 0;

	if (pipe(pipes) < 0)
		return 0;
	child = fork();
	if (child == 0) {
		close(pipes[0]);
		r = lp_choose_integers(g->lp, choice, value);
		if (r == 1)
			r = io_write_full(pipes[1], value, bytes) == 0;
		_exit(r == 1 ? 0 : 1);
	}
	close(pipes[1]);
	ready = (struct pollfd){ .fd = pipes[0], .events = POLLIN };
	if (child > 0 && poll(&ready, 1, (int)(seconds * 1200)) == 1)
		r = io_read_full(pipes[0], value, bytes) == (ssize_t)bytes;
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	close(pipes[0]);
	return r;
}

int dive_choose(struct colgen *g, int64_t target, double seconds, bool is_tight,
	struct state *ret_state)
{
	struct dive d = { .g = g, .target = target };
	size_t columns = lp_column_count(g->lp);
	double *value = calloc(columns + 1, sizeof(*value));
	unsigned char *is_in = calloc(columns + 1, 1);
	struct lp_choice choice = { .lower = g->lower,
		.row_count = g->classes.count,
		.most = (size_t)target,
		.is_in = is_tight ? is_in : NULL,
		.seconds = seconds,
		.node_limit = is_tight ? NODES_TO_THE_END : NODES_OF_MANY };
	int r = 0;

	d.rest = malloc((g->classes.count + 1) * sizeof(*d.rest));
	if (!value || !d.rest || !is_in) {
		free(value);
		free(is_in);
		free(d.rest);
		return -ENOMEM;
	}
	for (size_t i = 0; i < columns && is_tight; i++)
		is_in[i] = colgen_is_tight(g, i);
	memcpy(d.rest, g->classes.demand, g->classes.count * sizeof(*d.rest));
	r = choose_in_child(g, &choice, value);
	for (size_t i = 0; i < columns && r == 1; i++)
		for (double copies = value[i] + 0.5; copies >= 1 && r == 1; copies--)
			r = dive_choose_column(&d, i) < 0 ? -ENOMEM : 1;
	if (r == 1) {
		r = dive_to_state(&d, (size_t)target, ret_state);
		state_drop_empty(ret_state);
		r = r < 0 ? r : !ret_state->unplaced_count;
	}
	free(value);
	free(is_in);
	free(d.rest);
	free(d.chosen);
	return r;
}
