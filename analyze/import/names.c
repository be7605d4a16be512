#include "analyze/import/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#define SLOTS_AT_FIRST 1024

void names_done(struct names *names)
{
	for (uint32_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
	free(names->slot);
	*names = (struct names){ .count = 0 };
}

static bool names_is_name(const char *known, const char *name, size_t length)
{
	return !strncmp(known, name, length) && known[length] == '\0';
}

/* The slot that holds the name, or the free one where it belongs. */
static uint32_t *names_find_slot(
	const struct names *names, const char *name, size_t length)
{
	uint32_t at = (uint32_t)XXH3_64bits(name, length) & (names->slots - 1);

	while (names->slot[at] &&
		!names_is_name(names->name[names->slot[at] - 1], name, length))
		at = (at + 1) & (names->slots - 1);
	return &names->slot[at];
}

static int names_grow(struct names *names)
{
	uint32_t slots = names->slots ? names->slots * 2 : SLOTS_AT_FIRST;
	char **name = realloc(names->name, slots / 2 * sizeof(*name));
	uint32_t *slot;

	if (!name)
		return -ENOMEM;
	names->name = name;
	slot = calloc(slots, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	free(names->slot);
	names->slot = slot;
	names->slots = slots;
	for (uint32_t i = 0; i < names->count; i++)
		*names_find_slot(names, name[i], strlen(name[i])) = i + 1;
	return 0;
}

int names_number(struct names *names, const char *name, size_t length, uint32_t ceiling,
	uint32_t *ret_number)
{
	uint32_t *slot;
	char *copy;

	if (names->count > 0 && names->latest_length == length &&
		!memcmp(names->name[names->latest], name, length)) {
		*ret_number = names->latest;
		return 0;
	}
	if (names->count >= names->slots / 2 && names_grow(names) < 0)
		return -ENOMEM;
	slot = names_find_slot(names, name, length);
	if (!*slot) {
		if (names->count >= ceiling)
			return -EMFILE;
		copy = strndup(name, length);
		if (!copy)
			return -ENOMEM;
		names->name[names->count] = copy;
		*slot = ++names->count;
	}
	*ret_number = *slot - 1;
	names->latest = *ret_number;
	names->latest_length = length;
	return 0;
}
