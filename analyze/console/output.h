/* Where a result goes: stdout, or a file that appears whole or not at all. */
#ifndef ANALYZE_CONSOLE_OUTPUT_H
#define ANALYZE_CONSOLE_OUTPUT_H

#include "common/err.h"

#include <stdio.h>

struct output {
	FILE *file;
	char *final_path; /* NULL: a stream that was there before (stdout, a device) */
	char *temporary_path;
};

/*
 * output_open - path NULL or "-": stdout; a regular or new file: a temporary file
 * beside it, which output_commit puts in its place; a device or pipe: itself
 *
 * Returns 0 or a negative errno with the text set; then nothing is open.
 */
int output_open(const char *path, struct output *ret_output, struct err *err);

/* Writes everything out and renames.  Returns 0, or a negative errno with the text set: the
 * old file is still there. */
int output_commit(struct output *output, struct err *err);
void output_abort(struct output *output); /* removes what was begun */

#endif
