#include "analyze/verbs/first_look.h"

#include "common/safe_text.h"
#include "analyze/console/terminal.h"
#include "analyze/document/writer.h"
#include "common/program_run.h"
#include "analyze/inventory/inventory_machine.h"
#include "analyze/report/first_look_document.h"
#include "common/clock.h"
#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_TAIL_BYTES 400
#define START_ALLOWANCE_S 20
#define STOP_TIMEOUT_MS 15000

/* ---- this machine --------------------------------------------------------------- */

/* Folders of other collectors, and what `import auto` can read of them. */
static const struct {
	const char *path, *what;
	bool is_read;
} places[FIRST_LOOK_HISTORIES] = {
	{ "/var/log/sysstat", "sysstat", true },
	{ "/var/log/sa", "sysstat", true },
	{ "/var/log/pcp/pmlogger", "Performance Co-Pilot", true },
	{ "/var/lib/collectd/rrd", "collectd", true },
	{ "/var/lib/munin", "munin", true },
	{ "/var/lib/ganglia/rrds", "ganglia", true },
	{ "/var/log/atop", "atop (no format that is read)", false },
};

static bool is_history(const struct first_look *look, size_t place, char path[PATH_MAX])
{
	struct stat status;

	return snprintf(path, PATH_MAX, "%s%s", look->root, places[place].path) <
		PATH_MAX &&
		stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool first_look_history_of(
	const struct first_look *look, size_t place, char path[PATH_MAX])
{
	return places[place].is_read && is_history(look, place, path);
}

static size_t find_histories(const struct first_look *look,
	struct first_look_history found[FIRST_LOOK_HISTORIES])
{
	char path[PATH_MAX];
	size_t count = 0;

	for (size_t i = 0; i < FIRST_LOOK_HISTORIES; i++) {
		if (is_history(look, i, path))
			found[count++] = (struct first_look_history){ places[i].path,
				places[i].what };
	}
	return count;
}

int first_look_here(const struct first_look *look, struct err *err)
{
	struct first_look_history history[FIRST_LOOK_HISTORIES];
	size_t count = find_histories(look, history);
	struct machine machine;
	int r = inventory_machine_here(&machine, err);
	bool is_known = r == 0;

	if (r == 0 || r == -EIO)
		r = document_print(first_look_machine(is_known ? &machine : NULL,
					   history, count, look->machine_dir),
			look->context, err);
	if (is_known)
		machine_done(&machine);
	return r;
}

/* ---- sampling ------------------------------------------------------------------------- */

static int write_settings(const char *path, struct err *err)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return err_errno(err, "%s", path);
	fputs("# made by analyze first-look: rows of 1 s for two hours and nothing else\n"
	      "keep_base = \"2h\"\nkeep_fine = \"0s\"\nkeep_coarse = \"0s\"\n"
	      "helper_interval = \"10s\"\nuser = \"\"\n",
		file);
	if (fclose(file) != 0)
		return err_errno(err, "%s", path);
	return 0;
}

/* The last lines of what the daemon said, for people. */
static void tell_log(int log)
{
	char text[LOG_TAIL_BYTES + 1];
	off_t size = lseek(log, 0, SEEK_END);
	off_t from = size > LOG_TAIL_BYTES ? size - LOG_TAIL_BYTES : 0;
	ssize_t count = pread(log, text, LOG_TAIL_BYTES, from);

	if (count <= 0)
		return;
	text[count] = '\0';
	fflush(stdout);
	for (char *line = text, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		fputs("  ", stderr);
		safe_print_terminal(stderr, line);
		fputc('\n', stderr);
	}
}

/* Until it ends by itself, the user gives up, or it takes far too long. */
static int watch(const struct first_look *look, struct program_child *child)
{
	double begin = clock_monotonic_s(), passed = 0;
	struct progress progress;
	char left[32];
	int r = 0;

	progress_begin(&progress, look->context, "sampling");
	while (!program_has_ended(child)) {
		passed = clock_monotonic_s() - begin;
		if (*look->is_ended)
			r = -EINTR;
		else if (passed > look->seconds + START_ALLOWANCE_S)
			r = -ETIME;
		if (r < 0)
			break;
		snprintf(left, sizeof(left), "%.0f s left",
			fmax(0, look->seconds - passed));
		progress_show(&progress, passed / look->seconds, left);
		poll(NULL, 0, 100);
	}
	progress_done(&progress);
	program_stop(child, STOP_TIMEOUT_MS);
	return r;
}

static int run_collectord(
	struct first_look *look, const char *settings, int log, struct err *err)
{
	static char words[][16] = { "-c", "--data", "--foreground", "--interval", "1",
		"--ticks" };
	char program[PATH_MAX + 16], path[PATH_MAX + 32], ticks[16];
	char *argv[] = { program, words[0], path, words[1], look->machine_dir, words[2],
		words[3], words[4], words[5], ticks, NULL };
	struct program_child child;
	int r;

	snprintf(program, sizeof(program), "%s/collectord", look->context->program_dir);
	snprintf(path, sizeof(path), "%s", settings);
	/* the first tick has no rates yet */
	snprintf(ticks, sizeof(ticks), "%u", look->seconds + 1);
	/* the second that runs already is not sampled */
	look->began = clock_wall_s() + 1;
	r = program_start(&child, argv, log, err);
	if (r < 0)
		return r;
	r = watch(look, &child);
	if (r == -EINTR)
		return r;
	if (r == -ETIME)
		return err_set(err, r, "collectord did not end in time");
	if (child.exit_code != 0)
		return err_set(
			err, -ECHILD, "collectord ended with code %d", child.exit_code);
	return 0;
}

int first_look_sample(struct first_look *look, struct err *err)
{
	char settings[PATH_MAX + 32], log_path[PATH_MAX + 32];
	int log, r;

	snprintf(settings, sizeof(settings), "%s/first-look.conf", look->machine_dir);
	snprintf(log_path, sizeof(log_path), "%s/first-look.log", look->machine_dir);
	r = write_settings(settings, err);
	if (r < 0)
		return r;
	log = open(log_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (log < 0)
		return err_errno(err, "%s", log_path);
	context_say(look->context, "\nsampling this machine once a second for %u s ...",
		look->seconds);
	r = run_collectord(look, settings, log, err);
	if (r < 0 && r != -EINTR)
		tell_log(log);
	close(log);
	return r;
}
