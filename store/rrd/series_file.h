/*
 * Making whole RRD files; for the files of store/ alone.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_RRD_SERIES_FILE_H
#define STORE_RRD_SERIES_FILE_H

#include "common/err.h"
#include "schema/rra.h"
#include "store/rrd/rrd_file.h"

#include <stddef.h>
#include <stdint.h>

/* The bytes before the first row of a file that librrd made, rows to be added. */
struct skeleton {
	char *bytes;
	size_t size;
	size_t column_count, archive_count;
};

/*
 * skeleton_make - let librrd create the file with one row an archive at made_path
 * (removed again), and set the wanted row counts
 *
 * Every archive is unknown and ends in its last row.
 */
int skeleton_make(const char *made_path, const struct rra_set *archives,
	const char *const *column, size_t column_count, int64_t last_update,
	struct skeleton *ret_skeleton, struct err *err);
void skeleton_done(struct skeleton *skeleton);
void skeleton_set_last_update(struct skeleton *skeleton, int64_t last_update);
void skeleton_set_rows(struct skeleton *skeleton, size_t archive, uint64_t rows);

/* A new file of mode 0640; -EEXIST is removed first. */
int file_create(const char *path, int *ret_fd, struct err *err);
/* Everything or an error (-ENOSPC with a text). */
int file_write(
	int fd, const char *path, const void *bytes, size_t size, struct err *err);
/* Rows of NAN. */
int file_write_unknown(int fd, const char *path, uint64_t values, struct err *err);
/* fsync, drop the page cache, close: always closes. */
int file_finish(int fd, const char *path, struct err *err);

#endif
