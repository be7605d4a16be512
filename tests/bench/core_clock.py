"""A clock for the benches of packing: processor time of analyze and of its solver.

A limit of 10 s is then 10 s of one core, however busy the machine is; CORE_CLOCK_TIMES
says how many times as slow that core is to seem.  A small library,
compiled here and put before libc's, answers CLOCK_MONOTONIC with the time that all
processes of one run have used; the programs themselves know nothing of it.
"""
import os
import subprocess
import tempfile

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 64
#define FRESH_NS 200000 /* of true time, for which the last answer stands */
#define NS 1000000000

static struct shared {
	_Atomic int count;
	struct {
		_Atomic int pid;
		_Atomic int64_t used_ns;
	} process[PROCESSES];
} *shared;
static int (*true_gettime)(clockid_t, struct timespec *);
static int (*true_poll)(struct pollfd *, nfds_t, int);
static int64_t asked_ns, answer_ns;
static int64_t times = 1;

static int64_t read_ns(clockid_t id)
{
	struct timespec time;

	return true_gettime(id, &time) ? -1 : (int64_t)time.tv_sec * NS + time.tv_nsec;
}

/* A process that is seen from now on; a fork of one is another. */
static void take_place(void)
{
	int own = atomic_fetch_add(&shared->count, 1);

	if (own < PROCESSES)
		atomic_store(&shared->process[own].pid, getpid());
	asked_ns = 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("CORE_CLOCK");
	int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *at = file < 0 ? MAP_FAILED
			    : mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				      MAP_SHARED, file, 0);

	if (getenv("CORE_CLOCK_TIMES"))
		times = atoi(getenv("CORE_CLOCK_TIMES"));
	true_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	true_poll = dlsym(RTLD_NEXT, "poll");
	if (file >= 0)
		close(file);
	if (at == MAP_FAILED)
		return;
	shared = at;
	take_place();
	pthread_atfork(NULL, NULL, take_place);
}

/* One that has ended keeps what was last seen of it. */
static int64_t used_ns(void)
{
	int64_t sum = 0;

	for (int i = 0; i < PROCESSES && i < atomic_load(&shared->count); i++) {
		int pid = atomic_load(&shared->process[i].pid);
		int64_t seen = atomic_load(&shared->process[i].used_ns), used = -1;
		clockid_t id;

		if (pid > 0 && clock_getcpuclockid(pid, &id) == 0)
			used = read_ns(id);
		if (used > seen)
			atomic_store(&shared->process[i].used_ns, seen = used);
		sum += seen;
	}
	return times * sum;
}

int clock_gettime(clockid_t id, struct timespec *time)
{
	int64_t now = 0;

	if (!true_gettime)
		true_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	if (id != CLOCK_MONOTONIC || !shared)
		return true_gettime(id, time);
	now = read_ns(CLOCK_MONOTONIC);
	if (now - asked_ns > FRESH_NS) {
		asked_ns = now;
		answer_ns = used_ns();
	}
	/* never zero: some take that for a clock that was not read */
	time->tv_sec = 1000 + answer_ns / NS;
	time->tv_nsec = answer_ns % NS;
	return 0;
}

#define TURN_MS 20
#define IDLE 200 /* times what is waited for, where nobody works */

/* What is waited for is the work of another process: so long in its time. */
int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	int64_t end_ns = 0, idle_ns = 0;
	int r = 0;

	if (!true_poll)
		true_poll = dlsym(RTLD_NEXT, "poll");
	if (!shared || timeout <= 0)
		return true_poll(fds, count, timeout);
	end_ns = used_ns() + (int64_t)timeout * (NS / 1000);
	idle_ns = read_ns(CLOCK_MONOTONIC) + (int64_t)timeout * (NS / 1000) * IDLE;
	do {
		r = true_poll(fds, count, timeout < TURN_MS ? timeout : TURN_MS);
	} while (r == 0 && used_ns() < end_ns && read_ns(CLOCK_MONOTONIC) < idle_ns);
	return r;
}
"""
SIZE = 4096


class CoreClock:
    """Runs commands whose monotonic clock is the processor time of the run."""

    def __init__(self, folder):
        self.folder = folder
        self.library = os.path.join(folder, "core_clock.so")
        source = os.path.join(folder, "core_clock.c")
        with open(source, "w") as out:
            out.write(SOURCE)
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", "-o",
                        self.library, source, "-ldl",
                        "-lpthread"], check=True)

    def run(self, command, **options):
        with tempfile.NamedTemporaryFile(dir=self.folder) as page:
            page.truncate(SIZE)
            environment = dict(os.environ, LD_PRELOAD=self.library, CORE_CLOCK=page.name)
            return subprocess.run(command, env=environment, **options)


class WallClock:
    """The clock as it is."""

    def run(self, command, **options):
        return subprocess.run(command, **options)


def choose(is_wall, folder):
    return WallClock() if is_wall else CoreClock(folder)
