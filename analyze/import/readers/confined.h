/* What a confined child of ours (common/confine.h) answers, as a source. */
#ifndef ANALYZE_IMPORT_READERS_CONFINED_H
#define ANALYZE_IMPORT_READERS_CONFINED_H

#include "analyze/import/readers/bytes.h"
#include "common/confine.h"

/*
 * confined_open - start the work; its answer is the source
 *
 * options, context  borrowed until the source is closed; options->what is its name
 *
 * How the child ended is the return of the read at the end of its answer.
 */
int confined_open(const struct confine_options *options, confine_work *work,
	void *context, struct bytes **ret_bytes, struct err *err);

#endif
