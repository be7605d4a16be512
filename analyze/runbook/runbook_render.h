/*
 * Lines of tasks as text, for one machine.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_RUNBOOK_RUNBOOK_RENDER_H
#define ANALYZE_RUNBOOK_RUNBOOK_RENDER_H

#include "analyze/runbook/runbook_types.h"

/*
 * render_lines - each line that its gate lets pass, with a newline
 *
 * indent  blanks before each line that is not empty
 *
 * A value that is not known is an empty word, in Markdown "not known".  Returns 0, or
 * -EINVAL where a value cannot be written in the format, with its name and the reason.
 */
int render_lines(const struct runbook *runbook, const struct task_lines *lines,
	enum quote_format format, unsigned indent, struct strbuf *out, struct err *err);
/* The path of a file, {{file:NAME}} in it replaced. */
int render_path(const struct runbook *runbook, const char *path, struct strbuf *out,
	struct err *err);

/* A file of the runbook; bytes are taken over.  -ENOMEM. */
int runbook_add_file(struct runbook *runbook, const char *path, struct strbuf *bytes,
	bool is_program, struct err *err);

/* README.md and steps.json, of the tasks and files that are there. */
int runbook_add_pages(struct runbook *runbook, struct err *err);

/* One of them each: into out, which the caller has begun and ends. */
/* README.md: to follow and tick off.  0 or -EINVAL, -ENOMEM. */
int runbook_make_readme(
	const struct runbook *runbook, struct strbuf *out, struct err *err);
/* steps.json: the same for programs.  Returns likewise. */
int runbook_make_json(
	const struct runbook *runbook, struct strbuf *out, struct err *err);

/*
 * runbook_flow - Markdown with its paragraphs and items filled to the width of a page
 *
 * indent  blanks before each line that is not empty
 *
 * Tables stay as they are, and nothing is broken within a code span.
 */
void runbook_flow(const char *text, unsigned indent, struct strbuf *out);

/* "30-check.sh" of "p2v/30-check.sh" with - for /: the mark that it was done. */
void runbook_mark_name(const char *path, struct strbuf *out);

#endif
