/*
 * What analyze asks of headroom-solver in one session, question by question: a small
 * integer programme, shares of units over host types, fillings of a given set of hosts.
 *
 * Encoding is 0 or -ENOMEM, decoding also -EPROTO for bytes that say something else;
 * what was decoded owns its memory.
 */
#ifndef ANALYZE_PACKING_WIRE_TASK_H
#define ANALYZE_PACKING_WIRE_TASK_H

#include "analyze/packing/mip.h"
#include "analyze/packing/wire.h"

/* WIRE_MIP */
struct wire_mip {
	double seconds;
	uint64_t node_limit;
	int64_t step;   /* costs of solutions differ by multiples of it */
	int64_t cutoff; /* solutions of this cost and more are of no interest */
	struct mip mip; /* owned after decoding */
};

/* The rows and columns of mip go with it. */
int wire_encode_mip(const struct wire_mip *task, struct strbuf *out);
int wire_decode_mip(const void *payload, size_t length, struct wire_mip *ret_task);

/* WIRE_MIP_ANSWER */
struct wire_mip_answer {
	int64_t *y; /* [column]; NULL: none found; owned after decoding */
	size_t column_count;
	struct mip_proof proof; /* owned after decoding */
};

/* y and proof may be empty: none was found. */
int wire_encode_mip_answer(const struct wire_mip_answer *answer, struct strbuf *out);
int wire_decode_mip_answer(const void *payload, size_t length, size_t column_count,
	struct wire_mip_answer *ret_answer);
void wire_mip_answer_done(struct wire_mip_answer *answer);

/* WIRE_ASSIGN: which share of a unit of one environment on hosts of which type */
struct wire_assign {
	double seconds;
	uint64_t environment;
	int64_t *count; /* [type] hosts of the mix; owned after decoding */
	double *scale;  /* [row] >= 1, how much sizes count; owned after decoding */
};

/* model: the one that both sides have. */
int wire_encode_assign(
	const struct wire_assign *task, const struct model *model, struct strbuf *out);
int wire_decode_assign(const void *payload, size_t length, const struct model *model,
	struct wire_assign *ret_task);
void wire_assign_done(struct wire_assign *task);

/* WIRE_ASSIGN_ANSWER */
struct wire_assign_answer {
	double fill;        /* of the fullest type and row; over 1: impossible */
	double *multiplier; /* [type][row] >= 0, prices that say so; owned */
	size_t *type_of;    /* [unit] where most of it is; PACKING_NONE; owned */
};

/* model: the one that both sides have. */
int wire_encode_assign_answer(const struct wire_assign_answer *answer,
	const struct model *model, struct strbuf *out);
int wire_decode_assign_answer(const void *payload, size_t length,
	const struct model *model, struct wire_assign_answer *ret_answer);
void wire_assign_answer_done(struct wire_assign_answer *answer);

/* WIRE_FILL: fillings for these hosts, and the units of one environment; answered by
 * prices, placements, WIRE_DONE; after each placement WIRE_GO or WIRE_STOP is awaited,
 * so that what comes next does not depend on who is faster */
struct wire_fill {
	double seconds;
	uint64_t environment;
	uint64_t is_free; /* counts are limits, costs decide; else exactly these */
	int64_t *count;   /* [environment][type]; owned after decoding */
};

/* cells: environments times types of the model. */
int wire_encode_fill(const struct wire_fill *task, size_t cells, struct strbuf *out);
int wire_decode_fill(
	const void *payload, size_t length, size_t cells, struct wire_fill *ret_task);

#endif
