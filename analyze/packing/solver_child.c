/* Starting, feeding, hearing and ending the child. */
#include "analyze/packing/solver_child.h"

#include "analyze/packing/work.h"
#include "common/program.h"
#include "common/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool find_solver(const struct packing_options *options, char *path, size_t size)
{
	if (!options->solver_path)
		return program_find("headroom-solver", path, size) == 0;
	snprintf(path, size, "%s", options->solver_path);
	return access(path, X_OK) == 0;
}

static void close_pipe(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int spawn_solver(struct solver_child *child, const char *path)
{
	char name[] = "headroom-solver";
	char *argv[] = { name, NULL };
	struct err ignored = ERR_INIT;
	struct spawn_pipes pipes;
	int r = spawn_with_pipes(path, argv, 0, &pipes, &ignored);

	if (r < 0)
		return r;
	child->pid = pipes.pid;
	child->to = pipes.to_fd;
	child->from = pipes.from_fd;
	if (fcntl(child->to, F_SETFL, O_NONBLOCK) < 0 ||
		fcntl(child->from, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

int solver_child_start(struct solver_child *child,
	const struct packing_options *options, char *note, size_t note_size)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	char path[PATH_MAX + 32];
	const char *why = NULL;

	*child = (struct solver_child){ .to = -1, .from = -1 };
	strbuf_init(&child->out, WIRE_PAYLOAD_MAX + sizeof(struct wire_head));
	/* a child that is gone must not end us */
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, &child->pipe_action);
	if (options->without_solver)
		why = "not wanted";
	else if (!find_solver(options, path, sizeof(path)))
		why = "headroom-solver is not installed";
	else if (spawn_solver(child, path) < 0)
		why = "headroom-solver could not be started";
	if (!why)
		return 0;
	solver_child_stop(child, true, false, note, note_size);
	snprintf(note, note_size, "%s", why);
	return -ENOENT;
}

int solver_child_send(
	struct solver_child *child, enum wire_kind kind, const struct strbuf *payload)
{
	struct wire_head head;

	if (child->sent == child->out.length) {
		strbuf_done(&child->out);
		strbuf_init(&child->out, WIRE_PAYLOAD_MAX + sizeof(head));
		child->sent = 0;
	}
	wire_head_make(&head, kind, strbuf_text(payload), payload->length);
	strbuf_add_bytes(&child->out, (const char *)&head, sizeof(head));
	strbuf_add_bytes(&child->out, strbuf_text(payload), payload->length);
	return strbuf_failed(&child->out);
}

static void send_more(struct solver_child *child)
{
	ssize_t put = write(child->to, child->out.text + child->sent,
		child->out.length - child->sent);

	if (put > 0)
		child->sent += (size_t)put;
	if (put < 0 && errno != EAGAIN && errno != EINTR)
		close_pipe(&child->to);
}

/* 1: something came; 0: the end; -EAGAIN, -ENOMEM. */
static int hear_more(struct solver_child *child)
{
	ssize_t got = 0;

	if (child->in_room - child->in_count < 65536) {
		size_t room = 2 * child->in_room + 131072;
		char *grown = realloc(child->in, room);

		if (!grown)
			return -ENOMEM;
		child->in = grown;
		child->in_room = room;
	}
	got = read(child->from, child->in + child->in_count,
		child->in_room - child->in_count);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? -EAGAIN : 0;
	child->in_count += (size_t)got;
	return got > 0;
}

/* 1: a whole message lies at the beginning of in; 0: not yet; -EPIPE: it is none. */
static int whole_message(struct solver_child *child, struct wire_head *head)
{
	size_t whole = 0;

	if (child->in_count < sizeof(*head))
		return 0;
	memcpy(head, child->in, sizeof(*head));
	if (wire_head_check(head) < 0) {
		child->is_broken = true;
		return -EPIPE;
	}
	whole = sizeof(*head) + (size_t)head->length;
	if (child->in_count < whole)
		return 0;
	if (wire_payload_check(head, child->in + sizeof(*head)) < 0) {
		child->is_broken = true;
		return -EPIPE;
	}
	child->has_spoken = true;
	child->taken = whole;
	return 1;
}

int solver_child_receive(struct solver_child *child, double deadline_s,
	const volatile sig_atomic_t *is_cancelled, struct wire_head *ret_head,
	const char **ret_payload)
{
	if (child->taken)
		memmove(child->in, child->in + child->taken,
			child->in_count - child->taken);
	child->in_count -= child->taken;
	child->taken = 0;
	for (;;) {
		struct pollfd fds[2] = { { child->from, POLLIN, 0 },
			{ child->to, POLLOUT, 0 } };
		double left_s = deadline_s - work_now_s();
		bool has_more = child->to >= 0 && child->sent < child->out.length;
		int r = whole_message(child, ret_head);

		if (r == 1)
			*ret_payload = child->in + sizeof(*ret_head);
		if (r != 0)
			return r;
		if (is_cancelled && *is_cancelled)
			return 0;
		if (left_s <= 0 && hear_more(child) <= 0)
			return 0;
		/* what it said until now still counts */
		if (left_s <= 0)
			continue;
		if (poll(fds, has_more ? 2 : 1,
			    left_s > 0.1 ? 100 : (int)(left_s * 1000) + 1) <= 0)
			continue;
		if (has_more && fds[1].revents)
			send_more(child);
		if (!fds[0].revents)
			continue;
		r = hear_more(child);
		if (r == -ENOMEM)
			return r;
		if (r == 0) {
			child->has_ended = true;
			return -EPIPE;
		}
	}
}

void solver_child_stop(struct solver_child *child, bool is_done, bool wants_word,
	char *note, size_t note_size)
{
	int status = 0;
	bool was_killed = false;

	close_pipe(&child->to);
	close_pipe(&child->from);
	/* a child that closed its pipe is about to end by itself */
	for (int i = 0; i < 5 && child->pid > 0 && child->has_ended; i++) {
		struct timespec pause = { .tv_nsec = 10000000 };

		if (waitpid(child->pid, &status, WNOHANG) == child->pid)
			goto ended;
		nanosleep(&pause, NULL);
	}
	if (child->pid > 0) {
		was_killed = true;
		kill(child->pid, SIGKILL);
		waitpid(child->pid, &status, 0);
	}
ended:
	if (child->pid <= 0 || is_done)
		;
	else if (child->is_broken)
		snprintf(note, note_size, "headroom-solver wrote what is no answer");
	else if (!was_killed && WIFSIGNALED(status))
		snprintf(note, note_size, "headroom-solver ended by signal %d",
			WTERMSIG(status));
	else if (!was_killed)
		snprintf(note, note_size,
			"headroom-solver ended without an answer (exit code %d)",
			WEXITSTATUS(status));
	else if (!child->has_spoken && wants_word)
		snprintf(note, note_size, "headroom-solver gave no answer in its time");
	sigaction(SIGPIPE, &child->pipe_action, NULL);
	strbuf_done(&child->out);
	free(child->in);
	*child = (struct solver_child){ .to = -1, .from = -1 };
}
