/*
 * The simulator of the whole (T68): one machine after the other, each drawn from a seed.
 *
 *	simulator [--seeds N] [--first SEED] [--every TICKS] [--seconds S] [--top DIR] [--talk] [--keep]
 *	          [--until-wrong]
 *
 * Prints what was simulated, and the seed of each episode that went wrong: the same
 * seed with the same build goes the same way again (--first SEED --seeds 1 --talk).
 * Exit code 1 where one went wrong.
 */
#include "tests/simulator/disk.h"
#include "tests/simulator/episode.h"
#include "tests/simulator/shared.h"
#include "tests/simulator/tree.h"

#include "store/db/db.h"
#include "store/db/db_guard.h"
#include "store/db/db_mend.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct campaign {
	uint64_t first, seeds;
	unsigned every;
	double seconds;
	char top[120];
	bool is_talkative, is_kept, ends_at_first;
};

static double kernel_s(void)
{
	struct timespec now;

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_figures(
	const struct episode_figures *figures, uint64_t episodes, double seconds)
{
	double days = (double)figures->days_s / 86400;

	printf("simulated %.0f days in %" PRIu64
	       " episodes, %.0f days a minute: %" PRIu64 " ticks, %" PRIu64
	       " changing calls, %" PRIu64 " sectors taken back by power cuts\n",
		days, episodes, days / seconds * 60, figures->ticks, figures->calls,
		figures->undone);
	printf("monitoring asked %" PRIu64 " times, %" PRIu64
	       " of them something was wrong, and heard OK %" PRIu64 " times; %" PRIu64
	       " ticks were overwritten before a look\n",
		figures->asked, figures->asked_ill, figures->heard_ok,
		figures->never_looked);
	for (size_t i = 0; i < ACTION_COUNT; i++)
		printf("%8" PRIu64 "  %s\n", figures->action[i], action_names[i]);
}

/* Each episode in a process of its own: one that crashes or hangs is a finding. */
static uint64_t episode_apart(const struct campaign *campaign, uint64_t seed,
	struct episode_figures *figures, struct err *err)
{
	struct result {
		struct episode_figures figures;
		uint64_t problems;
		struct err err;
	} result = { .figures = *figures, .problems = 1 };
	int ends[2], status = 0;
	bool is_told;
	pid_t pid;

	err_set(err, -1, "the episode could not be run");
	if (pipe(ends) < 0)
		return 1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int log = campaign->is_talkative ? 2 : open("/dev/null", O_WRONLY);

		close(ends[0]);
		dup2(log, 2);
		alarm(7200); /* of a busy machine's time */
		(void)setrlimit(RLIMIT_CPU, &(struct rlimit){ 60, 60 });
		result.problems = episode_run(seed, campaign->every, campaign->top,
			campaign->is_talkative, &result.figures, &result.err);
		_exit(syscall(SYS_write, ends[1], &result, sizeof(result)) !=
			(long)sizeof(result));
	}
	close(ends[1]);
	is_told = read(ends[0], &result, sizeof(result)) == (ssize_t)sizeof(result);
	close(ends[0]);
	(void)waitpid(pid, &status, 0);
	if (!is_told)
		err_set(&result.err, -1, "it ended by itself, %s %d",
			WIFSIGNALED(status) ? "by signal" : "with code",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	*figures = result.figures;
	*err = result.err;
	return result.problems;
}

static bool read_options(int argc, char **argv, struct campaign *campaign)
{
	static const struct option options[] = { { "seeds", 1, NULL, 'n' },
		{ "first", 1, NULL, 'f' }, { "seconds", 1, NULL, 's' },
		{ "every", 1, NULL, 'e' }, { "top", 1, NULL, 't' },
		{ "talk", 0, NULL, 'v' }, { "keep", 0, NULL, 'k' },
		{ "until-wrong", 0, NULL, 'u' }, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			campaign->seeds = strtoull(optarg, NULL, 10);
			break;
		case 'f':
			campaign->first = strtoull(optarg, NULL, 10);
			break;
		case 's':
			campaign->seconds = strtod(optarg, NULL);
			break;
		case 't':
			snprintf(campaign->top, sizeof(campaign->top), "%s", optarg);
			break;
		case 'v':
			campaign->is_talkative = true;
			break;
		case 'e':
			campaign->every = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'u':
			campaign->ends_at_first = true;
			break;
		case 'k':
			campaign->is_kept = true;
			break;
		default:
			return false;
		}
	}
	return optind == argc;
}

/* What each process would make for itself, once: the model of the database's schema.  It is
 * the same in all of them, and those that are forked have it. */
static void make_schema_model(void)
{
	sqlite3 *model = NULL;
	struct err err = ERR_INIT;
	int r = sqlite3_open(":memory:", &model) == SQLITE_OK ? 0 : -ENOMEM;

	if (r == 0)
		r = db_migrate("", model, &err);
	if (r == 0)
		r = db_guard_schema(model, &err);
	sqlite3_close(model);
	if (r < 0) {
		fprintf(stderr, "simulator: the model of the schema: %s\n", err.text);
		exit(2);
	}
}

/* What is freed stays: to give it back to the kernel, as the daemon does to be small, costs
 * a third of a simulated day. */
static void keep_memory(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
	(void)mallopt(M_TOP_PAD, 1 << 20);
}

int malloc_trim(size_t left)
{
	(void)left;
	return 0;
}

/* The same seed goes the same way only where nothing depends on where things lie. */
static void stay_at_one_address(char **argv)
{
	int before = personality(0xffffffff);

	if (before < 0 || (before & ADDR_NO_RANDOMIZE) ||
		personality((unsigned long)before | ADDR_NO_RANDOMIZE) < 0)
		return;
	(void)execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
	struct campaign campaign = {
		.first = 1, .seeds = 20, .seconds = 1e9, .every = 60
	};
	struct episode_figures figures;
	double began = kernel_s();
	uint64_t wrong = 0, episodes = 0;

	stay_at_one_address(argv);
	keep_memory();
	memset(&figures, 0, sizeof(figures));
	snprintf(campaign.top, sizeof(campaign.top), "/dev/shm/headroom-simulator-%07d",
		(int)getpid());
	if (!read_options(argc, argv, &campaign)) {
		fputs("usage: simulator [--seeds N] [--first SEED] [--every TICKS] [--seconds S] [--top "
		      "DIR] [--talk] [--keep] [--until-wrong]\n",
			stderr);
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	make_schema_model();
	disk_open();
	for (uint64_t i = 0;
		i < campaign.seeds && kernel_s() - began < campaign.seconds; i++) {
		struct err err = ERR_INIT;
		uint64_t problems =
			episode_apart(&campaign, campaign.first + i, &figures, &err);

		episodes++;
		if (problems == 0)
			continue;
		wrong++;
		printf("seed %" PRIu64 ": %s\n", campaign.first + i, err.text);
		if (campaign.is_kept || campaign.ends_at_first)
			break;
	}
	if (!campaign.is_kept || wrong == 0)
		tree_remove(campaign.top);
	print_figures(&figures, episodes, kernel_s() - began);
	printf("%" PRIu64 " episodes went wrong; story %016" PRIx64 "\n", wrong,
		figures.story);
	return wrong > 0;
}
