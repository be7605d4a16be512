#include "common/suggest.h"

#include <string.h>

#define WORD_MAX 64

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein distance; words of more than WORD_MAX letters are never near. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t length_a = strlen(a), length_b = strlen(b);

	if (length_a > WORD_MAX || length_b > WORD_MAX)
		return (size_t)-1;
	for (size_t j = 0; j <= length_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= length_a; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length_b; j++) {
			size_t above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1,
				diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[length_b];
}

const char *suggest_nearest(const char *wrong, const char *const *words, size_t count)
{
	const char *nearest = NULL;
	size_t best = (size_t)-1;

	for (size_t i = 0; i < count; i++) {
		size_t longer = strlen(wrong) > strlen(words[i]) ? strlen(wrong)
								  : strlen(words[i]);
		size_t allowed = longer / 3 > 1 ? longer / 3 : 1;
		size_t distance = edit_distance(wrong, words[i]);

		if (distance <= allowed && distance < best) {
			best = distance;
			nearest = words[i];
		}
	}
	return nearest;
}
