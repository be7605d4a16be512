/* The helper: what can hang, read with deadlines, in a process of its own. */
#include "collectord/helper/helper.h"

#include "common/clock.h"
#include "common/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOUNTINFO_BYTES ((size_t)1 << 20)
#define OPEN_DEADLINE_NS (5 * NS_PER_S)
#define KILL_GRACE_NS (NS_PER_S / 10)
#define MS_NS 1000000

static int64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- children ------------------------------------------------------------------ */

/* Until the child has ended or the time has come; SIGCHLD is blocked.  True when it has
 * ended. */
static bool wait_child(pid_t pid, int64_t until_ns, int *ret_status)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		int64_t left_ns = until_ns - monotonic_ns();
		struct timespec left = { 0 };

		if (waitpid(pid, ret_status, WNOHANG) != 0)
			return true;
		if (left_ns <= 0)
			return false;
		left.tv_sec = (time_t)(left_ns / NS_PER_S);
		left.tv_nsec = (long)(left_ns % NS_PER_S);
		(void)sigtimedwait(&child, NULL, &left);
	}
}

static void reap_stuck(struct helper *helper)
{
	unsigned kept = 0;
	int status;

	for (unsigned i = 0; i < helper->stuck_count; i++)
		if (waitpid(helper->stuck[i].pid, &status, WNOHANG) == 0)
			helper->stuck[kept++] = helper->stuck[i];
	helper->stuck_count = kept;
}

static bool is_stuck(const struct helper *helper, size_t source)
{
	for (unsigned i = 0; i < helper->stuck_count; i++)
		if (helper->stuck[i].source == source)
			return true;
	return false;
}

/* Kills it; where the kernel does not let go of it, it is remembered. */
static void give_up_child(struct helper *helper, pid_t pid, size_t source)
{
	int status;

	(void)kill(pid, SIGKILL);
	if (wait_child(pid, monotonic_ns() + KILL_GRACE_NS, &status))
		return;
	if (helper->stuck_count < HELPER_STUCK_MAX)
		helper->stuck[helper->stuck_count++] =
			(struct helper_stuck){ .pid = pid, .source = source };
}

static pid_t fork_child(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
	}
	return pid;
}

/* ---- one source ------------------------------------------------------------------ */

static void write_entry(struct helper *helper, size_t i, enum helper_state state,
	const char *label, const uint32_t *metric, const double *value, uint32_t count)
{
	struct helper_entry *entry = &helper->page->entry[i];

	helper_entry_begin(entry);
	entry->state = state;
	snprintf(
		entry->instance, sizeof(entry->instance), "%s", helper->source[i].name);
	snprintf(entry->label, sizeof(entry->label), "%.*s", HELPER_LABEL_BYTES - 1,
		label);
	entry->count = count;
	for (uint32_t k = 0; k < count; k++) {
		entry->metric[k] = metric[k];
		entry->value[k] = value ? value[k] : (double)NAN;
	}
	helper_entry_end(helper->page, entry);
}

static const uint32_t fs_metrics[] = { METRIC_FS_SIZE_BYTES, METRIC_FS_USED_BYTES,
	METRIC_FS_AVAIL_BYTES, METRIC_FS_INODES, METRIC_FS_INODES_USED };

/* In the child. */
static void read_source(struct helper *helper, size_t i)
{
	const struct helper_source *source = &helper->source[i];
	struct fs_usage usage;
	struct err err = ERR_INIT;
	int r;

	if (source->mount) {
		r = fs_measure(&helper->root, source->mount, &usage, &err);
		double values[] = { usage.size_bytes, usage.used_bytes,
			usage.avail_bytes, usage.inodes, usage.inodes_used };

		write_entry(helper, i, r < 0 ? HELPER_FAILED : HELPER_WELL,
			source->mount->source, fs_metrics, r < 0 ? NULL : values,
			ARRAY_LEN(fs_metrics));
	} else {
		const struct sensor *sensor =
			sensors_get(helper->sensors, source->sensor);
		uint32_t metric = (uint32_t)sensor->metric;
		double value = (double)NAN;

		r = sensors_read(helper->sensors, source->sensor, &value, &err);
		write_entry(helper, i, r < 0 ? HELPER_FAILED : HELPER_WELL,
			sensor->label, &metric, &value, 1);
	}
}

/* In the parent, for a source that did not come back. */
static void mark_late(struct helper *helper, size_t i)
{
	const struct helper_source *source = &helper->source[i];
	uint32_t metric;

	if (source->mount) {
		write_entry(helper, i, HELPER_LATE, source->mount->source, fs_metrics,
			NULL, ARRAY_LEN(fs_metrics));
		return;
	}
	metric = (uint32_t)sensors_get(helper->sensors, source->sensor)->metric;
	write_entry(helper, i, HELPER_LATE,
		sensors_get(helper->sensors, source->sensor)->label, &metric, NULL, 1);
}

/* Who was late last time gets a fifth, so that a hundred dead mounts do not take a
 * minute. */
static int64_t deadline_ns(const struct helper *helper, size_t i)
{
	const struct helper_source *source = &helper->source[i];
	int64_t ms = source->mount ? helper->settings.source_deadline_ms.number
				   : helper->settings.sensor_deadline_ms.number;

	return source->state == HELPER_LATE ? ms * MS_NS / 5 : ms * MS_NS;
}

/* ---- a turn ------------------------------------------------------------------------ */

static void run_child(
	struct helper *helper, const size_t *list, size_t from, size_t count)
{
	for (size_t k = from; k < count; k++) {
		atomic_store(&helper->progress->since_ns, monotonic_ns());
		atomic_store(&helper->progress->current, (uint32_t)k + 1);
		read_source(helper, list[k]);
	}
	_exit(0);
}

/* One child from there on; returns how far it came. */
static size_t run_from(
	struct helper *helper, const size_t *list, size_t from, size_t count)
{
	int status = 0;
	pid_t pid;

	atomic_store(&helper->progress->since_ns, monotonic_ns());
	atomic_store(&helper->progress->current, (uint32_t)from + 1);
	pid = fork_child();
	if (pid == 0)
		run_child(helper, list, from, count);
	if (pid < 0) {
		log_error(helper->log, "cannot fork: %s", strerror(errno));
		return count;
	}
	for (;;) {
		size_t current = atomic_load(&helper->progress->current) - 1;
		int64_t until_ns = atomic_load(&helper->progress->since_ns) +
			deadline_ns(helper, list[current]);

		if (wait_child(pid, until_ns, &status)) {
			if (WIFEXITED(status))
				return count;
			break; /* it crashed on this one */
		}
		if (atomic_load(&helper->progress->current) - 1 != current)
			continue;
		give_up_child(helper, pid, list[current]);
		break;
	}
	from = atomic_load(&helper->progress->current) - 1;
	mark_late(helper, list[from]);
	return from + 1;
}

/* Who was well first: where few children are left, they are for those. */
static size_t order_sources(const struct helper *helper, size_t *list)
{
	size_t count = 0;

	for (unsigned pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < HELPER_ENTRIES; i++) {
			const struct helper_source *source = &helper->source[i];
			bool was_late = source->state == HELPER_LATE;

			if (source->name[0] && was_late == (pass == 1) &&
				!is_stuck(helper, i))
				list[count++] = i;
		}
	return count;
}

static void read_all(struct helper *helper)
{
	size_t list[HELPER_ENTRIES];
	size_t count = order_sources(helper, list);

	for (size_t at = 0; at < count;) {
		/* the last child is kept for those that were well */
		if (helper->stuck_count == HELPER_STUCK_MAX ||
			(helper->stuck_count == HELPER_STUCK_MAX - 1 &&
				helper->source[list[at]].state == HELPER_LATE))
			break;
		at = run_from(helper, list, at, count);
	}
	for (size_t i = 0; i < HELPER_ENTRIES; i++)
		if (helper->source[i].name[0])
			helper->source[i].state =
				(enum helper_state)helper->page->entry[i].state;
}

/* ---- what there is -------------------------------------------------------------------- */

/* The entry of that name, or a free one; NULL when there is none. */
static struct helper_source *find_source(struct helper *helper, const char *name)
{
	struct helper_source *vacant = NULL;

	for (size_t i = 0; i < HELPER_ENTRIES; i++) {
		struct helper_source *source = &helper->source[i];

		if (strcmp(source->name, name) == 0)
			return source;
		if (!vacant && !source->name[0] && !is_stuck(helper, i))
			vacant = source;
	}
	if (vacant)
		snprintf(vacant->name, sizeof(vacant->name), "%s", name);
	return vacant;
}

static struct helper_source *see(struct helper *helper, const char *name)
{
	struct helper_source *source;

	if (!name[0] || strlen(name) >= HELPER_NAME_BYTES) {
		log_warning(helper->log,
			"the name of %.60s... is too long, it is not measured", name);
		return NULL;
	}
	source = find_source(helper, name);
	if (source)
		source->is_seen = true;
	return source;
}

static void find_mounts(struct helper *helper)
{
	char *text = malloc(MOUNTINFO_BYTES);
	struct host_file file;
	struct err err = ERR_INIT;
	size_t length = 0;
	int r;

	if (!text)
		return;
	hostroot_file_init(&file, &helper->root, "proc/self/mountinfo");
	r = hostroot_file_read(&file, text, MOUNTINFO_BYTES, &length, &err);
	hostroot_file_done(&file);
	if (r == 0)
		fs_mounts_parse(text, length,
			helper->settings.network_file_systems.number != 0,
			helper->mounts);
	else if (r != -ENOENT)
		log_warning(helper->log, "%s", err.text);
	free(text);
	for (size_t i = 0; i < helper->mounts->count; i++) {
		struct helper_source *source =
			see(helper, helper->mounts->mount[i].point);

		if (source)
			source->mount = &helper->mounts->mount[i];
	}
}

static size_t count_chips(void)
{
	DIR *dir = opendir("/sys/class/hwmon");
	struct dirent *entry;
	size_t count = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			count++;
	closedir(dir);
	return count;
}

/* Opening may hang too: a child tries it first. */
static void open_sensors(struct helper *helper)
{
	struct err err = ERR_INIT;
	struct sensors *trial;
	int status = 0;
	pid_t pid = fork_child();

	if (pid < 0)
		return;
	if (pid == 0)
		_exit(sensors_open(&trial, &err) < 0 ? 1 : 0);
	if (!wait_child(pid, monotonic_ns() + OPEN_DEADLINE_NS, &status)) {
		give_up_child(helper, pid, HELPER_ENTRIES);
		log_warning(helper->log, "the sensors cannot be listed in 5 s");
		return;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return;
	if (sensors_open(&helper->sensors, &err) < 0)
		log_warning(helper->log, "sensors: %s", err.text);
}

static void find_sensors(struct helper *helper)
{
	size_t chips = helper->settings.sensors.number &&
			strcmp(helper->settings.root, "/") == 0
		? count_chips()
		: 0;

	if (chips != helper->hwmon_count) {
		sensors_close(helper->sensors);
		helper->sensors = NULL;
		helper->hwmon_count = chips;
	}
	if (chips > 0 && !helper->sensors && !is_stuck(helper, HELPER_ENTRIES))
		open_sensors(helper);
	for (size_t i = 0; helper->sensors && i < sensors_count(helper->sensors); i++) {
		struct helper_source *source =
			see(helper, sensors_get(helper->sensors, i)->id);

		if (source) {
			source->mount = NULL;
			source->sensor = i;
		}
	}
}

static void forget_unseen(struct helper *helper)
{
	for (size_t i = 0; i < HELPER_ENTRIES; i++) {
		struct helper_source *source = &helper->source[i];

		if (!source->name[0] || source->is_seen)
			continue;
		write_entry(helper, i, HELPER_NONE, "", NULL, NULL, 0);
		memset(source, 0, sizeof(*source));
	}
}

void helper_turn(struct helper *helper)
{
	struct timespec now;

	reap_stuck(helper);
	for (size_t i = 0; i < HELPER_ENTRIES; i++)
		helper->source[i].is_seen = false;
	find_mounts(helper);
	find_sensors(helper);
	forget_unseen(helper);
	read_all(helper);
	clock_gettime(CLOCK_BOOTTIME, &now);
	atomic_store(&helper->page->beat_s, now.tv_sec);
	atomic_fetch_add(&helper->page->generation, 1);
}

/* ---- start and end ------------------------------------------------------------------- */

int helper_open(struct helper *helper, const char *runtime, const struct log *log,
	struct err *err)
{
	void *map;
	int r;

	memset(helper, 0, sizeof(*helper));
	helper->log = log;
	helper->root.fd = -1;
	r = settings_load(runtime, &helper->settings, err);
	if (r == 0)
		r = hostroot_open(&helper->root, helper->settings.root, err);
	if (r == 0)
		r = helper_page_open(runtime, &helper->page, err);
	if (r < 0) {
		helper_close(helper);
		return r;
	}
	map = mmap(NULL, sizeof(*helper->progress), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	helper->progress = map == MAP_FAILED ? NULL : map;
	helper->mounts = calloc(1, sizeof(*helper->mounts));
	if (!helper->progress || !helper->mounts) {
		helper_close(helper);
		return err_oom(err);
	}
	return 0;
}

void helper_close(struct helper *helper)
{
	for (unsigned i = 0; i < helper->stuck_count; i++)
		(void)kill(helper->stuck[i].pid, SIGKILL);
	sensors_close(helper->sensors);
	free(helper->mounts);
	if (helper->progress)
		munmap(helper->progress, sizeof(*helper->progress));
	helper_page_close(helper->page);
	if (helper->root.fd >= 0)
		hostroot_close(&helper->root);
	memset(helper, 0, sizeof(*helper));
	helper->root.fd = -1;
}
