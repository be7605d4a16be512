/* analyze backtest: the recorded weeks replayed on a plan. */
#include "analyze/console/json_out.h"
#include "analyze/console/safe_text.h"
#include "analyze/console/table.h"
#include "analyze/console/terminal.h"
#include "analyze/console/timefmt.h"
#include "analyze/estate/load.h"
#include "analyze/plan/backtest.h"
#include "analyze/plan/plan_file.h"
#include "analyze/plan/plan_series.h"
#include "analyze/verbs/verbs.h"
#include "common/util.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const struct option_spec verb_backtest_options[] = {
	{ "out-of-sample", NULL,
		"replay only what was recorded after the plan's period" },
	{ NULL, NULL, NULL },
};

struct replay_run {
	struct context *context;
	struct plan_file file;
	struct plan_factors factors;
	struct store *store;
	struct workload_list list;
	const struct workload **source;
	struct backtest_host *host;
	struct plan_series series;
	struct timeline axis;
	size_t absent; /* workloads of the plan that the store does not have */
	struct backtest result;
	struct progress progress;
};

static void run_done(struct replay_run *run)
{
	backtest_done(&run->result);
	plan_series_close(&run->series);
	free(run->source);
	free(run->host);
	workload_list_done(&run->list);
	store_close(run->store);
	plan_file_done(&run->file);
}

static int fold(void *closure, size_t workload, enum resource resource,
	enum timeline_measure measure, const struct timeline *axis, double *ret_values,
	struct err *err)
{
	struct replay_run *run = closure;

	return plan_series_fold(
		&run->series, workload, resource, measure, axis, ret_values, err);
}

static void show(void *closure, double done_ratio)
{
	struct replay_run *run = closure;

	progress_show(&run->progress, done_ratio, "hosts");
}

/* The axis: steps of the coarsest workload over the union of what is stored. */
static int choose_axis(struct replay_run *run, struct err *err)
{
	int64_t from = INT64_MAX, to = 0;
	unsigned step_s = 0;

	for (size_t i = 0; i < run->file.workload_count; i++) {
		struct load_request request = load_request_of(run->context);
		struct load_period period;
		int r;

		run->source[i] =
			workload_list_find(&run->list, run->file.workload[i].name);
		if (!run->source[i]) {
			run->absent++;
			continue;
		}
		r = load_period_of(run->store, run->source[i], &request, &period, err);
		if (r < 0)
			return r;
		if (period.count == 0)
			continue;
		from = period.from < from ? period.from : from;
		to = period.to > to ? period.to : to;
		step_s = period.step_s > step_s ? period.step_s : step_s;
	}
	if (context_option(run->context, "out-of-sample") && from < run->file.to)
		from = run->file.to;
	if (step_s == 0 || from >= to)
		return err_set(err, -ENODATA, "%s: nothing was recorded to replay%s",
			run->file.path,
			context_option(run->context, "out-of-sample")
				? " after the plan's period"
				: "");
	return timeline_span(from, to, step_s, &run->axis) < 0
		? err_set(err, -ERANGE, "the period has too many slots")
		: 0;
}

/* A plan that does not say how it sized counts with what was recorded. */
static void complete_figures(struct replay_run *run)
{
	for (size_t i = 0; i < run->file.workload_count; i++) {
		struct plan_workload *workload = &run->file.workload[i];

		if (isnan(workload->overhead_bytes))
			workload->overhead_bytes = 0;
		for (int r = 0; r < RESOURCE_COUNT; r++) {
			if (isnan(workload->need.of[r]))
				workload->need.of[r] = 0;
		}
	}
}

static int open_run(struct replay_run *run, struct err *err)
{
	int r = plan_file_load(run->context->arguments[0], &run->file, err);

	if (r == 0)
		r = candidates_factors(
			run->context, run->file.profile, &run->factors, err);
	if (r == 0)
		r = load_open(run->context, &run->store, err);
	if (r == 0)
		r = store_workloads(run->store, &run->list, err);
	if (r < 0)
		return r;
	run->source =
		calloc(run->file.workload_count + 1, sizeof(const struct workload *));
	run->host = calloc(run->file.host_count + 1, sizeof(*run->host));
	if (!run->source || !run->host)
		return err_oom(err);
	for (size_t h = 0; h < run->file.host_count; h++) {
		const struct plan_file_host *host = &run->file.host[h];

		run->host[h] = (struct backtest_host){ .name = host->name,
			.type = host->type,
			.workload = host->workload,
			.workload_count = host->workload_count };
	}
	complete_figures(run);
	return choose_axis(run, err);
}

static int replay(struct replay_run *run, struct err *err)
{
	struct backtest_request request = { .factors = &run->factors,
		.hosts = &run->file.hosts,
		.workload = run->file.workload,
		.workload_count = run->file.workload_count,
		.host = run->host,
		.host_count = run->file.host_count,
		.axis = run->axis,
		.fold = fold,
		.progress = show,
		.closure = run };
	int r;

	plan_series_open(&run->series, run->context, run->store, run->source);
	progress_begin(&run->progress, run->context, "replaying");
	r = backtest_replay(&request, &run->result, err);
	progress_done(&run->progress);
	return r;
}

/* ---- output ------------------------------------------------------------------------ */

static int64_t begin_of(const struct replay_run *run)
{
	return run->axis.first - (int64_t)run->axis.step_s;
}

static int64_t end_of(const struct replay_run *run)
{
	return run->axis.first +
		(int64_t)(run->axis.slots - 1) * (int64_t)run->axis.step_s;
}

static void put_host(struct json_out *json, const struct replay_run *run, size_t h)
{
	const struct backtest_result_host *host = &run->result.host[h];

	json_open_object(json, NULL);
	json_put_text(json, "name", run->host[h].name);
	json_open_object(json, "minutes_over");
	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		if (plan_dimension_table[d].resource >= 0)
			json_put_number(json, plan_dimension_table[d].name,
				isnan(host->capacity[d]) ? NAN : host->minutes_over[d]);
	}
	json_close_object(json);
	json_put_number(json, "minutes_over_any", host->minutes_over_any);
	json_put_number(json, "minutes_memory_shortfall", host->minutes_shortfall);
	json_open_object(json, "single_slots_over");
	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		if (plan_dimension_table[d].resource >= 0 && !isnan(host->capacity[d]))
			json_put_integer(json, plan_dimension_table[d].name,
				(int64_t)host->single_slots_over[d]);
	}
	json_close_object(json);
	json_open_array(json, "worst");
	for (size_t i = 0; i < host->worst_count; i++) {
		const struct backtest_interval *worst = &host->worst[i];

		json_open_object(json, NULL);
		json_put_text(
			json, "resource", plan_dimension_table[worst->dimension].name);
		json_put_integer(json, "at", worst->at);
		json_put_number(json, "needed", worst->needed);
		json_put_number(json, "capacity", worst->capacity);
		json_put_text(json, "unit", plan_unit(&run->factors, worst->dimension));
		json_put_integer(json, "from", worst->from);
		json_put_integer(json, "to", worst->to);
		json_close_object(json);
	}
	json_close_array(json);
	json_close_object(json);
}

static void print_json(const struct replay_run *run)
{
	struct json_out json;

	json_begin(&json, run->context->out, "backtest");
	json_put_text(&json, "profile", run->factors.profile);
	json_open_object(&json, "period");
	json_put_integer(&json, "from", begin_of(run));
	json_put_integer(&json, "to", end_of(run));
	json_close_object(&json);
	json_put_integer(&json, "step_s", run->axis.step_s);
	json_put_number(&json, "minutes_over", run->result.minutes_over);
	json_put_number(&json, "filled", run->result.filled_ratio);
	json_put_integer(&json, "absent_workloads", (int64_t)run->absent);
	json_open_array(&json, "hosts");
	for (size_t h = 0; h < run->result.host_count; h++)
		put_host(&json, run, h);
	json_close_array(&json);
	json_end(&json);
}

static void print_csv(const struct replay_run *run)
{
	FILE *out = run->context->out;

	fputs("host,resource,minutes_over,single_slots_over,highest_needed,capacity,"
	      "unit\r\n",
		out);
	for (size_t h = 0; h < run->result.host_count; h++) {
		const struct backtest_result_host *host = &run->result.host[h];

		for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
			char needed[JSON_NUMBER_SIZE], capacity[JSON_NUMBER_SIZE];

			if (plan_dimension_table[d].resource < 0 ||
				isnan(host->capacity[d]))
				continue;
			safe_print_csv(out, run->host[h].name);
			fprintf(out, ",%s,%.15g,%zu,%s,%s,%s\r\n",
				plan_dimension_table[d].name, host->minutes_over[d],
				host->single_slots_over[d],
				json_number_text(host->highest_needed[d], needed),
				json_number_text(host->capacity[d], capacity),
				plan_unit(&run->factors, (enum plan_dimension)d));
		}
	}
}

static int print_hosts(const struct replay_run *run, struct err *err)
{
	static const struct table_column columns[] = {
		{ "HOST", TABLE_CUT },
		{ "RESOURCE", TABLE_LEFT },
		{ "MINUTES OVER", TABLE_RIGHT },
		{ "SINGLE SLOTS", TABLE_RIGHT },
		{ "HIGHEST", TABLE_RIGHT },
		{ "OF", TABLE_RIGHT },
	};
	struct table *table = table_new(run->context, columns, ARRAY_LEN(columns));

	for (size_t h = 0; h < run->result.host_count; h++) {
		const struct backtest_result_host *host = &run->result.host[h];

		for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
			bool is_over = host->minutes_over[d] > 0;

			if (plan_dimension_table[d].resource < 0 ||
				isnan(host->capacity[d]))
				continue;
			table_row(table);
			table_cell(table, run->host[h].name);
			table_cell(table, plan_dimension_table[d].label);
			if (is_over) {
				char text[40];

				(void)snprintf(text, sizeof(text), "%.6g",
					host->minutes_over[d]);
				table_cell_colored(table, text, COLOR_BAD);
			} else {
				table_cell_colored(table, "0", COLOR_GOOD);
			}
			table_cellf(table, "%zu", host->single_slots_over[d]);
			table_cellf(table, "%.6g", host->highest_needed[d]);
			table_cellf(table, "%.6g %s", host->capacity[d],
				plan_unit(&run->factors, (enum plan_dimension)d));
		}
	}
	return table_print(table, err);
}

static int print_worst(const struct replay_run *run, struct err *err)
{
	static const struct table_column columns[] = {
		{ "WORST INTERVALS", TABLE_CUT },
		{ "RESOURCE", TABLE_LEFT },
		{ "FROM", TABLE_LEFT },
		{ "LENGTH", TABLE_RIGHT },
		{ "NEEDED", TABLE_RIGHT },
		{ "OF", TABLE_RIGHT },
	};
	struct table *table = NULL;
	char when[TIME_TEXT_SIZE], length[TIME_TEXT_SIZE];

	for (size_t h = 0; h < run->result.host_count; h++) {
		const struct backtest_result_host *host = &run->result.host[h];

		for (size_t i = 0; i < host->worst_count; i++) {
			const struct backtest_interval *worst = &host->worst[i];

			if (!table) {
				fputs("\n", run->context->out);
				table = table_new(
					run->context, columns, ARRAY_LEN(columns));
			}
			table_row(table);
			table_cell(table, run->host[h].name);
			table_cell(table, plan_dimension_table[worst->dimension].label);
			table_cell(table, time_text_short(worst->from, when));
			table_cell(table,
				time_text_length(
					(double)(worst->to - worst->from), length));
			table_cellf(table, "%.6g", worst->needed);
			table_cellf(table, "%.6g", worst->capacity);
		}
	}
	return table ? table_print(table, err) : 0;
}

static int print_text(const struct replay_run *run, struct err *err)
{
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE], step[TIME_TEXT_SIZE];
	FILE *out = run->context->out;
	double shortfall = 0;
	int r;

	fprintf(out, "%.6g minute(s) over a limit, on %zu host(s), profile %s\n",
		run->result.minutes_over, run->result.host_count, run->factors.profile);
	fprintf(out,
		"Replayed %s to %s in slots of %s; %.1f %% were unknown and filled\n",
		time_text_short(begin_of(run), from), time_text_short(end_of(run), to),
		time_text_length(run->axis.step_s, step),
		100 * run->result.filled_ratio);
	if (run->absent)
		fprintf(out,
			"%zu workload(s) of the plan are not in this store and count "
			"with their sized demand\n",
			run->absent);
	for (size_t h = 0; h < run->result.host_count; h++)
		shortfall += run->result.host[h].minutes_shortfall;
	if (shortfall > 0)
		fprintf(out,
			"%.6g minute(s) more only because memory reviews were "
			"accepted below the peak\n",
			shortfall);
	fputs("\n", out);
	r = print_hosts(run, err);
	return r < 0 ? r : print_worst(run, err);
}

int verb_backtest(struct context *context, struct err *err)
{
	struct replay_run run = { .context = context };
	int r;

	if (context->argument_count != 1) {
		err_set(err, -EINVAL,
			"expected one plan, as `analyze plan --json` writes it");
		return EXIT_USAGE;
	}
	r = open_run(&run, err);
	if (r == 0)
		r = replay(&run, err);
	if (r == 0 && context->format == FORMAT_JSON)
		print_json(&run);
	else if (r == 0 && context->format == FORMAT_CSV)
		print_csv(&run);
	else if (r == 0)
		r = print_text(&run, err);
	run_done(&run);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
