/*
 * What analyze and headroom-solver say to each other over a pipe: numbered messages
 * with length and checksum.  Both ends are of one build on one machine, so numbers
 * are in its byte order; whatever arrives is checked as if it were hostile, since a
 * child may die in the middle of a word.
 */
#ifndef ANALYZE_PACKING_WIRE_H
#define ANALYZE_PACKING_WIRE_H

#include "analyze/packing/model.h"
#include "common/strbuf.h"

enum wire_kind {
	WIRE_REQUEST = 1, /* analyze: the model, limits, the best placement so far */
	WIRE_PLACEMENT,   /* solver: hosts and where each unit goes */
	WIRE_PRICES,      /* solver: a price per unit, from which a bound follows */
	WIRE_DONE,        /* solver: the end, with a word on how it went */
	WIRE_SESSION,     /* analyze: the model for the questions of wire_task.h */
	WIRE_MIP,         /* analyze: a small integer programme */
	WIRE_MIP_ANSWER,  /* solver: a solution, and the division that proves a bound */
	WIRE_ASSIGN,      /* analyze: shares of units over types, for a set of hosts */
	WIRE_ASSIGN_ANSWER,
	WIRE_FILL, /* analyze: fillings for a set of hosts */
	WIRE_GO,   /* analyze: more of them */
	WIRE_STOP, /* analyze: enough of them, WIRE_DONE is awaited */
	WIRE_WALK, /* solver: the hosts do not do, as fill_tree.h says it */
	WIRE_KINDS,
};

#define WIRE_PAYLOAD_MAX ((size_t)1 << 30)

struct wire_request {
	uint64_t seed;
	double time_limit_s;
	int64_t bound;      /* hosts */
	int64_t value;      /* of the best packing; INT64_MAX: none */
	struct model model; /* owned after decoding */
	size_t *host_of; /* [unit] of the best packing, PACKING_NONE; owned after decoding */
};

struct wire_placement {
	size_t host_count;
	size_t *host_type; /* owned */
	size_t *host_of;   /* owned; [unit] */
};

/* Frames a payload: 32 bytes of head, then the bytes. */
struct wire_head {
	uint64_t magic;
	uint64_t kind;
	uint64_t length;
	uint64_t checksum;
};

void wire_head_make(struct wire_head *head, enum wire_kind kind, const void *payload,
	size_t length);
/* -EPROTO for a head that is none, or too long. */
int wire_head_check(const struct wire_head *head);
/* -EPROTO when the bytes are not those that were sent. */
int wire_payload_check(const struct wire_head *head, const void *payload);

/* What goes over the pipe: encoding is -ENOMEM at most, decoding -EPROTO for bytes
 * that say something else than such a thing, -ENOMEM. What was decoded owns its
 * memory: ..._done. */
int wire_encode_request(const struct wire_request *request, struct strbuf *out);
int wire_decode_request(
	const void *payload, size_t length, struct wire_request *ret_request);
void wire_request_done(struct wire_request *request);

/* Likewise. Returns 0, -ENOMEM or -EPROTO. */
int wire_encode_placement(
	const struct wire_placement *placement, size_t unit_count, struct strbuf *out);
int wire_decode_placement(const void *payload, size_t length, const struct model *model,
	struct wire_placement *ret_placement);
void wire_placement_done(struct wire_placement *placement);

#endif
