/* The simulated machine's own: proc files, clocks, boots. */
#include "tests/simulator/world.h"
#include "tests/simulator/shared.h"
#include "common/clock.h"
#include "tests/unit/probes/machines_root.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TOTAL_KIB INT64_C(24684096)
#define BOOT_NS (30 * NS_PER_S)
#define JIFFIES_PER_S 100

static void world_boot_id(const struct world *world)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "%08x-0000-4000-8000-%012x\n",
		world->boots, world->boots * 7919u);

	memory_root_put("proc/sys/kernel/random/boot_id", text, (size_t)length);
}

void world_init(struct world *world, const char *root, int64_t start_s)
{
	static const char cpuinfo[] =
		"processor\t: 0\nmodel name\t: Simulated CPU @ 2.00GHz\n"
		"cpu MHz\t\t: 2000.000\nphysical id\t: 0\ncore id\t\t: 0\n"
		"cpu cores\t: 1\n\n";

	memset(world, 0, sizeof(*world));
	(void)mkdir(root, 0755);
	memory_root_begin();
	memory_root_put("proc/cpuinfo", cpuinfo, sizeof(cpuinfo) - 1);
	shared->is_clock_on = true;
	shared->mono_ns = shared->boot_ns = 0;
	shared->real_ns = start_s * NS_PER_S;
	world_boot_id(world);
	world_show(1);
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

/* Fixed widths of the fields that change: the text is made once. */
static void put_number(char *text, const char *name, size_t offset, long long number)
{
	char *at = strstr(text, name) + offset;

	for (int i = 20; i-- > 0; number /= 10)
		at[i] = (char)(number > 0 || i == 19 ? '0' + number % 10 : ' ');
}

void world_show(uint32_t number)
{
	static char memory[] = "MemTotal:       00000000000000000000 kB\n"
			       "MemFree:        00000000000000000000 kB\n"
			       "MemAvailable:   00000000000000000000 kB\n"
			       "Buffers: 0 kB\nCached: 0 kB\nSwapTotal: 0 kB\n"
			       "SwapFree: 0 kB\nCommitted_AS: 0 kB\n";
	static char stat[] = "cpu  0 0 0 00000000000000000000 0 0 0 0 0 0\n"
			     "cpu0 0 0 0 00000000000000000000 0 0 0 0 0 0\n"
			     "ctxt 1\nbtime 1700000000\nprocesses 1\n"
			     "procs_running 1\nprocs_blocked 0\n";
	enum { MEMORY_AT = 16, STAT_AT = 11 };
	long long free_kib = TOTAL_KIB - (long long)number * (WORLD_TICK_BYTES / 1024);
	long long idle = shared->mono_ns / (NS_PER_S / JIFFIES_PER_S);

	put_number(memory, "MemTotal:", MEMORY_AT, TOTAL_KIB);
	put_number(memory, "MemFree:", MEMORY_AT, free_kib);
	put_number(memory, "MemAvailable:", MEMORY_AT, free_kib);
	memory_root_put("proc/meminfo", memory, sizeof(memory) - 1);
	put_number(stat, "cpu ", STAT_AT, idle);
	put_number(stat, "cpu0", STAT_AT, idle);
	memory_root_put("proc/stat", stat, sizeof(stat) - 1);
}
