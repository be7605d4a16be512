/* One episode of a simulated machine. */
#include "tests/simulator/episode.h"
#include "tests/simulator/disk.h"
#include "tests/simulator/shared.h"
#include "tests/simulator/tree.h"

#include "common/checksum.h"
#include "common/clock.h"
#include "common/util.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TICKS_LEAST = 10 * 288, /* as many of a machine whatever its step */
	TICKS_MOST = 70 * 288,
	KEEP_DAYS = 2, /* most of what was written has been overwritten at the end */
	TURN_EVERY = 150,
	LOOK_EVERY = 3,          /* turns */
	LOOK_AFTER_CUT = 3,      /* cuts */
	UNSEEN_TICKS_MOST = 250, /* ... or so many that nobody has looked at */
	RING_NEARLY_FULL = 100,
};
#define START_S INT64_C(1700006400) /* a whole day */

void episode_say(struct episode *episode, const char *format, ...)
{
	char text[400];
	va_list args;
	int length = snprintf(text, sizeof(text),
		"%10" PRId64 " tick %u: ", shared->real_ns / NS_PER_S,
		oracle_next(&episode->oracle));

	va_start(args, format);
	vsnprintf(text + length, sizeof(text) - (size_t)length, format, args);
	va_end(args);
	episode->story = checksum64(text, strlen(text), episode->story);
	if (episode->is_talkative)
		printf("%s (%" PRIu64 " calls)\n", text, disk_calls());
}

void episode_problem(struct episode *episode, const char *what, const struct err *err)
{
	episode_say(episode, "PROBLEM %s: %s", what, err->text);
	if (episode->problems++ == 0)
		err_set(&episode->err, -1, "%s: %.180s", what, err->text);
}

/* ---- the daemon ------------------------------------------------------------------- */

static void take_counters(struct episode *episode)
{
	const struct ring *ring = episode->node.sampler.ring;

	episode->discarded_seen = (int64_t)ring_counter(ring, RING_COUNT_DISCARDED);
	episode->dropped_seen = (int64_t)ring_counter(ring, RING_COUNT_DROPPED);
}

/* Withheld ticks that the start found no stamp for. */
static void note_discarded(struct episode *episode, bool one_was_new)
{
	int64_t now =
		(int64_t)ring_counter(episode->node.sampler.ring, RING_COUNT_DISCARDED);
	int64_t more = now - episode->discarded_seen - (one_was_new ? 1 : 0);

	if (more > 0)
		episode->oracle.discarded += (uint64_t)more;
	episode->discarded_seen = now;
}

void episode_start(struct episode *episode)
{
	struct err err = ERR_INIT;

	if (!episode->node.is_sampling) {
		if (!node_start_sampler(&episode->node, false, &err)) {
			episode_problem(episode, "the sampler does not start", &err);
			return;
		}
		if ((int64_t)ring_counter(episode->node.sampler.ring,
			    RING_COUNT_DISCARDED) < episode->discarded_seen)
			episode->discarded_seen = 0; /* a new ring */
		note_discarded(episode, false);
		take_counters(episode);
	}
	if (!episode->node.recorder && episode->recorder_rests == 0)
		(void)node_start_recorder(&episode->node);
}

static void see_acknowledged(struct episode *episode)
{
	if (episode->node.is_sampling)
		oracle_acknowledged(&episode->oracle,
			ring_acknowledged(episode->node.sampler.ring));
}

void episode_kill(struct episode *episode)
{
	see_acknowledged(episode);
	node_kill_recorder(&episode->node);
	node_kill_sampler(&episode->node);
}

static void ring_remove(struct episode *episode)
{
	tree_remove(episode->node.settings.runtime);
	oracle_ring_lost(&episode->oracle);
	episode->discarded_seen = episode->dropped_seen = 0;
}

void episode_power_cut(struct episode *episode, struct episode_figures *figures)
{
	uint64_t undone;

	episode_kill(episode);
	ring_remove(episode);
	undone = disk_cut(&episode->chance);
	figures->undone += undone;
	episode_say(
		episode, "the power is cut, %" PRIu64 " sectors taken back", undone);
	world_pass((int64_t)chance_below(&episode->chance, 4 * 3600) * NS_PER_S, true);
	world_boot(&episode->world);
	shared->fault.kind = FAULT_NONE;
	oracle_torn(&episode->oracle,
		(uint32_t)(episode->node.settings.batch_interval.number /
			episode->step_s) +
			2 * RING_SEATS);
	/* somebody reads before a recorder has put anything right */
	if (chance_one_in(&episode->chance, LOOK_AFTER_CUT))
		episode_look(episode, false);
	episode_start(episode);
}

/* What the fault that struck means for the rest. */
static void see_death(struct episode *episode, struct episode_figures *figures)
{
	bool is_group = episode->kills_group, is_cut = episode->cuts_power;

	shared->fault.kind = FAULT_NONE;
	shared->is_killed = false;
	episode->kills_group = episode->cuts_power = false;
	episode_say(episode, "the recorder is gone");
	see_acknowledged(episode);
	if (is_cut) {
		episode_power_cut(episode, figures);
		return;
	}
	if (is_group)
		episode_kill(episode);
	episode_start(episode);
}

void episode_turn(
	struct episode *episode, bool is_take_asked, struct episode_figures *figures)
{
	enum turn_reply reply;

	if (!episode->node.recorder)
		return;
	reply = node_turn(&episode->node, is_take_asked);
	see_acknowledged(episode);
	if (reply == TURN_DIED && !shared->is_killed) {
		struct err err = ERR_INIT;

		err_set(&err, -1, "it ended by itself");
		episode_problem(episode, "recorder", &err);
	}
	if (reply == TURN_DIED)
		see_death(episode, figures);
	else if (chance_one_in(&episode->chance, LOOK_EVERY) ||
		oracle_unseen(&episode->oracle) > UNSEEN_TICKS_MOST)
		episode_look(episode, false);
	if (reply == TURN_WELL && shared->fault.struck > 0 &&
		chance_one_in(&episode->chance, 4)) {
		shared->fault.struck = 0;
		episode_ask(episode, is_take_asked, figures);
	}
	if (reply == TURN_REFUSED) {
		struct err err = ERR_INIT;

		err_set(&err, -1, "it refuses the store");
		episode_problem(episode, "recorder", &err);
	}
}

void episode_stop(struct episode *episode)
{
	enum turn_reply reply = TURN_DIED;

	shared->fault.kind = FAULT_NONE;
	episode->kills_group = episode->cuts_power = false;
	episode->recorder_rests = 0;
	episode_start(episode);
	if (!episode->node.is_sampling)
		return;
	sampler_end(&episode->node.sampler);
	for (unsigned tries = 0; tries < 3 && reply != TURN_WELL; tries++) {
		if (!episode->node.recorder)
			(void)node_start_recorder(&episode->node);
		reply = node_drain(&episode->node);
	}
	see_acknowledged(episode);
	note_discarded(episode, false); /* by the recorder, of the last ticks */
	if (reply != TURN_WELL) {
		struct err err = ERR_INIT;

		err_set(&err, -1, "not everything could be stored");
		episode_problem(episode, "orderly end", &err);
	}
	episode->oracle.withheld = ring_head(episode->node.sampler.ring) -
		ring_released(episode->node.sampler.ring);
	node_kill_sampler(&episode->node);
	episode->oracle.batched = episode->oracle.acknowledged;
	if (reply == TURN_WELL)
		episode_look(episode, true);
}

void episode_look(struct episode *episode, bool is_whole)
{
	struct err err = ERR_INIT;
	uint64_t wrong = oracle_check(
		&episode->oracle, episode->node.settings.data.text, is_whole, &err);

	if (wrong > 0)
		episode_problem(episode, is_whole ? "at the end" : "a reader", &err);
}

/* ---- ticks --------------------------------------------------------------------------- */

/* A tick that waits for the clock gets its stamp later: that of now, unless the clock is moved. */
static int64_t stamp_of_newest(const struct episode *episode)
{
	const struct sampler *sampler = &episode->node.sampler;
	int64_t step_s = (int64_t)episode->step_s;

	if (ring_head(sampler->ring) == ring_released(sampler->ring))
		return sampler->last_stamp_s;
	return (shared->real_ns / NS_PER_S + step_s / 2) / step_s * step_s;
}

/* Ticks that waited for the clock and are discarded now that it is settled. */
static int64_t held_discarded(const struct ring *ring, uint64_t released, uint64_t head)
{
	const struct ring_seat *seat;
	int64_t count = 0;

	for (uint64_t s = released + 1; s <= head && s <= ring_released(ring); s++)
		count += ring_peek(ring, s, &seat) == 0 && seat->flags & RING_DISCARD;
	return count;
}

/* released, head: before the wake */
static void see_tick(struct episode *episode, uint64_t released, uint64_t head_before)
{
	const struct ring *ring = episode->node.sampler.ring;
	uint64_t head = ring_head(ring);
	int64_t dropped = (int64_t)ring_counter(ring, RING_COUNT_DROPPED);
	int64_t discarded = (int64_t)ring_counter(ring, RING_COUNT_DISCARDED) -
		held_discarded(ring, released, head_before);
	bool was_refused = head == head_before &&
		(dropped > episode->dropped_seen ||
			discarded > episode->discarded_seen);

	episode->was_dropped = was_refused && dropped > episode->dropped_seen;
	if (head > head_before)
		oracle_published(&episode->oracle, head, stamp_of_newest(episode));
	else if (was_refused)
		oracle_dropped(&episode->oracle);
	note_discarded(episode, was_refused && dropped == episode->dropped_seen);
	episode->dropped_seen = dropped;
}

static void tick(struct episode *episode, struct episode_figures *figures)
{
	struct sampler *sampler = &episode->node.sampler;
	struct clock_now now;
	uint64_t head, released;

	if (!episode->node.is_sampling) {
		world_pass((int64_t)episode->step_s * NS_PER_S, false);
		return;
	}
	head = ring_head(sampler->ring);
	released = ring_released(sampler->ring);
	if (schedule_deadline_ns(&sampler->schedule) > shared->mono_ns)
		world_pass(schedule_deadline_ns(&sampler->schedule) - shared->mono_ns,
			false);
	world_show(oracle_next(&episode->oracle));
	now.realtime_ns = shared->real_ns;
	now.monotonic_ns = shared->mono_ns;
	now.boottime_ns = shared->boot_ns;
	sampler_wake(sampler, &now, true);
	see_tick(episode, released, head);
	figures->ticks++;
	if (episode->recorder_rests > 0 && --episode->recorder_rests == 0)
		episode_start(episode);
	head = ring_head(sampler->ring);
	if (chance_one_in(&episode->chance, TURN_EVERY) ||
		head - ring_acknowledged(sampler->ring) > RING_NEARLY_FULL)
		episode_turn(episode, true, figures);
}

/* ---- the episode ----------------------------------------------------------------------- */

static void episode_begin(
	struct episode *episode, uint64_t seed, const char *top, bool is_talkative)
{
	/* what a day costs is its batches: short ones have their share */
	static const unsigned batches_s[] = { 3600, 21600, 43200, 43200, 43200, 43200,
		86400, 86400 };
	char root[200];

	memset(episode, 0, sizeof(*episode));
	episode->seed = episode->chance = shared->random = seed;
	episode->is_talkative = is_talkative;
	episode->step_s = chance_one_in(&episode->chance, 20) ? 60 : 300;
	snprintf(episode->top, sizeof(episode->top), "%s", top);
	tree_remove(top);
	(void)mkdir(top, 0755);
	snprintf(shared->data_dir, sizeof(shared->data_dir), "%s/data", top);
	snprintf(shared->grave_dir, sizeof(shared->grave_dir), "%s/graves", top);
	(void)mkdir(shared->grave_dir, 0755);
	memset(&shared->fault, 0, sizeof(shared->fault));
	disk_sync_all();
	snprintf(root, sizeof(root), "%s/root", top);
	world_init(&episode->world, root, START_S);
	oracle_init(&episode->oracle, KEEP_DAYS * INT64_C(86400));
	node_init(&episode->node, top, episode->step_s,
		batches_s[chance_below(&episode->chance, ARRAY_LEN(batches_s))],
		KEEP_DAYS);
	episode_start(episode);
}

static void episode_end(struct episode *episode)
{
	episode_stop(episode);
	episode_kill(episode);
	episode_look(episode, true);
	episode->never_looked = episode->oracle.never_looked;
	oracle_done(&episode->oracle);
	shared->is_clock_on = false;
}

uint64_t episode_run(uint64_t seed, unsigned action_every, const char *top,
	bool is_talkative, struct episode_figures *figures, struct err *ret_err)
{
	static struct episode episode;
	uint64_t calls = disk_calls();
	int64_t span_s;
	int64_t end_ns;

	episode_begin(&episode, seed, top, is_talkative);
	span_s = (int64_t)(TICKS_LEAST +
			 chance_below(&episode.chance, TICKS_MOST - TICKS_LEAST + 1)) *
		episode.step_s;
	end_ns = shared->real_ns + span_s * NS_PER_S;
	while (shared->real_ns < end_ns && episode.problems == 0) {
		tick(&episode, figures);
		if (chance_one_in(&episode.chance, action_every))
			episode_act(&episode, figures);
	}
	episode_end(&episode);
	figures->story = figures->story * 31 + episode.story;
	figures->days_s += (uint64_t)span_s;
	figures->never_looked += episode.never_looked;
	figures->calls += disk_calls() - calls;
	*ret_err = episode.err;
	return episode.problems;
}
