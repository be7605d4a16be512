/* Readings to slots: tables, and random readings against the definition itself. */
#include "tests/support.h"

#include "analyze/import/grid.h"
#include "analyze/import/names.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- step, phase, slot ---------------------------------------------------------------- */

#define STAMPS_MAX 12

struct step_case {
	const char *name;
	int64_t stamp[STAMPS_MAX]; /* ends with 0 */
	int64_t step_s;            /* 0: cannot be told */
	int phase_s;
};
static struct step_case steps[] = {
	{ "an even series", { 1000300, 1000600, 1000900 }, 300, 100 },
	{ "the most frequent difference counts", { 1000, 1060, 1120, 1180, 5000, 9000 },
		60, 40 },
	{ "of two as frequent the larger", { 1000, 1060, 1120, 1420, 1720 }, 300, 220 },
	{ "the most frequent remainder is the phase",
		{ 3004, 3304, 3605, 3905, 4205, 4504 }, 300, 4 },
	{ "of two as frequent the smaller", { 3007, 3307, 3607, 3905, 4205, 4505 }, 300,
		5 },
	{ "repeated stamps are one", { 3000, 3000, 3000, 3060, 3120 }, 60, 0 },
	{ "any order", { 3120, 3000, 3060 }, 60, 0 },
	{ "one stamp has no step", { 3000 }, 0, 0 },
	{ "one stamp twice has none either", { 3000, 3000 }, 0, 0 },
	{ "a step of more than two hours", { 100000, 186400, 272800 }, 86400, 13600 },
};

static struct spool *new_spool(size_t memory_bytes)
{
	struct spool *spool;
	struct err err = ERR_INIT;

	assert_int_equal(spool_new("/tmp", memory_bytes, &spool, &err), 0);
	return spool;
}

static void put(struct spool *spool, uint32_t workload, const struct reading *reading)
{
	struct err err = ERR_INIT;

	assert_int_equal(spool_put(spool, workload, reading, &err), 0);
}

static void check_step(void **state)
{
	const struct step_case *c = *state;
	struct spool *spool = new_spool(1 << 20);
	struct reading reading = { .known = 0 };
	struct reading_block block;
	struct grid_index index;
	struct err err = ERR_INIT;
	int64_t step_s = 0;
	int phase_s;

	for (size_t i = 0; c->stamp[i]; i++) {
		reading.stamp = c->stamp[i];
		put(spool, 0, &reading);
	}
	assert_int_equal(spool_load(spool, 0, &block, &err), 0);
	assert_int_equal(grid_index_build(&block, &index, &err), 0);
	assert_int_equal(grid_find_step(&index, &step_s), c->step_s != 0);
	assert_int_equal(step_s, c->step_s);
	if (c->step_s) {
		assert_int_equal(
			grid_find_phase(&index, (unsigned)step_s, &phase_s), 0);
		assert_int_equal(phase_s, c->phase_s);
	}
	grid_index_done(&index);
	reading_block_done(&block);
	spool_free(spool);
}

struct slot_case {
	const char *name;
	int64_t stamp;
	unsigned step_s;
	int phase_s;
	int64_t slot;
};
static struct slot_case slots[] = {
	{ "on the grid", 3004, 300, 4, 3000 },
	{ "a little late", 3005, 300, 4, 3000 },
	{ "a little early", 3003, 300, 4, 3000 },
	{ "half a step is rounded up", 3154, 300, 4, 3300 },
	{ "a second less is rounded down", 3153, 300, 4, 3000 },
	{ "an odd step: half a step is between seconds", 3010, 5, 3, 3005 },
	{ "before the first phase", 2, 300, 200, -300 },
};

static void check_slot(void **state)
{
	const struct slot_case *c = *state;

	assert_int_equal(grid_slot(c->stamp, c->step_s, c->phase_s), c->slot);
}

/* ---- random readings against the definition --------------------------------------------- */

#define READINGS 400
#define SLOTS 64
#define STEP 10
#define BASE 1000000

struct history {
	struct reading reading[READINGS];
	size_t count;
	uint64_t repeated, conflicting, joined;
};

/* Few stamps and few values, so that all of it happens: repeats, conflicts, shared
 * slots, gaps, unknown cells, extremes. */
static void invent(struct history *history, uint64_t *random)
{
	history->count = 1 + support_random(random) % READINGS;
	for (size_t i = 0; i < history->count; i++) {
		struct reading *reading = &history->reading[i];

		reading->known = 0;
		reading->stamp = BASE +
			(int64_t)(support_random(random) % (SLOTS * STEP - 2 * STEP));
		for (unsigned figure = 0; figure < 3; figure++) {
			double value = (double)(support_random(random) % 3);

			if (support_random(random) % 4 == 0)
				continue;
			reading_set(reading, figure, value);
			if (support_random(random) % 8)
				continue;
			reading_set(reading, CELL(figure, CELL_MIN), value / 2);
			reading_set(reading, CELL(figure, CELL_MAX), value * 2);
		}
	}
}

static bool is_same(const struct reading *a, const struct reading *b)
{
	if (a->known != b->known)
		return false;
	for (unsigned cell = 0; cell < CELL_COUNT; cell++) {
		if (reading_has(a, cell) && a->value[cell] != b->value[cell])
			return false;
	}
	return true;
}

/* Is reading i the first of its stamp?  Else *ret_first is that. */
static bool is_first(const struct history *history, size_t i, size_t *ret_first)
{
	for (size_t k = 0; k < i; k++) {
		if (history->reading[k].stamp == history->reading[i].stamp) {
			*ret_first = k;
			return false;
		}
	}
	return true;
}

static double cell_of(const struct reading *reading, unsigned figure, unsigned kind)
{
	unsigned cell = CELL(figure, kind);

	return reading->value[reading_has(reading, cell) ? cell : figure];
}

/* One cell by the definition: every reading looked at, nothing sorted or kept. */
static void naive_cell(const struct history *history, int64_t slot, int phase_s,
	unsigned figure, double ret_cell[CELL_KINDS])
{
	double sum = 0, low = INFINITY, high = -INFINITY;
	size_t count = 0, first;

	for (size_t i = 0; i < history->count; i++) {
		const struct reading *reading = &history->reading[i];
		double position = (double)(reading->stamp - phase_s) / STEP;

		if (!is_first(history, i, &first) || !reading_has(reading, figure) ||
			(int64_t)floor(position + 0.5) * STEP != slot)
			continue;
		sum += cell_of(reading, figure, CELL_MEAN);
		low = fmin(low, cell_of(reading, figure, CELL_MIN));
		high = fmax(high, cell_of(reading, figure, CELL_MAX));
		count++;
	}
	ret_cell[CELL_MEAN] = count ? sum / (double)count : NAN;
	ret_cell[CELL_MIN] = count ? low : NAN;
	ret_cell[CELL_MAX] = count ? high : NAN;
}

/* Readings of one stamp that know different cells are one reading; of others the first
 * is kept. */
static void settle(struct history *history)
{
	size_t first;

	history->repeated = history->conflicting = history->joined = 0;
	for (size_t i = 0; i < history->count; i++) {
		struct reading *kept;

		if (is_first(history, i, &first))
			continue;
		kept = &history->reading[first];
		if (is_same(&history->reading[i], kept)) {
			history->repeated++;
		} else if (history->reading[i].known & kept->known) {
			history->conflicting++;
		} else {
			history->joined++;
			for (unsigned cell = 0; cell < CELL_COUNT; cell++)
				if (reading_has(&history->reading[i], cell))
					reading_set(kept, cell,
						history->reading[i].value[cell]);
		}
	}
}

static void compare_counts(
	const struct history *history, const struct grid_index *index)
{
	assert_int_equal(index->repeated, history->repeated);
	assert_int_equal(index->conflicting, history->conflicting);
	assert_int_equal(index->joins, history->joined);
	assert_int_equal(index->count + history->repeated + history->conflicting +
			history->joined,
		history->count);
}

static void compare_table(const struct history *history, const struct grid_table *table,
	int phase_s, uint64_t seed)
{
	for (size_t i = 0; i < table->rows; i++) {
		const double *row = table->value + i * table->columns;
		int64_t slot = table->first + (int64_t)i * STEP;

		for (unsigned figure = 0; figure < 3; figure++) {
			double cell[CELL_KINDS];

			naive_cell(history, slot, phase_s, figure, cell);
			for (unsigned kind = 0; kind < CELL_KINDS; kind++) {
				double got = row[table->of[figure][kind]];

				if (fabs(got - cell[kind]) < 1e-12 ||
					(isnan(got) && isnan(cell[kind])))
					continue;
				fail_msg("slot %" PRId64 " figure %u kind %u is %.17g, "
					 "wanted %.17g, seed %" PRIu64,
					slot, figure, kind, got, cell[kind], seed);
			}
		}
	}
}

static void check_random(void **state)
{
	uint64_t seed = support_seed(20260101), random = seed;
	static struct history history;

	(void)state;
	for (int round = 0; round < 300; round++) {
		/* a small memory: some rounds go through the file */
		struct spool *spool = new_spool((size_t)(round % 3) * 2048);
		int phase_s = (int)(support_random(&random) % STEP);
		struct reading_block block;
		struct grid_index index;
		struct grid_table table;
		struct err err = ERR_INIT;
		uint64_t added;

		invent(&history, &random);
		for (size_t i = 0; i < history.count; i++)
			put(spool, 0, &history.reading[i]);
		settle(&history);
		assert_int_equal(spool_load(spool, 0, &block, &err), 0);
		assert_int_equal(grid_index_build(&block, &index, &err), 0);
		compare_counts(&history, &index);
		assert_int_equal(grid_table_init(&table, &figure_files[0], 7, true,
					 STEP, BASE - 2 * STEP, SLOTS + 4, &err),
			0);
		added = grid_table_add(&table, &index, phase_s, NULL);
		compare_table(&history, &table, phase_s, seed);
		/* the same again changes nothing */
		assert_true(added > 0 || !(index.known & 7));
		assert_int_equal(grid_table_add(&table, &index, phase_s, NULL), 0);
		compare_table(&history, &table, phase_s, seed);
		grid_table_done(&table);
		grid_index_done(&index);
		reading_block_done(&block);
		spool_free(spool);
	}
}

/* A table without columns for extremes must have been allowed. */
static void check_extremes_needed(void **state)
{
	struct spool *spool = new_spool(1 << 20);
	struct reading reading = { .stamp = BASE };
	struct reading_block block;
	struct grid_index index;
	struct err err = ERR_INIT;

	(void)state;
	reading_set(&reading, FIGURE_CPU_USED_MHZ, 5);
	put(spool, 0, &reading); /* one reading */
	put(spool, 1, &reading); /* two in one slot */
	reading.stamp++;
	put(spool, 1, &reading);
	reading_set(&reading, CELL(FIGURE_CPU_USED_MHZ, CELL_MAX), 9);
	put(spool, 2, &reading); /* one with a maximum */
	reading_set(&reading, CELL(FIGURE_CPU_USED_MHZ, CELL_MAX), 5);
	put(spool, 3, &reading); /* one with a maximum that says nothing */
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(spool_load(spool, i, &block, &err), 0);
		assert_int_equal(grid_index_build(&block, &index, &err), 0);
		assert_int_equal(grid_needs_extremes(&index, &figure_files[0], 10, 0),
			i == 1 || i == 2);
		assert_false(grid_needs_extremes(&index, &figure_files[1], 10, 0));
		grid_index_done(&index);
		reading_block_done(&block);
	}
	spool_free(spool);
}

/* Stored cells win; what became of each reading is told. */
static void check_merge_outcome(void **state)
{
	struct spool *spool = new_spool(1 << 20);
	struct reading reading = { .known = 0 };
	struct reading_block block;
	struct grid_index index;
	struct grid_table table;
	struct err err = ERR_INIT;
	uint8_t outcome[3] = { 0 };

	(void)state;
	assert_int_equal(grid_table_init(&table, &figure_files[0], 1, false, STEP, BASE,
				 3, &err),
		0);
	table.value[0] = 4;
	table.value[1] = 5;
	for (int i = 0; i < 3; i++) {
		reading.stamp = BASE + i * STEP;
		reading_set(&reading, FIGURE_CPU_USED_MHZ, 4);
		put(spool, 0, &reading);
	}
	assert_int_equal(spool_load(spool, 0, &block, &err), 0);
	assert_int_equal(grid_index_build(&block, &index, &err), 0);
	assert_int_equal(grid_table_add(&table, &index, 0, outcome), 1);
	assert_int_equal(outcome[0], GRID_SAME);
	assert_int_equal(outcome[1], GRID_OTHER);
	assert_int_equal(outcome[2], GRID_NEW);
	assert_true(table.value[0] == 4 && table.value[1] == 5 && table.value[2] == 4);
	grid_table_done(&table);
	grid_index_done(&index);
	reading_block_done(&block);
	spool_free(spool);
}

static void check_too_many_slots(void **state)
{
	struct grid_table table;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(grid_table_init(&table, &figure_files[0], 7, true, 1, 0,
				 (size_t)1 << 40, &err),
		-EFBIG);
	assert_non_null(strstr(err.text, "import a shorter time"));
}

/* ---- the spool ---------------------------------------------------------------------------- */

/* Many workloads in turn, most of it through the file: each gets its own back, in order. */
static void check_spool(void **state)
{
	const uint32_t workloads = 500;
	struct spool *spool = new_spool(64 << 10);
	struct reading reading = { .known = 0 };
	struct reading_block block;
	struct err err = ERR_INIT;

	(void)state;
	for (int pass = 0; pass < 2; pass++) {
		for (int64_t row = 0; row < 60; row++) {
			for (uint32_t w = 0; w < workloads; w++) {
				reading.known = 0;
				reading.stamp = row;
				for (unsigned k = 0; k < (unsigned)(row % 4); k++)
					reading_set(&reading, k * 7,
						(double)w * 1000 + (double)row);
				put(spool, w, &reading);
			}
		}
		for (uint32_t w = 0; w < workloads; w++) {
			const char *at;

			assert_int_equal(spool_load(spool, w, &block, &err), 0);
			assert_int_equal(block.count, 60);
			at = block.bytes;
			for (int64_t row = 0; row < 60; row++) {
				const struct packed_reading *packed = (const void *)at;

				assert_int_equal(packed->stamp, row);
				assert_int_equal(
					__builtin_popcountll(packed->known), row % 4);
				for (int k = 0; k < row % 4; k++)
					assert_true(packed->value[k] ==
						(double)w * 1000 + (double)row);
				at += packed_reading_bytes(packed->known);
			}
			assert_ptr_equal(at, block.bytes + block.length);
			reading_block_done(&block);
		}
		spool_clear(spool);
	}
	spool_free(spool);
}

static void check_names(void **state)
{
	struct names names = { .count = 0 };
	char name[32];
	uint32_t number;

	(void)state;
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < 20000; i++) {
			int length = snprintf(name, sizeof(name), "vm-%u", i);

			assert_int_equal(names_number(&names, name, (size_t)length,
						 20000, &number),
				0);
			assert_int_equal(number, i);
		}
	}
	assert_int_equal(names_number(&names, "one more", 8, 20000, &number), -EMFILE);
	assert_int_equal(names_number(&names, "vm-7", 4, 20000, &number), 0);
	assert_int_equal(number, 7);
	names_done(&names);
}

#define ADD_ROWS(table, function)                                         \
	for (size_t i = 0; i < ARRAY_LEN(table); i++)                     \
		tests[count++] = (struct CMUnitTest)                      \
		{                                                         \
			.name = (table)[i].name, .test_func = (function), \
			.initial_state = &(table)[i]                      \
		}

int main(void)
{
	struct CMUnitTest tests[64] = {
		cmocka_unit_test(check_random),
		cmocka_unit_test(check_extremes_needed),
		cmocka_unit_test(check_merge_outcome),
		cmocka_unit_test(check_too_many_slots),
		cmocka_unit_test(check_spool),
		cmocka_unit_test(check_names),
	};
	size_t count = 6;

	ADD_ROWS(steps, check_step);
	ADD_ROWS(slots, check_slot);
	return _cmocka_run_group_tests("import_grid", tests, count, NULL, NULL);
}
