#include "analyze/import/grid.h"
#include "common/array.h"
#include "common/grid.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Values below this are counted in a table, the others are sorted. */
#define COUNTED_VALUES 8192

static int by_stamp(const void *a, const void *b)
{
	const struct grid_entry *x = a, *y = b;

	if (x->stamp != y->stamp)
		return x->stamp < y->stamp ? -1 : 1;
	/* the first that came is the first that counts */
	return x->reading < y->reading ? -1 : x->reading > y->reading;
}

static bool is_same_reading(
	const struct packed_reading *a, const struct packed_reading *b)
{
	/* -0 was made 0 and NAN refused, so equal values are equal bytes */
	return a->known == b->known &&
		!memcmp(a->value, b->value,
			packed_reading_bytes(a->known) - sizeof(*a));
}

/* Two readings of one stamp that know different cells are one: the counters of a machine
 * may come in several files. */
static int join_readings(struct grid_index *index, struct grid_entry *kept,
	const struct packed_reading *other, struct err *err)
{
	const struct packed_reading *first = kept->reading;
	uint64_t known = first->known | other->known;
	struct packed_reading *joined = malloc(packed_reading_bytes(known));
	const double *a = first->value, *b = other->value;
	double *to;

	if (ARRAY_EXTEND(index->joined, index->joins) < 0) {
		free(joined);
		return err_oom(err);
	}
	if (!joined)
		return err_oom(err);
	*joined = (struct packed_reading){ first->stamp, known };
	to = joined->value;
	for (uint64_t left = known; left; left &= left - 1)
		*to++ = first->known & left & -left ? *a++ : *b++;
	index->joined[index->joins++] = joined;
	kept->reading = joined;
	index->known |= known;
	return 0;
}

/* Leaves the first entry of each stamp. */
static int drop_repeats(struct grid_index *index, struct err *err)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < index->count; i++) {
		const struct grid_entry *entry = &index->entry[i];
		struct grid_entry *before = kept ? &index->entry[kept - 1] : NULL;

		if (before && before->stamp == entry->stamp) {
			if (is_same_reading(before->reading, entry->reading))
				index->repeated++;
			else if (!(before->reading->known & entry->reading->known))
				r = join_readings(index, before, entry->reading, err);
			else
				index->conflicting++;
			continue;
		}
		index->entry[kept++] = *entry;
		index->known |= entry->reading->known;
	}
	index->count = kept;
	return r;
}

int grid_index_build(const struct reading_block *block, struct grid_index *ret_index,
	struct err *err)
{
	struct grid_index index = { .count = block->count };
	const char *at = block->bytes;
	int64_t latest = INT64_MIN;
	bool is_sorted = true;
	int r;

	index.entry = malloc((block->count ? block->count : 1) * sizeof(*index.entry));
	if (!index.entry)
		return err_oom(err);
	for (size_t i = 0; i < block->count; i++) {
		/* blocks begin aligned and hold nothing but 8-byte values */
		const struct packed_reading *reading = (const void *)at;

		index.entry[i] = (struct grid_entry){ reading->stamp, reading };
		if (reading->stamp < latest) {
			is_sorted = false;
			index.unordered++;
		} else {
			latest = reading->stamp;
		}
		at += packed_reading_bytes(reading->known);
	}
	if (!is_sorted)
		qsort(index.entry, index.count, sizeof(*index.entry), by_stamp);
	r = drop_repeats(&index, err);
	if (r < 0)
		grid_index_done(&index);
	else
		*ret_index = index;
	return r;
}

void grid_index_done(struct grid_index *index)
{
	for (size_t i = 0; i < index->joins; i++)
		free(index->joined[i]);
	free(index->joined);
	free(index->entry);
	*index = (struct grid_index){ .count = 0 };
}

struct grid_tally {
	uint32_t counted[COUNTED_VALUES];
	int64_t *rest; /* values that are not counted */
	size_t rest_count;
};

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static struct grid_tally *tally_new(size_t values)
{
	struct grid_tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		return NULL;
	tally->rest = malloc((values ? values : 1) * sizeof(*tally->rest));
	if (!tally->rest) {
		free(tally);
		return NULL;
	}
	return tally;
}

static void tally_free(struct grid_tally *tally)
{
	free(tally->rest);
	free(tally);
}

static void tally_add(struct grid_tally *tally, int64_t value)
{
	if (value < COUNTED_VALUES)
		tally->counted[value]++;
	else
		tally->rest[tally->rest_count++] = value;
}

/* The value that was added most often. */
static int64_t tally_best(struct grid_tally *tally, bool prefer_larger)
{
	int64_t best = 0;
	size_t most = 0, run = 0;

	for (int64_t i = 0; i < COUNTED_VALUES; i++) {
		size_t count = tally->counted[i];

		if (count > most || (prefer_larger && count > 0 && count == most)) {
			most = count;
			best = i;
		}
	}
	qsort(tally->rest, tally->rest_count, sizeof(*tally->rest), by_value);
	for (size_t i = 0; i < tally->rest_count; i++) {
		run = i > 0 && tally->rest[i] == tally->rest[i - 1] ? run + 1 : 1;
		if (run > most || (prefer_larger && run == most)) {
			most = run;
			best = tally->rest[i];
		}
	}
	return best;
}

int grid_find_step(const struct grid_index *index, int64_t *ret_step_s)
{
	struct grid_tally *tally;

	if (index->count < 2)
		return 0;
	tally = tally_new(index->count);
	if (!tally)
		return -ENOMEM;
	for (size_t i = 1; i < index->count; i++)
		tally_add(tally, index->entry[i].stamp - index->entry[i - 1].stamp);
	*ret_step_s = tally_best(tally, true);
	tally_free(tally);
	return 1;
}

int grid_find_phase(const struct grid_index *index, unsigned step_s, int *ret_phase_s)
{
	struct grid_tally *tally = tally_new(index->count);

	if (!tally)
		return -ENOMEM;
	for (size_t i = 0; i < index->count; i++)
		tally_add(tally, index->entry[i].stamp % step_s);
	*ret_phase_s = (int)tally_best(tally, false);
	tally_free(tally);
	return 0;
}

int64_t grid_slot(int64_t stamp, unsigned step_s, int phase_s)
{
	return grid_nearest(stamp - phase_s, step_s);
}

int grid_table_init(struct grid_table *table, const struct figure_file *file,
	uint64_t figures, bool has_extremes, unsigned step_s, int64_t first,
	size_t rows, struct err *err)
{
	struct grid_table made = {
		.file = file, .step_s = step_s, .first = first, .rows = rows
	};
	size_t cells;

	for (unsigned i = 0; i < file->count; i++) {
		for (unsigned kind = 0; kind < CELL_KINDS; kind++) {
			made.of[i][kind] = -1;
			if (!(figures >> (file->first + i) & 1) ||
				(kind != CELL_MEAN && !has_extremes))
				continue;
			made.of[i][kind] = (int)made.columns;
			made.column[made.columns++] =
				(struct grid_column){ (uint8_t)(file->first + i),
					(uint8_t)kind };
		}
	}
	if (made.columns > 0 && rows > GRID_CELLS_MAX / made.columns)
		return err_set(err, -EFBIG,
			"%zu slots of %zu data sources are more than one file may "
			"have (%zu values): import a shorter time",
			rows, made.columns, GRID_CELLS_MAX);
	cells = rows * made.columns;
	made.value = malloc((cells ? cells : 1) * sizeof(*made.value));
	if (!made.value)
		return err_set(err, -ENOMEM, OUT_OF_MEMORY " for %zu slots", rows);
	for (size_t i = 0; i < cells; i++)
		made.value[i] = NAN;
	*table = made;
	return 0;
}

void grid_table_done(struct grid_table *table)
{
	free(table->value);
	*table = (struct grid_table){ .rows = 0 };
}

/* Which value of a packed reading is that cell; the extremes of a lone value are the
 * value. */
static unsigned packed_place(uint64_t known, unsigned figure, unsigned kind)
{
	unsigned cell = CELL(figure, kind);

	if (!(known >> cell & 1))
		cell = figure;
	return (unsigned)__builtin_popcountll(known & ((UINT64_C(1) << cell) - 1));
}

static double packed_value(
	const struct packed_reading *reading, unsigned figure, unsigned kind)
{
	return reading->value[packed_place(reading->known, figure, kind)];
}

static uint64_t file_means(const struct figure_file *file)
{
	return ((UINT64_C(1) << file->count) - 1) << file->first;
}

static bool grid_has_own_extremes(
	const struct packed_reading *reading, const struct figure_file *file)
{
	uint64_t extremes = file_means(file) << CELL(0, CELL_MIN) |
		file_means(file) << CELL(0, CELL_MAX);

	if (!(reading->known & extremes))
		return false;
	for (unsigned i = file->first; i < file->first + file->count; i++) {
		double mean;

		if (!(reading->known >> i & 1))
			continue;
		mean = packed_value(reading, i, CELL_MEAN);
		if (packed_value(reading, i, CELL_MIN) != mean ||
			packed_value(reading, i, CELL_MAX) != mean)
			return true;
	}
	return false;
}

bool grid_needs_extremes(const struct grid_index *index, const struct figure_file *file,
	unsigned step_s, int phase_s)
{
	int64_t slot, before = INT64_MIN;
	uint64_t before_known = 0;

	for (size_t i = 0; i < index->count; i++) {
		const struct packed_reading *reading = index->entry[i].reading;
		uint64_t known = reading->known & file_means(file);

		slot = grid_slot(index->entry[i].stamp, step_s, phase_s);
		if (slot == before && (known & before_known))
			return true;
		before_known = slot == before ? before_known | known : known;
		before = slot;
		if (grid_has_own_extremes(reading, file))
			return true;
	}
	return false;
}

struct cell_sum {
	double sum, minimum, maximum;
	size_t count;
};

/* Where readings that know these cells keep those of a file: most rows know the same. */
struct cell_places {
	uint64_t known;
	uint8_t at[FIGURE_FILE_MAX][CELL_KINDS];
};

static void cell_places_find(
	struct cell_places *places, const struct figure_file *file, uint64_t known)
{
	places->known = known;
	for (unsigned i = 0; i < file->count; i++)
		for (unsigned kind = 0; kind < CELL_KINDS; kind++)
			places->at[i][kind] =
				(uint8_t)packed_place(known, file->first + i, kind);
}

/* Of the figure i of the file. */
static void sum_slot(const struct grid_entry *entry, size_t count,
	const struct figure_file *file, unsigned i, struct cell_places *places,
	struct cell_sum *sum)
{
	*sum = (struct cell_sum){ .minimum = INFINITY, .maximum = -INFINITY };
	for (size_t n = 0; n < count; n++) {
		const struct packed_reading *reading = entry[n].reading;
		double low, high;

		if (!(reading->known >> (file->first + i) & 1))
			continue;
		if (reading->known != places->known)
			cell_places_find(places, file, reading->known);
		low = reading->value[places->at[i][CELL_MIN]];
		high = reading->value[places->at[i][CELL_MAX]];
		sum->sum += reading->value[places->at[i][CELL_MEAN]];
		sum->minimum = low < sum->minimum ? low : sum->minimum;
		sum->maximum = high > sum->maximum ? high : sum->maximum;
		sum->count++;
	}
}

/* Puts one figure of a slot into its row, or compares it with what is there. */
static uint8_t grid_put_cell(const struct grid_table *table, double *row, unsigned i,
	const struct cell_sum *sum)
{
	const int *of = table->of[i];
	double mean = sum->sum / (double)sum->count;
	double *stored = &row[of[CELL_MEAN]];

	if (isnan(*stored)) {
		*stored = mean;
		if (of[CELL_MIN] >= 0) {
			row[of[CELL_MIN]] = sum->minimum;
			row[of[CELL_MAX]] = sum->maximum;
		}
		return GRID_NEW;
	}
	if (*stored != mean)
		return GRID_OTHER;
	if (of[CELL_MIN] >= 0 &&
		(row[of[CELL_MIN]] != sum->minimum ||
			row[of[CELL_MAX]] != sum->maximum))
		return GRID_OTHER;
	return GRID_SAME;
}

uint64_t grid_table_add(struct grid_table *table, const struct grid_index *index,
	int phase_s, uint8_t *outcome)
{
	struct cell_places places = { .known = 0 };
	uint64_t added = 0;
	size_t next;

	for (size_t at = 0; at < index->count; at = next) {
		int64_t slot =
			grid_slot(index->entry[at].stamp, table->step_s, phase_s);
		double *row = table->value +
			(size_t)((slot - table->first) / table->step_s) *
				table->columns;
		uint8_t seen = 0;

		for (next = at + 1; next < index->count &&
			grid_slot(index->entry[next].stamp, table->step_s, phase_s) ==
				slot;
			next++)
			;
		for (unsigned i = 0; i < table->file->count; i++) {
			struct cell_sum sum;
			uint8_t result;

			if (table->of[i][CELL_MEAN] < 0)
				continue;
			sum_slot(&index->entry[at], next - at, table->file, i, &places,
				&sum);
			if (sum.count == 0)
				continue;
			result = grid_put_cell(table, row, i, &sum);
			added += result == GRID_NEW;
			seen |= result;
		}
		for (size_t i = at; outcome && i < next; i++)
			outcome[i] |= seen;
	}
	return added;
}

double grid_table_latest(const struct grid_table *table, enum figure figure)
{
	const int *of = table->of[figure - table->file->first];

	if (of[CELL_MEAN] < 0)
		return NAN;
	for (size_t i = table->rows; i-- > 0;) {
		const double *row = table->value + i * table->columns;

		if (!isnan(row[of[CELL_MEAN]]) &&
			(of[CELL_MIN] < 0 || row[of[CELL_MIN]] == row[of[CELL_MAX]]))
			return row[of[CELL_MEAN]];
	}
	return NAN;
}
