#include "analyze/report/verdict_page.h"

#include "common/timefmt.h"
#include "analyze/document/quantity.h"
#include "analyze/report/cells.h"
#include "common/units.h"

#include <math.h>
#include <string.h>

#define EXCURSIONS_SHOWN 10

static void add_title(struct document *document, const struct assessment *a)
{
	struct cell verdict = cell_verdict(a->verdict);

	doc_gap(document);
	doc_line(document, "%s", "");
	doc_span(document, COLOR_BOLD, "%s%s", a->workload->name,
		sample_mark(a->workload) ? "  " SAMPLE_MARK : "");
	doc_span(document, COLOR_NONE, ": ");
	doc_span(document, verdict.tone, "%s", verdict.text);
}

static void verdict_page_add_sufficiency(
	struct document *document, const struct assessment *a)
{
	const struct sufficiency *s = &a->sufficiency;

	doc_line(document, "  data: %s", grade_name(s->grade));
	if (s->days > 0)
		doc_span(document, COLOR_NONE,
			", %.1f days, %.1f %% known (%.*s%.*s), %s%s", s->days,
			isnan(s->coverage_ratio) ? 0 : 100 * s->coverage_ratio,
			(int)s->stars, "*****", 5 - (int)s->stars, ".....",
			pattern_name(s->pattern),
			s->is_pattern_stated ? " (stated)" : "");
	for (size_t i = 0; i < s->reason_count; i++)
		doc_line(document, "    %s", s->reason[i]);
	if (s->grade == GRADE_INSUFFICIENT && *s->earliest)
		doc_line(document, "    not enough data: earliest verdict on %s",
			s->earliest);
	if (a->peaks.is_coarse)
		doc_line(document,
			"    only rows coarser than 5 minutes: short peaks are averaged "
			"away; REVIEW at best");
}

/* "has 23.6 GB and 2 cores of 2.10 GHz; needs 1.28 GB (5.43 %) and 0.39 cores (19.3 %)";
 * of what is not known nothing is said. */
static void add_has_and_needs(struct document *document, const struct assessment *a)
{
	struct installed has = assess_installed(&a->facts);
	const struct requirement *q = &a->requirement;
	double cores = q->cpu_mhz / has.core_mhz;
	char text[QUANTITY_SIZE], share[QUANTITY_SIZE];

	if (isnan(has.memory_bytes) && isnan(has.cores))
		return;
	doc_line(document, "  has %s",
		isnan(has.memory_bytes) ? "" : quantity_bytes(has.memory_bytes, text));
	if (!isnan(has.cores))
		doc_span(document, COLOR_NONE, "%s%.0f core%s",
			isnan(has.memory_bytes) ? "" : " and ", has.cores,
			has.cores == 1 ? "" : "s");
	if (!isnan(has.cores) && !isnan(has.core_mhz))
		doc_span(document, COLOR_NONE, " of %s",
			quantity_text(has.core_mhz, RESOURCE_CPU, text));
	if (isnan(q->vm_memory_bytes) && isnan(cores))
		return;
	doc_span(document, COLOR_NONE, "; needs %s",
		isnan(q->vm_memory_bytes) ? ""
					  : quantity_bytes(q->vm_memory_bytes, text));
	if (!isnan(q->vm_memory_bytes / has.memory_bytes))
		doc_span(document, COLOR_NONE, " (%s)",
			quantity_percent(q->vm_memory_bytes / has.memory_bytes, share));
	if (!isnan(cores))
		doc_span(document, COLOR_NONE, "%s%.2f cores, %s (%s)",
			isnan(q->vm_memory_bytes) ? "" : " and ", cores,
			quantity_text(q->cpu_mhz, RESOURCE_CPU, text),
			quantity_percent(cores / has.cores, share));
}

static void add_growth(
	struct document *document, const struct assessment *a, double horizon_days)
{
	char text[QUANTITY_SIZE];

	for (int i = 0; i < RESOURCE_COUNT; i++) {
		if (a->growth[i] > 0)
			doc_line(document,
				"  growth: %s + %s in %.0f days, in all figures below",
				resource_table[i].name,
				quantity_text(a->growth[i], (enum resource)i, text),
				horizon_days);
	}
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

/* That there is no mean over 15 minutes yet is said once. */
static bool is_too_short_again(const struct assessment *a, size_t finding)
{
	for (size_t i = 0; assess_too_short_s(a, finding) && i < finding; i++) {
		if (assess_too_short_s(a, i))
			return true;
	}
	return false;
}

/* "[10.7 GB, limit 3.60 GB]" */
static void add_limits(struct document *document, const struct finding *f)
{
	struct cell needed = cell_in_unit(document, f->needed, f->rule->unit);
	struct cell allowed = cell_in_unit(document, f->allowed, f->rule->unit);
	char text[CELL_TEXT_SIZE];

	if (isnan(f->needed))
		return;
	doc_span(document, COLOR_NONE, " [%s", cell_for_people(&needed, text));
	if (!isnan(f->allowed))
		doc_span(document, COLOR_NONE, ", limit %s",
			cell_for_people(&allowed, text));
	doc_span(document, COLOR_NONE, "]");
}

static void verdict_page_add_findings(
	struct document *document, const struct assessment *a)
{
	char text[1024], time[TIME_TEXT_SIZE];

	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];
		bool is_note = f->rule->severity == SEVERITY_NOTE &&
			f->outcome == OUTCOME_PASS;

		if (is_repeated(a, i) || is_too_short_again(a, i))
			continue;
		assess_finding_text(a, i, text, sizeof(text));
		doc_line(document, "  ");
		doc_span(document, outcome_tone(f->outcome), "%-12s",
			is_note ? "note" : outcome_name(f->outcome));
		doc_span(document, COLOR_NONE, " %-11s %s: %s",
			heading_name(f->rule->heading), f->rule->id, text);
		add_limits(document, f);
		if (f->at)
			doc_span(document, COLOR_NONE, ", %s",
				time_text_short(f->at, time));
		if (f->rule->remedy && f->outcome > OUTCOME_PASS &&
			!f->is_for_missing && !assess_too_short_s(a, i))
			doc_line(document, "  %-12s %-11s %s", "", "", f->rule->remedy);
	}
}

static void verdict_page_add_excursions(
	struct document *document, const struct assessment *a)
{
	char time[TIME_TEXT_SIZE], length[TIME_TEXT_SIZE];

	if (a->excursion_count == 0)
		return;
	doc_line(document, "  over %.1f MB: %zu excursion%s",
		a->limit_bytes / BYTES_PER_MB, a->excursion_count,
		plural(a->excursion_count));
	for (size_t i = 0; i < a->excursion_count && i < EXCURSIONS_SHOWN; i++) {
		const struct excursion *e = &a->excursion[i];

		doc_line(document, "    %s %s %s, up to %.1f MB, %s",
			time_text_short(e->from + a->peaks.phase_s, time),
			assess_is_of_unknown_length(a, e) ? "within" : "for",
			time_text_length((double)excursion_length_s(e), length),
			e->height / BYTES_PER_MB,
			e->is_sustained ? "sustained" : "short");
	}
	if (a->excursion_count > EXCURSIONS_SHOWN)
		doc_line(document, "    and %zu more: analyze verdict --json lists all",
			a->excursion_count - EXCURSIONS_SHOWN);
	doc_line(document, "    the dossier: analyze explain %s memory",
		a->workload->name);
	if (a->requirement.shortfall_bytes > 0)
		doc_line(document,
			"    accepted: sized at %.1f MB, %.1f MB short of the peak",
			a->requirement.alloc_bytes / BYTES_PER_MB,
			a->requirement.shortfall_bytes / BYTES_PER_MB);
}

void verdict_page(
	struct document *document, const struct assessment *a, double horizon_days)
{
	add_title(document, a);
	verdict_page_add_sufficiency(document, a);
	add_has_and_needs(document, a);
	add_growth(document, a, horizon_days);
	verdict_page_add_findings(document, a);
	verdict_page_add_excursions(document, a);
}
