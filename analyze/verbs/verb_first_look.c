/*
 * analyze first-look: one command on a fresh machine.  What this machine is, half a
 * minute of its life, what a report of a whole estate looks like, and how to go on.
 */
#include "analyze/verbs/first_look.h"

#include "analyze/document/writer.h"
#include "analyze/report/first_look_document.h"
#include "analyze/verbs/verbs.h"
#include "common/util.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS_STANDARD 30

const struct option_spec verb_first_look_options[] = {
	{ "dir", "DIR", "where its two stores go (XDG_DATA_HOME/headroom/first-look)" },
	{ "seconds", "N", "how long to sample, 10 to 600 (30)" },
	{ "import", NULL,
		"also import what other collectors recorded on this machine" },
	{ "root", "DIR", "look for their files below DIR instead of /" },
	{ NULL, NULL, NULL },
};

static volatile sig_atomic_t is_ended;

static void on_signal(int number)
{
	(void)number;
	is_ended = 1;
}

/* How the user can call a program that lies beside this one: "build/", or "" where it is in
 * the path. */
static void find_prefix(struct first_look *look)
{
	const char *dir = look->context->program_dir, *path = getenv("PATH");
	size_t length = strlen(dir);
	char here[PATH_MAX];
	bool is_in_path = false;

	for (const char *p = path; p && *p; p += strcspn(p, ":"), p += *p == ':')
		is_in_path |= strcspn(p, ":") == length && !strncmp(p, dir, length);
	if (getcwd(here, sizeof(here)) && !strncmp(dir, here, strlen(here)) &&
		dir[strlen(here)] == '/')
		dir += strlen(here) + 1;
	if (!is_in_path)
		(void)snprintf(look->prefix, sizeof(look->prefix), "%s/", dir);
}

/* What sar, collectd or PCP recorded here, into a store of its own. */
static int import_histories(struct first_look *look, struct err *err)
{
	char path[PATH_MAX];
	const char *const words[] = { "import", "auto", path, "--keep-going", "--data",
		look->history_dir };
	const char *const peaks[] = { "peaks", "--brief", "--data", look->history_dir };
	size_t found = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < FIRST_LOOK_HISTORIES; i++) {
		if (!first_look_history_of(look, i, path))
			continue;
		found++;
		r = first_look_say(look, path, words, ARRAY_LEN(words), 6, err);
	}
	if (r == 0 && found)
		r = first_look_say(look, "What they say this machine needs", peaks,
			ARRAY_LEN(peaks), 5, err);
	if (r == 0)
		r = document_print(
			first_look_note(found ? "their store: "
					      : "no history that could be imported",
				found ? look->history_dir : "", true),
			look->context, err);
	return r;
}

static int first_look_run(struct first_look *look, struct err *err)
{
	int r = first_look_choose_folder(look, err);
	char title[64];

	if (r < 0)
		return r;
	r = first_look_here(look, err);
	if (r < 0)
		return r;
	if (context_option(look->context, "import"))
		r = import_histories(look, err);
	if (r < 0)
		return r;
	fflush(look->context->out); /* what follows takes its time */
	r = first_look_sample(look, err);
	if (r < 0)
		return r;
	snprintf(title, sizeof(title), "This machine's peaks in %u s", look->seconds);
	r = first_look_print(look, title, "", err);
	if (r == 0)
		r = first_look_peaks(look->context, look->machine_dir, look->began,
			PEAKS_TABLE, err);
	if (r == 0)
		r = first_look_samples(look, err);
	find_prefix(look);
	if (r == 0)
		r = document_print(first_look_next(look->prefix, look->sample_dir),
			look->context, err);
	return r < 0 ? r : first_look_answers(look, err);
}

int verb_first_look(struct context *context, struct err *err)
{
	struct first_look *look = calloc(1, sizeof(*look));
	struct sigaction action = { .sa_handler = on_signal }, old_int, old_term;
	double seconds = SECONDS_STANDARD;
	int r;

	if (!look)
		return EXIT_FAILED;
	if (context_number(context, "seconds", 10, 600, &seconds, err) < 0) {
		free(look);
		return EXIT_USAGE;
	}
	look->context = context;
	look->seconds = (unsigned)seconds;
	look->is_ended = &is_ended;
	look->root = context_option(context, "root");
	if (!look->root)
		look->root = "";
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, &old_int);
	sigaction(SIGTERM, &action, &old_term);
	r = first_look_run(look, err);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	free(look);
	if (r == -EINTR)
		err_set(err, r, "stopped; nothing is left running");
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
