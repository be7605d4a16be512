/* Saved headers go back where they belong and nowhere else; copies, sums and archives that
 * somebody else made are bounded before they are believed. */
#include "tests/support.h"
#include "tests/scratch_dir.h"

#include "common/io.h"
#include "store/rrd/checksum.h"
#include "store/rrd/header_copies.h"
#include "store/rrd/row_sums_batch.h"
#include "store/rrd/row_sums_log.h"
#include "store/rrd/rrd_file.h"
#include "store/rrd/rrd_format.h"
#include "store/rrd/series_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_S 10
#define START 1700000000

static const char *const columns[] = { "a", "b" };
static const struct header_name file_name = { .folder = "w", .file = "f" };

static void ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s", err->text);
}

/* All bytes of the one file of these stores. */
struct image {
	char *bytes;
	size_t size;
};

static void archive_path(const char *dir, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/rrd/w/f.rrd", dir);
}

static struct image image_of(const char *dir)
{
	struct image image;
	struct stat status;
	char path[PATH_MAX];
	int fd;

	archive_path(dir, path);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	image.size = (size_t)status.st_size;
	image.bytes = malloc(image.size);
	assert_non_null(image.bytes);
	assert_int_equal(io_pread_full(fd, image.bytes, image.size, 0), image.size);
	close(fd);
	return image;
}

static void put_file(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(io_pwrite_full(fd, bytes, size, 0), 0);
	close(fd);
}

static void put_image(const char *dir, const struct image *image)
{
	char path[PATH_MAX];

	archive_path(dir, path);
	put_file(path, image->bytes, image->size);
}

static bool is_image(const char *dir, const struct image *image)
{
	struct image now = image_of(dir);
	bool is_same = now.size == image->size &&
		memcmp(now.bytes, image->bytes, now.size) == 0;

	free(now.bytes);
	return is_same;
}

static enum series_outcome make_archive(const char *dir, int64_t begin)
{
	struct rra_set archives = { .step_s = STEP_S,
		.heartbeat_s = 3 * STEP_S,
		.xff = 0.5,
		.rra = { { RRA_AVERAGE, 1, 600 }, { RRA_AVERAGE, 6, 200 },
			{ RRA_MAX, 6, 200 } },
		.count = 3 };
	struct series_spec spec = { .archives = &archives,
		.column = columns,
		.column_count = 2,
		.begin = begin };
	enum series_outcome outcome = SERIES_UNCHANGED;
	struct err err = ERR_INIT;

	ok(series_ensure(dir, "w", "f", &spec, &outcome, &err), &err);
	return outcome;
}

static int append_from(const char *dir, int64_t begin, size_t rows, struct err *err)
{
	static int64_t stamp[1000];
	static double value[2000];
	struct series_appended appended;
	struct series_rows given = { .column = columns,
		.column_count = 2,
		.stamp = stamp,
		.value = value,
		.count = rows,
		.latest = INT64_MAX };

	for (size_t i = 0; i < rows; i++) {
		stamp[i] = begin + STEP_S * ((int64_t)i + 1);
		value[2 * i] = (double)stamp[i];
		value[2 * i + 1] = (double)(stamp[i] % 977);
	}
	return series_append(dir, "w", "f", &given, &appended, err);
}

/* As the writer does it: sums and headers are those of the end. */
static void whole_batch(const char *dir, int64_t begin, size_t rows, uint64_t mark)
{
	struct row_sums_batch *sums = NULL;
	struct err err = ERR_INIT;
	bool is_new;

	ok(row_sums_batch_begin(dir, &sums, &err), &err);
	is_new = make_archive(dir, begin) == SERIES_CREATED;
	ok(row_sums_batch_add(sums, "w", "f", is_new, &err), &err);
	ok(row_sums_batch_open(sums, begin + STEP_S * (int64_t)rows, &err), &err);
	ok(append_from(dir, begin, rows, &err), &err);
	ok(row_sums_batch_commit(sums, &err), &err);
	row_sums_batch_end(sums);
	ok(header_copies_save(dir, &file_name, 1, mark, &err), &err);
}

static struct header_restored recovered(const char *dir, int64_t until)
{
	struct header_restored restored;
	struct err err = ERR_INIT;

	ok(header_copies_restore(dir, until, &restored, &err), &err);
	return restored;
}

/* ---- files that the saved header is not of --------------------------------------------- */

static void a_backup_put_over_a_file_begun_anew_stays(void **state)
{
	struct image backup;
	char path[PATH_MAX];

	for (int64_t until = 0; until <= START + 20000; until += START + 20000) {
		whole_batch(*state, START, 500, 1);
		backup = image_of(*state);
		archive_path(*state, path);
		assert_int_equal(unlink(path), 0);
		whole_batch(*state, START + 7770, 60, 2);
		put_image(*state, &backup);
		assert_int_equal(recovered(*state, until).kept, 1);
		assert_true(is_image(*state, &backup));
		free(backup.bytes);
		assert_int_equal(unlink(path), 0);
		snprintf(path, sizeof(path), "%s/sums.0", (char *)*state);
		unlink(path);
	}
}

static void an_older_and_a_newer_copy_stay(void **state)
{
	struct image older, newer;
	struct err err = ERR_INIT;

	whole_batch(*state, START, 300, 1);
	older = image_of(*state);
	whole_batch(*state, START + 3000, 200, 2);
	/* more than any tick in staging explains */
	ok(append_from(*state, START + 5000, 100, &err), &err);
	newer = image_of(*state);
	assert_int_equal(recovered(*state, START + 5500).kept, 1);
	assert_true(is_image(*state, &newer));
	put_image(*state, &older);
	assert_int_equal(recovered(*state, START + 5500).kept, 1);
	assert_true(is_image(*state, &older));
	free(older.bytes);
	free(newer.bytes);
}

/* Rows turned in each ring, as `rrdtool dump` and `rrdtool restore` leave them. */
static void turn_rings(struct image *image, uint64_t by)
{
	struct rrd_stat_head head;
	struct rrd_offsets at;
	size_t row_bytes, from;

	memcpy(&head, image->bytes, sizeof(head));
	at = rrd_offsets_of(head.column_count, head.archive_count);
	row_bytes = head.column_count * sizeof(double);
	from = at.rows;
	for (uint64_t i = 0; i < head.archive_count; i++) {
		char *newest_at = image->bytes + at.rra_ptr + i * sizeof(uint64_t);
		struct rrd_rra_def def;
		uint64_t newest, part;
		char *turned;

		memcpy(&def, image->bytes + at.rra_def + i * sizeof(def), sizeof(def));
		memcpy(&newest, newest_at, sizeof(newest));
		part = (def.rows - by) * row_bytes;
		turned = malloc(def.rows * row_bytes);
		assert_non_null(turned);
		memcpy(turned + by * row_bytes, image->bytes + from, part);
		memcpy(turned, image->bytes + from + part, by * row_bytes);
		memcpy(image->bytes + from, turned, def.rows * row_bytes);
		free(turned);
		newest = (newest + by) % def.rows;
		memcpy(newest_at, &newest, sizeof(newest));
		from += def.rows * row_bytes;
	}
}

static void a_file_that_rrdtool_restored_stays(void **state)
{
	struct image image;

	whole_batch(*state, START, 500, 1);
	image = image_of(*state);
	turn_rings(&image, 37);
	put_image(*state, &image);
	assert_int_equal(recovered(*state, 0).kept, 1);
	assert_int_equal(recovered(*state, START + 5300).kept, 1);
	assert_true(is_image(*state, &image));
	free(image.bytes);
}

/* Its header is that of a batch cut short; its rows are another machine's. */
static void a_file_of_other_rows_stays_whatever_its_header_says(void **state)
{
	struct image image;
	struct err err = ERR_INIT;
	struct rrd_file file;
	char path[PATH_MAX];
	size_t from;

	whole_batch(*state, START, 500, 1);
	archive_path(*state, path);
	ok(rrd_file_open(path, &file, &err), &err);
	from = file.header_bytes;
	rrd_file_close(&file);
	image = image_of(*state);
	for (; from < image.size; from += sizeof(double)) {
		double value;

		memcpy(&value, image.bytes + from, sizeof(value));
		value += 1; /* what is unknown stays so */
		memcpy(image.bytes + from, &value, sizeof(value));
	}
	put_image(*state, &image);
	free(image.bytes);
	ok(append_from(*state, START + 5000, 50, &err), &err);
	image = image_of(*state);
	assert_int_equal(recovered(*state, START + 6000).kept, 1);
	assert_true(is_image(*state, &image));
	free(image.bytes);
}

/* ---- and those that it is of ------------------------------------------------------------ */

static void a_batch_cut_short_is_put_back(void **state)
{
	struct image before, after;
	struct header_restored restored;
	struct err err = ERR_INIT;
	struct rrd_file file;
	char path[PATH_MAX];

	whole_batch(*state, START, 300, 1);
	before = image_of(*state);
	ok(append_from(*state, START + 3000, 50, &err), &err);
	restored = recovered(*state, START + 4000);
	assert_int_equal(restored.restored, 1);
	assert_int_equal(restored.damaged, 0);
	archive_path(*state, path);
	ok(rrd_file_open(path, &file, &err), &err);
	after = image_of(*state);
	assert_memory_equal(before.bytes, after.bytes, file.header_bytes);
	rrd_file_close(&file);
	free(before.bytes);
	free(after.bytes);
}

static void a_damaged_header_is_put_back_and_what_stood_there_is_kept(void **state)
{
	static const size_t places[] = { 0, 30, 130, 700 };

	whole_batch(*state, START, 300, 1);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct image whole = image_of(*state);
		struct image broken = image_of(*state);
		char path[PATH_MAX], kept[8192];
		ssize_t got;
		int fd;

		for (size_t k = 0; k < 24; k++)
			broken.bytes[places[i] + k] ^= 0x55;
		put_image(*state, &broken);
		assert_int_equal(recovered(*state, 0).damaged, 1);
		assert_true(is_image(*state, &whole));
		snprintf(path, sizeof(path), "%s/headers.before", (char *)*state);
		fd = open(path, O_RDONLY);
		got = io_pread_full(fd, kept, sizeof(kept), 0);
		close(fd);
		/* a head, an entry, "w" and "f", then the header as it was */
		assert_true(got > 68 + 1000);
		assert_memory_equal(kept + 48 + 16 + 4, broken.bytes, 1000);
		free(whole.bytes);
		free(broken.bytes);
	}
}

/* ---- copies of strangers ------------------------------------------------------------------ */

struct hostile_copy {
	const char *text;
	uint32_t folder_bytes, file_bytes;
	uint64_t header_bytes, entries;
};

static void put_copy(const char *dir, const struct hostile_copy *copy)
{
	struct image image = image_of(dir);
	uint64_t number = UINT64_C(1) << 40,
		 head[6] = { 0x31544f4c53445248u, number, 0 };
	uint32_t lengths[2] = { copy->folder_bytes, copy->file_bytes };
	char bytes[1024], path[PATH_MAX];
	size_t used = 48;

	memcpy(bytes + used, lengths, sizeof(lengths));
	memcpy(bytes + used + 8, &copy->header_bytes, 8);
	memcpy(bytes + used + 16, "w\0f\0", 4);
	memcpy(bytes + used + 20, image.bytes, 128);
	used += 148;
	head[3] = used - 48;
	head[4] = copy->entries;
	head[5] = checksum_add(CHECKSUM_SEED ^ number ^ (head[3] << 2) ^ (head[4] << 3),
		bytes + 48, head[3]);
	memcpy(bytes, head, sizeof(head));
	snprintf(path, sizeof(path), "%s/headers.0", dir);
	put_file(path, bytes, used);
	snprintf(path, sizeof(path), "%s/headers.1", dir);
	unlink(path);
	free(image.bytes);
}

static void lengths_of_a_copy_are_checked_before_they_are_used(void **state)
{
	static const struct hostile_copy cases[] = {
		{ "a folder beyond the copy", 0xfffffff0u, 2, 128, 1 },
		{ "a file beyond the copy", 2, 0xfffffff0u, 128, 1 },
		{ "a folder without an end", 1, 2, 128, 1 },
		{ "an empty folder", 0, 2, 128, 1 },
		{ "a header beyond the copy", 2, 2, 40000, 1 },
		{ "a header of all memory", 2, 2, UINT64_MAX - 8, 1 },
		{ "more entries than bytes", 2, 2, 128, UINT64_MAX / 2 },
		{ "bytes that no entry has", 2, 2, 100, 1 },
	};
	struct image image;

	make_archive(*state, START);
	image = image_of(*state);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		uint64_t mark = 0;

		put_copy(*state, &cases[i]);
		if (header_copies_mark(*state, &mark, &err) != -ENOENT)
			fail_msg("%s was taken for a copy", cases[i].text);
		assert_int_equal(
			header_copies_restore_file(*state, &file_name, &err), 0);
		assert_true(is_image(*state, &image));
	}
	/* lengths that fit, of a header that is none: the file stays */
	put_copy(*state, &(struct hostile_copy){ "", 2, 2, 128, 1 });
	assert_int_equal(recovered(*state, START + 100).kept, 1);
	assert_true(is_image(*state, &image));
	free(image.bytes);
}

static void sums_of_endless_archives_are_refused(void **state)
{
	struct sums_archive archive = { .rows = UINT32_MAX };
	char folder[] = "w", name[] = "f";
	struct sums_file huge = { .folder = folder,
		.name = name,
		.column_count = 8192,
		.archive_count = 1,
		.archive = &archive };
	struct sums_table table = { .count = 0 };
	struct sums_body body = { .bytes = NULL };
	size_t record = 0;

	(void)state;
	assert_int_equal(sums_record_begin(&body, &table, &huge, true, &record), 0);
	assert_int_equal(sums_record_end(&body, record), 0);
	assert_int_equal(sums_table_apply(&table, body.bytes, body.used), -EBADMSG);
	assert_int_equal(table.count, 0);
	free(body.bytes);
}

/* A key is anybody's: sums of fewer rows must not be looked up by the file's. */
static void sums_of_another_shape_are_not_those_of_the_file(void **state)
{
	struct sums_table *table = NULL;
	struct sums_file *sums;
	struct rrd_file file;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	whole_batch(*state, START, 100, 1);
	archive_path(*state, path);
	ok(rrd_file_open(path, &file, &err), &err);
	ok(sums_table_load(*state, &table, &err), &err);
	sums = sums_table_find(table, "w", "f");
	assert_non_null(sums);
	assert_true(sums_are_of(sums, &file));
	sums->archive[0].rows--;
	assert_false(sums_are_of(sums, &file));
	sums_table_free(table);
	rrd_file_close(&file);
}

/* ---- archives that are not of our kind ----------------------------------------------------- */

static void a_foreign_archive_never_reaches_librrd(void **state)
{
	static const struct {
		size_t archive; /* 0: the first data source's type */
		const char *kind;
	} cases[] = { { 2, "HWPREDICT" }, { 2, "SEASONAL" }, { 2, "FAILURES" },
		{ 2, "LAST" }, { 0, "COMPUTE" }, { 0, "COUNTER" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct rrd_file file;
		struct image image;
		char path[PATH_MAX], *kind;

		make_archive(*state, START);
		ok(append_from(*state, START, 50, &err), &err);
		image = image_of(*state);
		kind = image.bytes + sizeof(struct rrd_stat_head);
		if (cases[i].archive > 0) {
			kind += 2 * sizeof(struct rrd_ds_def) +
				cases[i].archive * sizeof(struct rrd_rra_def);
			memset(kind + 40, 0x7f, 80); /* indices of its parameters */
		} else {
			kind += 20;
		}
		memset(kind, 0, 20);
		memcpy(kind, cases[i].kind, strlen(cases[i].kind));
		put_image(*state, &image);
		assert_int_equal(append_from(*state, START + 500, 10, &err), -EBADMSG);
		assert_true(is_image(*state, &image));
		/* the writer's way: it is made a file of ours, its rows kept */
		assert_int_equal(make_archive(*state, START), SERIES_REBUILT);
		archive_path(*state, path);
		ok(rrd_file_open(path, &file, &err), &err);
		assert_true(rrd_file_is_of_our_kind(&file));
		assert_int_equal(file.last_update, START + 500);
		rrd_file_close(&file);
		ok(append_from(*state, START + 500, 10, &err), &err);
		assert_int_equal(unlink(path), 0);
		free(image.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_SCRATCH(test) \
	cmocka_unit_test_setup_teardown(test, scratch_dir_setup, scratch_dir_teardown)
		IN_SCRATCH(a_backup_put_over_a_file_begun_anew_stays),
		IN_SCRATCH(an_older_and_a_newer_copy_stay),
		IN_SCRATCH(a_file_that_rrdtool_restored_stays),
		IN_SCRATCH(a_file_of_other_rows_stays_whatever_its_header_says),
		IN_SCRATCH(a_batch_cut_short_is_put_back),
		IN_SCRATCH(a_damaged_header_is_put_back_and_what_stood_there_is_kept),
		IN_SCRATCH(lengths_of_a_copy_are_checked_before_they_are_used),
		IN_SCRATCH(sums_of_endless_archives_are_refused),
		IN_SCRATCH(sums_of_another_shape_are_not_those_of_the_file),
		IN_SCRATCH(a_foreign_archive_never_reaches_librrd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
