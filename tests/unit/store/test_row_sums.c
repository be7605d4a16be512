/* T17: checksums of rows: every damaged block is found, no whole one is suspected,
 * after any history of batches, laps, kills and power cuts. */
#include "tests/unit/store/row_sums_world.h"

static void no_history_raises_a_false_alarm(void **state)
{
	for (unsigned round = 0; round < 25; round++) {
		struct world world = { .random = support_seed(17) + round,
			.last = START / 3600 * 3600 };
		char dir[PATH_MAX];

		snprintf(dir, sizeof(dir), "%s/%u", (const char *)*state, round);
		world.dir = dir;
		world.source_count = 1 + below(&world, SOURCES_MAX);
		batch(&world, 1 + below(&world, 30), WHOLE);
		for (unsigned i = 0; i < 12; i++) {
			size_t rows = 1 + below(&world, below(&world, 3) ? 40 : 250);

			while (below(&world, 2))
				killed_batch(&world, rows);
			batch(&world, rows, WHOLE);
			is_whole(&world, true, "after a batch");
		}
	}
}

/* ---- damage --------------------------------------------------------------------------- */

static void damage(struct world *world, char *bytes, size_t begin, size_t size)
{
	size_t count = below(world, 3) ? 1 + below(world, PAGE) : 1;
	size_t at = begin + below(world, size - begin);
	size_t from = begin + below(world, size - begin);

	if (at + count > size)
		count = size - at;
	switch (below(world, 4)) {
	case 0:
		bytes[at] = (char)(bytes[at] ^ (1 << below(world, 8)));
		break;
	case 1:
		memset(bytes + at, 0, count);
		break;
	case 2:
		for (size_t i = 0; i < count; i++)
			bytes[at + i] = (char)support_random(&world->random);
		break;
	default: /* another page in its place */
		if (from + count > size)
			count = size - from;
		memmove(bytes + at, bytes + from, count);
	}
}

/* Exactly the blocks whose bytes changed. */
static void expect_found(struct world *world, const char *before, const char *after,
	const struct seen *seen)
{
	struct rrd_file file;
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	uint64_t block_rows = row_block_rows(world->source_count);

	path_of(world, path);
	ok(rrd_file_open(path, &file, &err), &err);
	for (size_t a = 0; a < file.archive_count; a++) {
		for (uint64_t row = 0; row < file.archive[a].rows; row += block_rows) {
			uint64_t left = file.archive[a].rows - row;
			size_t bytes = (left < block_rows ? left : block_rows) *
				world->source_count * sizeof(double);
			size_t at = file.archive[a].offset_bytes +
				row * world->source_count * sizeof(double);
			bool is_changed = memcmp(before + at, after + at, bytes) != 0;

			if (seen->row[a][row] != is_changed)
				fail_msg("block at row %llu of archive %zu: %s",
					(unsigned long long)row, a,
					is_changed ? "damage was not found"
						   : "a false alarm");
		}
	}
	rrd_file_close(&file);
}

static void mend(struct world *world)
{
	static double block[RRD_BLOCK_BYTES / sizeof(double)];
	struct row_sums *sums = NULL;
	struct rrd_file file;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	path_of(world, path);
	ok(row_sums_open(world->dir, &sums, &err), &err);
	ok(rrd_file_open(path, &file, &err), &err);
	ok(row_sums_attach(sums, "w", "f", &file, &err), &err);
	for (size_t i = 0; i < file.archive_count; i++) {
		struct rrd_rows rows;

		rrd_rows_begin(&rows, &file, i, INT64_MIN, INT64_MAX);
		while (rrd_rows_next(&rows, block, sizeof(block), &err) > 0)
			;
	}
	ok(row_sums_mend(world->dir, "w", "f", &file, &err), &err);
	rrd_file_close(&file);
	row_sums_close(sums);
}

static void damage_once(struct world *world)
{
	struct seen whole, seen, mended;
	struct rrd_file file;
	struct err err = ERR_INIT;
	char path[PATH_MAX], *before, *after;
	size_t size = 0, begin;

	path_of(world, path);
	ok(rrd_file_open(path, &file, &err), &err);
	begin = file.header_bytes;
	rrd_file_close(&file);
	see(world, &whole);
	before = slurp(path, &size);
	after = slurp(path, &size);
	for (size_t n = 1 + below(world, 3); n > 0; n--)
		damage(world, after, begin, size);
	put(path, after + begin, size - begin, begin);
	see(world, &seen);
	expect_found(world, before, after, &seen);
	assert_true(seen.known <= whole.known);
	if (seen.damaged && below(world, 2)) {
		mend(world);
		see(world, &mended);
		assert_int_equal(mended.damaged, 0);
		assert_int_equal(mended.unchecked, 0);
		assert_int_equal(mended.known, seen.known);
	} else {
		put(path, before, size, 0);
	}
	is_whole(world, true, "after the damage");
	free(before);
	free(after);
}

static void every_damaged_block_is_found_and_no_other(void **state)
{
	for (unsigned round = 0; round < 20; round++) {
		struct world world = { .random = support_seed(1717) + round,
			.last = START / 3600 * 3600 };
		char dir[PATH_MAX];

		snprintf(dir, sizeof(dir), "%s/%u", (const char *)*state, round);
		world.dir = dir;
		world.source_count = 1 + below(&world, SOURCES_MAX);
		for (unsigned i = 0; i < 6; i++) {
			batch(&world, 1 + below(&world, 250), WHOLE);
			for (unsigned k = 0; k < 5; k++)
				damage_once(&world);
		}
	}
}

/* ---- the writer meets damage ------------------------------------------------------------ */

static void a_batch_makes_unknown_what_is_damaged_where_it_writes(void **state)
{
	struct world world = { .dir = *state, .random = 1, .source_count = 2 };
	struct row_sums_batch *sums = NULL;
	struct seen before, seen;
	struct rrd_file file;
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	size_t at;

	world.last = START / 3600 * 3600;
	batch(&world, 100, WHOLE);
	path_of(&world, path);
	ok(rrd_file_open(path, &file, &err), &err);
	at = file.archive[0].offset_bytes + file.archive[0].newest * 2 * sizeof(double);
	rrd_file_close(&file);
	see(&world, &before);
	put(path, "\0\0\0\0\0\0\0\0", 8, at); /* the newest row: a silent zero */
	ok(row_sums_batch_begin(world.dir, &sums, &err), &err);
	ok(row_sums_batch_add(sums, "w", "f", false, &err), &err);
	ok(row_sums_batch_open(sums, world.last + 50 * STEP_S, &err), &err);
	assert_non_null(
		strstr(row_sums_batch_note(sums), "f: rows of 10 s did not match"));
	append(&world, 50);
	ok(row_sums_batch_commit(sums, &err), &err);
	row_sums_batch_end(sums);
	see(&world, &seen);
	assert_int_equal(seen.damaged, 0);
	assert_int_equal(seen.unchecked, 0);
}

/* ---- the log -------------------------------------------------------------------------- */

static void damage_log(struct world *world)
{
	char path[PATH_MAX], *bytes;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/sums.%zu", world->dir, below(world, 2));
	if (access(path, F_OK) < 0)
		return;
	switch (below(world, 4)) {
	case 0:
		unlink(path);
		return;
	case 1:
		bytes = slurp(path, &size);
		free(bytes);
		assert_int_equal(truncate(path, (off_t)below(world, size + 1)), 0);
		return;
	default:
		bytes = slurp(path, &size);
		if (size > 0) {
			damage(world, bytes, 0, size);
			put(path, bytes, size, 0);
		}
		free(bytes);
	}
}

static void batch_after_log_damage(struct world *world, size_t rows)
{
	struct row_sums_batch *sums = NULL;
	struct err err = ERR_INIT;

	ok(row_sums_batch_begin(world->dir, &sums, &err), &err);
	ok(row_sums_batch_add(sums, "w", "f", false, &err), &err);
	ok(row_sums_batch_open(sums, world->last + STEP_S * (int64_t)rows, &err), &err);
	append(world, rows);
	ok(row_sums_batch_commit(sums, &err), &err);
	save_headers(world);
	world->last += STEP_S * (int64_t)rows;
	row_sums_batch_end(sums);
}

static void a_damaged_log_covers_less_and_suspects_nothing(void **state)
{
	for (unsigned round = 0; round < 20; round++) {
		struct world world = { .random = support_seed(99) + round,
			.last = START / 3600 * 3600 };
		char dir[PATH_MAX];

		snprintf(dir, sizeof(dir), "%s/%u", (const char *)*state, round);
		world.dir = dir;
		world.source_count = 1 + below(&world, SOURCES_MAX);
		batch(&world, 1 + below(&world, 250), WHOLE);
		for (unsigned i = 0; i < 10; i++) {
			for (size_t n = 1 + below(&world, 4); n > 0; n--)
				batch_after_log_damage(&world, 1 + below(&world, 250));
			is_whole(&world, true, "after a batch");
			damage_log(&world);
			is_whole(&world, false, "after damage of the log");
			batch_after_log_damage(&world, 1 + below(&world, 250));
			is_whole(&world, true, "after the batch that followed");
		}
	}
}

static void a_log_is_begun_anew_before_it_grows_long(void **state)
{
	struct world world = { .dir = *state,
		.random = 3,
		.source_count = 9,
		.last = START / 3600 * 3600 };
	char path[PATH_MAX], *bytes;
	size_t size = 0, total = 0;

	for (unsigned i = 0; i < 700; i++)
		batch(&world, 200, WHOLE);
	is_whole(&world, true, "after 700 batches");
	for (unsigned copy = 0; copy < 2; copy++) {
		snprintf(path, sizeof(path), "%s/sums.%u", world.dir, copy);
		bytes = slurp(path, &size);
		free(bytes);
		total += size;
	}
	assert_true(total <= 6 * 65536);
}

static void another_structure_or_another_life_of_a_file_is_not_covered(void **state)
{
	struct world world = { .dir = *state,
		.random = 4,
		.source_count = 2,
		.last = START / 3600 * 3600 };
	struct seen seen;
	char path[PATH_MAX], *backup;
	size_t size = 0;

	batch(&world, 120, WHOLE);
	path_of(&world, path);
	backup = slurp(path, &size);
	assert_int_equal(ensure(&world, 3), SERIES_REBUILT);
	see(&world, &seen);
	assert_false(seen.is_covered);
	batch(&world, 20, WHOLE);
	is_whole(&world, true, "after the batch that follows a rebuild");
	assert_int_equal(truncate(path, (off_t)size), 0); /* a backup comes back */
	put(path, backup, size, 0);
	free(backup);
	see(&world, &seen);
	assert_false(seen.is_covered);
	unlink(path); /* begun anew under the same name */
	ensure(&world, 3);
	see(&world, &seen);
	assert_false(seen.is_covered);
	batch(&world, 20, WHOLE);
	is_whole(&world, true, "after a new life");
}

/* Damage does not get a right sum on its way into a wider file. */
static void damaged_rows_are_unknown_after_a_rebuild(void **state)
{
	struct world world = { .dir = *state,
		.random = 6,
		.source_count = 2,
		.last = START / 3600 * 3600 };
	struct rra_set rows = archives();
	struct series_spec spec = {
		.archives = &rows, .column = names, .column_count = 3
	};
	enum series_outcome outcome = SERIES_UNCHANGED;
	struct seen before, after;
	struct rrd_file file;
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	size_t at;

	batch(&world, 200, WHOLE);
	see(&world, &before);
	path_of(&world, path);
	ok(rrd_file_open(path, &file, &err), &err);
	at = file.archive[0].offset_bytes + 70 * 2 * sizeof(double);
	rrd_file_close(&file);
	put(path, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, at); /* row 70 */
	ok(series_ensure(world.dir, "w", "f", &spec, &outcome, &err), &err);
	assert_int_equal(outcome, SERIES_REBUILT_DAMAGED);
	world.source_count = 3;
	batch(&world, 1, WHOLE);
	is_whole(&world, true, "after the rebuild");
	see(&world, &after);
	assert_true(after.known < before.known);
	assert_true(after.known + 64 * 2 + 3 >= before.known);
}

static void an_older_state_of_the_file_raises_no_alarm(void **state)
{
	struct world world = { .dir = *state,
		.random = 5,
		.source_count = 2,
		.last = START / 3600 * 3600 };
	int64_t then;
	char path[PATH_MAX], *backup;
	size_t size = 0;

	batch(&world, 120, WHOLE);
	then = world.last;
	path_of(&world, path);
	backup = slurp(path, &size);
	batch(&world, 70, WHOLE);
	batch(&world, 90, WHOLE);
	put(path, backup, size, 0);
	free(backup);
	is_whole(&world, false, "with a backup in its place");
	world.last = then;
	batch(&world, 30, WHOLE);
	is_whole(&world, true, "after the batch that followed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_SCRATCH(test) \
	cmocka_unit_test_setup_teardown(test, scratch_dir_setup, scratch_dir_teardown)
		IN_SCRATCH(no_history_raises_a_false_alarm),
		IN_SCRATCH(every_damaged_block_is_found_and_no_other),
		IN_SCRATCH(a_batch_makes_unknown_what_is_damaged_where_it_writes),
		IN_SCRATCH(a_damaged_log_covers_less_and_suspects_nothing),
		IN_SCRATCH(a_log_is_begun_anew_before_it_grows_long),
		IN_SCRATCH(another_structure_or_another_life_of_a_file_is_not_covered),
		IN_SCRATCH(damaged_rows_are_unknown_after_a_rebuild),
		IN_SCRATCH(an_older_state_of_the_file_raises_no_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + row_sums_torn_tests();
}
