/*
 * The options of verbs that read from a server.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_VERBS_ENGINE_OPTIONS_H
#define ANALYZE_VERBS_ENGINE_OPTIONS_H

#include "analyze/console/verb.h"
#include "analyze/engine/engine.h"

/* Rows of a verb's list of options. */
/* clang-format off */
#define ENGINE_OPTIONS \
	{ "fetch", "WAY", "from a server by: read, export or query (auto)" }, \
	{ "cacert", "FILE", "the authority that a server's certificate is of" }, \
	{ "user", "NAME", "of a server that asks for a password" }, \
	{ "password-file", "FILE", "its password, on the first line" }, \
	{ "token-file", "FILE", "a bearer token for a server, on the first line" }
/* Of verbs that may read an engine instead of the archives. */
#define SOURCE_OPTIONS \
	{ "source", "URL", "an engine that collectord-sender writes to, instead of the store" }, \
	ENGINE_OPTIONS
/* clang-format on */

int engine_options_take(const struct context *context, const char *url,
	struct engine_options *ret_options, struct err *err);

#endif
