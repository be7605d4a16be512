/* Whole messages over the pipes to and from analyze. */
#ifndef ANALYZE_SOLVER_MESSAGE_H
#define ANALYZE_SOLVER_MESSAGE_H

#include "analyze/packing/wire.h"

/* The next message; -ENODATA when the other side has closed, -EPROTO, -ENOMEM.  The
 * payload is freed by the caller. */
int message_read(int from, struct wire_head *ret_head, char **ret_payload);

/* -EPIPE when the other side is gone, or another negative errno of write. */
int message_send_bytes(
	int out, enum wire_kind kind, const void *payload, size_t length);
int message_send(int out, enum wire_kind kind, const struct strbuf *payload);

#endif
