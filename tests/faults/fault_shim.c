/*
 * Preloaded into a program under test: makes system calls and allocations fail, each
 * named by where it is made.
 *
 * System calls are taken by Syscall User Dispatch (Linux 5.11): every one of the process,
 * those inside libc too, comes here as SIGSYS; children and what is executed are free of
 * it.  Allocations are taken by name.  A call's site is a hash of its number and of the
 * return addresses on the stack, each relative to its module, so it is the same in every
 * run of the same build.
 *
 *	FAULT_PROGRAM   name of the program that is meant; others are left alone
 *	FAULT_LIST      append "program kind number site calls frames..." to this file at exit
 *	FAULT_KIND      "call" or "memory": what fails
 *	FAULT_SITE      the site, in hex;  FAULT_NUMBER its system call
 *	FAULT_AT        which call there (1: the first)
 *	FAULT_ERRNO     with which error; 0: half of the bytes are read or written instead
 *	FAULT_FOREVER   set: all later calls of that number (all later allocations) too, and
 *	                again in each new process of the program
 *	FAULT_MARK      file that is made when it happens; where it is there already, a fault
 *	                that is not for ever has been, and nothing fails
 *	FAULT_SPEED     monotonic time and sleeps pass so many times as fast
 *
 * Built by tests/faults/sites.py.
 */
#include "tests/faults/fault_sites.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum {
	SPAWN_NUMBER = -2, /* of posix_spawn: the child must not be taken */
	DISPATCH = 59,     /* PR_SET_SYSCALL_USER_DISPATCH */
};

static volatile char selector; /* 0: calls go through, 1: they come here */
static bool is_call_kind, is_memory_kind, is_listing, is_forever, has_fired, is_ready;
static uint64_t wanted_site;
static long wanted_number, wanted_at, wanted_errno, wanted_seen;
static int64_t speed = 1;
static struct timespec began;
static const char *mark_path;

/* ---- the way past the dispatch ------------------------------------------------------ */

void shim_restorer(void);
/* the restorer has the bytes by which the unwinder knows a signal's frame */
__asm__(".text\n.balign 64\n"
	".global shim_stub_begin\n.hidden shim_stub_begin\nshim_stub_begin:\n"
	".global shim_raw\n.hidden shim_raw\n.type shim_raw,@function\nshim_raw:\n"
	"mov %rdi,%rax\nmov %rsi,%rdi\nmov %rdx,%rsi\nmov %rcx,%rdx\nmov %r8,%r10\n"
	"mov %r9,%r8\nmov 8(%rsp),%r9\nsyscall\nret\n"
	".balign 16\nnop\n.global shim_restorer\n.hidden shim_restorer\n"
	".type shim_restorer,@function\nshim_restorer:\n"
	"mov $15,%rax\nsyscall\nnop\n"
	".global shim_stub_end\n.hidden shim_stub_end\nshim_stub_end:\nnop\n");

/* ---- does this one fail? --------------------------------------------------------------- */

static void mark(void)
{
	long fd;

	if (!mark_path)
		return;
	fd = shim_raw(SYS_open, (long)mark_path, O_WRONLY | O_CREAT, 0600, 0, 0, 0);
	if (fd >= 0)
		shim_raw(SYS_close, fd, 0, 0, 0, 0, 0);
}

static bool fails(long number)
{
	struct shim_site *site;

	if (has_fired)
		return is_forever && number == wanted_number;
	if (!is_listing && number != wanted_number)
		return false;
	site = shim_site_of(number);
	if (!site)
		return false;
	site->calls++;
	if (is_listing || site->key != wanted_site || ++wanted_seen != wanted_at)
		return false;
	has_fired = true;
	mark();
	return true;
}

/* ---- system calls ------------------------------------------------------------------------ */

/* What cannot fail, or not for a reason outside of the process; memory is for T09. */
static bool may_fail(long number, const long *argument)
{
	switch (number) {
	case SYS_brk:
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_mremap:
	case SYS_exit:
	case SYS_exit_group:
	case SYS_rt_sigaction:
	case SYS_rt_sigprocmask:
	case SYS_rt_sigreturn:
	case SYS_sigaltstack:
	case SYS_clone:
	case SYS_clone3:
	case SYS_fork:
	case SYS_vfork:
	case SYS_execve:
	case SYS_futex:
	case SYS_getpid:
	case SYS_gettid:
	case SYS_getppid:
	case SYS_getuid:
	case SYS_geteuid:
	case SYS_getgid:
	case SYS_getegid:
	case SYS_umask:
	case SYS_sched_yield:
	case SYS_clock_gettime:
	case SYS_clock_nanosleep:
	case SYS_nanosleep:
	case SYS_gettimeofday:
	case SYS_set_robust_list:
	case SYS_set_tid_address:
	case SYS_rseq:
	case SYS_arch_prctl:
		return false;
	case SYS_mmap:
		return !(argument[3] & MAP_ANONYMOUS);
	case SYS_write: /* who may not write cannot say so either */
		return argument[0] != STDERR_FILENO;
	default:
		return true;
	}
}

static long halved(long bytes)
{
	/* whole sectors stay whole: a disk gives no less */
	return bytes >= 1024 ? bytes / 2 / 512 * 512 : bytes / 2;
}

static long failed(long number, const long *a)
{
	long half;

	if (wanted_errno != 0) {
		if (number == SYS_close) /* the descriptor is gone all the same */
			shim_raw(number, a[0], 0, 0, 0, 0, 0);
		return -wanted_errno;
	}
	half = a[2] > 1 ? halved(a[2]) : a[2];
	return shim_raw(number, a[0], a[1], half, a[3], a[4], a[5]);
}

/* Signals are ours to keep open: a call that is taken while SIGSYS is blocked kills. */
static long set_mask(ucontext_t *context, const long *a)
{
	uint64_t now, set = 0;

	memcpy(&now, &context->uc_sigmask, sizeof(now));
	if (a[2])
		memcpy((void *)a[2], &now, sizeof(now));
	if (!a[1])
		return 0;
	memcpy(&set, (const void *)a[1], sizeof(set));
	if (a[0] == SIG_BLOCK)
		now |= set;
	else if (a[0] == SIG_UNBLOCK)
		now &= ~set;
	else
		now = set;
	now &= ~(UINT64_C(1) << (SIGSYS - 1));
	memcpy(&context->uc_sigmask, &now, sizeof(now));
	return 0;
}

static struct timespec faster(const struct timespec *slow)
{
	int64_t ns = ((int64_t)slow->tv_sec * 1000000000 + slow->tv_nsec) / speed;

	return (struct timespec){ .tv_sec = ns / 1000000000,
		.tv_nsec = ns % 1000000000 };
}

static long perform(long number, const long *a)
{
	struct timespec shorter;

	if (speed > 1 && number == SYS_ppoll && a[2]) {
		shorter = faster((const struct timespec *)a[2]);
		return shim_raw(number, a[0], a[1], (long)&shorter, a[3], a[4], a[5]);
	}
	if (speed > 1 && number == SYS_poll && a[2] > 0)
		return shim_raw(
			number, a[0], a[1], (a[2] + speed - 1) / speed, 0, 0, 0);
	if (speed > 1 && number == SYS_nanosleep) {
		shorter = faster((const struct timespec *)a[0]);
		return shim_raw(number, (long)&shorter, a[1], 0, 0, 0, 0);
	}
	if (speed > 1 && number == SYS_clock_nanosleep && a[1] == 0) {
		shorter = faster((const struct timespec *)a[2]);
		return shim_raw(number, a[0], a[1], (long)&shorter, a[3], 0, 0);
	}
	return shim_raw(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void on_call(int signal_number, siginfo_t *info, void *context_)
{
	ucontext_t *context = context_;
	greg_t *reg = context->uc_mcontext.gregs;
	long number = info->si_syscall, result;
	long a[6] = { reg[REG_RDI], reg[REG_RSI], reg[REG_RDX], reg[REG_R10],
		reg[REG_R8], reg[REG_R9] };
	int saved = errno;

	(void)signal_number;
	selector = 0;
	switch (number) {
	case SYS_clone:
	case SYS_clone3:
	case SYS_fork:
	case SYS_vfork:
	case SYS_rt_sigreturn:
		/* natively, where it stands; posix_spawn and fork arm again after it */
		reg[REG_RAX] = number;
		reg[REG_RIP] -= 2;
		errno = saved;
		return;
	case SYS_rt_sigprocmask:
		result = set_mask(context, a);
		break;
	case SYS_rt_sigaction:
		result = a[0] == SIGSYS ? 0 : perform(number, a);
		break;
	default:
		result = is_call_kind && may_fail(number, a) && fails(number)
			? failed(number, a)
			: perform(number, a);
	}
	reg[REG_RAX] = result;
	errno = saved;
	selector = 1;
}

struct kernel_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static void take_calls(void)
{
	struct kernel_action action = { .handler = on_call,
		.flags = SA_SIGINFO | SA_NODEFER | 0x04000000 /* SA_RESTORER */,
		.restorer = shim_restorer };

	if (shim_raw(SYS_rt_sigaction, SIGSYS, (long)&action, 0, 8, 0, 0) != 0 ||
		shim_raw(SYS_prctl, DISPATCH, 1, (long)shim_stub_begin,
			shim_stub_end - shim_stub_begin, (long)&selector, 0) != 0) {
		static const char text[] = "fault shim: no syscall user dispatch\n";

		shim_raw(SYS_write, 2, (long)text, sizeof(text) - 1, 0, 0, 0);
		shim_raw(SYS_exit_group, 99, 0, 0, 0, 0, 0);
	}
	selector = 1;
}

/* ---- what starts processes and threads: they are not taken, the call may fail -------------- */

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define UNTAKEN(result, call)              \
	do {                               \
		char was_taken = selector; \
                                           \
		selector = 0;              \
		(result) = (call);         \
		selector = was_taken;      \
	} while (0)

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *attributes, char *const argv[],
	char *const environment[])
{
	int r;

	if (is_ready && is_call_kind && fails(SPAWN_NUMBER))
		return wanted_errno ? (int)wanted_errno : EAGAIN;
	UNTAKEN(r,
		REAL(posix_spawn)(pid, path, actions, attributes, argv, environment));
	return r;
}

pid_t fork(void)
{
	pid_t r;

	UNTAKEN(r, REAL(fork)());
	return r;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*begin)(void *), void *argument)
{
	int r;

	UNTAKEN(r, REAL(pthread_create)(thread, attributes, begin, argument));
	return r;
}

/* ---- time ---------------------------------------------------------------------------------- */

static int real_clock(clockid_t clock, struct timespec *ret_now)
{
	static int (*next)(clockid_t, struct timespec *);

	if (!next)
		next = REAL(clock_gettime);
	return next(clock, ret_now);
}

int clock_gettime(clockid_t clock, struct timespec *ret_now)
{
	int r = real_clock(clock, ret_now);
	int64_t ns;

	if (r < 0 || clock != CLOCK_MONOTONIC || speed <= 1 || !is_ready)
		return r;
	ns = ((int64_t)ret_now->tv_sec - began.tv_sec) * 1000000000 + ret_now->tv_nsec -
		began.tv_nsec;
	ns = (int64_t)began.tv_sec * 1000000000 + began.tv_nsec + ns * speed;
	ret_now->tv_sec = ns / 1000000000;
	ret_now->tv_nsec = ns % 1000000000;
	return 0;
}

/* ---- memory ------------------------------------------------------------------------------ */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

/* Asked for by the program itself or a library that says so when it gets none: librrd and
 * the GLib below it end the process, which says nothing about us. */
static bool is_meant_to_fail(const void *caller)
{
	static const char *const libraries[] = { "libsqlite3", "libcjson",
		"libsmartcols", "libkissfft", "libxxhash", "libcurl" };
	const struct shim_module *m = shim_module_of((uintptr_t)caller);

	/* libc asks for whom it works: fopen, opendir ... */
	if (m && strncmp(m->name, "libc.so", 7) == 0) {
		void *address[16];
		int count = backtrace(address, 16);

		for (int i = 0; i < count; i++) {
			const struct shim_module *at =
				shim_module_of((uintptr_t)address[i]);

			if (at && at != m &&
				at != shim_module_of((uintptr_t)shim_stub_begin)) {
				m = at;
				break;
			}
		}
	}
	if (!m || strncmp(m->name, "libc.so", 7) == 0)
		return false;
	if (!strstr(m->name, ".so"))
		return true;
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		if (strncmp(m->name, libraries[i], strlen(libraries[i])) == 0)
			return true;
	return false;
}

static bool memory_fails(const void *caller)
{
	static __thread bool is_inside;
	static char is_taken; /* threads share the table */
	bool result;
	char was_taken;

	if (!is_ready || !is_memory_kind || is_inside)
		return false;
	is_inside = true;
	if (!is_meant_to_fail(caller)) {
		is_inside = false;
		return false;
	}
	was_taken = selector;
	selector = 0;
	while (__atomic_test_and_set(&is_taken, __ATOMIC_ACQUIRE))
		;
	result = fails(MEMORY_NUMBER);
	__atomic_clear(&is_taken, __ATOMIC_RELEASE);
	selector = was_taken;
	is_inside = false;
	if (result)
		errno = ENOMEM;
	return result;
}

#define MEMORY_FAILS() memory_fails(__builtin_return_address(0))

void *malloc(size_t size)
{
	return MEMORY_FAILS() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return MEMORY_FAILS() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return MEMORY_FAILS() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes = 0;

	if (__builtin_mul_overflow(count, size, &bytes) || MEMORY_FAILS())
		return NULL;
	return __libc_realloc(old, bytes);
}

char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = MEMORY_FAILS() ? NULL : __libc_malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

/* ---- begin and end ------------------------------------------------------------------------ */

static long number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : 0;
}

static bool is_meant(void)
{
	const char *wanted = getenv("FAULT_PROGRAM");

	return wanted && strcmp(program_invocation_short_name, wanted) == 0;
}

__attribute__((constructor)) static void set_up(void)
{
	const char *kind = getenv("FAULT_KIND"), *site = getenv("FAULT_SITE");
	void *warm[4];

	speed = number_of("FAULT_SPEED") > 1 ? number_of("FAULT_SPEED") : 1;
	real_clock(CLOCK_MONOTONIC, &began);
	mark_path = getenv("FAULT_MARK");
	is_forever = getenv("FAULT_FOREVER") != NULL;
	is_listing = getenv("FAULT_LIST") != NULL;
	is_memory_kind = kind && strcmp(kind, "memory") == 0;
	is_call_kind = kind && strcmp(kind, "call") == 0;
	wanted_site = site ? strtoull(site, NULL, 16) : 0;
	wanted_number = is_memory_kind ? MEMORY_NUMBER : number_of("FAULT_NUMBER");
	wanted_at = number_of("FAULT_AT");
	wanted_errno = number_of("FAULT_ERRNO");
	if (!is_meant() ||
		(!is_listing && mark_path && !is_forever &&
			access(mark_path, F_OK) == 0)) {
		is_memory_kind = is_call_kind = false;
		has_fired =
			true; /* it has been, or is another's: only time is faster */
		is_forever = false;
		is_listing = false;
	}
	if (shim_sites_begin() < 0)
		_exit(98);
	(void)backtrace(warm, 4); /* loads the unwinder */
	is_ready = true;
	if (is_call_kind || speed > 1)
		take_calls();
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("FAULT_LIST");
	long fd;

	if (!is_ready || !is_listing || !path)
		return;
	selector = 0;
	is_ready = false;
	fd = shim_raw(
		SYS_open, (long)path, O_WRONLY | O_CREAT | O_APPEND, 0600, 0, 0, 0);
	if (fd < 0)
		return;
	shim_sites_print((int)fd, is_memory_kind ? "memory" : "call");
	shim_raw(SYS_close, fd, 0, 0, 0, 0, 0);
}
