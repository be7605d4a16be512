#include "analyze/verbs/first_look.h"

#include "common/safe_text.h"
#include "analyze/console/terminal.h"
#include "analyze/document/quantity.h"
#include "common/program_run.h"
#include "analyze/inventory/inventory_machine.h"
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

/* ---- inventory ------------------------------------------------------------------ */

static void row(const struct first_look *look, const char *label, const char *value)
{
	if (!*value)
		return;
	fprintf(look->context->out, "  %-9s ", label);
	safe_print_terminal(look->context->out, value);
	fputc('\n', look->context->out);
}

static const char *or_nothing(const char *text)
{
	return text ? text : "";
}

static void print_devices(const struct first_look *look, const struct machine *machine)
{
	const struct machine_disk *disk = machine->storage.disks.item;
	const struct machine_adapter *adapter = machine->network.item;
	char words[256], figure[QUANTITY_SIZE];
	double bytes = 0, mbps = 0;

	for (size_t i = 0; i < machine->storage.disks.count; i++)
		bytes += isnan(disk[i].bytes) ? 0 : disk[i].bytes;
	snprintf(words, sizeof(words), "%zu counted, %s", machine->storage.disks.count,
		quantity_bytes(bytes, figure));
	row(look, "disks", words);
	for (size_t i = 0; i < machine->network.count; i++)
		mbps += isnan(adapter[i].speed_mbps) ? 0 : adapter[i].speed_mbps;
	snprintf(words, sizeof(words), "%zu counted, %s", machine->network.count,
		mbps > 0 ? quantity_text(mbps * 1e6, RESOURCE_NETWORK, figure)
			 : "speed unknown");
	row(look, "network", words);
}

static void print_here(const struct first_look *look, const struct machine *machine)
{
	double mhz = machine->general.core_mhz;
	char words[512], figure[QUANTITY_SIZE];

	row(look, "name", or_nothing(machine->name));
	snprintf(words, sizeof(words), "%s, kernel %s", or_nothing(machine->os.name),
		or_nothing(machine->os.kernel));
	row(look, "system", words);
	snprintf(words, sizeof(words), "%s, %.0f cores, %.0f threads, %s",
		or_nothing(machine->general.processor), machine->general.cores,
		machine->general.threads,
		isnan(mhz) ? "clock unknown"
			   : quantity_text(mhz, RESOURCE_CPU, figure));
	row(look, "processor", words);
	row(look, "memory", quantity_bytes(machine->general.memory_bytes, figure));
	print_devices(look, machine);
	row(look, "runs on",
		machine->kind && strcmp(machine->kind, "physical") == 0
			? "hardware"
			: or_nothing(machine->hypervisor ? machine->hypervisor
							 : machine->kind));
}

int first_look_inventory(const struct first_look *look, struct err *err)
{
	struct machine machine;
	int r = inventory_machine_here(&machine, err);

	fprintf(look->context->out, "%sThis machine%s\n",
		terminal_color(look->context, COLOR_BOLD),
		terminal_color(look->context, COLOR_NONE));
	if (r == 0) {
		print_here(look, &machine);
		machine_done(&machine);
	} else if (r == -EIO) {
		fputs("  its inventory cannot be read\n", look->context->out);
	}
	return r == -EIO ? 0 : r;
}

/* ---- histories of others ------------------------------------------------------------ */

void first_look_histories(const struct first_look *look)
{
	static const struct {
		const char *path, *what;
	} places[] = { { "/var/log/sysstat", "sysstat" }, { "/var/log/sa", "sysstat" },
		{ "/var/log/pcp/pmlogger", "Performance Co-Pilot" },
		{ "/var/lib/collectd/rrd", "collectd" }, { "/var/lib/munin", "munin" },
		{ "/var/lib/ganglia/rrds", "ganglia" } };
	bool is_any = false;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct stat status;

		if (stat(places[i].path, &status) != 0 || !S_ISDIR(status.st_mode))
			continue;
		fprintf(look->context->out, "  history   %s in %s\n", places[i].what,
			places[i].path);
		is_any = true;
	}
	if (!is_any)
		fputs("  history   none of another collector found\n",
			look->context->out);
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
