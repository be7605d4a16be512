/* Arrays that grow: the room doubles, so that n additions move O(n) items. */
#ifndef COMMON_ARRAY_H
#define COMMON_ARRAY_H

#include <stddef.h>

/*
 * array_reserve - room for a number of items
 *
 * array   address of the pointer to the first item (NULL: none yet); moved where needed
 * room    items that fit; updated
 * wanted  items that must fit
 * size    bytes of one item
 *
 * Returns 0 or -ENOMEM; then nothing has changed.  The owner frees the array.
 */
int array_reserve(void *array, size_t *room, size_t wanted, size_t size);
#define ARRAY_RESERVE(array, room, wanted) \
	array_reserve(&(array), &(room), (wanted), sizeof(*(array)))

/*
 * array_extend - room for one more item behind count, for a list that keeps no room
 *
 * The room of such a list is the least power of two that is not under count: every item
 * must have come through here.  Returns as array_reserve.
 */
int array_extend(void *array, size_t count, size_t size);
#define ARRAY_EXTEND(array, count) array_extend(&(array), (count), sizeof(*(array)))

#endif
