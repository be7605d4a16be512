/*
 * What the processes of one simulated machine share: its clocks, its disk, and the fault
 * that waits for its moment.  One page of memory, made before the first fork; only one
 * process runs at a time, so nothing is locked.
 */
#ifndef TESTS_SIMULATOR_SHARED_H
#define TESTS_SIMULATOR_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_KILL,  /* SIGKILL before the call is made */
	FAULT_ERROR, /* the call fails */
	FAULT_HALF,  /* half of the bytes are written, as a full disk does */
};

struct fault {
	enum fault_kind kind;
	int error;     /* errno of FAULT_ERROR */
	int64_t after; /* changing calls until it strikes */
	int64_t run;   /* ... and how many it strikes */
	uint64_t struck;
};

struct shared {
	bool is_clock_on; /* the simulated clocks are the clocks */
	int64_t mono_ns, boot_ns, real_ns;
	uint64_t random; /* what the kernel's random numbers are drawn from */
	struct fault fault;
	bool is_killed;     /* a kill struck: the whole group goes */
	char data_dir[256]; /* what the journal watches */
	char grave_dir
		[256]; /* on the same file system: what was removed but not for good */
};

extern struct shared *shared;

/* Of this process: it is one of the daemon's, and faults may strike it. */
extern bool is_daemon;

/* A number from a seed: splitmix64. */
uint64_t chance_next(uint64_t *seed);
/* 0 .. below - 1 */
uint64_t chance_below(uint64_t *seed, uint64_t below);
/* One time in so many. */
bool chance_one_in(uint64_t *seed, uint64_t many);

#endif
