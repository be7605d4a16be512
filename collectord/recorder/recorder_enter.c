/* The workloads in the database, and what the database keeps for the recorder. */
#include "collectord/recorder/recorder_enter.h"

#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_db.h"
#include "collectord/recorder/recorder_health.h"
#include "collectord/recorder/recorder_identity.h"
#include "store/db/workloads.h"
#include "store/dir/data_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOCK_WAIT_MS = 20 }; /* staging goes on meanwhile: asked again soon */

const char recorder_recorded_key[] = "recorder.recorded";

/* ---- the workload ------------------------------------------------------------------ */

/* The workload that this daemon has filled so far, whatever it is called by now. */
int recorder_workload_of(struct store *store, const char *folder,
	struct workload *ret_workload, struct err *err)
{
	struct workload found = { .id = 0 };
	int r = store_workload_by_folder(store, folder, &found, err);
	struct workload kept = found;

	workload_done(&found);
	kept.name = NULL; /* not asked for */
	kept.folder = NULL;
	if (r == 0 && kept.origin != ORIGIN_SAMPLED)
		return -ENOENT;
	if (r == 0)
		*ret_workload = kept;
	return r;
}

/*
 * Staging says which folder is filled.  Where it is a new one, the database says it: the
 * number of the workload and the name that the settings had, since an administrator may
 * call it by another name, and a second history must not begin for that.
 */
static const char fills_key[] = "recorder.fills";

int recorder_fills_leave(
	struct store *store, int64_t workload_id, const char *name, struct err *err)
{
	char text[192];
	char *before = NULL;
	int r;

	snprintf(text, sizeof(text), "%lld %.127s", (long long)workload_id, name);
	r = store_meta_get(store, fills_key, &before, err);
	if (r == 0 && (!before || strcmp(before, text) != 0))
		r = store_meta_set(store, fills_key, text, err);
	free(before);
	return r;
}

/* The folder of the workload that was filled under that name; -ENOENT. */
static int fills_find(struct store *store, const char *name,
	struct staging_identity *ret_identity, struct err *err)
{
	struct workload_list list = { .count = 0 };
	char *text = NULL, *end = NULL;
	int r = store_meta_get(store, fills_key, &text, err);
	long long id = text ? strtoll(text, &end, 10) : 0;
	bool is_it = end && *end == ' ' && strcmp(end + 1, name) == 0;

	free(text);
	if (r < 0)
		return r;
	if (!is_it)
		return -ENOENT;
	r = store_workloads(store, &list, err);
	if (r < 0)
		return r;
	r = -ENOENT;
	for (size_t i = 0; i < list.count && r == -ENOENT; i++) {
		if (list.workload[i].id != id)
			continue;
		snprintf(ret_identity->folder, sizeof(ret_identity->folder), "%s",
			list.workload[i].folder);
		r = 0;
	}
	workload_list_done(&list);
	return r;
}

static int workload_enter(struct recorder *recorder, struct store *store,
	struct staging_identity *identity, struct err *err)
{
	const struct staging_identity *before = staging_identity(recorder->staging);
	struct workload workload = { .id = 0 };
	int r = -ENOENT;

	if (before->folder[0] && strcmp(before->name, identity->name) == 0) {
		memcpy(identity->folder, before->folder, sizeof(identity->folder));
		r = 0;
	} else {
		r = fills_find(store, identity->name, identity, err);
	}
	if (r == 0)
		r = recorder_workload_of(store, identity->folder, &workload, err);
	if (r == 0) {
		if (workload.step_s != recorder_step_s(recorder))
			return err_set(err, -EEXIST,
				"the store was sampled at %u s, the setting interval "
				"says %u s",
				workload.step_s, recorder_step_s(recorder));
	} else if (r == -ENOENT) {
		r = store_workload_ensure(store, identity->name, ORIGIN_SAMPLED,
			recorder_step_s(recorder), 0, &workload, err);
		if (r < 0)
			return r;
		snprintf(identity->folder, sizeof(identity->folder), "%s",
			workload.folder);
	}
	if (r == 0)
		r = recorder_fills_leave(store, workload.id, identity->name, err);
	if (r == 0)
		recorder->workload_id = workload.id;
	workload_done(&workload);
	return r;
}

/* ---- limits: as the daemon has them, for who drains staging where none runs --------- */

enum {
	LIMIT_MEMORY,
	LIMIT_OVERHEAD,
	LIMIT_CORE,
	LIMIT_DISK,
	LIMIT_SATURATION,
	LIMIT_CELSIUS,
	LIMIT_WEBHOOK,
	LIMIT_MAIL,
	LIMIT_COUNT
};
static const char limits_key[] = "recorder.limits";

static int limits_leave(struct recorder *recorder, struct store *store, struct err *err)
{
	const struct settings *settings = &recorder->settings;
	const int64_t limits[LIMIT_COUNT] = {
		[LIMIT_MEMORY] = settings->alert_memory_limit_bytes.number,
		[LIMIT_OVERHEAD] = settings->alert_memory_overhead_mb.number,
		[LIMIT_CORE] = settings->alert_core_mhz.number,
		[LIMIT_DISK] = settings->alert_disk_percent.number,
		[LIMIT_SATURATION] = settings->alert_saturation_percent.number,
		[LIMIT_CELSIUS] = settings->alert_celsius.number,
		[LIMIT_WEBHOOK] = *settings->alert_webhook.text != '\0',
		[LIMIT_MAIL] = *settings->alert_mail_to.text != '\0',
	};

	recorder->are_limits_known = true;
	recorder->has_webhook = limits[LIMIT_WEBHOOK];
	recorder->has_mail = limits[LIMIT_MAIL];
	return recorder_meta_set_numbers(store, limits_key, limits, LIMIT_COUNT, err);
}

static int limits_find(struct recorder *recorder, struct store *store, struct err *err)
{
	struct settings *settings = &recorder->settings;
	int64_t limits[LIMIT_COUNT] = { 0 };
	size_t found = 0;
	int r = recorder_meta_numbers(
		store, limits_key, limits, LIMIT_COUNT, &found, err);

	if (r < 0 || found != LIMIT_COUNT)
		return r;
	settings->alert_memory_limit_bytes.number = limits[LIMIT_MEMORY];
	settings->alert_memory_overhead_mb.number = limits[LIMIT_OVERHEAD];
	settings->alert_core_mhz.number = limits[LIMIT_CORE];
	settings->alert_disk_percent.number = limits[LIMIT_DISK];
	settings->alert_saturation_percent.number = limits[LIMIT_SATURATION];
	settings->alert_celsius.number = limits[LIMIT_CELSIUS];
	recorder->has_webhook = limits[LIMIT_WEBHOOK];
	recorder->has_mail = limits[LIMIT_MAIL];
	recorder->are_limits_known = true;
	return 0;
}

/* A frame may be overwritten once it is in the database and judged. */
void recorder_release_frames(struct recorder *recorder)
{
	uint64_t kept = recorder_alerts_kept(recorder);

	staging_release(recorder->staging,
		kept < recorder->recorded ? kept : recorder->recorded);
}

/* ---- the other workloads ---------------------------------------------------------- */

/* In the database, under a name that is free or was ours with that step. */
static int subject_enter(struct store *store, int64_t own_id,
	struct recorder_subject *of, struct err *err)
{
	struct workload workload = { .id = 0 };
	int r = -ENOENT;

	if (of->subject.folder[0])
		r = recorder_workload_of(store, of->subject.folder, &workload, err);
	if (r == -ENOENT) {
		r = store_workload_ensure(store, of->subject.name, ORIGIN_SAMPLED,
			of->subject.step_s, 0, &workload, err);
		if (r == 0 && workload.origin != ORIGIN_SAMPLED)
			r = err_set(err, -EEXIST,
				"the store has a workload %.60s that was not sampled",
				of->subject.name);
		if (r == 0 && workload.id == own_id)
			r = err_set(err, -EEXIST, "%.60s is this machine itself",
				of->subject.name);
		if (r == 0)
			snprintf(of->subject.folder, sizeof(of->subject.folder), "%s",
				workload.folder);
	}
	if (r == 0) {
		of->workload_id = workload.id;
		of->recorded_s = workload.last;
	}
	workload_done(&workload);
	return r;
}

/* All of them; beside staging stands their folder, which is how the writer knows it. */
static int subjects_enter(
	struct recorder *recorder, struct store *store, struct err *err)
{
	char folder[DATA_PATH_BYTES];
	int r = data_path(recorder->settings.data.text, DATA_SUBJECTS, folder, err);

	for (size_t i = 0; i < recorder->subject_count && r == 0; i++) {
		struct recorder_subject *of = recorder->subject[i];
		struct subject before = of->subject;

		if (of->workload_id || of->is_refused)
			continue;
		r = subject_enter(store, recorder->workload_id, of, err);
		of->is_refused = of->subject.is_refused = r == -EEXIST;
		if (of->is_refused) {
			log_error(&recorder->log, "%s; it is not stored", err->text);
			recorder->refused_count++;
			of->subject.folder[0] = '\0';
			r = 0;
		}
		if (r == 0 &&
			(before.is_refused != of->is_refused ||
				strcmp(before.folder, of->subject.folder) != 0))
			r = subject_save(&of->subject, folder, true, err);
	}
	return r;
}

static int enter_in(struct recorder *recorder, struct store *store, struct err *err)
{
	int64_t recorded[RECORDED_COUNT] = { 0 };
	struct staging_identity identity;
	size_t found = 0;
	int r;

	recorder_identity(recorder, &identity);
	r = workload_enter(recorder, store, &identity, err);
	if (r == 0)
		r = recorder_meta_numbers(store, recorder_recorded_key, recorded,
			RECORDED_COUNT, &found, err);
	if (r == 0)
		r = recorder->is_one_shot ? limits_find(recorder, store, err)
					  : limits_leave(recorder, store, err);
	if (r == 0)
		r = subjects_enter(recorder, store, err);
	if (r == 0)
		r = recorder_alerts_enter(recorder, store, err);
	if (r < 0)
		return r;
	recorder->recorded = (uint64_t)recorded[RECORDED_NUMBER];
	recorder->is_recorded_known = true;
	recorder_release_frames(recorder);
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): padding is zero in both */
	if (memcmp(&identity, staging_identity(recorder->staging), sizeof(identity)) ==
		0)
		return 0;
	return staging_set_identity(recorder->staging, &identity, err);
}

void recorder_enter_again(struct recorder *recorder)
{
	recorder->workload_id = 0;
	recorder->noted_layout = 0; /* the database may be a new one */
	for (size_t i = 0; i < recorder->subject_count; i++) {
		recorder->subject[i]->workload_id = 0;
		recorder->subject[i]->noted_layout = 0;
	}
	recorder->has_unentered = recorder->subject_count > 0;
}

int recorder_enter(struct recorder *recorder, struct err *err)
{
	struct store *store = NULL;
	int r = recorder_open_store(recorder, &store, err);

	if (r < 0)
		return r;
	r = store_begin(store, LOCK_WAIT_MS, err);
	if (r == 0) {
		if (store_notice(store)[0])
			log_warning(&recorder->log, "%s", store_notice(store));
		r = enter_in(recorder, store, err);
		if (r == 0)
			r = recorder_commit(store, err);
		else
			store_rollback(store);
	}
	if (r < 0) {
		recorder_enter_again(recorder);
	} else {
		recorder->has_unentered = false;
	}
	store_close(store);
	return r;
}
