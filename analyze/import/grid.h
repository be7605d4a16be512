/*
 * Readings to slots: step and phase of a workload, repeated stamps, the mean and the
 * extremes of a slot (docs/method.md, "Import").  Pure functions.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_GRID_H
#define ANALYZE_IMPORT_GRID_H

#include "analyze/import/reading.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRID_FALLBACK_STEP_S 300
/* A workload may have this many slots for each of its readings, and some more: two
 * readings far apart must not fill the disk with unknown rows. */
#define GRID_SLOTS_PER_READING 1000
#define GRID_SLOTS_FREE 100000
#define GRID_CELLS_MAX ((size_t)64 << 20) /* of one file: 512 MiB */

/* A reading that counts: the first of its stamp. */
struct grid_entry {
	int64_t stamp;
	const struct packed_reading *reading; /* within the block */
};

/* What became of the slots of a reading when it was put beside stored rows. */
enum { GRID_NEW = 1, GRID_SAME = 2, GRID_OTHER = 4 };

struct grid_index {
	struct grid_entry *entry; /* rising stamps, each once */
	size_t count;
	uint64_t repeated;    /* of the same stamp and values as an earlier reading */
	uint64_t conflicting; /* of the same stamp and other values: left out */
	uint64_t unordered;   /* came after a later stamp */
	uint64_t known;       /* cells that any entry has */
	struct packed_reading **joined; /* of two that know different cells */
	size_t joins;
};

/* The block must outlive the index. */
int grid_index_build(const struct reading_block *block, struct grid_index *ret_index,
	struct err *err);
void grid_index_done(struct grid_index *index);

/* The most frequent difference of successive stamps (ties: the larger).  Returns 1,
 * 0 when there are fewer than two stamps, -ENOMEM. */
int grid_find_step(const struct grid_index *index, int64_t *ret_step_s);
/* The most frequent remainder of the stamps by the step (ties: the smaller); 0 for no
 * stamps at all. */
int grid_find_phase(const struct grid_index *index, unsigned step_s, int *ret_phase_s);

/* The multiple of the step a stamp belongs to: (stamp - phase) / step, half up. */
int64_t grid_slot(int64_t stamp, unsigned step_s, int phase_s);

/* A column of a table is one data source. */
struct grid_column {
	uint8_t figure;
	uint8_t kind; /* CELL_MEAN, CELL_MIN, CELL_MAX */
};

/* The slots of one RRD file: row after row, NAN where unknown. */
struct grid_table {
	const struct figure_file *file;
	unsigned step_s;
	int64_t first; /* stamp of row 0 */
	size_t rows;
	struct grid_column column[FIGURE_FILE_MAX * CELL_KINDS];
	size_t columns;
	int of[FIGURE_FILE_MAX][CELL_KINDS]; /* column of a cell, -1: none */
	double *value;
};

/*
 * grid_table_init - all slots unknown; -EFBIG for more than GRID_CELLS_MAX
 *
 * figures       bit per figure that gets a column (others of the file have none)
 * has_extremes  columns for minimum and maximum beside each mean
 */
int grid_table_init(struct grid_table *table, const struct figure_file *file,
	uint64_t figures, bool has_extremes, unsigned step_s, int64_t first,
	size_t rows, struct err *err);
void grid_table_done(struct grid_table *table);

/* Would a table of these readings need columns for extremes?  Where a slot holds
 * several readings or an extreme differs from its mean. */
bool grid_needs_extremes(const struct grid_index *index, const struct figure_file *file,
	unsigned step_s, int phase_s);

/*
 * grid_table_add - the readings into the slots; a known cell keeps its value
 *
 * outcome  per entry, or-ed with GRID_NEW, GRID_SAME, GRID_OTHER; NULL: not wanted
 *
 * Returns how many cells became known.  All readings must lie within the table.
 */
uint64_t grid_table_add(struct grid_table *table, const struct grid_index *index,
	int phase_s, uint8_t *outcome);

/* The last known value of a figure among slots that had one value; NAN: none. */
double grid_table_latest(const struct grid_table *table, enum figure figure);

#endif
