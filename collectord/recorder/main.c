/*
 * collectord-recorder: takes the ticks from the ring and sees that they are stored.
 *
 *	collectord-recorder --runtime DIR   started by collectord
 *	collectord-recorder --drain DIR     no daemon runs: stores what DIR/staging holds
 *	collectord-recorder --begin-anew DIR
 *	                                    the same, and then a new history begins
 */
#include "collectord/link/footprint.h"
#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_folder.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_renew.h"
#include "collectord/recorder/recorder_socket.h"
#include "collectord/recorder/recorder_subject.h"
#include "collectord/recorder/recorder_turn.h"
#include "common/clock.h"
#include "common/hex.h"
#include "common/util.h"
#include "store/dir/data_dir.h"
#include "store/dir/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	DRAIN_DEADLINE_MS = 14000, /* of the 15 s that the end may take */
	LOCK_WAIT_MS = 20000,      /* for a recorder that is still draining */
	SHRINK_WAIT_MS = 10000,    /* a shorter sleep is not worth it */
	EXIT_INCOMPLETE = 75,      /* as EX_TEMPFAIL */
};

static volatile sig_atomic_t is_asked_to_end;
static volatile sig_atomic_t is_asked_to_reload;
static volatile sig_atomic_t is_asked_to_take;

static void recorder_on_signal(int number)
{
	if (number == SIGTERM || number == SIGINT)
		is_asked_to_end = 1;
	if (number == SIGHUP)
		is_asked_to_reload = 1;
	if (number == SIGUSR1) /* the sampler: half of the ring waits */
		is_asked_to_take = 1;
}

static void signals_prepare(sigset_t *ret_asleep)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1 };
	struct sigaction action = { .sa_handler = recorder_on_signal };
	sigset_t awake;

	sigemptyset(&awake);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		sigaction(numbers[i], &action, NULL);
		sigaddset(&awake, numbers[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	/* handled only while asleep, so that none comes between a test and the sleep */
	sigprocmask(SIG_BLOCK, &awake, ret_asleep);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		sigdelset(ret_asleep, numbers[i]);
}

/* One recorder at a time; a killed sampler's may still be draining. */
static int lock_recorder(struct recorder *recorder, int wait_ms, struct err *err)
{
	char path[DATA_PATH_BYTES];
	int64_t until_ms = clock_monotonic_ms() + wait_ms;

	if (data_path(recorder->settings.data.text, DATA_RECORDER_LOCK, path, err) < 0)
		return -ENAMETOOLONG;
	recorder->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (recorder->lock_fd < 0)
		return err_errno(err, "%s", path);
	while (flock(recorder->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		const struct timespec pause = { .tv_nsec = 50 * 1000000L };

		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, "%s", path);
		if (clock_monotonic_ms() >= until_ms)
			return err_set(err, -EBUSY, "%s: another recorder is at work",
				recorder->settings.data.text);
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

/* ---- the loop ------------------------------------------------------------------------- */

static void recorder_reload(struct recorder *recorder)
{
	struct settings settings;
	struct err err = ERR_INIT;

	is_asked_to_reload = 0;
	if (settings_load(recorder->settings.runtime, &settings, &err) < 0) {
		log_warning(
			&recorder->log, "%s; the settings stay as they were", err.text);
		return;
	}
	/* what decides where and in which steps is stored needs a restart */
	settings.data = recorder->settings.data;
	settings.interval = recorder->settings.interval;
	settings.name = recorder->settings.name;
	recorder->settings = settings;
	recorder->workload_id = 0; /* entered anew: the retention may be another */
}

/* SQLite and what it brought in are let go: they are not used again for a while. */
static void recorder_stay_small(struct recorder *recorder, int64_t wait_ms)
{
	if (!recorder->has_db_memory || recorder->child.pid || wait_ms < SHRINK_WAIT_MS)
		return;
	footprint_shrink();
	recorder->has_db_memory = false;
}

/* ppoll lets no signal in while a descriptor is ready: one that always is would make us
 * deaf to the end. */
static void hear_signals(const sigset_t *asleep)
{
	const struct timespec none = { .tv_sec = 0 };

	(void)ppoll(NULL, 0, &none, asleep);
}

/* Nothing is called safe that was not read back under its name. */
static void tell_what_is_left(struct recorder *recorder)
{
	struct err err = ERR_INIT;
	int r = recorder->staging ? recorder_folder_check(recorder, &err)
				  : err_set(&err, -ENOENT, "there is no staging");

	if (r == 0 && !recorder->child.pid)
		r = staging_keep(recorder->staging, recorder->settings.data.text, &err);
	if (r == 0)
		r = staging_pending_check(recorder->staging, &err);
	if (r == 0)
		log_warning(&recorder->log,
			"not all is in the RRD files; the rest was read back from staging "
			"and goes there at the next start");
	else
		log_error(&recorder->log,
			"not all is in the RRD files, and of the rest some cannot be read: "
			"%s",
			err.text);
}

/* Signals are heard while it sleeps alone (ppoll), so that none falls between a look
 * at its flag and the sleep.  Once asked to end it has a deadline: what is not in the
 * RRD files by then is safe in staging. */
static int recorder_loop(struct recorder *recorder, const sigset_t *asleep)
{
	int64_t end_ms = 0;

	for (;;) {
		struct pollfd set[1 + RECORDER_CLIENTS];
		int64_t now_ms = clock_monotonic_ms();
		struct timespec timeout;
		int64_t wait_ms;
		size_t count;

		if (is_asked_to_end && !recorder->is_draining) {
			recorder->is_draining = true;
			recorder->staging_trouble.retry_ms = 0;
			recorder->batch_trouble.retry_ms = 0;
			end_ms = now_ms + DRAIN_DEADLINE_MS;
		}
		if (is_asked_to_reload)
			recorder_reload(recorder);
		recorder_turn(recorder, now_ms, is_asked_to_take);
		is_asked_to_take = 0;
		if (recorder->has_other_step && !recorder->child.pid)
			return RECORDER_EXIT_OTHER_STEP;
		if (recorder->is_draining && recorder_is_drained(recorder))
			return EXIT_SUCCESS;
		if (recorder->is_draining && now_ms >= end_ms) {
			tell_what_is_left(recorder);
			return EXIT_INCOMPLETE;
		}
		now_ms = clock_monotonic_ms();
		wait_ms = recorder_wait_ms(recorder, now_ms);
		recorder_stay_small(recorder, wait_ms);
		timeout.tv_sec = wait_ms / 1000;
		timeout.tv_nsec = wait_ms % 1000 * 1000000;
		count = recorder_poll_set(recorder, set);
		if (ppoll(set, count, &timeout, asleep) > 0) {
			recorder_serve(recorder, set, count, clock_monotonic_ms());
			hear_signals(asleep);
		}
	}
}

/* ---- the two ways to be started --------------------------------------------------------- */

static int recorder_run(struct recorder *recorder, const char *runtime)
{
	struct err err = ERR_INIT;
	sigset_t asleep;
	int r;

	signals_prepare(&asleep);
	r = settings_load(runtime, &recorder->settings, &err);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (r == 0)
		r = recorder_folder_check(recorder, &err);
	if (r == 0)
		r = lock_recorder(recorder, LOCK_WAIT_MS, &err);
	if (r < 0) {
		log_error(&recorder->log, "%s", err.text);
		return EXIT_FAILURE;
	}
	recorder->wait_ms = RECORDER_WAIT_LEAST_MS;
	if (recorder_listen(recorder, &err) < 0)
		log_warning(&recorder->log, "%s; nobody can ask for a flush", err.text);
	return recorder_loop(recorder, &asleep);
}

/* Without a daemon: what matters is in the head of staging. */
static void settings_from(
	struct recorder *recorder, const struct staging_identity *identity)
{
	struct settings *settings = &recorder->settings;

	snprintf(
		settings->name.text, sizeof(settings->name.text), "%s", identity->name);
	settings->interval.number = identity->step_s;
	settings->keep_base.number = (int64_t)identity->rows.base_keep_s;
	settings->fine_step.number = identity->rows.fine_step_s;
	settings->keep_fine.number = (int64_t)identity->rows.fine_keep_s;
	settings->coarse_step.number = identity->rows.coarse_step_s;
	settings->keep_coarse.number = (int64_t)identity->rows.coarse_keep_s;
	hex_write(identity->store_id, sizeof(identity->store_id), settings->store_id);
}

static int recorder_drain(struct recorder *recorder, const char *data)
{
	char self[RECORDER_PATH_BYTES];
	struct err err = ERR_INIT;
	sigset_t asleep;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;
	int r;

	settings_init(&recorder->settings);
	snprintf(recorder->settings.data.text, sizeof(recorder->settings.data.text),
		"%s", data);
	self[length > 0 ? length : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	snprintf(recorder->settings.libexec, sizeof(recorder->settings.libexec),
		"%.511s", self);
	recorder->is_one_shot = true;
	signals_prepare(&asleep);
	r = lock_recorder(recorder, 0, &err);
	if (r == 0) {
		r = staging_open(data, STAGING_WRITE, &recorder->staging, &err);
		if (r == -ENOENT)
			return EXIT_SUCCESS;
	}
	if (r == 0) {
		settings_from(recorder, staging_identity(recorder->staging));
		r = recorder_subjects_open(recorder, true, &err);
		if (r == 0)
			r = recorder_enter(recorder, &err);
	}
	if (r < 0) {
		log_error(&recorder->log, "%s", err.text);
		return r == -EBUSY ? EXIT_INCOMPLETE : EXIT_FAILURE;
	}
	is_asked_to_end = 1;
	return recorder_loop(recorder, &asleep);
}

/* What is staged is stored first, with the stamps it has. */
static int recorder_begin_anew(struct recorder *recorder, const char *data)
{
	struct err err = ERR_INIT;
	int code = recorder_drain(recorder, data);

	if (code != EXIT_SUCCESS || !recorder->staging)
		return code;
	if (recorder_renew(recorder, &err) < 0) {
		log_error(&recorder->log, "%s", err.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

typedef int recorder_way(struct recorder *recorder, const char *dir);

/* NULL: there is no such word. */
static recorder_way *way_of(const char *word)
{
	if (strcmp(word, "--runtime") == 0)
		return recorder_run;
	if (strcmp(word, "--drain") == 0)
		return recorder_drain;
	return strcmp(word, "--begin-anew") == 0 ? recorder_begin_anew : NULL;
}

int main(int argc, char **argv)
{
	static struct recorder recorder; /* large, and there is one */
	recorder_way *way;
	int code;

	way = argc == 3 ? way_of(argv[1]) : NULL;
	if (!way) {
		fputs("usage: collectord-recorder --runtime DIR | --drain DIR | "
		      "--begin-anew DIR\n"
		      "Started by collectord, or by analyze where no daemon runs.\n",
			stderr);
		return 2;
	}
	(void)umask(027);
	recorder_init(&recorder);
	recorder.alerts = recorder_alerts_new();
	code = way(&recorder, argv[2]);
	recorder_hang_up(&recorder);
	recorder_alerts_free(recorder.alerts);
	ring_close(recorder.ring);
	ring_close(recorder.poller_ring);
	recorder_subjects_done(&recorder);
	staging_close(recorder.staging);
	return code;
}
