/* 64-bit words and arrays of them; every count is checked. */
#include "analyze/packing/wire_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void wire_put_word(struct strbuf *out, uint64_t word)
{
	strbuf_add_bytes(out, (const char *)&word, sizeof(word));
}

void wire_put_bytes(struct strbuf *out, const void *bytes, size_t count)
{
	wire_put_word(out, count);
	if (count)
		strbuf_add_bytes(out, bytes, count);
}

uint64_t wire_get_word(struct wire_reader *reader)
{
	uint64_t word = 0;

	if ((size_t)(reader->end - reader->at) < sizeof(word)) {
		reader->error = -EPROTO;
		return 0;
	}
	memcpy(&word, reader->at, sizeof(word));
	reader->at += sizeof(word);
	return word;
}

void *wire_get_bytes(struct wire_reader *reader, size_t count)
{
	uint64_t length = wire_get_word(reader);
	void *copy = NULL;

	if (reader->error)
		return NULL;
	if (length != count || (size_t)(reader->end - reader->at) < length) {
		reader->error = -EPROTO;
		return NULL;
	}
	copy = malloc(count + 8);
	if (!copy) {
		reader->error = -ENOMEM;
		return NULL;
	}
	memcpy(copy, reader->at, count);
	reader->at += count;
	return copy;
}
