#include "analyze/import/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#define BUCKETS_AT_FIRST 1024

void names_done(struct names *names)
{
	for (uint32_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
	free(names->bucket);
	*names = (struct names){ .count = 0 };
}

static bool names_is_name(const char *known, const char *name, size_t length)
{
	return !strncmp(known, name, length) && known[length] == '\0';
}

/* The bucket that holds the name, or the free one where it belongs. */
static uint32_t *names_find_bucket(
	const struct names *names, const char *name, size_t length)
{
	uint32_t at = (uint32_t)XXH3_64bits(name, length) & (names->buckets - 1);

	while (names->bucket[at] &&
		!names_is_name(names->name[names->bucket[at] - 1], name, length))
		at = (at + 1) & (names->buckets - 1);
	return &names->bucket[at];
}

static int names_grow(struct names *names)
{
	uint32_t buckets = names->buckets ? names->buckets * 2 : BUCKETS_AT_FIRST;
	char **name = realloc(names->name, buckets / 2 * sizeof(*name));
	uint32_t *bucket;

	if (!name)
		return -ENOMEM;
	names->name = name;
	bucket = calloc(buckets, sizeof(*bucket));
	if (!bucket)
		return -ENOMEM;
	free(names->bucket);
	names->bucket = bucket;
	names->buckets = buckets;
	for (uint32_t i = 0; i < names->count; i++)
		*names_find_bucket(names, name[i], strlen(name[i])) = i + 1;
	return 0;
}

int names_number(struct names *names, const char *name, size_t length, uint32_t ceiling,
	uint32_t *ret_number)
{
	uint32_t *bucket;
	char *copy;

	if (names->count > 0 && names->latest_length == length &&
		!memcmp(names->name[names->latest], name, length)) {
		*ret_number = names->latest;
		return 0;
	}
	if (names->count >= names->buckets / 2 && names_grow(names) < 0)
		return -ENOMEM;
	bucket = names_find_bucket(names, name, length);
	if (!*bucket) {
		if (names->count >= ceiling)
			return -EMFILE;
		copy = strndup(name, length);
		if (!copy)
			return -ENOMEM;
		names->name[names->count] = copy;
		*bucket = ++names->count;
	}
	*ret_number = *bucket - 1;
	names->latest = *ret_number;
	names->latest_length = length;
	return 0;
}
