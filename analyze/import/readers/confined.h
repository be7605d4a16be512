/*
 * What a confined child (common/confine.h) answers, as a source.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_READERS_CONFINED_H
#define ANALYZE_IMPORT_READERS_CONFINED_H

#include "analyze/import/readers/bytes.h"
#include "common/confine.h"

/*
 * confined_open - start code of ours; its answer is the source
 *
 * options, context  borrowed until the source is closed; options->what is its name
 *
 * How the child ended is the return of the read at the end of its answer; closing a source
 * that was not read to its end kills the child.
 */
int confined_open(const struct confine_options *options, confine_work *work,
	void *context, struct bytes **ret_bytes, struct err *err);

/* The same for a program of the system (confine_program); bytes_close ends it. */
int confined_program(const struct confine_options *options, char *const *argv,
	struct bytes **ret_bytes, struct err *err);

#endif
