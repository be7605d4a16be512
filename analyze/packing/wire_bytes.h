/* The words and arrays that payloads of wire messages are made of. */
#ifndef ANALYZE_PACKING_WIRE_BYTES_H
#define ANALYZE_PACKING_WIRE_BYTES_H

#include "common/strbuf.h"

#include <stdint.h>

void wire_put_word(struct strbuf *out, uint64_t word);
/* An array, with its length in bytes before it. */
void wire_put_bytes(struct strbuf *out, const void *bytes, size_t count);

/* What is read from; the first failure stays in error and all later reads give 0. */
struct wire_reader {
	const unsigned char *at, *end;
	int error; /* 0, -EPROTO or -ENOMEM */
};

uint64_t wire_get_word(struct wire_reader *reader);
/* A copy of the next array, which must have exactly this many bytes; freed by the
 * caller; NULL after a failure. */
void *wire_get_bytes(struct wire_reader *reader, size_t count);

#endif
