/* Machines made up at random, as their /proc and /sys. */
#ifndef TESTS_UNIT_PROBES_MACHINES_MADE_H
#define TESTS_UNIT_PROBES_MACHINES_MADE_H

#include "tests/support.h"
#include "tests/scratch_dir.h"
#include "tests/unit/probes/machines_root.h"
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
	double per_s[2];   /* bytes or sectors, in and out */
	double group_s[2]; /* of a disk: the part that our control group moves */
	bool is_own;
	bool is_late; /* comes with reading 3, and its master with the next one */
};

/* Whose figures count where /proc is the host's (F51). */
enum group_kind {
	GROUP_NONE,
	GROUP_V1,
	GROUP_V2,
	GROUP_UNCLEAR, /* process 1 is of another one: memory cannot be told */
};

struct machine {
	char path[64]; /* of its files; "" they are in memory */
	unsigned long number;
	uint64_t random;
	bool is_container, is_guest, is_hybrid, has_garbage_idle;
	unsigned cpus, threads, cpus_left; /* cpus_left from reading 4 on */
	double busy;
	double mhz[64];
	struct part nic[PARTS_MAX], disk[PARTS_MAX];
	unsigned nics, disks;
	double total_kib, available_kib, free_kib, huge_free;
	/* more that the kernel gives back: pages of 64 kB, the cache of ZFS over its floor */
	bool is_huge_own;
	double small_free, arc_bytes, arc_floor, balloon_kib;
	enum group_kind group;
	bool is_laid_over; /* files of /proc are the container's: lxcfs */
	char group_path[64];
	double group_cpus;                            /* that it uses */
	double group_bytes, group_files, group_limit; /* limit 0: none */
	bool has_group_cpu, has_group_io, is_io_of_head;
};

unsigned pick(struct machine *m, unsigned below);

void put_text(const struct machine *m, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void make_nics(struct machine *m);

void make_disks(struct machine *m);

void make_cpus(struct machine *m);

void make_memory(struct machine *m);

/* /proc is the host's, and what counts is the group's. */
static inline bool is_of_group(const struct machine *m)
{
	return (m->group == GROUP_V1 || m->group == GROUP_V2) && !m->is_laid_over;
}

/* Its control group, and whether there is one; before everything else. */
void make_group(struct machine *m);
void put_group(const struct machine *m, unsigned reading);

void put_link(const struct machine *m, const char *name, const char *target);

unsigned cpus_at(const struct machine *m, unsigned reading);

void put_reading(const struct machine *m, unsigned reading);

#endif
