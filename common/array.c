#include "common/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 8

static int array_move(void *array, size_t room, size_t size)
{
	void *items, *moved;

	memcpy(&items, array, sizeof(items));
	moved = reallocarray(items, room, size);
	if (!moved)
		return -ENOMEM;
	memcpy(array, &moved, sizeof(moved));
	return 0;
}

int array_reserve(void *array, size_t *room, size_t wanted, size_t size)
{
	size_t more = *room ? *room : ROOM_FIRST;
	int r;

	if (wanted <= *room)
		return 0;
	while (more < wanted)
		more = more > SIZE_MAX / 2 ? wanted : 2 * more;
	r = array_move(array, more, size);
	if (r == 0)
		*room = more;
	return r;
}

int array_extend(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return 0; /* no power of two: there is room */
	if (count > SIZE_MAX / 2)
		return -ENOMEM;
	return array_move(array, count ? 2 * count : 1, size);
}
