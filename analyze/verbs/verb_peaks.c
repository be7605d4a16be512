/* analyze peaks: what each workload used at its highest, and for how long. */
#include "analyze/assess/judged.h"
#include "analyze/console/csv_out.h"
#include "analyze/console/json_out.h"
#include "analyze/console/safe_text.h"
#include "analyze/report/forecast_out.h"
#include "analyze/report/peaks_text.h"
#include "analyze/report/verdict_out.h"
#include "analyze/verbs/verbs.h"
#include "common/util.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const struct option_spec verb_peaks_options[] = {
	{ "detail", NULL,
		"every figure and the peak-duration curve, as for one by name" },
	{ "brief", NULL, "one row per workload: what it would be sized by" },
	{ "horizon", "TIME", "growth to this time ahead: 12months, 90d" },
	{ "return-level", "TIME", "the highest value to expect within 1y, 6months" },
	{ NULL, NULL, NULL },
};

/* What was asked of the future; forecast is NULL where nothing was. */
struct ahead {
	struct forecast_request request;
	struct forecast *forecast; /* count x RESOURCE_COUNT */
};

/* ---- JSON ---------------------------------------------------------------------- */

static void json_curve(struct json_out *json, const char *key, const double *value)
{
	char duration[16];

	json_open_object(json, key);
	for (unsigned d = 0; d < PEAK_DURATION_COUNT; d++) {
		snprintf(duration, sizeof(duration), "%u", peak_durations_s[d]);
		json_put_number(json, duration, value[d]);
	}
	json_close_object(json);
}

static void json_resource(struct json_out *json, enum resource resource,
	const struct workload_peaks *w, const struct ahead *ahead, size_t index)
{
	const struct resource_info *info = &resource_table[resource];
	const struct peaks *p = &w->resource[resource];

	if (!p->is_counted) {
		json_put_null(json, info->name);
		return;
	}
	json_open_object(json, info->name);
	json_put_text(json, "unit", info->unit);
	json_put_number(json, "peak", p->peak);
	json_put_integer(json, "peak_at", p->peak_at + w->phase_s);
	json_put_number(json, "mean", p->mean);
	json_put_number(json, "p50", p->p50);
	json_put_number(json, "p90", p->p90);
	json_put_number(json, "p95", p->p95);
	json_put_number(json, "p99", p->p99);
	json_curve(json, "sustained", p->sustained);
	json_curve(json, "held", p->held);
	json_put_number(json, "coverage", p->coverage);
	if (ahead->forecast)
		forecast_out_json(json, &ahead->request,
			&ahead->forecast[index * RESOURCE_COUNT + resource]);
	json_close_object(json);
}

static void find_union(const struct workload_peaks *w, size_t count, int64_t *ret_from,
	int64_t *ret_to)
{
	*ret_from = *ret_to = 0;
	for (size_t i = 0; i < count; i++) {
		if (!w[i].to)
			continue;
		if (!*ret_from || w[i].from + w[i].phase_s < *ret_from)
			*ret_from = w[i].from + w[i].phase_s;
		if (w[i].to + w[i].phase_s > *ret_to)
			*ret_to = w[i].to + w[i].phase_s;
	}
}

static void print_json(const struct context *context, const struct workload_peaks *w,
	const struct judged *judged, const struct ahead *ahead, size_t count)
{
	struct json_out json;
	int64_t from, to;

	find_union(w, count, &from, &to);
	json_begin(&json, context->out, "peaks");
	json_open_object(&json, "period");
	json_put_time(&json, "from", from);
	json_put_time(&json, "to", to);
	json_close_object(&json);
	json_open_array(&json, "workloads");
	for (size_t i = 0; i < count; i++) {
		json_open_object(&json, NULL);
		json_put_text(&json, "name", w[i].name);
		json_put_integer(&json, "step_s", w[i].step_s);
		json_put_integer(&json, "samples", (int64_t)w[i].samples);
		json_put_number(&json, "coverage", w[i].to ? w[i].coverage : NAN);
		verdict_out_judged(&json, &judged[i]);
		json_open_object(&json, "resources");
		for (unsigned r = 0; r < RESOURCE_COUNT; r++)
			json_resource(&json, r, &w[i], ahead, i);
		json_close_object(&json);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_end(&json);
}

/* ---- CSV and key=value ------------------------------------------------------------ */

static void print_csv(
	const struct context *context, const struct workload_peaks *w, size_t count)
{
	FILE *out = context->out;

	fputs("workload,step_s,from,to,resource,unit,peak,peak_at,mean,p50,p90,p95,p99",
		out);
	for (unsigned d = 0; d < PEAK_DURATION_COUNT; d++)
		fprintf(out, ",sustained_%u", peak_durations_s[d]);
	for (unsigned d = 0; d < PEAK_DURATION_COUNT; d++)
		fprintf(out, ",held_%u", peak_durations_s[d]);
	fputs(",coverage\n", out);
	for (size_t n = 0; n < count * RESOURCE_COUNT; n++) {
		const struct workload_peaks *from = &w[n / RESOURCE_COUNT];
		const struct peaks *p = &from->resource[n % RESOURCE_COUNT];
		const double figures[] = { p->mean, p->p50, p->p90, p->p95, p->p99 };

		if (!p->is_counted)
			continue;
		safe_print_csv(out, from->name);
		fprintf(out, ",%u,%lld,%lld,%s,%s", from->step_s,
			(long long)from->from + from->phase_s,
			(long long)from->to + from->phase_s,
			resource_table[n % RESOURCE_COUNT].name,
			resource_table[n % RESOURCE_COUNT].unit);
		csv_put_number(out, p->peak);
		fprintf(out, ",%lld", (long long)p->peak_at + from->phase_s);
		for (size_t i = 0; i < ARRAY_LEN(figures); i++)
			csv_put_number(out, figures[i]);
		for (unsigned d = 0; d < PEAK_DURATION_COUNT; d++)
			csv_put_number(out, p->sustained[d]);
		for (unsigned d = 0; d < PEAK_DURATION_COUNT; d++)
			csv_put_number(out, p->held[d]);
		csv_put_number(out, p->coverage);
		fputc('\n', out);
	}
}

static void kv_number(FILE *out, const char *name, const char *resource,
	const char *key, double value)
{
	char text[JSON_NUMBER_SIZE];

	if (isnan(value))
		return;
	safe_print_key(out, name);
	fprintf(out, ".%s.%s=%s\n", resource, key, json_number_text(value, text));
}

static void kv_workload(FILE *out, const struct workload_peaks *w)
{
	char key[32];

	safe_print_key(out, w->name);
	fprintf(out, ".step_s=%u\n", w->step_s);
	safe_print_key(out, w->name);
	fprintf(out, ".samples=%zu\n", w->samples);
	for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
		const char *resource = resource_table[r].name;
		const struct peaks *p = &w->resource[r];

		if (!p->is_counted)
			continue;
		kv_number(out, w->name, resource, "peak", p->peak);
		kv_number(out, w->name, resource, "peak_at",
			(double)(p->peak_at + w->phase_s));
		kv_number(out, w->name, resource, "mean", p->mean);
		kv_number(out, w->name, resource, "p50", p->p50);
		kv_number(out, w->name, resource, "p90", p->p90);
		kv_number(out, w->name, resource, "p95", p->p95);
		kv_number(out, w->name, resource, "p99", p->p99);
		for (unsigned d = 0; d < 2 * PEAK_DURATION_COUNT; d++) {
			bool is_held = d >= PEAK_DURATION_COUNT;
			unsigned i = d % PEAK_DURATION_COUNT;

			snprintf(key, sizeof(key), "%s_%u",
				is_held ? "held" : "sustained", peak_durations_s[i]);
			kv_number(out, w->name, resource, key,
				is_held ? p->held[i] : p->sustained[i]);
		}
		kv_number(out, w->name, resource, "coverage", p->coverage);
	}
}

/* ---- the verb -------------------------------------------------------------------- */

static int print_peaks(struct context *context, const struct workload *const *workload,
	const struct judged *judged, const struct workload_peaks *w,
	const struct ahead *ahead, size_t count, struct err *err)
{
	int r;
	bool is_detail =
		context->argument_count > 0 || context_option(context, "detail");

	switch (context->format) {
	case FORMAT_JSON:
		print_json(context, w, judged, ahead, count);
		return 0;
	case FORMAT_CSV:
		print_csv(context, w, count);
		return 0;
	case FORMAT_KV:
		for (size_t i = 0; i < count; i++)
			kv_workload(context->out, &w[i]);
		return 0;
	default:
		if (context_option(context, "brief") && count)
			return peaks_text_brief(context, workload, w, count, err);
		r = is_detail ? peaks_text_detail(context, workload, judged, count, err)
			      : peaks_text_table(context, workload, w, count, err);
		if (r == 0 && ahead->forecast)
			r = forecast_out_text(context, &ahead->request, workload,
				ahead->forecast, count, err);
		return r;
	}
}

int verb_peaks(struct context *context, struct err *err)
{
	const struct workload **chosen = NULL;
	struct workload_peaks *peaks = NULL;
	struct workload_list list = { 0 };
	struct judged *judged = NULL;
	struct ahead ahead = { .forecast = NULL };
	struct store *store = NULL;
	size_t count = 0;
	int r;

	if (forecast_read_options(context, &ahead.request, err) < 0)
		return EXIT_USAGE;
	r = load_open(context, &store, err);
	if (r == 0)
		r = store_workloads(store, &list, err);
	if (r == 0)
		r = load_choose(context, 0, &list, &chosen, &count, err);
	if (r == 0)
		r = judged_read(context, store, chosen, count, &judged, err);
	if (r == 0 && forecast_is_asked(&ahead.request))
		r = forecast_all(context, store, &ahead.request, chosen, count,
			&ahead.forecast, err);
	if (r == 0) {
		peaks = calloc(count + 1, sizeof(*peaks));
		for (size_t i = 0; peaks && i < count; i++)
			peaks[i] = judged[i].peaks;
		r = peaks ? print_peaks(
				    context, chosen, judged, peaks, &ahead, count, err)
			  : err_oom(err);
	}
	free(ahead.forecast);
	free(peaks);
	free(judged);
	free(chosen);
	workload_list_done(&list);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
