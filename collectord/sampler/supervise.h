/*
 * The sampler's children: started by fixed paths, started again when they die, with a
 * back-off of at most a minute.  Nothing here waits; a tick never depends on a child.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_SAMPLER_SUPERVISE_H
#define COLLECTORD_SAMPLER_SUPERVISE_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum child_id {
	CHILD_RECORDER,
	CHILD_HELPER,
	CHILD_NOTIFIER,
	CHILD_POLLER,
	CHILD_SENDER,
	CHILD_INVENTORY, /* runs once and ends: a day later again, after a failure an hour */
	CHILD_COUNT
};

struct child {
	const char *program; /* file name in the libexec folder */
	pid_t pid;           /* 0: not running */
	bool is_wanted;      /* start it again when it dies */
	uint64_t starts;
	int64_t started_ns;    /* monotonic, as next_start_ns */
	int64_t next_start_ns; /* not before */
	int64_t backoff_ns;
};

struct supervisor {
	const char *libexec, *runtime; /* borrowed */
	struct child child[CHILD_COUNT];
	uint64_t random; /* for the jitter of the back-off */
};

struct child_death {
	enum child_id id;
	pid_t pid;
	bool was_wanted; /* it had no reason to end */
	char text
		[96]; /* "collectord-recorder was killed by signal 9, next start in 2 s" */
};

/* libexec, runtime: borrowed. seed: of the jitter of restarts. */
void supervise_init(struct supervisor *supervisor, const char *libexec,
	const char *runtime, uint64_t seed);

/* Wanted from now on; started by the next supervise_start_due. */
void supervise_want(struct supervisor *supervisor, enum child_id id, bool is_wanted);

/* Not before that moment, as the monotonic clock has it. */
void supervise_start_at(struct supervisor *supervisor, enum child_id id, int64_t at_ns);

/* Starts what is wanted, not running and due.  0, or the errno of the first failure
 * (also counted as a death, with back-off). */
int supervise_start_due(struct supervisor *supervisor, int64_t now_ns, struct err *err);

/* When supervise_start_due has something to do next; INT64_MAX: nothing is planned. */
int64_t supervise_next_start_ns(const struct supervisor *supervisor);

/* One child that has ended; false when there is none (left).  Also for children of ours
 * that are none of the table: they are reaped silently. */
bool supervise_reap(
	struct supervisor *supervisor, int64_t now_ns, struct child_death *ret_death);

/* To one running child, or to all with CHILD_COUNT. */
void supervise_signal(
	const struct supervisor *supervisor, enum child_id id, int number);
bool supervise_is_running(const struct supervisor *supervisor, enum child_id id);

/* What is known of a child that beats: zeroed at first. */
struct child_watch {
	int64_t beat, seen_ns; /* its last beat, and when we saw it */
	bool has_beaten;       /* since it was started */
};

/*
 * supervise_is_silent - whether a child has not beaten for too long
 *
 * beat     whatever it changes when it comes by
 * most_ns  its patience; first_ns that before its first beat
 *
 * True once, then the patience begins anew.
 */
bool supervise_is_silent(struct child_watch *watch, bool is_running, int64_t beat,
	int64_t now_ns, int64_t most_ns, int64_t first_ns);

/* The folder of the other programs: that of this one where they are there (a build
 * folder), else the installed one. */
int supervise_find_libexec(char *ret_path, size_t size, struct err *err);

#endif
