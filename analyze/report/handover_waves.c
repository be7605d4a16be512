/* Who moves when: a part of the page, and a sheet. */
#include "analyze/report/handover.h"
#include "analyze/report/waves_document.h"

#include <math.h>

static void add_order_page(struct document *document, const struct waves_view *view)
{
	doc_section(document, "waves", "In which order they move");
	waves_sentences(document, view);
	waves_tables(document, view, IN_HTML);
	doc_chart(document, waves_gantt(document, view));
}

static int64_t starts_of(const struct waves_view *view, size_t wave)
{
	size_t window = view->plan->wave[wave].window;

	return window == WAVE_NONE ? 0 : view->request->window[window].starts;
}

static void add_order_sheet(struct document *document, const struct waves_view *view)
{
	static const struct doc_column columns[] = {
		{ NULL, "Wave", 0, 0, NULL },
		{ NULL, "Starts (UTC)", 0, 0, NULL },
		{ NULL, "Workload", 0, 0, NULL },
		{ NULL, "Minutes slow", 0, 0, NULL },
		{ NULL, "Minutes fast", 0, 0, NULL },
		{ NULL, "Minutes measured", 0, 0, NULL },
		{ NULL, "Outage minutes", 0, 0, NULL },
		{ NULL, "Begins after minutes", 0, 0, NULL },
		{ NULL, "Bytes", 0, 0, NULL },
		{ NULL, "On the longest chain", 0, 0, NULL },
	};
	const struct wave_request *request = view->request;
	const struct wave_plan *plan = view->plan;
	struct doc_table *table = doc_table(
		document, IN_XLSX, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));

	doc_title(table, "Waves");
	for (size_t i = 0; i < request->task_count; i++) {
		const struct wave_task *task = &request->task[i];
		size_t wave = plan->wave_of[i];
		bool is_placed = wave != WAVE_NONE, is_chain = false;

		for (size_t k = 0; k < plan->critical_count; k++)
			is_chain = is_chain || plan->critical[k] == i;
		DOC_ROW(table,
			is_placed ? cell_count((int64_t)wave + 1) : cell_unknown(NULL),
			cell_moment(
				is_placed ? starts_of(view, wave) : 0, MOMENT_SHORT),
			cell_text(task->label), cell_plain_number(task->minutes_slow),
			cell_plain_number(task->minutes_fast),
			cell_plain_number(task->minutes_measured),
			cell_plain_number(request->item[i].outage_minutes),
			cell_plain_number(is_placed ? plan->begin_minutes[i] : NAN),
			cell_plain_number(task->bytes), cell_bool(is_chain));
	}
}

void handover_waves(struct document *document, const struct handover *h)
{
	if (h->waves)
		add_order_page(document, h->waves);
}

void handover_waves_sheet(struct document *document, const struct handover *h)
{
	if (h->waves)
		add_order_sheet(document, h->waves);
}
