#include "analyze/report/status_document.h"

#include "common/timefmt.h"
#include "analyze/document/quantity.h"
#include "analyze/report/cells.h"
#include "common/units.h"
#include "store/db/workloads.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define BAR_CELLS 5
#define FUTURE_S 3600       /* no step and no clock that is off a little */
#define CLOCK_SAMPLES_MIN 3 /* slots after which a CPU is late */

bool status_has_gap_rows(const struct workload *w)
{
	return w->origin == ORIGIN_SAMPLED || w->origin == ORIGIN_STORE;
}

/* ---- the daemon -------------------------------------------------------------------- */

static void add_collector_facts(struct document *document, const struct status *s)
{
	const struct collector_health *h = &s->health;
	const struct {
		const char *key;
		int64_t value;
	} counters[] = { { "collector.ticks", h->ticks },
		{ "collector.stored", h->stored }, { "collector.held", h->pending },
		{ "collector.dropped", h->dropped }, { "collector.late", h->late },
		{ "collector.restarts", h->restarts } };
	unsigned in = s->has_health ? IN_JSON | IN_KV : IN_JSON;

	doc_fact(document, IN_JSON | IN_KV, "collector.running", NULL,
		cell_bool(s->is_running));
	for (size_t i = 0; i < ARRAY_LEN(counters); i++)
		doc_fact(document, in, counters[i].key, NULL,
			cell_count(s->has_health ? counters[i].value : 0));
	doc_fact(document, in, "collector.last", NULL,
		cell_moment(s->has_health ? h->last : 0, MOMENT_LONG));
	doc_json(document, "collector.disk_left_days",
		cell_plain_number(s->has_health ? h->disk_left_days : NAN));
}

static void add_collector_lines(struct document *document, const struct status *s)
{
	const struct collector_health *h = &s->health;
	char time[TIME_TEXT_SIZE];

	if (!s->has_health) {
		doc_line(document, "collector  %s",
			s->is_silent ? "does not answer" : "never ran here");
		return;
	}
	doc_line(document, "collector  ");
	doc_span(document,
		s->is_silent            ? COLOR_BAD
			: s->is_running ? COLOR_GOOD
					: COLOR_WARN,
		"%s",
		s->is_silent            ? "does not answer"
			: s->is_running ? "running"
					: "stopped");
	if (s->is_running)
		doc_span(document, COLOR_NONE, " (pid %" PRId64 ")", (int64_t)h->pid);
	doc_span(document, COLOR_NONE, ", last tick %s", time_text(h->last, time));
	doc_line(document,
		"           %" PRId64 " ticks, %" PRId64 " stored, %" PRId64 " late, ",
		h->ticks, h->stored, h->late);
	doc_span(document, h->dropped > 0 ? COLOR_WARN : COLOR_NONE,
		"%" PRId64 " held, %" PRId64 " dropped, %" PRId64
		" restarts of children",
		h->pending, h->dropped, h->restarts);
	if (s->is_failing) {
		doc_line(document, "           ");
		doc_span(document, COLOR_BAD, "samples cannot be stored at present");
		doc_span(document, COLOR_NONE, ", the log says why");
	}
	for (size_t i = 0; i < s->count; i++) {
		const struct workload *w = s->chosen[i];

		/* a history that was set aside is in nobody's way */
		if (w->origin != ORIGIN_SAMPLED || w->last - s->now <= FUTURE_S ||
			(h->workload_id && h->workload_id != w->id))
			continue;
		doc_line(document, "           ");
		doc_span(document, COLOR_BAD, "%s ends in the future, %s", w->name,
			time_text(w->last, time));
		doc_line(document,
			"           until then nothing is stored; with the clock right, "
			"start collectord");
		doc_line(document,
			"           once with --trust-clock: what is there gets another "
			"name");
	}
	if (!isnan(h->disk_left_days))
		doc_line(document, "           the disk is full in %.0f day%s",
			h->disk_left_days, h->disk_left_days < 1.5 ? "" : "s");
}

static void add_store_line(struct document *document, const struct status *s)
{
	char zone[TIME_TEXT_SIZE];

	doc_line(document, "store      %s", s->data_dir);
	if (s->count == 0) {
		doc_span(document, COLOR_NONE,
			", empty; start with `collectord` or `analyze import`");
		return;
	}
	doc_span(document, COLOR_NONE, ", %zu workload%s; times local (%s)", s->count,
		plural(s->count), time_text_offset(s->now, zone));
	doc_gap(document);
}

/* ---- the workloads ------------------------------------------------------------------ */

/* As it is shown: with the phase of the workload, days for weeks of data, hours for a
 * first day; "-" where nothing is stored. */
static struct cell cell_bound(const struct status *s, size_t i, bool is_end)
{
	const struct load_period *p = &s->judged[i].coverage.period;
	int64_t at = is_end ? p->to : p->from;
	char year[TIME_TEXT_SIZE], present[TIME_TEXT_SIZE];
	bool is_present =
		strcmp(time_text_year(at, year), time_text_year(s->now, present)) == 0;

	return cell_moment(p->count ? at + s->chosen[i]->phase_s : 0,
		p->to - p->from >= (int64_t)2 * SECONDS_PER_DAY ? MOMENT_DAY
			: is_present                            ? MOMENT_WITHIN_YEAR
								: MOMENT_SHORT);
}

static void status_document_add_workload_row(struct document *document,
	struct doc_table *table, const struct status *s, size_t i)
{
	const struct workload_judgement *judged = &s->judged[i];
	const struct load_coverage *c = &judged->coverage;
	const struct workload *workload = s->chosen[i];
	const char *source = workload_origin_name(workload->origin);
	char bar[3 * BAR_CELLS + 4], verdict[JUDGED_TEXT_SIZE];
	struct cell sufficiency[SUFFICIENCY_CELLS];
	struct cell known = cell_coverage(c->coverage);

	cells_sufficiency(document, judged_sufficiency(judged), sufficiency);
	DOC_ROW(table, cell_text(workload->name),
		cell_shown(cell_text(source), sample_mark(workload)),
		cell_shown(cell_count(workload->step_s),
			doc_keep(document, "%u s", workload->step_s)),
		cell_bound(s, i, false), cell_bound(s, i, true),
		cell_toned(known, COLOR_NONE),
		cell_toned(cell_text(quantity_bar(
				   c->coverage, BAR_CELLS, bar, sizeof(bar))),
			known.tone),
		cell_count((int64_t)c->gaps), cell_count(c->unknown_s), sufficiency[0],
		sufficiency[1], sufficiency[2],
		cell_toned(cell_text(judged_text(judged, verdict)),
			judged->sufficiency.grade == GRADE_FULL ? COLOR_GOOD
								: COLOR_NONE));
}

static void add_workload_table(struct document *document, const struct status *s)
{
	static const struct doc_column columns[] = {
		{ "name", "WORKLOAD", COLUMN_CUT | COLUMN_NAME, 0, "workload" },
		{ "source", "SOURCE", IN_TEXT | IN_JSON | IN_CSV, 0, NULL },
		{ "step_s", "STEP", IN_TEXT | IN_JSON | IN_CSV | COLUMN_RIGHT, 0,
			NULL },
		{ "from", "FROM", IN_TEXT | IN_JSON | IN_CSV, 0, NULL },
		{ "to", "TO", IN_TEXT | IN_JSON | IN_CSV, 0, NULL },
		{ "coverage", "KNOWN", COLUMN_RIGHT, 0, NULL },
		{ NULL, "", 0, 0, NULL },
		{ "gaps", "GAPS", COLUMN_RIGHT, 0, NULL },
		{ "unknown_s", NULL, 0, 0, NULL },
		{ "sufficiency.grade", NULL, IN_JSON, 0, NULL },
		{ "sufficiency.reasons", NULL, IN_JSON, 0, NULL },
		{ "sufficiency.earliest", NULL, IN_JSON, 0, NULL },
		{ NULL, "VERDICT FROM", 0, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, 0, "workloads", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < s->count; i++)
		status_document_add_workload_row(document, table, s, i);
}

static void add_gap_lines(struct document *document, const struct status *s, size_t i)
{
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE], length[TIME_TEXT_SIZE];
	const struct load_coverage *c = &s->judged[i].coverage;
	const char *name = s->chosen[i]->name;

	for (size_t g = 0; g < s->gaps[i].count; g++) {
		const struct gap *gap = &s->gaps[i].gap[g];

		doc_line(document, "%s  %s to %s  %s  %s", name,
			time_text(gap->from, from), time_text(gap->to, to),
			time_text_length((double)(gap->to - gap->from), length),
			gap->reason);
	}
	if (!status_has_gap_rows(s->chosen[i]) && c->gaps)
		doc_line(document,
			"%s  %zu gap%s, %s in all; of imports they are only counted",
			name, c->gaps, plural(c->gaps),
			time_text_length((double)c->unknown_s, length));
}

/* Sampled for a while, and of the CPU nothing was ever known: somebody has to say how
 * fast it is.  Else nobody would learn it before a verdict. */
static void add_clock_lines(struct document *document, const struct status *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct workload_judgement *judged = &s->judged[i];

		if (s->chosen[i]->origin != ORIGIN_SAMPLED ||
			judged->coverage.samples < CLOCK_SAMPLES_MIN ||
			judged->peaks.resource[RESOURCE_CPU].is_counted ||
			!judged->peaks.resource[RESOURCE_MEMORY].is_counted)
			continue;
		doc_gap(document);
		doc_line(document,
			"%s  its CPU demand was never known.  Where its machine does",
			s->chosen[i]->name);
		doc_line(document,
			"    not say how fast its processors are (the log of collectord tells), set");
		doc_line(document,
			"    nominal_mhz in collectord.conf, and restart collectord");
	}
}

struct document *status_document(const struct status *s)
{
	struct document *document = document_new("status");

	add_collector_facts(document, s);
	add_collector_lines(document, s);
	add_store_line(document, s);
	doc_fact(document, IN_KV, "workloads", NULL, cell_count((int64_t)s->count));
	add_workload_table(document, s);
	if (s->count == 0)
		return document;
	doc_gap(document);
	doc_line(document,
		"verdict from: the day on which there will be data enough; minimum: more "
		"makes it surer");
	add_clock_lines(document, s);
	if (!s->lists_gaps)
		return document;
	doc_gap(document);
	for (size_t i = 0; i < s->count; i++)
		add_gap_lines(document, s, i);
	return document;
}
