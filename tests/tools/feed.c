/*
 * Plays the sampler for the fault tests; feed_verify.c checks what was stored.
 *
 *	feed run DATA RUNTIME LIBEXEC key=value...
 *	    fills the ring with ticks whose values follow from their stamps, keeps a
 *	    recorder running, and prints each stamp once it is in the ring, and "a STAMP"
 *	    for the newest that the recorder has acknowledged; SIGTERM ends it in order
 *	    (the recorder drains), SIGKILL of the group at any moment
 *	      step=1 start=1700000000 rate=200 (ticks a second, 0: as fast as possible)
 *	      ticks=N (0: until SIGTERM) drop=0|1 (1: a full ring drops, as the sampler
 *	      does; 0: it is waited for) pad=N (more columns) lost=N (slots that a restart
 *	      costs) batch=10 stage=1 keep_base=1d keep_fine=7d keep_coarse=30d spare=0|1
 *	      (a second adapter comes after 300 ticks)
 *	      wave=SECONDS: memory is at 5 GB in the first quarter of each wave, else at
 *	      1 GB; the CPU is idle; alert_webhook= alert_mail_to= alert_smtp=
 */
#include "tests/tools/feed_values.h"

#include "collectord/link/tick_layout.h"
#include "collectord/link/ring.h"
#include "collectord/link/settings.h"
#include "common/util.h"
#include "store/dir/lock.h"
#include "store/store.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { PATH_BYTES = 4096, SPARE_AFTER = 300 };

struct feed {
	struct settings settings;
	struct ring *ring;
	struct layout layout, wide;
	unsigned step_s;
	int64_t start_s;
	double rate;
	uint64_t ticks;
	unsigned pad, lost;
	bool drops, has_spare;
	int64_t wave_s; /* 0: none */
	pid_t recorder;
	int64_t stamp_of[RING_SEATS]; /* by sequence, to name what is acknowledged */
	uint64_t told;                /* acknowledged up to here, and printed */
};

static volatile sig_atomic_t is_asked_to_end;

static void on_signal(int number)
{
	(void)number;
	is_asked_to_end = 1;
}

static void fail(const char *what, const struct err *err)
{
	fprintf(stderr, "feed: %s: %s\n", what, err->text);
	exit(1);
}

/* Column 2 is memory/used_bytes; the others say nothing that an alert would heed. */
static double wave_at(const struct feed *feed, int64_t stamp_s, unsigned column)
{
	if (column != 2)
		return column == 3 ? 16e9 : 0;
	return (stamp_s - 1) % feed->wave_s < feed->wave_s / 4 ? 5e9 : 1e9;
}

/* ---- the world that the sampler would make ------------------------------------------ */

static void layout_make(struct feed *feed, struct layout *layout, bool with_spare)
{
	struct err err = ERR_INIT;
	int r = 0;

	layout_init(layout, feed->step_s);
	for (unsigned i = 0; i < FEED_COLUMNS && r == 0; i++) {
		if (i == 0 ||
			strcmp(feed_columns[i].file, feed_columns[i - 1].file) != 0)
			r = layout_add_file(layout, feed_columns[i].file, &err);
		if (r == 0)
			r = layout_add_column(
				layout, feed_columns[i].source, LAYOUT_KEEP_MAX, &err);
	}
	if (r == 0 && feed->pad)
		r = layout_add_file(layout, "pressure", &err);
	for (unsigned i = 0; i < feed->pad && r == 0; i++) {
		char name[LAYOUT_COLUMN_BYTES];

		snprintf(name, sizeof(name), "pad%u", i % 1000);
		r = layout_add_column(
			layout, name, LAYOUT_KEEP_MAX | LAYOUT_KEEP_MIN, &err);
	}
	if (r == 0 && with_spare)
		r = layout_add_file(layout, "net-eth1", &err);
	if (r == 0 && with_spare)
		r = layout_add_column(layout, "received_bps", LAYOUT_KEEP_MAX, &err);
	if (r == 0)
		r = layout_seal(layout, &err);
	if (r == 0)
		r = layout_save(layout, feed->settings.runtime, &err);
	if (r < 0)
		fail("layout", &err);
}

static void set(struct feed *feed, const char *name, const char *text)
{
	struct err err = ERR_INIT;

	if (settings_set(&feed->settings, setting_find(name), text, &err) < 0)
		fail(name, &err);
}

static void prepare(struct feed *feed, int argc, char **argv)
{
	struct ring_config config = { .seat_count = RING_SEATS };
	char id[STORE_ID_SIZE], path[PATH_BYTES], step[16], note[160];
	struct err err = ERR_INIT;

	feed->step_s = (unsigned)atol(feed_option(argc, argv, "step", "1"));
	feed->start_s = atoll(feed_option(argc, argv, "start", "1700000000"));
	feed->rate = atof(feed_option(argc, argv, "rate", "200"));
	feed->ticks = (uint64_t)atoll(feed_option(argc, argv, "ticks", "0"));
	feed->drops = atoi(feed_option(argc, argv, "drop", "0"));
	feed->pad = (unsigned)atol(feed_option(argc, argv, "pad", "0"));
	feed->lost = (unsigned)atol(feed_option(argc, argv, "lost", "0"));
	feed->has_spare = atoi(feed_option(argc, argv, "spare", "0"));
	feed->wave_s = atoll(feed_option(argc, argv, "wave", "0"));
	settings_init(&feed->settings);
	set(feed, "data", argv[2]);
	set(feed, "name", "fed");
	snprintf(step, sizeof(step), "%us", feed->step_s);
	set(feed, "interval", step);
	set(feed, "batch_interval", feed_option(argc, argv, "batch", "10"));
	set(feed, "stage_interval", feed_option(argc, argv, "stage", "1"));
	set(feed, "keep_base", feed_option(argc, argv, "keep_base", "1d"));
	set(feed, "keep_fine", feed_option(argc, argv, "keep_fine", "7d"));
	set(feed, "keep_coarse", feed_option(argc, argv, "keep_coarse", "30d"));
	set(feed, "alert_webhook", feed_option(argc, argv, "alert_webhook", ""));
	set(feed, "alert_mail_to", feed_option(argc, argv, "alert_mail_to", ""));
	set(feed, "alert_smtp",
		feed_option(argc, argv, "alert_smtp", "smtp://127.0.0.1:25"));
	set(feed, "alert_resend", "5s");
	snprintf(feed->settings.runtime, SETTING_TEXT_BYTES, "%s", argv[3]);
	snprintf(feed->settings.libexec, SETTING_TEXT_BYTES, "%s", argv[4]);
	mkdir(argv[3], 0700);
	if (store_id_ensure(argv[2], id, &err) < 0)
		fail("store id", &err);
	snprintf(feed->settings.store_id, sizeof(feed->settings.store_id), "%s", id);
	if (settings_save(&feed->settings, &err) < 0)
		fail("settings", &err);
	layout_make(feed, &feed->layout, false);
	layout_make(feed, &feed->wide, true);
	for (unsigned i = 0; i < 16; i++) {
		unsigned byte = 0;

		(void)sscanf(id + 2 * i, "%2x", &byte);
		config.store_id[i] = (unsigned char)byte;
	}
	config.boot_id[0] = 0xb0;
	config.step_s = feed->step_s;
	config.value_count = (unsigned)feed->wide.column_count;
	snprintf(path, sizeof(path), "%s/ring", argv[3]);
	if (ring_create(path, &config, &feed->ring, note, &err) < 0)
		fail("ring", &err);
	if (note[0])
		fprintf(stderr, "feed: %s\n", note);
	ring_set_gauge(feed->ring, RING_STORE_READY, 0);
	ring_set_gauge(feed->ring, RING_SAMPLER_PID, getpid());
	ring_count(feed->ring, RING_COUNT_SAMPLER_STARTS, 1);
}

/* ---- the recorder ---------------------------------------------------------------------- */

/* As the sampler does: the end waits until the recorder can hear of it. */
static void recorder_start(struct feed *feed)
{
	char path[PATH_BYTES], runtime[SETTING_TEXT_BYTES];
	char name[] = "collectord-recorder", word[] = "--runtime";
	char *argv[] = { name, word, runtime, NULL };
	posix_spawnattr_t attributes;
	sigset_t mask;

	snprintf(path, sizeof(path), "%s/%s", feed->settings.libexec, name);
	snprintf(runtime, sizeof(runtime), "%s", feed->settings.runtime);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	feed->recorder = 0;
	if (posix_spawnattr_init(&attributes) != 0)
		return;
	posix_spawnattr_setsigmask(&attributes, &mask);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	if (posix_spawn(&feed->recorder, path, NULL, &attributes, argv, environ) != 0)
		feed->recorder = 0;
	posix_spawnattr_destroy(&attributes);
}

static void recorder_tend(struct feed *feed)
{
	int status = 0;

	if (feed->recorder && waitpid(feed->recorder, &status, WNOHANG) == 0)
		return;
	if (feed->recorder) {
		ring_count(feed->ring, RING_COUNT_RECORDER_RESTARTS, 1);
		if (WIFSIGNALED(status))
			fprintf(stderr, "feed: the recorder died of signal %d\n",
				WTERMSIG(status));
		else
			fprintf(stderr, "feed: the recorder ended with code %d\n",
				WEXITSTATUS(status));
	}
	recorder_start(feed);
}

static void pause_ms(long ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000 };

	(void)nanosleep(&pause, NULL);
}

/* ---- ticks ------------------------------------------------------------------------------- */

static bool publish(struct feed *feed, int64_t stamp_s, uint64_t tick, uint32_t flags)
{
	const struct layout *layout =
		feed->has_spare && tick >= SPARE_AFTER ? &feed->wide : &feed->layout;
	unsigned count = (unsigned)layout->column_count;
	struct ring_seat *seat;

	while ((seat = ring_reserve(feed->ring, count)) == NULL) {
		if (feed->drops) {
			ring_count(feed->ring, RING_COUNT_DROPPED, 1);
			return false;
		}
		if (is_asked_to_end)
			return false;
		pause_ms(5);
		recorder_tend(feed);
	}
	seat->layout_id = layout->id;
	seat->stamp_s = stamp_s;
	seat->boottime_ns = (stamp_s - feed->start_s + 1000) * INT64_C(1000000000);
	seat->boot_key = 0xb0;
	seat->step_s = feed->step_s;
	seat->flags = flags;
	for (unsigned i = 0; i < count; i++)
		seat->values[i] = feed->wave_s ? wave_at(feed, stamp_s, i)
					       : feed_value_at(stamp_s, i);
	ring_count(feed->ring, RING_COUNT_TICKS, 1);
	ring_set_gauge(feed->ring, RING_LAST_STAMP_S, stamp_s);
	ring_publish(feed->ring, false);
	feed->stamp_of[ring_head(feed->ring) % RING_SEATS] = stamp_s;
	printf("%" PRId64 "\n", stamp_s);
	fflush(stdout);
	return true;
}

static void tell_acknowledged(struct feed *feed)
{
	uint64_t acknowledged = ring_acknowledged(feed->ring);
	int64_t stamp_s = feed->stamp_of[acknowledged % RING_SEATS];

	if (acknowledged == feed->told || stamp_s == 0)
		return;
	feed->told = acknowledged;
	printf("a %" PRId64 "\n", stamp_s);
	fflush(stdout);
}

static void stop_recorder(struct feed *feed)
{
	int status = 0;

	for (unsigned tries = 0; tries < 2; tries++) {
		recorder_tend(feed);
		kill(feed->recorder, SIGTERM);
		if (waitpid(feed->recorder, &status, 0) == feed->recorder &&
			WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return;
		feed->recorder = 0;
	}
	fprintf(stderr, "feed: the recorder ended with %x\n", (unsigned)status);
	exit(1);
}

static int run(int argc, char **argv)
{
	struct feed feed = { .ring = NULL };
	struct sigaction action = { .sa_handler = on_signal };
	uint32_t flags = RING_AFTER_START;
	int64_t stamp_s;

	sigaction(SIGTERM, &action, NULL);
	prepare(&feed, argc, argv);
	recorder_start(&feed);
	/* a new ring waits for the store to say where it ended */
	stamp_s = ring_gauge(feed.ring, RING_LAST_STAMP_S);
	while (stamp_s == 0 && !ring_gauge(feed.ring, RING_STORE_READY) &&
		!is_asked_to_end) {
		pause_ms(5);
		recorder_tend(&feed);
	}
	if (ring_gauge(feed.ring, RING_STORE_LAST_S) > stamp_s)
		stamp_s = ring_gauge(feed.ring, RING_STORE_LAST_S);
	if (stamp_s == 0)
		stamp_s = feed.start_s;
	else
		stamp_s += (int64_t)feed.lost * feed.step_s;
	for (uint64_t tick = 0; !is_asked_to_end && (!feed.ticks || tick < feed.ticks);
		tick++) {
		stamp_s += feed.step_s;
		if (publish(&feed, stamp_s, tick, flags))
			flags = 0;
		else
			flags |= RING_AFTER_DROP;
		recorder_tend(&feed);
		tell_acknowledged(&feed);
		if (feed.rate > 0)
			pause_ms((long)(1000 / feed.rate));
	}
	stop_recorder(&feed);
	ring_close(feed.ring);
	layout_done(&feed.layout);
	layout_done(&feed.wide);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 5 && strcmp(argv[1], "run") == 0)
		return run(argc, argv);
	fputs("usage: feed run DATA RUNTIME LIBEXEC [key=value...]\n", stderr);
	return 2;
}
