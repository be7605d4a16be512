/* "did you mean": the nearest of a list of words. */
#ifndef COMMON_SUGGEST_H
#define COMMON_SUGGEST_H

#include <stddef.h>

/*
 * suggest_nearest - the word that takes the fewest edits (a swap of neighbours is one)
 *
 * Returns one of words (ties: the first), or NULL when all are too far: more than a
 * third of the longer of the two, or three.  Small and capital letters are the same.  A word
 * with another number in it is the name of another thing and never the answer.
 */
const char *suggest_nearest(const char *wrong, const char *const *words, size_t count);

#endif
