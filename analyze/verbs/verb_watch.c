/* analyze watch: what this machine does now.  A screen on a terminal, a line a tick in a
 * pipe.  The daemon is only asked: nothing is taken from it and nothing is stored. */
#include "analyze/estate/load.h"
#include "analyze/report/watch_document.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "common/clock.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define ASK_TIMEOUT_MS 3000
#define LOOK_EVERY_MS 250
#define SILENT_STEPS 3

const struct option_spec verb_watch_options[] = {
	{ "count", "N", "end after N samples" },
	{ NULL, NULL, NULL },
};

struct watching {
	struct context *context;
	struct watch_view view;
	struct live_figures live;
	struct workload workload;
	bool is_screen;
	struct termios before; /* of the terminal that keys come from */
	bool has_keys;
};

static volatile sig_atomic_t watch_is_ended;

static void watch_on_signal(int number)
{
	(void)number;
	watch_is_ended = 1;
}

/* The workload that the daemon samples, what it has, and its day so far. */
static int find_own(struct watching *w, struct err *err)
{
	struct screen screen;
	struct estate estate;
	struct facts facts;
	int r = screen_open_estate(&screen, w->context, 0, 0, &estate, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < estate.count && !w->workload.name; i++) {
		if (estate.chosen[i]->origin == ORIGIN_SAMPLED)
			r = store_workload_get(estate.store, estate.chosen[i]->name,
				&w->workload, err);
	}
	if (r == 0 && !w->workload.name)
		r = err_set(err, -ENOENT, "this store has no machine of its own");
	if (r == 0) {
		r = assess_facts(estate.store, &w->workload, &facts, err);
		if (r == 0) {
			w->view.has = assess_installed(&facts);
			facts_done(&facts);
			r = today_read(&w->view.today, &estate, &w->workload, err);
		}
	}
	w->view.name = w->workload.name;
	estate_close(&estate);
	return r;
}

/* ---- on the screen --------------------------------------------------------------------- */

static void take_keys(struct watching *w)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &w->before) != 0)
		return;
	raw = w->before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	w->has_keys = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void restore_terminal(struct watching *w)
{
	if (w->has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &w->before);
	if (w->is_screen)
		fputs("\033[?1049l", w->context->out);
}

/* False: the user has had enough. */
static bool watch_pause(const struct watching *w, int ms)
{
	struct pollfd keys = { .fd = w->has_keys ? STDIN_FILENO : -1,
		.events = POLLIN };
	char key = 0;

	if (poll(&keys, 1, ms) > 0 && read(STDIN_FILENO, &key, 1) == 1 &&
		(key == 'q' || key == 'Q'))
		return false;
	return !watch_is_ended;
}

/* JSON in one line; in its texts no line ends. */
static int show_json(
	const struct watching *w, struct document *document, struct err *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int r = memory ? document_write(document, FORMAT_JSON, w->context, memory, err)
		       : err_oom(err);

	document_free(document);
	if (memory && fclose(memory) != 0 && r == 0)
		r = err_oom(err);
	for (const char *c = text; r == 0 && c && *c;) {
		size_t length = strcspn(c, "\n");

		fwrite(c, 1, length, w->context->out);
		c += length;
		c += strspn(c, "\n ");
	}
	free(text);
	fputc('\n', w->context->out);
	return r;
}

static int watch_show(struct watching *w, struct err *err)
{
	struct document *document =
		w->is_screen ? watch_document(&w->view) : watch_line_document(&w->view);
	int r;

	if (w->is_screen)
		fputs("\033[H\033[J", w->context->out);
	r = w->context->format == FORMAT_JSON
		? show_json(w, document, err)
		: document_print(document, w->context, err);
	if (fflush(w->context->out) != 0 && r == 0)
		r = err_errno(err, "the output");
	return r;
}

static void watch_take_tick(struct watching *w)
{
	today_take(&w->view.today, &w->live);
	for (int r = 0; r < RESOURCE_COUNT; r++) {
		float *course = w->view.course[r];

		memmove(course, course + 1, (WATCH_COURSE - 1) * sizeof(*course));
		course[WATCH_COURSE - 1] = (float)w->live.of[r];
	}
}

static int watch_run(struct watching *w, double most, struct err *err)
{
	struct live_figures live;
	double shown = 0;
	int r = 0;

	do {
		r = store_live(w->context->data_dir, ASK_TIMEOUT_MS, &live, err);
		if (r == -ENOENT)
			return err_set(err, r,
				"no collector runs on %s; start one, or see `analyze "
				"status`",
				w->context->data_dir);
		if (r < 0 && r != -ENODATA && r != -ETIMEDOUT)
			return r;
		if (r == 0 && live.stamp != w->live.stamp) {
			w->live = live;
			w->view.is_silent = false;
			watch_take_tick(w);
			r = watch_show(w, err);
			if (r < 0 || ++shown >= most)
				return r;
		} else if (w->live.stamp && !w->view.is_silent &&
			clock_wall_s() - w->live.stamp >
				SILENT_STEPS * (int64_t)w->live.step_s) {
			w->view.is_silent = true;
			if (w->is_screen && watch_show(w, err) < 0)
				return -ENOMEM;
		}
	} while (watch_pause(w, LOOK_EVERY_MS));
	err_set(err, 0, "%s", ""); /* of an answer that came late */
	return 0;
}

int verb_watch(struct context *context, struct err *err)
{
	struct watching w = { .context = context,
		.is_screen = context->out == stdout && isatty(STDOUT_FILENO) &&
			context->format == FORMAT_TEXT };
	struct sigaction action = { .sa_handler = watch_on_signal }, old_int, old_term;
	double most = INFINITY;
	int r;

	if (context->argument_count > 0) {
		err_set(err, -EINVAL, "it watches this machine and takes no workload");
		return EXIT_USAGE;
	}
	if (context_number(context, "count", 1, 1e9, &most, err) < 0)
		return EXIT_USAGE;
	w.view.live = &w.live;
	for (int i = 0; i < RESOURCE_COUNT; i++) {
		for (int k = 0; k < WATCH_COURSE; k++)
			w.view.course[i][k] = NAN;
	}
	today_begin(&w.view.today, context->now);
	r = find_own(&w, err);
	if (r < 0)
		return EXIT_FAILED;
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, &old_int);
	sigaction(SIGTERM, &action, &old_term);
	if (w.is_screen) {
		take_keys(&w);
		fputs("\033[?1049h", context->out);
	}
	r = watch_run(&w, most, err);
	restore_terminal(&w);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	workload_done(&w.workload);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
