/* The verdict for people: a line each, then what was found and what to do. */
#include "analyze/report/verdict_out.h"

#include "analyze/console/safe_text.h"
#include "analyze/console/table.h"
#include "analyze/console/timefmt.h"
#include "analyze/document/quantity.h"
#include "common/units.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXCURSIONS_SHOWN 10

enum color verdict_color(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASS:
		return COLOR_GOOD;
	case VERDICT_DISQUALIFIED:
		return COLOR_BAD;
	default:
		return COLOR_WARN;
	}
}

enum color outcome_color(enum outcome outcome)
{
	return verdict_color((enum verdict)outcome);
}

static void cell_heading(struct table *table, const struct assessment *a, int heading)
{
	static const char *const words[] = { "pass", "review", "unknown", "DISQ" };

	if (!a->has_heading[heading])
		table_cell(table, NULL);
	else
		table_cell_colored(table, words[a->heading[heading]],
			outcome_color(a->heading[heading]));
}

static void cell_name(struct table *table, const struct workload *workload)
{
	if (workload->source == SOURCE_SAMPLE)
		table_cellf(table, "%s SAMPLE", workload->name);
	else
		table_cell(table, workload->name);
}

static int print_table(const struct context *context,
	const struct assessment *assessments, size_t count, struct err *err)
{
	static const struct table_column columns[] = { { "WORKLOAD", TABLE_CUT },
		{ "VERDICT", TABLE_LEFT }, { "MEM", TABLE_LEFT }, { "CPU", TABLE_LEFT },
		{ "NET", TABLE_LEFT }, { "STO", TABLE_LEFT }, { "HW", TABLE_LEFT },
		{ "OP", TABLE_LEFT }, { "MEMORY", TABLE_RIGHT }, { "MHZ", TABLE_RIGHT },
		{ "MB/S", TABLE_RIGHT }, { "DATA", TABLE_LEFT } };
	struct table *table = table_new(context, columns, ARRAY_LEN(columns));
	char text[QUANTITY_SIZE];

	for (size_t i = 0; i < count; i++) {
		const struct assessment *a = &assessments[i];
		const struct requirement *q = &a->requirement;

		table_row(table);
		cell_name(table, a->workload);
		table_cell_colored(
			table, verdict_name(a->verdict), verdict_color(a->verdict));
		for (int h = 0; h < HEADING_COUNT; h++)
			cell_heading(table, a, h);
		table_cell(table, quantity_bytes(q->vm_memory_bytes, text));
		if (isnan(q->cpu_mhz))
			table_cell(table, NULL);
		else
			table_cellf(table, "%.0f", q->cpu_mhz);
		if (isnan(q->network_bps))
			table_cell(table, NULL);
		else
			table_cellf(table, "%.1f", q->network_bps / BPS_PER_MBPS);
		table_cell(table, grade_name(a->sufficiency.grade));
	}
	return table_print(table, err);
}

static void print_title(const struct context *context, const struct assessment *a)
{
	fprintf(context->out, "\n%s", terminal_color(context, COLOR_BOLD));
	safe_print_terminal(context->out, a->workload->name);
	fprintf(context->out, "%s%s: %s%s%s\n",
		a->workload->source == SOURCE_SAMPLE ? "  SAMPLE" : "",
		terminal_color(context, COLOR_NONE),
		terminal_color(context, verdict_color(a->verdict)),
		verdict_name(a->verdict), terminal_color(context, COLOR_NONE));
}

static void print_sufficiency(const struct context *context, const struct assessment *a)
{
	const struct sufficiency *s = &a->sufficiency;

	fprintf(context->out, "  data: %s", grade_name(s->grade));
	if (s->days > 0)
		fprintf(context->out, ", %.1f days, %.1f %% known (%.*s%.*s), %s%s",
			s->days, 100 * s->coverage_ratio, (int)s->stars, "*****",
			5 - (int)s->stars, ".....", pattern_name(s->pattern),
			s->is_pattern_stated ? " (stated)" : "");
	fputc('\n', context->out);
	for (size_t i = 0; i < s->reason_count; i++)
		fprintf(context->out, "    %s\n", s->reason[i]);
	if (s->grade == GRADE_INSUFFICIENT && *s->earliest)
		fprintf(context->out, "    not enough data: earliest verdict on %s\n",
			s->earliest);
	if (a->peaks.is_coarse)
		fputs("    only rows coarser than 5 minutes: short peaks are averaged "
		      "away; REVIEW at best\n",
			context->out);
}

static void print_figures(const struct context *context, const struct finding *f)
{
	const char *unit = f->rule->unit ? f->rule->unit : "";

	if (isnan(f->needed))
		return;
	if (isnan(f->allowed))
		fprintf(context->out, " [needs %.15g %s]", round(f->needed * 100) / 100,
			unit);
	else
		fprintf(context->out, " [needs %.15g, allowed %.15g %s]",
			round(f->needed * 100) / 100, round(f->allowed * 100) / 100,
			unit);
}

/* Rules that are unknown for the same reason take one line. */
static bool is_repeated(const struct assessment *a, size_t finding)
{
	const struct finding *f = &a->findings.finding[finding];

	for (size_t i = 0; f->is_for_missing && i < finding; i++) {
		const struct finding *other = &a->findings.finding[i];

		if (other->is_for_missing && other->rule->heading == f->rule->heading &&
			memcmp(&other->missing, &f->missing, sizeof(f->missing)) == 0)
			return true;
	}
	return false;
}

static void print_findings(const struct context *context, const struct assessment *a)
{
	char text[1024], time[TIME_TEXT_SIZE];

	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];

		if (is_repeated(a, i))
			continue;
		assess_finding_text(a, i, text, sizeof(text));
		fprintf(context->out, "  %s%-12s%s %-11s %s: ",
			terminal_color(context, outcome_color(f->outcome)),
			f->rule->severity == SEVERITY_NOTE && f->outcome == OUTCOME_PASS
				? "note"
				: outcome_name(f->outcome),
			terminal_color(context, COLOR_NONE),
			heading_name(f->rule->heading), f->rule->id);
		safe_print_terminal(context->out, text);
		print_figures(context, f);
		if (f->at)
			fprintf(context->out, ", %s", time_text_short(f->at, time));
		fputc('\n', context->out);
		if (f->rule->remedy && f->outcome > OUTCOME_PASS && !f->is_for_missing)
			fprintf(context->out, "  %-12s %-11s %s\n", "", "",
				f->rule->remedy);
	}
}

static void print_growth(
	const struct context *context, const struct assessment *a, double horizon_days)
{
	char text[QUANTITY_SIZE];

	for (int i = 0; i < RESOURCE_COUNT; i++) {
		if (a->growth[i] > 0)
			fprintf(context->out,
				"  growth: %s + %s in %.0f days, in all figures "
				"below\n",
				resource_table[i].name,
				quantity_text(a->growth[i], (enum resource)i, text),
				horizon_days);
	}
}

static void print_excursions(const struct context *context, const struct assessment *a)
{
	char time[TIME_TEXT_SIZE], length[TIME_TEXT_SIZE];

	if (a->excursion_count == 0)
		return;
	fprintf(context->out, "  over %.1f MB: %zu excursion%s\n",
		verdict_mb(a->limit_bytes), a->excursion_count,
		a->excursion_count == 1 ? "" : "s");
	for (size_t i = 0; i < a->excursion_count && i < EXCURSIONS_SHOWN; i++) {
		const struct excursion *e = &a->excursion[i];

		fprintf(context->out, "    %s for %s, up to %.1f MB, %s\n",
			time_text_short(e->from + a->peaks.phase_s, time),
			time_text_length((double)excursion_length_s(e), length),
			verdict_mb(e->height), e->is_sustained ? "sustained" : "short");
	}
	if (a->excursion_count > EXCURSIONS_SHOWN)
		fprintf(context->out,
			"    and %zu more: analyze verdict --json lists all\n",
			a->excursion_count - EXCURSIONS_SHOWN);
	fprintf(context->out, "    the dossier: analyze explain ");
	safe_print_terminal(context->out, a->workload->name);
	fputs(" memory\n", context->out);
	if (a->requirement.shortfall_bytes > 0)
		fprintf(context->out,
			"    accepted: sized at %.1f MB, %.1f MB short of the peak\n",
			verdict_mb(a->requirement.alloc_bytes),
			verdict_mb(a->requirement.shortfall_bytes));
}

static void print_totals(const struct context *context,
	const struct assess_request *request, const struct assessment *assessments,
	size_t count)
{
	unsigned counts[VERDICT_INSUFFICIENT + 1] = { 0 };

	for (size_t i = 0; i < count; i++)
		counts[assessments[i].verdict]++;
	fprintf(context->out, "\n%zu workload%s under %s on %s:\n ", count,
		count == 1 ? "" : "s", request->profile->id, request->day);
	for (int v = 0; v <= VERDICT_INSUFFICIENT; v++)
		fprintf(context->out, "%s %u %s", v ? "," : "", counts[v],
			verdict_name((enum verdict)v));
	fprintf(context->out, "\none core of the target: %.0f MHz (%s)\n",
		request->settings.target_core_mhz,
		request->is_core_of_hosts ? "the fastest of the hosts file"
					  : "a setting of the profile");
}

int verdict_out_text(const struct context *context,
	const struct assess_request *request, const struct assessment *assessments,
	size_t count, bool is_detailed, struct err *err)
{
	int r;

	if (count == 0) {
		fputs("no workloads are stored yet; start with `collectord` or "
		      "`analyze import`\n",
			context->out);
		return 0;
	}
	r = print_table(context, assessments, count, err);
	if (r < 0)
		return r;
	for (size_t i = 0; is_detailed && i < count; i++) {
		print_title(context, &assessments[i]);
		print_sufficiency(context, &assessments[i]);
		print_growth(context, &assessments[i], request->horizon_days);
		print_findings(context, &assessments[i]);
		print_excursions(context, &assessments[i]);
	}
	print_totals(context, request, assessments, count);
	if (!is_detailed)
		fputs("reasons: analyze verdict WORKLOAD, or --detail for all\n",
			context->out);
	return 0;
}
