/* The sums of all files in memory, and their records as the log holds them. */
#include "store/rrd/row_sums_log.h"

#include "common/array.h"
#include "common/checksum.h"
#include "store/rrd/row_sums.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL /* the daemon's programs link no libxxhash */
#include <xxhash.h>

#define BLOCK_ROWS_MAX 64
#define BLOCK_BYTES_MAX 65536
/* A log of few bytes may claim archives of any length, whose sums are then made: a file
 * of 20 years of 10 s, and 100,000 such as the daemon writes, are the most. */
#define FILE_BLOCKS_MAX (UINT64_C(1) << 20)
#define TABLE_BLOCKS_MAX (UINT64_C(1) << 27)

uint64_t row_block_rows(size_t column_count)
{
	uint64_t rows = BLOCK_BYTES_MAX / (column_count * sizeof(double));

	return rows > BLOCK_ROWS_MAX ? BLOCK_ROWS_MAX : rows ? rows : 1;
}

/* Twice as fast as checksum64, and readers sum all that they read. */
uint32_t row_block_sum(const void *rows, size_t bytes)
{
	uint64_t sum = XXH3_64bits(rows, bytes);

	return (uint32_t)(sum ^ (sum >> 32));
}

uint64_t sums_key(const struct rrd_file *file)
{
	uint64_t key = checksum64(&file->step_s, sizeof(file->step_s), 1);

	for (size_t i = 0; i < file->column_count; i++)
		key = checksum64(
			file->column[i].name, strlen(file->column[i].name) + 1, key);
	for (size_t i = 0; i < file->archive_count; i++) {
		const struct rrd_archive *archive = &file->archive[i];
		/* the ring's row of stamp 0: it stays while the file is updated */
		uint64_t laps = (uint64_t)(archive->last / archive->step_s);
		uint64_t phase =
			(archive->newest + archive->rows - laps % archive->rows) %
			archive->rows;
		uint64_t word[] = { archive->pdp_per_row, archive->rows, phase };

		key = checksum64(archive->cf_name, strlen(archive->cf_name) + 1, key);
		key = checksum64(word, sizeof(word), key);
	}
	return key;
}

bool sums_are_of(const struct sums_file *sums, const struct rrd_file *file)
{
	if (sums->column_count != file->column_count ||
		sums->archive_count != file->archive_count)
		return false;
	for (size_t i = 0; i < file->archive_count; i++)
		if (sums->archive[i].rows != file->archive[i].rows)
			return false;
	return sums->key == sums_key(file);
}

/* ---- the table ----------------------------------------------------------------------- */

static void file_free(struct sums_file *file)
{
	if (!file)
		return;
	for (uint32_t i = 0; file->archive && i < file->archive_count; i++)
		free(file->archive[i].sum);
	free(file->archive);
	free(file->folder);
	free(file->name);
	free(file);
}

static uint64_t sums_file_blocks(const struct sums_file *file)
{
	uint64_t blocks = 0;

	for (uint32_t i = 0; i < file->archive_count; i++)
		blocks += file->archive[i].blocks;
	return blocks;
}

void sums_table_free(struct sums_table *table)
{
	while (table) {
		struct sums_table *older = table->older;

		for (size_t i = 0; i < table->count; i++)
			file_free(table->file[i]);
		free(table->file);
		free(table);
		table = older;
	}
}

static uint64_t hash_names(const char *folder, const char *name)
{
	return checksum64(name, strlen(name), checksum64(folder, strlen(folder), 0));
}

/* SIZE_MAX: it is not there.  The hash spares thousands of names their comparison. */
static size_t sums_table_index(const struct sums_table *table, uint64_t hash,
	const char *folder, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->file[i]->name_hash == hash &&
			strcmp(table->file[i]->name, name) == 0 &&
			strcmp(table->file[i]->folder, folder) == 0)
			return i;
	return SIZE_MAX;
}

struct sums_file *sums_table_find(
	const struct sums_table *table, const char *folder, const char *name)
{
	size_t at = sums_table_index(table, hash_names(folder, name), folder, name);

	return at == SIZE_MAX ? NULL : table->file[at];
}

void sums_table_drop_last(struct sums_table *table)
{
	table->blocks -= sums_file_blocks(table->file[--table->count]);
	file_free(table->file[table->count]);
}

/* All its rows unknown, as a file is when it is new. */
static int archive_init(
	struct sums_archive *archive, const struct sums_file *file, uint32_t rows)
{
	uint64_t values = (uint64_t)file->block_rows * file->column_count;
	uint32_t rest = rows % file->block_rows;
	double *unknown;
	uint32_t sum;

	archive->rows = rows;
	archive->blocks = rows / file->block_rows + (rest > 0);
	archive->sum = calloc(archive->blocks, sizeof(*archive->sum));
	unknown = calloc(values, sizeof(*unknown));
	if (!archive->sum || !unknown) {
		free(unknown);
		return -ENOMEM; /* the sums are freed with the file */
	}
	for (uint64_t i = 0; i < values; i++)
		unknown[i] = NAN;
	sum = row_block_sum(unknown, values * sizeof(*unknown));
	for (uint32_t i = 0; i < archive->blocks; i++)
		archive->sum[i] = sum;
	if (rest > 0)
		archive->sum[archive->blocks - 1] = row_block_sum(unknown,
			(uint64_t)rest * file->column_count * sizeof(*unknown));
	free(unknown);
	return 0;
}

static uint64_t blocks_of(
	uint32_t column_count, uint32_t archive_count, const uint32_t *rows)
{
	uint64_t block_rows = row_block_rows(column_count);
	uint64_t blocks = 0;

	for (uint32_t i = 0; i < archive_count; i++)
		blocks += (rows[i] + block_rows - 1) / block_rows;
	return blocks;
}

static bool sums_have_room(const struct sums_table *table, uint64_t blocks)
{
	return blocks <= FILE_BLOCKS_MAX && table->blocks <= TABLE_BLOCKS_MAX - blocks;
}

static struct sums_file *file_new(const char *folder, const char *name,
	uint32_t column_count, uint32_t archive_count, const uint32_t *rows)
{
	struct sums_file *file = calloc(1, sizeof(*file));
	int r = 0;

	if (!file)
		return NULL;
	file->folder = strdup(folder);
	file->name = strdup(name);
	file->column_count = column_count;
	file->archive_count = archive_count;
	file->block_rows = (uint32_t)row_block_rows(column_count);
	file->archive = calloc(archive_count, sizeof(*file->archive));
	if (!file->folder || !file->name || !file->archive)
		r = -ENOMEM;
	for (uint32_t i = 0; i < archive_count && r == 0; i++)
		r = archive_init(&file->archive[i], file, rows[i]);
	if (r == 0)
		return file;
	file_free(file);
	return NULL;
}

/* At that index, or in place of the file that has the name. */
static int table_set(struct sums_table *table, struct sums_file *file)
{
	size_t at;

	if (ARRAY_RESERVE(table->file, table->room, table->count + 1) < 0)
		return -ENOMEM;
	file->name_hash = hash_names(file->folder, file->name);
	at = sums_table_index(table, file->name_hash, file->folder, file->name);
	if (at != SIZE_MAX) {
		table->blocks +=
			sums_file_blocks(file) - sums_file_blocks(table->file[at]);
		file_free(table->file[at]);
		table->file[at] = file;
		return 0;
	}
	table->file[table->count++] = file;
	table->blocks += sums_file_blocks(file);
	return 0;
}

int sums_table_put(struct sums_table *table, const char *folder, const char *name,
	const struct rrd_file *file, struct sums_file **ret_file, struct err *err)
{
	uint32_t rows[RRD_ARCHIVES_MAX];
	struct sums_file *put = NULL;

	for (size_t i = 0; i < file->archive_count; i++) {
		if (file->archive[i].rows > UINT32_MAX)
			return err_set(err, -EFBIG, "%s has too many rows", name);
		rows[i] = (uint32_t)file->archive[i].rows;
	}
	if (!sums_have_room(table,
		    blocks_of((uint32_t)file->column_count,
			    (uint32_t)file->archive_count, rows)))
		return err_set(err, -EFBIG, "%s has too many rows", name);
	put = file_new(folder, name, (uint32_t)file->column_count,
		(uint32_t)file->archive_count, rows);
	if (!put || table_set(table, put) < 0) {
		file_free(put);
		return err_oom(err);
	}
	put->key = sums_key(file);
	put->last = file->last_update;
	*ret_file = put;
	return 0;
}

/* ---- records ------------------------------------------------------------------------- */

/* All parts of a record are padded to 8 bytes. */
struct sums_record {
	uint32_t bytes; /* this one and all that belongs to it */
	uint32_t index; /* of the file in the table */
	uint64_t key;
	int64_t last;
	uint32_t runs;
	uint32_t is_whole; /* a struct sums_shape follows */
};

/* Then the rows of each archive, the folder and the name, both with their NUL. */
struct sums_shape {
	uint32_t column_count, archive_count;
	uint32_t folder_bytes, name_bytes;
};

/* Then as many sums. */
struct row_run {
	uint32_t archive, first, count, unused;
};

int sums_body_put(struct sums_body *body, const void *bytes, size_t size)
{
	static const char zeros[8];
	size_t pad = -size & 7u;

	if (body->allocated - body->used < size + pad) {
		size_t allocated = 2 * body->allocated + size + pad + 4096;
		char *grown = realloc(body->bytes, allocated);

		if (!grown)
			return -ENOMEM;
		body->bytes = grown;
		body->allocated = allocated;
	}
	memcpy(body->bytes + body->used, bytes, size);
	memcpy(body->bytes + body->used + size, zeros, pad);
	body->used += size + pad;
	return 0;
}

static int put_shape(struct sums_body *body, const struct sums_file *file)
{
	struct sums_shape shape = { .column_count = file->column_count,
		.archive_count = file->archive_count,
		.folder_bytes = (uint32_t)strlen(file->folder) + 1,
		.name_bytes = (uint32_t)strlen(file->name) + 1 };
	uint32_t rows[RRD_ARCHIVES_MAX];
	int r = sums_body_put(body, &shape, sizeof(shape));

	for (uint32_t i = 0; i < file->archive_count; i++)
		rows[i] = file->archive[i].rows;
	if (r == 0)
		r = sums_body_put(body, rows, file->archive_count * sizeof(rows[0]));
	if (r == 0)
		r = sums_body_put(body, file->folder, shape.folder_bytes);
	if (r == 0)
		r = sums_body_put(body, file->name, shape.name_bytes);
	return r;
}

int sums_record_begin(struct sums_body *body, const struct sums_table *table,
	const struct sums_file *file, bool is_whole, size_t *ret_record)
{
	struct sums_record record = {
		.key = file->key, .last = file->last, .is_whole = is_whole
	};
	int r;

	while (record.index < table->count && table->file[record.index] != file)
		record.index++;
	*ret_record = body->used;
	r = sums_body_put(body, &record, sizeof(record));
	return r < 0 || !is_whole ? r : put_shape(body, file);
}

int sums_record_run(struct sums_body *body, size_t record, const struct sums_file *file,
	uint32_t archive, uint32_t first, uint32_t count)
{
	struct row_run run = { .archive = archive, .first = first, .count = count };
	struct sums_record head;
	int r = sums_body_put(body, &run, sizeof(run));

	if (r == 0)
		r = sums_body_put(body, file->archive[archive].sum + first,
			count * sizeof(uint32_t));
	if (r < 0)
		return r;
	memcpy(&head, body->bytes + record, sizeof(head));
	head.runs++;
	memcpy(body->bytes + record, &head, sizeof(head));
	return 0;
}

int sums_record_end(struct sums_body *body, size_t record)
{
	struct sums_record head;

	if (body->used - record > UINT32_MAX)
		return -EFBIG;
	memcpy(&head, body->bytes + record, sizeof(head));
	head.bytes = (uint32_t)(body->used - record);
	memcpy(body->bytes + record, &head, sizeof(head));
	return 0;
}

int sums_record_whole(struct sums_body *body, const struct sums_table *table,
	const struct sums_file *file)
{
	size_t record = 0;
	struct sums_archive fresh;
	int r = sums_record_begin(body, table, file, true, &record);

	for (uint32_t a = 0; a < file->archive_count && r == 0; a++) {
		const struct sums_archive *archive = &file->archive[a];
		uint32_t first = 0;

		r = archive_init(&fresh, file, archive->rows);
		while (r == 0 && first < archive->blocks) {
			uint32_t end = first;

			while (end < archive->blocks &&
				archive->sum[end] != fresh.sum[end])
				end++;
			if (end > first)
				r = sums_record_run(
					body, record, file, a, first, end - first);
			first = end + 1;
		}
		free(fresh.sum);
	}
	return r < 0 ? r : sums_record_end(body, record);
}

/* ---- back into the table --------------------------------------------------------------- */

/* What is left of an entry's body. */
struct body_cursor {
	const char *at;
	size_t left;
};

static const void *row_sums_table_take(struct body_cursor *cursor, uint64_t size)
{
	const void *at = cursor->at;
	uint64_t padded = (size + 7) & ~UINT64_C(7);

	if (padded > cursor->left)
		return NULL;
	cursor->at += padded;
	cursor->left -= padded;
	return at;
}

static const char *take_text(struct body_cursor *cursor, uint32_t size)
{
	const char *text = row_sums_table_take(cursor, size);

	return text && size > 0 && text[size - 1] == '\0' ? text : NULL;
}

static int apply_shape(struct sums_table *table, struct body_cursor *cursor,
	struct sums_file **ret_file)
{
	const struct sums_shape *shape = row_sums_table_take(cursor, sizeof(*shape));
	const uint32_t *rows = NULL;
	const char *folder, *name;
	struct sums_file *file;

	if (!shape || shape->column_count == 0 ||
		shape->column_count > RRD_COLUMNS_MAX || shape->archive_count == 0 ||
		shape->archive_count > RRD_ARCHIVES_MAX)
		return -EBADMSG;
	rows = row_sums_table_take(cursor, shape->archive_count * sizeof(*rows));
	folder = take_text(cursor, shape->folder_bytes);
	name = take_text(cursor, shape->name_bytes);
	if (!rows || !folder || !name)
		return -EBADMSG;
	for (uint32_t i = 0; i < shape->archive_count; i++)
		if (rows[i] == 0)
			return -EBADMSG;
	if (!sums_have_room(
		    table, blocks_of(shape->column_count, shape->archive_count, rows)))
		return -EBADMSG;
	file = file_new(folder, name, shape->column_count, shape->archive_count, rows);
	if (!file || table_set(table, file) < 0) {
		file_free(file);
		return -ENOMEM;
	}
	*ret_file = file;
	return 0;
}

static int apply_run(struct sums_file *file, struct body_cursor *cursor)
{
	const struct row_run *run = row_sums_table_take(cursor, sizeof(*run));
	const struct sums_archive *archive;
	const void *sums;

	if (!run || run->archive >= file->archive_count)
		return -EBADMSG;
	archive = &file->archive[run->archive];
	if (run->first >= archive->blocks || run->count > archive->blocks - run->first)
		return -EBADMSG;
	sums = row_sums_table_take(cursor, run->count * sizeof(uint32_t));
	if (!sums)
		return -EBADMSG;
	memcpy(archive->sum + run->first, sums, run->count * sizeof(uint32_t));
	return 0;
}

static int apply_record(struct sums_table *table, struct body_cursor *cursor)
{
	const struct sums_record *head = (const void *)cursor->at;
	struct sums_file *file = NULL;
	struct body_cursor inside = { .at = cursor->at };
	int r = 0;

	if (cursor->left < sizeof(*head) || head->bytes > cursor->left ||
		head->bytes < sizeof(*head) || head->bytes % 8 != 0)
		return -EBADMSG;
	inside.left = head->bytes;
	cursor->at += head->bytes;
	cursor->left -= head->bytes;
	row_sums_table_take(&inside, sizeof(*head));
	if (head->is_whole)
		r = apply_shape(table, &inside, &file);
	else if (head->index < table->count)
		file = table->file[head->index];
	if (r < 0)
		return r;
	if (!file)
		return -EBADMSG;
	file->key = head->key;
	file->last = head->last;
	for (uint32_t i = 0; i < head->runs && r == 0; i++)
		r = apply_run(file, &inside);
	return r;
}

int sums_table_apply(struct sums_table *table, const char *bytes, size_t size)
{
	struct body_cursor cursor = { .at = bytes, .left = size };
	int r = 0;

	while (r == 0 && cursor.left > 0)
		r = apply_record(table, &cursor);
	return r;
}

/* ---- ranges ---------------------------------------------------------------------------- */

struct row_range sums_range_of(
	const struct rrd_file *file, size_t archive, int64_t lo, int64_t hi)
{
	const struct rrd_archive *a = &file->archive[archive];
	int64_t step_s = a->step_s, rows = (int64_t)a->rows;
	struct row_range range = { .archive = archive };
	int64_t count = hi / step_s - lo / step_s;
	int64_t after = 0;

	if (lo < 0 || count <= 0)
		return range;
	if (count >= rows) {
		range.count = a->rows;
		return range;
	}
	after = (lo / step_s - a->last / step_s) % rows;
	range.first = (uint64_t)(((int64_t)a->newest + 1 + after + rows) % rows);
	range.count = (uint64_t)count;
	return range;
}

bool sums_range_meets(const struct row_range *range, uint64_t ring_rows, uint64_t first,
	uint64_t count)
{
	uint64_t end = range->first + range->count;

	if (range->count == 0)
		return false;
	if (first < end && range->first < first + count)
		return true;
	return end > ring_rows && first < end - ring_rows; /* over the seam */
}
