/*
 * collectord-writer: writes one batch of staged ticks into the RRD files, then ends.
 *
 *	collectord-writer --data DIR --lock FD [--give-up]
 *
 * FD is the writer lock (store/dir/lock.h), held by whoever starts this and kept by it
 * until the end, even when the starter dies.  One line on stdout tells what was damaged, or what failed.
 */
#include "collectord/writer/writer.h"

#include "common/log.h"
#include "common/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { EXIT_OTHER_STEP = 78 }; /* as EX_CONFIG: trying again does not help */

static int usage(void)
{
	fputs("usage: collectord-writer --data DIR --lock FD [--give-up]\n"
	      "Started by collectord-recorder; not meant to be started by hand.\n",
		stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct writer_result result;
	struct err err = ERR_INIT;
	struct rlimit no_core = { .rlim_cur = 0, .rlim_max = 0 };
	struct log log;
	int r;

	if (argc < 5 || argc > 6 || strcmp(argv[1], "--data") != 0 ||
		strcmp(argv[3], "--lock") != 0 ||
		(argc == 6 && strcmp(argv[5], "--give-up") != 0))
		return usage();
	log_init(&log, "collectord-writer");
	(void)umask(027);
	(void)setrlimit(
		RLIMIT_CORE, &no_core); /* a SIGBUS on a full disk is expected */
	r = writer_run(argv[2], argc == 6, &result, &err);
	if (r < 0) {
		/* the recorder logs it, once however often it is tried */
		(void)puts(err.text);
		return r == -EEXIST ? EXIT_OTHER_STEP : EXIT_FAILURE;
	}
	if (result.note[0]) {
		log_warning(
			&log, "%s (lost ticks: %" PRIu64 ")", result.note, result.lost);
		(void)puts(result.note); /* the recorder makes it an event */
	}
	if (result.headers_restored)
		log_notice(&log, "an interrupted batch was repeated");
	log_debug(&log, "%" PRIu64 " ticks into %zu files, %zu made, %zu rebuilt",
		result.ticks, result.files, result.created, result.rebuilt);
	return EXIT_SUCCESS;
}
