/*
 * An engine that collectord-sender wrote to, as the second source of an estate (DESIGN of
 * the series: docs/engine/README.md).  Facts, reviews and plans stay in the store.
 */
#ifndef ANALYZE_ESTATE_ENGINE_SOURCE_H
#define ANALYZE_ESTATE_ENGINE_SOURCE_H

#include "analyze/engine/engine.h"
#include "analyze/estate/source.h"

/* How far back it is asked where nobody says since when: as far as the store keeps 60 s. */
#define ENGINE_DAYS 91

struct store; /* store/store.h */

struct engine_source_request { /* all borrowed */
	struct engine_options engine;
	bool is_pushed_down; /* figures by queries, where that is possible */
};

/*
 * engine_source_open - connections, one for each thread of load_each
 *
 * request  struct engine_source_request (an estate opens it without knowing what it is)
 * hub  for the windows that are excluded; it outlives the source
 *
 * Returns 0, and a source that is the caller's until its close, by the thread that opened
 * it; else a negative errno with the reason as engine_open has it.
 */
int engine_source_open(const void *request, struct store *hub, int64_t now,
	struct series_source **ret_source, struct err *err);

#endif
