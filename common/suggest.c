#include "common/suggest.h"

#include <string.h>

#define WORD_MAX 64

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/*
 * Edits from a to b: insert, remove or change a letter, or swap two neighbours
 * (optimal string alignment).  Words of more than WORD_MAX letters are never near.
 */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t length_a = strlen(a), length_b = strlen(b);

	if (length_a > WORD_MAX || length_b > WORD_MAX)
		return (size_t)-1;
	for (size_t j = 0; j <= length_b; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= length_a; i++) {
		size_t *row = rows[i % 3], *above = rows[(i - 1) % 3];
		const size_t *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= length_b; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
				above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1])
				row[j] = least(row[j], row[j], two_above[j - 2] + 1);
		}
	}
	return rows[length_a % 3][length_b];
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
