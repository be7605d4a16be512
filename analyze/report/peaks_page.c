#include "analyze/report/peaks_page.h"

#include "common/timefmt.h"
#include "analyze/document/quantity.h"
#include "analyze/report/cells.h"

#include <math.h>

#define CURVE_CELLS 30

/* Up to held it was always there, from there to sustained on average. */
static void add_curve_bar(
	struct document *document, double held, double sustained, double peak)
{
	const char *full = terminal_has_utf8() ? "\u2588" : "#";
	const char *part = terminal_has_utf8() ? "\u2592" : "=";
	const char *none = terminal_has_utf8() ? "\u00b7" : ".";
	char bar[CURVE_CELLS * 4] = "";
	size_t used = 0;
	unsigned a, b;

	if (!(peak > 0))
		held = sustained = 0, peak = 1;
	a = (unsigned)lrint(CURVE_CELLS * held / peak);
	b = (unsigned)lrint(CURVE_CELLS * sustained / peak);
	for (unsigned i = 0; i < CURVE_CELLS; i++)
		used += (size_t)snprintf(bar + used, sizeof(bar) - used, "%s",
			i < a           ? full
				: i < b ? part
					: none);
	doc_span(document, COLOR_NONE, "%s", bar);
}

static void add_curve(
	struct document *document, const struct peaks *p, enum resource resource)
{
	char duration[QUANTITY_SIZE], text[QUANTITY_SIZE], held[QUANTITY_SIZE];

	doc_line(document, "  ");
	doc_span(document, COLOR_DIM, "%7s  %-*s %10s %10s", "for", CURVE_CELLS,
		"share of the peak", "sustained", "held");
	for (unsigned d = 0; d < DURATION_COUNT; d++) {
		if (isnan(p->sustained[d]))
			continue;
		doc_line(document, "  %7s  ",
			quantity_duration(duration_s[d], duration));
		add_curve_bar(document, p->held[d], p->sustained[d], p->peak);
		doc_span(document, COLOR_NONE, " %10s %10s",
			quantity_text(p->sustained[d], resource, text),
			quantity_text(p->held[d], resource, held));
	}
}

/* " (5.4 % of 23.6 GB)", " (66 % of 2 cores of 2.10 GHz)" */
static void add_share(struct document *document,
	const struct workload_judgement *judged, enum resource resource)
{
	const struct installed *has = &judged->has;
	double peak = judged->peaks.resource[resource].peak;
	char text[QUANTITY_SIZE], share[QUANTITY_SIZE];

	if (resource == RESOURCE_MEMORY && has->memory_bytes > 0)
		doc_span(document, COLOR_NONE, " (%s of %s)",
			quantity_percent(peak / has->memory_bytes, share),
			quantity_bytes(has->memory_bytes, text));
	if (resource == RESOURCE_CPU && has->cores * has->core_mhz > 0)
		doc_span(document, COLOR_NONE, " (%s of %.0f core%s of %s)",
			quantity_percent(peak / (has->cores * has->core_mhz), share),
			has->cores, has->cores == 1 ? "" : "s",
			quantity_text(has->core_mhz, RESOURCE_CPU, text));
}

static void add_resource(struct document *document,
	const struct workload_judgement *judged, enum resource resource)
{
	const struct workload_peaks *w = &judged->peaks;
	const struct peaks *p = &w->resource[resource];
	char text[5][QUANTITY_SIZE], time[TIME_TEXT_SIZE];

	if (!p->is_counted)
		return;
	doc_gap(document);
	doc_line(document, "%s", "");
	doc_span(document, COLOR_BOLD, "%-8s", resource_table[resource].name);
	doc_span(document, COLOR_NONE, " peak %s",
		quantity_text(p->peak, resource, text[0]));
	add_share(document, judged, resource);
	doc_span(document, COLOR_NONE, " at %s, known %s",
		time_text(p->peak_at + w->phase_s, time),
		quantity_percent(p->coverage, text[1]));
	doc_line(document, "  mean %s, p50 %s, p90 %s, p95 %s, p99 %s",
		quantity_text(p->mean, resource, text[0]),
		quantity_text(p->p50, resource, text[1]),
		quantity_text(p->p90, resource, text[2]),
		quantity_text(p->p95, resource, text[3]),
		quantity_text(p->p99, resource, text[4]));
	if (isnan(p->sustained[0]))
		doc_line(document, "  too few slots for a peak-duration curve");
	else
		add_curve(document, p, resource);
}

static void add_never_counted(struct document *document, const struct workload_peaks *w)
{
	const char *before = "never counted: ";

	for (unsigned resource = 0; resource < RESOURCE_COUNT; resource++) {
		if (w->resource[resource].is_counted)
			continue;
		if (*before != ',') {
			doc_gap(document);
			doc_line(document, "%s", "");
		}
		doc_span(document, COLOR_NONE, "%s%s", before,
			resource_table[resource].name);
		before = ", ";
	}
}

static void peaks_page_add_sufficiency(
	struct document *document, const struct workload_judgement *judged)
{
	const struct sufficiency *s = &judged->sufficiency;
	static const char *const words[] = { [GRADE_INSUFFICIENT] = "not yet enough",
		[GRADE_MINIMUM] = "just enough",
		[GRADE_FULL] = "enough" };

	doc_line(document, "  %s for a verdict", words[s->grade]);
	if (s->grade == GRADE_INSUFFICIENT && *s->earliest)
		doc_span(document, COLOR_NONE, ", from %s on", s->earliest);
	if (s->reason_count)
		doc_span(document, COLOR_NONE, ":");
	for (size_t i = 0; i < s->reason_count; i++)
		doc_line(document, "    %s", s->reason[i]);
}

static void peaks_page_add_page(struct document *document,
	const struct workload *workload, const struct workload_judgement *judged)
{
	const struct workload_peaks *w = &judged->peaks;
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE], step[TIME_TEXT_SIZE];
	char text[QUANTITY_SIZE];

	doc_heading(document, "%s%s", workload->name,
		sample_mark(workload) ? "  " SAMPLE_MARK : "");
	if (!w->to) {
		doc_line(document, "  nothing is stored in that period");
		return;
	}
	doc_line(document, "  %s to %s", time_text(w->from + w->phase_s, from),
		time_text(w->to + w->phase_s, to));
	doc_line(document, "  %zu of %.0f slots of %s known (%s)", w->samples,
		(double)(w->to - w->from) / w->step_s,
		time_text_length(w->step_s, step), quantity_percent(w->coverage, text));
	if (judged->exclusions)
		doc_line(document,
			"  %zu window%s excluded by hand and count%s as unknown",
			judged->exclusions, judged->exclusions == 1 ? " is" : "s are",
			judged->exclusions == 1 ? "s" : "");
	if (judged->is_judged)
		peaks_page_add_sufficiency(document, judged);
	if (w->is_coarse)
		doc_line(document,
			"  only rows coarser than 5 minutes: short peaks are averaged "
			"away");
	for (unsigned resource = 0; resource < RESOURCE_COUNT; resource++)
		add_resource(document, judged, (enum resource)resource);
	add_never_counted(document, w);
}

void peaks_pages(struct document *document, const struct peaks_request *request)
{
	for (size_t i = 0; i < request->count; i++) {
		if (i)
			doc_gap(document);
		peaks_page_add_page(
			document, request->workload[i], &request->judged[i]);
	}
	if (!request->count)
		return;
	doc_gap(document);
	doc_line(document, "sustained: highest mean over that time (%s and %s)",
		terminal_has_utf8() ? "\u2588" : "#",
		terminal_has_utf8() ? "\u2592" : "=");
	doc_line(document, "held: level that was exceeded all through that time (%s)",
		terminal_has_utf8() ? "\u2588" : "#");
}
