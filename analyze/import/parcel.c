#include "analyze/import/parcel.h"

#include "analyze/import/parcel_wire.h"
#include "common/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_BYTES ((size_t)256 << 10)
#define IN_BYTES (PARCEL_BODY_MAX + 65536)
#define STEP_MAX_S 86400
#define ROW_STEP_MAX_S (366 * 86400)
#define STAMP_MAX INT64_C(4102444800) /* the year 2100 */
#define ROWS_MAX (INT64_C(1) << 32)

struct parcel_head {
	uint32_t kind, bytes;
};

/* ---- writing ------------------------------------------------------------------------- */

void parcel_writer_init(struct parcel_writer *writer, int fd)
{
	writer->fd = fd;
	strbuf_init(&writer->out, FLUSH_BYTES + PARCEL_BODY_MAX + 65536);
}

void parcel_writer_done(struct parcel_writer *writer)
{
	strbuf_done(&writer->out);
}

int parcel_flush(struct parcel_writer *writer, struct err *err)
{
	int r = strbuf_failed(&writer->out);

	if (r < 0)
		return err_set(err, r, "a message of a store is too long");
	r = io_write_full(writer->fd, writer->out.text, writer->out.length);
	strbuf_clear(&writer->out);
	return r < 0 ? err_set(err, r, "nobody reads the answer") : 0;
}

/* Where the body begins; its length is put in by parcel_put_end. */
static size_t parcel_put_begin(struct parcel_writer *writer, enum parcel_kind kind)
{
	struct parcel_head head = { .kind = (uint32_t)kind };

	strbuf_add_bytes(&writer->out, (const char *)&head, sizeof(head));
	return writer->out.length;
}

static int parcel_put_end(struct parcel_writer *writer, size_t begin, struct err *err)
{
	size_t length = writer->out.length - begin;
	uint32_t bytes = (uint32_t)length;

	if (strbuf_failed(&writer->out) < 0 || length > PARCEL_BODY_MAX)
		return err_set(err, -EFBIG,
			"a record of a store has %zu bytes, at most %zu are sent",
			length, PARCEL_BODY_MAX);
	memcpy(writer->out.text + begin - sizeof(bytes), &bytes, sizeof(bytes));
	return writer->out.length > FLUSH_BYTES ? parcel_flush(writer, err) : 0;
}

static void parcel_put_shape(struct strbuf *out, const struct parcel_shape *shape)
{
	parcel_put_text(out, shape->name);
	parcel_put_int(out, shape->last_update);
	parcel_put_int(out, shape->archives.step_s);
	parcel_put_int(out, (int64_t)shape->columns);
	for (size_t i = 0; i < shape->columns; i++)
		parcel_put_text(out, shape->column[i]);
	parcel_put_int(out, (int64_t)shape->archives.count);
	for (size_t i = 0; i < shape->archives.count; i++) {
		const struct rra *rra = &shape->archives.rra[i];

		parcel_put_int(out, rra->cf);
		parcel_put_int(out, rra->pdp_per_row);
		parcel_put_int(out, (int64_t)rra->rows);
	}
}

int parcel_put(struct parcel_writer *writer, enum parcel_kind kind, const void *item,
	struct err *err)
{
	const struct parcel_item *fields = parcel_item_of(kind);
	size_t begin = parcel_put_begin(writer, kind);

	if (kind == PARCEL_FILE)
		parcel_put_shape(&writer->out, item);
	else if (fields)
		parcel_put_item(&writer->out, fields, item);
	return parcel_put_end(writer, begin, err);
}

int parcel_put_rows(struct parcel_writer *writer, const struct parcel_rows *rows,
	size_t columns, struct err *err)
{
	size_t begin = parcel_put_begin(writer, PARCEL_ROWS);

	parcel_put_int(&writer->out, (int64_t)rows->archive);
	parcel_put_int(&writer->out, rows->first);
	parcel_put_int(&writer->out, (int64_t)rows->count);
	strbuf_add_bytes(&writer->out, (const char *)rows->value,
		(rows->is_one_value ? 1 : rows->count * columns) * sizeof(double));
	return parcel_put_end(writer, begin, err);
}

int parcel_put_have(struct parcel_writer *writer, const struct parcel_shape *shape,
	const struct parcel_blocks *blocks, struct err *err)
{
	size_t bytes = 4096 + shape->columns * (RRD_NAME_SIZE + 8);
	size_t begin;

	for (size_t i = 0; i < shape->archives.count; i++)
		bytes += blocks[i].count * sizeof(uint64_t);
	if (bytes > PARCEL_BODY_MAX)
		return -EFBIG;
	begin = parcel_put_begin(writer, PARCEL_HAVE);
	parcel_put_shape(&writer->out, shape);
	for (size_t i = 0; i < shape->archives.count; i++) {
		parcel_put_int(&writer->out, blocks[i].first);
		parcel_put_int(&writer->out, (int64_t)blocks[i].count);
		strbuf_add_bytes(&writer->out, blocks[i].sum,
			blocks[i].count * sizeof(uint64_t));
	}
	return parcel_put_end(writer, begin, err);
}

int parcel_put_message(struct parcel_writer *writer,
	const struct parcel_message *message, size_t columns, struct err *err)
{
	if (message->kind == PARCEL_ROWS)
		return parcel_put_rows(writer, &message->rows, columns, err);
	if (message->kind == PARCEL_HAVE)
		return parcel_put_have(writer, &message->file, message->blocks, err);
	/* every item is a member of the same union */
	return parcel_put(writer, message->kind, &message->event, err);
}

/* ---- reading ------------------------------------------------------------------------- */

struct parcel_reader {
	parcel_read *read;
	void *from;
	const char *what;
	size_t begin, end;
	bool has_file;
	const char **column;
	size_t columns;
	struct parcel_shape file; /* the last one; its name is not kept */
	char in[IN_BYTES];
};

int parcel_reader_new(parcel_read *read, void *from, const char *what,
	struct parcel_reader **ret_reader, struct err *err)
{
	struct parcel_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return err_oom(err);
	reader->read = read;
	reader->from = from;
	reader->what = what;
	*ret_reader = reader;
	return 0;
}

void parcel_reader_free(struct parcel_reader *reader)
{
	if (!reader)
		return;
	free(reader->column);
	free(reader);
}

size_t parcel_columns(const struct parcel_reader *reader)
{
	return reader->columns;
}

static int refuse_message(const struct parcel_reader *reader, struct err *err)
{
	return err_set(err, -EBADMSG,
		"%s: its answer is not that of a store (or of a version this one does not "
		"know)",
		reader->what);
}

/* 1: that many bytes lie at begin; 0: the end, before the first of them. */
static int reader_need(struct parcel_reader *reader, size_t count, struct err *err)
{
	if (reader->end - reader->begin < count && reader->begin > 0) {
		memmove(reader->in, reader->in + reader->begin,
			reader->end - reader->begin);
		reader->end -= reader->begin;
		reader->begin = 0;
	}
	while (reader->end - reader->begin < count) {
		ssize_t got = reader->read(reader->from, reader->in + reader->end,
			IN_BYTES - reader->end, err);

		if (got < 0)
			return (int)got;
		if (got == 0)
			return reader->end == reader->begin
				? 0
				: err_set(err, -ECONNRESET,
					  "%s: its answer ends in the middle",
					  reader->what);
		reader->end += (size_t)got;
	}
	return 1;
}

static bool parcel_is_column_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length < RRD_NAME_SIZE &&
		name[strspn(name,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789_-")] == '\0';
}

/* A number of 1 to most. */
static int parcel_take_count(
	struct parcel_cursor *cursor, int64_t most, int64_t *ret_value)
{
	int r = parcel_take_int(cursor, ret_value);

	return r < 0 || *ret_value < 1 || *ret_value > most ? -EBADMSG : 0;
}

static int parcel_take_columns(struct parcel_reader *reader,
	struct parcel_cursor *cursor, struct parcel_shape *shape)
{
	const char **grown;
	int64_t count;
	int r = parcel_take_count(cursor, RRD_COLUMNS_MAX, &count);

	if (r < 0)
		return r;
	grown = realloc(reader->column, (size_t)count * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	reader->column = grown;
	for (int64_t i = 0; r == 0 && i < count; i++) {
		char *name = NULL;

		r = parcel_take_text(cursor, &name);
		if (r == 0 && (!name || !parcel_is_column_name(name)))
			r = -EBADMSG;
		reader->column[i] = name;
	}
	shape->column = reader->column;
	shape->columns = (size_t)count;
	return r;
}

static int parcel_take_archive(
	struct parcel_cursor *cursor, unsigned step_s, struct rra *ret_rra)
{
	int64_t cf, pdp = 0, rows = 0;
	int r = parcel_take_int(cursor, &cf);

	if (r == 0)
		r = parcel_take_count(cursor, ROW_STEP_MAX_S / step_s, &pdp);
	if (r == 0)
		r = parcel_take_count(cursor, ROWS_MAX, &rows);
	if (r < 0 || cf < RRA_AVERAGE || cf > RRA_MAX)
		return -EBADMSG;
	*ret_rra = (struct rra){ .cf = (enum rra_cf)cf,
		.pdp_per_row = (unsigned)pdp,
		.rows = (uint64_t)rows };
	return 0;
}

static int parcel_take_shape(struct parcel_reader *reader, struct parcel_cursor *cursor,
	struct parcel_shape *ret_shape)
{
	struct parcel_shape shape = { .name = NULL };
	int64_t step_s = 0, count = 0;
	int r = parcel_take_text(cursor, &shape.name);

	if (r == 0 && (!shape.name || !*shape.name))
		r = -EBADMSG;
	if (r == 0)
		r = parcel_take_int(cursor, &shape.last_update);
	if (r == 0 && (shape.last_update < 0 || shape.last_update > STAMP_MAX))
		r = -EBADMSG;
	if (r == 0)
		r = parcel_take_count(cursor, STEP_MAX_S, &step_s);
	if (r == 0)
		r = parcel_take_columns(reader, cursor, &shape);
	if (r == 0)
		r = parcel_take_count(cursor, RRA_COUNT_MAX, &count);
	if (r < 0)
		return r;
	shape.archives = (struct rra_set){ .step_s = (unsigned)step_s,
		.heartbeat_s = 3 * (unsigned)step_s,
		.xff = 0.5,
		.count = (size_t)count };
	for (int64_t i = 0; r == 0 && i < count; i++)
		r = parcel_take_archive(
			cursor, (unsigned)step_s, &shape.archives.rra[i]);
	*ret_shape = shape;
	return r;
}

static int parcel_take_blocks(
	struct parcel_cursor *cursor, struct parcel_message *message)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < message->file.archives.count; i++) {
		struct parcel_blocks *blocks = &message->blocks[i];
		int64_t count = 0;

		r = parcel_take_int(cursor, &blocks->first);
		if (r == 0)
			r = parcel_take_int(cursor, &count);
		if (r < 0 || count < 0 ||
			(uint64_t)count > cursor->left / sizeof(uint64_t))
			return -EBADMSG;
		blocks->count = (size_t)count;
		blocks->sum = cursor->at;
		cursor->at += blocks->count * sizeof(uint64_t);
		cursor->left -= blocks->count * sizeof(uint64_t);
	}
	return r;
}

static int parcel_take_rows(const struct parcel_reader *reader,
	struct parcel_cursor *cursor, struct parcel_rows *ret_rows)
{
	int64_t archive = 0, count = 0;
	size_t bytes;
	int r = reader->has_file ? parcel_take_int(cursor, &archive) : -EBADMSG;

	if (r == 0)
		r = parcel_take_int(cursor, &ret_rows->first);
	if (r == 0)
		r = parcel_take_count(cursor,
			(int64_t)(PARCEL_BODY_MAX / sizeof(double) / reader->columns),
			&count);
	bytes = (size_t)count * reader->columns * sizeof(double);
	if (r < 0 || archive < 0 || (size_t)archive >= reader->file.archives.count ||
		ret_rows->first < -STAMP_MAX || ret_rows->first > STAMP_MAX ||
		(cursor->left != bytes && cursor->left != sizeof(double)))
		return -EBADMSG;
	ret_rows->is_one_value = cursor->left != bytes;
	ret_rows->archive = (size_t)archive;
	ret_rows->count = (size_t)count;
	ret_rows->value = (const void *)cursor->at;
	cursor->left = 0;
	return 0;
}

static int parcel_take_body(struct parcel_reader *reader, struct parcel_cursor *cursor,
	struct parcel_message *message)
{
	const struct parcel_item *fields = parcel_item_of(message->kind);
	int r = 0;

	if (message->kind == PARCEL_FILE || message->kind == PARCEL_HAVE) {
		r = parcel_take_shape(reader, cursor, &message->file);
		if (r == 0 && message->kind == PARCEL_HAVE)
			r = parcel_take_blocks(cursor, message);
		reader->has_file = r == 0;
		reader->columns = message->file.columns;
		reader->file = message->file;
	} else if (message->kind == PARCEL_ROWS) {
		r = parcel_take_rows(reader, cursor, &message->rows);
	} else if (fields) {
		r = parcel_take_item(cursor, fields, &message->event);
	}
	if (message->kind == PARCEL_FILE_END && !reader->has_file)
		r = -EBADMSG;
	if (message->kind == PARCEL_FILE_END)
		reader->has_file = false;
	return r == 0 && cursor->left > 0 ? -EBADMSG : r;
}

int parcel_take(struct parcel_reader *reader, struct parcel_message *ret_message,
	struct err *err)
{
	struct parcel_head head;
	struct parcel_cursor cursor;
	int r = reader_need(reader, sizeof(head), err);

	if (r <= 0)
		return r;
	memcpy(&head, reader->in + reader->begin, sizeof(head));
	if (head.kind >= PARCEL_KINDS || head.bytes > PARCEL_BODY_MAX)
		return refuse_message(reader, err);
	r = reader_need(reader, sizeof(head) + head.bytes, err);
	if (r <= 0)
		return r;
	cursor = (struct parcel_cursor){ reader->in + reader->begin + sizeof(head),
		head.bytes };
	reader->begin += sizeof(head) + head.bytes;
	memset(ret_message, 0, sizeof(*ret_message));
	ret_message->kind = (enum parcel_kind)head.kind;
	r = parcel_take_body(reader, &cursor, ret_message);
	if (r == -ENOMEM)
		return err_oom(err);
	return r < 0 ? refuse_message(reader, err) : 1;
}
