/* The steps of `analyze first-look`. */
#ifndef ANALYZE_VERBS_FIRST_LOOK_H
#define ANALYZE_VERBS_FIRST_LOOK_H

#include "analyze/console/verb.h"
#include "analyze/report/peaks_document.h"

#include <limits.h>
#include <signal.h>

struct first_look {
	struct context *context;
	char machine_dir[PATH_MAX]; /* the store of this machine */
	char sample_dir[PATH_MAX];  /* the store of the sample estate */
	char history_dir[PATH_MAX]; /* the store of what others recorded here */
	char prefix[PATH_MAX +
		2];       /* before a program's name, where it is not in the path */
	const char *root; /* below which the others' histories are looked for; "": / */
	unsigned seconds;
	int64_t began;                         /* when the sampling began */
	const volatile sig_atomic_t *is_ended; /* the user pressed ^C */
};

/* The folders of its stores: below --dir, else the user's data folder, else a new folder below
 * /tmp.  0 or a negative errno with the text set; so all that follows. */
int first_look_choose_folder(struct first_look *look, struct err *err);

/* A heading with a text below it. */
int first_look_print(const struct first_look *look, const char *title, const char *text,
	struct err *err);
#define FIRST_LOOK_ROWS 10 /* of a table; the largest */
/* The peaks of the workloads of one store, since then; 0: of all there is. */
int first_look_peaks(const struct context *context, const char *dir, int64_t since,
	enum peaks_view view, struct err *err);
/* What another verb of this program says: its first lines, or with -1 its last paragraph;
 * without a title nothing of it. */
int first_look_say(const struct first_look *look, const char *title,
	const char *const *words, size_t count, int lines, struct err *err);

/* Makes the sample estate and shows its peaks; then whether it may move, on how few hosts,
 * and the page that says all.  0 or a negative errno. */
int first_look_samples(struct first_look *look, struct err *err);
int first_look_answers(struct first_look *look, struct err *err);

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
