#include "analyze/report/explain_page.h"

#include "analyze/report/explain_devices.h"

#include "analyze/assess/dossier.h"
#include "common/timefmt.h"
#include "analyze/report/cells.h"
#include "common/units.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define DOSSIERS_MAX 20

static void add_source(struct document *document, const struct explain_subject *x,
	const struct explanation *e)
{
	const struct load_period *period = &x->set->period;
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
	int phase_s = x->assessment->peaks.phase_s;

	if (!e->file || period->count == 0)
		return;
	if (x->asked)
		doc_line(document, "  asked     %s", x->asked);
	else
		doc_line(document, "  archive   %s.rrd, %s, rows of %u s: %s", e->file,
			e->data_source, period->step_s, e->functions);
	doc_line(document, "  period    %s to %s",
		time_text(period->from + phase_s, from),
		time_text(period->to + phase_s, to));
	doc_line(document, "  samples   %zu of %zu slots known (%.2f %%)", e->known,
		e->expected,
		e->expected ? 100.0 * (double)e->known / (double)e->expected : 0);
	for (size_t i = 0; i < x->exclusions->count; i++) {
		const struct exclusion *one = &x->exclusions->exclusion[i];

		doc_line(document, "  excluded  %s to %s: %s (exclusion %" PRId64 ")",
			time_text_short(one->begin + phase_s, from),
			time_text_short(one->end + phase_s, to), one->reason, one->id);
	}
}

static void add_steps(struct document *document, const struct explanation *e)
{
	for (size_t i = 0; i < e->step_count; i++) {
		const struct explain_step *step = &e->step[i];

		if (isnan(step->value))
			doc_line(document, "  %-24s %12s %-6s ", step->name, "unknown",
				"");
		else
			doc_line(document, "  %-24s %12.6g %-6.*s ", step->name,
				step->value, (int)unit_length(step->value, step->unit),
				step->unit);
		doc_span(document, COLOR_NONE, "%s%s%s%s", step->formula,
			*step->source ? "  (" : "", step->source,
			*step->source ? ")" : "");
	}
}

static void add_explanation(struct document *document, const struct explain_subject *x,
	const struct explanation *e)
{
	char time[TIME_TEXT_SIZE];

	doc_gap(document);
	doc_heading(document, "%s", explained_name(e->what));
	add_source(document, x, e);
	add_steps(document, e);
	if (e->sample_count > 0)
		doc_line(document,
			e->sample_count > 1 ? "  the slots of the sized figure, %s:"
					    : "  the slot of the peak, %s:",
			e->sample_unit);
	for (size_t i = 0; i < e->sample_count; i++) {
		time_text_short(e->sample[i].at, time);
		if (isnan(e->sample[i].value))
			doc_line(document, "    %s  unknown, left out", time);
		else
			doc_line(document, "    %s  %.6g", time, e->sample[i].value);
	}
	if (e->samples_left_out)
		doc_line(document, "    and %zu more", e->samples_left_out);
}

static void explain_page_add_evidence(
	struct document *document, const struct explain_subject *x)
{
	const char *environment =
		facts_text(&x->assessment->facts, FACT_ENVIRONMENT, NULL);

	for (size_t i = 0; i < x->evidence_count; i++) {
		const struct explain_evidence *e = &x->evidence[i];

		if (!isnan(e->value))
			doc_line(document, "  %-24s %14.4g %-6s %s", e->key,
				e->scale * e->value, e->unit, e->name);
	}
	doc_line(document, "  %-24s %14s %-6s %s", "environment",
		environment ? environment : "production", "",
		environment ? "stated" : "nobody stated another");
}

static void add_rules(struct document *document, const struct explain_subject *x,
	enum heading heading)
{
	const struct assessment *a = x->assessment;
	char text[1024];

	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];

		if (f->rule->heading != heading)
			continue;
		assess_finding_text(a, i, text, sizeof(text));
		doc_line(document, "  rule %s: %s: %s", f->rule->id,
			outcome_name(f->outcome), text);
		doc_line(document, "       %s; checked %s", f->rule->source,
			f->rule->checked);
	}
	if (a->has_heading[heading])
		doc_line(document, "  heading %s: %s", heading_name(heading),
			outcome_name(a->heading[heading]));
}

/* What it rose to while the excursion lasted, and how many of all slots are no higher. */
static struct cell cell_meanwhile(
	struct document *document, const struct dossier *d, enum resource resource)
{
	struct cell cell = cell_resource(d->height[resource], resource);
	char text[CELL_TEXT_SIZE];

	if (isnan(d->rank[resource]))
		return cell;
	return cell_shown(cell,
		doc_keep(document, "%s %3.0f%%", cell_for_people(&cell, text),
			floor(100 * d->rank[resource])));
}

static void add_dossier_row(struct document *document, struct doc_table *table,
	const struct explain_subject *x, const struct dossier *d)
{
	const struct assessment *a = x->assessment;
	const struct excursion *e = &a->excursion[d->excursion];
	char time[TIME_TEXT_SIZE], length[TIME_TEXT_SIZE];

	DOC_ROW(table,
		cell_text(doc_keep(document, "%s",
			time_text_short(e->from + a->peaks.phase_s, time))),
		cell_text(doc_keep(document, "%s",
			time_text_length((double)excursion_length_s(e), length))),
		cell_resource(e->height, RESOURCE_MEMORY),
		cell_resource(e->height - a->limit_bytes, RESOURCE_MEMORY),
		cell_count((int64_t)d->same_hour_count),
		cell_meanwhile(document, d, RESOURCE_CPU),
		cell_meanwhile(document, d, RESOURCE_NETWORK));
}

/* Only where it would be another verdict without the one excursion. */
static void add_without(struct document *document, const struct explain_subject *x,
	const struct dossier *d)
{
	const struct assessment *a = x->assessment;
	const struct excursion *e = &a->excursion[d->excursion];
	char time[TIME_TEXT_SIZE];

	if (d->memory_with == d->memory_without && a->verdict == d->verdict_without)
		return;
	doc_line(document, "  without that of %s: memory %s, overall %s",
		time_text_short(e->from + a->peaks.phase_s, time),
		outcome_name(d->memory_without), verdict_name(d->verdict_without));
}

/* A line each, and below the table what is not the same of all of them. */
static void add_dossiers(struct document *document, const struct explain_subject *x)
{
	static const struct doc_column columns[] = {
		{ NULL, "OVER THE LIMIT", 0, 0, NULL },
		{ NULL, "FOR", COLUMN_RIGHT, 0, NULL },
		{ NULL, "UP TO", COLUMN_RIGHT, 0, NULL },
		{ NULL, "OVER", COLUMN_RIGHT, 0, NULL },
		{ NULL, "AGAIN", COLUMN_RIGHT, 0, NULL },
		{ NULL, "CPU", COLUMN_RIGHT, 0, NULL },
		{ NULL, "NETWORK", COLUMN_RIGHT, 0, NULL },
	};
	const struct assessment *a = x->assessment;
	size_t shown =
		a->excursion_count < DOSSIERS_MAX ? a->excursion_count : DOSSIERS_MAX;
	char length[TIME_TEXT_SIZE];
	struct doc_table *table;
	struct dossier d = { .period_s = NAN };

	if (shown == 0)
		return;
	doc_gap(document);
	table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t k = 0; k < shown; k++) {
		dossier_make(a, x->set, k, &d);
		add_dossier_row(document, table, x, &d);
	}
	doc_line(document,
		"again: others within an hour of this time of day; CPU, network: at most, "
		"and how many of all slots are no higher");
	if (!isnan(d.period_s))
		doc_line(document, "they come every %s",
			time_text_length(d.period_s, length));
	for (size_t k = 0; k < shown; k++) {
		dossier_make(a, x->set, k, &d);
		add_without(document, x, &d);
	}
	if (a->excursion_count > shown)
		doc_line(document, "and %zu more excursions: --json has all",
			a->excursion_count - shown);
}

/* Each line is a query that somebody may put to the engine. */
static void add_queries(struct document *document, const struct explain_subject *x)
{
	const char *at = x->queries;

	if (!at)
		return;
	doc_gap(document);
	doc_heading(document, "by these queries");
	while (*at) {
		int length = (int)strcspn(at, "\n");

		doc_line(document, "  %.*s", length, at);
		at += length + (at[length] == '\n');
	}
}

void explain_page(struct document *document, const struct explain_subject *x)
{
	const struct assessment *a = x->assessment;

	doc_line(document, "%s under %s on %s: %s", a->workload->name,
		x->request->profile->id, x->request->day, verdict_name(a->verdict));
	for (int i = 0; i < EXPLAIN_COUNT; i++) {
		struct explanation e;

		if (x->only >= 0 && x->only != i)
			continue;
		explain_make(
			a, x->request, x->set, (enum explained)i, &x->given_back, &e);
		add_explanation(document, x, &e);
		if (i == EXPLAIN_CPU)
			explain_page_add_evidence(document, x);
		if (i == EXPLAIN_NETWORK || i == EXPLAIN_DISK)
			explain_devices_add(document, x, i == EXPLAIN_NETWORK);
		if (i != EXPLAIN_DISK || x->only >= 0)
			add_rules(document, x, explained_heading((enum explained)i));
		if (i == EXPLAIN_MEMORY)
			add_dossiers(document, x);
	}
	add_queries(document, x);
	if (x->only >= 0)
		return;
	doc_gap(document);
	doc_line(document, "hardware and operational headings: analyze verdict NAME");
}
