/* The sampler's children: started by fixed paths, started again when they die. */
#include "collectord/sampler/supervise.h"

#include "common/clock.h"
#include "common/each_tick.h"
#include "common/util.h"
#include "common/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKOFF_FIRST_NS (NS_PER_S / 10)
#define BACKOFF_MOST_NS (60 * NS_PER_S)
#define WELL_NS (60 * NS_PER_S) /* who lived so long begins with the first again */
#define INVENTORY_NS (86400 * NS_PER_S)
#define INVENTORY_FAILED_NS (3600 * NS_PER_S)
#define PATH_BYTES 4096

static const char *const programs[CHILD_COUNT] = {
	[CHILD_RECORDER] = "collectord-recorder",
	[CHILD_HELPER] = "collectord-helper",
	[CHILD_NOTIFIER] = "collectord-notifier",
	[CHILD_POLLER] = "collectord-poller",
	[CHILD_SENDER] = "collectord-sender",
	[CHILD_INVENTORY] = "collectord-inventory",
};

void supervise_init(struct supervisor *supervisor, const char *libexec,
	const char *runtime, uint64_t seed)
{
	memset(supervisor, 0, sizeof(*supervisor));
	supervisor->libexec = libexec;
	supervisor->runtime = runtime;
	supervisor->random = seed | 1;
	for (unsigned i = 0; i < CHILD_COUNT; i++)
		supervisor->child[i].program = programs[i];
}

EACH_TICK void supervise_want(
	struct supervisor *supervisor, enum child_id id, bool is_wanted)
{
	supervisor->child[id].is_wanted = is_wanted;
}

void supervise_start_at(struct supervisor *supervisor, enum child_id id, int64_t at_ns)
{
	supervisor->child[id].next_start_ns = at_ns;
}

EACH_TICK bool supervise_is_running(
	const struct supervisor *supervisor, enum child_id id)
{
	return supervisor->child[id].pid > 0;
}

void supervise_signal(const struct supervisor *supervisor, enum child_id id, int number)
{
	for (unsigned i = 0; i < CHILD_COUNT; i++)
		if ((id == CHILD_COUNT || id == i) && supervisor->child[i].pid > 0)
			(void)kill(supervisor->child[i].pid, number);
}

/* Between three quarters of the back-off and all of it, so that daemons on many
 * machines do not beat in step; doubled for the next time. */
static void back_off(struct supervisor *supervisor, struct child *child, int64_t now_ns)
{
	if (child->backoff_ns == 0 || now_ns - child->started_ns >= WELL_NS)
		child->backoff_ns = BACKOFF_FIRST_NS;
	supervisor->random =
		supervisor->random * 6364136223846793005u + 1442695040888963407u;
	child->next_start_ns = now_ns + child->backoff_ns * 3 / 4 +
		(int64_t)((supervisor->random >> 33) %
			(uint64_t)(child->backoff_ns / 4));
	child->backoff_ns *= 2;
	if (child->backoff_ns > BACKOFF_MOST_NS)
		child->backoff_ns = BACKOFF_MOST_NS;
}

/* In the child, after fork: no allocation, no lock. */
static void supervise_become(
	const char *path, const char *program, const char *runtime, pid_t parent)
{
	sigset_t mask;

	/* the sampler alone answers the terminal, and tells us */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	sigemptyset(&mask);
	/* the recorder must drain also when the end comes before it is ready to hear of
	 * it: it unblocks the signal itself, once it has a handler */
	if (program == programs[CHILD_RECORDER])
		sigaddset(&mask, SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(0); /* it died before we asked to be told */
	execl(path, program, "--runtime", runtime, (char *)NULL);
	_exit(127);
}

static int start(struct supervisor *supervisor, struct child *child, int64_t now_ns,
	struct err *err)
{
	char path[PATH_BYTES];
	pid_t self = getpid();
	sigset_t all, before;
	pid_t pid;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", supervisor->libexec,
		    child->program) >= sizeof(path))
		return err_set(err, -ENAMETOOLONG, "%s: the path is too long", path);
	if (access(path, X_OK) < 0)
		return err_errno(err, "cannot start %s", path);
	/* a signal for the child waits until it has said what becomes of it */
	sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0)
		supervise_become(path, child->program, supervisor->runtime, self);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return err_errno(err, "cannot start %s", path);
	child->pid = pid;
	child->starts++;
	child->started_ns = now_ns;
	return 0;
}

int supervise_start_due(struct supervisor *supervisor, int64_t now_ns, struct err *err)
{
	int first = 0;

	for (unsigned i = 0; i < CHILD_COUNT; i++) {
		struct child *child = &supervisor->child[i];
		int r;

		if (!child->is_wanted || child->pid > 0 ||
			now_ns < child->next_start_ns)
			continue;
		r = start(supervisor, child, now_ns, first == 0 ? err : NULL);
		if (r == 0)
			continue;
		child->started_ns = now_ns;
		back_off(supervisor, child, now_ns);
		if (first == 0)
			first = r;
	}
	return first;
}

EACH_TICK int64_t supervise_next_start_ns(const struct supervisor *supervisor)
{
	int64_t first_ns = INT64_MAX;

	for (unsigned i = 0; i < CHILD_COUNT; i++) {
		const struct child *child = &supervisor->child[i];

		if (child->is_wanted && child->pid == 0 &&
			child->next_start_ns < first_ns)
			first_ns = child->next_start_ns;
	}
	return first_ns;
}

static void describe_death(const struct child *child, pid_t pid, int status,
	int64_t now_ns, struct child_death *death)
{
	char how[40], then[32] = "";
	double wait_s = (double)(child->next_start_ns - now_ns) / 1e9;

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was killed by signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "ended with code %d", WEXITSTATUS(status));
	if (death->was_wanted)
		snprintf(then, sizeof(then), ", next start in %.1f s",
			wait_s > 0 ? wait_s : 0.0);
	death->pid = pid;
	snprintf(
		death->text, sizeof(death->text), "%s %s%s", child->program, how, then);
}

bool supervise_reap(
	struct supervisor *supervisor, int64_t now_ns, struct child_death *ret_death)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (unsigned i = 0; i < CHILD_COUNT; i++) {
			struct child *child = &supervisor->child[i];

			if (child->pid != pid)
				continue;
			child->pid = 0;
			ret_death->id = (enum child_id)i;
			/* the notifier ends when it has nothing left to do */
			ret_death->was_wanted = child->is_wanted &&
				!(i == CHILD_NOTIFIER && WIFEXITED(status) &&
					WEXITSTATUS(status) == 0);
			back_off(supervisor, child, now_ns);
			if (i == CHILD_INVENTORY) {
				/* it ends by itself, and says itself why it failed */
				ret_death->was_wanted = false;
				child->next_start_ns = now_ns +
					(WIFEXITED(status) && WEXITSTATUS(status) == 0
							? INVENTORY_NS
							: INVENTORY_FAILED_NS);
			}
			describe_death(child, pid, status, now_ns, ret_death);
			return true;
		}
	}
	return false;
}

EACH_TICK bool supervise_is_silent(struct child_watch *watch, bool is_running,
	int64_t beat, int64_t now_ns, int64_t most_ns, int64_t first_ns)
{
	bool is_new = !is_running || watch->seen_ns == 0;

	if (is_new || beat != watch->beat) {
		watch->has_beaten = !is_new;
		watch->beat = beat;
		watch->seen_ns = now_ns;
		return false;
	}
	if (now_ns - watch->seen_ns <= (watch->has_beaten ? most_ns : first_ns))
		return false;
	watch->seen_ns = now_ns;
	return true;
}

int supervise_find_libexec(char *ret_path, size_t size, struct err *err)
{
	char path[PATH_BYTES];
	char *slash;
	int r = program_find(programs[CHILD_RECORDER], path, sizeof(path));

	if (r < 0)
		return err_set(
			err, r, "%s is not there, nor beside this program", path);
	slash = strrchr(path, '/');
	*slash = '\0';
	if ((size_t)snprintf(ret_path, size, "%s", path) >= size)
		return err_set(err, -ENAMETOOLONG, "%s: too long", path);
	return 0;
}
