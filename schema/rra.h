/*
 * The archives (RRAs) of an RRD file: which consolidation functions, steps and row
 * counts, and what they cost on the disk.
 */
#ifndef SCHEMA_RRA_H
#define SCHEMA_RRA_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rra_cf {
	RRA_AVERAGE,
	RRA_MIN,
	RRA_MAX,
};

/* "AVERAGE", "MIN", "MAX", as librrd writes them. */
const char *rra_cf_name(enum rra_cf cf);

struct rra {
	enum rra_cf cf;
	unsigned pdp_per_row; /* row step / base step */
	uint64_t rows;
};

#define RRA_COUNT_MAX 8

struct rra_set {
	unsigned step_s;      /* base step */
	unsigned heartbeat_s; /* 3 steps */
	double xff;           /* 0.5: a row with more than half unknown is unknown */
	struct rra rra[RRA_COUNT_MAX];
	size_t count;
};

/* How long the daemon keeps rows; 0 s: no such rows. */
struct rra_settings {
	uint64_t base_keep_s; /* base step, AVERAGE alone */
	unsigned fine_step_s;
	uint64_t fine_keep_s; /* AVERAGE, MIN, MAX */
	unsigned coarse_step_s;
	uint64_t coarse_keep_s; /* AVERAGE, MIN, MAX */
};

/* 2 days; 60 s for 13 weeks; 1 h for 3 years. */
extern const struct rra_settings rra_settings_default;
/* first-look and make demo: base-step rows for two hours alone. */
extern const struct rra_settings rra_settings_demo;

/* The sampling steps of the daemon: 1, 2, 5, 10, 15, 20, 30, 60, 120, 300 s. */
bool rra_is_sampling_step(unsigned step_s);

/*
 * rra_set_daemon - the archives of a file the daemon samples into
 *
 * A base step of fine_step_s or more is kept for fine_keep_s as it is (one reading a
 * slot: AVERAGE alone, all functions agree).  with_min false leaves MIN rows out.
 * Returns 0, or -EINVAL with the text set (steps that do not divide each other,
 * nothing to keep).
 */
int rra_set_daemon(const struct rra_settings *settings, unsigned step_s, bool with_min,
	struct rra_set *ret_archives, struct err *err);

/* The archives of an imported file: base-step rows alone, as many as it brings. */
void rra_set_import(unsigned step_s, uint64_t rows, struct rra_set *ret_archives);

/* Bytes of a whole RRD file of that many data sources (as x86-64 lays them out). */
uint64_t rra_set_file_bytes(const struct rra_set *archives, size_t source_count);
/* Bytes before the first row. */
uint64_t rra_set_header_bytes(const struct rra_set *archives, size_t source_count);

#endif
