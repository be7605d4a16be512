#include "common/hex.h"

#include <string.h>

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int hex_byte(const char *text)
{
	int high = hex_digit(text[0]);
	int low = high < 0 ? -1 : hex_digit(text[1]);

	return low < 0 ? -1 : high * 16 + low;
}

void hex_write(const unsigned char *bytes, size_t count, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_text[2 * count] = '\0';
}

void hex_read(const char *text, unsigned char *ret_bytes, size_t count)
{
	memset(ret_bytes, 0, count);
	for (size_t i = 0; i < 2 * count && text[i]; i++) {
		int digit = hex_digit(text[i]);

		if (digit >= 0)
			ret_bytes[i / 2] |= (unsigned char)(i % 2 ? digit : digit << 4);
	}
}
