#include "collectord/writer/writer_batch.h"

#include "common/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values held at a time; a longer batch goes to the files in several pieces. */
enum { BATCH_BYTES = 16 * 1024 * 1024, FIRST_ROOM = 64 };

/* ---- subjects ----------------------------------------------------------------------- */

static int writer_batch_subject_add(struct writer_batch *batch,
	const struct subject *subject, struct writer_subject **ret_subject,
	struct err *err)
{
	struct writer_subject *added;

	if (ARRAY_RESERVE(
		    batch->subject, batch->subject_room, batch->subject_count + 1) < 0)
		return err_oom(err);
	added = calloc(1, sizeof(*added));
	if (!added)
		return err_oom(err);
	added->subject = *subject;
	batch->subject[batch->subject_count++] = added;
	*ret_subject = added;
	return 0;
}

int writer_batch_init(struct writer_batch *batch, const struct staging_identity *own,
	const char *layouts_dir, const char *subjects_dir, struct err *err)
{
	struct subject subject = { .id = SUBJECT_OWN, .step_s = own->step_s };
	struct writer_subject *added;

	*batch = (struct writer_batch){ .layouts_dir = layouts_dir,
		.subjects_dir = subjects_dir };
	snprintf(subject.name, sizeof(subject.name), "%s", own->name);
	snprintf(subject.folder, sizeof(subject.folder), "%s", own->folder);
	return writer_batch_subject_add(batch, &subject, &added, err);
}

static void writer_batch_run_done(struct writer_run *run)
{
	layout_done(&run->layout);
	free(run->stamp);
	free(run->value);
}

static void runs_done(struct writer_batch *batch)
{
	for (size_t i = 0; i < batch->run_count; i++)
		writer_batch_run_done(&batch->run[i]);
	for (size_t i = 0; i < batch->subject_count; i++)
		batch->subject[i]->newest_run = 0;
	batch->run_count = 0;
	batch->bytes = 0;
	batch->own_ticks = 0;
}

void writer_batch_done(struct writer_batch *batch)
{
	runs_done(batch);
	free(batch->run);
	for (size_t i = 0; i < batch->subject_count; i++)
		free(batch->subject[i]);
	free(batch->subject);
	*batch = (struct writer_batch){ .run_count = 0 };
}

void writer_batch_again(struct writer_batch *batch)
{
	runs_done(batch);
	batch->lost = 0;
	batch->last_tick_number = 0;
	for (size_t i = 0; i < batch->subject_count; i++)
		batch->subject[i]->read_stamp_s = 0;
}

void writer_batch_lose(struct writer_batch *batch, uint64_t ticks, const char *why)
{
	batch->lost += ticks;
	if (!batch->note[0])
		snprintf(batch->note, sizeof(batch->note), "%.250s", why);
}

/* -ENOENT or -EBADMSG: its text is gone or damaged. */
static int subject_find(struct writer_batch *batch, uint64_t id,
	struct writer_subject **ret_subject, struct err *err)
{
	struct subject subject;
	int r;

	/* they come in turn: the next is mostly behind the last one */
	for (size_t i = 0; i < batch->subject_count; i++) {
		size_t at = (batch->subject_near + i) % batch->subject_count;

		if (batch->subject[at]->subject.id == id) {
			*ret_subject = batch->subject[at];
			batch->subject_near = at;
			return 0;
		}
	}
	r = subject_load(batch->subjects_dir, id, &subject, err);
	if (r < 0)
		return r;
	if (!subject.folder[0] && !subject.is_refused)
		return err_set(err, -EAGAIN, "%.100s is not in the database yet",
			subject.name);
	r = writer_batch_subject_add(batch, &subject, ret_subject, err);
	if (r == 0)
		(*ret_subject)->is_refused = subject.is_refused;
	return r;
}

/* ---- runs ---------------------------------------------------------------------------- */

static int run_grow(struct writer_run *run, struct err *err)
{
	size_t columns = run->layout.column_count;
	size_t room = run->room ? 2 * run->room : FIRST_ROOM;
	int64_t *stamp;
	double *value;

	if (run->rows < run->room)
		return 0;
	stamp = realloc(run->stamp, room * sizeof(*stamp));
	if (!stamp)
		return err_oom(err);
	run->stamp = stamp;
	value = realloc(run->value, room * (columns + 1) * sizeof(*value));
	if (!value)
		return err_oom(err);
	run->value = value;
	run->room = room;
	return 0;
}

/* The subject's newest run, where it has this layout. */
static struct writer_run *run_find(struct writer_batch *batch,
	const struct writer_subject *subject, uint64_t layout)
{
	struct writer_run *run =
		subject->newest_run ? &batch->run[subject->newest_run - 1] : NULL;

	return run && run->layout.id == layout ? run : NULL;
}

/* A run for the layout; NULL in *ret_run: the tick is lost. */
static int run_begin(struct writer_batch *batch, struct writer_subject *subject,
	uint64_t layout, struct writer_run **ret_run, struct err *err)
{
	struct err why = ERR_INIT;
	struct writer_run *run;
	int r;

	if (ARRAY_RESERVE(batch->run, batch->run_room, batch->run_count + 1) < 0)
		return err_oom(err);
	run = &batch->run[batch->run_count];
	*run = (struct writer_run){ .subject = subject };
	*ret_run = NULL;
	r = layout_load(batch->layouts_dir, layout, &run->layout, &why);
	if (r < 0 && r != -ENOENT && r != -EBADMSG && !batch->gives_up)
		return err_set(err, r, "%s", why.text); /* another time */
	if (r < 0) {
		writer_batch_lose(batch, 1, why.text);
		return 0;
	}
	subject->newest_run = ++batch->run_count;
	*ret_run = run;
	return 0;
}

/* Takes the tick; 0 when it belongs into the next reading, 1 when it was taken. */
static int batch_take(
	struct writer_batch *batch, const struct record *record, struct err *err)
{
	struct writer_subject *subject = NULL;
	struct err why = ERR_INIT;
	struct writer_run *run;
	size_t bytes = record->count * sizeof(double);
	int r = subject_find(batch, record->subject.id, &subject, &why);

	if (r == -ENOENT || r == -EBADMSG || (r < 0 && batch->gives_up)) {
		writer_batch_lose(batch, 1, why.text);
		return 1;
	}
	if (r < 0)
		return err_set(err, r, "%s", why.text);
	if (subject->subject.is_refused)
		return 1; /* the recorder has told of it */
	if (record->stamp_s <= subject->read_stamp_s)
		return 1; /* staged twice: the recorder died before it said so */
	if (batch->bytes > 0 && batch->bytes + bytes > BATCH_BYTES)
		return 0;
	run = run_find(batch, subject, record->layout);
	if (!run) {
		r = run_begin(batch, subject, record->layout, &run, err);
		if (r < 0 || !run)
			return r < 0 ? r : 1;
	}
	if (run->layout.column_count != record->count ||
		record->stamp_s % (int64_t)run->layout.step_s != 0) {
		writer_batch_lose(batch, 1, "a tick does not fit its layout");
		return 1;
	}
	r = run_grow(run, err);
	if (r < 0)
		return r;
	run->stamp[run->rows] = record->stamp_s;
	if (bytes)
		memcpy(run->value + run->rows * record->count, record->values, bytes);
	run->rows++;
	batch->bytes += bytes;
	subject->read_stamp_s = record->stamp_s;
	if (record->stamp_s > subject->newest_s)
		subject->newest_s = record->stamp_s;
	if (subject->subject.id == SUBJECT_OWN) {
		batch->own_ticks++;
		batch->last_tick_number = record->number;
	}
	return 1;
}

/* ---- frames --------------------------------------------------------------------------- */

/* The rest of one frame; 0 when its end was reached, 1 when the batch is full. */
static int read_frame(struct writer_batch *batch, struct staging *staging,
	const struct staging_frame *frame, struct writer_cursor *cursor,
	struct err *err)
{
	struct record_state state;
	struct record record;
	const unsigned char *bytes;
	size_t size = 0, used = 0;
	int r = staging_load(staging, frame, &bytes, &size, err);

	if (r == -EBADMSG || (r < 0 && batch->gives_up)) {
		writer_batch_lose(batch, frame->ticks, err->text);
		return 0;
	}
	if (r < 0)
		return r;
	record_state_init(&state);
	for (;;) {
		size_t before = used;

		r = record_unpack(&state, bytes, size, &used, &record, err);
		if (r == -EBADMSG) {
			writer_batch_lose(batch, 1, err->text);
			r = 0;
		}
		if (r <= 0)
			break;
		/* unpacked again from the start: each value builds on the one before */
		if (before < cursor->used || record.kind != RECORD_TICK)
			continue;
		r = batch_take(batch, &record, err);
		if (r <= 0) {
			cursor->used = before;
			r = r < 0 ? r : 1;
			break;
		}
	}
	record_state_done(&state);
	return r;
}

int writer_batch_read(struct writer_batch *batch, struct staging *staging,
	uint64_t through, struct writer_cursor *cursor, struct err *err)
{
	runs_done(batch);
	for (;;) {
		uint64_t after = cursor->is_done ? cursor->number : cursor->number - 1;
		const struct staging_frame *frame = staging_next(staging, after);
		int r;

		if (!frame || frame->number > through)
			return batch->run_count > 0;
		if (frame->number != cursor->number)
			cursor->used = 0;
		cursor->number = frame->number;
		cursor->is_done = false;
		r = read_frame(batch, staging, frame, cursor, err);
		if (r < 0)
			return r;
		if (r > 0)
			return 1;
		cursor->is_done = true;
		cursor->used = 0;
	}
}
