#include "analyze/report/cells.h"

#include "common/json_out.h"
#include "common/units.h"

#include <math.h>
#include <string.h>

const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

size_t unit_length(double value, const char *unit)
{
	size_t length = strlen(unit);
	bool is_plural = length > 3 &&
		strspn(unit, "abcdefghijklmnopqrstuvwxyz") == length &&
		unit[length - 1] == 's' && !strchr("ps", unit[length - 2]);

	return length - (value == 1 && is_plural);
}

struct cell cell_in_unit(struct document *document, double value, const char *unit)
{
	static const struct {
		const char *word;
		enum unit unit;
	} units[] = { { "MB", UNIT_MB }, { "mb", UNIT_MB }, { "GB", UNIT_GB },
		{ "gb", UNIT_GB }, { "MHz", UNIT_MHZ }, { "mhz", UNIT_MHZ },
		{ "Mb/s", UNIT_MBPS }, { "mbps", UNIT_MBPS },
		{ "mb_per_s", UNIT_MB_PER_S }, { "ops_per_s", UNIT_OPS_PER_S } };
	struct cell cell = cell_plain_number(value);

	if (isnan(value))
		return cell;
	for (size_t i = 0; unit && i < ARRAY_LEN(units); i++) {
		if (strcmp(unit, units[i].word) == 0)
			return cell_number(value, units[i].unit);
	}
	if (unit && strcmp(unit, "percent_of_core") == 0)
		cell.shown = doc_keep(document, "%.0f %% of a core", value);
	else
		cell.shown = doc_keep(document, "%.6g%s%.*s", value, unit ? " " : "",
			unit ? (int)unit_length(value, unit) : 0, unit ? unit : "");
	return cell;
}

const char *sample_mark(const struct workload *workload)
{
	return workload->origin == ORIGIN_SAMPLE ? SAMPLE_MARK : NULL;
}

struct cell cell_workload(const struct workload *workload)
{
	return cell_marked(cell_text(workload->name), sample_mark(workload));
}

struct cell cell_coverage(double coverage)
{
	return cell_toned(cell_share(coverage),
		!(coverage < 0.9)        ? COLOR_NONE
			: coverage < 0.6 ? COLOR_BAD
					 : COLOR_WARN);
}

enum color outcome_tone(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_PASS:
		return COLOR_GOOD;
	case OUTCOME_DISQUALIFIED:
		return COLOR_BAD;
	default:
		return COLOR_WARN;
	}
}

struct cell cell_outcome(enum outcome outcome)
{
	return cell_toned(cell_text(outcome_name(outcome)), outcome_tone(outcome));
}

struct cell cell_verdict(enum verdict verdict)
{
	return cell_toned(cell_text(verdict_name(verdict)),
		verdict == VERDICT_PASS                   ? COLOR_GOOD
			: verdict == VERDICT_DISQUALIFIED ? COLOR_BAD
							  : COLOR_WARN);
}

const struct sufficiency *judged_sufficiency(const struct workload_judgement *judged)
{
	return judged->peaks.to && judged->is_judged ? &judged->sufficiency : NULL;
}

void cells_sufficiency(struct document *document, const struct sufficiency *s,
	struct cell cells[SUFFICIENCY_CELLS])
{
	struct doc_table *reasons;

	for (size_t i = 0; i < SUFFICIENCY_CELLS; i++)
		cells[i] = cell_absent();
	if (!s)
		return;
	reasons = doc_list(document);
	for (size_t i = 0; i < s->reason_count; i++)
		doc_item(reasons, cell_text(s->reason[i]));
	cells[0] = cell_text(grade_name(s->grade));
	cells[1] = cell_table(reasons);
	cells[2] = cell_text_or_none(s->earliest);
}

void cells_excursion(const struct assessment *a, const struct excursion *e,
	struct cell cells[EXCURSION_CELLS])
{
	cells[0] = cell_moment(e->from + a->peaks.phase_s, MOMENT_SHORT);
	cells[1] = cell_moment(e->to + a->peaks.phase_s, MOMENT_SHORT);
	cells[2] = cell_count(excursion_length_s(e));
	cells[3] = cell_number(e->height / BYTES_PER_MB, UNIT_MB);
	cells[4] = cell_text("MB");
	cells[5] = cell_text(e->is_sustained ? "sustained" : "short");
}

struct cell cell_factor(struct document *document,
	const struct profile_settings *settings, size_t index)
{
	double value = factor_get(settings, index);
	char text[JSON_NUMBER_SIZE];

	switch (factor_table[index].type) {
	case FACTOR_BOOL:
		return cell_bool(value > 0);
	case FACTOR_SIZING:
		return cell_text(value > 0 ? "sustained" : "peak");
	case FACTOR_NUMBER:
		break;
	}
	return cell_shown(cell_plain_number(value),
		isnan(value) ? "none"
			     : doc_keep(document, "%s", json_number_text(value, text)));
}
