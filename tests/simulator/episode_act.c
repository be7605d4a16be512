/* What happens to a simulated machine beside its ticks. */
#include "tests/simulator/episode.h"
#include "tests/simulator/disk.h"
#include "tests/simulator/shared.h"
#include "tests/simulator/tree.h"

#include "common/clock.h"
#include "store/dir/data_dir.h"
#include "store/fsck.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const action_names[ACTION_COUNT] = {
#define ACTION(id, weight, name) [ACTION_##id] = (name),
#include "tests/simulator/action_table.h"
#undef ACTION
};
static const unsigned action_weights[ACTION_COUNT] = {
#define ACTION(id, weight, name) [ACTION_##id] = (weight),
#include "tests/simulator/action_table.h"
#undef ACTION
};

static const char *data_of(const struct episode *episode)
{
	return episode->node.settings.data.text;
}

/* ---- faults ------------------------------------------------------------------------ */

static void arm(struct episode *episode, enum fault_kind kind, int error, uint64_t run)
{
	shared->fault = (struct fault){ .kind = kind,
		.error = error,
		.after = (int64_t)chance_below(&episode->chance, 120),
		.run = (int64_t)run };
}

static void arm_kill(struct episode *episode, bool is_group, bool is_cut)
{
	arm(episode, FAULT_KILL, 0, 1);
	episode->kills_group = is_group;
	episode->cuts_power = is_cut;
}

/* ---- restarts ------------------------------------------------------------------------ */

static void reboot_machine(struct episode *episode, int64_t off_s)
{
	episode_stop(episode);
	disk_sync_all();
	tree_remove(episode->node.settings.runtime);
	oracle_ring_lost(&episode->oracle);
	episode->discarded_seen = episode->dropped_seen = 0;
	world_pass(off_s * NS_PER_S, true);
	world_boot(&episode->world);
	episode_start(episode);
}

static void clock_move(struct episode *episode, int64_t most_s)
{
	int64_t by_s =
		(int64_t)chance_below(&episode->chance, 2 * (uint64_t)most_s) - most_s;

	shared->real_ns += by_s * NS_PER_S;
	episode->oracle.has_moved_clock = true;
	episode->oracle.may_have_holes = true;
}

/* ---- administrators -------------------------------------------------------------------- */

static void backup_path(
	const struct episode *episode, const char *below, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/backup%s", episode->top, below);
}

/* In order, and then a copy: all ticks so far are in it. */
static void backup_make(struct episode *episode)
{
	char path[PATH_MAX];

	episode_stop(episode);
	backup_path(episode, "", path);
	tree_remove(path);
	tree_copy(data_of(episode), path);
	episode->has_backup = true;
	episode->backed_up = episode->oracle.count;
	episode_start(episode);
}

/* One of its folders or files comes back; "": all. */
static void backup_restore(struct episode *episode, const char *below, bool loses)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (!episode->has_backup)
		return;
	if (chance_one_in(&episode->chance, 2))
		episode_stop(episode);
	episode_kill(episode);
	disk_sync_all();
	backup_path(episode, below, from);
	snprintf(to, sizeof(to), "%s%s", data_of(episode), below);
	tree_remove(to);
	tree_copy(from, to);
	disk_sync_all();
	oracle_unsee(&episode->oracle);
	if (loses)
		oracle_lose_after(&episode->oracle, episode->backed_up);
	episode->oracle.may_have_holes = true;
	episode_start(episode);
}

static void data_file_remove(
	struct episode *episode, enum data_name name, const char *ending)
{
	char path[DATA_PATH_BYTES], whole[DATA_PATH_BYTES + 8];

	if (data_path(data_of(episode), name, path, NULL) < 0)
		return;
	snprintf(whole, sizeof(whole), "%s%s", path, ending);
	tree_remove(whole);
}

static void database_lose(struct episode *episode, bool comes_back)
{
	if (comes_back && !episode->has_backup)
		return;
	episode_stop(episode);
	data_file_remove(episode, DATA_DATABASE, "");
	data_file_remove(episode, DATA_DATABASE, "-wal");
	data_file_remove(episode, DATA_DATABASE, "-shm");
	if (comes_back)
		backup_restore(episode, "/headroom.db", false);
	episode->oracle.may_have_holes = true;
	oracle_unsee(&episode->oracle);
	disk_sync_all();
	episode_start(episode);
}

static void staging_lose(struct episode *episode)
{
	data_file_remove(episode, DATA_STAGING, "");
	oracle_lose_after(&episode->oracle, episode->oracle.batched);
	/* what the ring still holds is not lost with it, nor what comes */
	for (uint32_t i = episode->oracle.acknowledged; i < episode->oracle.count; i++)
		if (episode->oracle.tick[i].state == TICK_MAY &&
			episode->oracle.tick[i].sequence > 0)
			episode->oracle.tick[i].state = TICK_MUST;
}

static void retention_change(struct episode *episode)
{
	snprintf(episode->node.settings.keep_base.text, 1, "%s", "");
	episode->node.settings.keep_base.number =
		(int64_t)(2 + chance_below(&episode->chance, 3)) * 86400;
	(void)node_reload(&episode->node);
}

static void workload_rename(struct episode *episode)
{
	struct workload_list list = { .count = 0 };
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char name[64];
	int r = store_open(data_of(episode), &store, &err);

	snprintf(name, sizeof(name), "renamed-%" PRIu64,
		chance_below(&episode->chance, 1000));
	if (r == 0)
		r = store_begin(store, 100, &err);
	if (r == 0)
		r = store_workloads(store, &list, &err);
	if (r == 0 && list.count > 0)
		r = store_workload_rename(store, list.workload[0].id, name, &err);
	if (r == 0)
		r = store_commit(store, &err);
	workload_list_done(&list);
	store_close(store);
	episode_say(episode, "renamed to %s: %s", name, r < 0 ? err.text : "done");
}

static void store_check(struct episode *episode)
{
	struct fsck_report report = { .count = 0 };
	struct store *store = NULL;
	struct err err = ERR_INIT;
	int r = store_open(data_of(episode), &store, &err);

	if (r == 0)
		r = fsck_run(store, 100, &report, &err);
	if (r == 0 && report.lost > 0 && !episode->oracle.may_have_holes) {
		err_set(&err, -EBADMSG, "%s: %s", report.item[0].what,
			report.item[0].text ? report.item[0].text : "");
		episode_problem(episode, "fsck", &err);
	}
	if (r == 0)
		fsck_report_done(&report);
	store_close(store);
}

/* ---- the draw ------------------------------------------------------------------------- */

static enum action_id action_draw(struct episode *episode)
{
	uint64_t sum = 0, at;

	for (size_t i = 0; i < ACTION_COUNT; i++)
		sum += action_weights[i];
	at = chance_below(&episode->chance, sum);
	for (size_t i = 0; i < ACTION_COUNT; i++) {
		if (at < action_weights[i])
			return (enum action_id)i;
		at -= action_weights[i];
	}
	return ACTION_READ;
}

static void act_of_administrator(
	struct episode *episode, enum action_id id, struct episode_figures *figures)
{
	if (id == ACTION_READ)
		episode_look(episode, false);
	else if (id == ACTION_BACKUP)
		backup_make(episode);
	else if (id == ACTION_RESTORE)
		backup_restore(episode, "", true);
	else if (id == ACTION_RESTORE_RRD)
		backup_restore(episode, "/rrd", true);
	else if (id == ACTION_RESTORE_DB || id == ACTION_LOSE_DB)
		database_lose(episode, id == ACTION_RESTORE_DB);
	else if (id == ACTION_LOSE_LAYOUTS)
		data_file_remove(episode, DATA_LAYOUTS, "");
	else if (id == ACTION_LOSE_STAGING)
		staging_lose(episode);
	else if (id == ACTION_RETENTION)
		retention_change(episode);
	else if (id == ACTION_RENAME)
		workload_rename(episode);
	else if (id == ACTION_CHECK)
		episode_ask(episode, false, figures);
	else
		store_check(episode);
}

static void act_of_machine(struct episode *episode, enum action_id id)
{
	int64_t span_s = 60 + (int64_t)chance_below(&episode->chance, 8 * 3600);

	if (id == ACTION_RESTART) {
		episode_stop(episode);
		world_pass(
			(int64_t)chance_below(&episode->chance, 900) * NS_PER_S, false);
		episode_start(episode);
	} else if (id == ACTION_REBOOT) {
		reboot_machine(episode, 60);
	} else if (id == ACTION_DOWNTIME) {
		reboot_machine(episode, span_s);
	} else if (id == ACTION_SUSPEND) {
		world_pass(span_s * NS_PER_S, true);
	} else if (id == ACTION_CLOCK_STEP) {
		clock_move(episode, 2 * (int64_t)episode->step_s);
	} else if (id == ACTION_CLOCK_JUMP) {
		clock_move(episode, 3 * 86400);
	} else {
		node_kill_recorder(&episode->node);
		episode->recorder_rests =
			1 + (unsigned)chance_below(&episode->chance, 300);
	}
}

static void act_of_fault(
	struct episode *episode, enum action_id id, struct episode_figures *figures)
{
	if (id == ACTION_KILL_RECORDER) {
		node_kill_recorder(&episode->node);
	} else if (id == ACTION_KILL_ALL) {
		episode_kill(episode);
		world_pass((int64_t)chance_below(&episode->chance, 7200) * NS_PER_S,
			false);
	} else if (id == ACTION_POWER_CUT) {
		episode_power_cut(episode, figures);
	} else if (id == ACTION_FAULT_FULL) {
		arm(episode, FAULT_ERROR, ENOSPC,
			1 + chance_below(&episode->chance, 400));
	} else if (id == ACTION_FAULT_IO) {
		arm(episode, FAULT_ERROR, EIO, 1 + chance_below(&episode->chance, 8));
	} else if (id == ACTION_FAULT_HALF) {
		arm(episode, FAULT_HALF, 0, 1 + chance_below(&episode->chance, 8));
	} else {
		arm_kill(episode, id != ACTION_FAULT_KILL_RECORDER,
			id == ACTION_FAULT_CUT);
	}
	if (id == ACTION_KILL_RECORDER || id == ACTION_KILL_ALL)
		episode_start(episode);
}

void episode_act(struct episode *episode, struct episode_figures *figures)
{
	enum action_id id = action_draw(episode);

	figures->action[id]++;
	episode_say(episode, "%s", action_names[id]);
	if (id <= ACTION_FAULT_HALF)
		act_of_fault(episode, id, figures);
	else if (id <= ACTION_RECORDER_RESTS)
		act_of_machine(episode, id);
	else
		act_of_administrator(episode, id, figures);
}
