#include "analyze/report/forecast_document.h"

#include <math.h>
#include <string.h>

static const struct doc_column growth_columns[] = {
	{ "growth.horizon_days", NULL, IN_JSON, 0, NULL },
	{ "growth.refused", NULL, IN_JSON, 0, NULL },
	{ "growth.now", NULL, IN_JSON, 0, NULL },
	{ "growth.per_day", NULL, IN_JSON, 0, NULL },
	{ "growth.per_day_low", NULL, IN_JSON, 0, NULL },
	{ "growth.per_day_high", NULL, IN_JSON, 0, NULL },
	{ "growth.is_significant", NULL, IN_JSON, 0, NULL },
	{ "growth.then", NULL, IN_JSON, 0, NULL },
	{ "growth.then_low", NULL, IN_JSON, 0, NULL },
	{ "growth.then_high", NULL, IN_JSON, 0, NULL },
};
static const struct doc_column tail_columns[] = {
	{ "return_level.horizon_days", NULL, IN_JSON, 0, NULL },
	{ "return_level.refused", NULL, IN_JSON, 0, NULL },
	{ "return_level.level", NULL, IN_JSON, 0, NULL },
	{ "return_level.highest", NULL, IN_JSON, 0, NULL },
	{ "return_level.low", NULL, IN_JSON, 0, NULL },
	{ "return_level.high", NULL, IN_JSON, 0, NULL },
	{ "return_level.threshold", NULL, IN_JSON, 0, NULL },
	{ "return_level.peaks", NULL, IN_JSON, 0, NULL },
	{ "return_level.per_day", NULL, IN_JSON, 0, NULL },
	{ "return_level.shape", NULL, IN_JSON, 0, NULL },
	{ "return_level.scale", NULL, IN_JSON, 0, NULL },
	{ "return_level.distance", NULL, IN_JSON, 0, NULL },
};
_Static_assert(
	ARRAY_LEN(growth_columns) + ARRAY_LEN(tail_columns) <= FORECAST_CELLS_MAX,
	"both fit");

size_t forecast_columns(const struct forecast_request *request,
	struct doc_column columns[FORECAST_CELLS_MAX])
{
	size_t count = 0;

	if (!isnan(request->horizon_days)) {
		memcpy(columns, growth_columns, sizeof(growth_columns));
		count += ARRAY_LEN(growth_columns);
	}
	if (!isnan(request->return_days)) {
		memcpy(columns + count, tail_columns, sizeof(tail_columns));
		count += ARRAY_LEN(tail_columns);
	}
	return count;
}

size_t forecast_cells(const struct forecast_request *request, const struct forecast *f,
	struct cell cells[FORECAST_CELLS_MAX])
{
	const struct growth *g = &f->growth;
	const struct tail *t = &f->tail;
	const double growth[] = { g->level, g->slope_per_day, g->slope_low,
		g->slope_high, NAN, f->ahead, f->ahead_low, f->ahead_high };
	const double tail[] = { t->level, t->median, t->low, t->high, t->threshold,
		(double)t->clusters, t->rate_per_day, t->shape, t->scale, t->distance };
	size_t count = 0;

	if (!isnan(request->horizon_days)) {
		cells[count++] = cell_plain_number(request->horizon_days);
		cells[count++] = cell_text(f->has_growth ? NULL : f->growth_reason);
		for (size_t i = 0; i < ARRAY_LEN(growth); i++)
			cells[count++] = f->has_growth ? cell_plain_number(growth[i])
						       : cell_absent();
		if (f->has_growth)
			cells[6] = cell_bool(g->is_significant);
	}
	if (!isnan(request->return_days)) {
		cells[count++] = cell_plain_number(request->return_days);
		cells[count++] = cell_text(f->has_tail ? NULL : f->tail_reason);
		for (size_t i = 0; i < ARRAY_LEN(tail); i++)
			cells[count++] = f->has_tail ? cell_plain_number(tail[i])
						     : cell_absent();
	}
	return count;
}

static const struct doc_column growth_shown[] = {
	{ NULL, "WORKLOAD", COLUMN_CUT, 0, NULL },
	{ NULL, "RESOURCE", 0, 0, NULL },
	{ NULL, "NOW", COLUMN_RIGHT, 0, NULL },
	{ NULL, "A DAY", COLUMN_RIGHT, 0, NULL },
	{ NULL, "THEN", COLUMN_RIGHT, 0, NULL },
	{ NULL, "FROM", COLUMN_RIGHT, 0, NULL },
	{ NULL, "TO", COLUMN_RIGHT, 0, NULL },
	{ NULL, "", COLUMN_WRAP, 0, NULL },
};
static const struct doc_column tail_shown[] = {
	{ NULL, "WORKLOAD", COLUMN_CUT, 0, NULL },
	{ NULL, "RESOURCE", 0, 0, NULL },
	{ NULL, "HIGHEST", COLUMN_RIGHT, 0, NULL },
	{ NULL, "FROM", COLUMN_RIGHT, 0, NULL },
	{ NULL, "TO", COLUMN_RIGHT, 0, NULL },
	{ NULL, "PEAKS", COLUMN_RIGHT, 0, NULL },
	{ NULL, "", COLUMN_WRAP, 0, NULL },
};

static void add_growth_row(struct doc_table *table, const char *name,
	const struct forecast *f, enum resource r)
{
	bool has = f->has_growth;

	DOC_ROW(table, cell_text(name), cell_text(resource_table[r].name),
		cell_resource(has ? f->growth.level : NAN, r),
		cell_resource(has ? f->growth.slope_per_day : NAN, r),
		cell_resource(has ? fmax(0, f->ahead) : NAN, r),
		cell_resource(has ? fmax(0, f->ahead_low) : NAN, r),
		cell_resource(has ? f->ahead_high : NAN, r),
		cell_text(!has                             ? f->growth_reason
				: f->growth.is_significant ? ""
							   : "no clear trend"));
}

static void add_tail_row(struct doc_table *table, const char *name,
	const struct forecast *f, enum resource r)
{
	bool has = f->has_tail;

	DOC_ROW(table, cell_text(name), cell_text(resource_table[r].name),
		cell_resource(has ? f->tail.median : NAN, r),
		cell_resource(has ? f->tail.low : NAN, r),
		cell_resource(has ? f->tail.high : NAN, r),
		has ? cell_count((int64_t)f->tail.clusters) : cell_unknown(NULL),
		cell_text(has ? "" : f->tail_reason));
}

/* A row for each resource that is counted. */
static void add_outlook(struct doc_table *table, const struct workload *const *workload,
	const struct forecast *forecasts, size_t count,
	void (*add_row)(struct doc_table *table, const char *name,
		const struct forecast *f, enum resource r))
{
	for (size_t n = 0; n < count * RESOURCE_COUNT; n++) {
		if (forecasts[n].is_counted)
			add_row(table, workload[n / RESOURCE_COUNT]->name,
				&forecasts[n], (enum resource)(n % RESOURCE_COUNT));
	}
}

void forecast_tables(struct document *document, const struct forecast_request *request,
	const struct workload *const *workload, const struct forecast *forecasts,
	size_t count)
{
	bool is_any = false;

	for (size_t n = 0; n < count * RESOURCE_COUNT; n++)
		is_any |= forecasts[n].is_counted;
	if (!is_any)
		return;
	if (!isnan(request->horizon_days)) {
		doc_gap(document);
		doc_line(document, "growth of the daily 15 min peak, %.0f days ahead:",
			request->horizon_days);
		add_outlook(doc_table(document, IN_TEXT, NULL, TABLE_ROWS, growth_shown,
				    ARRAY_LEN(growth_shown)),
			workload, forecasts, count, add_growth_row);
	}
	if (!isnan(request->return_days)) {
		doc_gap(document);
		doc_line(document,
			"highest value to expect within %.0f days, nine times in ten "
			"between FROM and TO:",
			request->return_days);
		add_outlook(doc_table(document, IN_TEXT, NULL, TABLE_ROWS, tail_shown,
				    ARRAY_LEN(tail_shown)),
			workload, forecasts, count, add_tail_row);
	}
}
