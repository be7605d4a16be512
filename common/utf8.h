/* The characters of a text that may be anything. */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of the UTF-8 sequence at text (NUL-terminated) and its code point; 0 where it is
 * none: overlong forms and surrogates included. */
static inline unsigned utf8_decode(const unsigned char *text, uint32_t *ret_point)
{
	unsigned length = text[0] < 0x80            ? 1
		: text[0] >= 0xc2 && text[0] < 0xe0 ? 2
		: text[0] >= 0xe0 && text[0] < 0xf0 ? 3
		: text[0] >= 0xf0 && text[0] < 0xf5 ? 4
						    : 0;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t point = length < 2 ? text[0] : text[0] & (0x7fu >> length);

	for (unsigned i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	if (length == 0 || point < least[length] || point > 0x10ffff ||
		(point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return length;
}

/* No more than text to a terminal and to a reader: no control, no line separator, no
 * mark that turns the direction of writing. */
static inline bool utf8_is_plain(uint32_t point)
{
	return point >= 0x20 && !(point >= 0x7f && point < 0xa0) && point != 0x2028 &&
		point != 0x2029 && !(point >= 0x202a && point <= 0x202e) &&
		!(point >= 0x2066 && point <= 0x2069);
}

#endif
