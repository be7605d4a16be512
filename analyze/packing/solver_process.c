/* Starting, feeding, hearing and ending the child. */
#include "analyze/packing/solver_process.h"

#include "analyze/packing/certificate.h"
#include "analyze/packing/model_rows.h"
#include "analyze/packing/refute.h"
#include "analyze/packing/repair.h"
#include "analyze/packing/wire.h"
#include "common/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NODE_LIMIT 60000000
#define GRACE_S 0.3

extern char **environ;

struct process {
	struct engine *engine;
	struct model small; /* the model with the rows that the solver sees */
	bool has_all_rows;
	pid_t child;
	int to, from; /* pipes, non-blocking; -1: closed */
	struct strbuf request;
	size_t sent;
	char *in; /* what has come and is not yet a whole message */
	size_t in_count, in_room;
	double deadline_s;
	bool is_done;
	bool is_broken;  /* it wrote what is no message */
	bool has_spoken; /* at least one message was good */
};

/* ---- the child ------------------------------------------------------------------- */

static bool find_solver(const struct engine *engine, char *path, size_t size)
{
	if (!engine->options->solver_path)
		return program_find("headroom-solver", path, size) == 0;
	snprintf(path, size, "%s", engine->options->solver_path);
	return access(path, X_OK) == 0;
}

static int start_child(struct process *p, const char *path)
{
	posix_spawn_file_actions_t actions;
	char name[] = "headroom-solver";
	char *argv[] = { name, NULL };
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	int r = 0;

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0 ||
		posix_spawn_file_actions_init(&actions) != 0) {
		r = -errno;
		for (int i = 0; i < 2; i++) {
			if (to[i] >= 0)
				close(to[i]);
			if (from[i] >= 0)
				close(from[i]);
		}
		return r;
	}
	posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
	r = -posix_spawn(&p->child, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(to[0]);
	close(from[1]);
	p->to = to[1];
	p->from = from[0];
	if (r == 0 &&
		(fcntl(p->to, F_SETFL, O_NONBLOCK) < 0 ||
			fcntl(p->from, F_SETFL, O_NONBLOCK) < 0))
		r = -errno;
	return r;
}

static void close_pipe(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Ends the child if it lives and says how it ended, in words where it was not well. */
static void end_child(struct process *p, char *note, size_t size)
{
	int status = 0;
	bool was_killed = false;

	close_pipe(&p->to);
	close_pipe(&p->from);
	if (p->child <= 0)
		return;
	if (!p->is_done) {
		/* a child that closed its pipe is about to end by itself */
		struct timespec pause = { .tv_nsec = 10000000 };

		for (int i = 0; i < 5 && !was_killed; i++) {
			if (waitpid(p->child, &status, WNOHANG) == p->child)
				goto ended;
			nanosleep(&pause, NULL);
		}
		was_killed = true;
	}
	kill(p->child, SIGKILL);
	waitpid(p->child, &status, 0);
ended:
	if (p->is_broken)
		snprintf(note, size, "headroom-solver wrote what is no answer");
	else if (!p->is_done && !was_killed && WIFSIGNALED(status))
		snprintf(note, size, "headroom-solver ended by signal %d",
			WTERMSIG(status));
	else if (!p->is_done && !was_killed)
		snprintf(note, size,
			"headroom-solver ended without an answer (exit code %d)",
			WEXITSTATUS(status));
	else if (!p->has_spoken && !p->is_done && !p->engine->work.is_cut_by_clock)
		snprintf(note, size, "headroom-solver gave no answer in its time");
}

/* ---- what it says ---------------------------------------------------------------- */

/* A placement counts when all its units fit; else what fits is kept and repaired. */
static int take_placement(struct process *p, const struct wire_placement *placement)
{
	struct engine *engine = p->engine;
	struct repair_limits limits = { .moves = 6000, .work = 400000000 };
	struct repair_host *host = calloc(placement->host_count + 1, sizeof(*host));
	struct state state, made = { 0 };
	int r = state_init(&state, &engine->model);

	if (r == 0)
		r = host ? state_init(&made, &engine->model) : -ENOMEM;
	for (size_t h = 0; h < placement->host_count && r == 0; h++) {
		r = state_open(&state, placement->host_type[h], NULL);
		host[h].type = placement->host_type[h];
	}
	for (size_t u = 0; u < engine->model.unit_count && r == 0; u++) {
		size_t h = placement->host_of[u];

		if (h == PACKING_NONE)
			continue;
		host[h].environment = engine->model.environment[u];
		if (state_fits(&state, u, h))
			r = state_add(&state, u, h);
	}
	if (r == 0 && !state.unplaced_count)
		r = engine_offer(engine, &state);
	else if (r == 0) {
		r = repair_run(&state, host, placement->host_count, NULL, &limits,
			&engine->work, &made);
		if (r == 1)
			r = engine_offer(engine, &made);
	}
	if (r == -ENOSPC)
		r = 0; /* more hosts than there are: not an answer */
	state_done(&state);
	state_done(&made);
	free(host);
	engine_report(engine, "exact phase");
	return r;
}

#define REFUTE_SHARE 0.6

/*
 * One host less than the best packing: with these prices the question can often be
 * settled whole, by a packing or by a proof that there is none.
 */
static int settle(struct process *p, const int64_t *price)
{
	struct engine *engine = p->engine;
	struct refute_limits limits = { .fillings = 20000, .nodes = 20000000 };
	struct work work = engine->work;
	struct state found;
	enum refute_answer answer = REFUTE_UNKNOWN;
	int64_t target = engine_value(engine, &engine->best) - 1;
	int r = 0;

	if (target < engine->bound || target > engine->bound + 1)
		return 0;
	work.deadline_s =
		work_now_s() + REFUTE_SHARE * (work.deadline_s - work_now_s());
	r = state_init(&found, &p->small);
	if (r == 0)
		r = refute_run(
			&p->small, price, target, &limits, &work, &found, &answer);
	if (r == 0 && answer == REFUTE_NONE)
		engine_raise_bound(engine, target + 1, PACKING_BOUND_SEARCH);
	if (r == 0 && answer == REFUTE_FOUND) {
		struct wire_placement placement = { .host_count = found.host_count,
			.host_of = found.host_of };

		placement.host_type = calloc(found.host_count + 1, sizeof(size_t));
		r = placement.host_type ? take_placement(p, &placement) : -ENOMEM;
		free(placement.host_type);
	}
	state_done(&found);
	return r;
}

/* Prices prove a bound only after the fillings have been searched here. */
static int take_prices(struct process *p, const void *payload, size_t length)
{
	size_t n = p->small.unit_count;
	struct work work = p->engine->work;
	int64_t *price = NULL, bound = 0;
	int r = 0;

	if (length != n * sizeof(*price)) {
		p->is_broken = true;
		return 0;
	}
	price = malloc(length + 8);
	if (!price)
		return -ENOMEM;
	memcpy(price, payload, length);
	for (size_t u = 0; u < n; u++)
		if (price[u] < 0 || price[u] > (int64_t)1 << 40)
			price[u] = 0;
	work.deadline_s = p->engine->work.deadline_s;
	r = certificate_bound(&p->small, price, NODE_LIMIT, &work, &bound);
	if (r == 0)
		engine_raise_bound(p->engine, bound, PACKING_BOUND_COLUMNS);
	if (r == 0 && !engine_is_done(p->engine))
		r = settle(p, price);
	free(price);
	engine_report(p->engine, "exact phase");
	return r;
}

static int take_message(
	struct process *p, const struct wire_head *head, const char *payload)
{
	struct wire_placement placement;
	int r = 0;

	switch ((enum wire_kind)head->kind) {
	case WIRE_PLACEMENT:
		r = wire_decode_placement(
			payload, head->length, &p->engine->model, &placement);
		if (r == -EPROTO)
			p->is_broken = true;
		if (r < 0)
			return r == -EPROTO ? 0 : r;
		r = take_placement(p, &placement);
		wire_placement_done(&placement);
		return r;
	case WIRE_PRICES:
		return take_prices(p, payload, head->length);
	case WIRE_DONE:
		p->is_done = true;
		return 0;
	case WIRE_REQUEST:
		break;
	}
	p->is_broken = true;
	return 0;
}

/* Whole messages out of what has come; the rest stays. */
static int take_messages(struct process *p)
{
	struct wire_head head;
	int r = 0;

	while (r == 0 && !p->is_done && !p->is_broken && p->in_count >= sizeof(head)) {
		size_t whole = 0;

		memcpy(&head, p->in, sizeof(head));
		if (wire_head_check(&head) < 0) {
			p->is_broken = true;
			break;
		}
		whole = sizeof(head) + (size_t)head.length;
		if (p->in_count < whole)
			break;
		if (wire_payload_check(&head, p->in + sizeof(head)) < 0)
			p->is_broken = true;
		else
			r = take_message(p, &head, p->in + sizeof(head));
		p->has_spoken = p->has_spoken || !p->is_broken;
		memmove(p->in, p->in + whole, p->in_count - whole);
		p->in_count -= whole;
	}
	return r;
}

/* 1: something came; 0: the end; -EAGAIN, -ENOMEM. */
static int hear(struct process *p)
{
	ssize_t got = 0;

	if (p->in_room - p->in_count < 65536) {
		size_t room = 2 * p->in_room + 131072;
		char *grown = realloc(p->in, room);

		if (!grown)
			return -ENOMEM;
		p->in = grown;
		p->in_room = room;
	}
	got = read(p->from, p->in + p->in_count, p->in_room - p->in_count);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? -EAGAIN : 0;
	p->in_count += (size_t)got;
	return got > 0;
}

static void say(struct process *p)
{
	ssize_t put =
		write(p->to, p->request.text + p->sent, p->request.length - p->sent);

	if (put > 0)
		p->sent += (size_t)put;
	if (p->sent == p->request.length ||
		(put < 0 && errno != EAGAIN && errno != EINTR))
		close_pipe(&p->to);
}

static int converse(struct process *p)
{
	struct engine *engine = p->engine;
	int r = 0;

	while (r == 0 && !p->is_done && !p->is_broken && !engine_is_done(engine)) {
		double left_s = p->deadline_s - work_now_s();
		struct pollfd fds[2] = { { p->from, POLLIN, 0 },
			{ p->to, POLLOUT, 0 } };
		int ready = 0;

		if (engine->options->is_cancelled && *engine->options->is_cancelled)
			engine->work.is_cut_by_clock = true;
		if (engine->work.is_cut_by_clock)
			break;
		if (left_s <= 0) {
			/* what it said until now still counts */
			if (hear(p) > 0)
				r = take_messages(p);
			break;
		}
		ready = poll(fds, p->to >= 0 ? 2 : 1,
			left_s > 0.1 ? 100 : (int)(left_s * 1000) + 1);
		if (ready <= 0)
			continue;
		if (p->to >= 0 && fds[1].revents)
			say(p);
		if (!fds[0].revents)
			continue;
		r = hear(p);
		if (r == 0)
			break;
		r = r == -EAGAIN ? 0 : r;
		if (r > 0)
			r = take_messages(p);
	}
	/* nothing is left to find: that is an end as good as its own */
	if (engine_is_done(engine))
		p->is_done = true;
	return r < 0 ? r : 0;
}

/* ---- all together ---------------------------------------------------------------- */

static int make_request(struct process *p)
{
	struct engine *engine = p->engine;
	struct wire_request request = { .seed = engine->options->seed,
		.time_limit_s = p->deadline_s - work_now_s() - GRACE_S,
		.bound = engine->bound,
		.value = engine->has_best && !engine->best.unplaced_count
			? engine_value(engine, &engine->best)
			: INT64_MAX,
		.model = p->small,
		.host_of = engine->best.host_of };
	struct wire_head head;
	struct strbuf payload;
	int r = 0;

	if (request.time_limit_s < 0.01)
		request.time_limit_s = 0.01;
	strbuf_init(&payload, WIRE_PAYLOAD_MAX);
	strbuf_init(&p->request, WIRE_PAYLOAD_MAX + sizeof(head));
	r = wire_encode_request(&request, &payload);
	if (r == 0) {
		wire_head_make(
			&head, WIRE_REQUEST, strbuf_text(&payload), payload.length);
		strbuf_add_bytes(&p->request, (const char *)&head, sizeof(head));
		strbuf_add_bytes(&p->request, payload.text, payload.length);
		r = strbuf_failed(&p->request);
	}
	strbuf_done(&payload);
	return r;
}

static void note(struct engine *engine, const char *text)
{
	snprintf(engine->exact_note, sizeof(engine->exact_note), "%s", text);
}

int solver_process_run(struct engine *engine, double until_s)
{
	struct process p = {
		.engine = engine, .to = -1, .from = -1, .deadline_s = until_s
	};
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	char path[PATH_MAX + 32];
	int r = 0;

	if (!find_solver(engine, path, sizeof(path))) {
		note(engine, "headroom-solver is not installed");
		return 0;
	}
	p.has_all_rows = engine->model.row_count <= MODEL_ROWS_FEW;
	if (p.has_all_rows)
		p.small = engine->model;
	else
		r = model_rows_restrict(&engine->model, &p.small);
	if (r == 0)
		r = make_request(&p);
	/* a child that is gone must not end us */
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, &before);
	if (r == 0 && start_child(&p, path) < 0)
		note(engine, "headroom-solver could not be started");
	else if (r == 0)
		r = converse(&p);
	end_child(&p, engine->exact_note, sizeof(engine->exact_note));
	sigaction(SIGPIPE, &before, NULL);
	if (!p.has_all_rows) {
		free(p.small.size);
		free(p.small.capacity);
	}
	strbuf_done(&p.request);
	free(p.in);
	return r == -EFBIG ? 0 : r;
}
