/*
 * The waves of a migration as a document: who moves when, what holds it up.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_WAVES_DOCUMENT_H
#define ANALYZE_REPORT_WAVES_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/migrate/wave_rules.h"

/* All borrowed while the document is made. */
struct waves_view {
	const struct wave_request *request;
	const struct wave_plan *plan;
	size_t source_count;   /* moves away from a host of the plan itself */
	const char *unchecked; /* why their states were not checked; NULL: they were */
};

/* The whole answer; the caller's to document_free, NULL is out of memory. */
struct document *waves_document(const struct waves_view *view);

/* The sentences, tables and the chart alone, as a part of another document; in: for which
 * formats (analyze/document/document.h). */
void waves_sentences(struct document *document, const struct waves_view *view);
void waves_tables(
	struct document *document, const struct waves_view *view, unsigned in);

/*
 * waves_gantt - wave behind wave, a row for each workload: transfer, restore, disks, tests
 *
 * Of at most WAVES_GANTT_MAX workloads.  NULL: nothing moves, or nobody knows for how long.
 */
#define WAVES_GANTT_MAX 3000
const struct chart *waves_gantt(
	struct document *document, const struct waves_view *view);

/* Room in the given array for the labels of a cycle: "a waits for b, b waits for a". */
void waves_cycle_text(const struct wave_request *request, const size_t *cycle,
	size_t count, char *ret_text, size_t size);

#endif
