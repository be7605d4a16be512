/*
 * Where a name stands in a list, found without walking the list.
 *
 * For lists whose length somebody else chose: a plan of 60,000 hosts names each of them
 * once, and asks of each whether it was named before.
 */
#ifndef COMMON_NAME_INDEX_H
#define COMMON_NAME_INDEX_H

#include <stddef.h>

#define NAME_INDEX_NONE ((size_t)-1)

struct name_index {
	void *root; /* a tree of tsearch(3); NULL: empty */
};

/*
 * name_index_add - note where a name stands
 *
 * name  kept as it is, not copied: lives as long as the index
 * at    its place in the list
 *
 * Returns 0, -EEXIST where the name is there already (its first place stays), or -ENOMEM.
 */
int name_index_add(struct name_index *index, const char *name, size_t at);

/* The place of a name, or NAME_INDEX_NONE. */
size_t name_index_find(const struct name_index *index, const char *name);

/* Frees the index, not the names. */
void name_index_done(struct name_index *index);

#endif
