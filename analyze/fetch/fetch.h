/*
 * One request to an engine; its answer goes to standard output as frames.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_FETCH_FETCH_H
#define ANALYZE_FETCH_FETCH_H

#include "analyze/engine/engine_wire.h"
#include "common/err.h"
#include "common/strbuf.h"

#include <curl/curl.h>
#include <stdbool.h>

/* Paths, never secrets: they stand on a command line.  NULL: none. */
struct fetch_access {
	const char *ca_file;
	const char *user;          /* of basic authentication */
	const char *password_file; /* its first line */
	const char *token_file;    /* bearer token, its first line */
};

struct fetch {
	struct fetch_access access;
	CURL *easy;
	int to; /* frames */
};

/*
 * fetch_answer - do what a request asks for
 *
 * texts  request->texts bytes, checked: each text ends with NUL
 *
 * A failure of the server is told in a frame; a negative errno: nobody reads the frames.
 */
int fetch_answer(
	struct fetch *fetch, const struct fetch_request *request, const char *texts);

/* The body of a remote read: a ReadRequest in the block format of snappy. */
int fetch_read_body(const struct fetch_request *request, const char *texts,
	struct strbuf *out, struct err *err);

#endif
