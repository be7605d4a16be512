#include "common/name_index.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct named_place {
	const char *name;
	size_t at;
};

static int compare_named_places(const void *a, const void *b)
{
	const struct named_place *first = a, *second = b;

	return strcmp(first->name, second->name);
}

int name_index_add(struct name_index *index, const char *name, size_t at)
{
	struct named_place *place = malloc(sizeof(*place)), **found;

	if (!place)
		return -ENOMEM;
	*place = (struct named_place){ .name = name, .at = at };
	found = tsearch(place, &index->root, compare_named_places);
	if (found && *found == place)
		return 0;
	free(place);
	return found ? -EEXIST : -ENOMEM;
}

size_t name_index_find(const struct name_index *index, const char *name)
{
	struct named_place wanted = { .name = name };
	struct named_place *const *found =
		tfind(&wanted, &index->root, compare_named_places);

	return found ? (*found)->at : NAME_INDEX_NONE;
}

void name_index_done(struct name_index *index)
{
	tdestroy(index->root, free);
	index->root = NULL;
}
