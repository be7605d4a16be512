#include "analyze/solver/session.h"

#include "analyze/solver/assign.h"
#include "analyze/solver/branch.h"
#include "analyze/solver/fill_search.h"
#include "analyze/solver/kinds.h"
#include "analyze/solver/message.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

struct session {
	const struct wire_request *request;
	struct knapsack_classes classes;
	struct assign **assign; /* [environment] NULL until it is asked for */
	struct kinds *kinds;    /* [environment] of all questions about its fillings */
	uint64_t questions;     /* about fillings: each draws other dives */
	int from, out;
};

static int answer_mip(struct session *s, const char *payload, size_t length)
{
	struct wire_mip_answer answer = { 0 };
	struct wire_mip task;
	struct work work = { 0 };
	struct strbuf text;
	int r = wire_decode_mip(payload, length, &task);

	if (r < 0)
		return r;
	work.deadline_s = work_now_s() + task.seconds;
	strbuf_init(&text, WIRE_PAYLOAD_MAX);
	r = branch_run(&task, &work, &answer);
	if (r == 0)
		r = wire_encode_mip_answer(&answer, &text);
	if (r == 0)
		r = message_send(s->out, WIRE_MIP_ANSWER, &text);
	strbuf_done(&text);
	wire_mip_answer_done(&answer);
	mip_done(&task.mip);
	return r;
}

/* What cannot be answered is answered by WIRE_DONE. */
static int answer_assign(struct session *s, const char *payload, size_t length)
{
	const struct model *model = &s->request->model;
	struct wire_assign_answer answer = { 0 };
	struct wire_assign task;
	struct strbuf text;
	int r = wire_decode_assign(payload, length, model, &task);

	if (r < 0)
		return r;
	if (task.environment >= model->environment_count) {
		wire_assign_done(&task);
		return -EPROTO;
	}
	strbuf_init(&text, WIRE_PAYLOAD_MAX);
	if (!s->assign[task.environment])
		s->assign[task.environment] =
			assign_new(model, &s->classes, task.environment);
	r = s->assign[task.environment]
		? assign_run(s->assign[task.environment], &task, &answer)
		: -ENOMEM;
	if (r == 0)
		r = wire_encode_assign_answer(&answer, model, &text);
	if (r == 0)
		r = message_send(s->out, WIRE_ASSIGN_ANSWER, &text);
	else if (r == -EDOM || r == -EIO)
		r = message_send(s->out, WIRE_DONE, &text);
	strbuf_done(&text);
	wire_assign_answer_done(&answer);
	wire_assign_done(&task);
	return r;
}

static int session_send_prices(const struct session *s, const struct kinds *g)
{
	size_t units = s->request->model.unit_count;
	int64_t *price = calloc(units + 1, sizeof(*price));
	int r = price ? 0 : -ENOMEM;

	for (size_t u = 0; u < units && r == 0; u++)
		price[u] = (int64_t)(g->center[g->classes->class_of[u]] *
			(double)((int64_t)1 << 30));
	if (r == 0)
		r = message_send_bytes(
			s->out, WIRE_PRICES, price, units * sizeof(*price));
	free(price);
	return r;
}

#define PROVES 1e-6
#define DIVES_FIRST 3
#define DIVES 24
#define DIVES_FAILED 8 /* in a row that leave no fewer units over */

struct dives {
	unsigned number;
	int least; /* units that were left over */
	int failed;
};

/* 0: more of them; 1: enough; -ENODATA, -EPROTO. */
static int await_word(const struct session *s)
{
	struct wire_head head;
	char *payload = NULL;
	int r = message_read(s->from, &head, &payload);

	free(payload);
	if (r == 0 && head.kind != WIRE_GO)
		r = head.kind == WIRE_STOP ? 1 : -EPROTO;
	return r;
}

/* Dives, each slower than the last; what leaves fewer units over than those before goes
 * out. */
static int send_dives(
	const struct session *s, struct kinds *g, struct dives *dives, unsigned until)
{
	int r = 0;

	for (; dives->number < until && dives->failed < DIVES_FAILED &&
		dives->least > 0 && r == 0 && !work_is_over(g->work);
		dives->number++) {
		struct wire_placement placement;
		struct strbuf text;
		int left = kinds_dive(g, dives->number, &placement);
		bool is_better = left < dives->least;

		if (left < 0)
			return left == -ENOMEM ? left : 0;
		dives->failed = is_better ? 0 : dives->failed + 1;
		strbuf_init(&text, WIRE_PAYLOAD_MAX);
		if (is_better)
			r = wire_encode_placement(
				&placement, s->request->model.unit_count, &text);
		if (is_better && r == 0)
			r = message_send(s->out, WIRE_PLACEMENT, &text);
		if (is_better && r == 0)
			r = await_word(s);
		dives->least = is_better ? left : dives->least;
		strbuf_done(&text);
		wire_placement_done(&placement);
	}
	return r;
}

#define BOUND_PART 0.6    /* of the time, for the programme */
#define NEARLY_HOLDS 0.02 /* what repairs mend */
#define HOLDS 1e-7
/* So much is done where there is time for it: the same on every machine then. */
#define BOUND_ROUNDS 600
#define PROOF_ROUNDS 1000

/* 1: prices went out that prove something; 0: none, or none yet. */
static int solve_fill(const struct session *s, struct kinds *g, double until_s,
	double holds, unsigned rounds)
{
	double deadline_s = g->work->deadline_s;
	int r = 0;

	if (until_s < deadline_s)
		g->work->deadline_s = until_s;
	g->holds = holds;
	r = kinds_solve(g, rounds, true);
	g->work->deadline_s = deadline_s;
	if (r == -ETIME && work_now_s() < deadline_s)
		g->work->is_cut_by_clock = false;
	if (r == -ENOMEM)
		return r;
	if (g->proven <= PROVES)
		return 0;
	return session_send_prices(s, g) < 0 ? -EPIPE : 1;
}

#define SEARCH_ROUNDS 1500

/* Where dives leave some over: branch by branch, to a packing or to the end. */
static int search_fill(const struct session *s, struct kinds *g,
	const struct wire_fill *task, bool *ret_settled)
{
	const int64_t *count = task->count + g->environment * g->model->type_count;
	struct wire_placement placement;
	struct fill_walk walk = { 0 };
	struct strbuf text;
	int r = fill_search_run(g, count, SEARCH_ROUNDS, &placement, &walk);

	*ret_settled = r == 1 || r == 2;
	strbuf_init(&text, WIRE_PAYLOAD_MAX);
	if (r == 1) {
		r = message_send_bytes(
			s->out, WIRE_WALK, walk.word, walk.count * sizeof(*walk.word));
	} else if (r == 2) {
		r = wire_encode_placement(
			&placement, s->request->model.unit_count, &text);
		if (r == 0)
			r = message_send(s->out, WIRE_PLACEMENT, &text);
		if (r == 0)
			r = await_word(s);
	}
	strbuf_done(&text);
	wire_placement_done(&placement);
	free(walk.word);
	return r;
}

/* Prices where they prove something, packings where the programme allows one; a proof
 * that needs the programme's end comes after the first of them. */
static int session_fill(struct session *s, const struct wire_fill *task)
{
	struct work work = { .deadline_s = work_now_s() + task->seconds,
		.random = ++s->questions };
	struct dives dives = { .least = INT_MAX };
	bool is_settled = false;
	struct kinds *g = &s->kinds[task->environment];
	int r = kinds_begin(g, task, &work);

	if (r == 0)
		r = solve_fill(s, g, work_now_s() + BOUND_PART * task->seconds,
			NEARLY_HOLDS, BOUND_ROUNDS);
	if (r < 0 || (r == 1 && !g->is_free))
		return r;
	r = send_dives(s, g, &dives, DIVES_FIRST);
	if (r == 0 && !g->is_free)
		r = solve_fill(s, g, work.deadline_s, HOLDS, PROOF_ROUNDS);
	if (r == 0 && !g->is_free && dives.least > 0) {
		r = search_fill(s, g, task, &is_settled);
		if (is_settled)
			return r;
	}
	return r == 0 ? send_dives(s, g, &dives, DIVES) : r;
}

static int answer_fill(struct session *s, const char *payload, size_t length)
{
	const struct model *model = &s->request->model;
	struct wire_fill task;
	struct strbuf nothing;
	int r = wire_decode_fill(
		payload, length, model->environment_count * model->type_count, &task);

	if (r < 0)
		return r;
	if (task.environment >= model->environment_count)
		r = -EPROTO;
	else if (!s->kinds[task.environment].lp)
		r = kinds_init(&s->kinds[task.environment], model, &s->classes);
	if (r == 0)
		r = session_fill(s, &task);
	strbuf_init(&nothing, 64);
	if (r != -ENOMEM && r != -EPIPE && r != -EPROTO)
		r = message_send(s->out, WIRE_DONE, &nothing);
	free(task.count);
	return r;
}

int session_run(const struct wire_request *request, int from, int out)
{
	struct session s = { .request = request, .from = from, .out = out };
	size_t environments = request->model.environment_count;
	int r = knapsack_classes_init(&s.classes, &request->model);

	s.assign = calloc(environments + 1, sizeof(*s.assign));
	s.kinds = calloc(environments + 1, sizeof(*s.kinds));
	if (!s.assign || !s.kinds)
		r = -ENOMEM;
	while (r == 0) {
		struct wire_head head;
		char *payload = NULL;

		r = message_read(from, &head, &payload);
		if (r < 0)
			break;
		if (head.kind == WIRE_MIP)
			r = answer_mip(&s, payload, head.length);
		else if (head.kind == WIRE_ASSIGN)
			r = answer_assign(&s, payload, head.length);
		else if (head.kind == WIRE_FILL)
			r = answer_fill(&s, payload, head.length);
		else
			r = -EPROTO;
		free(payload);
	}
	for (size_t e = 0; e < environments && s.assign; e++)
		assign_free(s.assign[e]);
	free(s.assign);
	for (size_t e = 0; e < environments && s.kinds; e++)
		kinds_done(&s.kinds[e]);
	free(s.kinds);
	knapsack_classes_done(&s.classes);
	return r == -ENODATA ? 0 : r;
}
