#include "analyze/import/parcel_send.h"

#include "analyze/import/parcel.h"
#include "analyze/import/parcel_rows.h"
#include "analyze/inventory/inventory_precedence.h"
#include "common/array.h"
#include "store/dir/data_dir.h"
#include "store/dir/path.h"
#include "store/rrd/header_settle.h"
#include "store/rrd/row_sums.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 4096 /* archives of one workload */

/* An archive that the receiver has. */
struct had_file {
	char *name;
	char (*column)[RRD_NAME_SIZE];
	size_t columns;
	struct rra_set archives;
	int64_t first[RRA_COUNT_MAX]; /* number of the first block */
	size_t count[RRA_COUNT_MAX];
	uint64_t *sum[RRA_COUNT_MAX];
};

struct parcel_sender {
	struct store *store;
	struct row_sums *sums;
	struct workload_list list;
	struct parcel_writer writer;
	struct parcel_reader *reader;
	struct had_file *had;
	size_t hads;
};

/* ---- what the receiver has ------------------------------------------------------------- */

static void had_clear(struct parcel_sender *sender)
{
	for (size_t i = 0; i < sender->hads; i++) {
		free(sender->had[i].name);
		free(sender->had[i].column);
		for (size_t k = 0; k < RRA_COUNT_MAX; k++)
			free(sender->had[i].sum[k]);
	}
	free(sender->had);
	sender->had = NULL;
	sender->hads = 0;
}

static int had_add(struct parcel_sender *sender, const struct parcel_message *message,
	struct err *err)
{
	const struct parcel_shape *shape = &message->file;
	struct had_file *had;
	bool is_whole;

	if (sender->hads >= FILES_MAX || ARRAY_EXTEND(sender->had, sender->hads) < 0)
		return err_oom(err);
	had = &sender->had[sender->hads++];
	*had = (struct had_file){ .name = strdup(shape->name),
		.column = calloc(shape->columns, sizeof(*had->column)),
		.columns = shape->columns,
		.archives = shape->archives };
	is_whole = had->name && had->column;
	for (size_t i = 0; is_whole && i < shape->columns; i++)
		memcpy(had->column[i], shape->column[i], strlen(shape->column[i]) + 1);
	for (size_t i = 0; is_whole && i < shape->archives.count; i++) {
		const struct parcel_blocks *blocks = &message->blocks[i];

		had->first[i] = blocks->first;
		had->count[i] = blocks->count;
		had->sum[i] = malloc((blocks->count + 1) * sizeof(uint64_t));
		is_whole = had->sum[i] != NULL;
		if (is_whole)
			memcpy(had->sum[i], blocks->sum,
				blocks->count * sizeof(uint64_t));
	}
	return is_whole ? 0 : err_oom(err);
}

/* NULL: none of that name, or one of another structure. */
static const struct had_file *had_find(
	const struct parcel_sender *sender, const struct parcel_shape *shape)
{
	for (size_t i = 0; i < sender->hads; i++) {
		const struct had_file *had = &sender->had[i];
		bool is_same = !strcmp(had->name, shape->name) &&
			had->columns == shape->columns &&
			had->archives.step_s == shape->archives.step_s &&
			had->archives.count == shape->archives.count;

		for (size_t k = 0; is_same && k < shape->columns; k++)
			is_same = !strcmp(had->column[k], shape->column[k]);
		for (size_t k = 0; is_same && k < shape->archives.count; k++) {
			const struct rra *x = &had->archives.rra[k];
			const struct rra *y = &shape->archives.rra[k];

			is_same = x->cf == y->cf && x->pdp_per_row == y->pdp_per_row &&
				x->rows == y->rows;
		}
		if (is_same)
			return had;
	}
	return NULL;
}

static bool had_block(
	const struct had_file *had, size_t archive, int64_t block, uint64_t sum)
{
	return had && block >= had->first[archive] &&
		(uint64_t)(block - had->first[archive]) < had->count[archive] &&
		had->sum[archive][block - had->first[archive]] == sum;
}

/* ---- the archives ------------------------------------------------------------------------ */

/* Bit for bit. */
static bool is_one_value(const double *value, size_t count)
{
	return memcmp(value, value + 1, (count - 1) * sizeof(*value)) == 0;
}

static int send_archive(struct parcel_sender *sender, const struct rrd_file *file,
	size_t index, const struct had_file *had, struct parcel_room *room,
	struct err *err)
{
	const struct rrd_archive *archive = &file->archive[index];
	int64_t end = parcel_block_of(archive, file->column_count, archive->last);
	int64_t block = parcel_block_of(archive, file->column_count, archive->first);
	int r = 0;

	for (; r == 0 && block <= end; block++) {
		struct parcel_rows rows = { .archive = index, .value = room->block };
		int64_t last;

		parcel_block_span(
			archive, file->column_count, block, &rows.first, &last);
		rows.count = (size_t)((last - rows.first) / archive->step_s) + 1;
		r = parcel_read_rows(
			file, index, rows.first, last, room, room->block, err);
		rows.is_one_value = r == 0 &&
			is_one_value(room->block, rows.count * file->column_count);
		if (r == 0 &&
			!had_block(had, index, block,
				parcel_block_sum(
					room->block, rows.count, file->column_count)))
			r = parcel_put_rows(
				&sender->writer, &rows, file->column_count, err);
	}
	return r;
}

static int refuse_damage(const struct rrd_file *file, struct err *err)
{
	const struct row_view *view = row_sums_view(file);
	char text[ROW_RANGE_TEXT_SIZE];

	if (!view || view->damaged_count == 0)
		return 0;
	return err_set(err, -EBADMSG,
		"rows do not match their checksums (%s): `analyze fsck` makes them "
		"unknown",
		row_range_text(file, &view->damaged[0], text));
}

static int send_rows(struct parcel_sender *sender, const struct rrd_file *file,
	char *name, struct err *err)
{
	struct parcel_shape shape = { .column = NULL };
	struct parcel_room room = { NULL, NULL };
	int r = parcel_shape_of(file, name, &shape, err);

	if (r == 0)
		r = parcel_room_make(file->column_count, &room, err);
	if (r == 0)
		r = parcel_put(&sender->writer, PARCEL_FILE, &shape, err);
	for (size_t i = 0; r == 0 && i < file->archive_count; i++)
		r = send_archive(sender, file, i, had_find(sender, &shape), &room, err);
	if (r == 0)
		r = refuse_damage(file, err);
	if (r == 0)
		r = parcel_put(&sender->writer, PARCEL_FILE_END, NULL, err);
	parcel_room_done(&room);
	free(shape.column);
	return r;
}

static int send_file(struct parcel_sender *sender, const struct workload *workload,
	char *name, struct err *err)
{
	char path[PATH_MAX];
	struct rrd_file file;
	int r = path_series(store_dir(sender->store), workload->folder, name, path,
		sizeof(path), err);

	if (r < 0)
		return r;
	r = rrd_file_open(path, &file, err);
	if (r < 0)
		return r;
	r = row_sums_attach_reader(sender->sums, workload->folder, name, &file, err);
	if (r >= 0)
		r = send_rows(sender, &file, name, err);
	if (r < 0)
		r = err_wrap(err, r, "%s", path);
	rrd_file_close(&file);
	return r;
}

static int is_archive(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 4 &&
		!strcmp(entry->d_name + length - 4, ".rrd");
}

/* Every archive in the workload's folder, by name. */
static int send_files(
	struct parcel_sender *sender, const struct workload *workload, struct err *err)
{
	char path[PATH_MAX], name[PATH_NAME_MAX + 1];
	struct dirent **entries;
	int count, r;

	/* path_series refuses a folder that is no plain name */
	r = path_series(store_dir(sender->store), workload->folder, "x", path,
		sizeof(path), err);
	if (r < 0)
		return r;
	*strrchr(path, '/') = '\0';
	count = scandir(path, &entries, is_archive, alphasort);
	if (count < 0)
		return errno == ENOENT ? 0 : err_errno(err, "%s", path);
	if (count > FILES_MAX)
		r = err_set(err, -EFBIG, "%s: expected at most %d archives, found %d",
			path, FILES_MAX, count);
	for (int i = 0; i < count; i++) {
		char *file = entries[i]->d_name;

		file[strlen(file) - 4] = '\0';
		if (r >= 0 && path_decode(file, name, sizeof(name)) < 0)
			r = err_set(err, -EINVAL,
				"%s: an archive's name there is none of ours", path);
		if (r >= 0)
			r = send_file(sender, workload, name, err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* ---- the rest ------------------------------------------------------------------------------ */

static int send_notes(
	struct parcel_sender *sender, const struct workload *workload, struct err *err)
{
	struct parcel_notes notes = { .events = { .count = 0 } };
	struct store *store = sender->store;
	int64_t id = workload->id;
	int r = store_events(store, id, NULL, INT64_MIN, INT64_MAX, &notes.events, err);

	if (r >= 0)
		r = store_gaps(store, id, INT64_MIN, INT64_MAX, &notes.gaps, err);
	if (r >= 0)
		r = store_boots(store, id, &notes.boots, err);
	if (r >= 0)
		r = store_devices(store, id, &notes.devices, err);
	if (r >= 0)
		r = inventory_in_force(store, id, &notes.facts, err);
	if (r >= 0)
		r = store_exclusions_ever(store, id, &notes.exclusions, err);
	if (r >= 0)
		r = store_reviews(store, id, &notes.reviews, err);
	if (r >= 0)
		r = parcel_put_notes(&sender->writer, &notes, err);
	parcel_notes_done(&notes);
	return r;
}

static int send_list(struct parcel_sender *sender, struct err *err)
{
	char id[64];
	struct parcel_hello hello = { .version = PARCEL_VERSION,
		.byte_order = PARCEL_BYTE_ORDER,
		.store_id = id };
	int r;

	if (!*store_id(sender->store))
		return err_set(err, -ENOENT, "expected a store, found none");
	snprintf(id, sizeof(id), "%s", store_id(sender->store));
	r = store_workloads(sender->store, &sender->list, err);
	if (r == 0)
		r = parcel_put(&sender->writer, PARCEL_HELLO, &hello, err);
	for (size_t i = 0; r == 0 && i < sender->list.count; i++)
		r = parcel_put(&sender->writer, PARCEL_WORKLOAD,
			&sender->list.workload[i], err);
	if (r == 0)
		r = parcel_put(&sender->writer, PARCEL_LISTED, NULL, err);
	return r < 0 ? r : parcel_flush(&sender->writer, err);
}

/* A request is read to its end before its answer begins. */
static int answer_want(struct parcel_sender *sender, int64_t number, struct err *err)
{
	struct parcel_message message;
	const struct parcel_number done = { .number = number };
	const struct workload *workload;
	int r = 1;

	if (number < 0 || (uint64_t)number >= sender->list.count)
		return err_set(
			err, -EINVAL, "a workload was asked for that is not there");
	workload = &sender->list.workload[number];
	had_clear(sender);
	while (r > 0 && (r = parcel_take(sender->reader, &message, err)) > 0) {
		if (message.kind == PARCEL_ASKED)
			break;
		r = message.kind == PARCEL_HAVE
			? had_add(sender, &message, err)
			: err_set(err, -EBADMSG, "a request is not one of ours");
		r = r < 0 ? r : 1;
	}
	if (r == 0)
		return err_set(err, -ECONNRESET, "a request ends in the middle");
	if (r > 0)
		r = send_notes(sender, workload, err);
	if (r >= 0)
		r = send_files(sender, workload, err);
	if (r >= 0)
		r = parcel_put(&sender->writer, PARCEL_DONE, &done, err);
	return r < 0 ? r : parcel_flush(&sender->writer, err);
}

static ssize_t read_requests(void *from, void *buffer, size_t size, struct err *err)
{
	ssize_t got;

	do {
		got = read(*(const int *)from, buffer, size);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? err_errno(err, "requests") : got;
}

static int answer_requests(struct parcel_sender *sender, struct err *err)
{
	struct parcel_message message;
	int r;

	while ((r = parcel_take(sender->reader, &message, err)) > 0) {
		r = message.kind == PARCEL_WANT
			? answer_want(sender, message.number.number, err)
			: err_set(err, -EBADMSG, "a request is not one of ours");
		if (r < 0)
			return r;
	}
	return r;
}

int parcel_send(struct store *store, int in_fd, int out_fd, struct err *err)
{
	struct parcel_sender sender = { .store = store };
	int r;

	parcel_writer_init(&sender.writer, out_fd);
	r = row_sums_open(store_dir(store), &sender.sums, err);
	if (r == 0)
		r = parcel_reader_new(
			read_requests, &in_fd, "the request", &sender.reader, err);
	if (r == 0)
		r = send_list(&sender, err);
	if (r == 0)
		r = answer_requests(&sender, err);
	had_clear(&sender);
	parcel_reader_free(sender.reader);
	parcel_writer_done(&sender.writer);
	workload_list_done(&sender.list);
	row_sums_close(sender.sums);
	return r;
}
