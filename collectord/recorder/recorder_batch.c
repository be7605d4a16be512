/* The batch: when it is due, the writer's process, and what follows it. */
#include "collectord/recorder/recorder_batch.h"

#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_connect.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_layout.h"
#include "collectord/recorder/recorder_socket.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/recorder/recorder_folder.h"
#include "collectord/recorder/recorder_trouble.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/spawn.h"
#include "common/util.h"
#include "store/dir/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WRITER_DEADLINE_MS = 300 * 1000, /* creation of large files on a slow disk */
	WRITER_LOCK_FD = 3,
	BUSY_RETRY_MS = 200,
};

bool recorder_is_behind(const struct recorder *recorder)
{
	struct staging_status status;

	if (!recorder->staging)
		return false;
	staging_get_status(recorder->staging, &status);
	return status.newest > status.mark ||
		(recorder->is_recorded_known && status.mark > recorder->recorded);
}

static bool is_due(const struct recorder *recorder, int64_t now_ms)
{
	int64_t batch_s = recorder->settings.batch_interval.number;
	struct staging_status status;

	if (!recorder_is_behind(recorder))
		return false;
	if (recorder->is_draining || recorder_flush_is_wanted(recorder))
		return true;
	staging_get_status(recorder->staging, &status);
	return now_ms - recorder->batch_ms >= batch_s * 1000 ||
		(int64_t)status.pending_ticks * recorder_step_s(recorder) >= batch_s ||
		status.bytes_used > status.bytes / 2;
}

static bool is_nearly_full(const struct recorder *recorder)
{
	struct staging_status status;

	staging_get_status(recorder->staging, &status);
	return status.bytes_used > status.bytes / 10 * 9;
}

static int writer_spawn(
	struct recorder *recorder, int lock_fd, int note_fd, struct err *err)
{
	char path[RECORDER_PATH_BYTES], data[SETTING_TEXT_BYTES], lock[] = "3";
	char name[] = "collectord-writer", data_word[] = "--data",
	     lock_word[] = "--lock";
	char give_up[] = "--give-up";
	/* what cannot be read is waited for until new ticks would be lost for it */
	char *argv[] = { name, data_word, data, lock_word, lock,
		is_nearly_full(recorder) ? give_up : NULL, NULL };
	/* dup2 onto itself would keep close-on-exec: lock_fd is never 3 or lower here */
	const struct spawn_fd fd[] = { { lock_fd, WRITER_LOCK_FD },
		{ note_fd, STDOUT_FILENO } };

	snprintf(path, sizeof(path), "%s/%s", recorder->settings.libexec, name);
	snprintf(data, sizeof(data), "%s", recorder->settings.data.text);
	return spawn_program(
		path, argv, fd, ARRAY_LEN(fd), 0, &recorder->child.pid, err);
}

/* The descriptor above those that the child is given. */
static int move_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, WRITER_LOCK_FD + 1);

	close(fd);
	return moved;
}

static int writer_start(struct recorder *recorder, int lock_fd, struct err *err)
{
	int note[2];
	int r;

	if (pipe2(note, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_errno(err, "pipe");
	note[1] = move_up(note[1]);
	r = note[1] < 0 ? err_errno(err, "pipe")
			: writer_spawn(recorder, lock_fd, note[1], err);
	if (note[1] >= 0)
		close(note[1]);
	if (r < 0)
		close(note[0]);
	else
		recorder->child.note_fd = note[0];
	return r;
}

/* At its end: all that it said fits into the pipe. */
static void note_take(
	struct recorder *recorder, char ret_text[static RECORDER_NOTE_BYTES])
{
	ssize_t got = -1;

	if (recorder->child.note_fd >= 0) {
		got = read(recorder->child.note_fd, ret_text, RECORDER_NOTE_BYTES - 1);
		close(recorder->child.note_fd);
	}
	recorder->child.note_fd = -1;
	ret_text[got > 0 ? got : 0] = '\0';
	ret_text[strcspn(ret_text, "\n")] = '\0';
}

static int batch_start(struct recorder *recorder, int64_t now_ms, struct err *err)
{
	int lock_fd = -1;
	int r = 0;

	if (recorder->workload_id == 0 || recorder->has_unentered) {
		r = recorder_enter(recorder, err);
		if (r < 0)
			return r;
	}
	r = recorder_folder_check(recorder, err);
	if (r == 0)
		r = recorder_layouts_keep(recorder, err);
	if (r == 0)
		r = store_lock_take(recorder->settings.data.text, 0, &lock_fd, err);
	if (r < 0)
		return r;
	lock_fd = move_up(lock_fd);
	if (lock_fd < 0)
		return err_errno(err, "the lock's descriptor");
	r = writer_start(recorder, lock_fd, err);
	close(lock_fd); /* the writer has its own, until it ends */
	if (r == 0)
		recorder->child.deadline_ms = now_ms + WRITER_DEADLINE_MS;
	return r;
}

/* The database has fallen behind the mark: only that is left to do. */
static void batch_finish(struct recorder *recorder)
{
	struct err err = ERR_INIT;
	struct staging_status status;
	int r = recorder_record(recorder, &err);

	if (r == -EBUSY) { /* an import, or another transaction: soon over */
		recorder->batch_trouble.retry_ms = clock_monotonic_ms() + BUSY_RETRY_MS;
		return;
	}
	if (r < 0) {
		recorder_failed(recorder, &recorder->batch_trouble, "database", &err);
		recorder_answer_flushes(recorder, true);
		staging_get_status(recorder->staging, &status);
		/* samples are worth more than the events of a database that stays away */
		if (status.bytes_used > status.bytes / 10 * 9) {
			(void)recorder_alerts_judge(recorder, &err); /* in memory */
			staging_release(recorder->staging, status.mark);
		}
		return;
	}
	recorder->batch_ms = clock_monotonic_ms();
	recorder_succeeded(recorder, &recorder->batch_trouble);
	recorder_tidy(recorder);
	recorder_answer_flushes(recorder, false);
}

void recorder_batch_begin(struct recorder *recorder, int64_t now_ms)
{
	struct err err = ERR_INIT;
	struct staging_status status;
	int r;

	if (recorder->child.pid || now_ms < recorder->batch_trouble.retry_ms)
		return;
	if (!is_due(recorder, now_ms)) {
		/* who waits for a flush makes a batch due: nothing of theirs is left */
		recorder_answer_flushes(recorder, false);
		return;
	}
	staging_get_status(recorder->staging, &status);
	if (status.newest == status.mark) {
		batch_finish(recorder);
		return;
	}
	r = batch_start(recorder, now_ms, &err);
	if (r ==
		-EBUSY) { /* an import or another transaction: soon over, nothing wrong */
		recorder->batch_trouble.retry_ms = now_ms + BUSY_RETRY_MS;
		return;
	}
	if (r < 0) {
		recorder_failed(recorder, &recorder->batch_trouble, "batch", &err);
		recorder_answer_flushes(recorder, true);
	}
}

static void writer_ended(struct recorder *recorder, int status)
{
	char said[RECORDER_NOTE_BYTES];
	struct err err = ERR_INIT;

	note_take(recorder, said);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		if (said[0])
			memcpy(recorder->note, said, sizeof(said));
		if (staging_refresh(recorder->staging, &err) < 0) {
			recorder_failed(
				recorder, &recorder->batch_trouble, "staging", &err);
			recorder_answer_flushes(recorder, true);
			return;
		}
		batch_finish(recorder);
		return;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == RECORDER_EXIT_OTHER_STEP)
		recorder->has_other_step = true;
	if (WIFSIGNALED(status))
		err_set(&err, -EIO, "the writer died of signal %d", WTERMSIG(status));
	else if (said[0])
		err_set(&err, -EIO, "%.220s", said);
	else
		err_set(&err, -EIO, "the writer ended with %d", WEXITSTATUS(status));
	recorder_failed(recorder, &recorder->batch_trouble, "batch", &err);
	recorder_answer_flushes(recorder, true);
}

void recorder_batch_continue(struct recorder *recorder, int64_t now_ms)
{
	int status = 0;
	pid_t pid;

	if (!recorder->child.pid)
		return;
	pid = waitpid(recorder->child.pid, &status, WNOHANG);
	if (pid == recorder->child.pid || (pid < 0 && errno == ECHILD)) {
		recorder->child.pid = 0;
		writer_ended(recorder, pid < 0 ? 0x100 : status);
		return;
	}
	if (now_ms >= recorder->child.deadline_ms) {
		log_error(&recorder->log, "the writer hangs and is ended");
		kill(recorder->child.pid, SIGKILL);
		recorder->child.deadline_ms = now_ms + 1000;
	}
}
