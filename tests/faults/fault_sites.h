/*
 * Where a call is made: a hash of its number and of the return addresses on the stack, each
 * relative to its module.  Hidden, as this is loaded into programs that have names of their
 * own.
 */
#ifndef TESTS_FAULTS_FAULT_SITES_H
#define TESTS_FAULTS_FAULT_SITES_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum {
	SHIM_FRAMES = 40,
	MEMORY_NUMBER = -1, /* of an allocation, where a system call has its own */
};

struct shim_site {
	uint64_t key; /* 0: free */
	long number;
	unsigned long calls;
	int frames;
	uintptr_t frame[SHIM_FRAMES];
};

struct shim_module {
	uintptr_t begin, end, base;
	const char *name;
	uint64_t name_hash;
};

/* A system call that no one takes. */
long shim_raw(long number, long a, long b, long c, long d, long e, long f);
extern const char shim_stub_begin[], shim_stub_end[]; /* its instructions */

/* Before anything else here; -1: no memory. */
int shim_sites_begin(void);
/* The site of who calls now; NULL: there are too many. */
struct shim_site *shim_site_of(long number);
/* The module in which an address lies; NULL: none that was loaded at the start. */
const struct shim_module *shim_module_of(uintptr_t address);
/* All sites, a line each. */
void shim_sites_print(int fd, const char *kind);

#pragma GCC visibility pop

#endif
