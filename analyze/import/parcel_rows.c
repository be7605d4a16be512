#include "analyze/import/parcel_rows.h"

#include "common/checksum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_ROWS 256
#define BLOCK_BYTES ((size_t)64 << 10)

int64_t parcel_block_rows(size_t columns)
{
	size_t rows = BLOCK_BYTES / (columns * sizeof(double));

	return rows > BLOCK_ROWS ? BLOCK_ROWS : rows ? (int64_t)rows : 1;
}

int parcel_room_make(size_t columns, struct parcel_room *ret_room, struct err *err)
{
	size_t block = (size_t)parcel_block_rows(columns) * columns * sizeof(double);

	*ret_room = (struct parcel_room){ malloc(block), malloc(RRD_BLOCK_BYTES) };
	if (ret_room->block && ret_room->read)
		return 0;
	parcel_room_done(ret_room);
	return err_oom(err);
}

void parcel_room_done(struct parcel_room *room)
{
	free(room->block);
	free(room->read);
	*room = (struct parcel_room){ NULL, NULL };
}

int parcel_read_rows(const struct rrd_file *file, size_t archive, int64_t first,
	int64_t last, struct parcel_room *room, double *ret_values, struct err *err)
{
	size_t row_bytes = file->column_count * sizeof(double);
	size_t wanted = (size_t)((last - first) / file->archive[archive].step_s) + 1;
	size_t got = 0;
	struct rrd_rows rows;
	int r = 1;

	rrd_rows_begin(&rows, file, archive, first - 1, last);
	while (r > 0 && got < wanted) {
		r = rrd_rows_next(&rows, room->read, RRD_BLOCK_BYTES, err);
		if (r > 0 && rows.count <= wanted - got) {
			memcpy(ret_values + got * file->column_count, room->read,
				rows.count * row_bytes);
			got += rows.count;
		}
	}
	if (r >= 0 && got < wanted)
		r = err_set(err, -EBADMSG, "rows are missing in an archive");
	return r < 0 ? r : 0;
}

int64_t parcel_block_of(
	const struct rrd_archive *archive, size_t columns, int64_t stamp)
{
	/* an archive of a young clock may begin before 1970 */
	int64_t row = stamp / archive->step_s - (stamp % archive->step_s < 0);
	int64_t rows = parcel_block_rows(columns);

	return row / rows - (row % rows < 0);
}

void parcel_block_span(const struct rrd_archive *archive, size_t columns, int64_t block,
	int64_t *ret_first, int64_t *ret_last)
{
	int64_t rows = parcel_block_rows(columns);
	int64_t first = block * rows * archive->step_s;
	int64_t last = first + (rows - 1) * archive->step_s;

	*ret_first = first < archive->first ? archive->first : first;
	*ret_last = last > archive->last ? archive->last : last;
}

uint64_t parcel_block_sum(const double *rows, size_t count, size_t columns)
{
	return checksum64(rows, count * columns * sizeof(*rows), count);
}

int parcel_shape_of(const struct rrd_file *file, char *name,
	struct parcel_shape *ret_shape, struct err *err)
{
	struct parcel_shape shape = { .name = name,
		.last_update = file->last_update,
		.columns = file->column_count,
		.archives = { .step_s = file->step_s,
			.heartbeat_s = 3 * file->step_s,
			.xff = 0.5,
			.count = file->archive_count } };

	if (file->archive_count > RRA_COUNT_MAX || !rrd_file_is_of_our_kind(file))
		return err_set(err, -EBADMSG,
			"its data sources or archives are not those of a store");
	for (size_t i = 0; i < file->archive_count; i++)
		shape.archives.rra[i] = (struct rra){ .cf = file->archive[i].cf,
			.pdp_per_row = file->archive[i].pdp_per_row,
			.rows = file->archive[i].rows };
	shape.column = calloc(file->column_count, sizeof(*shape.column));
	if (!shape.column)
		return err_oom(err);
	for (size_t i = 0; i < file->column_count; i++)
		shape.column[i] = file->column[i].name;
	*ret_shape = shape;
	return 0;
}

bool parcel_same_shape(const struct parcel_shape *a, const struct parcel_shape *b)
{
	if (a->archives.step_s != b->archives.step_s || a->columns != b->columns ||
		a->archives.count != b->archives.count)
		return false;
	for (size_t i = 0; i < a->columns; i++)
		if (strcmp(a->column[i], b->column[i]) != 0)
			return false;
	for (size_t i = 0; i < a->archives.count; i++) {
		const struct rra *x = &a->archives.rra[i], *y = &b->archives.rra[i];

		if (x->cf != y->cf || x->pdp_per_row != y->pdp_per_row ||
			x->rows != y->rows)
			return false;
	}
	return true;
}
