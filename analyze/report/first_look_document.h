/*
 * What `analyze first-look` says, part by part as it goes on: this machine, a heading with
 * what others said below it, what to try next.  For people alone.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_FIRST_LOOK_DOCUMENT_H
#define ANALYZE_REPORT_FIRST_LOOK_DOCUMENT_H

#include "analyze/document/document.h"
#include "schema/machine.h"

#include <stddef.h>

/* A folder in which another collector keeps its history. */
struct first_look_history {
	const char *path, *what;
};

/* machine NULL: its inventory cannot be read.  dir: where its samples are stored. */
struct document *first_look_machine(const struct machine *machine,
	const struct first_look_history *history, size_t count, const char *dir);

/* title NULL: no heading.  text: lines, each indented by two; "" for none. */
struct document *first_look_part(const char *title, const char *text);

/* One line at the margin, what and then text; has_gap: an empty line before it. */
struct document *first_look_note(const char *what, const char *text, bool has_gap);

/* prefix: what stands before a program's name to call it ("build/"); the samples' store. */
struct document *first_look_next(const char *prefix, const char *sample_dir);
/* A command to repeat what was just shown, by its hosts file and its store. */
struct document *first_look_command(const char *why, const char *prefix,
	const char *words, const char *file, const char *dir);

#endif
