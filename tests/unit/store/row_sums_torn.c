/* The sums of rows where a batch was cut short: what readers see until it is written again. */
#include "store/rrd/header_settle.h"
#include "tests/unit/store/row_sums_world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- a batch that was cut short -------------------------------------------------------- */

/* A file of more rows than its ring has. */
static struct world lapped_world(
	const char *dir, uint64_t seed, size_t source_count, char path[PATH_MAX])
{
	struct world world = { .dir = dir,
		.random = support_seed(seed),
		.source_count = source_count,
		.last = START / 3600 * 3600 };

	for (unsigned i = 0; i < 4; i++)
		batch(&world, 200, WHOLE);
	path_of(&world, path);
	return world;
}

/* Each sector as it was or as it became, the header's too. */
static void tear(struct world *world, const char *path, const char *before, size_t size)
{
	enum { SECTOR = 512 };

	for (size_t at = 0; at < size; at += SECTOR)
		if (below(world, 2))
			put(path, before + at, size - at < SECTOR ? size - at : SECTOR,
				at);
}

/* Of the base rows; returns how many are known. */
static uint64_t expect_each_at_its_time(const struct world *world, const char *path)
{
	static double block[RRD_BLOCK_BYTES / sizeof(double)];
	struct row_sums *sums = NULL;
	struct rrd_file file;
	struct rrd_rows rows;
	struct err err = ERR_INIT;
	uint64_t known = 0;

	if (rrd_file_open(path, &file, &err) < 0)
		return 0; /* half of a header: nothing is told at all */
	ok(row_sums_open(world->dir, &sums, &err), &err);
	ok(row_sums_attach_reader(sums, "w", "f", &file, &err), &err);
	rrd_rows_begin(&rows, &file, 0, INT64_MIN, INT64_MAX);
	while (rrd_rows_next(&rows, block, sizeof(block), &err) > 0)
		for (size_t i = 0; i < rows.count * rows.stride; i++) {
			int64_t stamp =
				rows.first + (int64_t)(i / rows.stride) * STEP_S;

			if (isnan(block[i]))
				continue;
			known++;
			if (block[i] != value_at(stamp, i % rows.stride))
				fail_msg("at %lld stands what is of another time",
					(long long)stamp);
		}
	rrd_file_close(&file);
	row_sums_close(sums);
	return known;
}

/* Of the base rows a reader knows that many. */
static void expect_open(const struct world *world, bool is_open, uint64_t known)
{
	struct sums_table *table = NULL;
	struct rrd_file file;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	path_of(world, path);
	ok(rrd_file_open(path, &file, &err), &err);
	ok(sums_table_load(world->dir, &table, &err), &err);
	assert_int_equal(sums_is_in_batch(table, file.last_update), is_open);
	sums_table_free(table);
	rrd_file_close(&file);
	assert_int_equal(expect_each_at_its_time(world, path), known);
}

/* Killed once its end was in the log, it is put back, and what writes it again may wait. */
static void a_batch_that_is_put_back_is_read_nowhere(void **state)
{
	char path[PATH_MAX];
	struct world world = lapped_world(*state, 29, 3, path);
	struct header_restored restored;
	struct err err = ERR_INIT;
	uint64_t known;

	known = expect_each_at_its_time(&world, path);
	batch(&world, 60, AFTER_COMMIT);
	ok(header_copies_restore(world.dir, world.last + 60 * STEP_S, &restored, &err),
		&err);
	assert_int_equal(restored.restored, 1);
	assert_in_range(expect_each_at_its_time(&world, path), known / 2, known - 1);
	batch(&world, 60, WHOLE);
	assert_true(expect_each_at_its_time(&world, path) > known * 9 / 10);
}

/* One of no ticks, as while layouts are missing. */
static void a_batch_that_goes_less_far_ends_none_that_was_cut_short(void **state)
{
	char path[PATH_MAX];
	struct world world = lapped_world(*state, 31, 3, path);
	struct header_restored restored;
	struct row_sums_batch *empty = NULL;
	struct err err = ERR_INIT;

	batch(&world, 60, AFTER_APPEND);
	ok(header_copies_restore(world.dir, world.last + 60 * STEP_S, &restored, &err),
		&err);
	ok(row_sums_batch_begin(world.dir, &empty, &err), &err);
	ok(row_sums_batch_open(empty, 0, &err), &err);
	ok(row_sums_batch_commit(empty, &err), &err);
	row_sums_batch_end(empty);
	assert_true(expect_each_at_its_time(&world, path) > 0);
	batch(&world, 60, WHOLE);
	expect_open(&world, false, expect_each_at_its_time(&world, path));
}

static void no_row_of_a_torn_batch_is_read_at_another_time(void **state)
{
	char path[PATH_MAX], *before, *after;
	struct world world = lapped_world(*state, 23, 7, path);
	size_t size = 0;
	uint64_t known = 0;

	before = slurp(path, &size);
	batch(&world, 120, AFTER_APPEND);
	after = slurp(path, &size);
	for (unsigned round = 0; round < 200; round++) {
		put(path, after, size, 0);
		tear(&world, path, before, size);
		known += expect_each_at_its_time(&world, path);
	}
	/* and what the batch does not touch is there: most headers can be read */
	assert_true(known > (uint64_t)50 * 100 * 7 / 2);
	free(before);
	free(after);
}

/* Torn in every way, between what the batch found and what it wrote: rows that are known
 * stand at their times.  Returns how many of them are, of 100 rounds. */
static uint64_t tear_a_batch(
	struct world *world, size_t rows, const char *before, size_t size)
{
	char path[PATH_MAX], *after;
	size_t after_size = 0;
	uint64_t known = 0;

	path_of(world, path);
	batch(world, rows, AFTER_APPEND);
	after = slurp(path, &after_size);
	assert_int_equal(after_size, size);
	for (unsigned round = 0; round < 100; round++) {
		put(path, after, size, 0);
		tear(world, path, before, size);
		known += expect_each_at_its_time(world, path);
	}
	free(after);
	return known;
}

/* Whoever puts an older file in its place, its log of sums knows rows of later. */
static void no_row_of_a_torn_batch_in_an_older_file_is_read_at_another_time(
	void **state)
{
	char path[PATH_MAX], *older;
	struct world world = lapped_world(*state, 37, 7, path);
	int64_t then;
	size_t size = 0;

	older = slurp(path, &size);
	then = world.last;
	batch(&world, 40, WHOLE);
	put(path, older, size, 0);
	world.last = then;
	save_headers(&world); /* they were of the file that is gone */
	assert_true(tear_a_batch(&world, 120, older, size) > 0);
	free(older);
}

/* Its end was in the log; then it was put back, and what wrote it again was cut short. */
static void no_row_of_a_batch_put_back_and_torn_is_read_at_another_time(void **state)
{
	char path[PATH_MAX], *before;
	struct world world = lapped_world(*state, 41, 7, path);
	struct header_restored restored;
	struct err err = ERR_INIT;
	size_t size = 0;

	batch(&world, 120, AFTER_COMMIT);
	ok(header_copies_restore(world.dir, world.last + 120 * STEP_S, &restored, &err),
		&err);
	assert_int_equal(restored.restored, 1);
	before = slurp(path, &size);
	assert_true(tear_a_batch(&world, 120, before, size) > 0);
	free(before);
}

/* Of a file that this batch has made, or made anew, nobody has sums yet. */
static void no_row_of_a_torn_batch_in_a_new_file_is_read_at_another_time(void **state)
{
	struct world world = { .dir = *state,
		.random = support_seed(43),
		.source_count = 7,
		.last = START / 3600 * 3600 };
	char path[PATH_MAX], *before;
	size_t size = 0;

	path_of(&world, path);
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned k = 0; k < 4; k++) /* more than a lap */
			batch(&world, 200, WHOLE);
		if (i == 0)
			assert_int_equal(unlink(path), 0);
		else
			world.source_count++;
		assert_int_equal(ensure(&world, world.source_count),
			i == 0 ? SERIES_CREATED : SERIES_REBUILT);
		save_headers(&world);
		before = slurp(path, &size);
		if (i == 0) /* the batch is to make it */
			assert_int_equal(unlink(path), 0);
		/* a new one has none but those of the batch */
		assert_int_equal(tear_a_batch(&world, 120, before, size) > 0, i > 0);
		put(path, before, size, 0);
		free(before);
	}
}

/* The log in use, and where what it says ends. */
static size_t log_end(const struct world *world, char path[PATH_MAX])
{
	struct sums_table *table = NULL;
	struct err err = ERR_INIT;
	size_t end;

	ok(sums_table_load(world->dir, &table, &err), &err);
	snprintf(path, PATH_MAX, "%s/sums.%u", world->dir, table->copy);
	end = (size_t)table->end;
	sums_table_free(table);
	return end;
}

/* Where a batch's end can no longer be read, its rows were all there once: to hide them
 * as half written would lose days to one bad sector of the log. */
static void an_open_batch_is_believed_by_a_whole_log_alone(void **state)
{
	struct world world = { .dir = *state,
		.random = 8,
		.source_count = 2,
		.last = START / 3600 * 3600 };
	char path[PATH_MAX], *log;
	char file[PATH_MAX];
	uint64_t known;
	size_t end, size = 0;

	batch(&world, 60, WHOLE);
	path_of(&world, file);
	batch(&world, 30, WHOLE);
	end = log_end(&world, path);
	known = expect_each_at_its_time(&world, file);
	expect_open(&world, false, known);
	batch(&world, 10, AFTER_OPEN);
	expect_open(&world, true, known);

	log = slurp(path, &size); /* the end of the batch before is damaged */
	log[end - 1] ^= 1;
	put(path, log, size, 0);
	expect_open(&world, false, known);
	log[end - 1] ^= 1;
	put(path, log, size, 0);
	free(log);

	batch(&world, 10, WHOLE);
	known = expect_each_at_its_time(&world, file);
	assert_int_equal(truncate(path, (off_t)end - 1), 0); /* the log is cut there */
	expect_open(&world, false, known);
}

int row_sums_torn_tests(void)
{
	const struct CMUnitTest tests[] = {
#define IN_SCRATCH(test) \
	cmocka_unit_test_setup_teardown(test, scratch_dir_setup, scratch_dir_teardown)
		IN_SCRATCH(a_batch_that_is_put_back_is_read_nowhere),
		IN_SCRATCH(a_batch_that_goes_less_far_ends_none_that_was_cut_short),
		IN_SCRATCH(no_row_of_a_torn_batch_is_read_at_another_time),
		IN_SCRATCH(
			no_row_of_a_torn_batch_in_an_older_file_is_read_at_another_time),
		IN_SCRATCH(no_row_of_a_batch_put_back_and_torn_is_read_at_another_time),
		IN_SCRATCH(
			no_row_of_a_torn_batch_in_a_new_file_is_read_at_another_time),
		IN_SCRATCH(an_open_batch_is_believed_by_a_whole_log_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
