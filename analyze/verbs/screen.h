/*
 * The user as a stage hears of them: complaints on stderr, a bar while something runs.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_VERBS_SCREEN_H
#define ANALYZE_VERBS_SCREEN_H

#include "analyze/console/terminal.h"
#include "analyze/estate/engine_source.h"
#include "analyze/estate/estate.h"

/* Outlives the estate that it listens to. */
struct screen {
	const struct context *context; /* borrowed */
	struct progress progress;
	const char *what;                    /* that is shown now; NULL: nothing */
	struct engine_source_request engine; /* --source */
};

#define SCREEN_NAMES_ALL SIZE_MAX

/*
 * screen_request - what the command line asks of an estate, with a screen that listens
 *
 * first, most  workloads are the arguments from first on, at most so many; 0: every workload
 *              there is, whatever the arguments say
 *
 * Nothing can fail; all is borrowed from the context.
 */
struct estate_request screen_request(struct screen *screen,
	const struct context *context, size_t first, size_t most);

/* estate_open of that; estate_close it. */
int screen_open_estate(struct screen *screen, const struct context *context,
	size_t first, size_t most, struct estate *ret_estate, struct err *err);

/* estate_open_store of that, without names. */
int screen_open_store(struct screen *screen, const struct context *context,
	struct estate *ret_estate, struct err *err);

#endif
