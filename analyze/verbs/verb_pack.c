/* analyze pack: a raw packing instance in, a packing with its bound out. */
#include "analyze/console/json_out.h"
#include "analyze/console/safe_text.h"
#include "analyze/packing/instance.h"
#include "analyze/packing/packing.h"
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
	{ "no-solver", NULL, "bounds and heuristics alone" },
	{ NULL, NULL, NULL },
};

static volatile sig_atomic_t is_cancelled;

static void cancel(int signal_number)
{
	(void)signal_number;
	is_cancelled = 1;
}

static void show_progress(void *closure, const struct packing_progress *progress)
{
	(void)closure;
	fprintf(stderr, "%6.1f s  %s: %lld, bound %lld, left out %zu\n",
		progress->seconds, progress->phase, (long long)progress->value,
		(long long)progress->lower_bound, progress->unplaced_count);
}

/* "infeasible" only when proven. */
static const char *status_of(const struct packing_result *result)
{
	if (!result->unplaced_count)
		return "packed";
	return result->is_all_refuted ? "infeasible" : "none_found";
}

/* With host types everything is in cost, also where all costs are equal. */
static int64_t in_cost(const struct instance *instance,
	const struct packing_result *result, int64_t bound)
{
	return instance->has_host_types && result->has_equal_costs
		? bound * instance->problem.type[0].cost
		: bound;
}

/* The first item that explains why not all is placed. */
static void explain(const struct instance *instance,
	const struct packing_result *result, char *text, size_t size)
{
	const struct packing_problem *problem = &instance->problem;
	size_t i = 0;

	*text = '\0';
	while (i < problem->item_count &&
		(result->reason[i] == PACKING_PLACED ||
			result->reason[i] == PACKING_NO_ROOM))
		i++;
	if (i == problem->item_count) {
		if (result->unplaced_count)
			snprintf(text, size, "%s for %zu of %zu items",
				result->is_all_refuted ? "there is no room"
						       : "no room was found",
				result->unplaced_count, problem->item_count);
		return;
	}
	snprintf(text, size, "item %zu%s%.40s%s %s", i,
		problem->item[i].name ? " (" : "",
		problem->item[i].name ? problem->item[i].name : "",
		problem->item[i].name ? ")" : "",
		result->reason[i] == PACKING_FITS_NO_HOST
			? "is larger than every host it may go on"
			: result->reason[i] == PACKING_CONSTRAINT
			? "takes part in constraints that cannot be met together"
			: "may go on no host");
}

static void put_json(struct context *context, const struct instance *instance,
	const struct packing_result *result)
{
	const struct packing_problem *problem = &instance->problem;
	bool is_packed = !result->unplaced_count;
	struct json_out json;
	char reason[200];

	explain(instance, result, reason, sizeof(reason));
	json_begin(&json, context->out, "pack");
	json_put_text(&json, "status", status_of(result));
	if (is_packed)
		json_put_integer(&json, "bins", (int64_t)result->host_count);
	else
		json_put_null(&json, "bins");
	if (is_packed && instance->has_host_types)
		json_put_integer(&json, "cost", result->cost);
	else if (instance->has_host_types)
		json_put_null(&json, "cost");
	if (!is_packed && result->is_all_refuted)
		json_put_null(&json, "lower_bound");
	else
		json_put_integer(&json, "lower_bound",
			in_cost(instance, result,
				is_packed ? result->lower_bound
					  : result->lower_bound_all));
	json_put_bool(&json, "proven_optimal", is_packed && result->is_proven_optimal);
	json_put_number(&json, "seconds", result->seconds);
	json_put_text(&json, "bound", packing_bound_names[result->bound_kind]);
	json_put_text(&json, "reason", *reason ? reason : NULL);
	json_put_text(&json, "exact_phase_missing",
		*result->exact_note ? result->exact_note : NULL);
	if (is_packed) {
		json_open_array(&json, "assignment");
		for (size_t i = 0; i < problem->item_count; i++)
			json_put_integer(&json, NULL, (int64_t)result->host_of[i]);
		json_close_array(&json);
	} else {
		json_put_null(&json, "assignment");
	}
	if (is_packed && instance->has_host_types) {
		json_open_array(&json, "bin_types");
		for (size_t h = 0; h < result->host_count; h++)
			json_put_integer(&json, NULL, (int64_t)result->host_type[h]);
		json_close_array(&json);
	}
	json_end(&json);
}

static void put_text(struct context *context, const struct instance *instance,
	const struct packing_result *result)
{
	bool is_packed = !result->unplaced_count;
	const char *unit = instance->has_host_types ? "cost" : "bins";
	int64_t value =
		instance->has_host_types ? result->cost : (int64_t)result->host_count;
	int64_t bound = in_cost(instance, result,
		is_packed ? result->lower_bound : result->lower_bound_all);
	char reason[200];

	explain(instance, result, reason, sizeof(reason));
	fprintf(context->out, "%s: %zu items", status_of(result),
		instance->problem.item_count);
	if (is_packed)
		fprintf(context->out, " in %zu bins", result->host_count);
	if (is_packed && instance->has_host_types)
		fprintf(context->out, " at cost %lld", (long long)result->cost);
	fputc('\n', context->out);
	if (is_packed && result->is_proven_optimal)
		fprintf(context->out, "optimal: proven by %s, %.2f s\n",
			packing_bound_names[result->bound_kind], result->seconds);
	else if (is_packed)
		fprintf(context->out,
			"at least %lld %s by %s; gap %lld (%.2f %%), %.2f s\n",
			(long long)bound, unit, packing_bound_names[result->bound_kind],
			(long long)(value - bound),
			bound ? 100.0 * (double)(value - bound) / (double)bound : 0.0,
			result->seconds);
	if (*reason)
		fprintf(context->out, "%s\n", reason);
	if (*result->exact_note)
		fprintf(context->out, "the exact phase is missing: %s\n",
			result->exact_note);
}

static int read_options(struct context *context, struct packing_options *options,
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
		.report = context->has_progress ? show_progress : NULL };
	struct sigaction action = { .sa_handler = cancel };
	enum instance_demand demand = INSTANCE_COINCIDENT;
	struct packing_result result;
	struct instance instance;
	int r = 0;

	if (context->argument_count != 1) {
		err_set(err, -EINVAL, "expected one INSTANCE file, found %zu",
			context->argument_count);
		return EXIT_USAGE;
	}
	if (read_options(context, &options, &demand, err) < 0)
		return EXIT_USAGE;
	r = instance_read(context->arguments[0], demand, &instance, err);
	if (r < 0)
		return EXIT_FAILED;
	options.without_solver = context_option(context, "no-solver") != NULL;
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	r = packing_solve(&instance.problem, &options, &result, err);
	if (r == 0) {
		if (context->format == FORMAT_JSON)
			put_json(context, &instance, &result);
		else
			put_text(context, &instance, &result);
		packing_result_done(&result);
	}
	instance_done(&instance);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
