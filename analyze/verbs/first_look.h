/* The steps of `analyze first-look`. */
#ifndef ANALYZE_VERBS_FIRST_LOOK_H
#define ANALYZE_VERBS_FIRST_LOOK_H

#include "analyze/console/verb.h"

#include <limits.h>
#include <signal.h>

struct first_look {
	struct context *context;
	char machine_dir[PATH_MAX]; /* the store of this machine */
	char sample_dir[PATH_MAX];  /* the store of the sample estate */
	char history_dir[PATH_MAX]; /* the store of what others recorded here */
	const char *root; /* below which the others' histories are looked for; "": / */
	unsigned seconds;
	int64_t began;                         /* when the sampling began */
	const volatile sig_atomic_t *is_ended; /* the user pressed ^C */
};

/* What this machine is, by `collectord-inventory`, and which histories of other collectors
 * could be imported.  0 or a negative errno with the text set. */
int first_look_here(const struct first_look *look, struct err *err);
#define FIRST_LOOK_HISTORIES 7 /* places where there may be one */
/* Is one there that can be imported?  path: where. */
bool first_look_history_of(
	const struct first_look *look, size_t place, char path[PATH_MAX]);
/* collectord beside us, at 1 s, with rows for two hours; -EINTR after ^C. */
int first_look_sample(struct first_look *look, struct err *err);

#endif
