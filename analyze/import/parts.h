/*
 * Parts: what a machine's figures are put together from (docs/method.md, "Demand"): the
 * adapters' received and sent, the devices' read and written, the processors' shares,
 * the kinds of memory.  The rules that make figures of them stand here once, for all
 * formats.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_PARTS_H
#define ANALYZE_IMPORT_PARTS_H

#include "analyze/import/reading.h"
#include "common/err.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum part {
	PART_CPU_BUSY_RATIO,     /* of all processors together, 0..1 */
	PART_CPU_ONE_BUSY_RATIO, /* of one processor; the instances' mean is the share */
	PART_CPU_MODE_RATIO, /* of one busy mode of one processor, instance "cpu:mode": the
			      * sum over all, by the processors that have a "user" */
	PART_CPU_USED_CORES, /* cores' worth of work; instances are added */
	PART_CPU_USED_MHZ,   /* instances are added */
	PART_CPU_CORES,
	PART_CPU_CORE_MHZ,
	PART_MEMORY_USED_BYTES,      /* the demand itself */
	PART_MEMORY_USED_RATIO,      /* of the total */
	PART_MEMORY_TOTAL_BYTES,     /* used = total - available */
	PART_MEMORY_AVAILABLE_BYTES, /* as the system estimates it */
	PART_MEMORY_FREE_BYTES,      /* available is never less */
	PART_NETWORK_BPS,            /* the demand itself */
	PART_NET_RX_BPS,             /* per adapter: the sum of max(received, sent) */
	PART_NET_TX_BPS,
	PART_NET_SPEED_BPS,
	PART_DISK_BYTES_PER_S,      /* read + written, per device */
	PART_DISK_READ_BYTES_PER_S, /* per device: added */
	PART_DISK_WRITE_BYTES_PER_S,
	PART_DISK_OPS_PER_S,
	PART_DISK_READ_OPS_PER_S,
	PART_DISK_WRITE_OPS_PER_S,
	PART_DISK_USED_BYTES, /* per file system */
	PART_DISK_SIZE_BYTES,
	/* what only comes in pieces */
	PART_CPU_IDLE_RATIO,    /* idle and waiting: the share is 1 - their sum */
	PART_MEMORY_SIZE_BYTES, /* every kind of memory: the total is their sum */
	PART_MEMORY_SPARE_BYTES, /* free, buffers, caches: what is available, estimated */
	PART_MEMORY_TAKEN_BYTES, /* what is in use, kind by kind */
	PART_COUNT,
};

/* The figure a part goes to, as the account says it: "net_rx_bps". */
const char *part_figure(enum part part);

/* By the name that files of rules have for it, "net_rx_bps" or "cpu_mode_ratio"; false:
 * there is none. */
bool part_find(const char *name, enum part *ret_part);
bool part_is_memory(enum part part); /* of memory in use, by whatever kind */
bool part_is_size(enum part part);   /* what there is: cores, MHz, bytes */

/* A device that is not there adds nothing; one that is there and unknown (NAN) makes
 * the sum unknown. */
#define PART_ABSENT (-INFINITY)

#define PART_COLUMNS_MAX 65536
/* Beside the kind: of the instances the highest one counts, where else their sum does. */
#define PART_GREATEST 4u

struct part_column {
	enum part part;
	unsigned kind; /* CELL_MEAN, CELL_MIN, CELL_MAX, and PART_GREATEST */
	char *instance;
	uint32_t mate; /* received: the column of what the same adapter sent, and the
			* other way round; UINT32_MAX: none */
};

struct part_columns { /* start with all zero */
	struct part_column *column;
	uint32_t count;
	uint32_t *bucket; /* hash: number + 1; 0: free */
	uint32_t buckets;
};
void part_columns_done(struct part_columns *columns);

/* The number of a column, a new one if there is none; 0, -EFBIG or -ENOMEM. */
int part_columns_find(struct part_columns *columns, enum part part, unsigned kind,
	const char *instance, size_t length, uint32_t *ret_column, struct err *err);

/*
 * parts_reduce - one row of values, by column, to a reading
 *
 * row  NAN: unknown; PART_ABSENT: not there at that time
 *
 * Returns whether any figure is known; the stamp is the caller's.
 */
bool parts_reduce(const struct part_columns *columns, const double *row,
	struct reading *ret_reading);

/* Values that come column by column, in any order, for one workload. */
struct part_table; /* opaque */
int part_table_new(struct part_table **ret_table, struct err *err);
void part_table_free(struct part_table *table); /* NULL is a no-op */
struct part_columns *part_table_columns(struct part_table *table);

/* The first value of a column and stamp counts; returns 0, -EFBIG or -ENOMEM. */
int part_table_put(struct part_table *table, uint32_t column, int64_t stamp,
	double value, struct err *err);

/*
 * part_table_each - the rows as readings, in the order of their stamps
 *
 * A column is there from its first stamp to its last: without a value between them it
 * is unknown, outside of them it is absent.  Stops at the first negative return.
 */
int part_table_each(struct part_table *table,
	int (*one)(void *data, const struct reading *reading, struct err *err),
	void *data, struct err *err);

#endif
