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

/* Besides, where there is a folder to read in: names are resolved in it alone. */
static const int beneath_calls[] = {
	SYS_getdents64,
	SYS_faccessat,
	SYS_faccessat2,
	SYS_readlinkat,
	SYS_getcwd,
	SYS_flock,
	SYS_geteuid,
#ifdef SYS_access
	SYS_access,
#endif
#ifdef SYS_stat
	SYS_stat,
	SYS_lstat,
	SYS_readlink,
#endif
};

#define FILTER_MAX (48 + 2 * ARRAY_LEN(allowed_calls) + 2 * ARRAY_LEN(beneath_calls))

struct call_filter {
	struct sock_filter step[FILTER_MAX];
	size_t count;
};

static void filter_add(struct call_filter *filter, uint16_t code, uint32_t value,
	uint8_t jump_true, uint8_t jump_false)
{
	filter->step[filter->count++] = (struct sock_filter){
		.code = code, .jt = jump_true, .jf = jump_false, .k = value
	};
}

static void filter_allow(struct call_filter *filter, const int *call, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		filter_add(filter, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call[i], 0, 1);
		filter_add(filter, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	}
}

/* One argument of the call, in place of its number: a filter's branch ends there. */
static void filter_load_argument(struct call_filter *filter, unsigned which)
{
	filter_add(filter, BPF_LD | BPF_W | BPF_ABS,
		(uint32_t)(offsetof(struct seccomp_data, args) +
			which * sizeof(uint64_t)),
		0, 0);
}

/* openat() for reading, and of fcntl() what readers' locks need. */
static void filter_allow_reading(struct call_filter *filter)
{
	static const uint32_t commands[] = { F_GETFD, F_SETFD, F_GETFL, F_GETLK,
		F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW,
		F_DUPFD_CLOEXEC };
	const uint32_t changes = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;

	filter_add(filter, BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 4);
	filter_load_argument(filter, 2);
	filter_add(filter, BPF_JMP | BPF_JSET | BPF_K, changes, 0, 1);
	filter_add(filter, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
	filter_add(filter, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	filter_add(filter, BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0,
		2 + 2 * (uint8_t)ARRAY_LEN(commands));
	filter_load_argument(filter, 1);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		filter_add(filter, BPF_JMP | BPF_JEQ | BPF_K, commands[i], 0, 1);
		filter_add(filter, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	}
	filter_add(filter, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
}

static int refuse_calls(bool has_folder, struct err *err)
{
	struct call_filter filter = { .count = 0 };
	struct sock_fprog program = { .filter = filter.step };

	filter_add(&filter, BPF_LD | BPF_W | BPF_ABS,
		offsetof(struct seccomp_data, arch), 0, 0);
	filter_add(&filter, BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0);
	filter_add(&filter, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	filter_add(&filter, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr),
		0, 0);
	filter_allow(&filter, allowed_calls, ARRAY_LEN(allowed_calls));
	if (has_folder) {
		filter_allow(&filter, beneath_calls, ARRAY_LEN(beneath_calls));
		filter_allow_reading(&filter);
	}
	filter_add(&filter, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
	program.len = (unsigned short)filter.count;
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
	r = options->beneath ? confine_beneath(options->beneath, err) : 0;
	return r < 0 ? r : refuse_calls(options->beneath != NULL, err);
}
