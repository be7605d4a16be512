#include "analyze/engine/xor_chunk.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Bits from the highest of each byte on; the buffer holds the next ones at its top. */
struct chunk_bits {
	const uint8_t *at, *end;
	uint64_t buffer;
	unsigned count;
	bool is_short; /* more was asked for than there is */
};

static void bits_refill(struct chunk_bits *bits)
{
	if (bits->end - bits->at >= 8) {
		unsigned bytes = (63 - bits->count) >> 3;
		uint64_t next;

		memcpy(&next, bits->at, sizeof(next));
		next = __builtin_bswap64(next);
		/* what is put in beyond the whole bytes is put in again next time */
		bits->buffer |= next >> bits->count;
		bits->at += bytes;
		bits->count += bytes * 8;
		return;
	}
	while (bits->count <= 56 && bits->at < bits->end) {
		bits->buffer |= (uint64_t)*bits->at++ << (56 - bits->count);
		bits->count += 8;
	}
}

/* 1 to 32 bits. */
static uint64_t bits_take(struct chunk_bits *bits, unsigned width)
{
	uint64_t value;

	if (bits->count < width)
		bits_refill(bits);
	if (bits->count < width) {
		bits->is_short = true;
		return 0;
	}
	value = bits->buffer >> (64 - width);
	bits->buffer <<= width;
	bits->count -= width;
	return value;
}

static uint64_t bits_take_long(struct chunk_bits *bits, unsigned width)
{
	uint64_t high = 0;

	if (width > 32) {
		high = bits_take(bits, width - 32);
		width = 32;
	}
	return high << width | (width ? bits_take(bits, width) : 0);
}

static uint64_t bits_varint(struct chunk_bits *bits)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint64_t byte = bits_take(bits, 8);

		value |= (byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	bits->is_short = true;
	return 0;
}

/* The difference of differences: 0, 14, 17, 20 or 64 bits behind a prefix. */
static int64_t bits_difference(struct chunk_bits *bits)
{
	static const unsigned widths[] = { 0, 14, 17, 20, 64 };
	unsigned ones = 0, width;
	uint64_t value;

	while (ones < 4 && bits_take(bits, 1))
		ones++;
	width = widths[ones];
	if (width == 0)
		return 0;
	value = bits_take_long(bits, width);
	if (width < 64 && value > UINT64_C(1) << (width - 1))
		value -= UINT64_C(1) << width;
	return (int64_t)value;
}

/* What the bits of a value were and where they may change. */
struct chunk_value {
	uint64_t bits;
	unsigned leading, trailing;
};

static void take_value(struct chunk_bits *bits, struct chunk_value *value)
{
	unsigned width;

	if (!bits_take(bits, 1))
		return;
	if (bits_take(bits, 1)) {
		value->leading = (unsigned)bits_take(bits, 5);
		width = (unsigned)bits_take(bits, 6);
		if (width == 0)
			width = 64;
		if (width + value->leading > 64) {
			bits->is_short = true;
			return;
		}
		value->trailing = 64 - width - value->leading;
	}
	width = 64 - value->leading - value->trailing;
	value->bits ^= bits_take_long(bits, width) << value->trailing;
}

static double as_double(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

int xor_chunk_decode(const uint8_t *bytes, size_t length, struct engine_sample *sample,
	size_t *ret_count)
{
	struct chunk_bits bits = { .at = bytes, .end = bytes + length };
	struct chunk_value value = { 0, 0, 0 };
	uint64_t stamp = 0, difference = 0;
	size_t count;

	if (length < 2)
		return -EBADMSG;
	count = (size_t)bytes[0] << 8 | bytes[1];
	bits.at += 2;
	for (size_t i = 0; i < count; i++) {
		if (i == 0) {
			uint64_t zigzag = bits_varint(&bits);

			stamp = zigzag >> 1 ^ -(zigzag & 1);
			value.bits = bits_take_long(&bits, 64);
		} else {
			difference = i == 1
				? bits_varint(&bits)
				: difference + (uint64_t)bits_difference(&bits);
			stamp += difference;
			take_value(&bits, &value);
		}
		if (bits.is_short)
			return -EBADMSG;
		sample[i] =
			(struct engine_sample){ (int64_t)stamp, as_double(value.bits) };
	}
	*ret_count = count;
	return 0;
}
