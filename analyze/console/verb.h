/*
 * A verb is one row of the table in analyze/main.c: name, help, example, options
 * and a function.  What all verbs share (options, output, time span) is in struct
 * context, filled before the verb runs.
 */
#ifndef ANALYZE_CONSOLE_VERB_H
#define ANALYZE_CONSOLE_VERB_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_CSV,
	FORMAT_KV,
	FORMAT_HTML, /* these by the name of the file of -o */
	FORMAT_XLSX,
	FORMAT_SVG,
	FORMAT_PNG,
	FORMAT_COUNT,
};

/* For struct verb.formats: what a verb can print. */
#define CAN_TEXT (1u << FORMAT_TEXT)
#define CAN_JSON (1u << FORMAT_JSON)
#define CAN_CSV (1u << FORMAT_CSV)
#define CAN_KV (1u << FORMAT_KV)
#define CAN_HTML (1u << FORMAT_HTML)
#define CAN_XLSX (1u << FORMAT_XLSX)
#define CAN_SVG (1u << FORMAT_SVG)
#define CAN_PNG (1u << FORMAT_PNG)
/* its text goes through a pager on a terminal */
#define CAN_PAGE (1u << 30)
#define CAN_ALL (CAN_TEXT | CAN_JSON | CAN_CSV | CAN_KV)

/* Exit codes of every verb but `check`. */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_LACKING = 3, /* the result is there; something asked for does not hold */
};

#define OPTIONS_MAX 64
#define ARGUMENTS_MAX 100000

/* An option a verb takes beside the common ones; the list ends with name NULL. */
struct option_spec {
	const char *name; /* without the dashes */
	const char
		*argument; /* what stands in the help for its value; NULL: a switch */
	const char *help;  /* "-x: ..." or "-x FILE: ..." makes -x its short form */
};

struct given_option {
	const struct option_spec *spec;
	const char *value; /* borrowed from argv; "" for a switch */
};

struct context {
	const char *data_dir;
	const char *config_dir;
	const char
		*program_dir; /* where this program lies, and its brothers beside it */
	const char *profile;  /* NULL: not given */
	const char *as_of;    /* "YYYY-MM-DD", checked; NULL: not given (today) */
	const char *output_path; /* NULL: stdout */
	enum format format;
	bool has_format; /* --format or --json was given */
	bool has_since, has_until;
	int64_t since, until; /* Unix seconds UTC; 0 where not given */
	int64_t now;          /* one reading of the clock for the whole run */
	bool is_quiet;
	bool has_color;    /* colour codes are wanted in text */
	bool has_progress; /* stderr is a terminal and --quiet was not given */
	unsigned width;    /* columns of the terminal; 0: no terminal, cut nothing */
	FILE *out; /* where the result goes; put in place whole when the verb succeeds */
	char **arguments; /* what is no option, without the verb */
	size_t argument_count;
	struct given_option given[OPTIONS_MAX];
	size_t given_count;
	const struct verb *verb;
};

struct verb {
	const char *name;
	const char *arguments; /* "[WORKLOAD...]" */
	const char *help;      /* one line */
	const char *example;   /* a whole command */
	unsigned formats;      /* CAN_...; another --format is refused; 0: CAN_TEXT */
	/* -o names a folder, or the verb writes the file itself: out stays stdout */
	bool has_own_output;
	const struct option_spec *options; /* NULL: none */
	/*
	 * Returns an exit code; on EXIT_FAILED and EXIT_USAGE err says why in one line
	 * (an empty text: there was no memory for one).  With FORMAT_KV the last line
	 * "OK=1" is added by main when the verb returns EXIT_OK.
	 */
	int (*run)(struct context *context, struct err *err);
};

/* The value of a verb's own option, the last if repeated; "" for a switch that was
 * given; NULL when it was not. */
const char *context_option(const struct context *context, const char *name);

/* The values of an option that may be repeated: call with *cursor = 0 until NULL. */
const char *context_option_next(
	const struct context *context, const char *name, size_t *cursor);

/* A number option within bounds; 0 and *ret_value untouched when it was not given;
 * -EINVAL with the text set otherwise. */
int context_number(const struct context *context, const char *name, double minimum,
	double maximum, double *ret_value, struct err *err);

/* One line on stderr, unless --quiet was given. */
void context_say(const struct context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
