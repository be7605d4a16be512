/*
 * headroom-solver as a child: started, spoken to over two pipes with deadlines, ended.
 * It may be missing, crash, hang or write rubbish; none of that harms who asks.
 */
#ifndef ANALYZE_PACKING_SOLVER_CHILD_H
#define ANALYZE_PACKING_SOLVER_CHILD_H

#include "analyze/packing/packing.h"
#include "analyze/packing/wire.h"

#include <sys/types.h>

struct solver_child {
	pid_t pid;    /* 0: none */
	int to, from; /* pipes, non-blocking; -1: closed */
	struct strbuf out;
	size_t sent; /* bytes of out */
	char *in;    /* what has come and is not yet a whole message */
	size_t in_count, in_room;
	size_t taken;                 /* bytes of in that the last message took */
	bool is_broken;               /* it wrote what is no message */
	bool has_spoken;              /* at least one message was good */
	bool has_ended;               /* it closed its pipe before we did */
	struct sigaction pipe_action; /* as it was before */
};

/* 0; or -ENOENT with the reason in note: not wanted, not installed, not started. */
int solver_child_start(struct solver_child *child,
	const struct packing_options *options, char *note, size_t note_size);

/* Queues a message, sent while answers are awaited.  0, -EFBIG or -ENOMEM. */
int solver_child_send(
	struct solver_child *child, enum wire_kind kind, const struct strbuf *payload);

/*
 * solver_child_receive - the next whole message
 *
 * deadline_s    of work_now_s()
 * is_cancelled  NULL: never
 * ret_payload   borrowed: good until the next call
 *
 * Returns 1 with a message, 0 at the deadline or when cancelled, -EPIPE when the child
 * has ended or what it says is no message, -ENOMEM.
 */
int solver_child_receive(struct solver_child *child, double deadline_s,
	const volatile sig_atomic_t *is_cancelled, struct wire_head *ret_head,
	const char **ret_payload);

/*
 * solver_child_stop - ends it if it lives
 *
 * is_done     it has said all it had to: how it ends does not matter
 * wants_word  silence until now is worth a word
 *
 * Writes to note how it ended, where it was not well.
 */
void solver_child_stop(struct solver_child *child, bool is_done, bool wants_word,
	char *note, size_t note_size);

#endif
