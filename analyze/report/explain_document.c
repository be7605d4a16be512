#include "analyze/report/explain_document.h"

#include "analyze/assess/dossier.h"
#include "analyze/report/cells.h"
#include "analyze/report/explain_page.h"

static void add_excluded(struct document *document, const struct explain_subject *x)
{
	static const struct doc_column columns[] = {
		{ "id", NULL, 0, 0, NULL },
		{ "from", NULL, 0, 0, NULL },
		{ "to", NULL, 0, 0, NULL },
		{ "reason", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_JSON, "excluded", TABLE_ROWS, columns, ARRAY_LEN(columns));
	int phase_s = x->assessment->peaks.phase_s;

	for (size_t i = 0; i < x->exclusions->count; i++) {
		const struct exclusion *e = &x->exclusions->exclusion[i];

		DOC_ROW(table, cell_count(e->id),
			cell_moment(e->begin + phase_s, MOMENT_SHORT),
			cell_moment(e->end + phase_s, MOMENT_SHORT),
			cell_text(e->reason));
	}
}

static struct doc_table *steps_of(
	struct doc_table *explained, const struct explanation *e)
{
	struct doc_table *table = doc_inner(explained);

	for (size_t i = 0; i < e->step_count; i++) {
		const struct explain_step *s = &e->step[i];

		DOC_ROW(table, cell_text(s->name), cell_text(s->formula),
			cell_plain_number(s->value), cell_text(s->unit),
			cell_text(s->formula), cell_text(s->source));
	}
	return table;
}

static struct doc_table *explain_document_samples_of(
	struct document *document, const struct explanation *e)
{
	static const struct doc_column columns[] = {
		{ "at", NULL, 0, 0, NULL },
		{ "value", NULL, 0, 0, NULL },
		{ "unit", NULL, 0, 0, NULL },
	};
	struct doc_table *table =
		doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < e->sample_count; i++)
		DOC_ROW(table, cell_moment(e->sample[i].at, MOMENT_SHORT),
			cell_plain_number(e->sample[i].value),
			cell_text(e->sample_unit));
	return table;
}

static void add_explained(struct document *document, const struct explain_subject *x)
{
	static const struct doc_column columns[] = {
		{ "workload", NULL, IN_CSV, 0, NULL },
		{ "explained", NULL, COLUMN_NAME, 0, NULL },
		{ "file", NULL, IN_JSON, 0, NULL },
		{ "data_source", NULL, IN_JSON, 0, NULL },
		{ "step_s", NULL, IN_JSON, 0, NULL },
		{ "slots", NULL, IN_JSON, 0, NULL },
		{ "known", NULL, IN_JSON, 0, NULL },
		{ "steps", NULL, COLUMN_UNFOLD, 0, NULL },
		{ "samples", NULL, IN_JSON, 0, NULL },
	};
	static const struct doc_column steps[] = {
		{ "name", NULL, 0, 0, "step" },
		{ "formula", NULL, IN_JSON, 0, NULL },
		{ "value", NULL, 0, 0, NULL },
		{ "unit", NULL, 0, 0, NULL },
		{ "formula", NULL, IN_CSV, 0, NULL },
		{ "source", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_JSON | IN_CSV, "explained",
		TABLE_KEYED, columns, ARRAY_LEN(columns));

	(void)doc_shape(table, TABLE_ROWS, steps, ARRAY_LEN(steps));
	for (int i = 0; i < EXPLAIN_COUNT; i++) {
		struct explanation e;

		if (x->only >= 0 && x->only != i)
			continue;
		explain_make(x->assessment, x->request, x->set, (enum explained)i,
			&x->given_back, &e);
		DOC_ROW(table, cell_text(x->assessment->workload->name),
			cell_text(explained_name(e.what)), cell_text(e.file),
			cell_text(e.data_source), cell_count(x->set->period.step_s),
			cell_count((int64_t)e.expected), cell_count((int64_t)e.known),
			cell_table(steps_of(table, &e)),
			cell_table(explain_document_samples_of(document, &e)));
	}
}

static void explain_document_add_evidence(
	struct document *document, const struct explain_subject *x)
{
	struct doc_table *pairs = doc_pairs(document);

	for (size_t i = 0; i < x->evidence_count; i++)
		doc_pair(pairs, x->evidence[i].key,
			cell_plain_number(x->evidence[i].value));
	doc_json(document, "evidence", cell_table(pairs));
}

static struct cell ranks_of(struct document *document, const struct dossier *d)
{
	struct doc_table *ranks = doc_pairs(document);

	for (int r = 0; r < RESOURCE_COUNT; r++)
		doc_pair(ranks, resource_table[r].name, cell_share(d->rank[r]));
	return cell_table(ranks);
}

static void explain_document_add_excursions(
	struct document *document, const struct explain_subject *x)
{
	static const struct doc_column columns[] = { EXCURSION_COLUMNS,
		{ "same_hour", NULL, 0, 0, NULL },
		{ "same_hour_and_weekday", NULL, 0, 0, NULL },
		{ "days", NULL, 0, 0, NULL }, { "period_s", NULL, 0, 0, NULL },
		{ "rank", NULL, 0, 0, NULL }, { "memory_with", NULL, 0, 0, NULL },
		{ "memory_without", NULL, 0, 0, NULL },
		{ "verdict_without", NULL, 0, 0, NULL } };
	struct doc_table *table = doc_table(document, IN_JSON, "excursions", TABLE_ROWS,
		columns, ARRAY_LEN(columns));
	const struct assessment *a = x->assessment;

	for (size_t k = 0; k < a->excursion_count; k++) {
		struct cell c[EXCURSION_CELLS];
		struct dossier d;

		dossier_make(a, x->set, k, &d);
		cells_excursion(a, &a->excursion[k], c);
		DOC_ROW(table, c[0], c[1], c[2], c[3], c[4], c[5],
			cell_count((int64_t)d.same_hour_count),
			cell_count((int64_t)d.same_weekday_count),
			cell_count((int64_t)d.days_seen),
			cell_number(d.period_s, UNIT_SECONDS), ranks_of(document, &d),
			cell_outcome(d.memory_with), cell_outcome(d.memory_without),
			cell_verdict(d.verdict_without));
	}
}

struct document *explain_document(const struct explain_subject *x)
{
	struct document *document = document_new("explain");
	const struct assessment *a = x->assessment;

	doc_json(document, "workload", cell_text(a->workload->name));
	doc_json(document, "profile", cell_text(x->request->profile->id));
	doc_json(document, "as_of", cell_text(x->request->day));
	doc_json(document, "verdict", cell_verdict(a->verdict));
	if (x->asked)
		doc_json(document, "asked", cell_text(x->asked));
	if (x->queries)
		doc_json(document, "queries", cell_text(x->queries));
	add_excluded(document, x);
	add_explained(document, x);
	explain_document_add_evidence(document, x);
	explain_document_add_excursions(document, x);
	explain_page(document, x);
	return document;
}
