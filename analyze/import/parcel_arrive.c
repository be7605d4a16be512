#include "analyze/import/parcel_arrive.h"

#include "common/array.h"
#include "store/dir/data_dir.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 4096    /* archives of one workload */
#define NOTES_MAX 1000000 /* of one workload */

/* A file whose rows come in. */
struct arriving {
	struct arrivals *arrivals;
	struct parcel_shape shape; /* column points into: */
	char (*name)[RRD_NAME_SIZE];
	char *file; /* shape.name */
	struct rrd_file here;
	bool has_here;             /* of the same structure */
	bool is_new;               /* there is no file here */
	bool is_open;              /* between FILE and FILE_END */
	struct incoming_rows *out; /* NULL: all as it is here so far */
	struct parcel_room room;
	double *copy;   /* of a message's rows */
	size_t archive; /* where the next row belongs: archive ... */
	int64_t next;   /* ... and stamp */
};

static int refuse_arrival(const struct arriving *arriving, struct err *err)
{
	return err_set(err, -EBADMSG, "%s: its rows make no sense",
		arriving->shape.name ? arriving->shape.name : "an archive");
}

/* ---- stamps ---------------------------------------------------------------------------- */

static int64_t row_step(const struct arriving *arriving, size_t archive)
{
	return (int64_t)arriving->shape.archives.step_s *
		arriving->shape.archives.rra[archive].pdp_per_row;
}

static int64_t last_stamp(const struct arriving *arriving, size_t archive)
{
	int64_t step_s = row_step(arriving, archive);

	return arriving->shape.last_update - arriving->shape.last_update % step_s;
}

static int64_t first_stamp(const struct arriving *arriving, size_t archive)
{
	return last_stamp(arriving, archive) -
		(int64_t)(arriving->shape.archives.rra[archive].rows - 1) *
		row_step(arriving, archive);
}

/* ---- begin ------------------------------------------------------------------------------ */

static void arriving_clear(struct arriving *arriving)
{
	store_incoming_abort(arriving->out);
	if (arriving->has_here)
		rrd_file_close(&arriving->here);
	parcel_room_done(&arriving->room);
	free(arriving->copy);
	free(arriving->file);
	free(arriving->name);
	free(arriving->shape.column);
	*arriving = (struct arriving){ .arrivals = arriving->arrivals };
}

/* The message's texts go with it. */
static int keep_shape(
	struct arriving *arriving, const struct parcel_shape *shape, struct err *err)
{
	arriving->shape = *shape;
	arriving->shape.column = calloc(shape->columns, sizeof(*shape->column));
	arriving->name = calloc(shape->columns, sizeof(*arriving->name));
	arriving->shape.name = arriving->file = strdup(shape->name);
	arriving->copy = malloc(PARCEL_BODY_MAX);
	if (!arriving->shape.column || !arriving->name || !arriving->file ||
		!arriving->copy)
		return err_oom(err);
	for (size_t i = 0; i < shape->columns; i++) {
		memcpy(arriving->name[i], shape->column[i],
			strlen(shape->column[i]) + 1);
		arriving->shape.column[i] = arriving->name[i];
	}
	return parcel_room_make(shape->columns, &arriving->room, err);
}

/* What stands here: only a file of the same structure lends its rows. */
static int find_file_here(struct arriving *arriving, bool *ret_is_same, struct err *err)
{
	const struct arrivals *arrivals = arriving->arrivals;
	struct parcel_shape shape = { .column = NULL };
	char path[PATH_MAX];
	int r;

	arriving->is_new = true;
	*ret_is_same = false;
	/* also the check of a stranger's name */
	r = path_series(store_dir(arrivals->store),
		arrivals->here ? arrivals->here->folder : "x", arriving->file, path,
		sizeof(path), err);
	if (r < 0 || !arrivals->here)
		return r;
	r = rrd_file_open(path, &arriving->here, NULL);
	arriving->is_new = r == -ENOENT;
	if (r < 0) /* none here, or a damaged one: it is replaced */
		return r == -ENOMEM ? err_oom(err) : 0;
	arriving->has_here =
		parcel_shape_of(&arriving->here, arriving->file, &shape, NULL) == 0 &&
		parcel_same_shape(&shape, &arriving->shape);
	*ret_is_same =
		arriving->has_here && shape.last_update == arriving->shape.last_update;
	free(shape.column);
	if (!arriving->has_here)
		rrd_file_close(&arriving->here);
	return 0;
}

static int begin_out(struct arriving *arriving, struct err *err)
{
	if (arriving->out)
		return 0;
	arriving->next = first_stamp(arriving, 0);
	return store_incoming_begin(arriving->arrivals->store,
		&arriving->shape.archives, arriving->shape.column,
		arriving->shape.columns, arriving->shape.last_update, &arriving->out,
		err);
}

static int arrive_file(
	struct arriving *arriving, const struct parcel_shape *shape, struct err *err)
{
	const struct arrivals *arrivals = arriving->arrivals;
	bool is_same = false;
	int r;

	if (arriving->is_open || arrivals->files >= FILES_MAX)
		return refuse_arrival(arriving, err);
	for (size_t i = 0; i < arrivals->files; i++)
		if (!strcmp(arrivals->file[i].name, shape->name))
			return refuse_arrival(arriving, err);
	arriving->is_open = true;
	r = keep_shape(arriving, shape, err);
	if (r == 0)
		r = find_file_here(arriving, &is_same, err);
	return r < 0 || is_same ? r : begin_out(arriving, err);
}

/* ---- rows ------------------------------------------------------------------------------- */

static int copy_rows_here(struct arriving *arriving, int64_t until, struct err *err)
{
	size_t columns = arriving->shape.columns;
	int64_t step_s = row_step(arriving, arriving->archive);
	int64_t most = parcel_block_rows(columns);
	const struct rrd_archive *here;
	int r = 0;

	if (arriving->next > until)
		return 0;
	if (!arriving->has_here)
		return refuse_arrival(arriving, err);
	here = &arriving->here.archive[arriving->archive];
	if (arriving->next < here->first || until > here->last)
		return refuse_arrival(arriving, err);
	while (r == 0 && arriving->next <= until) {
		int64_t rows = (until - arriving->next) / step_s + 1;

		if (rows > most)
			rows = most;
		r = parcel_read_rows(&arriving->here, arriving->archive, arriving->next,
			arriving->next + (rows - 1) * step_s, &arriving->room,
			arriving->room.block, err);
		if (r == 0)
			r = store_incoming_add(arriving->out, arriving->room.block,
				(size_t)rows * columns, err);
		arriving->next += rows * step_s;
	}
	return r;
}

/* What did not come stands here: up to the archive's end, and the next one begins. */
static int end_archive(struct arriving *arriving, struct err *err)
{
	int r = copy_rows_here(arriving, last_stamp(arriving, arriving->archive), err);

	arriving->archive++;
	if (r == 0 && arriving->archive < arriving->shape.archives.count)
		arriving->next = first_stamp(arriving, arriving->archive);
	return r;
}

/* Something is known here that is otherwise there, or not known. */
static bool is_contradicted(const double *here, const double *there, size_t columns)
{
	for (size_t i = 0; i < columns; i++)
		if (!isnan(here[i]) && (isnan(there[i]) || here[i] != there[i]))
			return true;
	return false;
}

/* Rows of readings (of the coarse ones the last may be of a part) against those here. */
static int compare_rows_here(
	struct arriving *arriving, int64_t first, int64_t last, struct err *err)
{
	struct arrivals *arrivals = arriving->arrivals;
	size_t archive = arriving->archive, columns = arriving->shape.columns;
	int64_t step_s = row_step(arriving, archive);
	int64_t most = parcel_block_rows(columns);
	const double *there = arriving->copy;
	const struct rrd_archive *here;
	int r = 0;

	if (!arriving->has_here ||
		arriving->shape.archives.rra[archive].pdp_per_row != 1)
		return 0;
	here = &arriving->here.archive[archive];
	if (last > here->last)
		last = here->last;
	for (; first <= last && first < here->first; first += step_s)
		there += columns;
	for (int64_t rows; r == 0 && first <= last; first += rows * step_s) {
		rows = (last - first) / step_s + 1;
		if (rows > most)
			rows = most;
		r = parcel_read_rows(&arriving->here, archive, first,
			first + (rows - 1) * step_s, &arriving->room,
			arriving->room.block, err);
		for (int64_t i = 0; r == 0 && i < rows; i++, there += columns) {
			if (!is_contradicted(arriving->room.block + (size_t)i * columns,
				    there, columns))
				continue;
			if (arrivals->contradicted++ == 0 ||
				first + i * step_s < arrivals->contradicted_at)
				arrivals->contradicted_at = first + i * step_s;
		}
	}
	return r;
}

static int arrive_rows(
	struct arriving *arriving, const struct parcel_rows *rows, struct err *err)
{
	size_t values = rows->count * arriving->shape.columns;
	int64_t step_s, last;
	int r;

	if (!arriving->is_open)
		return refuse_arrival(arriving, err);
	r = begin_out(arriving, err);
	if (r < 0)
		return r;
	while (arriving->archive < rows->archive)
		if ((r = end_archive(arriving, err)) < 0)
			return r;
	step_s = row_step(arriving, rows->archive);
	last = rows->first + (int64_t)(rows->count - 1) * step_s;
	if (arriving->archive != rows->archive || rows->first % step_s != 0 ||
		rows->first < arriving->next ||
		last > last_stamp(arriving, rows->archive))
		return refuse_arrival(arriving, err);
	r = copy_rows_here(arriving, rows->first - step_s, err);
	if (r < 0)
		return r;
	memcpy(arriving->copy, rows->value,
		(rows->is_one_value ? 1 : values) * sizeof(double));
	for (size_t i = 1; rows->is_one_value && i < values; i++)
		memcpy(&arriving->copy[i], &arriving->copy[0], sizeof(double));
	r = compare_rows_here(arriving, rows->first, last, err);
	if (r < 0)
		return r;
	arriving->next = last + step_s;
	return store_incoming_add(arriving->out, arriving->copy, values, err);
}

static int keep_file(struct arriving *arriving, struct err *err)
{
	struct arrivals *arrivals = arriving->arrivals;
	struct arrived_file *file;
	int r = 0;

	while (r == 0 && arriving->archive < arriving->shape.archives.count)
		r = end_archive(arriving, err);
	if (r < 0)
		return r;
	if (ARRAY_EXTEND(arrivals->file, arrivals->files) < 0)
		return err_oom(err);
	file = &arrivals->file[arrivals->files];
	*file = (struct arrived_file){ .is_new = arriving->is_new };
	r = store_incoming_end(arriving->out, &file->handle, err);
	arriving->out = NULL;
	if (r < 0)
		return r;
	file->name = arriving->file;
	arriving->file = NULL;
	arrivals->files++;
	for (size_t i = 0; i < arriving->shape.archives.count; i++)
		arrivals->rows += arriving->shape.archives.rra[i].rows;
	return 0;
}

/* ---- all of a workload ---------------------------------------------------------------- */

static int arrive_message(struct arriving *arriving,
	const struct parcel_message *message, struct parcel_notes *notes, size_t *count,
	struct err *err)
{
	int r;

	switch (message->kind) {
	case PARCEL_FILE:
		return arrive_file(arriving, &message->file, err);
	case PARCEL_ROWS:
		return arrive_rows(arriving, &message->rows, err);
	case PARCEL_FILE_END:
		r = arriving->out ? keep_file(arriving, err) : 0;
		arriving_clear(arriving);
		return r;
	default:
		if (++*count > NOTES_MAX)
			return refuse_arrival(arriving, err);
		r = parcel_notes_add(notes, message, err);
		return r == -EINVAL ? refuse_arrival(arriving, err) : r;
	}
}

int arrive(struct arrivals *arrivals, struct parcel_source *source,
	struct parcel_notes *notes, struct err *err)
{
	struct arriving arriving = { .arrivals = arrivals };
	struct parcel_message message;
	size_t count = 0;
	int r;

	while ((r = parcel_next(source, &message, err)) > 0) {
		r = arrive_message(&arriving, &message, notes, &count, err);
		if (r < 0)
			break;
	}
	if (r == 0 && arriving.is_open)
		r = refuse_arrival(&arriving, err);
	arriving_clear(&arriving);
	return r;
}

void arrivals_done(struct arrivals *arrivals)
{
	for (size_t i = 0; i < arrivals->files; i++)
		free(arrivals->file[i].name);
	free(arrivals->file);
	arrivals->file = NULL;
	arrivals->files = 0;
}
