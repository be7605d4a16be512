/* Machines made up at random, as their /proc and /sys. */
#ifndef TESTS_UNIT_PROBES_MACHINES_MADE_H
#define TESTS_UNIT_PROBES_MACHINES_MADE_H

#include "tests/support.h"
#include "tests/scratch_dir.h"
#include "probes/collect.h"
#include "probes/slow/fs_mounts.h"
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READINGS = 7, STEP_S = 10, PARTS_MAX = 12 };

/* One name that a kernel lists, and whether its traffic is the machine's own. */
struct part {
	char name[32];
	double per_s[2]; /* bytes or sectors, in and out */
	bool is_own;
	bool is_late; /* comes with reading 3, and its master with the next one */
};

struct machine {
	char path[64];
	uint64_t random;
	bool is_container, is_guest, is_hybrid, has_garbage_idle;
	unsigned cpus, threads, cpus_left; /* cpus_left from reading 4 on */
	double busy;
	double mhz[64];
	struct part nic[PARTS_MAX], disk[PARTS_MAX];
	unsigned nics, disks;
	double total_kib, available_kib, free_kib, huge_free;
};

unsigned pick(struct machine *m, unsigned below);

void put_text(const struct machine *m, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void make_nics(struct machine *m);

void make_disks(struct machine *m);

void make_cpus(struct machine *m);

void make_memory(struct machine *m);

unsigned cpus_at(const struct machine *m, unsigned reading);

void put_reading(const struct machine *m, unsigned reading);

#endif
