#include "analyze/solver/session.h"

#include "analyze/solver/assign.h"
#include "analyze/solver/branch.h"
#include "analyze/solver/message.h"

#include <errno.h>
#include <stdlib.h>

struct session {
	const struct wire_request *request;
	struct knapsack_classes classes;
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
	int r = wire_decode_assign(payload, length, model->type_count, &task);

	if (r < 0)
		return r;
	strbuf_init(&text, WIRE_PAYLOAD_MAX);
	r = assign_run(model, &s->classes, &task, &answer);
	if (r == 0)
		r = wire_encode_assign_answer(&answer, model, &text);
	if (r == 0)
		r = message_send(s->out, WIRE_ASSIGN_ANSWER, &text);
	else if (r == -EDOM || r == -EIO)
		r = message_send(s->out, WIRE_DONE, &text);
	strbuf_done(&text);
	wire_assign_answer_done(&answer);
	free(task.count);
	return r;
}

int session_run(const struct wire_request *request, int from, int out)
{
	struct session s = { .request = request, .out = out };
	int r = knapsack_classes_init(&s.classes, &request->model);

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
		else
			r = -EPROTO;
		free(payload);
	}
	knapsack_classes_done(&s.classes);
	return r == -ENODATA ? 0 : r;
}
