/*
 * collectord-inventory: what this machine is, as the document headroom/machine/1.
 *
 * A program of its own, since it asks what may hang (file systems, package databases,
 * systemctl): it runs once and ends, within its deadline or by SIGALRM.
 */
#include "collectord/inventory/gather.h"

#include "collectord/link/settings.h"
#include "common/io.h"
#include "store/db/machines.h"
#include "store/dir/path.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_S = 120, LOCK_TIMEOUT_MS = 60000, FILE_MODE = 0640 };

struct options {
	const char *root, *name, *folder, *data;
	const char *runtime; /* started by collectord: root, name and data are there */
};

static const char usage[] =
	"usage: collectord-inventory [--root DIR] [--name NAME] [-o DIR | --data DIR]\n"
	"\n"
	"Prints what this machine is, as JSON (headroom/machine/1).\n"
	"\n"
	"      --root DIR   of a recorded or mounted machine, instead of /\n"
	"      --name NAME  call it so, instead of by its host name\n"
	"  -o, --output DIR write DIR/<name>.json instead\n"
	"      --data DIR   keep it in this store, for the workload of that name\n";

/* DIR/<name>.json: the name is one of a file, whatever is in it. */
static int write_document(
	const struct options *options, const struct machine *machine, struct err *err)
{
	char encoded[PATH_NAME_MAX + 1], path[PATH_MAX];
	struct strbuf text;
	int r;

	strbuf_init(&text, MACHINE_BYTES_MAX);
	machine_write(machine, &text);
	r = strbuf_failed(&text) ? err_oom(err) : 0;
	if (r == 0 && !options->folder) {
		r = io_write_full(STDOUT_FILENO, text.text, text.length);
		if (r < 0)
			r = err_set(err, r, "standard output: %s", strerror(-r));
	} else if (r == 0) {
		r = path_encode(machine->name, encoded, sizeof(encoded), err);
		if (r == 0 &&
			snprintf(path, sizeof(path), "%s/%s.json", options->folder,
				encoded) >= (int)sizeof(path))
			r = err_set(
				err, -ENAMETOOLONG, "%s: too long", options->folder);
		if (r == 0)
			r = io_replace_file(AT_FDCWD, path, text.text, text.length,
				FILE_MODE, IO_VOLATILE, err);
	}
	strbuf_done(&text);
	return r;
}

static int keep_document(const struct options *options, const struct machine *machine,
	int64_t now, struct err *err)
{
	struct workload workload = { .id = 0 };
	struct store *store;
	size_t changes = 0;
	int r = store_open(options->data, &store, err);

	if (r < 0)
		return r;
	r = store_workload_get(store, machine->name, &workload, err);
	if (r == 0)
		r = store_begin(store, LOCK_TIMEOUT_MS, err);
	if (r == 0)
		r = store_machine_take(store, workload.id, machine, now, &changes, err);
	if (r == 0)
		r = store_commit(store, err);
	else
		store_rollback(store);
	workload_done(&workload);
	store_close(store);
	return r;
}

static int run_inventory(const struct options *options, struct err *err)
{
	int64_t now = (int64_t)time(NULL);
	struct machine machine;
	struct host_root root;
	int r = hostroot_open(&root, options->root, err);

	if (r < 0)
		return r;
	r = gather_machine(&root, options->root, now, &machine, err);
	hostroot_close(&root);
	if (r < 0)
		return r;
	if (options->name) {
		free(machine.name);
		machine.name = strdup(options->name);
	}
	if (!machine.name)
		r = err_set(err, -EINVAL,
			"the machine has no host name: give one with --name");
	else
		r = options->data ? keep_document(options, &machine, now, err)
				  : write_document(options, &machine, err);
	machine_done(&machine);
	return r;
}

/* The alarm ends it: a source of the machine may hang for ever, and whoever started
 * this waits for its document. */
int main(int argc, char **argv)
{
	static const struct option table[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "name", required_argument, NULL, 'n' },
		{ "output", required_argument, NULL, 'o' },
		{ "data", required_argument, NULL, 'd' },
		{ "runtime", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = { .root = "/" };
	struct settings settings;
	struct err err = ERR_INIT;
	int option, r = 0;

	while ((option = getopt_long(argc, argv, "o:h", table, NULL)) != -1) {
		if (option == 'h') {
			(void)fputs(usage, stdout);
			return 0;
		}
		if (option == '?')
			break;
		*(option == 'r'                 ? &options.root
				: option == 'n' ? &options.name
				: option == 'o' ? &options.folder
				: option == 'd' ? &options.data
						: &options.runtime) = optarg;
	}
	if (option == '?' || optind < argc || (options.folder && options.data) ||
		(options.name && !*options.name)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	(void)alarm(DEADLINE_S);
	if (options.runtime) {
		r = settings_load(options.runtime, &settings, &err);
		options.root = settings.root;
		options.name = settings.name.text;
		options.data = settings.data.text;
	}
	if (r == 0)
		r = run_inventory(&options, &err);
	if (r == 0)
		return 0;
	(void)fprintf(stderr, "collectord-inventory: %s\n", err.text);
	return 1;
}
