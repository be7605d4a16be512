/*
 * analyze first-look: one command on a fresh machine.  What this machine is, half a
 * minute of its life, what a report of a whole estate looks like, and how to go on.
 */
#include "analyze/first_look.h"

#include "analyze/load.h"
#include "analyze/peaks_text.h"
#include "analyze/quantity.h"
#include "analyze/safe_text.h"
#include "analyze/sample_estate.h"
#include "analyze/terminal.h"
#include "analyze/verbs.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECONDS_STANDARD 30

const struct option_spec verb_first_look_options[] = {
	{ "dir", "DIR", "where its two stores go (XDG_DATA_HOME/headroom/first-look)" },
	{ "seconds", "N", "how long to sample, 10 to 600 (30)" },
	{ NULL, NULL, NULL },
};

static volatile sig_atomic_t is_ended;

static void on_signal(int number)
{
	(void)number;
	is_ended = 1;
}

static int make_folders(const char *path, struct err *err)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(part))
		return err_set(err, -ENAMETOOLONG, "%.60s...: the path is too long", path);
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return err_errno(err, "%s: cannot be made", part);
	}
	return access(path, W_OK) == 0 ? 0 : err_errno(err, "%s", path);
}

/* --dir, else the user's data folder, else a new folder below /tmp. */
static int choose_folder(struct first_look *look, struct err *err)
{
	const char *given = context_option(look->context, "dir");
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	char base[PATH_MAX - 64], temporary[] = "/tmp/headroom-first-look-XXXXXX";
	int r, length;

	if (given)
		length = snprintf(base, sizeof(base), "%s", given);
	else if (data && *data == '/')
		length = snprintf(base, sizeof(base), "%s/headroom/first-look", data);
	else
		length = snprintf(base, sizeof(base),
			"%s/.local/share/headroom/first-look", home ? home : "");
	if (length < 0 || (size_t)length >= sizeof(base))
		return err_set(err, -ENAMETOOLONG, "the path of its stores is too long");
	r = make_folders(base, err);
	if (r < 0 && !given && mkdtemp(temporary)) {
		snprintf(base, sizeof(base), "%s", temporary);
		r = 0;
	}
	if (r < 0)
		return r;
	snprintf(look->machine_dir, sizeof(look->machine_dir), "%s/machine", base);
	snprintf(look->sample_dir, sizeof(look->sample_dir), "%s/sample", base);
	r = make_folders(look->machine_dir, err);
	return r < 0 ? r : make_folders(look->sample_dir, err);
}

static void heading(const struct context *context, const char *text)
{
	fprintf(context->out, "\n%s%s%s\n", terminal_color(context, COLOR_BOLD), text,
		terminal_color(context, COLOR_NONE));
}

/* The peaks of all workloads of one store, printed by print(). */
static int report(const struct context *context, const char *dir, int64_t since,
	int (*print)(const struct context *, const struct workload *const *,
		const struct workload_peaks *, size_t, struct err *),
	struct err *err)
{
	struct context own = *context;
	const struct workload **chosen = NULL;
	struct workload_peaks *peaks = NULL;
	struct workload_list list = { 0 };
	struct store *store = NULL;
	size_t count = 0;
	int r;

	own.data_dir = dir;
	own.argument_count = 0;
	own.has_since = since != 0;
	own.since = since;
	own.has_until = false;
	r = load_open(&own, &store, err);
	if (r == 0)
		r = store_workloads(store, &list, err);
	if (r == 0)
		r = load_choose(&own, 0, &list, &chosen, &count, err);
	if (r == 0)
		r = load_peaks_of(&own, store, chosen, count, &peaks, err);
	if (r == 0)
		r = print(&own, chosen, peaks, count, err);
	free(peaks);
	free(chosen);
	workload_list_done(&list);
	store_close(store);
	return r;
}

static void show_progress(void *data, double done_ratio)
{
	progress_show(data, done_ratio, NULL);
}

static int sample_report(struct first_look *look, struct err *err)
{
	int64_t end = look->context->now - look->context->now % 86400;
	struct progress progress;
	struct store *store = NULL;
	int r = store_open(look->sample_dir, &store, err);

	if (r < 0)
		return r;
	progress_begin(&progress, look->context, "making samples");
	r = sample_estate_store(store, SAMPLE_SEED, end, show_progress, &progress, err);
	progress_done(&progress);
	store_close(store);
	if (r < 0)
		return r;
	heading(look->context,
		"A SAMPLE estate: 40 made-up workloads over 30 days, none of them yours");
	r = report(look->context, look->sample_dir, 0, peaks_text_brief, err);
	if (r == 0)
		fputs("memory, network: highest reading; cpu, disk: highest mean over 15 "
		      "minutes; at: of the CPU\n",
			look->context->out);
	return r;
}

static void print_next(const struct first_look *look)
{
	static const struct {
		const char *command, *why;
	} next[] = {
		{ "sudo collectord --data /var/lib/headroom &", "sample this machine from now on" },
		{ "analyze peaks --data %s erp-db", "one of the samples in detail" },
		{ "analyze import csv FILE...", "bring in what you have recorded" },
		{ "analyze status", "what is stored, and what is missing" },
		{ "analyze help", "everything else" },
	};

	heading(look->context, "What to try next");
	for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
		const char *place = strstr(next[i].command, "%s");

		fprintf(look->context->out, "  # %s\n  ", next[i].why);
		if (place) {
			fprintf(look->context->out, "%.*s",
				(int)(place - next[i].command), next[i].command);
			safe_print_terminal(look->context->out, look->sample_dir);
			fputs(place + 2, look->context->out);
		} else {
			fputs(next[i].command, look->context->out);
		}
		fputc('\n', look->context->out);
	}
	fputs("\nTwo weeks of sampling give a first verdict, four cover a month end.\n",
		look->context->out);
}

static int run(struct first_look *look, struct err *err)
{
	int r = choose_folder(look, err);

	if (r < 0)
		return r;
	r = first_look_inventory(look, err);
	if (r < 0)
		return r;
	first_look_histories(look);
	fputs("  store     ", look->context->out);
	safe_print_terminal(look->context->out, look->machine_dir);
	fputc('\n', look->context->out);
	fflush(look->context->out);
	r = first_look_sample(look, err);
	if (r < 0)
		return r;
	heading(look->context, "This machine's peaks in that time");
	r = report(look->context, look->machine_dir, look->began, peaks_text_table, err);
	if (r == 0)
		r = sample_report(look, err);
	if (r == 0)
		print_next(look);
	return r;
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
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, &old_int);
	sigaction(SIGTERM, &action, &old_term);
	r = run(look, err);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	free(look);
	if (r == -EINTR)
		err_set(err, r, "stopped; nothing is left running");
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
