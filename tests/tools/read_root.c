/*
 * Reads a host root as the sampler does and prints every value of the last reading, one
 * "file data_source value" a line: the expect.txt of a recorded root.
 *
 *	read_root ROOT [READINGS [STEP_S]]
 *
 * With 0 readings it prints the inventory.  With "/" it waits STEP_S between readings; a recorded tree is read at simulated
 * instants, all readings alike.
 */
#include "common/err.h"
#include "probes/collect.h"
#include "probes/inventory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

static void print_frame(const struct frame *frame)
{
	for (size_t i = 0; i < frame->file_count; i++) {
		const struct frame_file *file = &frame->file[i];

		for (unsigned j = 0; j < file->count; j++) {
			unsigned at = file->first + j;

			printf("%s%s%s %s", metric_file_table[file->kind].name,
				file->instance[0] ? "-" : "", file->instance,
				frame->column[at].data_source);
			if (isnan(frame->value[at]))
				printf(" unknown\n");
			else
				printf(" %.10g\n", frame->value[at]);
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

static void print_inventory(const struct host_root *root)
{
	struct inventory *inventory = calloc(1, sizeof(*inventory));
	struct err err = ERR_INIT;

	if (inventory && inventory_read(root, inventory, &err) == 0)
		inventory_walk(inventory, print_fact, NULL);
	else
		printf("inventory: %s\n", err.text);
	free(inventory);
}

int main(int argc, char **argv)
{
	struct collect_options options = { .step_s = argc > 3 ? strtod(argv[3], NULL) : 1 };
	int readings = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 2;
	struct collect *collect = NULL;
	struct host_root root;
	struct err err = ERR_INIT;

	if (argc < 2) {
		fprintf(stderr, "usage: read_root ROOT [READINGS [STEP_S]]\n");
		return 2;
	}
	if (hostroot_open(&root, argv[1], &err) < 0 ||
		collect_open(&collect, &root, &options, &err) < 0) {
		fprintf(stderr, "read_root: %s\n", err.text);
		return 1;
	}
	for (int i = 0; i < readings; i++) {
		struct rate_instant now = { .monotonic_ns = i * 1000000000LL,
			.boottime_ns = i * 1000000000LL };

		if (root.is_live) {
			struct timespec pause = { .tv_sec = (time_t)options.step_s };

			if (i > 0)
				nanosleep(&pause, NULL);
			now = instant_now();
		}
		collect_read(collect, &now);
	}
	print_frame(collect_frame(collect));
	print_failures(collect);
	if (readings == 0)
		print_inventory(&root);
	collect_close(collect);
	hostroot_close(&root);
	return 0;
}
