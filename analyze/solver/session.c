#include "analyze/solver/session.h"

#include "analyze/solver/assign.h"
#include "analyze/solver/branch.h"
#include "analyze/solver/kinds.h"
#include "analyze/solver/message.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

struct session {
	const struct wire_request *request;
	struct knapsack_classes classes;
	struct assign **assign; /* [environment] NULL until it is asked for */
	int out;
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

#define DIVES 24
#define DIVES_FAILED 8 /* in a row that leave no fewer units over */

/* Dives with growing noise; what leaves fewer units over than those before goes out. */
static int send_dives(const struct session *s, struct kinds *g)
{
	int least = INT_MAX, failed = 0, r = 0;

	for (int i = 0; i < DIVES && failed < DIVES_FAILED && least > 0 && r == 0 &&
		!work_is_over(g->work);
		i++) {
		struct wire_placement placement;
		struct strbuf text;
		int left = kinds_dive(g, 0.1 * i, &placement);

		if (left < 0)
			return left == -ENOMEM ? left : 0;
		failed = left < least ? 0 : failed + 1;
		strbuf_init(&text, WIRE_PAYLOAD_MAX);
		if (left < least)
			r = wire_encode_placement(
				&placement, s->request->model.unit_count, &text);
		if (left < least && r == 0)
			r = message_send(s->out, WIRE_PLACEMENT, &text);
		least = left < least ? left : least;
		strbuf_done(&text);
		wire_placement_done(&placement);
	}
	return r;
}

#define FILL_BOUND_SHARE 0.6 /* of the time, for the programme */

/* Prices where they prove something, a packing where the programme allows one. */
static int answer_fill(struct session *s, const char *payload, size_t length)
{
	const struct model *model = &s->request->model;
	struct work work = { .random = 1 };
	struct wire_fill task;
	struct strbuf nothing;
	struct kinds g;
	int r = wire_decode_fill(
		payload, length, model->environment_count * model->type_count, &task);

	if (r < 0)
		return r;
	work.deadline_s = work_now_s() + FILL_BOUND_SHARE * task.seconds;
	r = kinds_init(&g, model, &s->classes, &task, &work);
	if (r == 0)
		r = kinds_solve(&g, 100000, true);
	if (r != -ENOMEM && g.proven > 1e-6)
		r = session_send_prices(s, &g) < 0 ? -EPIPE : r;
	if (r == -ETIME) {
		work = (struct work){ .deadline_s = work_now_s() +
				(1 - FILL_BOUND_SHARE) * task.seconds };
		r = 0;
	}
	if (r >= 0 && (task.is_free || g.proven <= 1e-6))
		r = send_dives(s, &g);
	strbuf_init(&nothing, 64);
	if (r != -ENOMEM && r != -EPIPE)
		r = message_send(s->out, WIRE_DONE, &nothing);
	kinds_done(&g);
	free(task.count);
	return r;
}

int session_run(const struct wire_request *request, int from, int out)
{
	struct session s = { .request = request, .out = out };
	size_t environments = request->model.environment_count;
	int r = knapsack_classes_init(&s.classes, &request->model);

	s.assign = calloc(environments + 1, sizeof(*s.assign));
	if (!s.assign)
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
	knapsack_classes_done(&s.classes);
	return r == -ENODATA ? 0 : r;
}
