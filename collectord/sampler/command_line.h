/* The command line of collectord. */
#ifndef COLLECTORD_SAMPLER_COMMAND_LINE_H
#define COLLECTORD_SAMPLER_COMMAND_LINE_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

enum command_line_action {
	ACTION_RUN,
	ACTION_CHECK_CONFIG,
	ACTION_LIST_PROBES,
	ACTION_ESTIMATE,
	ACTION_PRINT_INVENTORY,
	ACTION_HELP,
	ACTION_VERSION,
	ACTION_PRINT_SAMPLE,
	ACTION_PRINT_MAN,
};

struct command_line {
	enum command_line_action action;
	const char *config;                 /* NULL: the default file, if it is there */
	const char *data, *name, *interval; /* NULL: not given */
	const char *root;                   /* NULL: "/" */
	const char *clock_script;           /* NULL: the kernel's clock */
	uint64_t ticks;                     /* 0: for ever */
	bool trust_clock;
	bool no_helper;
};

/* -EINVAL with one line that says what is wrong (and what may have been meant). */
int command_line_parse(
	int argc, char **argv, struct command_line *ret_options, struct err *err);

#endif
