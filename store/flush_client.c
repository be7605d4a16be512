#include "store/flush_client.h"

#include "common/clock.h"
#include "common/program.h"
#include "common/spawn.h"
#include "store/dir/data_dir.h"
#include "store/live.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, ANSWER_BYTES = 512, PAUSE_MS = 20 };

/* The connection, or -ENOENT when nobody listens there. */
static int connect_recorder(const char *data_dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int dir = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd, r = 0;

	if (dir < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir,
		data_name(DATA_RECORDER_SOCKET));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		r = errno == ECONNREFUSED ? -ENOENT : -errno;
		close(fd);
		fd = -1;
	} else if (fd < 0) {
		r = -errno;
	}
	close(dir);
	return fd >= 0 ? fd : r;
}

/* One line there and one back, without its newline. */
static int flush_client_ask(const char *data_dir, const char *request, int timeout_ms,
	char answer[static ANSWER_BYTES])
{
	int64_t until_ms = clock_monotonic_ms() + timeout_ms;
	size_t length = 0;
	int fd = connect_recorder(data_dir);
	int r = 0;

	if (fd < 0)
		return fd;
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) !=
		(ssize_t)strlen(request))
		r = -EPIPE;
	while (r == 0) {
		struct pollfd set = { .fd = fd, .events = POLLIN };
		int64_t left_ms = until_ms - clock_monotonic_ms();
		ssize_t got;

		if (left_ms <= 0 || poll(&set, 1, (int)left_ms) == 0) {
			r = -ETIMEDOUT;
			break;
		}
		got = recv(
			fd, answer + length, ANSWER_BYTES - 1 - length, MSG_DONTWAIT);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0) {
			r = -EPIPE; /* it ended before it answered */
			break;
		}
		length += (size_t)got;
		answer[length] = '\0';
		if (answer[length - 1] == '\n') {
			answer[length - 1] = '\0';
			break;
		}
		if (length == ANSWER_BYTES - 1)
			r = -EBADMSG;
	}
	close(fd);
	return r;
}

/* ---- without a daemon ------------------------------------------------------------ */

/* In the child: root becomes the owner of the store, so that what is made there is the
 * owner's, and so that a store that somebody prepared is not read as root. */
static void become_and_run(const struct stat *owner, const char *path, char **argv)
{
	if (setgroups(1, &owner->st_gid) == 0 && setgid(owner->st_gid) == 0 &&
		setuid(owner->st_uid) == 0)
		(void)execv(path, argv);
	_exit(127);
}

static int spawn_drain(const char *data_dir, const struct stat *owner, pid_t *ret_pid)
{
	char path[PATH_BYTES], data[PATH_BYTES];
	char name[] = "collectord-recorder", word[] = "--drain";
	char *argv[] = { name, word, data, NULL };
	struct err ignored = ERR_INIT;
	pid_t pid;
	int r = program_find("collectord-recorder", path, sizeof(path));

	if (r < 0)
		return r;
	if (snprintf(data, sizeof(data), "%s", data_dir) >= (int)sizeof(data))
		return -ENAMETOOLONG;
	if (owner->st_uid == geteuid())
		return spawn_program(path, argv, NULL, 0, 0, ret_pid, &ignored);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		become_and_run(owner, path, argv);
	*ret_pid = pid;
	return 0;
}

/* Only the owner's processes write to a store; root can become the owner. */
static bool may_drain(const char *data_dir, const char *staging, struct stat *ret_owner)
{
	struct stat status;

	if (stat(data_dir, ret_owner) < 0 || lstat(staging, &status) < 0)
		return false;
	if (geteuid() == 0)
		return true;
	return ret_owner->st_uid == geteuid() && status.st_uid == geteuid() &&
		access(data_dir, W_OK) == 0;
}

static void drain(const char *data_dir, int timeout_ms, struct flush_result *result)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int64_t until_ms = clock_monotonic_ms() + timeout_ms;
	char path[PATH_BYTES];
	struct stat owner;
	int status = 0;
	pid_t pid = 0, ended;
	int r;

	if (data_path(data_dir, DATA_STAGING, path, NULL) < 0 ||
		access(path, F_OK) < 0) {
		result->is_complete = true; /* no daemon ever staged anything here */
		return;
	}
	if (!may_drain(data_dir, path, &owner)) {
		snprintf(result->why, sizeof(result->why),
			"no daemon runs and this user may not write the store");
		return;
	}
	r = spawn_drain(data_dir, &owner, &pid);
	if (r < 0) {
		snprintf(result->why, sizeof(result->why), "collectord-recorder: %s",
			strerror(-r));
		return;
	}
	while ((ended = waitpid(pid, &status, WNOHANG)) == 0 &&
		clock_monotonic_ms() < until_ms)
		(void)nanosleep(&pause, NULL);
	if (ended == 0) {
		kill(pid, SIGTERM); /* nothing is lost by that */
		(void)waitpid(pid, &status, 0);
		snprintf(result->why, sizeof(result->why),
			"storing what was staged takes too long");
		return;
	}
	result->is_complete =
		ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (!result->is_complete)
		snprintf(result->why, sizeof(result->why),
			"what was staged cannot be stored at present");
}

void store_flush(const char *data_dir, int timeout_ms, struct flush_result *ret_result)
{
	struct flush_result result = { .is_running = false };
	char answer[ANSWER_BYTES] = "";
	int r = flush_client_ask(data_dir, "flush\n", timeout_ms, answer);

	result.is_running = r != -ENOENT;
	if (r == -ENOENT) {
		drain(data_dir, timeout_ms, &result);
	} else if (r < 0) {
		snprintf(result.why, sizeof(result.why), "the recorder: %s",
			strerror(-r));
	} else {
		flush_answer_read(answer, &result);
	}
	*ret_result = result;
}

int store_health_live(const char *data_dir, int timeout_ms,
	struct live_health *ret_health, struct err *err)
{
	char answer[ANSWER_BYTES] = "";
	int r = flush_client_ask(data_dir, "health\n", timeout_ms, answer);

	return r < 0 ? err_set(err, r, "the recorder: %s", strerror(-r))
		     : health_answer_read(answer, ret_health, err);
}

/* ---- the newest tick ---------------------------------------------------------------- */

int store_live(const char *data_dir, int timeout_ms, struct live_figures *ret_live,
	struct err *err)
{
	char answer[ANSWER_BYTES] = "";
	int r = flush_client_ask(data_dir, "live\n", timeout_ms, answer);

	return r < 0 ? err_set(err, r, "the recorder: %s", strerror(-r))
		     : live_answer_read(answer, ret_live, err);
}
