/*
 * Reads a host root as the sampler does.
 *
 *	read_root --raw ROOT          what the probes hand over: METRIC [instance] value
 *	read_root --inventory ROOT    the facts of the inventory: key = value
 *	read_root ROOT [READINGS [STEP_S]]   the snapshot of the last reading
 *
 * With "/" it waits STEP_S between readings; a recorded tree is read at simulated
 * instants, all readings alike.
 */
#include "common/err.h"
#include "probes/collect.h"
#include "probes/inventory.h"
#include "tests/record_sink.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct rate_instant instant_now(void)
{
	struct timespec monotonic, boottime;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boottime);
	return (struct rate_instant){
		.monotonic_ns = monotonic.tv_sec * 1000000000LL + monotonic.tv_nsec,
		.boottime_ns = boottime.tv_sec * 1000000000LL + boottime.tv_nsec,
	};
}

static void print_snapshot(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->file_count; i++) {
		const struct snapshot_file *file = &snapshot->file[i];

		for (unsigned j = 0; j < file->count; j++) {
			unsigned at = file->first + j;

			printf("%s%s%s %s", metric_file_table[file->kind].name,
				file->instance[0] ? "-" : "", file->instance,
				snapshot->column[at].data_source);
			if (isnan(snapshot->value[at]))
				printf(" unknown\n");
			else
				printf(" %.10g\n", snapshot->value[at]);
		}
	}
}

static void print_failures(const struct collect *collect)
{
	const char *name = NULL;

	for (size_t i = 0;; i++) {
		struct err err = ERR_INIT;
		int r = collect_probe_error(collect, i, &name, &err);

		if (r > 0)
			break;
		if (r < 0)
			printf("%s: %s\n", name, err.text);
	}
}

static int print_fact(void *context, const char *key, const char *value)
{
	(void)context;
	printf("%s = %s\n", key, value);
	return 0;
}

static int print_inventory(const struct host_root *root)
{
	struct inventory *inventory = calloc(1, sizeof(*inventory));
	struct err err = ERR_INIT;
	int r = inventory ? inventory_read(root, inventory, &err) : -1;

	if (r == 0)
		inventory_walk(inventory, print_fact, NULL);
	else
		fprintf(stderr, "read_root: %s\n", err.text);
	free(inventory);
	return r < 0;
}

static int print_raw(const struct host_root *root)
{
	static struct record_sink record;
	static char text[4 << 20];
	struct probe_context context = {
		.root = root, .text = text, .text_size = sizeof(text)
	};

	record_init(&record);
	for (const struct probe *const *probe = probe_table; *probe; probe++) {
		struct probe_state *state = NULL;
		struct err err = ERR_INIT;

		if ((*probe)->open(&state, &context, &err) < 0 ||
			(*probe)->read(state, &record.sink, true, &err) < 0)
			strbuf_addf(&record.text, "error %s: %s\n", (*probe)->name,
				err.text);
		(*probe)->close(state);
	}
	fputs(strbuf_text(&record.text), stdout);
	strbuf_done(&record.text);
	return 0;
}

static int run_collect(const struct host_root *root, int readings, double step_s)
{
	struct collect_options options = { .step_s = step_s };
	struct collect *collect = NULL;
	struct err err = ERR_INIT;

	if (collect_open(&collect, root, &options, &err) < 0) {
		fprintf(stderr, "read_root: %s\n", err.text);
		return 1;
	}
	for (int i = 0; i < readings; i++) {
		struct rate_instant now = { .monotonic_ns = i * 1000000000LL,
			.boottime_ns = i * 1000000000LL };

		if (root->is_live) {
			struct timespec pause = { .tv_sec = (time_t)step_s };

			if (i > 0)
				nanosleep(&pause, NULL);
			now = instant_now();
		}
		collect_read(collect, &now);
	}
	print_snapshot(collect_snapshot(collect));
	print_failures(collect);
	collect_close(collect);
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 && argv[1][0] == '-' ? argv[1] : "";
	int at = *mode ? 2 : 1;
	struct host_root root;
	struct err err = ERR_INIT;
	int code;

	if (argc <= at) {
		fprintf(stderr,
			"usage: read_root [--raw|--inventory] ROOT [READINGS "
			"[STEP_S]]\n");
		return 2;
	}
	if (hostroot_open(&root, argv[at], &err) < 0) {
		fprintf(stderr, "read_root: %s\n", err.text);
		return 1;
	}
	if (!strcmp(mode, "--raw"))
		code = print_raw(&root);
	else if (!strcmp(mode, "--inventory"))
		code = print_inventory(&root);
	else
		code = run_collect(&root,
			argc > at + 1 ? (int)strtol(argv[at + 1], NULL, 10) : 2,
			argc > at + 2 ? strtod(argv[at + 2], NULL) : 1);
	hostroot_close(&root);
	return code;
}
