/*
 * One workload's readings beside what the store has of it: the archives that would
 * replace the present ones are made in the incoming folder, the store itself is not changed.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_MERGE_H
#define ANALYZE_IMPORT_MERGE_H

#include "analyze/import/grid.h"
#include "store/store.h"

/* A change of size on the way: the latest counts, the change is an event. */
struct resize {
	int64_t at; /* UTC, phase included */
	enum figure figure;
	double before, after;
};
#define RESIZES_MAX 1000 /* of one workload; later ones are only counted */

struct merged_file {
	bool is_changed;
	unsigned handle; /* of the incoming file, when is_changed */
};

/* What one workload brings. */
struct merged {
	unsigned step_s;
	int phase_s;
	int64_t first, last; /* stamps of all that is stored then; 0, 0: nothing */
	int64_t brought_first, brought_last; /* of the readings */
	uint64_t slots;                      /* that have a reading */
	uint64_t shared;  /* readings that share their slot with another */
	uint64_t shifted; /* readings that lie off the grid */
	uint64_t repeated, conflicting; /* readings that changed nothing in the store */
	bool is_changed;
	struct merged_file file[FIGURE_FILE_COUNT];
	double latest[FIGURE_COUNT]; /* of the sizes; NAN: unknown or not looked at */
	struct resize *resize;
	size_t resizes, resizes_left_out;
};

/* Is it a size (cores, memory ...), whose latest value is a fact of the workload? */
bool merge_is_size(enum figure figure);

/*
 * merge_workload - make the archives of a workload with these readings
 *
 * existing  NULL for a new workload; else its step and phase must be those given
 *
 * On failure nothing stays incoming that a rollback or store_close would not remove.
 */
int merge_workload(struct store *store, const struct workload *existing,
	const struct grid_index *index, unsigned step_s, int phase_s,
	struct merged *ret_merged, struct err *err);

/* What an undo will do to a file. */
enum undo_action {
	UNDO_NOTHING, /* the import did not touch it */
	UNDO_RESTORE, /* what it replaced comes back */
	UNDO_REMOVE,  /* it made it */
};

/*
 * merge_before - sizes and resizes as they are once an import is undone
 *
 * workload  with the span it had before
 * action    of the undo, per file
 */
int merge_before(struct store *store, const struct workload *workload,
	int64_t import_id, const enum undo_action action[FIGURE_FILE_COUNT],
	struct merged *ret_merged, struct err *err);

/* Frees what the list holds; the incoming files stay until the transaction ends. */
void merged_done(struct merged *merged);

#endif
