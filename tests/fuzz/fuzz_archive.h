/*
 * A data folder with one archive, as the writer leaves it when it dies within a batch: the
 * rows are appended, their sums are not in the log, saved headers are of before.
 */
#ifndef TESTS_FUZZ_FUZZ_ARCHIVE_H
#define TESTS_FUZZ_FUZZ_ARCHIVE_H

#include "tests/fuzz/fuzz_edit.h"
#include "tests/fuzz/fuzz_folder.h"

#include "store/rrd/header_copies.h"
#include "store/rrd/row_sums.h"
#include "store/rrd/row_sums_batch.h"
#include "store/rrd/rrd_file.h"
#include "store/rrd/series_store.h"

#define FUZZ_ARCHIVE_START 1700000000
#define FUZZ_ARCHIVE_FILE "rrd/w/f.rrd"
#define FUZZ_IMAGE_BYTES 8192

struct fuzz_image {
	size_t size;
	_Alignas(8) uint8_t bytes[FUZZ_IMAGE_BYTES];
};

/* The files of the folder, as they were. */
static struct fuzz_image fuzz_archive, fuzz_headers, fuzz_sums;
static const struct header_name fuzz_archive_name = { .folder = "w", .file = "f" };
static const char *const fuzz_columns[] = { "a", "b" };

static inline void fuzz_image_take(const char *name, struct fuzz_image *image)
{
	image->size = fuzz_folder_get(name, image->bytes, sizeof(image->bytes));
	if (image->size == 0)
		abort();
}

static inline void fuzz_archive_append(int64_t after, size_t rows)
{
	int64_t stamp[100], until = after + 10 * (int64_t)rows;
	double value[200];
	struct series_appended appended;
	struct series_rows given = { .column = fuzz_columns,
		.column_count = 2,
		.stamp = stamp,
		.value = value,
		.count = rows,
		.latest = until };
	const char *dir = fuzz_folder();
	struct row_sums_batch *batch = NULL;

	for (size_t i = 0; i < rows; i++) {
		stamp[i] = after + 10 * (int64_t)(i + 1);
		value[2 * i] = (double)i;
		value[2 * i + 1] = 0.5;
	}
	if (row_sums_batch_begin(dir, &batch, NULL) < 0 ||
		row_sums_batch_add(batch, "w", "f", false, NULL) < 0 ||
		row_sums_batch_open(batch, until, NULL) < 0 ||
		series_append(dir, "w", "f", &given, &appended, NULL) < 0)
		abort();
	if (after == FUZZ_ARCHIVE_START &&
		(row_sums_batch_commit(batch, NULL) < 0 ||
			header_copies_save(dir, &fuzz_archive_name, 1, 7, NULL) < 0))
		abort();
	row_sums_batch_end(batch);
}

/* Whole pieces of zeros stand behind a log: some of them are enough. */
static inline void fuzz_sums_take(void)
{
	static uint8_t log[1 << 18];
	size_t size = fuzz_folder_get("sums.0", log, sizeof(log));

	while (size > 0 && log[size - 1] == 0)
		size--;
	fuzz_sums.size = (size + 7 + 64) / 8 * 8;
	if (fuzz_sums.size > sizeof(fuzz_sums.bytes))
		abort();
	memcpy(fuzz_sums.bytes, log, fuzz_sums.size);
}

static inline void fuzz_archive_make(void)
{
	struct rra_set archives = { .step_s = 10,
		.heartbeat_s = 30,
		.xff = 0.5,
		.rra = { { RRA_AVERAGE, 1, 70 }, { RRA_AVERAGE, 6, 20 },
			{ RRA_MAX, 6, 20 } },
		.count = 3 };
	struct series_spec spec = { .archives = &archives,
		.column = fuzz_columns,
		.column_count = 2,
		.begin = FUZZ_ARCHIVE_START };
	enum series_outcome outcome;

	if (series_ensure(fuzz_folder(), "w", "f", &spec, &outcome, NULL) < 0)
		abort();
	fuzz_archive_append(FUZZ_ARCHIVE_START, 90);
	fuzz_archive_append(FUZZ_ARCHIVE_START + 900, 5);
	fuzz_image_take(FUZZ_ARCHIVE_FILE, &fuzz_archive);
	fuzz_image_take("headers.0", &fuzz_headers);
	fuzz_sums_take();
}

/* A log of the folder: the rest of the input itself, or the file as it was, edited. */
static inline void fuzz_image_draw(struct fuzz_image *drawn,
	const struct fuzz_image *kept, struct fuzz_input *input, bool is_input)
{
	if (is_input) {
		drawn->size = input->left < sizeof(drawn->bytes) ? input->left
								 : sizeof(drawn->bytes);
		if (drawn->size)
			memcpy(drawn->bytes, input->at, drawn->size);
	} else {
		memcpy(drawn->bytes, kept->bytes, kept->size);
		drawn->size = fuzz_edit(input, drawn->bytes, kept->size, 16);
	}
}

/* One of the files, edited. */
static inline void fuzz_image_put(const char *name, const struct fuzz_image *image,
	struct fuzz_input *input, unsigned edits)
{
	static struct fuzz_image edited;

	memcpy(edited.bytes, image->bytes, image->size);
	fuzz_folder_put(
		name, edited.bytes, fuzz_edit(input, edited.bytes, image->size, edits));
}

#endif
