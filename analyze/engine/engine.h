/*
 * An engine that holds series - Prometheus, VictoriaMetrics, and what speaks as they do -
 * as something to read from.  The network is another program's (headroom-fetch); what the
 * server answers is decoded in a confined child; here are labels and samples, checked.
 *
 *	r = engine_open(&options, &engine, err);
 *	r = engine_ask_series(engine, &selector, from_ms, to_ms, err);
 *	while (r == 0 && (r = engine_next(engine, &item, err)) > 0)
 *		... item.kind ...                        0: the end of the answer
 *	engine_close(engine);
 */
#ifndef ANALYZE_ENGINE_ENGINE_H
#define ANALYZE_ENGINE_ENGINE_H

#include "analyze/engine/samples.h"
#include "analyze/engine/selector.h"
#include "common/err.h"

#include <stdbool.h>

/* How samples are had, best first. */
enum engine_way {
	ENGINE_ANY,    /* the first that the server has */
	ENGINE_READ,   /* remote read with streamed chunks (Prometheus) */
	ENGINE_EXPORT, /* /api/v1/export (VictoriaMetrics) */
	ENGINE_QUERY,  /* range selectors of /api/v1/query, a day at a time */
};

/* All borrowed, as the person gave them; paths of files, never secrets. */
struct engine_options {
	const char *url; /* of the server, with the prefix of its API, if it has one */
	const char *ca_file, *user, *password_file, *token_file;
	enum engine_way way;
};

struct engine_link; /* opaque */

/*
 * engine_open - start what reads, and find out what the server has
 *
 * -EINVAL for what is no URL, or one with a password in it; -ENOENT without
 * headroom-fetch; what else the server refuses has its reason in the text.
 */
int engine_open(const struct engine_options *options, struct engine_link **ret_engine,
	struct err *err);
void engine_close(struct engine_link *engine); /* NULL is a no-op */

enum engine_way engine_way(const struct engine_link *engine);
const char *engine_way_name(enum engine_way way);
const char *engine_way_text(enum engine_way way); /* for people */
/* ENGINE_ANY for "auto", and -1 for none of them. */
int engine_way_find(const char *name);
/* What an answer of this way may span: a longer time is asked in pieces. */
int64_t engine_span_ms(const struct engine_link *engine);

enum engine_item_kind { ITEM_SERIES, ITEM_SAMPLES, ITEM_NAME };

struct engine_item {
	enum engine_item_kind kind;
	const struct engine_labels *labels; /* of ITEM_SERIES; until the next call */
	const struct engine_sample *sample; /* stamps of 1971 to 2100 */
	size_t count;
	const char *name; /* UTF-8 without control characters */
};

/* Each of these begins an answer, which must be read to its end (or to its failure). */
int engine_ask_series(struct engine_link *engine, const struct selector *selector,
	int64_t from_ms, int64_t to_ms, struct err *err);
/* The values of a label of the series that a selector names. */
int engine_ask_names(struct engine_link *engine, const char *label,
	const struct selector *selector, int64_t from_ms, int64_t to_ms,
	struct err *err);
/* The answer of a query at a moment: a vector, or a matrix. */
int engine_ask_query(
	struct engine_link *engine, const char *query, int64_t at_ms, struct err *err);

/* 1: an item; 0: the end of the answer; a negative errno, which ends it, too. */
int engine_next(
	struct engine_link *engine, struct engine_item *ret_item, struct err *err);
/* What is left of an answer is of no interest. */
void engine_skip(struct engine_link *engine);

/* Bytes of samples that came so far. */
uint64_t engine_samples(const struct engine_link *engine);

#endif
