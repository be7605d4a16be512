#include "common/confine.h"

#include "common/io.h"
#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_BYTES ((uint64_t)256 << 20)
#define ANSWER_BYTES ((uint64_t)4 << 30)
#define DEADLINE_MS (10 * 60 * 1000)

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "common/confine.c knows the system calls of x86-64 and arm64 only"
#endif

/* How the child ended, from the child. */
struct ending {
	int code;
	char text[512]; /* as struct err */
};

struct confined {
	pid_t pid;
	int answer_fd, ending_fd;
	int64_t until_ms;
	uint64_t left_bytes;
	int failed; /* the first error of confine_read */
	char what[200];
};

/* ---- in the child ------------------------------------------------------------------ */

/* What reading, computing and answering needs; nothing that names a file, a process or
 * an address. */
static const int allowed_calls[] = {
	SYS_read,
	SYS_readv,
	SYS_pread64,
	SYS_preadv,
	SYS_lseek,
	SYS_write,
	SYS_writev,
	SYS_close,
	SYS_fstat,
	SYS_newfstatat, /* glibc's fstat; it tells sizes and times, never content */
	SYS_fadvise64,
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_getrandom,
	SYS_clock_gettime,
	SYS_nanosleep,
	SYS_clock_nanosleep,
	SYS_ppoll,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_rt_sigaction,
	SYS_sigaltstack,
	SYS_getpid,
	SYS_gettid,
	SYS_sched_yield,
	SYS_restart_syscall,
	SYS_exit,
	SYS_exit_group,
#ifdef SYS_poll
	SYS_poll,
#endif
#ifdef SYS_time
	SYS_time,
#endif
};

static int refuse_calls(struct err *err)
{
	struct sock_filter filter[4 + 2 * ARRAY_LEN(allowed_calls) + 1];
	struct sock_fprog program = { .filter = filter };
	size_t n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	filter[n++] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0);
	filter[n++] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	filter[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_LEN(allowed_calls); i++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed_calls[i], 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	program.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return err_set(err, -ENOTSUP,
			"this kernel cannot confine a process that reads foreign "
			"files (seccomp: %s)",
			strerror(errno));
	return 0;
}

/* Pages that the process maps now, in bytes; 0: unknown. */
static uint64_t mapped_bytes(void)
{
	char text[128] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	return got > 0 ? strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static int confine_set_limit(int which, uint64_t value)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)which, &limit) < 0)
		return -errno;
	if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max)
		value = limit.rlim_max; /* what is narrower already stays so */
	limit.rlim_cur = limit.rlim_max = (rlim_t)value;
	return setrlimit((__rlimit_resource_t)which, &limit) < 0 ? -errno : 0;
}

static int confine_set_limits(const struct confine_options *options, struct err *err)
{
	uint64_t memory = options->memory_bytes ? options->memory_bytes : MEMORY_BYTES;
	int deadline_ms = options->deadline_ms ? options->deadline_ms : DEADLINE_MS;
	uint64_t mapped = mapped_bytes();
	int r = confine_set_limit(RLIMIT_CORE, 0);

	if (r == 0)
		r = confine_set_limit(RLIMIT_FSIZE, 0);
	if (r == 0)
		r = confine_set_limit(RLIMIT_CPU, (uint64_t)deadline_ms / 1000 + 2);
	if (r == 0 && mapped > 0)
		r = confine_set_limit(RLIMIT_AS, mapped + memory);
	return r < 0
		? err_set(err, r, "limits of the reading process: %s", strerror(-r))
		: 0;
}

static bool confine_is_kept(const struct confine_options *options, int fd)
{
	for (size_t i = 0; i < options->keep_count; i++)
		if (options->keep_fd[i] == fd)
			return true;
	return fd <= STDERR_FILENO;
}

static void close_others(const struct confine_options *options)
{
	struct rlimit limit = { .rlim_cur = 1024 };
	int from = STDERR_FILENO + 1;
	int highest = STDERR_FILENO;

	for (size_t i = 0; i < options->keep_count; i++)
		if (options->keep_fd[i] > highest)
			highest = options->keep_fd[i];
	for (; from <= highest; from++)
		if (!confine_is_kept(options, from))
			close(from);
	if (close_range((unsigned)from, UINT_MAX, 0) == 0)
		return;
	(void)getrlimit(RLIMIT_NOFILE, &limit); /* a kernel before 5.9 */
	for (; from < (int)limit.rlim_cur; from++)
		close(from);
}

int confine_self(const struct confine_options *options, struct err *err)
{
	int r = confine_set_limits(options, err);

	if (r < 0)
		return r;
	close_others(options);
	return refuse_calls(err);
}

int confine_write(int answer_fd, const void *bytes, size_t size)
{
	return io_write_full(answer_fd, bytes, size);
}

/* Nothing that the child prints reaches a terminal; a sanitizer's report does. */
static void silence(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
#ifndef __SANITIZE_ADDRESS__
	(void)dup2(null, STDERR_FILENO);
#endif
	if (null > STDERR_FILENO)
		close(null);
}

/* Never returns; nothing of the parent's is flushed or freed. */
static void child_run(const struct confine_options *given, confine_work *work,
	void *context, int answer_fd, int ending_fd)
{
	struct confine_options options = *given;
	struct ending ending = { .code = 0, .text = "" };
	struct err err = ERR_INIT;

	signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	silence();
	options.keep_fd[options.keep_count++] = answer_fd;
	options.keep_fd[options.keep_count++] = ending_fd;
	ending.code = confine_self(&options, &err);
	if (ending.code == 0)
		ending.code = work(context, answer_fd, &err);
	snprintf(ending.text, sizeof(ending.text), "%s", err.text);
	(void)io_write_full(ending_fd, &ending, sizeof(ending));
	_exit(0);
}

/* ---- in the parent ------------------------------------------------------------------- */

static int64_t confine_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_pair(const int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
}

int confine_start(const struct confine_options *options, confine_work *work,
	void *context, struct confined **ret_child, struct err *err)
{
	int answer[2] = { -1, -1 }, ending[2] = { -1, -1 };
	struct confined *child = calloc(1, sizeof(*child));
	int r = 0;

	if (!child)
		return err_oom(err);
	if (options->keep_count > CONFINE_KEEP_MAX - 2) {
		r = err_set(err, -EINVAL, "too many descriptors for a confined child");
		goto out;
	}
	if (pipe2(answer, O_CLOEXEC) < 0 || pipe2(ending, O_CLOEXEC) < 0) {
		r = err_errno(err, "pipe");
		goto out;
	}
	child->pid = fork();
	if (child->pid < 0) {
		r = err_errno(err, "cannot start a process to read %s", options->what);
		goto out;
	}
	if (child->pid == 0)
		child_run(options, work, context, answer[1], ending[1]);
	child->answer_fd = answer[0];
	child->ending_fd = ending[0];
	answer[0] = ending[0] = -1;
	child->until_ms = confine_now_ms() +
		(options->deadline_ms ? options->deadline_ms : DEADLINE_MS);
	child->left_bytes =
		options->answer_bytes ? options->answer_bytes : ANSWER_BYTES;
	snprintf(child->what, sizeof(child->what), "%s", options->what);
	*ret_child = child;
	child = NULL;
out:
	close_pair(answer);
	close_pair(ending);
	free(child);
	return r;
}

/* 1 when there is something to read, or the end; -ETIMEDOUT. */
static int confine_wait(struct confined *child, int fd, struct err *err)
{
	for (;;) {
		struct pollfd set = { .fd = fd, .events = POLLIN };
		int64_t left_ms = child->until_ms - confine_now_ms();
		int r = left_ms > 0 ? poll(&set, 1, (int)left_ms) : 0;

		if (r > 0)
			return 1;
		if (r < 0 && errno != EINTR)
			return err_errno(err, "%s", child->what);
		if (r == 0)
			return err_set(err, -ETIMEDOUT, "%s: reading it takes too long",
				child->what);
	}
}

ssize_t confine_read(struct confined *child, void *buffer, size_t size, struct err *err)
{
	ssize_t got;
	int r = confine_wait(child, child->answer_fd, err);

	if (r < 0) {
		child->failed = r;
		return r;
	}
	do {
		got = read(child->answer_fd, buffer, size);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		got = err_errno(err, "%s", child->what);
	else if ((uint64_t)got > child->left_bytes)
		got = err_set(err, -EFBIG,
			"%s: more comes out of it than is believable", child->what);
	else
		child->left_bytes -= (uint64_t)got;
	if (got < 0 && child->failed == 0)
		child->failed = (int)got;
	return got;
}

int confine_read_full(
	struct confined *child, void *buffer, size_t size, struct err *err)
{
	size_t have = 0;

	while (have < size) {
		ssize_t got =
			confine_read(child, (char *)buffer + have, size - have, err);

		if (got < 0)
			return (int)got;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	if (have > 0 && have < size) {
		child->failed = -EBADMSG;
		return err_set(err, -EBADMSG, "%s: what was read of it ends too early",
			child->what);
	}
	return have == size;
}

/* The child is gone: what it said last, else what killed it. */
static int read_ending(struct confined *child, const struct ending *ending, int status,
	struct err *err)
{
	if (ending) {
		if (ending->code == 0)
			return 0;
		return err_set(err, ending->code < 0 ? ending->code : -EBADMSG, "%.*s",
			(int)sizeof(ending->text) - 1, ending->text);
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return err_set(err, -EBADMSG,
			"%s: reading it takes more processor time than is believable",
			child->what);
	if (WIFSIGNALED(status))
		return err_set(err, -EBADMSG,
			"%s: it is not what it says it is (reading it ended with signal "
			"%d)",
			child->what, WTERMSIG(status));
	return err_set(
		err, -EBADMSG, "%s: reading it ended without a result", child->what);
}

int confine_finish(struct confined *child, struct err *err)
{
	struct ending ending;
	bool has_ending = false;
	int status = 0, r = 0;

	if (!child)
		return 0;
	r = child->failed;
	close(child->answer_fd);
	if (r == 0 && confine_wait(child, child->ending_fd, err) > 0)
		has_ending = io_read_full(child->ending_fd, &ending, sizeof(ending)) ==
			(ssize_t)sizeof(ending);
	else if (r == 0)
		r = -ETIMEDOUT;
	close(child->ending_fd);
	if (!has_ending && r != 0)
		(void)kill(child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0)
		r = read_ending(child, has_ending ? &ending : NULL, status, err);
	free(child);
	return r;
}
