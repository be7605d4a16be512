/* The waves as bars, one axis of minutes: the time between the waves is left out. */
#include "analyze/report/waves_document.h"

#include "common/timefmt.h"

#include <math.h>
#include <stdlib.h>

#define BARS_EACH 4
#define LABELS 4

enum tone {
	TONE_TRANSFER,
	TONE_TESTS,
	TONE_RESTORE,
	TONE_CHAIN,
	TONE_WAVE,
	TONE_DISKS
};

struct gantt {
	struct document *document;
	const struct waves_view *view;
	struct chart_bar *bar;
	size_t count;
	double before; /* minutes of the waves before this one */
};

static void put_bar(struct gantt *gantt, const char *name, const char *hint,
	double begin, double minutes, enum tone tone)
{
	gantt->bar[gantt->count++] = (struct chart_bar){ .name = name,
		.hint = hint,
		.begin = gantt->before + begin,
		.length = minutes,
		.tone = tone };
}

static bool is_on_chain(const struct wave_plan *plan, size_t item)
{
	for (size_t i = 0; plan->critical_count > 1 && i < plan->critical_count; i++) {
		if (plan->critical[i] == item)
			return true;
	}
	return false;
}

static void put_wave(struct gantt *gantt, size_t number)
{
	const struct wave_request *request = gantt->view->request;
	const struct wave *wave = &gantt->view->plan->wave[number];
	char text[TIME_TEXT_SIZE];
	const char *starts = "";

	if (wave->window != WAVE_NONE)
		starts = doc_keep(gantt->document, ", %s",
			time_text_short(request->window[wave->window].starts, text));
	put_bar(gantt,
		doc_keep(gantt->document, "wave %zu%s", number + 1,
			starts ? starts : ""),
		doc_keep(gantt->document, "%.0f minutes", wave->minutes), 0,
		wave->minutes, TONE_WAVE);
}

/* Its outage in parts, one behind the other. */
static void put_item(struct gantt *gantt, size_t item)
{
	const struct wave_task *task = &gantt->view->request->task[item];
	bool is_chain = is_on_chain(gantt->view->plan, item);
	const struct {
		const char *what;
		double minutes;
		enum tone tone;
	} parts[BARS_EACH] = {
		{ is_chain ? "transfer (of the longest chain)" : "transfer",
			wave_planned_minutes(task->minutes_planned),
			is_chain ? TONE_CHAIN : TONE_TRANSFER },
		{ "restore from the image store",
			wave_planned_minutes(task->restore_minutes), TONE_RESTORE },
		{ "making of disks", wave_planned_minutes(task->initialise_minutes),
			TONE_DISKS },
		{ "tests", task->completion_minutes, TONE_TESTS },
	};
	double begin = gantt->view->plan->begin_minutes[item];

	for (size_t i = 0; i < BARS_EACH; i++) {
		put_bar(gantt, i ? NULL : task->label,
			doc_keep(gantt->document, "%s, %.0f minutes", parts[i].what,
				parts[i].minutes),
			begin, parts[i].minutes, parts[i].tone);
		begin += parts[i].minutes;
	}
}

/* Tasks of a wave behind each other in the order in which they begin. */
static void put_all(struct gantt *gantt)
{
	const struct wave_plan *plan = gantt->view->plan;
	size_t shown = 0;

	for (size_t w = 0; w < plan->wave_count; w++) {
		if (isnan(plan->wave[w].minutes) || isinf(plan->wave[w].minutes))
			continue;
		put_wave(gantt, w);
		for (size_t i = 0; i < gantt->view->request->task_count; i++) {
			if (plan->wave_of[i] == w && shown++ < WAVES_GANTT_MAX)
				put_item(gantt, i);
		}
		gantt->before += plan->wave[w].minutes;
	}
}

const struct chart *waves_gantt(
	struct document *document, const struct waves_view *view)
{
	size_t tasks = view->request->task_count;
	struct gantt gantt = { .document = document,
		.view = view,
		.bar = calloc((BARS_EACH + 1) * tasks + 1, sizeof(*gantt.bar)) };
	const char *labels[LABELS];
	struct chart chart = { .kind = CHART_BARS,
		.title =
			"Minutes: transfer blue (longest chain violet), restore green, "
			"disks red, tests orange",
		.limit = NAN,
		.label = labels,
		.label_count = LABELS };
	const struct chart *kept = NULL;

	if (gantt.bar)
		put_all(&gantt);
	if (gantt.count && gantt.before > 0) {
		chart.bar = gantt.bar;
		chart.bar_count = gantt.count;
		chart.span = gantt.before;
		for (size_t i = 0; i < LABELS; i++)
			labels[i] = doc_keep(document, "%.0f min",
				gantt.before * (double)i / LABELS);
		kept = chart_keep(document, &chart);
	}
	free(gantt.bar);
	return kept;
}
