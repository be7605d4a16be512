/* A checksum of bytes: finds torn writes and flipped bits, no adversary. */
#ifndef STORE_RRD_CHECKSUM_H
#define STORE_RRD_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CHECKSUM_SEED 0x9e3779b97f4a7c15u

/* 8 bytes a step, multiply and mix.  Blocks whose sizes are multiples of 8 may follow
 * each other: the sum of one is the seed of the next. */
static inline uint64_t checksum_add(uint64_t sum, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		uint64_t word = 0;
		size_t now = size < sizeof(word) ? size : sizeof(word);

		memcpy(&word, at, now);
		sum = (sum ^ word) * 0xbf58476d1ce4e5b9u;
		sum ^= sum >> 29;
		at += now;
		size -= now;
	}
	return sum;
}

#endif
