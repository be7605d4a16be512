/*
 * What goes through the pipes of an engine's answer:
 *
 *	analyze --request--> headroom-fetch --frames--> decoder --messages--> analyze
 *
 * headroom-fetch alone talks to the network and sees the secrets; the decoder, a confined
 * child, alone sees the server's bytes; analyze gets labels and samples, and checks them.
 */
#ifndef ANALYZE_ENGINE_ENGINE_WIRE_H
#define ANALYZE_ENGINE_ENGINE_WIRE_H

#include <stdint.h>

#define FETCH_MAGIC 0x48524631u
/* A request has room in a pipe, so that nobody waits for the other. */
#define FETCH_TEXT_MAX 49152
#define FETCH_FRAME_MAX ((uint32_t)128 << 10)

enum fetch_kind {
	FETCH_GET, /* texts: url */
	FETCH_READ, /* remote read; texts: url, then type, name and value of each matcher */
};

/* What the decoder makes of the answer. */
enum fetch_answer {
	ANSWER_CHUNKS, /* streamed chunks of remote read */
	ANSWER_SERIES, /* JSON: a matrix, or lines of /api/v1/export */
	ANSWER_NAMES,  /* JSON: a list of texts */
};

struct fetch_request {
	uint32_t magic;
	uint32_t kind, answer;
	uint32_t texts;         /* bytes; each text ends with NUL */
	int64_t from_ms, to_ms; /* both are in */
	uint64_t bytes_max;     /* of the answer */
};

enum frame_kind {
	FRAME_BEGIN, /* struct frame_begin */
	FRAME_BYTES,
	FRAME_END,
	FRAME_FAILED, /* struct frame_failed, then the text without NUL */
};

struct fetch_frame {
	uint32_t kind, length;
};

struct frame_begin {
	uint32_t answer, spare;
	int64_t from_ms, to_ms;
};

struct frame_failed {
	int32_t code; /* a negative errno */
	uint32_t status;
};

enum engine_message_kind {
	ENGINE_SERIES, /* the labels, each with its NUL, in the order of enum engine_label */
	ENGINE_SAMPLES, /* of struct engine_sample */
	ENGINE_NAME,    /* a text without NUL */
	ENGINE_END,     /* of the answer */
	ENGINE_FAILED, /* struct frame_failed and its text: the end of the answer, too */
	ENGINE_MESSAGES,
};

struct engine_message {
	uint32_t kind, length;
};

#endif
