/* What `analyze first-look` prints: parts, peaks of a store, and what other verbs say. */
#include "analyze/verbs/first_look.h"

#include "analyze/document/writer.h"
#include "analyze/estate/load.h"
#include "analyze/report/first_look_document.h"
#include "analyze/verbs/screen.h"
#include "common/program_run.h"
#include "common/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int first_look_print(const struct first_look *look, const char *title, const char *text,
	struct err *err)
{
	return document_print(first_look_part(title, text), look->context, err);
}

struct by_memory {
	size_t index;
	double peak;
};

static int by_peak(const void *a, const void *b)
{
	const struct by_memory *first = a, *second = b;

	return first->peak > second->peak      ? -1
		: first->peak < second->peak   ? 1
		: first->index < second->index ? -1
					       : 1;
}

/* The largest by memory of many, the largest first; as many as there is room for. */
static int choose_largest(const struct workload *const *chosen,
	const struct workload_peaks *peaks, size_t count, size_t most,
	const struct workload **ret_chosen, struct workload_judgement *ret_judged,
	struct err *err)
{
	struct by_memory *order = calloc(count + 1, sizeof(*order));

	if (!order)
		return err_oom(err);
	for (size_t i = 0; i < count; i++)
		order[i] = (struct by_memory){ i,
			peaks[i].resource[RESOURCE_MEMORY].peak };
	qsort(order, count, sizeof(*order), by_peak);
	for (size_t i = 0; i < most && i < count; i++) {
		ret_chosen[i] = chosen[order[i].index];
		ret_judged[i].peaks = peaks[order[i].index];
	}
	free(order);
	return 0;
}

static int print_peaks(const struct context *context, enum peaks_view view,
	const struct workload *const *chosen, const struct workload_peaks *peaks,
	size_t count, struct err *err)
{
	struct workload_judgement judged[FIRST_LOOK_ROWS] = { { .peaks.to = 0 } };
	const struct workload *largest[FIRST_LOOK_ROWS];
	struct peaks_request request = { .view = view,
		.workload = largest,
		.judged = judged,
		.count = count < FIRST_LOOK_ROWS ? count : FIRST_LOOK_ROWS };
	int r = choose_largest(
		chosen, peaks, count, FIRST_LOOK_ROWS, largest, judged, err);

	return r < 0 ? r : document_print(peaks_document(&request), context, err);
}

int first_look_peaks(const struct context *context, const char *dir, int64_t since,
	enum peaks_view view, struct err *err)
{
	struct workload_peaks *peaks = NULL;
	struct screen screen;
	struct estate_request request = screen_request(&screen, context, 0, 0);
	struct estate estate;
	int r;

	request.data_dir = dir;
	request.span = (struct load_request){ .has_since = since != 0, .since = since };
	r = estate_open(&request, &estate, err);
	if (r < 0)
		return r;
	r = load_peaks_of(&estate, &peaks, err);
	if (r == 0)
		r = print_peaks(context, view, estate.chosen, peaks, estate.count, err);
	free(peaks);
	estate_close(&estate);
	return r;
}

static int print_lines(const struct first_look *look, const char *title,
	const char *text, const char *end, struct err *err)
{
	char *some = strndup(text, (size_t)(end - text));
	int r = some ? first_look_print(look, title, some, err) : err_oom(err);

	free(some);
	return r;
}

/* Behind so many lines of a text. */
static const char *behind_lines(const char *text, size_t lines)
{
	for (; lines > 0 && *text; lines--)
		text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n');
	return text;
}

static const char *last_paragraph(const char *text)
{
	const char *begin = text;

	for (const char *gap = strstr(text, "\n\n"); gap; gap = strstr(gap + 1, "\n\n"))
		begin = gap + 2;
	return begin;
}

int first_look_say(const struct first_look *look, const char *title,
	const char *const *words, size_t count, int lines, struct err *err)
{
	char program[PATH_MAX + 16], text[12][PATH_MAX + 64];
	char *argv[14] = { program };
	struct strbuf output;
	const char *begin, *end;
	int code = 0, r;

	(void)snprintf(
		program, sizeof(program), "%s/analyze", look->context->program_dir);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%s", words[i]);
		argv[i + 1] = text[i];
	}
	strbuf_init(&output, (size_t)1 << 20);
	r = program_read(argv, &output, &code, err);
	begin = strbuf_text(&output);
	if (lines < 0)
		begin = last_paragraph(begin);
	end = lines < 0 ? begin + strlen(begin) : behind_lines(begin, (size_t)lines);
	if (r == 0)
		r = title ? print_lines(look, title, begin, end, err) : 0;
	strbuf_done(&output);
	return r;
}
