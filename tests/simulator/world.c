/* The simulated machine's own: proc files, clocks, boots. */
#include "tests/simulator/world.h"
#include "tests/simulator/shared.h"
#include "common/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOTAL_KIB INT64_C(24684096)
#define BOOT_NS (30 * NS_PER_S)
#define JIFFIES_PER_S 100

static void world_fail(const char *what)
{
	perror(what);
	exit(2);
}

static int world_file(const char *root, const char *name, const char *text)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		(void)mkdir(path, 0755);
		*at = '/';
	}
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
		world_fail(path);
	return fd;
}

static void world_boot_id(const struct world *world)
{
	char text[64];

	snprintf(text, sizeof(text), "%08x-0000-4000-8000-%012x\n", world->boots,
		world->boots * 7919u);
	close(world_file(world->root, "proc/sys/kernel/random/boot_id", text));
}

void world_init(struct world *world, const char *root, int64_t start_s)
{
	memset(world, 0, sizeof(*world));
	snprintf(world->root, sizeof(world->root), "%s", root);
	(void)mkdir(root, 0755);
	world->meminfo = world_file(root, "proc/meminfo", "");
	world->stat = world_file(root, "proc/stat", "");
	close(world_file(root, "proc/cpuinfo",
		"processor\t: 0\nmodel name\t: Simulated CPU @ 2.00GHz\n"
		"cpu MHz\t\t: 2000.000\nphysical id\t: 0\ncore id\t\t: 0\n"
		"cpu cores\t: 1\n\n"));
	shared->is_clock_on = true;
	shared->mono_ns = shared->boot_ns = 0;
	shared->real_ns = start_s * NS_PER_S;
	world_boot(world);
	world_show(world, 1);
}

void world_done(struct world *world)
{
	close(world->meminfo);
	close(world->stat);
}

void world_pass(int64_t ns, bool is_asleep)
{
	shared->real_ns += ns;
	shared->boot_ns += ns;
	if (!is_asleep)
		shared->mono_ns += ns;
}

void world_boot(struct world *world)
{
	world->boots++;
	shared->mono_ns = shared->boot_ns = BOOT_NS;
	world_boot_id(world);
}

void world_show(const struct world *world, uint32_t number)
{
	char text[512];
	long long free_kib = TOTAL_KIB - (long long)number * (WORLD_TICK_BYTES / 1024);
	long long idle = shared->mono_ns / (NS_PER_S / JIFFIES_PER_S);
	int length;

	length = snprintf(text, sizeof(text),
		"MemTotal:       %12lld kB\nMemFree:        %12lld kB\n"
		"MemAvailable:   %12lld kB\nBuffers:        %12d kB\n"
		"Cached:         %12d kB\nSwapTotal:      %12d kB\n"
		"SwapFree:       %12d kB\nCommitted_AS:   %12d kB\n",
		(long long)TOTAL_KIB, free_kib, free_kib, 0, 0, 0, 0, 0);
	if (pwrite(world->meminfo, text, (size_t)length, 0) != length)
		world_fail("meminfo");
	length = snprintf(text, sizeof(text),
		"cpu  %20d 0 0 %20lld 0 0 0 0 0 0\ncpu0 %20d 0 0 %20lld 0 0 0 0 0 0\n"
		"ctxt 1\nbtime 1700000000\nprocesses 1\nprocs_running 1\n"
		"procs_blocked 0\n",
		0, idle, 0, idle);
	if (pwrite(world->stat, text, (size_t)length, 0) != length)
		world_fail("stat");
}
