/* Lists of numbers, eight characters at a time (see text.h). */
#include "probes/text.h"

#include "common/each_tick.h"

#define EACH_BYTE(x) (UINT64_C(0x0101010101010101) * (x))

/*
 * The value of the digits that begin at `at`, up to eight, and how many there are.  All
 * eight characters are looked at together: a loop over them ends at another place each
 * time, which a processor that slept since the last reading guesses wrong.
 */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static inline unsigned digits_at(const char *at, uint64_t *ret_value)
{
	uint64_t digit, other;
	unsigned count;

	memcpy(&digit, at, sizeof(digit));
	digit ^= EACH_BYTE('0');
	/* the high bit of each that is over 9, from the first such on */
	other = (digit | (digit + EACH_BYTE(0x80 - 10))) & EACH_BYTE(0x80);
	count = other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
	if (count == 0)
		return 0;
	digit <<= 64 - 8 * count; /* zeros before the first */
	digit = (digit * 10 + (digit >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	digit = (digit * 100 + (digit >> 16)) & UINT64_C(0x0000ffff0000ffff);
	*ret_value = (digit * 10000 + (digit >> 32)) & UINT64_C(0xffffffff);
	return count;
}
#else
static inline unsigned digits_at(const char *at, uint64_t *ret_value)
{
	uint64_t value = 0;
	unsigned count = 0;

	for (; count < 8 && (unsigned char)(at[count] - '0') <= 9; count++)
		value = value * 10 + (uint64_t)(at[count] - '0');
	*ret_value = value;
	return count;
}
#endif

EACH_TICK size_t text_u64_list(struct text *line, uint64_t *ret_values, size_t max)
{
	struct text left = *line;
	size_t count = 0;

	for (; count < max; count++) {
		uint64_t value;
		unsigned digits;

		text_blanks(&left);
		/* the last of a line, and those of more than seven digits */
		if (left.end - left.at <= 8) {
			if (!text_u64(&left, &ret_values[count]))
				break;
			continue;
		}
		digits = digits_at(left.at, &value);
		if (digits == 8) {
			if (!text_u64(&left, &ret_values[count]))
				break;
			continue;
		}
		left.at += digits;
		if (digits == 0 || (*left.at != ' ' && *left.at != '\t'))
			break;
		ret_values[count] = value;
	}
	*line = left;
	return count;
}
