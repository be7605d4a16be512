/* A machine whose /proc and /sys the test writes. */
#ifndef TESTS_UNIT_PROBES_COLLECT_ROOT_H
#define TESTS_UNIT_PROBES_COLLECT_ROOT_H

#include "tests/support.h"
#include "tests/scratch_dir.h"
#include "common/strbuf.h"
#include "probes/collect.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NET_HEAD "Inter-| Receive | Transmit\n face |bytes\n"

struct fixture {
	char path[64];
	struct host_root root;
	struct collect *collect;
	struct rate_instant now;
};

void put_file(const struct fixture *fixture, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void remove_file(const struct fixture *fixture, const char *name);

void put_nic(const struct fixture *fixture, const char *name, int mbit);

void put_disk(const struct fixture *fixture, const char *name);

void put_basics(const struct fixture *fixture);

int setup(void **state);

int teardown(void **state);

void tick(struct fixture *fixture, double elapsed_s);

/* The value of "net-eth0 rx_bps"; fails when there is no such column. */
double value_of(const struct fixture *fixture, const char *file, const char *source);

bool has_file(const struct fixture *fixture, const char *instance);

#endif
