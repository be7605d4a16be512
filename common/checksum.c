/* A fast 64-bit checksum for records that a crash or a stray write may damage. */
#include "common/checksum.h"

#include "common/each_tick.h"

#include <string.h>

#define PRIME_1 0x9e3779b185ebca87u
#define PRIME_2 0xc2b2ae3d27d4eb4fu
#define PRIME_3 0x165667b19e3779f9u

static uint64_t rotate(uint64_t x, unsigned by)
{
	return (x << by) | (x >> (64 - by));
}

static uint64_t load64(const unsigned char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static uint64_t mix(uint64_t lane, uint64_t word)
{
	return rotate(lane + word * PRIME_2, 31) * PRIME_1;
}

static uint64_t avalanche(uint64_t x)
{
	x = (x ^ (x >> 33)) * PRIME_2;
	x = (x ^ (x >> 29)) * PRIME_3;
	return x ^ (x >> 32);
}

EACH_TICK uint64_t checksum64(const void *data, size_t count, uint64_t seed)
{
	const unsigned char *bytes = data;
	uint64_t lane[4] = { seed + PRIME_1, seed ^ PRIME_2, seed + PRIME_3, seed };
	uint64_t sum = count * PRIME_3;
	unsigned char rest[8] = { 0 };

	for (; count >= 32; bytes += 32, count -= 32)
		for (unsigned i = 0; i < 4; i++)
			lane[i] = mix(lane[i], load64(bytes + (size_t)8 * i));
	for (unsigned i = 0; i < 4; i++)
		sum = mix(sum, lane[i]);
	for (; count >= 8; bytes += 8, count -= 8)
		sum = mix(sum, load64(bytes));
	if (count > 0) {
		memcpy(rest, bytes, count);
		sum = mix(sum, load64(rest));
	}
	return avalanche(sum);
}
