/*
 * headroom-solver: the exact phase of packing, a child of analyze.  Reads one request
 * from standard input, writes placements and prices to standard output as it finds
 * them, and may be killed at any moment.  It links CLP and CBC (EPL) and nothing of GPL.
 */
#include "analyze/packing/construct.h"
#include "analyze/solver/colgen.h"
#include "analyze/solver/dive.h"
#include "analyze/solver/message.h"
#include "analyze/solver/session.h"
#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct solver {
	struct wire_request request;
	struct colgen g;
	struct state made;
	int out;       /* where messages go; standard output itself is muted */
	int64_t value; /* hosts of the best packing */
	int64_t sent_bound;
};

/* A better packing goes out at once and gives its columns. */
static int send_state(struct solver *s, const struct state *state)
{
	struct wire_placement placement = { .host_count = state->host_count,
		.host_of = state->host_of };
	struct strbuf text;
	int r = 0;

	if (state->unplaced_count || (int64_t)state->host_count >= s->value)
		return 0;
	placement.host_type = calloc(state->host_count + 1, sizeof(size_t));
	if (!placement.host_type)
		return -ENOMEM;
	for (size_t h = 0; h < state->host_count; h++)
		placement.host_type[h] = state->host[h].type;
	strbuf_init(&text, WIRE_PAYLOAD_MAX);
	r = wire_encode_placement(&placement, state->model->unit_count, &text);
	if (r == 0)
		r = message_send(s->out, WIRE_PLACEMENT, &text);
	s->value = (int64_t)state->host_count;
	if (r == 0)
		r = colgen_add_state(&s->g, state->host_of, state->host_count);
	strbuf_done(&text);
	free(placement.host_type);
	return r;
}

/* Prices by unit: what analyze needs to prove the bound again. */
static int solver_main_send_prices(struct solver *s, bool is_forced)
{
	const struct colgen *g = &s->g;
	int64_t *price = NULL;
	int r = 0;

	if (g->fraction <= 0 || (g->bound <= s->sent_bound && !is_forced))
		return 0;
	price = calloc(g->model->unit_count + 1, sizeof(*price));
	if (!price)
		return -ENOMEM;
	for (size_t u = 0; u < g->model->unit_count; u++)
		price[u] = (int64_t)(g->center[g->classes.class_of[u]] *
			(double)PRICE_SCALE);
	r = message_send_bytes(
		s->out, WIRE_PRICES, price, g->model->unit_count * sizeof(*price));
	s->sent_bound = g->bound;
	free(price);
	return r;
}

/* Columns to begin with: the best packing known, a few heuristics, each class alone. */
static int add_first_columns(struct solver *s)
{
	static const struct construct_rule first[] = {
		{ CONSTRUCT_FIRST, CONSTRUCT_SUM, CONSTRUCT_EQUAL, 0 },
		{ CONSTRUCT_DOT, CONSTRUCT_SUM, CONSTRUCT_DEMAND, 0 },
		{ CONSTRUCT_NEAREST, CONSTRUCT_SUM, CONSTRUCT_DEMAND, 0 },
		{ CONSTRUCT_BEST, CONSTRUCT_MAX, CONSTRUCT_DEMAND, 0 },
		{ CONSTRUCT_DOT, CONSTRUCT_SUM, CONSTRUCT_DEMAND, 0.2 },
	};
	struct colgen *g = &s->g;
	uint32_t *amount = calloc(g->classes.count + 1, sizeof(*amount));
	int r = amount ? 0 : -ENOMEM;

	for (size_t c = 0; c < g->classes.count && r >= 0; c++) {
		amount[c] = 1;
		r = colgen_add(g, amount);
		amount[c] = 0;
	}
	if (r >= 0)
		r = colgen_add_state(g, s->request.host_of, g->model->unit_count);
	for (size_t i = 0; i < ARRAY_LEN(first) && r == 0; i++) {
		r = construct_run(&s->made, NULL, &first[i], &g->work);
		if (r == 0 && !s->made.unplaced_count) {
			r = send_state(s, &s->made);
			if (r == 0)
				r = colgen_add_state(
					g, s->made.host_of, s->made.host_count);
		}
	}
	free(amount);
	return r;
}

#define DIVES_MAX 400
#define ENUMERATED_MAX 12000
#define FEW_COLUMNS 1500 /* CBC is let to the end on so many */

static double left_s(const struct solver *s)
{
	return s->g.work.deadline_s - work_now_s();
}

/* All columns that a packing of the bound can have, where they are few; then CBC. */
static int choose_among_all(struct solver *s)
{
	struct colgen *g = &s->g;
	bool is_exact = false, is_few = false;
	int r = 0;

	/* the nearer the bound is to the target, the fewer columns can be in it */
	g->wants_tight = true;
	g->fraction = 0;
	r = colgen_solve(g, 1000, s->value, true, &is_exact);
	g->wants_tight = false;
	/* analyze searches the same columns for a proof that there is no such packing */
	if (r == 0 || r == -ETIME)
		r = solver_main_send_prices(s, true) < 0 ? -EPIPE : r;
	if (r == 0)
		r = colgen_enumerate(g, s->value - 1, ENUMERATED_MAX);
	is_few = r > 0 && r <= FEW_COLUMNS;
	if (r >= 0)
		r = colgen_solve(g, 1, s->value, true, &is_exact);
	if (r == 0)
		r = dive_choose(g, s->value - 1, (is_few ? 1 : 0.4) * left_s(s), is_few,
			&s->made);
	return r;
}

/* Dives with growing noise; every few of them the whole columns are tried. */
static int search_packings(struct solver *s)
{
	struct colgen *g = &s->g;
	int r = 0;

	for (int i = 0; i < DIVES_MAX && s->value > g->bound && r == 0; i++) {
		/* the bound itself is wanted; when it is far, any improvement is */
		int64_t target =
			i % 2 == 0 || s->value - g->bound > 2 ? s->value - 1 : g->bound;
		double noise = i == 0 ? 0 : 0.1 * (1 + i % 6);
		bool is_exact = false;

		if (work_is_over(&g->work))
			break;
		/* again later: other prices leave other columns */
		if (i % 10 == 2 && g->classes.count <= 600)
			r = choose_among_all(s);
		else
			r = dive_run(g, target, noise, &s->made);
		if (r == 1)
			r = send_state(s, &s->made);
		if (r == 0)
			r = colgen_solve(g, 3, s->value, true, &is_exact);
		if (r == 0 || r == -ETIME)
			r = solver_main_send_prices(s, false);
	}
	return r;
}

/* Share of the time for the bound; what it leaves is for packings. */
#define BOUND_SHARE 0.4

static int solver_main_run(struct solver *s)
{
	double deadline_s = s->g.work.deadline_s;
	bool is_exact = false;
	int r = add_first_columns(s);

	s->g.work.deadline_s -= (1 - BOUND_SHARE) * left_s(s);
	if (r == 0)
		r = colgen_solve(&s->g, 100000, s->value, true, &is_exact);
	s->g.work.deadline_s = deadline_s;
	if (r == -ETIME && left_s(s) > 0) {
		s->g.work.is_cut_by_clock = false;
		r = 0;
	}
	if (r == 0 || r == -ETIME)
		r = solver_main_send_prices(s, false) < 0 ? -EPIPE : r;
	if (r == 0)
		r = search_packings(s);
	return r;
}

/* One request, answered by placements and prices until its time is over. */
static int answer_request(struct solver *s)
{
	static const char done[] = "done";
	struct work work = { .deadline_s = work_now_s() + s->request.time_limit_s,
		.random = s->request.seed + 7 };
	int r = state_init(&s->made, &s->request.model);

	s->value = s->request.value;
	if (r == 0)
		r = colgen_init(&s->g, &s->request.model, &work);
	s->g.bound = s->request.bound;
	s->sent_bound = s->request.bound;
	if (r == 0)
		r = solver_main_run(s);
	if (r == 0 || r == -ETIME)
		r = message_send_bytes(s->out, WIRE_DONE, done, sizeof(done));
	colgen_done(&s->g);
	state_done(&s->made);
	return r;
}

#define KEPT (1 << 28) /* bytes that stay with the process */

/* CLP takes and gives back its arrays for every programme of a few rows: given to the
 * kernel each time, that was a sixth of all time. */
static void keep_arrays(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, KEPT);
	(void)mallopt(M_TRIM_THRESHOLD, KEPT);
	(void)mallopt(M_TOP_PAD, KEPT / 64);
}

int main(void)
{
	struct solver s = { .out = -1 };
	struct wire_head head;
	char *payload = NULL;
	int mute = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int r = 0;

	keep_arrays();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* Ctrl-C is for analyze, which ends us */
	s.out = dup(STDOUT_FILENO);
	/* the libraries print where they like */
	if (s.out < 0 || mute < 0 || dup2(mute, STDOUT_FILENO) < 0)
		return 1;
	r = message_read(STDIN_FILENO, &head, &payload);
	if (r == 0 && head.kind != WIRE_REQUEST && head.kind != WIRE_SESSION)
		r = -EPROTO;
	if (r == 0)
		r = wire_decode_request(payload, head.length, &s.request);
	free(payload);
	if (r < 0)
		return 1;
	r = head.kind == WIRE_SESSION ? session_run(&s.request, STDIN_FILENO, s.out)
				      : answer_request(&s);
	wire_request_done(&s.request);
	close(mute);
	close(s.out);
	return r < 0;
}
