/*
 * The daemon of the simulated machine: its sampler in this process, recorder and writer in
 * children of it, one at a time, with the code of the programs themselves.
 */
#ifndef TESTS_SIMULATOR_NODE_H
#define TESTS_SIMULATOR_NODE_H

#include "collectord/link/settings.h"
#include "collectord/sampler/sampler.h"

#include <stdbool.h>
#include <sys/types.h>

struct node {
	struct settings settings;
	struct log log;
	struct sampler sampler;
	bool is_sampling;
	pid_t recorder;   /* 0: none */
	int order, reply; /* pipes to and from it */
	char top[200];    /* data, runtime and root lie below */
};

enum turn_reply {
	TURN_WELL,   /* the recorder has come by */
	TURN_DIED,   /* a fault took it */
	TURN_REFUSED /* it does not start, or does not end in order */
};

/* Where the daemon is to be; its folders are made.  step_s: 1 s to 1 h. */
void node_init(struct node *node, const char *top, unsigned step_s, unsigned batch_s,
	unsigned keep_days);

/* false: it cannot start, the text says why. */
bool node_start_sampler(struct node *node, bool trust_clock, struct err *err);
/* As kill -9 leaves it: nothing is said to anybody. */
void node_kill_sampler(struct node *node);

enum turn_reply node_start_recorder(struct node *node);
/* One turn of its loop, with the batch that is due, to the writer's end. */
enum turn_reply node_turn(struct node *node, bool is_take_asked);
/* SIGTERM: all that can be stored is, then it ends. */
enum turn_reply node_drain(struct node *node);
void node_kill_recorder(struct node *node);

/* In between the recorder answers on its socket. */
void node_serve_begin(struct node *node);
void node_serve_end(struct node *node);

/* New settings are read, as after SIGHUP. */
enum turn_reply node_reload(struct node *node);

#endif
