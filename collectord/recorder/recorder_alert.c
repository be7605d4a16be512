#include "collectord/recorder/recorder_alert.h"

#include "collectord/recorder/alert.h"
#include "collectord/recorder/alerts_state.h"
#include "collectord/recorder/recorder_db.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/link/subject.h"
#include "collectord/link/tick_layout.h"
#include "schema/metric.h"
#include "store/db/alerts.h"
#include "store/dir/data_dir.h"
#include "common/array.h"
#include "common/clock.h"
#include "common/units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#define LOCK_WAIT_MS 2000
#define GAP_LEAST_S 300 /* a shorter silence is no alert */

static const char *const problem_names[PROBLEM_COUNT] = {
	[PROBLEM_GAP] = "gap",
	[PROBLEM_CLOCK] = "clock",
	[PROBLEM_DROPPED] = "dropped ticks",
	[PROBLEM_DISK] = "disk of the store",
};

struct recorder_alerts *recorder_alerts_new(void)
{
	struct recorder_alerts *alerts = calloc(1, sizeof(*alerts));

	if (alerts) {
		alerts->in_fd = alerts->out_fd = -1;
		alerts->has_deliveries = true; /* of the process before us, perhaps */
	}
	return alerts;
}

void recorder_alerts_free(struct recorder_alerts *alerts)
{
	if (!alerts)
		return;
	for (size_t i = 0; i < alerts->rules_count; i++)
		workload_rules_free(alerts->rules[i]);
	free(alerts->rules);
	free(alerts->pending);
	free(alerts);
}

/* ---- watches ------------------------------------------------------------------------ */

static size_t find_watch(
	const struct workload_rules *rules, enum alert_kind kind, const char *subject)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->watch[i].kind == (uint32_t)kind &&
			strcmp(rules->watch[i].subject, subject) == 0)
			return i;
	}
	return SIZE_MAX;
}

/* Where a watch finds its samples; a limit of 0 or less switches a kind off. */
static void watch_bind(struct workload_rules *rules, enum alert_kind kind,
	const char *subject, double limit, double offset, bool is_rolling,
	struct alert_input input)
{
	char cut[ALERT_SUBJECT_BYTES];
	size_t at;

	snprintf(cut, sizeof(cut), "%s", subject);
	at = find_watch(rules, kind, cut);
	if (at == SIZE_MAX) {
		if (rules->count == ALERT_WATCHES_MAX ||
			(limit <= 0 && kind != ALERT_HEALTH) ||
			workload_rules_grow(rules) < 0)
			return; /* out of memory: at the next layout, perhaps */
		at = rules->count++;
		rules->alert_id_before[at] = 0;
		alert_watch_init(&rules->watch[at], kind, cut, rules->step_s, limit,
			offset, is_rolling);
	} else {
		struct alert_watch *watch = &rules->watch[at], wanted;

		alert_watch_init(&wanted, kind, cut, rules->step_s,
			limit > 0 ? limit : watch->limit.limit, offset, is_rolling);
		if (watch->builder.last == 0) {
			/* never fed: an open alert of the database, no more */
			watch->builder = wanted.builder;
			watch->roll = wanted.roll;
			watch->limit = wanted.limit;
		}
		if (limit > 0) {
			watch->limit = wanted.limit;
			watch->offset = offset;
		}
	}
	rules->input[at] = input;
}

static size_t layout_value_of(
	const struct layout *layout, const struct layout_file *file, const char *name)
{
	for (size_t i = 0; file && i < file->count; i++) {
		if (strcmp(layout->column[file->first + i].name, name) == 0)
			return file->first + i;
	}
	return SIZE_MAX;
}

static struct alert_input alert_input_of(const struct layout *layout,
	const struct layout_file *file, enum alert_derivation derivation,
	const char *first, const char *second)
{
	struct alert_input input = { .derivation = derivation,
		.first = layout_value_of(layout, file, first),
		.second = second ? layout_value_of(layout, file, second) : SIZE_MAX };

	if (input.first == SIZE_MAX || (second && input.second == SIZE_MAX))
		input.derivation = DERIVE_NOTHING;
	return input;
}

/* A file system on which nothing can be written is as full as it was made. */
static struct alert_input space_input_of(
	const struct layout *layout, const struct layout_file *file)
{
	struct alert_input input = alert_input_of(layout, file, DERIVE_SPACE,
		metric_data_source(METRIC_FS_USED_BYTES),
		metric_data_source(METRIC_FS_SIZE_BYTES));

	input.read_only =
		layout_value_of(layout, file, metric_data_source(METRIC_FS_READ_ONLY));
	return input;
}

static void bind_machine(const struct settings *settings, struct workload_rules *rules,
	const struct layout *layout)
{
	const struct layout_file *memory =
		layout_find_file(layout, metric_file_name(METRIC_MEMORY_USED_BYTES));
	const struct layout_file *cpu =
		layout_find_file(layout, metric_file_name(METRIC_CPU_USED_MHZ));
	double saturation = (double)settings->alert_saturation_percent.number / 100;

	watch_bind(rules, ALERT_MEMORY_LIMIT, "",
		(double)settings->alert_memory_limit_bytes.number,
		(double)settings->alert_memory_overhead_mb.number * BYTES_PER_MB, false,
		alert_input_of(layout, memory, DERIVE_VALUE,
			metric_data_source(METRIC_MEMORY_USED_BYTES), NULL));
	watch_bind(rules, ALERT_SMP_NEED, "", (double)settings->alert_core_mhz.number,
		0, true,
		alert_input_of(layout, cpu, DERIVE_VALUE,
			metric_data_source(METRIC_CPU_USED_MHZ), NULL));
	watch_bind(rules, ALERT_SATURATION, "cpu", saturation, 0, true,
		alert_input_of(layout, cpu, DERIVE_BUSY,
			metric_data_source(METRIC_CPU_IDLE_RATIO),
			metric_data_source(METRIC_CPU_IOWAIT_RATIO)));
	watch_bind(rules, ALERT_SATURATION, "memory", saturation, 0, false,
		alert_input_of(layout, memory, DERIVE_RATIO,
			metric_data_source(METRIC_MEMORY_USED_BYTES),
			metric_data_source(METRIC_MEMORY_TOTAL_BYTES)));
	for (int i = 0; i < PROBLEM_COUNT; i++)
		watch_bind(rules, ALERT_HEALTH, problem_names[i], 0, 0, false,
			(struct alert_input){
				.derivation = DERIVE_PROBLEM, .first = (size_t)i });
}

static void bind_instances(const struct settings *settings,
	struct workload_rules *rules, const struct layout *layout)
{
	const char *celsius = metric_data_source(METRIC_SENSOR_CELSIUS);
	size_t length = strlen(celsius);

	for (size_t i = 0; i < layout->file_count; i++) {
		const struct layout_file *file = &layout->file[i];

		const char *instance;
		enum metric_file kind = metric_file_parse(file->name, &instance);

		if (kind == METRIC_FILE_FS)
			watch_bind(rules, ALERT_DISK_SPACE, instance,
				(double)settings->alert_disk_percent.number / 100, 0,
				false, space_input_of(layout, file));
		if (kind != METRIC_FILE_SENSORS)
			continue;
		for (size_t j = 0; j < file->count; j++) {
			const char *name = layout->column[file->first + j].name;

			if (strncmp(name, celsius, length) == 0 && name[length] == '_')
				watch_bind(rules, ALERT_SENSOR, name,
					(double)settings->alert_celsius.number, 0,
					false,
					alert_input_of(layout, file, DERIVE_VALUE, name,
						NULL));
		}
	}
}

static int bind_layout(struct recorder *recorder, struct workload_rules *rules,
	uint64_t id, struct err *err)
{
	char folder[RECORDER_PATH_BYTES];
	struct layout layout;
	int r;

	if (rules->has_layout && rules->layout_id == id)
		return 0;
	r = data_path(recorder->settings.data.text, DATA_LAYOUTS, folder, err);
	if (r < 0)
		return r;
	r = layout_load(folder, id, &layout, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < rules->count; i++)
		rules->input[i].derivation =
			DERIVE_NOTHING; /* what is gone is unknown */
	bind_machine(&recorder->settings, rules, &layout);
	bind_instances(&recorder->settings, rules, &layout);
	layout_done(&layout);
	rules->layout_id = id;
	rules->has_layout = true;
	return 0;
}

/* ---- judging ------------------------------------------------------------------------- */

static double derive(const struct workload_rules *rules,
	const struct alert_input *input, const struct record *tick)
{
	double first, second;

	if (input->derivation == DERIVE_PROBLEM)
		return rules->memory.problem[input->first];
	if (input->derivation == DERIVE_NOTHING || input->first >= tick->count)
		return NAN;
	first = tick->values[input->first];
	if (input->derivation == DERIVE_VALUE)
		return first;
	if (input->second >= tick->count)
		return NAN;
	second = tick->values[input->second];
	if (input->derivation == DERIVE_BUSY)
		return 1 - first - second;
	if (input->derivation == DERIVE_SPACE &&
		(first > second ||
			(input->read_only < tick->count &&
				tick->values[input->read_only] > 0)))
		return NAN;
	return second > 0 ? first / second : NAN;
}

static int keep_change(struct recorder_alerts *alerts, struct workload_rules *rules,
	const struct alert_change *change)
{
	if (ARRAY_EXTEND(alerts->pending, alerts->pending_count) < 0)
		return -ENOMEM;
	alerts->pending[alerts->pending_count++] =
		(struct alert_pending){ .rules = rules, .change = *change };
	return 0;
}

static int judge_tick(struct recorder *recorder, struct workload_rules *rules,
	const struct record *tick, struct err *err)
{
	int64_t silence_s = tick->stamp_s - rules->last_stamp_s;
	int64_t allowed_s = 3 * (int64_t)rules->step_s;
	int r = bind_layout(recorder, rules, tick->layout, err);

	if (r < 0)
		return r == -ENOMEM ? r
				    : 0; /* a tick without its layout says nothing */
	if (allowed_s < GAP_LEAST_S)
		allowed_s = GAP_LEAST_S;
	if (rules->last_stamp_s && silence_s > allowed_s)
		rules->memory.problem[PROBLEM_GAP] += 1;
	if (recorder->alerts->is_disk_full && rules->subject == SUBJECT_OWN)
		rules->memory.problem[PROBLEM_DISK] = 1;
	rules->last_stamp_s = tick->stamp_s;
	for (size_t i = 0; i < rules->count && r == 0; i++) {
		struct alert_change changes[2];
		size_t count = alert_feed(&rules->watch[i], i, tick->stamp_s,
			derive(rules, &rules->input[i], tick), changes);

		for (size_t k = 0; k < count && r == 0; k++)
			r = keep_change(recorder->alerts, rules, &changes[k]);
	}
	memset(rules->memory.problem, 0, sizeof(rules->memory.problem));
	return r < 0 ? err_oom_for(err, "alerts") : 0;
}

/* "kind\ttext": some kinds are a problem of the collector's own. */
static void judge_event(struct workload_rules *rules, const struct record *event)
{
	static const struct {
		enum ring_event_kind kind;
		enum problem problem;
	} problems[] = {
		{ RING_EVENT_CLOCK_JUMP, PROBLEM_CLOCK },
		{ RING_EVENT_DROPPED, PROBLEM_DROPPED },
	};

	if (event->flags == (unsigned)rules->memory.event_ring &&
		(int64_t)event->number <= rules->memory.event_number)
		return; /* staged twice */
	rules->memory.event_ring = event->flags;
	rules->memory.event_number = (int64_t)event->number;
	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		const char *name = ring_event_kind_name(problems[i].kind);
		size_t length = strlen(name);

		if (event->length > length && memcmp(event->text, name, length) == 0 &&
			event->text[length] == '\t')
			rules->memory.problem[problems[i].problem] += 1;
	}
}

static struct workload_rules *rules_find(
	const struct recorder_alerts *alerts, uint64_t subject)
{
	for (size_t i = 0; i < alerts->rules_count; i++)
		if (alerts->rules[i]->subject == subject)
			return alerts->rules[i];
	return NULL;
}

static int judge_record(struct recorder *recorder, struct workload_rules *rules,
	const struct record *record, struct err *err)
{
	rules->is_touched = true;
	if (record->kind == RECORD_TICK)
		return judge_tick(recorder, rules, record, err);
	judge_event(rules, record);
	return 0;
}

static int judge_frame(
	struct recorder *recorder, const struct staging_frame *frame, struct err *err)
{
	struct workload_rules *rules = NULL;
	const unsigned char *bytes;
	struct record_state state;
	struct record record;
	size_t size = 0, used = 0;
	int r = staging_load(recorder->staging, frame, &bytes, &size, err);

	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	record_state_init(&state);
	while ((r = record_unpack(&state, bytes, size, &used, &record, err)) > 0) {
		if (!rules || rules->subject != record.subject.id)
			rules = rules_find(recorder->alerts, record.subject.id);
		/* a workload that was refused has no rules */
		if (!rules || frame->number <= rules->number)
			continue;
		r = judge_record(recorder, rules, &record, err);
		if (r < 0)
			break;
	}
	record_state_done(&state);
	return r == -EBADMSG ? 0 : r;
}

static void look_at_disk(struct recorder *recorder)
{
	double full = (double)recorder->settings.alert_disk_percent.number / 100;
	struct statvfs disk;

	recorder->alerts->is_disk_full = false;
	if (full <= 0 || statvfs(recorder->settings.data.text, &disk) < 0 ||
		disk.f_blocks == 0)
		return;
	recorder->alerts->is_disk_full =
		(double)disk.f_bavail < (1 - full) * (double)disk.f_blocks;
}

/* ---- judged, then kept, then released --------------------------------------------------- */

/* Every frame that staging has.  -EAGAIN: not yet, the limits are not known. */
static int judge_frames(struct recorder *recorder, struct err *err)
{
	struct recorder_alerts *alerts = recorder->alerts;
	const struct staging_frame *frame;

	look_at_disk(recorder);
	while ((frame = staging_next(recorder->staging, alerts->number)) != NULL) {
		const struct staging_frame copy = *frame; /* the index may move */
		int r = judge_frame(recorder, &copy, err);

		if (r < 0)
			return r;
		alerts->number = copy.number;
		for (size_t i = 0; i < alerts->rules_count; i++)
			alerts->rules[i]->number = copy.number;
	}
	return 0;
}

int recorder_alerts_enter(
	struct recorder *recorder, struct store *store, struct err *err)
{
	return recorder->alerts ? alerts_load(recorder, store, err) : 0;
}

int recorder_alerts_save(
	struct recorder *recorder, struct store *store, struct err *err)
{
	int r;

	if (!recorder->alerts || !recorder->are_limits_known)
		return 0;
	r = alerts_load(recorder, store, err);
	if (r == 0)
		r = judge_frames(recorder, err);
	return r == 0 ? alerts_keep(recorder, store, err) : r;
}

static void rules_settle(
	struct recorder_alerts *alerts, struct workload_rules *rules, bool is_committed)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (!is_committed)
			rules->watch[i].alert_id = rules->alert_id_before[i];
		rules->alert_id_before[i] = rules->watch[i].alert_id;
		if (rules->watch[i].alert_id)
			alerts->has_open = true;
	}
	if (is_committed)
		rules->is_touched = false;
}

void recorder_alerts_saved(struct recorder *recorder, bool is_committed)
{
	struct recorder_alerts *alerts = recorder->alerts;

	if (!alerts || !alerts->is_loaded)
		return;
	if (is_committed) {
		for (size_t i = 0; i < alerts->rules_count; i++)
			rules_settle(alerts, alerts->rules[i], true);
		alerts->has_deliveries =
			alerts->has_deliveries || alerts->pending_count > 0;
		alerts->pending_count = 0;
		alerts->kept = alerts->number;
		return;
	}
	for (size_t i = 0; i < alerts->rules_count; i++)
		rules_settle(alerts, alerts->rules[i], false);
}

uint64_t recorder_alerts_kept(const struct recorder *recorder)
{
	/* where there are no rules nothing waits for them */
	return recorder->alerts ? recorder->alerts->kept : UINT64_MAX;
}

static int alerts_keep_now(
	struct recorder *recorder, struct store *store, struct err *err)
{
	int r = store_begin(store, LOCK_WAIT_MS, err);

	if (r < 0)
		return r;
	r = alerts_keep(recorder, store, err);
	if (r == 0)
		r = recorder_commit(store, err);
	else
		store_rollback(store);
	recorder_alerts_saved(recorder, r == 0);
	return r;
}

int recorder_alerts_judge(struct recorder *recorder, struct err *err)
{
	struct recorder_alerts *alerts = recorder->alerts;
	struct store *store = NULL;
	int r = 0;

	if (!alerts || !recorder->staging || recorder->workload_id == 0 ||
		recorder->has_unentered || !recorder->are_limits_known)
		return 0;
	if (!alerts_are_loaded(recorder)) {
		r = recorder_open_store(recorder, &store, err);
		if (r == 0)
			r = alerts_load(recorder, store, err);
	}
	if (r == 0)
		r = judge_frames(recorder, err);
	if (r == 0 && alerts->pending_count > 0) {
		if (!store)
			r = recorder_open_store(recorder, &store, err);
		if (r == 0)
			r = alerts_keep_now(recorder, store, err);
	}
	store_close(store);
	return r;
}
