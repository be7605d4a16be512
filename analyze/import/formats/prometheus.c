/*
 * Answers of Prometheus and VictoriaMetrics (`query` with a range selector, `query_range`,
 * `/api/v1/export`) as files.  Text expositions give facts: one scrape is no series.
 */
#include "analyze/import/formats/prometheus.h"

#include "analyze/engine/answers.h"
#include "analyze/import/formats/prometheus_series.h"

#include <string.h>

struct prom_file {
	struct answer_sink sink; /* first: the sink is the file */
	struct prom_mapper *mapper;
};

static int file_series(
	struct answer_sink *sink, const struct engine_labels *labels, struct err *err)
{
	(void)err;
	return prom_mapper_series(((struct prom_file *)sink)->mapper, labels);
}

static int file_samples(struct answer_sink *sink, const struct engine_sample *sample,
	size_t count, struct err *err)
{
	(void)err;
	return prom_mapper_samples(((struct prom_file *)sink)->mapper, sample, count);
}

static int read_prom_json(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct prom_file file = { .sink = { .series = file_series,
					  .samples = file_samples } };
	int r = prom_mapper_new(source, sink, &file.mapper, err);

	if (r >= 0)
		r = answer_read_series(source->bytes, &file.sink, err);
	if (r >= 0)
		r = prom_mapper_end(file.mapper);
	if (sink->account)
		sink->account->unknown += file.sink.unknown;
	prom_mapper_free(file.mapper);
	return r;
}

/* ---- whose file is it ----------------------------------------------------------------------------- */

static bool head_has(const struct import_head *head, const char *text)
{
	return memmem(head->text, head->length, text, strlen(text)) != NULL;
}

/* What a server sends, and what jq and others make of it: blanks do not count. */
static bool begins_as(const struct import_head *head, const char *text)
{
	size_t at = 0;

	for (; *text; text++, at++) {
		while (at < head->length && strchr(" \t\r\n", head->text[at]) &&
			head->text[at])
			at++;
		if (at == head->length || head->text[at] != *text)
			return false;
	}
	return true;
}

static bool is_prom_json(const struct import_head *head)
{
	return begins_as(head, "{\"status\":\"success\"") ||
		begins_as(head, "{\"status\":\"error\"") ||
		begins_as(head, "{\"metric\":{");
}

static int prometheus_recognise(const struct import_head *head)
{
	if (is_prom_json(head))
		return IMPORT_SURE;
	return (head_has(head, "# TYPE ") || head_has(head, "# HELP ")) &&
			(head_has(head, "\nnode_") || head_has(head, "\nwindows_") ||
				head_has(head, "\nvmware_vm_") ||
				head_has(head, "\ngo_gc_"))
		? IMPORT_LIKELY
		: IMPORT_NOT_MINE;
}

static int prometheus_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct import_head head = { .path = source->path };
	int r = bytes_head(source->bytes, &head.text, &head.length, err);

	if (r < 0)
		return r;
	return is_prom_json(&head) ? read_prom_json(source, sink, err)
				   : prometheus_read_exposition(source, sink, err);
}

const struct importer prometheus_importer = {
	.is_confined = true,
	.name = "prometheus",
	.help = "answers of Prometheus and VictoriaMetrics as JSON; scrapes (facts)",
	.example = "analyze import prometheus matrix.json",
	.recognise = prometheus_recognise,
	.read = prometheus_read,
};
