/*
 * Readings on their way from a parser to the archives, kept compactly: 16 bytes and
 * 8 for each value that is there.  Workloads may come in any order; what does not fit
 * into the memory that was granted goes to a nameless file.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_READING_H
#define ANALYZE_IMPORT_READING_H

#include "schema/figure.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A cell is a figure's mean, minimum or maximum. */
enum { CELL_MEAN, CELL_MIN, CELL_MAX, CELL_KINDS };
#define CELL(figure, kind) ((unsigned)(figure) + (unsigned)(kind)*FIGURE_COUNT)
#define CELL_COUNT (FIGURE_COUNT * CELL_KINDS)

struct reading {
	int64_t stamp; /* whole Unix seconds UTC */
	uint64_t
		known; /* bit CELL(figure, kind); minimum and maximum only with the mean */
	double value[CELL_COUNT]; /* by cell; only the known ones mean anything */
};

/* cell: CELL(figure, kind). */
static inline void reading_set(struct reading *reading, unsigned cell, double value)
{
	reading->known |= UINT64_C(1) << cell;
	reading->value[cell] = value;
}

/* That cell is known. */
static inline bool reading_has(const struct reading *reading, unsigned cell)
{
	return reading->known >> cell & 1;
}

/*
 * reading_derive - form the demands of docs/method.md, "Demand", from their parts
 *
 * network = max(received, sent), disk = read + written, disk operations likewise; a
 * part that is unknown makes the demand unknown.  Extremes: the maximum of the network
 * is exact, that of a sum an upper bound, the minima lower bounds.  A figure whose bit
 * is in `given` is left as it is (the input has a column for it).
 */
void reading_derive(struct reading *reading, uint64_t given);

/* A reading as it is kept: the values follow, in the order of the bits. */
struct packed_reading {
	int64_t stamp;
	uint64_t known;
	double value[];
};

/* Bytes of a packed reading with so many values. */
static inline size_t packed_reading_bytes(uint64_t known)
{
	return sizeof(struct packed_reading) +
		sizeof(double) * (size_t)__builtin_popcountll(known);
}

struct spool; /* opaque */

/*
 * spool_new - room for the readings of many workloads
 *
 * dir           where the nameless file is made when it is needed; borrowed
 * memory_bytes  kept in memory at most, beside 1 KiB for each workload
 */
int spool_new(const char *dir, size_t memory_bytes, struct spool **ret_spool,
	struct err *err);
void spool_free(struct spool *spool);  /* NULL is a no-op */
void spool_clear(struct spool *spool); /* empty again; keeps the memory */

/* Workloads are numbered from 0, without large holes: each takes memory. */
int spool_put(struct spool *spool, uint32_t workload, const struct reading *reading,
	struct err *err);

/* The readings of one workload in the order they came. */
struct reading_block {
	char *bytes; /* packed readings, one after the other */
	size_t length, count;
	bool is_mapped; /* of a file, not of the heap */
};
int spool_load(struct spool *spool, uint32_t workload, struct reading_block *ret_block,
	struct err *err);
void reading_block_done(struct reading_block *block);

#endif
