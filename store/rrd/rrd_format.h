/*
 * The bytes of an RRD file as librrd 1.7.2 lays them out on x86-64 (little-endian,
 * 8-byte longs), for the files of store/ alone.
 */
#ifndef STORE_RRD_RRD_FORMAT_H
#define STORE_RRD_RRD_FORMAT_H

#include <assert.h>
#include <stdint.h>

#define RRD_FLOAT_COOKIE 8.642135E130

union rrd_unival {
	uint64_t count;
	double value;
};

struct rrd_stat_head {
	char cookie[4];  /* "RRD" */
	char version[5]; /* "0003" to "0005" */
	double float_cookie;
	uint64_t column_count;
	uint64_t archive_count;
	uint64_t step_s;
	union rrd_unival unused[10];
};

struct rrd_ds_def {
	char name[20];
	char type[20];
	union rrd_unival par[10]; /* [0] heartbeat in seconds, [1] min, [2] max */
};

struct rrd_rra_def {
	char cf_name[20];
	uint64_t rows;
	uint64_t pdp_per_row;
	union rrd_unival par[10]; /* [0] xff */
};

struct rrd_live_head {
	int64_t last_update;
	int64_t last_update_us;
};

/* The unfinished step of each data source; the unfinished row of each archive and
 * data source. */
struct rrd_pdp_prep {
	char last_reading[30];
	union rrd_unival scratch[10];
};

struct rrd_cdp_prep {
	union rrd_unival scratch[10];
};

static_assert(sizeof(struct rrd_stat_head) == 128, "stat_head");
static_assert(sizeof(struct rrd_ds_def) == 120, "ds_def");
static_assert(sizeof(struct rrd_rra_def) == 120, "rra_def");
static_assert(sizeof(struct rrd_live_head) == 16, "live_head");
static_assert(sizeof(struct rrd_pdp_prep) == 112, "pdp_prep");
static_assert(sizeof(struct rrd_cdp_prep) == 80, "cdp_prep");
static_assert(sizeof(double) == 8, "double");

#if !defined(__x86_64__) && !(defined(__aarch64__) && defined(__AARCH64EL__))
#error "the RRD reader knows the layout of 64-bit little-endian machines only"
#endif

/* Where the parts of a header lie, for given counts. */
struct rrd_offsets {
	uint64_t ds_def, rra_def, live_head, pdp_prep, cdp_prep, rra_ptr, rows;
};

/* Bytes from the beginning of the file to each of its parts. */
static inline struct rrd_offsets rrd_offsets_of(uint64_t columns, uint64_t archives)
{
	struct rrd_offsets at = { .ds_def = sizeof(struct rrd_stat_head) };

	at.rra_def = at.ds_def + columns * sizeof(struct rrd_ds_def);
	at.live_head = at.rra_def + archives * sizeof(struct rrd_rra_def);
	at.pdp_prep = at.live_head + sizeof(struct rrd_live_head);
	at.cdp_prep = at.pdp_prep + columns * sizeof(struct rrd_pdp_prep);
	at.rra_ptr = at.cdp_prep + columns * archives * sizeof(struct rrd_cdp_prep);
	at.rows = at.rra_ptr + archives * sizeof(uint64_t);
	return at;
}

#endif
