/* The helper: what can hang, read with deadlines, in a process of its own. */
#include "collectord/helper/helper.h"

#include "common/clock.h"
#include "common/util.h"

#include <errno.h>
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

#define OPEN_DEADLINE_NS (5 * NS_PER_S)
#define KILL_GRACE_NS (NS_PER_S / 10)
#define MS_NS 1000000

_Static_assert((int)SLOW_VALUES_MAX <= (int)HELPER_VALUES, "a source fits its entry");

/* ---- children ------------------------------------------------------------------ */

/* Until the child has ended or the time has come; SIGCHLD is blocked.  True when it has
 * ended. */
static bool wait_child(pid_t pid, int64_t until_ns, int *ret_status)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		int64_t left_ns = until_ns - clock_monotonic_ns();
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
	if (wait_child(pid, clock_monotonic_ns() + KILL_GRACE_NS, &status))
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

static const struct slow_probe *probe_of(const struct helper *helper, size_t i)
{
	return helper->slow[helper->source[i].slow].probe;
}

static void write_entry(struct helper *helper, size_t i, enum helper_state state,
	const struct slow_source *what, const double *value)
{
	struct helper_entry *entry = &helper->page->entry[i];

	helper_entry_begin(entry);
	entry->state = state;
	snprintf(
		entry->instance, sizeof(entry->instance), "%s", helper->source[i].name);
	snprintf(entry->label, sizeof(entry->label), "%.*s", HELPER_LABEL_BYTES - 1,
		what ? what->label : "");
	entry->count = what ? (uint32_t)what->count : 0;
	for (uint32_t k = 0; k < entry->count; k++) {
		entry->metric[k] = (uint32_t)what->metric[k];
		entry->value[k] = value ? value[k] : (double)NAN;
	}
	helper_entry_end(helper->page, entry);
}

static struct slow_source source_at(const struct helper *helper, size_t i)
{
	const struct helper_source *source = &helper->source[i];
	struct slow_source what = { .label = "" };

	(void)probe_of(helper, i)->get(
		helper->slow[source->slow].state, source->index, &what);
	return what;
}

/* In the child. */
static void helper_read_source(struct helper *helper, size_t i)
{
	const struct helper_source *source = &helper->source[i];
	struct slow_source what = source_at(helper, i);
	double value[SLOW_VALUES_MAX];
	struct err err = ERR_INIT;
	int r;

	for (size_t k = 0; k < SLOW_VALUES_MAX; k++)
		value[k] = (double)NAN;
	r = probe_of(helper, i)->read(helper->slow[source->slow].state, source->index,
		&helper->context, value, &err);
	if (r == -ENODATA)
		write_entry(helper, i, HELPER_NONE, NULL, NULL);
	else
		write_entry(helper, i, r < 0 ? HELPER_FAILED : HELPER_WELL, &what,
			r < 0 ? NULL : value);
}

/* In the parent, for a source that did not come back. */
static void mark_late(struct helper *helper, size_t i)
{
	struct slow_source what = source_at(helper, i);

	write_entry(helper, i, HELPER_LATE, &what, NULL);
}

/* Who was late last time gets a fifth, so that a hundred dead mounts do not take a
 * minute. */
static int64_t deadline_ns(const struct helper *helper, size_t i)
{
	const struct helper_source *source = &helper->source[i];
	int64_t ms = settings_number(
		&helper->settings, probe_of(helper, i)->deadline_setting);

	return source->state == HELPER_LATE ? ms * MS_NS / 5 : ms * MS_NS;
}

/* ---- a turn ------------------------------------------------------------------------ */

static void run_child(
	struct helper *helper, const size_t *list, size_t from, size_t count)
{
	for (size_t k = from; k < count; k++) {
		atomic_store(&helper->progress->since_ns, clock_monotonic_ns());
		atomic_store(&helper->progress->current, (uint32_t)k + 1);
		helper_read_source(helper, list[k]);
	}
	_exit(0);
}

/* One child from there on; returns how far it came. */
static size_t run_from(
	struct helper *helper, const size_t *list, size_t from, size_t count)
{
	int status = 0;
	pid_t pid;

	atomic_store(&helper->progress->since_ns, clock_monotonic_ns());
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

static void read_sources(struct helper *helper)
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
static struct helper_source *find_source(
	struct helper *helper, size_t slow, const char *name)
{
	struct helper_source *vacant = NULL;

	for (size_t i = 0; i < HELPER_ENTRIES; i++) {
		struct helper_source *source = &helper->source[i];

		if (source->slow == slow && strcmp(source->name, name) == 0)
			return source;
		if (!vacant && !source->name[0] && !is_stuck(helper, i))
			vacant = source;
	}
	if (vacant) {
		vacant->slow = slow;
		snprintf(vacant->name, sizeof(vacant->name), "%s", name);
	}
	return vacant;
}

/* The list may hang: a child tries it first. */
static bool can_list(struct helper *helper, size_t slow)
{
	const struct helper_slow *of = &helper->slow[slow];
	struct slow_state *trial = of->state;
	struct err err = ERR_INIT;
	int status = 0;
	pid_t pid;

	if (is_stuck(helper, HELPER_ENTRIES + slow))
		return false;
	pid = fork_child();
	if (pid < 0)
		return false;
	if (pid == 0)
		_exit(of->probe->list(&trial, &helper->context, &err) < 0 ? 1 : 0);
	if (!wait_child(pid, clock_monotonic_ns() + OPEN_DEADLINE_NS, &status)) {
		give_up_child(helper, pid, HELPER_ENTRIES + slow);
		log_warning(
			helper->log, "the %s cannot be listed in 5 s", of->probe->name);
		return false;
	}
	return WIFEXITED(status);
}

static void list_sources(struct helper *helper, size_t slow)
{
	struct helper_slow *of = &helper->slow[slow];
	struct err err = ERR_INIT;

	if (of->probe->is_list_old &&
		(!of->probe->is_list_old(of->state, &helper->context) ||
			!can_list(helper, slow)))
		return;
	if (of->probe->list(&of->state, &helper->context, &err) < 0)
		log_warning(helper->log, "%s: %s", of->probe->name, err.text);
}

static void find_sources(struct helper *helper, size_t slow)
{
	struct helper_slow *of = &helper->slow[slow];
	struct slow_source what;

	if (of->probe->switch_setting &&
		!settings_number(&helper->settings, of->probe->switch_setting)) {
		of->probe->close(of->state);
		of->state = NULL;
		return;
	}
	list_sources(helper, slow);
	for (size_t i = 0; of->probe->get(of->state, i, &what); i++) {
		struct helper_source *source;

		if (!what.id[0] || strlen(what.id) >= HELPER_NAME_BYTES) {
			log_warning(helper->log,
				"the name of %.60s... is too long, it is not measured",
				what.id);
			continue;
		}
		source = find_source(helper, slow, what.id);
		if (!source)
			continue;
		source->is_seen = true;
		source->index = i;
	}
}

static void forget_unseen(struct helper *helper)
{
	for (size_t i = 0; i < HELPER_ENTRIES; i++) {
		struct helper_source *source = &helper->source[i];

		if (!source->name[0] || source->is_seen)
			continue;
		write_entry(helper, i, HELPER_NONE, NULL, NULL);
		memset(source, 0, sizeof(*source));
	}
}

/* All that may be late, one after another: who watches us waits so long. */
static int64_t longest_turn_ms(const struct helper *helper)
{
	int64_t ms = 0;

	for (size_t i = 0; i < helper->slow_count; i++) {
		const struct slow_probe *probe = helper->slow[i].probe;

		ms += (int64_t)probe->sources_max *
			settings_number(&helper->settings, probe->deadline_setting);
	}
	return ms;
}

void helper_turn(struct helper *helper)
{

	helper->context.with_network =
		helper->settings.network_file_systems.number != 0;
	atomic_store(&helper->page->longest_turn_ms, longest_turn_ms(helper));

	reap_stuck(helper);
	for (size_t i = 0; i < HELPER_ENTRIES; i++)
		helper->source[i].is_seen = false;
	for (size_t i = 0; i < helper->slow_count; i++)
		find_sources(helper, i);
	forget_unseen(helper);
	read_sources(helper);
	atomic_store(&helper->page->beat_s, clock_boot_s());
	atomic_fetch_add(&helper->page->generation, 1);
}

/* ---- start and end ------------------------------------------------------------------- */

/* A page has room for all that the table may list: helper_page.h is to grow with it. */
static int take_table(struct helper *helper, struct err *err)
{
	size_t sources = 0;

	helper->context.root = &helper->root;
	for (const struct slow_probe *const *row = slow_probe_table; *row; row++) {
		sources += (*row)->sources_max;
		if (helper->slow_count == HELPER_SLOW_MAX || sources > HELPER_ENTRIES)
			return err_set(err, -E2BIG,
				"the table of slow probes is longer than the page");
		helper->slow[helper->slow_count++].probe = *row;
	}
	return 0;
}

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
		r = take_table(helper, err);
	if (r == 0)
		r = helper_page_open(runtime, &helper->page, err);
	if (r < 0) {
		helper_close(helper);
		return r;
	}
	map = mmap(NULL, sizeof(*helper->progress), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	helper->progress = map == MAP_FAILED ? NULL : map;
	if (!helper->progress) {
		helper_close(helper);
		return err_oom(err);
	}
	return 0;
}

void helper_close(struct helper *helper)
{
	for (unsigned i = 0; i < helper->stuck_count; i++)
		(void)kill(helper->stuck[i].pid, SIGKILL);
	for (size_t i = 0; i < helper->slow_count; i++)
		helper->slow[i].probe->close(helper->slow[i].state);
	if (helper->progress)
		munmap(helper->progress, sizeof(*helper->progress));
	helper_page_close(helper->page);
	if (helper->root.fd >= 0)
		hostroot_close(&helper->root);
	memset(helper, 0, sizeof(*helper));
	helper->root.fd = -1;
}
