#include "collectord/writer/writer_batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values held at a time; a longer batch goes to the files in several pieces. */
enum { BATCH_BYTES = 16 * 1024 * 1024, FIRST_ROOM = 64 };

void writer_batch_init(struct writer_batch *batch)
{
	*batch = (struct writer_batch){ .rows = 0 };
	layout_init(&batch->layout, 1);
}

void writer_batch_done(struct writer_batch *batch)
{
	layout_done(&batch->layout);
	free(batch->stamp);
	free(batch->value);
	writer_batch_init(batch);
}

static void lose(struct writer_batch *batch, uint64_t ticks, const char *why)
{
	batch->lost += ticks;
	if (!batch->note[0])
		snprintf(batch->note, sizeof(batch->note), "%.250s", why);
}

static int batch_grow(struct writer_batch *batch, struct err *err)
{
	size_t columns = batch->layout.source_count;
	size_t room = batch->room ? 2 * batch->room : FIRST_ROOM;
	int64_t *stamp;
	double *value;

	if (batch->rows < batch->room)
		return 0;
	stamp = realloc(batch->stamp, room * sizeof(*stamp));
	if (!stamp)
		return err_oom(err);
	batch->stamp = stamp;
	value = realloc(batch->value, room * (columns + 1) * sizeof(*value));
	if (!value)
		return err_oom(err);
	batch->value = value;
	batch->room = room;
	return 0;
}

/* Takes the tick; 0 when it belongs into the next batch, 1 when it was taken. */
static int batch_take(struct writer_batch *batch, const struct record *record,
	const char *layouts_dir, int64_t *last_stamp_s, struct err *err)
{
	size_t columns;
	int r;

	if (record->stamp_s <= *last_stamp_s)
		return 1; /* staged twice: the recorder died before it said so */
	if (batch->rows && batch->layout.id != record->layout)
		return 0;
	if (batch->layout.id != record->layout) {
		struct err why = ERR_INIT;

		layout_done(&batch->layout);
		layout_init(&batch->layout, 1);
		r = layout_load(layouts_dir, record->layout, &batch->layout, &why);
		if (r < 0)
			layout_init(&batch->layout, 1);
		if (r < 0 && r != -ENOENT && r != -EBADMSG && !batch->gives_up)
			return err_set(err, r, "%s", why.text); /* another time */
		if (r < 0) {
			lose(batch, 1, why.text);
			return 1;
		}
		batch->room = 0; /* rows have another width now */
	}
	columns = batch->layout.source_count;
	if (columns != record->count ||
		record->stamp_s % (int64_t)batch->layout.step_s != 0) {
		lose(batch, 1, "a tick does not fit its layout");
		return 1;
	}
	if (batch->rows && (batch->rows + 1) * columns * sizeof(double) > BATCH_BYTES)
		return 0;
	r = batch_grow(batch, err);
	if (r < 0)
		return r;
	batch->stamp[batch->rows] = record->stamp_s;
	if (columns)
		memcpy(batch->value + batch->rows * columns, record->values,
			columns * sizeof(double));
	batch->rows++;
	batch->last_tick_number = record->number;
	*last_stamp_s = record->stamp_s;
	return 1;
}

/* The rest of one frame; 0 when its end was reached, 1 when the batch is full. */
static int read_frame(struct writer_batch *batch, struct staging *staging,
	const struct staging_frame *frame, const char *layouts_dir,
	struct writer_cursor *cursor, int64_t *last_stamp_s, struct err *err)
{
	struct record_state state;
	struct record record;
	const unsigned char *bytes;
	size_t size = 0, used = 0;
	int r = staging_load(staging, frame, &bytes, &size, err);

	if (r == -EBADMSG || (r < 0 && batch->gives_up)) {
		lose(batch, frame->ticks, err->text);
		return 0;
	}
	if (r < 0)
		return r;
	record_state_init(&state);
	for (;;) {
		size_t before = used;

		r = record_unpack(&state, bytes, size, &used, &record, err);
		if (r == -EBADMSG) {
			lose(batch, 1, err->text);
			r = 0;
		}
		if (r <= 0)
			break;
		/* unpacked again from the start: each value builds on the one before */
		if (before < cursor->used || record.kind != RECORD_TICK)
			continue;
		r = batch_take(batch, &record, layouts_dir, last_stamp_s, err);
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
	const char *layouts_dir, uint64_t through, struct writer_cursor *cursor,
	int64_t *last_stamp_s, struct err *err)
{
	batch->rows = 0;
	for (;;) {
		uint64_t after = cursor->is_done ? cursor->number : cursor->number - 1;
		const struct staging_frame *frame = staging_next(staging, after);
		int r;

		if (!frame || frame->number > through)
			return batch->rows > 0;
		if (frame->number != cursor->number)
			cursor->used = 0;
		cursor->number = frame->number;
		cursor->is_done = false;
		r = read_frame(
			batch, staging, frame, layouts_dir, cursor, last_stamp_s, err);
		if (r < 0)
			return r;
		if (r > 0)
			return 1;
		cursor->is_done = true;
		cursor->used = 0;
	}
}
