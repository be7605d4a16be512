/* RRD files: librrd writes, we read; we fill, librrd reads; both agree to the bit. */
#include "tests/support.h"
#include "tests/scratch_dir.h"

#include "store/rrd/header_copies.h"
#include "store/rrd/rrd_file.h"
#include "store/rrd/series_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <rrd.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define START 1000000000 /* a multiple of 1000, not of 3600 */
/* Of the ticks of any batch of these tests. */
#define REPEATED_UNTIL (START + 1000000)
#define STEP_S 10

static void ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s", err->text);
}

/* Base 20 min, 60 s for 2 h, 1 h for 10 h: every archive rolls over in the tests. */
static const struct rra_settings short_settings = {
	.base_keep_s = 1200,
	.fine_step_s = 60,
	.fine_keep_s = 7200,
	.coarse_step_s = 3600,
	.coarse_keep_s = 36000,
};

static const char *const sources[] = { "a", "b", "c" };

static struct rra_set short_archive_set(void)
{
	struct rra_set archives;
	struct err err = ERR_INIT;

	ok(rra_set_daemon(&short_settings, STEP_S, true, &archives, &err), &err);
	return archives;
}

static enum series_outcome ensure(
	const char *dir, const char *folder, size_t source_count, int64_t begin)
{
	struct rra_set archives = short_archive_set();
	struct series_spec spec = { .archives = &archives,
		.column = sources,
		.column_count = source_count,
		.begin = begin };
	enum series_outcome outcome = SERIES_UNCHANGED;
	struct err err = ERR_INIT;

	ok(series_ensure(dir, folder, "f", &spec, &outcome, &err), &err);
	return outcome;
}

/* A made-up history: stamps with missed slots, values with unknowns. */
struct history {
	int64_t *stamp;
	double *value; /* 3 a row */
	size_t rows;
};

static struct history make_history(uint64_t seed, size_t rows)
{
	struct history history = { .rows = rows };
	uint64_t random = seed;
	int64_t stamp = START;

	history.stamp = calloc(rows, sizeof(*history.stamp));
	history.value = calloc(rows * 3, sizeof(*history.value));
	for (size_t i = 0; i < rows; i++) {
		uint64_t luck = support_random(&random) % 100;

		stamp += STEP_S;
		if (luck < 4)
			stamp += STEP_S * (int64_t)(1 + luck);
		else if (luck == 99)
			stamp += 3600 * (int64_t)(support_random(&random) % 3);
		history.stamp[i] = stamp;
		for (int k = 0; k < 3; k++) {
			uint64_t kind = support_random(&random) % 20;

			history.value[3 * i + (size_t)k] = kind == 0 ? NAN
				: kind < 10 ? (double)(support_random(&random) >> 30)
					    : 1e4 * support_uniform(&random);
		}
	}
	return history;
}

static void history_done(struct history *history)
{
	free(history->stamp);
	free(history->value);
}

static void append(const char *dir, const char *folder, const struct history *history,
	size_t from, size_t to, size_t source_count)
{
	struct series_rows given = { .column = sources,
		.column_count = source_count,
		.stamp = history->stamp + from,
		.count = to - from,
		.latest = INT64_MAX };
	double *columns = calloc((to - from) * source_count + 1, sizeof(*columns));
	struct series_appended appended;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < to - from; i++)
		for (size_t k = 0; k < source_count; k++)
			columns[i * source_count + k] =
				history->value[3 * (from + i) + k];
	given.value = columns;
	ok(series_append(dir, folder, "f", &given, &appended, &err), &err);
	free(columns);
}

static struct rrd_file open_file(const char *dir, const char *folder)
{
	char path[PATH_MAX];
	struct rrd_file file;
	struct err err = ERR_INIT;

	snprintf(path, sizeof(path), "%s/rrd/%s/f.rrd", dir, folder);
	ok(rrd_file_open(path, &file, &err), &err);
	return file;
}

/* All rows of an archive in time order, by our reader. */
static double *all_rows(const struct rrd_file *file, size_t archive)
{
	size_t width = file->column_count;
	double *rows = calloc(file->archive[archive].rows * width, sizeof(*rows));
	double block[7 * 8]; /* small: many blocks, odd seams */
	struct rrd_rows at;
	struct err err = ERR_INIT;
	size_t done = 0;
	int r = 0;

	rrd_rows_begin(&at, file, archive, INT64_MIN, INT64_MAX);
	while ((r = rrd_rows_next(&at, block, sizeof(block), &err)) > 0) {
		assert_int_equal(at.first,
			file->archive[archive].first +
				(int64_t)done * file->archive[archive].step_s);
		memcpy(rows + done * width, block, at.count * width * sizeof(*rows));
		done += at.count;
	}
	ok(r, &err);
	assert_int_equal(done, file->archive[archive].rows);
	return rows;
}

static void assert_same_bits(const double *a, const double *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!(isnan(a[i]) && isnan(b[i])) && a[i] != b[i])
			fail_msg("value %zu: %.17g and %.17g", i, a[i], b[i]);
}

static void our_reader_and_librrd_give_the_same_values(void **state)
{
	uint64_t seed = support_seed(20051101);
	struct history history = make_history(seed, 3000);
	struct rrd_file file;
	char path[PATH_MAX];

	print_message("seed %llu\n", (unsigned long long)seed);
	assert_int_equal(ensure(*state, "w", 3, START), SERIES_CREATED);
	assert_int_equal(ensure(*state, "w", 3, START), SERIES_UNCHANGED);
	append(*state, "w", &history, 0, 1700, 3);
	append(*state, "w", &history, 1600, 3000, 3); /* the overlap is skipped */
	snprintf(path, sizeof(path), "%s/rrd/w/f.rrd", (char *)*state);
	file = open_file(*state, "w");
	assert_int_equal(file.last_update, history.stamp[2999]);
	assert_int_equal(file.archive_count, 7);
	for (size_t i = 0; i < file.archive_count; i++) {
		const struct rrd_archive *archive = &file.archive[i];
		double *ours = all_rows(&file, i);
		time_t from = (time_t)(archive->first - archive->step_s);
		time_t to = (time_t)archive->last;
		unsigned long step = archive->step_s, count = 0;
		rrd_value_t *theirs = NULL;
		char **names = NULL;

		assert_int_equal(rrd_fetch_r(path, archive->cf_name, &from, &to, &step,
					 &count, &names, &theirs),
			0);
		/* a finer archive may cover the same span: only our step is compared */
		if (step == archive->step_s &&
			from == (time_t)(archive->first - archive->step_s))
			assert_same_bits(ours, theirs, archive->rows * count);
		for (unsigned long k = 0; k < count; k++)
			rrd_freemem(names[k]);
		rrd_freemem(names);
		rrd_freemem(theirs);
		free(ours);
	}
	rrd_file_close(&file);
	history_done(&history);
}

/* What a row must hold, from the readings themselves (DESIGN 4.1, 4.3). */
static double expected(const struct history *history, size_t column, enum rra_cf cf,
	int64_t stamp, unsigned step_s)
{
	double sum = 0, low = INFINITY, high = -INFINITY;
	unsigned known = 0, slots = step_s / STEP_S;

	for (size_t i = 0; i < history->rows; i++) {
		double value = history->value[3 * i + column];

		if (history->stamp[i] <= stamp - (int64_t)step_s ||
			history->stamp[i] > stamp || isnan(value))
			continue;
		known++;
		sum += value;
		low = fmin(low, value);
		high = fmax(high, value);
	}
	if ((slots - known) * 2 > slots || known == 0)
		return NAN;
	return cf == RRA_AVERAGE ? sum / known : cf == RRA_MIN ? low : high;
}

static void rows_are_what_the_readings_give_and_missed_slots_are_unknown(void **state)
{
	uint64_t seed = support_seed(7);

	print_message("seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 4; round++) {
		struct history history = make_history(seed + (uint64_t)round, 900);
		char folder[16];
		struct rrd_file file;

		snprintf(folder, sizeof(folder), "r%d", round);
		ensure(*state, folder, 3, START);
		append(*state, folder, &history, 0, 900, 3);
		file = open_file(*state, folder);
		for (size_t i = 0; i < file.archive_count; i++) {
			const struct rrd_archive *archive = &file.archive[i];
			double *rows = all_rows(&file, i);

			for (size_t k = 0; k < archive->rows * 3; k++) {
				int64_t stamp = archive->first +
					(int64_t)(k / 3) * archive->step_s;

				if (stamp <= START)
					assert_true(isnan(rows[k]));
				else
					assert_near(rows[k],
						expected(&history, k % 3, archive->cf,
							stamp, archive->step_s),
						1e-12);
			}
			free(rows);
		}
		rrd_file_close(&file);
		history_done(&history);
	}
}

static void assert_same_files(const char *dir, const char *left, const char *right)
{
	struct rrd_file a = open_file(dir, left), b = open_file(dir, right);

	assert_int_equal(a.archive_count, b.archive_count);
	assert_int_equal(a.column_count, b.column_count);
	assert_int_equal(a.last_update, b.last_update);
	for (size_t i = 0; i < a.archive_count; i++) {
		double *rows_a = all_rows(&a, i), *rows_b = all_rows(&b, i);

		assert_int_equal(a.archive[i].rows, b.archive[i].rows);
		assert_same_bits(rows_a, rows_b, a.archive[i].rows * a.column_count);
		free(rows_a);
		free(rows_b);
	}
	rrd_file_close(&a);
	rrd_file_close(&b);
}

static void a_rebuild_for_a_new_source_loses_nothing(void **state)
{
	struct history history = make_history(support_seed(11), 800);
	struct history reference = make_history(support_seed(11), 800);

	/* the reference had all three from the beginning, c unknown until row 401 */
	for (size_t i = 0; i < 401; i++)
		reference.value[3 * i + 2] = NAN;
	ensure(*state, "reference", 3, START);
	append(*state, "reference", &reference, 0, 800, 3);
	ensure(*state, "grown", 2, START);
	append(*state, "grown", &history, 0, 401, 2);
	assert_int_equal(ensure(*state, "grown", 3, START), SERIES_REBUILT);
	assert_int_equal(ensure(*state, "grown", 2, START), SERIES_UNCHANGED);
	append(*state, "grown", &history, 401, 800, 3);
	assert_same_files(*state, "reference", "grown");
	history_done(&history);
	history_done(&reference);
}

static void another_step_is_refused_with_both_numbers(void **state)
{
	struct rra_set archives = short_archive_set();
	struct series_spec spec = {
		.archives = &archives, .column = sources, .column_count = 1
	};
	enum series_outcome outcome = SERIES_UNCHANGED;
	struct err err = ERR_INIT;

	ensure(*state, "w", 1, START);
	archives.step_s = 5;
	assert_int_equal(
		series_ensure(*state, "w", "f", &spec, &outcome, &err), -EEXIST);
	assert_non_null(strstr(err.text, "10 s"));
	assert_non_null(strstr(err.text, "5 s"));
}

static void saved_headers_make_a_batch_repeatable(void **state)
{
	struct history history = make_history(support_seed(13), 900);
	const struct header_name name = { .folder = "w", .file = "f" };
	struct header_restored restored;
	struct err err = ERR_INIT;
	uint64_t mark = 0;

	assert_int_equal(header_copies_mark(*state, &mark, &err), -ENOENT);
	ok(header_copies_restore(*state, REPEATED_UNTIL, &restored, &err), &err);
	assert_int_equal(restored.mark, 0);
	ensure(*state, "reference", 3, START);
	append(*state, "reference", &history, 0, 900, 3);
	ensure(*state, "w", 3, START);
	append(*state, "w", &history, 0, 300, 3);
	ok(header_copies_save(*state, &name, 1, 5, &err), &err);
	append(*state, "w", &history, 300, 500, 3);
	ok(header_copies_save(*state, &name, 1, 6, &err), &err);
	/* a batch that is cut short after 250 rows, as a kill leaves it */
	append(*state, "w", &history, 500, 750, 3);
	ok(header_copies_mark(*state, &mark, &err), &err);
	assert_int_equal(mark, 6);
	ok(header_copies_restore(*state, REPEATED_UNTIL, &restored, &err), &err);
	assert_int_equal(restored.mark, 6);
	assert_int_equal(restored.restored, 1);
	append(*state, "w", &history, 500, 900, 3);
	assert_same_files(*state, "reference", "w");
	history_done(&history);
}

/* T04: the writer is killed in the middle of a batch, again and again. */
static void a_killed_writer_is_recovered_by_headers_and_replay(void **state)
{
	struct history history = make_history(support_seed(31), 2000);
	const struct header_name name = { .folder = "w", .file = "f" };
	uint64_t random = support_seed(37);
	struct header_restored restored;
	struct err err = ERR_INIT;
	size_t done = 0, put_back = 0;

	ensure(*state, "reference", 3, START);
	append(*state, "reference", &history, 0, 2000, 3);
	ensure(*state, "w", 3, START);
	ok(header_copies_save(*state, &name, 1, 0, &err), &err);
	while (done < 2000) {
		size_t next = done + 200;
		pid_t child = fork();

		if (child == 0) {
			/* many small calls, so that the kill falls between and inside them */
			for (size_t i = done; i < next; i += 5)
				append(*state, "w", &history, i, i + 5, 3);
			_exit(0);
		}
		usleep((useconds_t)(support_random(&random) % 4000));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		ok(header_copies_restore(*state, REPEATED_UNTIL, &restored, &err),
			&err);
		assert_int_equal(restored.mark, done);
		put_back += restored.restored;
		append(*state, "w", &history, done, next, 3);
		ok(header_copies_save(*state, &name, 1, next, &err), &err);
		done = next;
	}
	assert_same_files(*state, "reference", "w");
	print_message("%zu of 10 headers had to be put back\n", put_back);
	history_done(&history);
}

static void a_torn_copy_falls_back_to_the_other_one(void **state)
{
	struct history history = make_history(support_seed(17), 300);
	const struct header_name name = { .folder = "w", .file = "f" };
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	uint64_t mark = 0;
	int fd = -1;

	ensure(*state, "w", 3, START);
	append(*state, "w", &history, 0, 100, 3);
	ok(header_copies_save(*state, &name, 1, 1, &err), &err);
	append(*state, "w", &history, 100, 200, 3);
	ok(header_copies_save(*state, &name, 1, 2, &err), &err);
	snprintf(path, sizeof(path), "%s/headers.1", (char *)*state);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "\377", 1, 700), 1);
	close(fd);
	ok(header_copies_mark(*state, &mark, &err), &err);
	assert_int_equal(mark, 1);
	history_done(&history);
}

static void a_damaged_header_is_put_back_but_a_rebuilt_file_stays(void **state)
{
	struct history history = make_history(support_seed(19), 300);
	const struct header_name name = { .folder = "w", .file = "f" };
	struct header_restored restored;
	struct err err = ERR_INIT;
	char path[PATH_MAX], zeros[512] = "";
	int fd = -1;

	ensure(*state, "w", 2, START);
	append(*state, "w", &history, 0, 100, 2);
	ok(header_copies_save(*state, &name, 1, 1, &err), &err);
	snprintf(path, sizeof(path), "%s/rrd/w/f.rrd", (char *)*state);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 0), sizeof(zeros));
	close(fd);
	ok(header_copies_restore(*state, REPEATED_UNTIL, &restored, &err), &err);
	assert_int_equal(restored.restored, 1);
	assert_int_equal(ensure(*state, "w", 3, START), SERIES_REBUILT);
	ok(header_copies_restore(*state, REPEATED_UNTIL, &restored, &err), &err);
	assert_int_equal(restored.kept, 1);
	append(*state, "w", &history, 100, 300, 3);
	history_done(&history);
}

static void stamps_off_the_grid_or_after_the_clock_are_refused_whole(void **state)
{
	static const struct {
		int64_t stamp[2];
		int64_t latest;
		int code;
	} cases[] = {
		{ { START + 10, START + 25 }, INT64_MAX, -EINVAL },
		{ { START + 10, START + 10 }, INT64_MAX, -EINVAL },
		{ { START + 10, START + 315360000 }, START + 100, -ERANGE },
	};
	double values[2] = { 1, 2 };
	struct series_appended appended;
	struct rrd_file file;
	struct err err = ERR_INIT;

	ensure(*state, "w", 1, START);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct series_rows given = { .column = sources,
			.column_count = 1,
			.stamp = cases[i].stamp,
			.value = values,
			.count = 2,
			.latest = cases[i].latest };

		assert_int_equal(
			series_append(*state, "w", "f", &given, &appended, &err),
			cases[i].code);
	}
	file = open_file(*state, "w");
	assert_int_equal(file.last_update, START);
	rrd_file_close(&file);
}

static void a_reader_that_holds_its_lock_delays_a_batch_and_loses_nothing(void **state)
{
	struct history history = make_history(support_seed(23), 20);
	struct rrd_file held;
	pid_t child = 0;

	ensure(*state, "w", 3, START);
	held = open_file(*state, "w");
	child = fork();
	if (child == 0) {
		/* the child shares the lock: it ends when both have closed */
		usleep(200000);
		_exit(0);
	}
	rrd_file_close(&held);
	append(*state, "w", &history, 0, 20, 3);
	held = open_file(*state, "w");
	assert_int_equal(held.last_update, history.stamp[19]);
	rrd_file_close(&held);
	history_done(&history);
}

/* T17, T50: every byte of the header, every length; a clean error or a readable file. */
static void damaged_files_give_an_error_and_never_a_crash_or_zeros(void **state)
{
	static const unsigned char masks[] = { 0xff, 0x01, 0x80 };
	struct history history = make_history(support_seed(29), 200);
	char path[PATH_MAX], copy[PATH_MAX];
	size_t errors = 0, runs = 0, size = 0;
	unsigned char *bytes = NULL;
	struct rrd_file file;
	struct stat status;
	int fd = -1;

	ensure(*state, "w", 2, START);
	append(*state, "w", &history, 0, 200, 2);
	file = open_file(*state, "w");
	size = file.header_bytes;
	rrd_file_close(&file);
	snprintf(path, sizeof(path), "%s/rrd/w/f.rrd", (char *)*state);
	snprintf(copy, sizeof(copy), "%s/copy.rrd", (char *)*state);
	assert_int_equal(stat(path, &status), 0);
	bytes = malloc((size_t)status.st_size);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, bytes, (size_t)status.st_size), status.st_size);
	close(fd);
	fd = open(copy, O_RDWR | O_CREAT, 0600);
	assert_int_equal(write(fd, bytes, (size_t)status.st_size), status.st_size);
	for (size_t i = 0; i < size; i++) {
		for (size_t m = 0; m < ARRAY_LEN(masks); m++) {
			unsigned char changed = (unsigned char)(bytes[i] ^ masks[m]);
			struct err err = ERR_INIT;
			int r = 0;

			assert_int_equal(pwrite(fd, &changed, 1, (off_t)i), 1);
			r = rrd_file_open(copy, &file, &err);
			runs++;
			if (r < 0) {
				errors++;
				assert_int_equal(r, -EBADMSG);
				assert_true(err.text[0] != '\0');
			} else {
				for (size_t k = 0; k < file.archive_count; k++)
					free(all_rows(&file, k));
				rrd_file_close(&file);
			}
		}
		assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
	}
	for (off_t length = 0; length < status.st_size; length += 37) {
		assert_int_equal(ftruncate(fd, length), 0);
		assert_int_equal(rrd_file_open(copy, &file, NULL), -EBADMSG);
		/* the rest comes back as a hole: zeros must not pass for rows */
	}
	assert_int_equal(ftruncate(fd, status.st_size), 0);
	assert_int_equal(rrd_file_open(copy, &file, NULL), -EBADMSG);
	close(fd);
	print_message("%zu of %zu header mutations refused\n", errors, runs);
	assert_true(errors > runs / 20);
	free(bytes);
	history_done(&history);
}

static void file_sizes_are_as_estimated(void **state)
{
	struct rra_set archives = short_archive_set();
	char path[PATH_MAX];
	struct stat status;

	ensure(*state, "w", 3, START);
	snprintf(path, sizeof(path), "%s/rrd/w/f.rrd", (char *)*state);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal((uint64_t)status.st_size, rra_set_file_bytes(&archives, 3));
	assert_int_equal(status.st_mode & 0777, 0640);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function)                   \
	cmocka_unit_test_setup_teardown( \
		function, scratch_dir_setup, scratch_dir_teardown)
		TEST(our_reader_and_librrd_give_the_same_values),
		TEST(rows_are_what_the_readings_give_and_missed_slots_are_unknown),
		TEST(a_rebuild_for_a_new_source_loses_nothing),
		TEST(another_step_is_refused_with_both_numbers),
		TEST(saved_headers_make_a_batch_repeatable),
		TEST(a_killed_writer_is_recovered_by_headers_and_replay),
		TEST(a_torn_copy_falls_back_to_the_other_one),
		TEST(a_damaged_header_is_put_back_but_a_rebuilt_file_stays),
		TEST(stamps_off_the_grid_or_after_the_clock_are_refused_whole),
		TEST(a_reader_that_holds_its_lock_delays_a_batch_and_loses_nothing),
		TEST(damaged_files_give_an_error_and_never_a_crash_or_zeros),
		TEST(file_sizes_are_as_estimated),
	};

	return cmocka_run_group_tests_name("series_store", tests, NULL, NULL);
}
