/* collectord: the sampler, which starts the other processes of the daemon. */
#include "collectord/sampler/estimate.h"
#include "collectord/link/footprint.h"
#include "collectord/sampler/loop.h"
#include "collectord/sampler/command_line.h"
#include "collectord/sampler/print_inventory.h"
#include "collectord/sampler/renew.h"
#include "collectord/link/sandbox.h"
#include "collectord/link/settings.h"
#include "collectord/link/settings_file.h"
#include "common/io.h"
#include "probes/probe.h"
#include "store/dir/lock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef HEADROOM_VERSION
#define HEADROOM_VERSION "0.1.0"
#endif
#define DEFAULT_CONFIG HEADROOM_CONFIG_DIR "/collectord.conf"

static const char help_text[] =
	"usage: collectord [OPTION]...\n"
	"Samples memory, CPU, network and disk of this machine into round-robin\n"
	"databases.  It runs without any file, without root, in the foreground, until\n"
	"SIGTERM.\n"
	"\n"
	"  collectord --data ~/headroom --interval 5s   sample every 5 s into ~/headroom\n"
	"\n"
	"  -c, --config FILE   settings, if the file is there\n"
	"                      (default " DEFAULT_CONFIG ")\n"
	"      --data DIR      folder of the store (or HEADROOM_DATA)\n"
	"      --name NAME     name of this workload in the store\n"
	"      --interval S    sampling step\n"
	"      --ticks N       end after N ticks are stored\n"
	"      --trust-clock   take the wall clock as it is, however far it moved since\n"
	"                      the last sample; without it a jump of more than a day is\n"
	"                      not believed\n"
	"  -f, --foreground    ignored: it always stays in the foreground\n"
	"      --check-config  print the settings that hold, and end\n"
	"      --list-probes   print what can be read, and end\n"
	"      --estimate      print what the store will cost on this machine, and end\n"
	"      --print-inventory\n"
	"                      print what this machine is, as key=value lines, and end\n"
	"      --print-sample  print the sample file of settings, and end\n"
	"      --print-man     print the man page collectord.conf(5), and end\n"
	"  -h, --help          this text\n"
	"  -V, --version       the version\n"
	"\n"
	"for tests:\n"
	"      --root DIR      read below DIR instead of /\n"
	"      --clock FILE    a scripted clock (common/clock.h has the orders)\n"
	"      --no-helper     no file systems, no sensors\n"
	"\n"
	"settings (SIGHUP reads the file again):\n";

/* stdout may be a full disk or a closed pipe: that is a failure, not a success. */
static int print_and_end(struct strbuf *out)
{
	int r = strbuf_failed(out);

	if (r == 0)
		r = io_write_full(STDOUT_FILENO, strbuf_text(out), out->length);
	strbuf_done(out);
	return r < 0 ? 1 : 0;
}

static int print_help(void)
{
	struct strbuf out;

	strbuf_init(&out, 65536);
	strbuf_add(&out, help_text);
	settings_print_help(&out);
	return print_and_end(&out);
}

static int print_probes(void)
{
	struct strbuf out;

	strbuf_init(&out, 65536);
	for (size_t i = 0; probe_table[i]; i++)
		strbuf_addf(
			&out, "%-12s %s\n", probe_table[i]->name, probe_table[i]->help);
	return print_and_end(&out);
}

/* Relative to where we are: the daemon changes its folder. */
static int set_data(struct settings *settings, const char *path, struct err *err)
{
	char whole[SETTING_TEXT_BYTES * 2], here[SETTING_TEXT_BYTES];

	if (path[0] == '/')
		snprintf(whole, sizeof(whole), "%s", path);
	else if (!getcwd(here, sizeof(here)))
		return err_errno(err, "--data: the current folder");
	else
		snprintf(whole, sizeof(whole), "%s/%s", here, path);
	return settings_set(settings, setting_find("data"), whole, err);
}

/* Defaults, then the file, then HEADROOM_DATA, then the options. */
static int settings_gather(const struct command_line *options,
	struct settings *ret_settings, struct remote_hosts *ret_hosts, struct err *err)
{
	const char *path = options->config ? options->config : DEFAULT_CONFIG;
	const char *environment = getenv("HEADROOM_DATA");
	struct settings settings;
	int r = 0;

	settings_init(&settings);
	if (options->config || access(path, F_OK) == 0)
		r = settings_read_file(path, &settings, ret_hosts, err);
	if (r == 0 && !settings.name.text[0]) {
		struct settings standard;

		settings_init(&standard);
		settings.name = standard.name;
	}
	if (r == 0 && environment && *environment)
		r = set_data(&settings, environment, err);
	if (r == 0 && options->data)
		r = set_data(&settings, options->data, err);
	if (r == 0 && options->name)
		r = settings_set(&settings, setting_find("name"), options->name, err);
	if (r == 0 && options->interval)
		r = settings_set(
			&settings, setting_find("interval"), options->interval, err);
	if (r == 0 && options->root)
		snprintf(settings.root, sizeof(settings.root), "%s", options->root);
	if (r == 0)
		r = settings_check(&settings, err);
	if (r == 0)
		*ret_settings = settings;
	return r;
}

static int reload_settings(
	void *context, struct settings *ret_settings, struct err *err)
{
	return settings_gather(context, ret_settings, NULL, err);
}

static int print_config(const struct settings *settings)
{
	struct strbuf out;

	strbuf_init(&out, 65536);
	settings_print_all(settings, &out);
	return print_and_end(&out);
}

static int print_estimate(const struct settings *settings, struct err *err)
{
	struct strbuf out;
	int r;

	strbuf_init(&out, 1 << 20);
	r = estimate_print(settings, &out, err);
	if (r < 0) {
		strbuf_done(&out);
		return r;
	}
	return print_and_end(&out) ? -EIO : 0;
}

/* The runtime folder with what its readers need.  Returns the descriptor of its lock. */
static int prepare_runtime(struct settings *settings, const struct remote_hosts *hosts,
	const struct log *log, struct err *err)
{
	char note[SANDBOX_NOTE_BYTES];
	int fd = sandbox_runtime_dir(settings->data.text, settings->store_id,
		settings->runtime, sizeof(settings->runtime), note, err);
	int r;

	if (fd < 0)
		return fd;
	if (note[0])
		log_warning(log, "%s; the ring is kept in %s instead", note,
			settings->runtime);
	r = settings_save(settings, err);
	if (r == 0)
		r = remote_hosts_save(hosts, settings->runtime, err);
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

/* Who we are and where our folders are.  Returns the descriptor of the store's lock, and
 * that of the runtime folder's. */
static int prepare_folders(struct settings *settings, const struct remote_hosts *hosts,
	const struct log *log, int *ret_runtime_fd, struct err *err)
{
	int lock_fd, runtime_fd = -1;
	int r = sandbox_become(settings->user.text, settings->data.text, err);

	if (r == -ENOENT) {
		log_warning(log,
			"%s: running as root; set user to an account of its own",
			err->text);
		r = 0;
	}
	if (r < 0)
		return r;
	sandbox_harden();
	r = io_make_folders(settings->data.text, 0750, err);
	if (r == -EACCES || r == -EROFS)
		err_wrap(err, r,
			"no store can be made here, take another with --data DIR");
	if (r < 0)
		return r;
	lock_fd = sandbox_lock(settings->data.text, err);
	if (lock_fd < 0)
		return lock_fd;
	r = store_id_ensure(settings->data.text, settings->store_id, err);
	if (r == 0)
		r = supervise_find_libexec(
			settings->libexec, sizeof(settings->libexec), err);
	if (r == 0) {
		runtime_fd = prepare_runtime(settings, hosts, log, err);
		r = runtime_fd < 0
			? runtime_fd
			: sandbox_lock_write(lock_fd, settings->runtime, err);
	}
	if (r == 0)
		*ret_runtime_fd = runtime_fd;
	else if (runtime_fd >= 0)
		close(runtime_fd);
	if (r < 0)
		close(lock_fd);
	return r < 0 ? r : lock_fd;
}

static int run_with_clock(struct command_line *options, struct settings *settings,
	const struct remote_hosts *hosts, const struct log *log, struct clock *clock,
	int runtime_fd, struct err *err)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	struct clock_now now;
	int r;

	if (!loop) {
		close(runtime_fd);
		return err_oom(err);
	}
	loop->hosts = hosts;
	loop->runtime_fd = runtime_fd;
	loop->settings = settings;
	loop->log = log;
	loop->clock = clock;
	loop->ticks_wanted = options->ticks;
	loop->with_helper = !options->no_helper;
	loop->with_poller = hosts->count > 0;
	loop->reload = reload_settings;
	loop->reload_context = options;
	notify_open(&loop->notify);
	clock->read(clock, &now);
	r = options->trust_clock
		? renew_future_history(settings, log, now.realtime_ns / NS_PER_S, err)
		: 0;
	if (r == 0)
		r = sampler_open(
			&loop->sampler, settings, log, &now, options->trust_clock, err);
	loop->sampler.is_virtual = clock->is_virtual;
	if (r == 0) {
		supervise_init(&loop->supervisor, settings->libexec, settings->runtime,
			(uint64_t)now.realtime_ns);
		r = loop_run(loop, err);
		sampler_close(&loop->sampler);
		/* what is stored needs no ring: nothing is left on a tmpfs that nobody
		 * tidies; where a service manager does, counters and time line go on */
		if (loop->is_all_stored && hosts->count == 0 &&
			!getenv("RUNTIME_DIRECTORY"))
			sandbox_remove_runtime_dir(settings->runtime);
	}
	notify_close(&loop->notify);
	close(loop->runtime_fd);
	free(loop);
	return r;
}

static int sampler_run(struct command_line *options, struct settings *settings,
	const struct remote_hosts *hosts, const struct log *log, struct err *err)
{
	struct clock_script *script = NULL;
	struct clock kernel;
	struct clock *clock = &kernel;
	int lock_fd, runtime_fd = -1, r;

	clock_init_kernel(&kernel);
	if (options->clock_script) {
		r = clock_script_open(options->clock_script, &script, err);
		if (r < 0)
			return r;
		clock = clock_script_clock(script);
	}
	lock_fd = prepare_folders(settings, hosts, log, &runtime_fd, err);
	r = lock_fd < 0
		? lock_fd
		: run_with_clock(options, settings, hosts, log, clock, runtime_fd, err);
	if (lock_fd >= 0)
		close(lock_fd);
	clock_script_close(script);
	return r;
}

/* What only prints comes before the settings are read: help and man page are there
 * where the settings are broken. */
int main(int argc, char **argv)
{
	struct command_line options;
	struct remote_hosts hosts = { .count = 0 };
	struct settings settings;
	struct err err = ERR_INIT;
	struct log log;
	int r;

	footprint_prepare();
	log_init(&log, "collectord");
	if (command_line_parse(argc, argv, &options, &err) < 0) {
		log_error(&log, "%s", err.text);
		return 2;
	}
	if (options.action == ACTION_HELP)
		return print_help();
	if (options.action == ACTION_LIST_PROBES)
		return print_probes();
	if (options.action == ACTION_VERSION)
		return printf("collectord %s\n", HEADROOM_VERSION) < 0 ||
			fflush(stdout) != 0;
	if (options.action == ACTION_PRINT_SAMPLE ||
		options.action == ACTION_PRINT_MAN) {
		struct strbuf out;

		strbuf_init(&out, 1 << 20);
		if (options.action == ACTION_PRINT_SAMPLE)
			settings_print_sample(&out);
		else
			settings_print_man(&out);
		return print_and_end(&out);
	}
	if (options.action == ACTION_PRINT_INVENTORY) {
		struct strbuf out;

		strbuf_init(&out, 1 << 20);
		r = print_inventory(options.root ? options.root : "/", &out, &err);
		if (r == 0)
			return print_and_end(&out);
		strbuf_done(&out);
		log_error(&log, "%s", err.text);
		return 1;
	}
	if (options.action == ACTION_RUN)
		log_own_stream(&log);
	r = settings_gather(&options, &settings, &hosts, &err);
	if (r == 0 && options.action == ACTION_CHECK_CONFIG)
		return print_config(&settings);
	if (r == 0 && options.action == ACTION_ESTIMATE)
		r = print_estimate(&settings, &err);
	else if (r == 0)
		r = sampler_run(&options, &settings, &hosts, &log, &err);
	if (r < 0) {
		log_error(&log, "%s", err.text);
		return 1;
	}
	return 0;
}
