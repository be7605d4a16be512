/* A machine document by the name of a file or of a workload, and what persons state of it. */
#ifndef ANALYZE_VERBS_MACHINE_INPUT_H
#define ANALYZE_VERBS_MACHINE_INPUT_H

#include "analyze/console/verb.h"
#include "schema/fact.h"
#include "schema/machine.h"

struct machine_input {
	struct machine machine;
	struct facts facts; /* beside it; of a file there are none */
	bool is_file;       /* else a workload of the store */
};

/*
 * machine_input_read - a path, if there is such a file; a workload else
 *
 * Returns 0 or a negative errno; machine_input_done when finished.
 */
int machine_input_read(const struct context *context, const char *name,
	struct machine_input *ret_input, struct err *err);
void machine_input_done(struct machine_input *input);

/* -ENOENT: the store has no workload of that name, and which one is nearest to it. */
struct store;
int verb_unknown_workload(struct store *store, const char *name, struct err *err);

#endif
