#include "tests/unit/store/row_sums_world.h"

const char *const names[SOURCES_MAX] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" };

void ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s", err->text);
}

size_t below(struct world *world, size_t end)
{
	return (size_t)(support_random(&world->random) % end);
}

struct rra_set archives(void)
{
	return (struct rra_set){ .step_s = STEP_S,
		.heartbeat_s = 3 * STEP_S,
		.xff = 0.5,
		.rra = { { RRA_AVERAGE, 1, 300 }, { RRA_AVERAGE, 6, 150 },
			{ RRA_MAX, 6, 150 }, { RRA_AVERAGE, 60, 64 } },
		.count = 4 };
}

void path_of(const struct world *world, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/rrd/w/f.rrd", world->dir);
}

enum series_outcome ensure(struct world *world, size_t source_count)
{
	struct rra_set rows = archives();
	struct series_spec spec = { .archives = &rows,
		.column = names,
		.column_count = source_count,
		.begin = world->last };
	enum series_outcome outcome = SERIES_UNCHANGED;
	struct err err = ERR_INIT;

	ok(series_ensure(world->dir, "w", "f", &spec, &outcome, &err), &err);
	world->source_count = source_count;
	return outcome;
}

/* The value of a slot is the same in each repeat of a batch. */
double value_at(int64_t stamp, size_t column)
{
	uint64_t mixed = ((uint64_t)stamp + column * 7919) * 0x9e3779b97f4a7c15u;

	return mixed >> 61 == 0 ? NAN : (double)(mixed >> 40) / 16;
}

void append(struct world *world, size_t rows)
{
	static int64_t stamp[BATCH_MAX];
	static double value[BATCH_MAX * SOURCES_MAX];
	struct series_rows given = { .column = names,
		.column_count = world->source_count,
		.stamp = stamp,
		.value = value,
		.count = rows,
		.latest = INT64_MAX };
	struct series_appended appended;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < rows; i++) {
		stamp[i] = world->last + STEP_S * ((int64_t)i + 1);
		for (size_t k = 0; k < world->source_count; k++)
			value[i * world->source_count + k] = value_at(stamp[i], k);
	}
	ok(series_append(world->dir, "w", "f", &given, &appended, &err), &err);
}

void save_headers(struct world *world)
{
	const struct header_name name = { .folder = "w", .file = "f" };
	struct err err = ERR_INIT;

	ok(header_copies_save(world->dir, &name, 1, ++world->mark, &err), &err);
}

void see(struct world *world, struct seen *seen)
{
	static double block[RRD_BLOCK_BYTES / sizeof(double)];
	struct row_sums *sums = NULL;
	struct rrd_file file;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	*seen = (struct seen){ .checked = 0 };
	path_of(world, path);
	ok(row_sums_open(world->dir, &sums, &err), &err);
	if (rrd_file_open(path, &file, &err) == 0) {
		seen->is_open = true;
		seen->is_covered = row_sums_attach(sums, "w", "f", &file, &err) > 0;
		for (size_t i = 0; i < file.archive_count; i++) {
			struct rrd_rows rows;

			rrd_rows_begin(&rows, &file, i, INT64_MIN, INT64_MAX);
			while (rrd_rows_next(&rows, block, sizeof(block), &err) > 0)
				for (size_t k = 0; k < rows.count * rows.stride; k++)
					seen->known += isnan(block[k]) ? 0 : 1;
		}
		if (row_sums_view(&file)) {
			seen->checked = row_sums_view(&file)->rows_checked;
			seen->unchecked = row_sums_view(&file)->rows_unchecked;
			seen->damaged = row_sums_view(&file)->damaged_count;
		}
		for (size_t i = 0; i < seen->damaged; i++) {
			const struct row_range *range =
				&row_sums_view(&file)->damaged[i];

			memset(seen->row[range->archive] + range->first, 1,
				range->count);
		}
		rrd_file_close(&file);
	}
	row_sums_close(sums);
}

void is_whole(struct world *world, bool is_covered, const char *when)
{
	struct seen seen;

	see(world, &seen);
	if (seen.damaged)
		fail_msg("%s: %zu false alarms", when, seen.damaged);
	if (is_covered && (!seen.is_covered || seen.unchecked || !seen.checked))
		fail_msg("%s: %d covered, %llu rows checked, %llu not", when,
			seen.is_covered, (unsigned long long)seen.checked,
			(unsigned long long)seen.unchecked);
}

/* ---- batches ------------------------------------------------------------------------- */

void batch(struct world *world, size_t rows, enum stop stop)
{
	struct row_sums_batch *sums = NULL;
	struct err err = ERR_INIT;
	enum series_outcome outcome;

	ok(row_sums_batch_begin(world->dir, &sums, &err), &err);
	outcome = ensure(world, world->source_count);
	ok(row_sums_batch_add(sums, "w", "f", outcome == SERIES_CREATED, &err), &err);
	if (world->mark == 0)
		save_headers(world);
	if (stop == AFTER_ADD)
		goto out;
	ok(row_sums_batch_open(sums, world->last + STEP_S * (int64_t)rows, &err), &err);
	assert_string_equal(row_sums_batch_note(sums), "");
	if (stop == AFTER_OPEN)
		goto out;
	if (stop == IN_APPEND) {
		append(world, rows / 2 + 1);
		goto out;
	}
	append(world, rows);
	if (stop == AFTER_APPEND)
		goto out;
	ok(row_sums_batch_commit(sums, &err), &err);
	if (stop == AFTER_COMMIT)
		goto out;
	save_headers(world);
	world->last += STEP_S * (int64_t)rows;
out:
	row_sums_batch_end(sums);
}

char *slurp(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "rb");
	char *bytes;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	*ret_size = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(*ret_size + 1);
	assert_int_equal(fread(bytes, 1, *ret_size, f), *ret_size);
	fclose(f);
	return bytes;
}

void put(const char *path, const char *bytes, size_t size, size_t at)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, (off_t)at), size);
	close(fd);
}

/* A power cut keeps each page as it was or as it became. */
static void mix_pages(struct world *world, const char *before, size_t size)
{
	char path[PATH_MAX];

	path_of(world, path);
	for (size_t at = 0; at < size; at += PAGE)
		if (below(world, 2))
			put(path, before + at, size - at < PAGE ? size - at : PAGE, at);
}

void killed_batch(struct world *world, size_t rows)
{
	enum stop stop = (enum stop)(1 + below(world, STOPS - 1));
	struct header_restored restored;
	struct err err = ERR_INIT;
	char path[PATH_MAX], *before;
	size_t size = 0;

	path_of(world, path);
	before = slurp(path, &size);
	batch(world, rows, stop);
	is_whole(world, false, "after a kill");
	if (stop < AFTER_COMMIT && below(world, 2)) {
		mix_pages(world, before, size);
		is_whole(world, false, "after a power cut");
	}
	free(before);
	ok(header_copies_restore(world->dir, REPEATED_UNTIL, &restored, &err), &err);
	is_whole(world, false, "after the saved header was put back");
}
