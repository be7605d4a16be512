#include "common/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define WORD_MAX 64
#define EDITS_MAX 3 /* more make another word of any */

static int folded(char c)
{
	return tolower((unsigned char)c);
}

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
				above[j - 1] + (folded(a[i - 1]) != folded(b[j - 1])));
			if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
				folded(a[i - 2]) == folded(b[j - 1]))
				row[j] = least(row[j], row[j], two_above[j - 2] + 1);
		}
	}
	return rows[length_a % 3][length_b];
}

/* The next number of a text, without the zeros before it; false: there is none. */
static bool number_after(const char **at, const char **from, size_t *length)
{
	*at += strcspn(*at, "0123456789");
	if (!**at)
		return false;
	*at += strspn(*at, "0");
	*from = *at;
	*length = strspn(*at, "0123456789");
	*at += *length;
	return true;
}

/*
 * web1 and web2, CPU-2 and CPU-4, web and web1 are names of different things, as near as
 * they are: whoever follows the hint acts on the wrong one.
 */
static bool has_other_number(const char *a, const char *b)
{
	const char *from_a = a, *from_b = b;
	size_t length_a = 0, length_b = 0;

	for (;;) {
		bool is_a = number_after(&a, &from_a, &length_a);
		bool is_b = number_after(&b, &from_b, &length_b);

		if (is_a != is_b)
			return true;
		if (!is_a)
			return false;
		if (length_a != length_b || memcmp(from_a, from_b, length_a) != 0)
			return true;
	}
}

/* A word of two letters has no typing error that another one would not have as well. */
static size_t edits_allowed(const char *wrong, const char *word)
{
	size_t a = strlen(wrong), b = strlen(word);
	size_t longer = a > b ? a : b, allowed = longer / 3;

	return allowed < EDITS_MAX ? allowed : EDITS_MAX;
}

const char *suggest_nearest(const char *wrong, const char *const *words, size_t count)
{
	const char *nearest = NULL;
	size_t best = (size_t)-1;

	for (size_t i = 0; i < count; i++) {
		size_t distance = edit_distance(wrong, words[i]);

		if (distance <= edits_allowed(wrong, words[i]) && distance < best &&
			!has_other_number(wrong, words[i])) {
			best = distance;
			nearest = words[i];
		}
	}
	return nearest;
}
