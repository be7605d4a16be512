/* The daemon of the simulated machine. */
#include "tests/simulator/node.h"
#include "tests/simulator/shared.h"

#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_socket.h"
#include "collectord/recorder/recorder_subject.h"
#include "collectord/recorder/recorder_turn.h"
#include "collectord/writer/writer.h"
#include "common/clock.h"
#include "common/io.h"
#include "store/dir/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TURNS_MOST = 400, EXIT_OTHER_STEP = 78 };

/* ---- the clocks --------------------------------------------------------------------- */

static int64_t kernel_ns(clockid_t id)
{
	struct timespec now;

	(void)syscall(SYS_clock_gettime, id, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t simulated_ns(clockid_t id)
{
	if (!shared || !shared->is_clock_on)
		return kernel_ns(id);
	if (id == CLOCK_REALTIME)
		return shared->real_ns;
	return id == CLOCK_BOOTTIME ? shared->boot_ns : shared->mono_ns;
}

int clock_gettime(clockid_t id, struct timespec *ret_now)
{
	int64_t ns = simulated_ns(id);

	ret_now->tv_sec = ns / NS_PER_S;
	ret_now->tv_nsec = ns % NS_PER_S;
	return 0;
}

int gettimeofday(struct timeval *restrict ret_now, void *restrict zone)
{
	int64_t ns = simulated_ns(CLOCK_REALTIME);

	(void)zone;
	ret_now->tv_sec = ns / NS_PER_S;
	ret_now->tv_usec = ns % NS_PER_S / 1000;
	return 0;
}

time_t time(time_t *ret_now)
{
	time_t now = simulated_ns(CLOCK_REALTIME) / NS_PER_S;

	if (ret_now)
		*ret_now = now;
	return now;
}

/* A sleep is over at once, and the time has passed. */
int nanosleep(const struct timespec *span, struct timespec *ret_left)
{
	int64_t ns = span->tv_sec * NS_PER_S + span->tv_nsec;

	if (!shared || !shared->is_clock_on)
		return (int)syscall(SYS_nanosleep, span, ret_left);
	shared->mono_ns += ns;
	shared->boot_ns += ns;
	shared->real_ns += ns;
	return 0;
}

/* SQLite's: where its log cannot be read it waits ten seconds before it says so. */
int usleep(useconds_t us)
{
	const struct timespec span = { .tv_sec = us / 1000000,
		.tv_nsec = (long)(us % 1000000) * 1000 };

	return nanosleep(&span, NULL);
}

/* ---- the writer, as a child of the recorder --------------------------------------------- */

static struct {
	int from, to;
} given[4];
static size_t given_count;

int posix_spawn_file_actions_adddup2(
	posix_spawn_file_actions_t *actions, int from, int to)
{
	(void)actions;
	if (given_count < sizeof(given) / sizeof(given[0])) {
		given[given_count].from = from;
		given[given_count++].to = to;
	}
	return 0;
}

/* As collectord-writer's main: one batch, one line of what was damaged. */
static int writer_main(const char *data, bool gives_up)
{
	struct writer_result result;
	struct err err = ERR_INIT;
	int r = writer_run(data, gives_up, &result, &err);
	const char *said = r < 0 ? err.text : result.note;

	if (*said)
		dprintf(STDOUT_FILENO, "%s\n", said);
	if (r < 0)
		return r == -EEXIST ? EXIT_OTHER_STEP : EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/* To its end, so that the same seed goes the same way; a kill that struck it takes us
 * along. */
static void await_writer(pid_t pid)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	if (shared->is_killed)
		(void)kill((pid_t)syscall(SYS_getpid), SIGKILL);
}

int posix_spawn(pid_t *ret_pid, const char *path,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const argv[], char *const environ_[])
{
	pid_t pid = fork();

	(void)path;
	(void)actions;
	(void)attributes;
	(void)environ_;
	if (pid == 0) {
		for (size_t i = 0; i < given_count; i++)
			dup2(given[i].from, given[i].to);
		_exit(writer_main(argv[2], argv[5] != NULL));
	}
	given_count = 0;
	*ret_pid = pid;
	if (pid > 0)
		await_writer(pid);
	return pid < 0 ? errno : 0;
}

/* ---- the recorder ---------------------------------------------------------------------- */

static void turn(struct recorder *recorder, bool is_take_asked)
{
	recorder_turn(recorder, clock_monotonic_ms(), is_take_asked);
	while (recorder->child.pid)
		recorder_turn(recorder, clock_monotonic_ms(), false);
}

/* As the loop after SIGTERM: until all is stored or 14 s have passed. */
static bool drain(struct recorder *recorder)
{
	int64_t end_ms = clock_monotonic_ms() + 14000;

	recorder->is_draining = true;
	recorder->staging_trouble.retry_ms = recorder->batch_trouble.retry_ms = 0;
	for (unsigned turns = 0; turns < TURNS_MOST; turns++) {
		turn(recorder, true);
		if (recorder_is_drained(recorder))
			return true;
		if (clock_monotonic_ms() >= end_ms)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	return false;
}

static void reload(struct recorder *recorder)
{
	struct settings settings;
	struct err err = ERR_INIT;

	if (settings_load(recorder->settings.runtime, &settings, &err) < 0)
		return;
	recorder->settings = settings;
	recorder->workload_id = 0;
}

/* Until the next order comes. */
static void serve(struct recorder *recorder, int orders)
{
	struct pollfd set[2 + RECORDER_CLIENTS];
	size_t count;

	do {
		count = recorder_poll_set(recorder, set + 1);
		set[0] = (struct pollfd){ .fd = orders, .events = POLLIN };
		(void)poll(set, 1 + count, -1);
		recorder_serve(recorder, set + 1, count, clock_monotonic_ms());
	} while (!set[0].revents);
}

static int recorder_main(const struct node *node, int orders, int replies)
{
	static struct recorder recorder;
	struct err err = ERR_INIT;
	char order, reply;

	(void)umask(027);
	recorder_init(&recorder);
	recorder.alerts = recorder_alerts_new();
	if (settings_load(node->settings.runtime, &recorder.settings, &err) < 0)
		return EXIT_FAILURE;
	recorder.wait_ms = RECORDER_WAIT_LEAST_MS;
	/* faults strike what is stored, not the way to ask for it */
	(void)recorder_listen(&recorder, &err);
	is_daemon = true;
	(void)!syscall(SYS_write, replies, "y", 1);
	while (read(orders, &order, 1) == 1) {
		reply = 'y';
		if (order == 's') {
			serve(&recorder, orders);
			continue;
		}
		if (order == 't' || order == 'T')
			turn(&recorder, order == 'T');
		else if (order == 'r')
			reload(&recorder);
		else if (order == 'd')
			reply = drain(&recorder) ? 'y' : 'n';
		if (recorder.has_other_step)
			reply = 'n';
		if (syscall(SYS_write, replies, &reply, 1) != 1)
			break;
		if (order == 'd')
			break;
	}
	is_daemon = false;
	recorder_hang_up(&recorder);
	recorder_alerts_free(recorder.alerts);
	ring_close(recorder.ring);
	recorder_subjects_done(&recorder);
	staging_close(recorder.staging);
	return EXIT_SUCCESS;
}

enum turn_reply node_start_recorder(struct node *node)
{
	int orders[2], replies[2];
	char ready;

	if (pipe2(orders, O_CLOEXEC) < 0 || pipe2(replies, O_CLOEXEC) < 0)
		return TURN_REFUSED;
	shared->is_killed = false;
	node->recorder = fork();
	if (node->recorder == 0) {
		close(orders[1]);
		close(replies[0]);
		_exit(recorder_main(node, orders[0], replies[1]));
	}
	close(orders[0]);
	close(replies[1]);
	node->order = orders[1];
	node->reply = replies[0];
	/* until it waits, so that one process runs at a time; whether it came up is seen when
	 * it is asked for something */
	(void)!read(node->reply, &ready, 1);
	return TURN_WELL;
}

static void recorder_gone(struct node *node)
{
	int status;

	close(node->order);
	close(node->reply);
	(void)waitpid(node->recorder, &status, 0);
	node->recorder = 0;
}

static enum turn_reply ask(struct node *node, char order)
{
	char reply;

	if (!node->recorder)
		return TURN_DIED;
	if (syscall(SYS_write, node->order, &order, 1) != 1 ||
		read(node->reply, &reply, 1) != 1) {
		recorder_gone(node);
		return TURN_DIED;
	}
	if (order == 'd')
		recorder_gone(node);
	return reply == 'y' ? TURN_WELL : TURN_REFUSED;
}

enum turn_reply node_turn(struct node *node, bool is_take_asked)
{
	return ask(node, is_take_asked ? 'T' : 't');
}

enum turn_reply node_drain(struct node *node)
{
	return ask(node, 'd');
}

void node_serve_begin(struct node *node)
{
	const char order = 's';

	if (node->recorder && syscall(SYS_write, node->order, &order, 1) != 1)
		recorder_gone(node);
}

void node_serve_end(struct node *node)
{
	(void)ask(node, 'e');
}

enum turn_reply node_reload(struct node *node)
{
	struct err err = ERR_INIT;

	return settings_save(&node->settings, &err) < 0 ? TURN_REFUSED : ask(node, 'r');
}

void node_kill_recorder(struct node *node)
{
	if (!node->recorder)
		return;
	(void)kill(node->recorder, SIGKILL);
	recorder_gone(node);
}

/* ---- the sampler ----------------------------------------------------------------------- */

static void node_set(struct node *node, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void node_set(struct node *node, const char *name, const char *format, ...)
{
	struct err err = ERR_INIT;
	char text[SETTING_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (settings_set(&node->settings, setting_find(name), text, &err) < 0) {
		fprintf(stderr, "simulator: %s\n", err.text);
		exit(2);
	}
}

void node_init(struct node *node, const char *top, unsigned step_s, unsigned batch_s,
	unsigned keep_days)
{
	memset(node, 0, sizeof(*node));
	snprintf(node->top, sizeof(node->top), "%s", top);
	log_init(&node->log, "collectord");
	settings_init(&node->settings);
	node_set(node, "data", "%s/data", top);
	node_set(node, "name", "simulated");
	node_set(node, "interval", "%us", step_s);
	node_set(node, "fine_step", "%us", step_s < 3600 ? 3600 : 2 * step_s);
	node_set(node, "coarse_step", "%us", step_s < 3600 ? 21600 : 4 * step_s);
	node_set(node, "keep_base", "%ud", keep_days);
	node_set(node, "keep_fine", "%ud", keep_days);
	node_set(node, "keep_coarse", "%ud", 2 * keep_days);
	node_set(node, "batch_interval", "%us", batch_s);
	node_set(node, "slow_interval",
		"1h"); /* what is looked at then never changes here */
	node_set(node, "probes_off", "pressure load network disk");
	snprintf(node->settings.root, SETTING_TEXT_BYTES, "%s/root", top);
	snprintf(node->settings.runtime, SETTING_TEXT_BYTES, "%s/run", top);
	snprintf(node->settings.libexec, SETTING_TEXT_BYTES, "/nowhere");
}

bool node_start_sampler(struct node *node, bool trust_clock, struct err *err)
{
	const struct clock_now now = { .realtime_ns = shared->real_ns,
		.monotonic_ns = shared->mono_ns,
		.boottime_ns = shared->boot_ns };

	if (io_make_folders(node->settings.data.text, 0750, err) < 0 ||
		io_make_folders(node->settings.runtime, 0700, err) < 0 ||
		store_id_ensure(
			node->settings.data.text, node->settings.store_id, err) < 0 ||
		settings_save(&node->settings, err) < 0)
		return false;
	node->is_sampling = sampler_open(&node->sampler, &node->settings, &node->log,
				    &now, trust_clock, err) == 0;
	node->sampler.is_virtual = true;
	return node->is_sampling;
}

void node_kill_sampler(struct node *node)
{
	if (node->is_sampling)
		sampler_close(&node->sampler);
	node->is_sampling = false;
}
