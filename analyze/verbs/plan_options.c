/* What `analyze plan` may be asked for. */
#include "analyze/peaks/growth.h"
#include "analyze/verbs/engine_options.h"
#include "analyze/verbs/plan_verbs.h"
#include "analyze/verbs/verbs.h"

#include <errno.h>
#include <math.h>
#include <string.h>

const struct option_spec verb_plan_options[] = {
	{ "hosts", "FILE", "the candidate hosts and constraints (JSON)" },
	{ "example-hosts", NULL, "print a hosts file to change, and end" },
	{ "include", "LIST",
		"also place workloads with these verdicts: review,unknown,insufficient,disqualified" },
	{ "demand", "peak|aligned",
		"sum of the peaks (default), or peak of the sum on the common time "
		"axis" },
	{ "axis", "step|hour",
		"slots of the aligned axis; hours where there are many" },
	{ "align-memory", NULL, "with --demand aligned: align memory as well" },
	{ "failover", "K", "survive the loss of any K hosts (0 to 2)" },
	{ "separate-environments", NULL, "production, test ... never on one host" },
	{ "time-limit", "S",
		"seconds to search, 10 unless given; Ctrl-C ends it earlier" },
	{ "seed", "N", "another order of the random parts" },
	{ "no-solver", NULL, "bounds and heuristics alone" },
	{ "resamples", "N",
		"check how stable the number of hosts is, by N random draws of days (try 100)" },
	{ "horizon", "TIME", "with the growth until then, such as 12months" },
	{ "strict", NULL,
		"a fact that nobody stated is UNKNOWN, never taken as absent" },
	{ "internal-network", NULL,
		"with the step for a network between each host and its VMs" },
	{ "settings", NULL, "also print the settings to give each VM" },
	SOURCE_OPTIONS,
	{ NULL, NULL, NULL },
};

static int plan_read_choice(const struct context *context, const char *name,
	const char *first, const char *second, bool *ret_is_second, struct err *err)
{
	const char *value = context_option(context, name);

	if (!value)
		return 0;
	if (strcmp(value, first) != 0 && strcmp(value, second) != 0)
		return err_set(err, -EINVAL, "--%s: expected %s or %s, found \"%.40s\"",
			name, first, second, value);
	*ret_is_second = strcmp(value, second) == 0;
	return 0;
}

/* All of it is checked before the store is opened: a word that is wrong costs no
 * wait. */
int plan_options_take(const struct context *context, struct plan_run *run,
	size_t *ret_resamples, struct err *err)
{
	const char *include = context_option(context, "include");
	double failover = 0, seed = 1, resamples = 0, limit = 10;

	run->include = INCLUDE_PASS;
	if (include && candidates_parse_include(include, &run->include, err) < 0)
		return -EINVAL;
	if (plan_read_choice(context, "demand", "peak", "aligned",
		    &run->request.is_aligned, err) < 0 ||
		plan_read_choice(
			context, "axis", "step", "hour", &run->is_hour_axis, err) < 0 ||
		context_number(context, "failover", 0, 2, &failover, err) < 0 ||
		context_number(context, "seed", 0, 1e15, &seed, err) < 0 ||
		context_number(context, "resamples", 1, 100000, &resamples, err) < 0 ||
		context_number(context, "time-limit", 0.01, 86400, &limit, err) < 0)
		return -EINVAL;
	if (failover != floor(failover) || resamples != floor(resamples))
		return err_set(err, -EINVAL, "--%s: expected a whole number",
			failover != floor(failover) ? "failover" : "resamples");
	run->has_axis = context_option(context, "axis") != NULL;
	*ret_resamples = (size_t)resamples;
	run->request.failover = (unsigned)failover;
	run->request.is_memory_aligned =
		context_option(context, "align-memory") != NULL;
	run->request.has_internal_network =
		context_option(context, "internal-network") != NULL;
	run->request.separates_environments =
		context_option(context, "separate-environments") != NULL;
	run->request.packing = (struct packing_options){ .time_limit_s = limit,
		.seed = (uint64_t)seed,
		.without_solver = context_option(context, "no-solver") != NULL };
	if (!context_option(context, "hosts"))
		return err_set(err, -EINVAL,
			"--hosts FILE is needed: the candidate hosts (see `analyze "
			"help hosts`)");
	if (context_option(context, "horizon") &&
		growth_parse_horizon(
			context_option(context, "horizon"), &run->horizon_days) < 0)
		return err_set(err, -EINVAL,
			"--horizon: expected a time such as 12months or 90d, found "
			"\"%.40s\"",
			context_option(context, "horizon"));
	return 0;
}
