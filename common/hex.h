/* Bytes as hexadecimal digits, two each, and back. */
#ifndef COMMON_HEX_H
#define COMMON_HEX_H

#include <stddef.h>

/* The value of a digit, either case; -1: it is none. */
int hex_digit(char c);

/* The byte that two digits spell; -1 where they do not (the text may end there). */
int hex_byte(const char *text);

/* 2 x count digits, small letters, and a NUL; size of the text: 2 x count + 1. */
void hex_write(const unsigned char *bytes, size_t count, char *ret_text);

/* Up to count bytes; what is no digit, and what the text is too short for, counts as 0. */
void hex_read(const char *text, unsigned char *ret_bytes, size_t count);

#endif
