/*
 * What an import did to a workload's files, kept as an event of it, so that
 * `analyze import --undo` can take it back.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_UNDO_H
#define ANALYZE_IMPORT_UNDO_H

#include "analyze/import/merge.h"
#include "schema/fact_types.h"
#include "store/db/decisions.h"
#include "store/incoming.h"
#include "store/store.h"

/* What this many newest imports replaced is kept; older ones cannot be undone. */
#define UNDO_IMPORTS_KEPT 8

struct undo_file {
	const char *name; /* "cpu" */
	bool is_new;      /* there was none before */
};

/* What an import said of a key before; NULL: nothing. */
struct undo_fact {
	const char *key;
	char *prior;
};

/* What one import did to one workload. */
struct undo_made {
	const struct undo_file *file;
	size_t files;
	const struct undo_fact *fact;
	size_t facts;
	enum fact_origin origin; /* of the facts */
	/* of another store: the decisions that came with it are between them */
	const struct decision_mark *before, *after; /* NULL: it brings none */
	struct decisions_back back; /* what stood here and was taken back there */
};

/* In the transaction of the import; before store_publish of the files. */
int undo_note(struct store *store, int64_t import_id, int64_t workload_id, int64_t at,
	const struct undo_made *made, struct err *err);

/* Was there such a file of the workload before? */
int undo_is_new(struct store *store, const struct workload *workload, const char *file,
	bool *ret_is_new, struct err *err);

/* In the transaction of a new import: lets go of what the oldest ones replaced. */
int undo_forget_old(struct store *store, struct err *err);

#endif
