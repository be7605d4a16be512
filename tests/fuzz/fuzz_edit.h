/*
 * What targets of our own files begin with: a whole file that is edited, or any bytes.
 *
 * An edit is a place (two bytes), a length and so many bytes that stand there instead.  A
 * few bytes of input so reach what lies behind a hundred right ones.
 */
#ifndef TESTS_FUZZ_FUZZ_EDIT_H
#define TESTS_FUZZ_FUZZ_EDIT_H

#include "common/err.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What is left of an input. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/* The next byte; 0 at the end. */
static inline unsigned fuzz_byte(struct fuzz_input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

/* The next 8 bytes as a number, those that are missing 0. */
static inline uint64_t fuzz_number(struct fuzz_input *input)
{
	uint64_t number = 0;
	size_t length = input->left < sizeof(number) ? input->left : sizeof(number);

	if (length)
		memcpy(&number, input->at, length);
	input->at += length;
	input->left -= length;
	return number;
}

/*
 * At most `most` edits of the bytes; returns how many there are then.  A length byte says:
 * 1 to 8 bytes by its lower three bits; 0x80: the file ends at that place.
 */
static inline size_t fuzz_edit(
	struct fuzz_input *input, void *bytes, size_t size, unsigned most)
{
	for (unsigned i = 0; i < most && input->left > 3 && size > 0; i++) {
		size_t place = fuzz_byte(input);
		unsigned word;

		place = (place | (size_t)fuzz_byte(input) << 8) % size;
		word = fuzz_byte(input);
		if (word & 0x80) {
			size = place;
			continue;
		}
		for (unsigned n = 0; n <= (word & 7) && place + n < size; n++)
			((uint8_t *)bytes)[place + n] = (uint8_t)fuzz_byte(input);
	}
	return size;
}

/* A refusal says why, in one line that a terminal can show. */
static inline void fuzz_refusal(const struct err *err)
{
	if (!*err->text)
		abort();
	for (const char *p = err->text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			abort();
}

#endif
