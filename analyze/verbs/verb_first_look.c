/*
 * analyze first-look: one command on a fresh machine.  What this machine is, half a
 * minute of its life, what a report of a whole estate looks like, and how to go on.
 */
#include "analyze/verbs/first_look.h"

#include "common/program_run.h"
#include "analyze/document/writer.h"
#include "analyze/report/first_look_document.h"
#include "analyze/estate/load.h"
#include "analyze/report/peaks_document.h"
#include "analyze/sample/sample_estate.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "schema/builtin.h"
#include "store/store.h"
#include "common/grid.h"
#include "common/units.h"
#include "common/util.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECONDS_STANDARD 30
#define SAMPLE_PROFILE "kvm" /* a target of today */

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

static int first_look_make_folders(const char *path, struct err *err)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(part))
		return err_set(
			err, -ENAMETOOLONG, "%.60s...: the path is too long", path);
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
static int first_look_choose_folder(struct first_look *look, struct err *err)
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
			"%s/.local/share/headroom/first-look",
			home && *home == '/' ? home : "/nonexistent");
	if (length < 0 || (size_t)length >= sizeof(base))
		return err_set(
			err, -ENAMETOOLONG, "the path of its stores is too long");
	r = given || data || home ? first_look_make_folders(base, err) : -ENOENT;
	if (r < 0 && !given && mkdtemp(temporary)) {
		snprintf(base, sizeof(base), "%s", temporary);
		r = 0;
	}
	if (r < 0)
		return r;
	snprintf(look->machine_dir, sizeof(look->machine_dir), "%s/machine", base);
	snprintf(look->sample_dir, sizeof(look->sample_dir), "%s/sample", base);
	snprintf(look->history_dir, sizeof(look->history_dir), "%s/history", base);
	r = first_look_make_folders(look->machine_dir, err);
	return r < 0 ? r : first_look_make_folders(look->sample_dir, err);
}

static int print_part(const struct first_look *look, const char *title,
	const char *text, struct err *err)
{
	return document_print(first_look_part(title, text), look->context, err);
}

static int print_peaks(const struct context *context, enum peaks_view view,
	const struct workload *const *chosen, const struct workload_peaks *peaks,
	size_t count, struct err *err)
{
	struct workload_judgement *judged = calloc(count + 1, sizeof(*judged));
	struct peaks_request request = {
		.view = view, .workload = chosen, .judged = judged, .count = count
	};
	int r;

	if (!judged)
		return err_oom(err);
	for (size_t i = 0; i < count; i++)
		judged[i].peaks = peaks[i];
	r = document_print(peaks_document(&request), context, err);
	free(judged);
	return r;
}

/* The peaks of all workloads of one store. */
static int report(const struct context *context, const char *dir, int64_t since,
	enum peaks_view view, struct err *err)
{
	struct workload_peaks *peaks = NULL;
	struct screen screen;
	struct estate_request request = screen_request(&screen, context, 0, 0);
	struct estate estate;
	int r;

	request.data_dir = dir;
	request.span = (struct load_request){ .has_since = since != 0, .since = since };
	r = estate_open(&request, &estate, err);
	if (r < 0)
		return r;
	r = load_peaks_of(&estate, &peaks, err);
	if (r == 0)
		r = print_peaks(context, view, estate.chosen, peaks, estate.count, err);
	free(peaks);
	estate_close(&estate);
	return r;
}

static void first_look_show_progress(void *data, double done_ratio)
{
	progress_show(data, done_ratio, NULL);
}

static int print_lines(const struct first_look *look, const char *title,
	const char *text, const char *end, struct err *err)
{
	char *some = strndup(text, (size_t)(end - text));
	int r = some ? print_part(look, title, some, err) : err_oom(err);

	free(some);
	return r;
}

/* Behind so many lines of a text. */
static const char *behind_lines(const char *text, size_t lines)
{
	for (; lines > 0 && *text; lines--)
		text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n');
	return text;
}

static const char *last_paragraph(const char *text)
{
	const char *begin = text;

	for (const char *gap = strstr(text, "\n\n"); gap; gap = strstr(gap + 1, "\n\n"))
		begin = gap + 2;
	return begin;
}

/* What another verb of this program says: its first lines, or with -1 its last paragraph;
 * without a title nothing of it. */
static int say_verb(struct first_look *look, const char *title,
	const char *const *words, size_t count, int lines, struct err *err)
{
	char program[PATH_MAX + 16], text[12][PATH_MAX + 64];
	char *argv[14] = { program };
	struct strbuf output;
	const char *begin, *end;
	int code = 0, r;

	(void)snprintf(
		program, sizeof(program), "%s/analyze", look->context->program_dir);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%s", words[i]);
		argv[i + 1] = text[i];
	}
	strbuf_init(&output, (size_t)1 << 20);
	r = program_read(argv, &output, &code, err);
	begin = strbuf_text(&output);
	if (lines < 0)
		begin = last_paragraph(begin);
	end = lines < 0 ? begin + strlen(begin) : behind_lines(begin, (size_t)lines);
	if (r == 0)
		r = title ? print_lines(look, title, begin, end, err) : 0;
	strbuf_done(&output);
	return r;
}

static int write_example_hosts(const char *path, struct err *err)
{
	const struct builtin_file *example = builtin_find("help/hosts.json");
	FILE *file = fopen(path, "we");

	if (!file)
		return err_errno(err, "%s", path);
	fwrite(example->data, 1, example->size, file);
	return fclose(file) == 0 ? 0 : err_errno(err, "%s", path);
}

/* The two things the product is for, of the sample estate, and the page that says all. */
static int sample_answers(struct first_look *look, struct err *err)
{
	char hosts[PATH_MAX + 32], page[PATH_MAX + 32];
	const char *const verdict[] = { "verdict", "--profile", SAMPLE_PROFILE,
		"--data", look->sample_dir };
	const char *const plan[] = { "plan", "--hosts", hosts, "--profile",
		SAMPLE_PROFILE, "--include", "review", "--time-limit", "3", "--data",
		look->sample_dir };
	const char *const all[] = { "report", "-q", "-o", page, "--profile",
		SAMPLE_PROFILE, "--data", look->sample_dir };
	int r;

	(void)snprintf(hosts, sizeof(hosts), "%s/hosts.json", look->sample_dir);
	(void)snprintf(page, sizeof(page), "%s/report.html", look->sample_dir);
	r = write_example_hosts(hosts, err);
	if (r < 0)
		return r;
	r = say_verb(look,
		"May the samples move? The end of `analyze verdict --profile " SAMPLE_PROFILE
		"`",
		verdict, ARRAY_LEN(verdict), -1, err);
	if (r == 0)
		r = say_verb(look, "On how few hosts? The beginning of their plan",
			plan, ARRAY_LEN(plan), 5, err);
	if (r == 0)
		r = say_verb(look, NULL, all, ARRAY_LEN(all), 0, err);
	return r < 0
		? r
		: document_print(
			  first_look_note("the report of the samples: ", page, true),
			  look->context, err);
}

static int sample_report(struct first_look *look, struct err *err)
{
	int64_t end = grid_floor(look->context->now, SECONDS_PER_DAY);
	struct progress progress;
	struct store *store = NULL;
	int r = store_open(look->sample_dir, &store, err);

	if (r < 0)
		return r;
	progress_begin(&progress, look->context, "making samples");
	r = sample_estate_store(
		store, SAMPLE_SEED, end, first_look_show_progress, &progress, err);
	progress_done(&progress);
	store_close(store);
	if (r < 0)
		return r;
	r = print_part(look,
		"A SAMPLE estate: 40 made-up workloads over 30 days, none of them yours",
		"", err);
	if (r == 0)
		r = report(look->context, look->sample_dir, 0, PEAKS_BRIEF, err);
	return r < 0
		? r
		: document_print(first_look_note("memory, network: highest reading; "
						 "CPU, disk: highest mean over "
						 "15 minutes",
					 "", false),
			  look->context, err);
}

/* How the user can call a program that lies beside this one: "build/", or "" where it is in
 * the path. */
static int print_next(const struct first_look *look, struct err *err)
{
	const char *dir = look->context->program_dir, *path = getenv("PATH");
	size_t length = strlen(dir);
	char here[PATH_MAX], prefix[PATH_MAX + 2] = "";
	bool is_in_path = false;

	for (const char *p = path; p && *p; p += strcspn(p, ":"), p += *p == ':')
		is_in_path |= strcspn(p, ":") == length && !strncmp(p, dir, length);
	if (getcwd(here, sizeof(here)) && !strncmp(dir, here, strlen(here)) &&
		dir[strlen(here)] == '/')
		dir += strlen(here) + 1;
	if (!is_in_path)
		(void)snprintf(prefix, sizeof(prefix), "%s/", dir);
	return document_print(
		first_look_next(prefix, look->sample_dir), look->context, err);
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
		r = say_verb(look, path, words, ARRAY_LEN(words), 6, err);
	}
	if (r == 0 && found)
		r = say_verb(look, "What they say this machine needs", peaks,
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
	r = print_part(look, title, "", err);
	if (r == 0)
		r = report(look->context, look->machine_dir, look->began, PEAKS_TABLE,
			err);
	if (r == 0)
		r = sample_report(look, err);
	if (r == 0)
		r = sample_answers(look, err);
	return r < 0 ? r : print_next(look, err);
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
