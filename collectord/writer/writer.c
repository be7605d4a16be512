#include "collectord/writer/writer.h"

#include "collectord/writer/writer_batch.h"
#include "common/array.h"
#include "common/checksum.h"
#include "schema/rra.h"
#include "store/dir/data_dir.h"
#include "store/rrd/header_copies.h"
#include "store/rrd/row_sums_batch.h"
#include "store/rrd/series_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
	const char *data_dir;
	char layouts_dir[DATA_PATH_BYTES], subjects_dir[DATA_PATH_BYTES];
	struct staging *staging;
	const struct staging_identity *identity; /* borrowed from staging */
	struct staging_status status;
	struct writer_result *result;
	struct writer_batch batch; /* subjects live as long as the names of files do */
	struct header_name *name;  /* of every file of this batch; .file is ours */
	size_t name_count, name_room;
	size_t name_near;   /* behind the last one: the files come in turn */
	uint64_t saved_key; /* of the names whose headers are saved now; 0: unknown */
	struct row_sums_batch *sums; /* NULL: they cannot be kept in this batch */
	struct err sums_error;       /* ... and why */
};

static void writer_note(struct writer *writer, const char *text)
{
	if (!writer->result->note[0])
		snprintf(
			writer->result->note, sizeof(writer->result->note), "%s", text);
}

/* ---- the files of a batch ------------------------------------------------------ */

static int name_add(
	struct writer *writer, const char *folder, const char *file, struct err *err)
{
	char *copy;

	for (size_t i = 0; i < writer->name_count; i++) {
		size_t at = (writer->name_near + i) % writer->name_count;

		if (writer->name[at].folder == folder &&
			strcmp(writer->name[at].file, file) == 0) {
			writer->name_near = at + 1;
			return 0;
		}
	}
	if (ARRAY_RESERVE(writer->name, writer->name_room, writer->name_count + 1) < 0)
		return err_oom(err);
	copy = strdup(file);
	if (!copy)
		return err_oom(err);
	writer->name[writer->name_count++] =
		(struct header_name){ .folder = folder, .file = copy };
	return 0;
}

static void names_done(struct writer *writer)
{
	for (size_t i = 0; i < writer->name_count; i++) {
		char *file = NULL;

		memcpy(&file, &writer->name[i].file,
			sizeof(file)); /* ours, see name_add */
		free(file);
	}
	free(writer->name);
}

static uint64_t names_key(const struct writer *writer)
{
	const char *own = writer->batch.subject[0]->subject.folder;
	uint64_t key = 1;

	for (size_t i = 0; i < writer->name_count; i++) {
		const struct header_name *name = &writer->name[i];

		if (name->folder != own)
			key = checksum64(name->folder, strlen(name->folder) + 1, key);
		key = checksum64(name->file, strlen(name->file) + 1, key);
	}
	return key ? key : 1;
}

/* Names of one file's data sources, of which it has some; free the array, not the names. */
static const char **column_names(
	const struct layout *layout, const struct layout_file *file)
{
	const char **column = calloc(file->count, sizeof(*column));

	for (size_t i = 0; column && i < file->count; i++)
		column[i] = layout->column[file->first + i].name;
	return column;
}

static int set_aside(struct writer *writer, const char *folder, const char *file,
	const char *why, struct err *err)
{
	char text[200];
	int r = series_set_aside(writer->data_dir, folder, file, err);

	if (r < 0)
		return r;
	writer->result->set_aside++;
	snprintf(text, sizeof(text), "%.40s was damaged and begun anew: %.100s", file,
		why);
	writer_note(writer, text);
	return 0;
}

/* ---- checksums of the rows ------------------------------------------------------- */

/* They are never a reason to lose a tick. */
static void give_up_sums(struct writer *writer, const struct err *why)
{
	char text[200];

	row_sums_batch_end(writer->sums);
	writer->sums = NULL;
	writer->sums_error = *why;
	snprintf(text, sizeof(text), "the checksums of the rows cannot be kept: %.120s",
		why->text);
	writer_note(writer, text);
}

static void add_sums(
	struct writer *writer, const char *folder, const char *file, bool is_new)
{
	struct err why = ERR_INIT;

	if (writer->sums &&
		row_sums_batch_add(writer->sums, folder, file, is_new, &why) < 0)
		give_up_sums(writer, &why);
}

static void begin_sums(struct writer *writer)
{
	struct err why = ERR_INIT;

	if (row_sums_batch_begin(writer->data_dir, &writer->sums, &why) < 0)
		give_up_sums(writer, &why);
}

/* Rows up to that stamp are about to be written. */
static void open_sums(struct writer *writer, int64_t last_stamp_s)
{
	struct err why = ERR_INIT;

	if (writer->sums && row_sums_batch_open(writer->sums, last_stamp_s, &why) < 0)
		give_up_sums(writer, &why);
	if (writer->sums && row_sums_batch_note(writer->sums)[0])
		writer_note(writer, row_sums_batch_note(writer->sums));
}

/*
 * Where the log does not say that rows may be half written, none may be: were this batch cut
 * short, the sums of before would call good rows of the same blocks damaged.  So the
 * batch waits, as long as staging has room; then the sums go, and the rows stay.
 */
static int ensure_sums_say(struct writer *writer, struct err *err)
{
	if (writer->sums)
		return 0;
	if (!writer->batch.gives_up)
		return err_set(err, -EIO,
			"the checksums of the rows cannot be kept: %.200s",
			writer->sums_error.text);
	return row_sums_forget(writer->data_dir, err);
}

/* A batch that the log never ends would stay one that was cut short: its rows unknown, and
 * written so into a file that is made anew. */
static int commit_sums(struct writer *writer, struct err *err)
{
	struct err why = ERR_INIT;

	if (!writer->sums || row_sums_batch_commit(writer->sums, &why) == 0)
		return 0;
	give_up_sums(writer, &why);
	return ensure_sums_say(writer, err);
}

/* ---- files ----------------------------------------------------------------------- */

/* The file is there, whole, and has the columns; a damaged one is moved aside. */
static int ensure_file(struct writer *writer, const struct writer_run *run,
	const struct layout_file *file, const char *const *column, struct err *err)
{
	enum series_outcome outcome = SERIES_UNCHANGED;
	const struct subject *subject = &run->subject->subject;
	struct rra_set rows;
	struct series_spec spec = { .archives = &rows,
		.column = column,
		.column_count = file->count,
		.begin = run->stamp[0] - (int64_t)subject->step_s };
	bool with_min = false;
	int r;

	for (size_t i = 0; i < file->count; i++)
		if (run->layout.column[file->first + i].flags & LAYOUT_KEEP_MIN)
			with_min = true;
	r = rra_set_daemon(
		&writer->identity->rows, subject->step_s, with_min, &rows, err);
	if (r < 0)
		return r;
	r = series_ensure(
		writer->data_dir, subject->folder, file->name, &spec, &outcome, err);
	if (r == -EBADMSG) {
		r = set_aside(writer, subject->folder, file->name, err->text, err);
		if (r == 0)
			r = series_ensure(writer->data_dir, subject->folder, file->name,
				&spec, &outcome, err);
	}
	if (r < 0)
		return r;
	writer->result->created += outcome == SERIES_CREATED;
	writer->result->rebuilt +=
		outcome == SERIES_REBUILT || outcome == SERIES_REBUILT_DAMAGED;
	if (outcome == SERIES_REBUILT_DAMAGED) {
		char text[200];

		snprintf(text, sizeof(text),
			"%.40s: rows that did not match their checksums were made "
			"unknown when it was rebuilt",
			file->name);
		writer_note(writer, text);
	}
	if (outcome != SERIES_UNCHANGED)
		writer->saved_key = 0;
	add_sums(writer, subject->folder, file->name, outcome == SERIES_CREATED);
	return name_add(writer, subject->folder, file->name, err);
}

/* Another workload's archives that have another step are no reason to stop the others. */
static int writer_refuse(
	struct writer *writer, const struct writer_run *run, struct err *err)
{
	char text[200];

	snprintf(text, sizeof(text), "%.60s: %.120s", run->subject->subject.name,
		err->text);
	writer_note(writer, text);
	run->subject->is_refused = true;
	return 0;
}

static int ensure_run(
	struct writer *writer, const struct writer_run *run, struct err *err)
{
	for (size_t i = 0; i < run->layout.file_count; i++) {
		const struct layout_file *file = &run->layout.file[i];
		const char **column;
		int r;

		if (file->count == 0 || run->subject->is_refused)
			continue;
		column = column_names(&run->layout, file);
		if (!column)
			return err_oom(err);
		r = ensure_file(writer, run, file, column, err);
		free(column);
		if (r == -EEXIST && run->subject->subject.id != SUBJECT_OWN)
			r = writer_refuse(writer, run, err);
		if (r < 0)
			return err_wrap(err, r, "%s", file->name);
	}
	return 0;
}

/* ---- rows ------------------------------------------------------------------------ */

static int append_file(struct writer *writer, const struct writer_run *run,
	const struct layout_file *file, struct err *err)
{
	struct series_appended appended = { .stored = 0 };
	const char **column = column_names(&run->layout, file);
	double *value = malloc((run->rows * file->count + 1) * sizeof(*value));
	struct series_rows rows = { .column = column,
		.column_count = file->count,
		.stamp = run->stamp,
		.value = value,
		.count = run->rows,
		.latest = run->subject->newest_s };
	int r = -ENOMEM;

	if (!column || !value) {
		err_oom(err);
		goto out;
	}
	for (size_t i = 0; i < run->rows; i++)
		memcpy(value + i * file->count,
			run->value + i * run->layout.column_count + file->first,
			file->count * sizeof(*value));
	r = series_append(writer->data_dir, run->subject->subject.folder, file->name,
		&rows, &appended, err);
	writer->result->skipped += appended.skipped;
out:
	free(value);
	free(column);
	return r < 0 ? err_wrap(err, r, "%s", file->name) : 0;
}

static int append_run(
	struct writer *writer, const struct writer_run *run, struct err *err)
{
	for (size_t i = 0; i < run->layout.file_count; i++) {
		int r;

		if (run->layout.file[i].count == 0 || run->subject->is_refused)
			continue;
		r = append_file(writer, run, &run->layout.file[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the batch ------------------------------------------------------------------- */

/* Calls step for each run of ticks behind the mark. */
static int each_run(struct writer *writer,
	int (*step)(struct writer *, const struct writer_run *, struct err *),
	struct staging_batch *done, struct err *err)
{
	struct writer_cursor cursor = { .number = writer->status.mark,
		.is_done = true };
	struct writer_batch *batch = &writer->batch;
	int r;

	writer_batch_again(batch);
	done->ticks = 0;
	while ((r = writer_batch_read(batch, writer->staging, writer->status.newest,
			&cursor, err)) > 0) {
		for (size_t i = 0; i < batch->run_count && r >= 0; i++)
			r = step(writer, &batch->run[i], err);
		if (r < 0)
			return r;
		done->ticks += batch->own_ticks;
	}
	done->last_stamp_s = batch->subject[0]->read_stamp_s;
	done->last_tick_number = batch->last_tick_number;
	return r;
}

/* Of the ticks that a batch, cut short, may have written. */
static int64_t newest_stamp(const struct writer *writer)
{
	uint64_t at = writer->status.mark;
	int64_t newest_s = 0;
	const struct staging_frame *frame;

	while ((frame = staging_next(writer->staging, at)) != NULL) {
		at = frame->number;
		if (frame->last_stamp_s > newest_s)
			newest_s = frame->last_stamp_s;
	}
	return newest_s;
}

/*
 * The headers that are saved belong to the mark they were saved with.  Newer than the
 * mark in staging: the batch was complete, only the mark was not moved.  Older:
 * the slot of the last batch was damaged since, and the files, which were synced then,
 * are nearer to the truth than it.
 */
static int recover(struct writer *writer, struct err *err)
{
	struct header_restored restored = { .mark = 0 };
	struct staging_batch missed = { .number = 0 };
	uint64_t saved = 0;
	int r = header_copies_mark(writer->data_dir, &saved, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (saved < writer->status.mark || saved > writer->status.newest)
		return 0;
	r = header_copies_restore(
		writer->data_dir, newest_stamp(writer), &restored, err);
	if (r < 0)
		return r;
	writer->result->headers_restored = restored.restored - restored.damaged;
	if (restored.damaged > 0)
		writer_note(writer,
			"headers of archives were damaged: the saved ones were put back, "
			"what stood there is kept in headers.before");
	if (saved == writer->status.mark) {
		/* of a file that somebody replaced, another header is to be saved */
		if (restored.kept == 0)
			writer->saved_key = staging_files_key(writer->staging);
		return 0;
	}
	missed.number = saved;
	for (const struct staging_frame *frame =
			staging_next(writer->staging, writer->status.mark);
		frame && frame->number <= saved;
		frame = staging_next(writer->staging, frame->number)) {
		missed.ticks += frame->ticks;
		if (frame->last_stamp_s > missed.last_stamp_s)
			missed.last_stamp_s = frame->last_stamp_s;
	}
	r = staging_move_mark(writer->staging, &missed, err);
	staging_get_status(writer->staging, &writer->status);
	return r;
}

static int save_headers(struct writer *writer, uint64_t mark, struct err *err)
{
	return header_copies_save(
		writer->data_dir, writer->name, writer->name_count, mark, err);
}

static int sync_files(struct writer *writer, struct err *err)
{
	for (size_t i = 0; i < writer->name_count; i++) {
		int r = series_sync(writer->data_dir, writer->name[i].folder,
			writer->name[i].file, err);
		if (r < 0)
			return err_wrap(err, r, "%s", writer->name[i].file);
	}
	return 0;
}

static int write_batch(struct writer *writer, struct err *err)
{
	struct staging_batch done = { .number = writer->status.newest };
	struct staging_batch unused = { .number = 0 };
	int64_t newest_s = 0;
	int r;

	begin_sums(writer);
	r = each_run(writer, ensure_run, &unused, err);
	if (r < 0)
		return r;
	/* every file that is touched from here on can be put back */
	done.files_key = names_key(writer);
	if (writer->result->created && !writer->result->set_aside &&
		done.files_key == staging_files_key(writer->staging)) {
		snprintf(writer->result->note, sizeof(writer->result->note),
			"%zu archives were gone and begun anew",
			writer->result->created);
	}
	if (writer->name_count && writer->saved_key != done.files_key) {
		r = sync_files(writer, err);
		if (r == 0)
			r = save_headers(writer, writer->status.mark, err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < writer->batch.subject_count; i++)
		if (writer->batch.subject[i]->newest_s > newest_s)
			newest_s = writer->batch.subject[i]->newest_s;
	open_sums(writer, newest_s);
	r = ensure_sums_say(writer, err);
	if (r == 0)
		r = each_run(writer, append_run, &done, err);
	if (r == 0)
		r = sync_files(writer, err);
	if (r == 0)
		r = commit_sums(writer, err);
	if (r == 0 && writer->name_count)
		r = save_headers(writer, done.number, err);
	/* or the rows went into files that the next mount hides */
	if (r == 0)
		r = staging_check_place(writer->staging, writer->data_dir, err);
	if (r == 0)
		r = staging_move_mark(writer->staging, &done, err);
	writer->result->ticks = done.ticks;
	writer->result->lost = writer->batch.lost;
	if (writer->batch.note[0])
		writer_note(writer, writer->batch.note);
	writer->result->files = writer->name_count;
	return r;
}

int writer_run(const char *data_dir, bool gives_up, struct writer_result *ret_result,
	struct err *err)
{
	struct writer_result result = { .ticks = 0 };
	struct writer writer = { .data_dir = data_dir, .result = &result };
	int r;

	r = data_path(data_dir, DATA_LAYOUTS, writer.layouts_dir, err);
	if (r == 0)
		r = data_path(data_dir, DATA_SUBJECTS, writer.subjects_dir, err);
	if (r == 0)
		r = staging_open(data_dir, STAGING_WRITE, &writer.staging, err);
	if (r < 0)
		return r;
	writer.identity = staging_identity(writer.staging);
	staging_read_ahead(writer.staging); /* all of the batch, and twice */
	staging_get_status(writer.staging, &writer.status);
	result.lost = writer.status.damaged;
	if (writer.status.damaged)
		writer_note(&writer,
			"frames of staging were damaged: their ticks are lost");
	if (writer.status.unreadable && !gives_up)
		r = err_set(err, -EIO, "%llu blocks of staging cannot be read",
			(unsigned long long)writer.status.unreadable);
	else if (!writer.identity->folder[0])
		r = err_set(err, -EAGAIN, "the workload is not in the database yet");
	if (r == 0)
		r = writer_batch_init(&writer.batch, writer.identity,
			writer.layouts_dir, writer.subjects_dir, err);
	writer.batch.gives_up = gives_up;
	if (r == 0)
		r = recover(&writer, err);
	if (r == 0 && writer.status.newest > writer.status.mark)
		r = write_batch(&writer, err);
	if (r == 0)
		*ret_result = result;
	row_sums_batch_end(writer.sums);
	names_done(&writer);
	writer_batch_done(&writer.batch);
	staging_close(writer.staging);
	return r;
}
