#include "analyze/report/forecast_out.h"

#include "analyze/console/table.h"
#include "analyze/document/quantity.h"
#include "common/util.h"

#include <math.h>
#include <stdio.h>

/* ---- text -------------------------------------------------------------------------- */

/* Name and resource of a row; the reason where there are no figures for its columns.
 * Returns whether the caller goes on with them. */
static bool begin_row(struct table *table, const struct workload *workload,
	enum resource resource, const char *reason, int figures)
{
	table_row(table);
	table_cell(table, workload->name);
	table_cell(table, resource_table[resource].name);
	if (!reason)
		return true;
	for (int i = 0; i < figures; i++)
		table_cell(table, NULL);
	table_cell(table, reason);
	return false;
}

static int growth_table(const struct context *context,
	const struct forecast_request *request, const struct workload *const *workload,
	const struct forecast *forecasts, size_t count, struct err *err)
{
	static const struct table_column columns[] = { { "WORKLOAD", TABLE_CUT },
		{ "RESOURCE", TABLE_LEFT }, { "NOW", TABLE_RIGHT },
		{ "A DAY", TABLE_RIGHT }, { "THEN", TABLE_RIGHT },
		{ "FROM", TABLE_RIGHT }, { "TO", TABLE_RIGHT }, { "", TABLE_WRAP } };
	struct table *table = table_new(context, columns, ARRAY_LEN(columns));
	char text[QUANTITY_SIZE];

	fprintf(context->out, "\ngrowth of the daily 15 min peak, %.0f days ahead:\n",
		request->horizon_days);
	for (size_t n = 0; n < count * RESOURCE_COUNT; n++) {
		const struct forecast *f = &forecasts[n];
		enum resource resource = (enum resource)(n % RESOURCE_COUNT);

		if (!f->is_counted ||
			!begin_row(table, workload[n / RESOURCE_COUNT], resource,
				f->has_growth ? NULL : f->growth_reason, 5))
			continue;
		table_cell(table, quantity_text(f->growth.level, resource, text));
		table_cell(
			table, quantity_text(f->growth.slope_per_day, resource, text));
		table_cell(table, quantity_text(fmax(0, f->ahead), resource, text));
		table_cell(table, quantity_text(fmax(0, f->ahead_low), resource, text));
		table_cell(table, quantity_text(f->ahead_high, resource, text));
		table_cell(table, f->growth.is_significant ? "" : "no clear trend");
	}
	return table_print(table, err);
}

static int tail_table(const struct context *context,
	const struct forecast_request *request, const struct workload *const *workload,
	const struct forecast *forecasts, size_t count, struct err *err)
{
	static const struct table_column columns[] = { { "WORKLOAD", TABLE_CUT },
		{ "RESOURCE", TABLE_LEFT }, { "HIGHEST", TABLE_RIGHT },
		{ "FROM", TABLE_RIGHT }, { "TO", TABLE_RIGHT },
		{ "PEAKS", TABLE_RIGHT }, { "", TABLE_WRAP } };
	struct table *table = table_new(context, columns, ARRAY_LEN(columns));
	char text[QUANTITY_SIZE];

	fprintf(context->out,
		"\nhighest value to expect within %.0f days, nine times in ten "
		"between FROM and TO:\n",
		request->return_days);
	for (size_t n = 0; n < count * RESOURCE_COUNT; n++) {
		const struct forecast *f = &forecasts[n];
		enum resource resource = (enum resource)(n % RESOURCE_COUNT);

		if (!f->is_counted ||
			!begin_row(table, workload[n / RESOURCE_COUNT], resource,
				f->has_tail ? NULL : f->tail_reason, 4))
			continue;
		table_cell(table, quantity_text(f->tail.median, resource, text));
		table_cell(table, quantity_text(f->tail.low, resource, text));
		table_cell(table, quantity_text(f->tail.high, resource, text));
		table_cellf(table, "%zu", f->tail.clusters);
		table_cell(table, "");
	}
	return table_print(table, err);
}

int forecast_out_text(const struct context *context,
	const struct forecast_request *request, const struct workload *const *workload,
	const struct forecast *forecasts, size_t count, struct err *err)
{
	bool is_any = false;
	int r = 0;

	for (size_t n = 0; n < count * RESOURCE_COUNT; n++)
		is_any |= forecasts[n].is_counted;
	if (!is_any)
		return 0;
	if (!isnan(request->horizon_days))
		r = growth_table(context, request, workload, forecasts, count, err);
	if (r == 0 && !isnan(request->return_days))
		r = tail_table(context, request, workload, forecasts, count, err);
	return r;
}

/* ---- JSON -------------------------------------------------------------------------- */

static void json_growth(
	struct json_out *json, double horizon_days, const struct forecast *f)
{
	json_open_object(json, "growth");
	json_put_number(json, "horizon_days", horizon_days);
	json_put_text(json, "refused", f->has_growth ? NULL : f->growth_reason);
	if (f->has_growth) {
		json_put_number(json, "now", f->growth.level);
		json_put_number(json, "per_day", f->growth.slope_per_day);
		json_put_number(json, "per_day_low", f->growth.slope_low);
		json_put_number(json, "per_day_high", f->growth.slope_high);
		json_put_bool(json, "is_significant", f->growth.is_significant);
		json_put_number(json, "then", f->ahead);
		json_put_number(json, "then_low", f->ahead_low);
		json_put_number(json, "then_high", f->ahead_high);
	}
	json_close_object(json);
}

static void json_tail(
	struct json_out *json, double return_days, const struct forecast *f)
{
	json_open_object(json, "return_level");
	json_put_number(json, "horizon_days", return_days);
	json_put_text(json, "refused", f->has_tail ? NULL : f->tail_reason);
	if (f->has_tail) {
		json_put_number(json, "level", f->tail.level);
		json_put_number(json, "highest", f->tail.median);
		json_put_number(json, "low", f->tail.low);
		json_put_number(json, "high", f->tail.high);
		json_put_number(json, "threshold", f->tail.threshold);
		json_put_integer(json, "peaks", (int64_t)f->tail.clusters);
		json_put_number(json, "per_day", f->tail.rate_per_day);
		json_put_number(json, "shape", f->tail.shape);
		json_put_number(json, "scale", f->tail.scale);
		json_put_number(json, "distance", f->tail.distance);
	}
	json_close_object(json);
}

void forecast_out_json(struct json_out *json, const struct forecast_request *request,
	const struct forecast *forecast)
{
	if (!isnan(request->horizon_days))
		json_growth(json, request->horizon_days, forecast);
	if (!isnan(request->return_days))
		json_tail(json, request->return_days, forecast);
}
