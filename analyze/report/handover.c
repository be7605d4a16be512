#include "analyze/report/handover.h"

#include "common/timefmt.h"
#include "analyze/document/quantity.h"
#include "analyze/report/cells.h"
#include "analyze/report/verdict_document.h"
#include "common/units.h"
#include "schema/duration.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define ALIKE_LEAST 4 /* so many with the same want are one row */

/* ---- what all parts ask ------------------------------------------------------------- */

double handover_number(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

const char *handover_text(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

const char *handover_id(struct document *document, size_t index)
{
	return doc_keep(document, "w%zu", index + 1);
}

const char *handover_host_of(const struct handover *handover, const char *workload)
{
	const cJSON *host, *name;

	cJSON_ArrayForEach (
		host, cJSON_GetObjectItemCaseSensitive(handover->plan, "hosts")) {
		cJSON_ArrayForEach (
			name, cJSON_GetObjectItemCaseSensitive(host, "workloads")) {
			if (cJSON_IsString(name) &&
				strcmp(name->valuestring, workload) == 0)
				return handover_text(host, "name");
		}
	}
	return NULL;
}

/* The finding that decides the verdict; NULL: none. */
static const struct finding *handover_worst(const struct assessment *a)
{
	const struct finding *worst = NULL;

	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];

		if (f->outcome > OUTCOME_PASS &&
			(!worst || f->outcome > worst->outcome))
			worst = f;
	}
	return worst;
}

/* ---- one sentence -------------------------------------------------------------------- */

static size_t json_length(const cJSON *object, const char *key)
{
	return (size_t)cJSON_GetArraySize(
		cJSON_GetObjectItemCaseSensitive(object, key));
}

/* Do all types of host cost the same?  Then bounds are in hosts. */
static bool has_equal_costs(const cJSON *plan)
{
	const cJSON *type;
	double first = NAN;

	cJSON_ArrayForEach (
		type, cJSON_GetObjectItemCaseSensitive(plan, "host_types")) {
		double cost = handover_number(type, "cost");

		cost = isnan(cost) ? 1 : cost;
		if (!isnan(first) && cost != first)
			return false;
		first = cost;
	}
	return true;
}

/* The reason that most of those left out have. */
static const char *common_reason(const cJSON *unplaced)
{
	const cJSON *one, *other;
	const char *best = "";
	size_t most = 0;

	cJSON_ArrayForEach (one, unplaced) {
		const char *rule = handover_text(one, "rule");
		size_t count = 0;

		cJSON_ArrayForEach (other, unplaced) {
			const char *its = handover_text(other, "rule");

			count += rule && its && strcmp(rule, its) == 0;
		}
		if (count > most) {
			most = count;
			best = handover_text(one, "reason");
		}
	}
	return best ? best : "";
}

/* What the sentence would promise and does not hold: figures that are missing, losses that
 * are not survived. */
static void add_reservations(struct document *document, const cJSON *plan)
{
	const cJSON *failover = cJSON_GetObjectItemCaseSensitive(plan, "failover");
	const cJSON *without = cJSON_GetObjectItemCaseSensitive(plan, "not_counted");
	const cJSON *loss;
	int losses = 0, survived = 0;

	cJSON_ArrayForEach (
		loss, cJSON_GetObjectItemCaseSensitive(failover, "losses")) {
		losses++;
		survived += cJSON_IsTrue(
			cJSON_GetObjectItemCaseSensitive(loss, "survived"));
	}
	for (int i = 0; i < 2; i++) {
		double count = handover_number(without, i == 0 ? "memory" : "cpu");

		if (count > 0)
			doc_span(document, COLOR_BOLD,
				"; %s is not counted: no figure for %.0f workload%s",
				i == 0 ? "memory" : "CPU", count,
				plural((size_t)count));
	}
	if (!cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(failover, "met")))
		return;
	doc_span(document, COLOR_BOLD, "; the loss of any %.0f is not survived",
		handover_number(failover, "k"));
	if (losses > 0)
		doc_span(document, COLOR_BOLD, " (%d of %d losses are)", survived,
			losses);
}

static void add_plan_sentence(struct document *document, const struct handover *h)
{
	const cJSON *unplaced = cJSON_GetObjectItemCaseSensitive(h->plan, "unplaced");
	int left_out = cJSON_GetArraySize(unplaced);
	size_t placed = json_length(h->plan, "workloads");
	double hosts = handover_number(h->plan, "hosts_used");
	double bound = handover_number(h->plan, "lower_bound");
	bool is_proven = cJSON_IsTrue(
		cJSON_GetObjectItemCaseSensitive(h->plan, "proven_optimal"));
	bool is_in_hosts = has_equal_costs(h->plan);

	doc_heading(document, "%zu server%s fit on %.0f host%s", placed, plural(placed),
		hosts, hosts == 1 ? "" : "s");
	if (is_proven)
		doc_span(document, COLOR_BOLD, "%s",
			is_in_hosts ? " (no fewer is possible)"
				    : " (nothing cheaper is possible)");
	else if (is_in_hosts)
		doc_span(document, COLOR_BOLD, " (no fewer than %.0f is possible)",
			ceil(bound - 1e-9));
	else
		doc_span(document, COLOR_BOLD,
			" at a cost of %.6g (no less than %.6g is possible)",
			handover_number(h->plan, "cost"), bound);
	if (left_out > 0)
		doc_span(document, COLOR_BOLD, "; %d cannot move%s: %s", left_out,
			left_out > 1 ? ", most often for this reason" : "",
			common_reason(unplaced));
	add_reservations(document, h->plan);
	doc_span(document, COLOR_BOLD, ".");
}

static void add_sentence(struct document *document, const struct handover *h)
{
	struct verdict_counts counts = verdict_count(h->assessments, h->count);

	if (h->count == 0) {
		doc_heading(document, "Nothing is stored yet.");
		doc_line(document,
			"Start the collector, or import what others have recorded; two "
			"weeks give a first verdict.");
	} else if (h->plan) {
		add_plan_sentence(document, h);
	} else {
		doc_heading(document, "%zu of %zu server%s may move under %s.",
			counts.of[VERDICT_PASS], h->count, plural(h->count),
			h->request->profile->id);
		doc_line(document,
			"No plan was made yet: analyze plan --hosts FILE says on how "
			"few hosts they fit.");
	}
}

static void add_basis(struct document *document, const struct handover *h)
{
	double coverage = 0;
	size_t known = 0, enough = 0;

	doc_fact(document, IN_HTML, NULL, "Rules of", cell_text(h->request->day));
	doc_fact(document, IN_HTML, NULL, "Target",
		cell_text(h->request->profile->title));
	for (size_t i = 0; i < h->count; i++) {
		const struct workload_peaks *p = &h->assessments[i].peaks;

		if (p->to) {
			coverage += p->coverage;
			known++;
		}
		enough += h->assessments[i].sufficiency.grade != GRADE_INSUFFICIENT;
	}
	if (!known)
		return;
	doc_fact(document, IN_HTML, NULL, "Data from",
		cell_moment(h->from, MOMENT_LONG));
	doc_fact(document, IN_HTML, NULL, "to", cell_moment(h->to, MOMENT_LONG));
	doc_fact(
		document, IN_HTML, NULL, "Known", cell_share(coverage / (double)known));
	doc_fact(document, IN_HTML, NULL, "Enough data for a verdict",
		cell_text(doc_keep(document, "%zu of %zu", enough, h->count)));
}

static void add_next(struct document *document, const struct handover *h)
{
	if (h->count == 0) {
		doc_line(document,
			"How data come in: sampled here, or recorded elsewhere.");
		doc_line(document, "$ collectord --data DIR");
		doc_line(document, "$ analyze import auto FILE...");
		return;
	}
	doc_line(document,
		"What to ask next, where the data are: where a figure comes from, what is "
		"still to be stated, and %s.",
		h->plan ? "whether the plan would have held in the recorded weeks"
			: "on how few hosts all fit");
	doc_line(document, "$ analyze explain WORKLOAD");
	doc_line(document, "$ analyze inventory --missing");
	doc_line(document,
		h->plan ? "$ analyze backtest PLAN.json"
			: "$ analyze plan --hosts hosts.json");
}

/* ---- what stops you ------------------------------------------------------------------- */

static void add_stop(struct document *document, struct doc_table *table,
	const struct handover *h, size_t i)
{
	const struct assessment *a = &h->assessments[i];
	const struct finding *f = handover_worst(a);
	struct cell name = cell_workload(a->workload);
	const char *day = a->sufficiency.grade == GRADE_INSUFFICIENT
		? a->sufficiency.earliest
		: NULL;
	char text[1024] = "";

	if (f)
		assess_finding_text(
			a, (size_t)(f - a->findings.finding), text, sizeof(text));
	else if (a->sufficiency.reason_count)
		(void)snprintf(text, sizeof(text), "%s", a->sufficiency.reason[0]);
	name.link = handover_id(document, i);
	DOC_ROW(table, name, cell_verdict(a->verdict),
		cell_text_or_none(f ? f->rule->id : NULL), cell_text(text),
		cell_in_unit(document, f ? f->needed : NAN, f ? f->rule->unit : NULL),
		cell_in_unit(document, f ? f->allowed : NAN, f ? f->rule->unit : NULL),
		cell_text_or_none(day));
}

/* The rule that leaves it open for want of a fact or a figure; NULL: something else. */
static const struct rule *rule_of_want(const struct assessment *a)
{
	const struct finding *f = handover_worst(a);

	if (a->verdict != VERDICT_UNKNOWN || !f || f->item)
		return NULL;
	return f->is_for_missing || f->rule->severity == SEVERITY_UNKNOWN ? f->rule
									  : NULL;
}

/* The same want of many is told once. */
static void add_wants(struct document *document, struct doc_table *table,
	const struct handover *h, const struct rule **want)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct rule *rule = want[i];
		size_t count = 0;

		for (size_t k = i; rule && k < h->count; k++)
			count += want[k] == rule;
		if (count < ALIKE_LEAST)
			continue;
		for (size_t k = 0; k < h->count; k++) {
			if (want[k] == rule)
				want[k] = NULL;
		}
		DOC_ROW(table, cell_text(doc_keep(document, "%zu workloads", count)),
			cell_verdict(VERDICT_UNKNOWN), cell_text(rule->id),
			cell_text(doc_keep(document,
				"%s; as a sheet to fill in: analyze inventory --missing "
				"--format csv",
				rule->text)),
			cell_unknown(NULL), cell_unknown(NULL), cell_text(""));
	}
}

/* Those that are not told together with others. */
static void add_single_stops(struct document *document, struct doc_table *table,
	const struct handover *h, enum verdict verdict)
{
	const struct rule **want = doc_memory(document, h->count * sizeof(*want) + 1);
	bool *is_told = doc_memory(document, h->count * sizeof(*is_told) + 1);

	if (!want || !is_told)
		return;
	for (size_t i = 0; i < h->count; i++)
		want[i] = verdict == VERDICT_UNKNOWN ? rule_of_want(&h->assessments[i])
						     : NULL;
	for (size_t i = 0; i < h->count; i++)
		is_told[i] = want[i] != NULL;
	add_wants(document, table, h, want);
	for (size_t i = 0; i < h->count; i++) {
		/* what add_wants has told it has taken out of the list */
		if (h->assessments[i].verdict == verdict && (!is_told[i] || want[i]))
			add_stop(document, table, h, i);
	}
}

static void add_stops(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Workload", COLUMN_CUT, 0, NULL },
		{ NULL, "Verdict", 0, 0, NULL },
		{ NULL, "Rule", 0, 0, NULL },
		{ NULL, "Why", COLUMN_WRAP, 0, NULL },
		{ NULL, "Needs", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Limit", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Decided from", 0, 0, NULL },
	};
	static const enum verdict order[] = { VERDICT_DISQUALIFIED, VERDICT_REVIEW,
		VERDICT_UNKNOWN, VERDICT_INSUFFICIENT };
	struct doc_table *table;

	doc_section(document, "stops", "What stops you");
	table = doc_table(
		document, IN_HTML, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	doc_title(table, "What stops you");
	doc_empty(table, "Nothing: all of them may move.");
	for (size_t v = 0; v < ARRAY_LEN(order); v++)
		add_single_stops(document, table, h, order[v]);
}

/* ---- the estate ------------------------------------------------------------------------ */

static struct cell cell_course(struct document *document,
	const struct outline_course *course, const char *name)
{
	struct chart_series series = { .mean = course->mean };
	struct chart chart = { .kind = CHART_SPARK,
		.title = doc_keep(document, "CPU of %s", name),
		.count = OUTLINE_COLUMNS,
		.series = &series,
		.series_count = 1,
		.limit = NAN };
	const struct chart *kept;

	if (!course->is_known)
		return cell_unknown("never counted");
	kept = chart_keep(document, &chart);
	return kept ? cell_chart(kept) : cell_unknown(NULL);
}

static void add_estate(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Workload", COLUMN_CUT, 0, NULL },
		{ NULL, "Verdict", 0, 0, NULL },
		{ NULL, "CPU 15 min", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Memory peak", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Network peak", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Disk 15 min", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Known", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Host in the plan", 0, 0, NULL },
		{ NULL, "CPU", 0, 0, NULL },
	};
	struct doc_table *table;

	doc_section(document, "estate", "The estate");
	table = doc_table(
		document, IN_HTML, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	doc_title(table, "The estate");
	for (size_t i = 0; i < h->count; i++) {
		const struct assessment *a = &h->assessments[i];
		const struct peaks *p = a->peaks.resource;
		struct cell name = cell_workload(a->workload);
		const char *host = handover_host_of(h, a->workload->name);

		name.link = handover_id(document, i);
		DOC_ROW(table, name, cell_verdict(a->verdict),
			cell_resource(p[RESOURCE_CPU].sustained[DURATION_15_MIN],
				RESOURCE_CPU),
			cell_resource(p[RESOURCE_MEMORY].peak, RESOURCE_MEMORY),
			cell_resource(p[RESOURCE_NETWORK].peak, RESOURCE_NETWORK),
			cell_resource(p[RESOURCE_DISK].sustained[DURATION_15_MIN],
				RESOURCE_DISK),
			cell_coverage(a->peaks.to ? a->peaks.coverage : NAN),
			cell_text(host),
			cell_course(document, &h->outlines[i].course[RESOURCE_CPU],
				a->workload->name));
	}
}

/* ---- quality and method ------------------------------------------------------------------ */

/* Only what is less than full is listed: hundreds of rows that say "full" would hide
 * the few that matter. */
static void add_quality(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Workload", COLUMN_CUT, 0, NULL },
		{ NULL, "Step", COLUMN_RIGHT, 0, NULL },
		{ NULL, "From", 0, 0, NULL },
		{ NULL, "To", 0, 0, NULL },
		{ NULL, "Known", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Enough", 0, 0, NULL },
		{ NULL, "Why", COLUMN_WRAP, 0, NULL },
	};
	struct doc_table *table;

	doc_section(document, "quality", "Quality of the data");
	doc_line(document,
		"A slot without a reading is unknown and never counts as zero; only what "
		"is less than full is listed.");
	table = doc_table(
		document, IN_HTML, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	doc_title(table, "Quality of the data");
	doc_empty(table, "All data are complete, and enough for a verdict.");
	for (size_t i = 0; i < h->count; i++) {
		const struct assessment *a = &h->assessments[i];
		const struct sufficiency *s = &a->sufficiency;
		const struct workload_peaks *p = &a->peaks;

		if (s->grade == GRADE_FULL && !p->is_coarse)
			continue;
		DOC_ROW(table, cell_workload(a->workload),
			cell_number(p->step_s, UNIT_SECONDS),
			cell_moment(p->to ? p->from + p->phase_s : 0, MOMENT_SHORT),
			cell_moment(p->to ? p->to + p->phase_s : 0, MOMENT_SHORT),
			cell_coverage(p->to ? p->coverage : NAN),
			cell_text(grade_name(s->grade)),
			cell_text(p->is_coarse
					? "rows coarser than 5 minutes: short peaks are "
					  "averaged away"
					: s->reason_count ? s->reason[0]
							  : ""));
	}
}

static void add_method(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Factor", 0, 0, NULL },
		{ NULL, "Value", COLUMN_RIGHT, 0, NULL },
		{ NULL, "What it does", COLUMN_WRAP, 0, NULL },
	};
	const struct profile *profile = h->request->profile;
	struct doc_table *table;

	doc_section(document, "method", "Method and settings");
	doc_line(document,
		"Memory and network are sized by their highest reading, CPU and disk by "
		"the highest mean over 15 minutes.  MB and GB are 2^20 and 2^30 bytes, "
		"Mb/s is 10^6 bits per second.  Times are local (UTC%s).",
		h->to ? "" : " where nothing is stored");
	doc_fact(document, IN_HTML, NULL, "Profile", cell_text(profile->id));
	doc_fact(document, IN_HTML, NULL, "Source", cell_text(profile->source));
	doc_fact(document, IN_HTML, NULL, "Checked", cell_text(profile->checked));
	doc_fact(document, IN_HTML, NULL, "Rules of the day",
		cell_text(h->request->day));
	doc_fact(document, IN_HTML, NULL, "Checksum of the profile",
		cell_text(doc_keep(document, "%016" PRIx64, profile->checksum)));
	doc_fact(document, IN_HTML, NULL, "One core of the target",
		cell_number(h->request->settings.target_core_mhz, UNIT_MHZ));
	table = doc_table(
		document, IN_HTML, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	doc_title(table, "Factors of the profile");
	for (size_t i = 0; i < factor_count; i++)
		DOC_ROW(table, cell_text(factor_table[i].name),
			cell_factor(document, &h->request->settings, i),
			cell_text(factor_table[i].help));
}

struct document *handover_document(const struct handover *h)
{
	struct document *document = document_new("report");

	doc_page(document, "Headroom: what your servers need", h->to);
	doc_for(document, IN_HTML);
	add_sentence(document, h);
	add_basis(document, h);
	add_next(document, h);
	if (h->count) {
		add_stops(document, h);
		if (h->plan)
			handover_plan(document, h);
		handover_waves(document, h);
		add_estate(document, h);
		handover_dossiers(document, h);
		add_quality(document, h);
	}
	add_method(document, h);
	handover_sheets(document, h);
	handover_waves_sheet(document, h);
	return document;
}
