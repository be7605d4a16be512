/*
 * The rows of an archive in blocks that stand at fixed stamps, whatever the ring's turn:
 * block n of an archive holds the rows of the stamps n * rows * step up to the next.  Two
 * files that hold the same rows have the same checksums.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_PARCEL_ROWS_H
#define ANALYZE_IMPORT_PARCEL_ROWS_H

#include "analyze/import/parcel.h"

/* Rows of a block of a file with so many columns. */
int64_t parcel_block_rows(size_t columns);

/* Room for one block and for reading it. */
struct parcel_room {
	double *block, *read;
};
int parcel_room_make(size_t columns, struct parcel_room *ret_room, struct err *err);
void parcel_room_done(struct parcel_room *room);

/*
 * parcel_read_rows - the rows first..last of an archive (stamps, multiples of its step)
 *
 * All of them stand in the archive; at most a block's.
 */
int parcel_read_rows(const struct rrd_file *file, size_t archive, int64_t first,
	int64_t last, struct parcel_room *room, double *ret_values, struct err *err);

/* First and last stamp of a block, as far as the archive holds it; the first block that
 * it holds a row of, and the last. */
void parcel_block_span(const struct rrd_archive *archive, size_t columns, int64_t block,
	int64_t *ret_first, int64_t *ret_last);
int64_t parcel_block_of(
	const struct rrd_archive *archive, size_t columns, int64_t stamp);

/* Of count rows, as HAVE has it. */
uint64_t parcel_block_sum(const double *rows, size_t count, size_t columns);

/* What a file is made of; column is made (free it), the names are the file's. */
int parcel_shape_of(const struct rrd_file *file, char *name,
	struct parcel_shape *ret_shape, struct err *err);
bool parcel_same_shape(const struct parcel_shape *a, const struct parcel_shape *b);

#endif
