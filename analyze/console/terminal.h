/* What the terminal can show, colours, and a progress bar. */
#ifndef ANALYZE_CONSOLE_TERMINAL_H
#define ANALYZE_CONSOLE_TERMINAL_H

#include "analyze/console/verb.h"

/* has_color before the options are read: stdout is a terminal, NO_COLOR unset. */
void terminal_detect_color(struct context *context);
/* width, has_progress and, for a file, no colour unless asked; after the options. */
void terminal_detect(struct context *context);

enum color {
	COLOR_NONE, /* back to normal */
	COLOR_BOLD,
	COLOR_DIM,
	COLOR_GOOD, /* green */
	COLOR_WARN, /* yellow */
	COLOR_BAD,  /* red */
};

/* The code to print, "" where colours are not wanted. */
const char *terminal_color(const struct context *context, enum color color);

/*
 * A message on stderr, where the cursor stands in a column already, with its newline; made
 * safe, for it names files and strangers.  On a terminal it is broken at blanks, elsewhere
 * it stays one line, which is searched and logged.
 */
void terminal_message(unsigned column, const char *text);

/*
 * Columns that lines are broken at: those of the terminal; 80 in a pipe or a file, which
 * is read by people, too, but where nothing is cut off.
 */
unsigned terminal_width_of(const struct context *context);

/* True where the terminal's character set is UTF-8. */
bool terminal_has_utf8(void);

/*
 * A bar on stderr for what takes longer than 0.3 s, redrawn at most ten times a second;
 * does nothing where has_progress is false.  Ends with progress_done, which clears the line.
 */
struct progress {
	bool is_shown;
	const char *what;          /* borrowed */
	int64_t begin_ms, last_ms; /* last_ms 0: nothing is drawn yet */
	unsigned width;
};
void progress_begin(
	struct progress *progress, const struct context *context, const char *what);
void progress_show(struct progress *progress, double done_ratio, const char *detail);
void progress_done(struct progress *progress);

#endif
