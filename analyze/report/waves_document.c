#include "analyze/report/waves_document.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GANTT_COLUMNS = 24 };

void waves_cycle_text(const struct wave_request *request, const size_t *cycle,
	size_t count, char *ret_text, size_t size)
{
	size_t at = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < count && at < size; i++) {
		at += (size_t)snprintf(ret_text + at, size - at,
			"%s%.60s has to move before %.60s", i ? ", " : "",
			request->task[cycle[i]].label,
			request->task[cycle[(i + 1) % count]].label);
	}
}

/* When a wave starts: its window's beginning, else nobody knows. */
static int64_t wave_starts(const struct wave_request *request, const struct wave *wave)
{
	return wave->window == WAVE_NONE ? 0 : request->window[wave->window].starts;
}

static int64_t moment_in_wave(int64_t starts, double minutes)
{
	return starts && !isnan(minutes) ? starts + (int64_t)llround(minutes * 60) : 0;
}

/* "   ====", the outage of one workload in the length of its wave. */
static const char *gantt_bar(
	struct document *document, double begin, double length, double whole)
{
	static const char bar[] = "========================";
	size_t first, last;

	if (isnan(length) || !(whole > 0))
		return "";
	first = (size_t)fmin(begin / whole * GANTT_COLUMNS, GANTT_COLUMNS - 1);
	last = (size_t)fmin(
		ceil((begin + length) / whole * GANTT_COLUMNS), GANTT_COLUMNS);
	return doc_keep(document, "%*s%.*s", (int)first, "", (int)(last - first), bar);
}

/* Whom it waits for, and by which rules. */
static void add_reasons(const struct wave_request *request, size_t item,
	struct doc_table *after, struct doc_table *why)
{
	for (size_t e = 0; e < request->edge_count; e++) {
		const struct wave_edge *edge = &request->edge[e];
		bool is_listed = false;

		if (edge->is_preference || edge->after != item)
			continue;
		for (size_t k = 0; k < e && !is_listed; k++)
			is_listed = !request->edge[k].is_preference &&
				request->edge[k].after == item &&
				request->edge[k].before == edge->before;
		if (!is_listed)
			doc_item(after, cell_text(request->task[edge->before].label));
		is_listed = false;
		for (size_t k = 0; k < e && !is_listed; k++)
			is_listed = !request->edge[k].is_preference &&
				request->edge[k].after == item &&
				strcmp(request->edge[k].rule, edge->rule) == 0;
		if (!is_listed)
			doc_item(why, cell_text(edge->rule));
	}
}

static const struct doc_column item_columns[] = {
	{ "name", "WORKLOAD", COLUMN_NAME | COLUMN_CUT, 0, NULL },
	{ "minutes_slow", "SLOW min", COLUMN_RIGHT, 0, NULL },
	{ "minutes_fast", "FAST min", COLUMN_RIGHT, 0, NULL },
	{ "minutes_measured", "MEASURED", COLUMN_RIGHT, 0, NULL },
	{ "outage_minutes", "OUTAGE min", COLUMN_RIGHT, 0, NULL },
	{ "restore_minutes", NULL, 0, 0, NULL },
	{ "initialise_minutes", NULL, 0, 0, NULL },
	{ "completion_minutes", NULL, 0, 0, NULL },
	{ "source_off", NULL, 0, 0, NULL },
	{ "vm_online", NULL, 0, 0, NULL },
	{ "after", NULL, IN_JSON, 0, NULL },
	{ "why", NULL, IN_JSON, 0, NULL },
	{ NULL, "WITHIN THE WAVE", COLUMN_LAST, 0, NULL },
};

/* Whole minutes for people, upward as they are planned; machines get them exactly. */
static struct cell cell_minutes(struct document *document, double minutes)
{
	struct cell cell = cell_plain_number(minutes);

	return isnan(minutes)
		? cell
		: cell_shown(cell,
			  doc_keep(document, "%.0f", wave_planned_minutes(minutes)));
}

/* A terminal has no room for both in one table: first the waves, then who moves in them. */
static void add_waves_text(struct document *document,
	const struct wave_request *request, const struct wave_plan *plan)
{
	static const struct doc_column columns[] = {
		{ NULL, "WAVE", COLUMN_RIGHT, 0, NULL },
		{ NULL, "STARTS", 0, 0, NULL },
		{ NULL, "MINUTES", COLUMN_RIGHT, 0, NULL },
		{ NULL, "STORE", COLUMN_RIGHT, 0, NULL },
		{ NULL, "SCRATCH", COLUMN_RIGHT, 0, NULL },
		{ NULL, "AT ONCE", COLUMN_RIGHT, 0, NULL },
	};
	static const struct doc_column items[] = {
		{ NULL, "WAVE", COLUMN_RIGHT, 0, NULL },
		{ NULL, "WORKLOAD", COLUMN_CUT, 0, NULL },
		{ NULL, "SLOW", COLUMN_RIGHT, 0, NULL },
		{ NULL, "FAST", COLUMN_RIGHT, 0, NULL },
		{ NULL, "MEASURED", COLUMN_RIGHT, 0, NULL },
		{ NULL, "OUTAGE", COLUMN_RIGHT, 0, NULL },
		{ NULL, "WITHIN THE WAVE", COLUMN_LAST, 0, NULL },
	};
	struct doc_table *waves = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	struct doc_table *moves;

	doc_empty(waves, "Nothing moves.");
	if (plan->wave_count)
		doc_gap(document);
	moves = doc_table(document, IN_TEXT, NULL, TABLE_ROWS, items, ARRAY_LEN(items));
	if (isnan(request->settings.measured_gb_per_min))
		doc_hide(moves, "MEASURED");
	for (size_t w = 0; w < plan->wave_count; w++) {
		const struct wave *wave = &plan->wave[w];

		DOC_ROW(waves, cell_count((int64_t)w + 1),
			cell_moment(wave_starts(request, wave), MOMENT_SHORT),
			cell_minutes(document, wave->minutes),
			cell_number(wave->store_bytes / 1e9, UNIT_GB),
			cell_number(wave->scratch_bytes / 1e9, UNIT_GB),
			cell_count(wave->concurrent));
		for (size_t i = 0; i < request->task_count; i++) {
			double outage = request->item[i].outage_minutes;

			if (plan->wave_of[i] != w)
				continue;
			DOC_ROW(moves, cell_count((int64_t)w + 1),
				cell_text(request->task[i].label),
				cell_minutes(document, request->task[i].minutes_slow),
				cell_minutes(document, request->task[i].minutes_fast),
				cell_minutes(
					document, request->task[i].minutes_measured),
				cell_minutes(document, outage),
				cell_text(gantt_bar(document, plan->begin_minutes[i],
					outage, wave->minutes)));
		}
	}
	if (!plan->wave_count)
		return;
	doc_line(document,
		"Minutes: slow and fast at the two rates, outage as it is planned. "
		"GB: 10^9 bytes.");
	doc_gap(document);
}

static void add_item(struct document *document, struct doc_table *list,
	const struct wave_request *request, const struct wave_plan *plan, size_t item)
{
	const struct wave_task *task = &request->task[item];
	const struct wave *wave = &plan->wave[plan->wave_of[item]];
	double outage = request->item[item].outage_minutes;
	double begin = plan->begin_minutes[item];
	int64_t starts = wave_starts(request, wave);
	struct doc_table *after = doc_list(document), *why = doc_list(document);

	add_reasons(request, item, after, why);
	DOC_ROW(list, cell_text(task->label),
		cell_minutes(document, task->minutes_slow),
		cell_minutes(document, task->minutes_fast),
		cell_minutes(document, task->minutes_measured),
		cell_minutes(document, outage),
		cell_plain_number(task->restore_minutes),
		cell_plain_number(task->initialise_minutes),
		cell_plain_number(task->completion_minutes),
		cell_moment(moment_in_wave(starts, begin), MOMENT_LONG),
		cell_moment(moment_in_wave(starts, begin + outage), MOMENT_LONG),
		cell_table(after), cell_table(why),
		cell_text(gantt_bar(document, begin, outage, wave->minutes)));
}

static void add_waves(struct document *document, const struct wave_request *request,
	const struct wave_plan *plan, unsigned in)
{
	static const struct doc_column columns[] = {
		{ "number", "WAVE", COLUMN_NAME | COLUMN_RIGHT, 0, NULL },
		{ "starts", "STARTS", 0, 0, NULL },
		{ "minutes", "MINUTES", COLUMN_RIGHT, 0, NULL },
		{ "scratch_gb", "STORE GB", COLUMN_RIGHT, 0, NULL },
		{ "conversion_gb", "SCRATCH GB", COLUMN_RIGHT, 0, NULL },
		{ "concurrent", "AT ONCE", COLUMN_RIGHT, 0, NULL },
		{ "workloads", NULL, IN_JSON | COLUMN_UNFOLD, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, in, "waves", TABLE_ROWS, columns, ARRAY_LEN(columns));
	struct doc_table *shape;

	doc_empty(table, "Nothing moves.");
	doc_title(table, "Waves");
	shape = doc_shape(table, TABLE_ROWS, item_columns, ARRAY_LEN(item_columns));
	if (isnan(request->settings.measured_gb_per_min))
		doc_hide(shape, "MEASURED");
	for (size_t w = 0; w < plan->wave_count; w++) {
		struct doc_table *list = doc_inner(table);

		for (size_t i = 0; i < request->task_count; i++) {
			if (plan->wave_of[i] == w)
				add_item(document, list, request, plan, i);
		}
		DOC_ROW(table, cell_count((int64_t)w + 1),
			cell_moment(wave_starts(request, &plan->wave[w]), MOMENT_SHORT),
			cell_minutes(document, plan->wave[w].minutes),
			cell_plain_number(plan->wave[w].store_bytes / 1e9),
			cell_plain_number(plan->wave[w].scratch_bytes / 1e9),
			cell_count(plan->wave[w].concurrent), cell_table(list));
	}
}

/* Of a wave as a whole: which limit of the request it breaks. */
static const char *limit_text(const char *rule)
{
	static const char *const texts[][2] = {
		{ "ORD-PEOPLE", "has more workloads than the people look after" },
		{ "CAP-6", "needs more room than the image store has" },
		{ "ORD-SCRATCH", "needs more scratch space than there is" },
		{ "ORD-STATE",
			"leaves a host of the plan too full: what comes and what is "
			"still there do not fit together" },
		{ "ORD-2", "has more at once than network or source hosts carry" },
		{ "ORD-WINDOW", "does not end within its window" },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (strcmp(texts[i][0], rule) == 0)
			return texts[i][1];
	}
	return "is over this limit";
}

static void add_violations(struct document *document,
	const struct wave_request *request, const struct wave_plan *plan, unsigned in)
{
	static const struct doc_column columns[] = {
		{ "rule", "RULE", 0, 0, NULL },
		{ "severity", "SEVERITY", 0, 0, NULL },
		{ "workloads", NULL, IN_JSON, 0, NULL },
		{ NULL, "WHAT DOES NOT HOLD", COLUMN_WRAP | COLUMN_LAST, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, in, "violated", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < plan->violation_count; i++) {
		const struct wave_violation *violation = &plan->violation[i];
		const struct order_rule *rule =
			wave_rule_find(request, violation->rule);
		struct doc_table *names = doc_list(document);
		const char *text;

		for (size_t k = 0; k < request->task_count; k++) {
			if (k == violation->item[0] || k == violation->item[1] ||
				(violation->wave != WAVE_NONE &&
					plan->wave_of[k] == violation->wave))
				doc_item(names, cell_text(request->task[k].label));
		}
		if (violation->wave != WAVE_NONE)
			text = doc_keep(document, "wave %zu %s", violation->wave + 1,
				limit_text(violation->rule));
		else
			text = doc_keep(document, "%s has to move before %s%s%s",
				request->task[violation->item[0]].label,
				request->task[violation->item[1]].label,
				rule ? ": " : "", rule ? rule->text : "");
		DOC_ROW(table, cell_text(violation->rule),
			cell_text(violation->is_warning ? "warning" : "blocker"),
			cell_table(names), cell_text(text));
	}
}

static void waves_document_add_unplaced(struct document *document,
	const struct wave_request *request, const struct wave_plan *plan, unsigned in)
{
	static const struct doc_column columns[] = {
		{ "name", "NO WAVE TAKES", COLUMN_CUT, 0, NULL },
		{ "reason", "BECAUSE", COLUMN_WRAP | COLUMN_LAST, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, in, "unplaced", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < request->task_count; i++) {
		const struct wave_task *task = &request->task[i];

		if (plan->wave_of[i] != WAVE_NONE)
			continue;
		DOC_ROW(table, cell_text(task->label),
			cell_text(isnan(request->item[i].outage_minutes)
					? doc_keep(document,
						  "nobody said how large its disks are: analyze "
						  "inventory %s --set disks=NAME:GB",
						  task->workload)
					: request->problem.states
					? "no wave has time and room for it after what "
					  "it waits for, with every host of the plan "
					  "carrying what is on it meanwhile"
					: "no window that it may use is long enough, or has "
					  "room, after what it waits for"));
	}
}

/* Whether the plan's hosts carry every state on the way. */
static void add_states(struct document *document, const struct waves_view *view)
{
	const struct wave_settings *settings = &view->request->settings;

	if (view->source_count && view->unchecked)
		doc_line(document,
			"Whether every state on the way fits the plan's hosts was NOT "
			"checked, though %zu move%s away from them: %s.",
			view->source_count, view->source_count == 1 ? "s" : "",
			view->unchecked);
	else if (view->source_count)
		doc_line(document,
			"%zu move%s away from hosts of the plan itself and count%s there "
			"until the wave is over; every state on the way %s.",
			view->source_count, view->source_count == 1 ? "s" : "",
			view->source_count == 1 ? "s" : "",
			view->request->order ? "was checked" : "fits the plan's hosts");
	else
		doc_line(document,
			"A wave only adds to the plan's hosts, so every state on the way "
			"fits them.");
	if (!isnan(settings->scratch_gb) || !isnan(settings->image_store_gb))
		doc_line(document,
			"Store: all disks of a wave. Scratch: twice the largest disk of "
			"each that runs at once.");
}

/* Of an order made by hand is said whether it holds, of one that was searched for how
 * good it is. */
void waves_sentences(struct document *document, const struct waves_view *view)
{
	const struct wave_request *request = view->request;
	const struct wave_plan *plan = view->plan;
	size_t moving = request->task_count - plan->unplaced_count;
	bool is_checked = request->order != NULL;
	size_t unknown = 0;

	for (size_t i = 0; i < request->task_count; i++)
		unknown += isnan(request->item[i].outage_minutes) ? 1 : 0;
	if (is_checked)
		doc_line(document, "This order of %zu moves in %zu waves %s.", moving,
			plan->wave_count,
			plan->violation_count ? "does not hold" : "holds");
	else if (plan->is_proven)
		doc_line(document,
			"%zu of %zu moves in %zu waves; no order needs fewer.", moving,
			request->task_count, plan->wave_count);
	else
		doc_line(document,
			"%zu of %zu moves in %zu waves; no order needs fewer than %zu.",
			moving, request->task_count, plan->wave_count,
			plan->lower_bound);
	doc_line(document,
		"Times are planned at %.6g GB a minute%s; the outage is the transfer%s, the "
		"making of disks and %.6g minutes of tests.",
		isnan(request->settings.measured_gb_per_min)
			? request->settings.slow_gb_per_min
			: request->settings.measured_gb_per_min,
		isnan(request->settings.measured_gb_per_min) ? ", the careful rate"
							     : " as measured",
		request->settings.restores ? " to the image store and from there" : "",
		request->settings.completion_minutes);
	doc_line(document,
		"Source and copy are never online together: the source is off before the "
		"copy comes up.");
	add_states(document, view);
	if (unknown)
		doc_line(document,
			"How large the disks of %zu are nobody has said, so their minutes "
			"are not known: analyze inventory NAME --set disks=NAME:GB",
			unknown);
}

void waves_tables(struct document *document, const struct waves_view *view, unsigned in)
{
	const struct wave_request *request = view->request;
	const struct wave_plan *plan = view->plan;
	struct doc_table *chain = doc_list(document);

	if (in == 0 || in & IN_TEXT)
		add_waves_text(document, request, plan);
	add_waves(document, request, plan, (in ? in : IN_ALL) & ~(unsigned)IN_TEXT);
	for (size_t i = 0; i < plan->critical_count; i++)
		doc_item(chain, cell_text(request->task[plan->critical[i]].label));
	doc_json(document, "critical_path", cell_table(chain));
	if (plan->critical_count > 1) {
		doc_gap(document);
		doc_line(document, "The longest chain:");
		for (size_t i = 0; i < plan->critical_count; i++)
			doc_span(document, 0, "%s %s", i ? "," : "",
				request->task[plan->critical[i]].label);
	}
	doc_json(document, "lower_bound", cell_count((int64_t)plan->lower_bound));
	doc_json(document, "proven_optimal", cell_bool(plan->is_proven));
	if (plan->violation_count || plan->unplaced_count)
		doc_gap(document);
	add_violations(document, request, plan, in);
	waves_document_add_unplaced(document, request, plan, in);
}

struct document *waves_document(const struct waves_view *view)
{
	struct document *document = document_new("waves");

	waves_sentences(document, view);
	doc_gap(document);
	waves_tables(document, view, 0);
	doc_for(document, IN_HTML); /* and a picture that stands alone */
	doc_chart(document, waves_gantt(document, view));
	return document;
}
