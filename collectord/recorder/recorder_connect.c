/* Ring and staging: found, made, set aside, made larger. */
#include "collectord/recorder/recorder_connect.h"

#include "collectord/link/footprint.h"
#include "collectord/link/remote_hosts.h"
#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_folder.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/recorder/recorder_subject.h"
#include "collectord/recorder/recorder_trouble.h"
#include "store/dir/data_dir.h"
#include "store/history.h"
#include "common/clock.h"
#include "common/hex.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	UNREADABLE_TRIES = 8,
	LAYOUTS_MOST = 64, /* kept beside staging before old ones go */
	HOST_VALUES = 64,  /* of a host of which nothing is known yet */
};

/* The ring of one producer, where it is not open, or a wider one is in its place. */
static void ring_connect(
	struct recorder *recorder, const char *name, struct ring **ring)
{
	unsigned char store_id[16];
	char path[RECORDER_PATH_BYTES];
	struct err err = ERR_INIT;
	int r;

	if (*ring && !ring_is_superseded(*ring))
		return;
	ring_close(*ring);
	*ring = NULL;
	if (recorder->is_one_shot)
		return;
	hex_read(recorder->settings.store_id, store_id, sizeof(store_id));
	snprintf(path, sizeof(path), "%s/%s", recorder->settings.runtime, name);
	r = ring_open(path, store_id, ring, &err);
	if (r < 0 && r != -ENOENT)
		log_warning(&recorder->log, "%s", err.text);
}

/* A file that cannot be used is kept for whoever wants to look. */
static void staging_set_aside(struct recorder *recorder, const struct err *why)
{
	const char *data = recorder->settings.data.text;
	char from[RECORDER_PATH_BYTES], to[RECORDER_PATH_BYTES];

	if (data_path(data, DATA_STAGING, from, NULL) < 0 ||
		data_path(data, DATA_STAGING_DAMAGED, to, NULL) < 0)
		return;
	log_error(
		&recorder->log, "%s; it is moved to %s and begun anew", why->text, to);
	if (rename(from, to) < 0)
		log_error(&recorder->log, "%s: %s", from, strerror(errno));
}

/* For those that may come: it is best as large as it has to be before the first tick. */
static void look_at_hosts(struct recorder *recorder)
{
	unsigned batch_s = (unsigned)recorder->settings.batch_interval.number;
	struct remote_hosts hosts = { .count = 0 };
	struct err err = ERR_INIT;

	recorder->hosts_load = (struct staging_load){ .ticks = 0 };
	if (remote_hosts_load(recorder->settings.runtime, &hosts, &err) < 0)
		log_warning(&recorder->log, "%s", err.text);
	for (size_t i = 0; i < hosts.count; i++)
		staging_load_add(&recorder->hosts_load, HOST_VALUES,
			hosts.host[i].interval_s, batch_s);
	remote_hosts_done(&hosts);
}

/* Two batches of all who are sampled must fit. */
static uint64_t staging_wanted(const struct recorder *recorder)
{
	unsigned batch_s = (unsigned)recorder->settings.batch_interval.number;
	struct staging_load met = { .ticks = 0 };

	for (size_t i = 0; i < recorder->subject_count; i++) {
		const struct recorder_subject *of = recorder->subject[i];

		if (of->values)
			staging_load_add(&met, of->values, of->subject.step_s, batch_s);
	}
	if (met.bytes < recorder->hosts_load.bytes)
		met = recorder->hosts_load;
	staging_load_add(
		&met, recorder->values_most, recorder_step_s(recorder), batch_s);
	return staging_size_for(&met, batch_s);
}

static int staging_make(struct recorder *recorder, uint64_t first_number,
	int64_t last_stamp_s, struct err *err)
{
	struct staging_identity identity;
	uint64_t bytes = staging_wanted(recorder);
	uint64_t saved = 0;
	int r = recorder_folder_check(recorder, err);

	if (r < 0)
		return r;
	recorder_identity(recorder, &identity);
	if (recorder->staging)
		memcpy(identity.folder, staging_identity(recorder->staging)->folder,
			sizeof(identity.folder));
	/* numbers go on behind what the saved headers and the database know */
	r = store_saved_batch(recorder->settings.data.text, &saved, err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (first_number <= saved)
		first_number = saved + 1;
	if (first_number <= recorder->recorded)
		first_number = recorder->recorded + 1;
	return staging_create(recorder->settings.data.text, &identity, bytes,
		first_number, last_stamp_s, err);
}

/* Made for another step: begun anew when nothing was ever in it, else refused. */
static int staging_other_step(struct recorder *recorder, struct err *err)
{
	unsigned step_s = staging_identity(recorder->staging)->step_s;
	struct staging_status status;
	int r;

	staging_get_status(recorder->staging, &status);
	staging_close(recorder->staging);
	recorder->staging = NULL;
	if (status.last_stamp_s > 0) {
		recorder->has_other_step = true;
		return err_set(err, -EEXIST,
			"the store was sampled at %u s, the setting interval says %u s",
			step_s, recorder_step_s(recorder));
	}
	r = staging_make(recorder, status.newest + 1, 0, err);
	if (r == 0)
		r = staging_open(recorder->settings.data.text, STAGING_WRITE,
			&recorder->staging, err);
	return r;
}

/* A disk that does not give some blocks may give them a little later; when it does not,
 * the rest is used. */
static int staging_check_readable(struct recorder *recorder, struct err *err)
{
	struct staging_status status;

	staging_get_status(recorder->staging, &status);
	if (!status.unreadable || recorder->unreadable_tries++ >= UNREADABLE_TRIES)
		return 0;
	staging_close(recorder->staging);
	recorder->staging = NULL;
	return err_set(err, -EIO, "%llu blocks of staging cannot be read",
		(unsigned long long)status.unreadable);
}

static int staging_connect(struct recorder *recorder, struct err *err)
{
	const char *data = recorder->settings.data.text;
	int r = staging_open(data, STAGING_WRITE, &recorder->staging, err);

	if (r == -EBADMSG)
		staging_set_aside(recorder, err);
	if ((r == -ENOENT || r == -EBADMSG) && !recorder->is_one_shot) {
		r = staging_make(recorder, 1, 0, err);
		if (r == 0)
			r = staging_open(data, STAGING_WRITE, &recorder->staging, err);
	}
	if (r < 0)
		return r;
	r = staging_check_readable(recorder, err);
	if (r < 0)
		return r;
	if (!recorder->is_one_shot &&
		staging_identity(recorder->staging)->step_s !=
			recorder_step_s(recorder))
		return staging_other_step(recorder, err);
	return 0;
}

/* Without them staging is not used: what it holds of other machines would be passed over as of
 * nobody, and neither be recorded nor judged.  A disk that does not give one is asked again,
 * for a while. */
static int subjects_connect(struct recorder *recorder, struct err *err)
{
	int r = recorder_subjects_open(
		recorder, recorder->subject_tries < UNREADABLE_TRIES, err);

	if (r < 0) {
		recorder->subject_tries++;
		staging_close(recorder->staging);
		recorder->staging = NULL;
	}
	return r;
}

/* More hosts, adapters or disks than the ring was made for.  Nothing is in it. */
static void staging_grow(struct recorder *recorder, const struct staging_status *status)
{
	uint64_t wanted = staging_wanted(recorder);
	struct staging *grown = NULL;
	struct err err = ERR_INIT;
	int r;

	if (wanted <= status->bytes + STAGING_HEADS_BYTES)
		return;
	r = staging_make(recorder, status->newest + 1, status->last_stamp_s, &err);
	if (r == 0)
		r = staging_open(
			recorder->settings.data.text, STAGING_WRITE, &grown, &err);
	if (r < 0) {
		log_warning(&recorder->log, "%s; it stays as it is", err.text);
		return;
	}
	staging_close(recorder->staging);
	recorder->staging = grown;
	staging_release(recorder->staging, recorder->recorded); /* all of them are */
}

/* Nothing of it is still on its way. */
static bool staging_rests(
	const struct recorder *recorder, const struct staging_status *status)
{
	return !recorder->is_one_shot && status->newest == status->mark &&
		recorder->recorded >= status->mark &&
		recorder_alerts_kept(recorder) >= status->newest;
}

void recorder_connect(struct recorder *recorder)
{
	struct err err = ERR_INIT;
	struct staging_status status;
	int r = 0;

	ring_connect(recorder, "ring", &recorder->ring);
	ring_connect(recorder, RECORDER_POLLER_FOLDER "/ring", &recorder->poller_ring);
	if (!recorder->ring && !recorder->is_one_shot)
		return;
	if (recorder->ring &&
		ring_value_capacity(recorder->ring) > recorder->values_most)
		recorder->values_most = ring_value_capacity(recorder->ring);
	if (!recorder->staging &&
		clock_monotonic_ms() >= recorder->staging_trouble.retry_ms) {
		if (!recorder->is_one_shot)
			look_at_hosts(recorder);
		r = staging_connect(recorder, &err);
		if (r == 0)
			r = subjects_connect(recorder, &err);
		if (r < 0)
			recorder_failed(
				recorder, &recorder->staging_trouble, "staging", &err);
		else
			recorder_succeeded(recorder, &recorder->staging_trouble);
		/* ticks are staged whatever the database says; the batch asks again */
		if (r == 0 && recorder->workload_id == 0)
			r = recorder_enter(recorder, &err);
		if (r == -EEXIST)
			recorder->has_other_step = true;
		if (r == 0) {
			staging_get_status(recorder->staging, &status);
			if (staging_rests(recorder, &status))
				staging_grow(recorder, &status);
		}
	}
	if (recorder->ring && recorder->staging) {
		staging_get_status(recorder->staging, &status);
		ring_set_gauge(recorder->ring, RING_STORE_LAST_S, status.last_stamp_s);
		ring_set_gauge(recorder->ring, RING_STORE_READY, 1);
	}
}

/* ---- after a batch --------------------------------------------------------------- */

/* Layouts that nothing in staging uses any more, once there are many. */
static void layouts_tidy(const struct recorder *recorder)
{
	char folder[RECORDER_PATH_BYTES], name[LAYOUT_FILE_NAME_BYTES];
	struct dirent *entry;
	unsigned count = 0;
	DIR *dir;

	if (data_path(recorder->settings.data.text, DATA_LAYOUTS, folder, NULL) < 0)
		return;
	dir = opendir(folder);
	if (!dir)
		return;
	while (readdir(dir) != NULL)
		count++;
	rewinddir(dir);
	while (count > LAYOUTS_MOST + recorder->subject_count &&
		(entry = readdir(dir)) != NULL) {
		bool is_known = entry->d_name[0] == '.';

		for (size_t i = 0; i < RECORDER_KNOWN_LAYOUTS && !is_known; i++) {
			layout_file_name(recorder->known_layout[i], name);
			is_known = strcmp(entry->d_name, name) == 0;
		}
		for (size_t i = 0; i < recorder->subject_count && !is_known; i++) {
			layout_file_name(recorder->subject[i]->kept_layout, name);
			is_known = strcmp(entry->d_name, name) == 0;
		}
		if (!is_known)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}

void recorder_tidy(struct recorder *recorder)
{
	struct staging_status status;

	staging_get_status(recorder->staging, &status);
	if (!staging_rests(recorder, &status))
		return;
	layouts_tidy(recorder);
	staging_grow(recorder, &status);
	/* also where ticks come so fast that it never rests: free memory would be in pieces */
	footprint_shrink();
}
