/* A source that gives its bytes in small pieces: readers must not count on more. */
#ifndef TESTS_UNIT_IMPORT_TRICKLE_H
#define TESTS_UNIT_IMPORT_TRICKLE_H

#include "analyze/import/readers/bytes.h"

#include <stddef.h>
#include <string.h>

struct trickle {
	const char *at;
	size_t left, piece;
};

static inline int trickle_read(
	void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	struct trickle *trickle = data;
	size_t got = trickle->piece < trickle->left ? trickle->piece : trickle->left;

	(void)err;
	got = got < size ? got : size;
	memcpy(to, trickle->at, got);
	trickle->at += got;
	trickle->left -= got;
	*ret_got = got;
	return 0;
}

static const struct bytes_origin trickle_origin = { .read = trickle_read };

#endif
