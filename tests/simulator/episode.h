/*
 * One episode: a machine lives for some days with its daemon, its administrators and its
 * faults, all drawn from one seed; at the end everything that must be stored is.
 */
#ifndef TESTS_SIMULATOR_EPISODE_H
#define TESTS_SIMULATOR_EPISODE_H

#include "tests/simulator/node.h"
#include "tests/simulator/oracle.h"
#include "tests/simulator/world.h"

#include <stdint.h>

struct episode {
	uint64_t seed, chance;
	char top[160];
	struct world world;
	struct node node;
	struct oracle oracle;
	unsigned step_s;
	int64_t discarded_seen; /* of the ring's counter */
	int64_t dropped_seen;
	/* a backup, and how many ticks it has for certain */
	bool has_backup;
	uint32_t backed_up;
	bool cuts_power; /* the kill that is armed is a power cut */
	bool kills_group;
	bool was_dropped;        /* the last tick: there was no room for it */
	unsigned recorder_rests; /* ticks until somebody starts it again */
	bool is_talkative;
	uint64_t story, never_looked;
	struct err err;
	uint64_t problems;
};

enum action_id {
#define ACTION(id, weight, name) ACTION_##id,
#include "tests/simulator/action_table.h"
#undef ACTION
	ACTION_COUNT
};
extern const char *const action_names[ACTION_COUNT];

struct episode_figures {
	uint64_t days_s; /* simulated seconds */
	uint64_t ticks, calls, undone;
	uint64_t action[ACTION_COUNT];
	uint64_t asked, asked_ill,
		heard_ok;      /* by monitoring; while something was wrong */
	uint64_t never_looked; /* ticks that were overwritten before anybody looked */
	uint64_t story; /* of all that was said: the same seed tells the same one */
};

/* action_every: so many ticks between two things that happen, on average.  Adds to the
 * figures.  Returns the number of problems; the first is in ret_err. */
uint64_t episode_run(uint64_t seed, unsigned action_every, const char *top,
	bool is_talkative, struct episode_figures *figures, struct err *ret_err);

/* ---- for the episode's two files ------------------------------------------------ */

void episode_say(struct episode *episode, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void episode_problem(struct episode *episode, const char *what, const struct err *err);
/* Sampler and recorder, where they do not run. */
void episode_start(struct episode *episode);
/* Everything of the daemon is killed. */
void episode_kill(struct episode *episode);
/* In order; what can be stored is. */
void episode_stop(struct episode *episode);
void episode_power_cut(struct episode *episode, struct episode_figures *figures);
void episode_turn(
	struct episode *episode, bool is_take_asked, struct episode_figures *figures);
/* The store as it is now: whole or not. */
void episode_look(struct episode *episode, bool is_whole);
/* What monitoring hears; was_taken: the recorder has just come by. */
void episode_ask(
	struct episode *episode, bool was_taken, struct episode_figures *figures);
void episode_act(struct episode *episode, struct episode_figures *figures);

#endif
