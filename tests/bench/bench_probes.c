/*
 * What parsing, rates and demands cost on top of a bare pread of the same files on kept
 * descriptors.  CPU time of the process, user and kernel; a forked child per window, so
 * that neither sees the other's caches; alternating windows.
 *
 *	bench_probes [SECONDS [WINDOWS]]     at 1 Hz, SECONDS a window (20), WINDOWS pairs (2)
 */
#include "common/err.h"
#include "probes/collect.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const files[] = { "/proc/stat", "/proc/meminfo",
	"/proc/pressure/cpu", "/proc/pressure/memory", "/proc/pressure/io",
	"/proc/loadavg", "/proc/net/dev", "/proc/diskstats" };
enum { FILES = sizeof(files) / sizeof(files[0]), HOT_CYCLES = 3000, WARM_UP = 3 };

static double cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static void sleep_until(struct timespec *next)
{
	next->tv_sec++;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
}

/* The floor: each file once, to its end, nothing looked at. */
struct floor_state {
	int fd[FILES];
	char text[1 << 20];
};

static void floor_read(struct floor_state *state)
{
	for (size_t i = 0; i < FILES; i++) {
		off_t at = 0;
		ssize_t n;

		if (state->fd[i] < 0)
			continue;
		while ((n = pread(state->fd[i], state->text, sizeof(state->text), at)) >
			3072)
			at += n;
	}
}

static void ours_read(struct collect *collect)
{
	struct timespec monotonic, boottime;
	struct rate_instant now;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boottime);
	now = (struct rate_instant){
		.monotonic_ns = monotonic.tv_sec * 1000000000LL + monotonic.tv_nsec,
		.boottime_ns = boottime.tv_sec * 1000000000LL + boottime.tv_nsec,
	};
	collect_read(collect, &now);
}

/* us per cycle; seconds 0: a hot loop. */
static double measure(bool is_ours, unsigned seconds)
{
	static struct floor_state floor_state;
	struct collect_options options = { .step_s = 1 };
	unsigned cycles = seconds ? seconds : HOT_CYCLES;
	struct collect *collect = NULL;
	struct host_root root = { .fd = -1 };
	struct err err = ERR_INIT;
	struct timespec next;
	double before = 0;

	if (is_ours) {
		if (hostroot_open(&root, "/", &err) < 0 ||
			collect_open(&collect, &root, &options, &err) < 0) {
			fprintf(stderr, "bench_probes: %s\n", err.text);
			exit(1);
		}
	} else {
		for (size_t i = 0; i < FILES; i++)
			floor_state.fd[i] = open(files[i], O_RDONLY | O_CLOEXEC);
	}
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (unsigned i = 0; i < cycles + WARM_UP; i++) {
		if (i == WARM_UP)
			before = cpu_us();
		if (is_ours)
			ours_read(collect);
		else
			floor_read(&floor_state);
		if (seconds)
			sleep_until(&next);
	}
	return (cpu_us() - before) / cycles;
}

static double measure_in_child(bool is_ours, unsigned seconds)
{
	double us = NAN;
	int ends[2];
	pid_t child;

	if (pipe(ends) < 0)
		return NAN;
	child = fork();
	if (child == 0) {
		us = measure(is_ours, seconds);
		_exit(write(ends[1], &us, sizeof(us)) == (ssize_t)sizeof(us) ? 0 : 1);
	}
	close(ends[1]);
	if (child < 0 || read(ends[0], &us, sizeof(us)) != (ssize_t)sizeof(us))
		us = NAN;
	close(ends[0]);
	waitpid(child, NULL, 0);
	return us;
}

static void compare(const char *name, unsigned seconds, unsigned windows)
{
	double sum[2] = { 0, 0 };

	for (unsigned i = 0; i < 2 * windows; i++)
		sum[i % 2] += measure_in_child(i % 2, seconds);
	printf("%-12s %10.1f %10.1f %8.3f\n", name, sum[0] / windows, sum[1] / windows,
		sum[1] / sum[0]);
	fflush(stdout);
}

static void print_memory(void)
{
	struct collect_options options = { .step_s = 1 };
	struct collect *collect = NULL;
	struct host_root root;
	struct err err = ERR_INIT;
	char line[256];
	FILE *status;

	if (hostroot_open(&root, "/", &err) < 0 ||
		collect_open(&collect, &root, &options, &err) < 0)
		return;
	ours_read(collect);
	ours_read(collect);
	printf("values kept a cycle: %zu\n", collect_snapshot(collect)->column_count);
	status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, "RssAnon", 7) || !strncmp(line, "RssFile", 7))
			fputs(line, stdout);
	if (status)
		fclose(status);
	collect_close(collect);
	hostroot_close(&root);
}

int main(int argc, char **argv)
{
	unsigned seconds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20;
	unsigned windows = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 2;

	print_memory();
	printf("%-12s %10s %10s %8s\n", "us a cycle", "pread", "probes", "ratio");
	compare("hot loop", 0, 5);
	if (seconds)
		compare("1 Hz", seconds, windows);
	return 0;
}
