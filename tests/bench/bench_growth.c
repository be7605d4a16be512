/*
 * How the cost of a reading grows with adapters, disks, CPUs and mounts: made-up roots in
 * a folder of their own, CPU time of the process per reading, what opening and reading the
 * files alone costs taken off.
 *
 *	bench_growth
 */
#include "common/err.h"
#include "common/strbuf.h"
#include "probes/collect.h"
#include "probes/slow/fs_mounts.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { READINGS = 200 };

static char root_path[64];

static void put_file(const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root_path, name);
	for (char *at = path + strlen(root_path) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
	file = fopen(path, "wb");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
}

static double cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static void put_adapters(unsigned count)
{
	struct strbuf text;
	char path[128];

	strbuf_init(&text, 16 << 20);
	strbuf_add(&text, "Inter-|   Receive |  Transmit\n face |bytes\n");
	for (unsigned i = 0; i < count; i++) {
		strbuf_addf(&text,
			"%7s%u: 123456789%03u 12345678 0 0 0 0 0 0 "
			"98765432%03u 1234567 0 0 0 0 0 0\n",
			"eth", i, i, i);
		snprintf(path, sizeof(path), "sys/class/net/eth%u/device/recorded", i);
		put_file(path, "");
	}
	put_file("proc/net/dev", strbuf_text(&text));
	strbuf_done(&text);
}

static void put_disks(unsigned count)
{
	struct strbuf text;
	char path[128];

	strbuf_init(&text, 16 << 20);
	for (unsigned i = 0; i < count; i++) {
		strbuf_addf(&text,
			"   8 %7u nvme%un1 66180 25354 2920002 8721 7735 8913 "
			"736632 1887 0 5440 10920 5570 40 256792 272 1121 39\n",
			i, i);
		snprintf(path, sizeof(path), "sys/block/nvme%un1/device/recorded", i);
		put_file(path, "");
	}
	put_file("proc/diskstats", strbuf_text(&text));
	strbuf_done(&text);
}

static void put_cpus(unsigned count)
{
	struct strbuf text;

	strbuf_init(&text, 16 << 20);
	strbuf_add(&text, "cpu  9000000 2000 3000000 80000000 4000 0 5000 6000 0 0\n");
	for (unsigned i = 0; i < count; i++)
		strbuf_addf(&text,
			"cpu%u 9000%03u 2000 3000000 80000000 4000 0 5000 6 0 0\n", i,
			i);
	strbuf_add(&text, "procs_running 1\nprocs_blocked 0\n");
	put_file("proc/stat", strbuf_text(&text));
	strbuf_done(&text);
}

/* Opening and reading the same files, nothing looked at. */
static double bare_us(void)
{
	static const char *const names[] = { "proc/stat", "proc/net/dev",
		"proc/diskstats" };
	static char text[4 << 20];
	double before = cpu_us();

	for (int n = 0; n < READINGS; n++)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			char path[512];
			ssize_t length;
			int fd;

			snprintf(path, sizeof(path), "%s/%s", root_path, names[i]);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				continue;
			length = pread(fd, text, sizeof(text), 0);
			if (length > 0)
				length = pread(fd, text, sizeof(text), length);
			close(fd);
		}
	return (cpu_us() - before) / READINGS;
}

static double reading_us(void)
{
	struct collect_options options = { .step_s = 1, .slow_every = 1 << 20 };
	struct rate_instant now = { .monotonic_ns = 1 };
	struct collect *collect = NULL;
	struct host_root root;
	struct err err = ERR_INIT;
	double before = 0;

	if (hostroot_open(&root, root_path, &err) < 0 ||
		collect_open(&collect, &root, &options, &err) < 0) {
		fprintf(stderr, "bench_growth: %s\n", err.text);
		exit(1);
	}
	for (int i = 0; i < READINGS + 3; i++) {
		if (i == 3)
			before = cpu_us();
		now.monotonic_ns += 1000000000;
		now.boottime_ns += 1000000000;
		collect_read(collect, &now);
	}
	before = (cpu_us() - before) / READINGS;
	collect_close(collect);
	hostroot_close(&root);
	return before;
}

static double mounts_us(unsigned count)
{
	static struct fs_mounts mounts;
	const struct fs_choice choice = { .with_network = false };
	struct strbuf text;
	double before;

	strbuf_init(&text, 16 << 20);
	strbuf_add(&text, "20 1 8:0 / / rw - ext4 /dev/sda rw\n");
	for (unsigned i = 1; i < count; i++)
		strbuf_addf(&text,
			"%u 20 8:%u / /srv/data%u rw,noatime - xfs /dev/sd%u rw\n",
			20 + i, i, i, i);
	before = cpu_us();
	for (int i = 0; i < READINGS; i++)
		fs_mounts_parse(strbuf_text(&text), text.length, &choice, &mounts);
	before = (cpu_us() - before) / READINGS;
	strbuf_done(&text);
	return before;
}

static void print_row(const char *what, unsigned count, double us, double base_us)
{
	printf("%-10s %6u %12.1f %12.3f\n", what, count, us, (us - base_us) / count);
}

static void measure(const char *what, void (*put)(unsigned count),
	const unsigned *counts, size_t rows)
{
	put(1);
	for (size_t i = 0; i < rows; i++) {
		double base_us;

		put(counts[i]);
		base_us = bare_us();
		print_row(what, counts[i], reading_us() - base_us, 0);
	}
	put(1);
}

static int remove_entry(
	const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

int main(void)
{
	static const unsigned adapters[] = { 1, 10, 100, 1000, 4000 };
	static const unsigned disks[] = { 1, 10, 100, 300, 1000 };
	static const unsigned cpus[] = { 1, 16, 64, 256, 1024 };
	static const unsigned mounts[] = { 10, 100, 300, 1000 };

	snprintf(root_path, sizeof(root_path), "/tmp/headroom-growth-XXXXXX");
	if (!mkdtemp(root_path)) {
		perror(root_path);
		return 1;
	}
	put_adapters(1);
	put_disks(1);
	put_cpus(1);
	printf("%-10s %6s %12s %12s\n", "of", "count", "us a reading", "us for each");
	measure("adapters", put_adapters, adapters,
		sizeof(adapters) / sizeof(adapters[0]));
	measure("disks", put_disks, disks, sizeof(disks) / sizeof(disks[0]));
	measure("cpus", put_cpus, cpus, sizeof(cpus) / sizeof(cpus[0]));
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		print_row("mounts", mounts[i], mounts_us(mounts[i]), 0);
	nftw(root_path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
