/* analyze pack: a raw packing instance in, a packing with its bound out. */
#include "analyze/report/pack_document.h"
#include "analyze/verbs/verbs.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_pack_options[] = {
	{ "time-limit", "S",
		"seconds to search, 10 unless given; Ctrl-C ends it earlier" },
	{ "demand", "coincident|peak",
		"time series: fit in every slot (default), or the sum of peaks" },
	{ "seed", "N", "another order of the random parts" },
	{ "failover", "0|1|2",
		"a packing that survives the loss of any so many of its hosts" },
	{ "no-solver", NULL, "bounds and heuristics alone" },
	{ NULL, NULL, NULL },
};

static volatile sig_atomic_t is_cancelled;

static void pack_cancel(int signal_number)
{
	(void)signal_number;
	is_cancelled = 1;
}

static void pack_show_progress(void *closure, const struct packing_progress *progress)
{
	(void)closure;
	fprintf(stderr, "%6.1f s  %s: %lld, bound %lld, left out %zu\n",
		progress->seconds, progress->phase, (long long)progress->value,
		(long long)progress->lower_bound, progress->unplaced_count);
}

static int pack_read_options(struct context *context, struct packing_options *options,
	enum instance_demand *ret_demand, struct err *err)
{
	const char *demand = context_option(context, "demand");
	double seed = 1;
	int r = context_number(
		context, "time-limit", 0.001, 1e6, &options->time_limit_s, err);

	if (r == 0)
		r = context_number(context, "seed", 0, 4e9, &seed, err);
	options->seed = (uint64_t)seed;
	if (r == 0 && demand && strcmp(demand, "peak") != 0 &&
		strcmp(demand, "coincident") != 0 && strcmp(demand, "aligned") != 0)
		r = err_set(err, -EINVAL,
			"--demand is peak or coincident, not \"%.40s\"", demand);
	if (r == 0)
		*ret_demand = demand && strcmp(demand, "peak") == 0
			? INSTANCE_PEAK
			: INSTANCE_COINCIDENT;
	return r;
}

int verb_pack(struct context *context, struct err *err)
{
	struct packing_options options = { .time_limit_s = 10,
		.is_cancelled = &is_cancelled,
		.report = context->has_progress ? pack_show_progress : NULL };
	struct sigaction action = { .sa_handler = pack_cancel };
	enum instance_demand demand = INSTANCE_COINCIDENT;
	struct packing_result result;
	struct packing_instance instance;
	double failover = 0;
	int r = 0;

	if (context->argument_count != 1) {
		err_set(err, -EINVAL, "expected one INSTANCE file, found %zu",
			context->argument_count);
		return EXIT_USAGE;
	}
	if (pack_read_options(context, &options, &demand, err) < 0 ||
		context_number(context, "failover", 0, 2, &failover, err) < 0)
		return EXIT_USAGE;
	r = instance_read(context->arguments[0], demand, &instance, err);
	if (r < 0)
		return EXIT_FAILED;
	instance.problem.failover = (unsigned)failover;
	options.without_solver = context_option(context, "no-solver") != NULL;
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	r = packing_solve(&instance.problem, &options, &result, err);
	if (r == 0) {
		r = document_print(pack_document(&instance, &result), context, err);
		packing_result_done(&result);
	}
	instance_done(&instance);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
