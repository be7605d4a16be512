/* What a child that reads foreign bytes gives up, from within it (common/confine.h). */
#include "common/confine_inside.h"

#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "common/confine_inside.c knows the system calls of x86-64 and arm64 only"
#endif

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
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
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

int confine_limit(
	const struct confine_options *options, uint64_t mapped_bytes, struct err *err)
{
	uint64_t memory =
		options->memory_bytes ? options->memory_bytes : CONFINE_MEMORY_BYTES;
	int r = confine_set_limit(RLIMIT_CORE, 0);

	if (r == 0)
		r = confine_set_limit(RLIMIT_FSIZE, 0);
	if (r == 0)
		r = confine_set_limit(
			RLIMIT_CPU, (uint64_t)confine_deadline_ms(options) / 1000 + 2);
	if (r == 0)
		r = confine_set_limit(RLIMIT_AS, mapped_bytes + memory);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
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

void confine_close_others(const struct confine_options *options)
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
	int r = confine_limit(options, mapped_bytes(), err);

	if (r < 0)
		return r;
	confine_close_others(options);
	return refuse_calls(err);
}
