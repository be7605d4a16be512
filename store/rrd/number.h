/* Numbers as librrd reads them: fast, always with a point, correct to the last bit
 * that librrd's own reader keeps. */
#ifndef STORE_RRD_NUMBER_H
#define STORE_RRD_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define NUMBER_SIZE 32

/*
 * number_write - decimal text of a double, without a NUL; returns its length
 *
 * Whole numbers below 2^53 are exact; others have 17 significant digits (the rest
 * is cut, not rounded: an error below one unit of the 17th digit).  NAN and the
 * infinities become "U", librrd's unknown.
 */
size_t number_write(char to[NUMBER_SIZE], double value);

/* Digits of an integer; returns their number. */
size_t number_write_integer(char *to, uint64_t value);

#endif
