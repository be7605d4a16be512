#include "analyze/report/peaks_text.h"

#include "analyze/console/safe_text.h"
#include "analyze/console/table.h"
#include "analyze/console/terminal.h"
#include "analyze/console/timefmt.h"
#include "analyze/document/quantity.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define CURVE_CELLS 30
#define SUSTAINED_15_MIN 1 /* index in peak_durations_s */

static enum color coverage_color(double coverage)
{
	return coverage >= 0.9 ? COLOR_NONE : coverage >= 0.6 ? COLOR_WARN : COLOR_BAD;
}

/* "SAMPLE" where it is one: no line of the sample estate goes without the word. */
static void print_name(
	const struct context *context, const struct workload *w, const char *after)
{
	fputs(terminal_color(context, COLOR_BOLD), context->out);
	safe_print_terminal(context->out, w->name);
	if (w->source == SOURCE_SAMPLE)
		fputs("  SAMPLE", context->out);
	fprintf(context->out, "%s%s", terminal_color(context, COLOR_NONE), after);
}

/* What all rows of one table have in common. */
struct look {
	bool has_curve;   /* somebody has a figure over 15 minutes */
	bool is_short;    /* under two hours in all: seconds are told, the day is not */
	bool is_one_year; /* all within it: it stands below the table */
	int64_t any;      /* a moment of it */
};

/* Every workload's period begins and ends in the same year. */
static bool has_one_year(
	const struct workload_peaks *peaks, size_t count, int64_t *ret_any)
{
	char first[TIME_TEXT_SIZE] = "", text[TIME_TEXT_SIZE];

	*ret_any = 0;
	for (size_t i = 0; i < count; i++) {
		if (!peaks[i].to)
			continue;
		if (!*first)
			time_text_year(peaks[i].to, first);
		*ret_any = peaks[i].to;
		if (strcmp(time_text_year(peaks[i].from + 1, text), first) != 0 ||
			strcmp(time_text_year(peaks[i].to, text), first) != 0)
			return false;
	}
	return true;
}

static const char *moment(
	const struct look *look, int64_t at, char text[TIME_TEXT_SIZE])
{
	if (look->is_short)
		return time_text_clock(at, text);
	return look->is_one_year ? time_text_within_year(at, text)
				 : time_text_day(at, text);
}

static struct look look_at(const struct workload_peaks *peaks, size_t count)
{
	struct look look = { .is_short = true };

	look.is_one_year = has_one_year(peaks, count, &look.any);
	for (size_t i = 0; i < count; i++) {
		if (peaks[i].to - peaks[i].from >= 7200)
			look.is_short = false;
		for (unsigned r = 0; r < RESOURCE_COUNT; r++)
			if (!isnan(peaks[i].resource[r].sustained[SUSTAINED_15_MIN]))
				look.has_curve = true;
	}
	return look;
}

static void add_row(struct table *table, const struct look *look,
	const struct workload *workload, const struct workload_peaks *w,
	enum resource resource, bool is_first)
{
	const struct peaks *p = &w->resource[resource];
	char text[QUANTITY_SIZE], time[TIME_TEXT_SIZE];

	table_row(table);
	if (is_first && workload->source == SOURCE_SAMPLE)
		table_cellf(table, "%s SAMPLE", workload->name);
	else
		table_cell(table, is_first ? workload->name : "");
	table_cell(table, resource_table[resource].name);
	table_cell(table, quantity_text(p->peak, resource, text));
	table_cell(table, moment(look, p->peak_at + w->phase_s, time));
	if (look->has_curve)
		table_cell(table,
			quantity_text(p->sustained[SUSTAINED_15_MIN], resource, text));
	table_cell(table, quantity_text(p->p95, resource, text));
	table_cell(table, quantity_text(p->mean, resource, text));
	table_cell_colored(table, quantity_percent(p->coverage, text),
		coverage_color(p->coverage));
}

static void print_notes(const struct context *context, const struct look *look,
	const struct workload_peaks *w, size_t count)
{
	char zone[TIME_TEXT_SIZE], year[TIME_TEXT_SIZE];
	size_t coarse = 0, samples = 0;

	for (size_t i = 0; i < count; i++) {
		coarse += w[i].is_coarse;
		samples += w[i].samples;
	}
	if (!samples)
		return;
	fprintf(context->out,
		"\npeak: highest reading%s; mean, p95: of all slots\n"
		"times are local (%s)%s%s; MB = 2^20 bytes, Mb = 10^6 bits\n",
		look->has_curve ? "; 15 min: highest mean over that" : "",
		time_text_offset(look->any, zone),
		look->is_one_year && !look->is_short ? " of " : "",
		look->is_one_year && !look->is_short ? time_text_year(look->any, year)
						     : "");
	if (coarse)
		fprintf(context->out,
			"%zu of %zu workloads have only rows coarser than 5 minutes: short "
			"peaks are averaged away\n",
			coarse, count);
}

static void add_rows(struct table *table, const struct look *look,
	const struct workload *workload, const struct workload_peaks *peaks)
{
	bool is_first = true;

	for (unsigned resource = 0; resource < RESOURCE_COUNT; resource++) {
		if (!peaks->resource[resource].is_counted)
			continue;
		add_row(table, look, workload, peaks, resource, is_first);
		is_first = false;
	}
	if (!is_first)
		return;
	table_row(table);
	table_cell(table, workload->name);
	table_cell(table, "nothing known");
}

int peaks_text_table(const struct context *context,
	const struct workload *const *workload, const struct workload_peaks *peaks,
	size_t count, struct err *err)
{
	struct look look = look_at(peaks, count);
	struct table_column columns[] = { { "WORKLOAD", TABLE_CUT },
		{ "RESOURCE", TABLE_LEFT }, { "PEAK", TABLE_RIGHT },
		{ "AT", TABLE_LEFT }, { "15 MIN", TABLE_RIGHT }, { "P95", TABLE_RIGHT },
		{ "MEAN", TABLE_RIGHT }, { "KNOWN", TABLE_RIGHT } };
	size_t column_count = ARRAY_LEN(columns);
	struct table *table;
	int r;

	if (count == 0) {
		fputs("no workloads are stored yet; start with `collectord` or `analyze "
		      "import`\n",
			context->out);
		return 0;
	}
	if (!look.has_curve) {
		memmove(&columns[4], &columns[5], 3 * sizeof(columns[0]));
		column_count--;
	}
	table = table_new(context, columns, column_count);
	for (size_t i = 0; i < count; i++)
		add_rows(table, &look, workload[i], &peaks[i]);
	r = table_print(table, err);
	if (r == 0)
		print_notes(context, &look, peaks, count);
	return r;
}

int peaks_text_brief(const struct context *context,
	const struct workload *const *workload, const struct workload_peaks *peaks,
	size_t count, struct err *err)
{
	static const struct table_column columns[] = { { "WORKLOAD", TABLE_CUT },
		{ "", TABLE_LEFT }, { "MEMORY", TABLE_RIGHT }, { "CPU", TABLE_RIGHT },
		{ "AT", TABLE_LEFT }, { "NETWORK", TABLE_RIGHT },
		{ "DISK", TABLE_RIGHT }, { "KNOWN", TABLE_RIGHT } };
	struct table *table = table_new(context, columns, ARRAY_LEN(columns));
	struct look look = look_at(peaks, count);
	char text[QUANTITY_SIZE], time[TIME_TEXT_SIZE];

	for (size_t i = 0; i < count; i++) {
		const struct peaks *p = peaks[i].resource;
		int64_t at = p[RESOURCE_CPU].sustained_at[SUSTAINED_15_MIN];

		table_row(table);
		table_cell(table, workload[i]->name);
		table_cell_colored(table,
			workload[i]->source == SOURCE_SAMPLE ? "SAMPLE" : "",
			COLOR_WARN);
		table_cell(table,
			quantity_text(p[RESOURCE_MEMORY].peak, RESOURCE_MEMORY, text));
		table_cell(table,
			quantity_text(p[RESOURCE_CPU].sustained[SUSTAINED_15_MIN],
				RESOURCE_CPU, text));
		table_cell(table, moment(&look, at ? at + peaks[i].phase_s : 0, time));
		table_cell(table,
			quantity_text(
				p[RESOURCE_NETWORK].peak, RESOURCE_NETWORK, text));
		table_cell(table,
			quantity_text(p[RESOURCE_DISK].sustained[SUSTAINED_15_MIN],
				RESOURCE_DISK, text));
		table_cell_colored(table, quantity_percent(peaks[i].coverage, text),
			coverage_color(peaks[i].coverage));
	}
	return table_print(table, err);
}

/* ---- one workload ------------------------------------------------------------------ */

/* Up to held it was always there, from there to sustained on average. */
static void print_curve_bar(
	const struct context *context, double held, double sustained, double peak)
{
	const char *full = terminal_has_utf8() ? "\u2588" : "#";
	const char *part = terminal_has_utf8() ? "\u2592" : "=";
	const char *none = terminal_has_utf8() ? "\u00b7" : ".";
	unsigned a, b;

	if (!(peak > 0))
		held = sustained = 0, peak = 1;
	a = (unsigned)lrint(CURVE_CELLS * held / peak);
	b = (unsigned)lrint(CURVE_CELLS * sustained / peak);
	for (unsigned i = 0; i < CURVE_CELLS; i++)
		fputs(i < a ? full : i < b ? part : none, context->out);
}

static void print_curve(
	const struct context *context, const struct peaks *p, enum resource resource)
{
	char duration[QUANTITY_SIZE], text[QUANTITY_SIZE], held[QUANTITY_SIZE];

	for (unsigned d = 0; d < PEAK_DURATION_COUNT; d++) {
		if (isnan(p->sustained[d]))
			continue;
		fprintf(context->out, "  %7s  ",
			quantity_duration(peak_durations_s[d], duration));
		print_curve_bar(context, p->held[d], p->sustained[d], p->peak);
		fprintf(context->out, " %10s %10s\n",
			quantity_text(p->sustained[d], resource, text),
			quantity_text(p->held[d], resource, held));
	}
}

static void print_resource(const struct context *context,
	const struct workload_peaks *w, enum resource resource)
{
	const struct peaks *p = &w->resource[resource];
	char text[5][QUANTITY_SIZE], time[TIME_TEXT_SIZE];

	if (!p->is_counted)
		return;
	fprintf(context->out, "\n%s%-8s%s peak %s at %s, known %s\n",
		terminal_color(context, COLOR_BOLD), resource_table[resource].name,
		terminal_color(context, COLOR_NONE),
		quantity_text(p->peak, resource, text[0]),
		time_text(p->peak_at + w->phase_s, time),
		quantity_percent(p->coverage, text[1]));
	fprintf(context->out, "  mean %s, p50 %s, p90 %s, p95 %s, p99 %s\n",
		quantity_text(p->mean, resource, text[0]),
		quantity_text(p->p50, resource, text[1]),
		quantity_text(p->p90, resource, text[2]),
		quantity_text(p->p95, resource, text[3]),
		quantity_text(p->p99, resource, text[4]));
	if (isnan(p->sustained[0])) {
		fputs("  too few slots for a peak-duration curve\n", context->out);
		return;
	}
	fprintf(context->out, "  %s%7s  %-*s %10s %10s%s\n",
		terminal_color(context, COLOR_DIM), "for", CURVE_CELLS,
		"share of the peak", "sustained", "held",
		terminal_color(context, COLOR_NONE));
	print_curve(context, p, resource);
}

static void print_never_counted(
	const struct context *context, const struct workload_peaks *w)
{
	const char *before = "\nnever counted: ";

	for (unsigned resource = 0; resource < RESOURCE_COUNT; resource++) {
		if (w->resource[resource].is_counted)
			continue;
		fprintf(context->out, "%s%s", before, resource_table[resource].name);
		before = ", ";
	}
	if (*before == ',')
		fputc('\n', context->out);
}

static void print_sufficiency(
	const struct context *context, const struct judged *judged)
{
	const struct sufficiency *s = &judged->sufficiency;
	static const char *const words[] = { [GRADE_INSUFFICIENT] = "not yet enough",
		[GRADE_MINIMUM] = "just enough",
		[GRADE_FULL] = "enough" };

	fprintf(context->out, "  %s for a verdict", words[s->grade]);
	if (s->grade == GRADE_INSUFFICIENT && *s->earliest)
		fprintf(context->out, ", from %s on", s->earliest);
	for (size_t i = 0; i < s->reason_count; i++) {
		fputs(i ? "\n    " : ":\n    ", context->out);
		safe_print_terminal(context->out, s->reason[i]);
	}
	fputc('\n', context->out);
}

static void print_page(const struct context *context, const struct workload *workload,
	const struct judged *judged)
{
	const struct workload_peaks *w = &judged->peaks;
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE], step[TIME_TEXT_SIZE];
	char text[QUANTITY_SIZE];

	print_name(context, workload, "\n");
	if (!w->to) {
		fputs("  nothing is stored in that period\n", context->out);
		return;
	}
	fprintf(context->out, "  %s to %s\n", time_text(w->from + w->phase_s, from),
		time_text(w->to + w->phase_s, to));
	fprintf(context->out, "  %zu of %.0f slots of %s known (%s)\n", w->samples,
		(double)(w->to - w->from) / w->step_s,
		time_text_length(w->step_s, step), quantity_percent(w->coverage, text));
	if (judged->exclusions)
		fprintf(context->out,
			"  %zu window%s excluded by hand and count%s as unknown\n",
			judged->exclusions, judged->exclusions == 1 ? " is" : "s are",
			judged->exclusions == 1 ? "s" : "");
	print_sufficiency(context, judged);
	if (w->is_coarse)
		fputs("  only rows coarser than 5 minutes: short peaks are averaged away\n",
			context->out);
	for (unsigned resource = 0; resource < RESOURCE_COUNT; resource++)
		print_resource(context, w, resource);
	print_never_counted(context, w);
}

int peaks_text_detail(const struct context *context,
	const struct workload *const *workload, const struct judged *judged,
	size_t count, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < count; i++) {
		if (i)
			fputc('\n', context->out);
		print_page(context, workload[i], &judged[i]);
	}
	if (count)
		fprintf(context->out,
			"\nsustained: highest mean over that time (%s and %s)\n"
			"held: highest level that was never left in that time (%s)\n",
			terminal_has_utf8() ? "\u2588" : "#",
			terminal_has_utf8() ? "\u2592" : "=",
			terminal_has_utf8() ? "\u2588" : "#");
	return 0;
}
