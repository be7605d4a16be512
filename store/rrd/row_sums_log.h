/*
 * The log of row sums: <data>/sums.0 and .1.  One is in use; when it is longer than
 * twice what it says, all of it is written into the other one, which is then in use.
 * In place, never renamed or cut: after the first rounds the journal has nothing to do.
 *
 * A log is entrys: the first holds all sums, each further one what a batch changed, or
 * that a batch has begun.  Each is checksummed together with its generation and number,
 * so that a torn end and what stood there before are told from it.
 *
 * For the files of store/ alone.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_RRD_ROW_SUMS_LOG_H
#define STORE_RRD_ROW_SUMS_LOG_H

#include "common/err.h"
#include "store/rrd/rrd_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sums_archive {
	uint32_t rows, blocks;
	uint32_t *sum; /* one a block */
};

struct sums_file {
	char *folder, *name;
	uint64_t name_hash; /* of both, once it is in a table */
	uint64_t key;       /* of its structure, see sums_key */
	int64_t last;       /* the header's last update when the sums were taken */
	uint32_t column_count, archive_count;
	uint32_t block_rows;
	struct sums_archive *archive;
	int64_t before; /* writer: the header's last update before the batch */
	bool is_taken;  /* writer: in the entry of this batch */
};

struct sums_table {
	struct sums_file **file;
	size_t count, room;
	uint64_t blocks; /* of all archives of all files */
	/* batches that began and did not end: rows until open_until may be half written */
	unsigned open_batches;
	int64_t open_until;
	int64_t begun_until;         /* of the batch that began last */
	bool has_log;                /* false: there was none that could be read */
	bool had_log;                /* there was a file at least */
	bool is_damaged;             /* in the middle: what came after is not covered */
	unsigned copy;               /* in use */
	uint64_t generation, number; /* of the last entry */
	uint64_t end, size;          /* bytes used and there */
	struct sums_table *older;    /* of a reader: still used by others */
};

/* Data-column names, step, archives, and where in the ring a stamp lies: another file,
 * or the same begun anew, has another key. */
uint64_t sums_key(const struct rrd_file *file);

/* Were the sums taken of a file of that structure?  All of it is compared: the key that a
 * log claims is anybody's. */
bool sums_are_of(const struct sums_file *sums, const struct rrd_file *file);

/*
 * Is a batch open in which a file of that last update may have rows that are half written?
 * Not where the file went on after the batch, and not where the log is damaged in the
 * middle: then its end was there, and can no longer be read.
 */
bool sums_is_in_batch(const struct sums_table *table, int64_t last_update);

/* The newest log that is whole; none: an empty table.  Returns 0, -ENOMEM or the errno
 * of a disk that cannot be read.  sums_table_free; it owns its files. */
int sums_table_load(
	const char *data_dir, struct sums_table **ret_table, struct err *err);
void sums_table_free(struct sums_table *table);
/* NULL when there is none; borrowed of the table. */
struct sums_file *sums_table_find(
	const struct sums_table *table, const char *folder, const char *name);
/* A file whose rows are all unknown; in place of one of that name. */
int sums_table_put(struct sums_table *table, const char *folder, const char *name,
	const struct rrd_file *file, struct sums_file **ret_file, struct err *err);

/* Takes back the last sums_table_put, whose file came to nothing. */
void sums_table_drop_last(struct sums_table *table);

/* Ring rows with lo < stamp <= hi, at the file's present header; count 0: none. */
struct row_range sums_range_of(
	const struct rrd_file *file, size_t archive, int64_t lo, int64_t hi);
bool sums_range_meets(const struct row_range *range, uint64_t ring_rows, uint64_t first,
	uint64_t count);

/* Bytes of an entry under way. */
struct sums_body {
	char *bytes;
	size_t used, allocated;
};

int sums_body_put(struct sums_body *body, const void *bytes, size_t size);
/* A file's record: begin, its runs of blocks, end.  is_whole: all that is known of the
 * file is in it. */
int sums_record_begin(struct sums_body *body, const struct sums_table *table,
	const struct sums_file *file, bool is_whole, size_t *ret_record);
int sums_record_run(struct sums_body *body, size_t record, const struct sums_file *file,
	uint32_t archive, uint32_t first, uint32_t count);
int sums_record_end(struct sums_body *body, size_t record);

/* All that is known of the file; what is unknown since it was made is left out. */
int sums_record_whole(struct sums_body *body, const struct sums_table *table,
	const struct sums_file *file);

/* The records of an entry; -EBADMSG, -ENOMEM. */
int sums_table_apply(struct sums_table *table, const char *bytes, size_t size);

/* A batch up to that stamp begins; its end with what it changed. */
int sums_log_begin(
	const char *data_dir, struct sums_table *table, int64_t until, struct err *err);
/* A batch up to that stamp is put back, to be written again: the log has it open, unless it
 * has already, or there is no log. */
int sums_log_open_again(
	const char *data_dir, struct sums_table *table, int64_t until, struct err *err);
/* Sums that changed outside of a batch. */
int sums_log_change(const char *data_dir, struct sums_table *table,
	const struct sums_body *body, struct err *err);
int sums_log_end(const char *data_dir, struct sums_table *table,
	const struct sums_body *body, struct err *err);

#endif
