/* Memory as a source of bytes: what tests and fuzz targets read from. */
#ifndef TESTS_MEMORY_BYTES_H
#define TESTS_MEMORY_BYTES_H

#include "analyze/import/readers/bytes.h"

#include <stdlib.h>
#include <string.h>

struct memory_origin {
	const char *at;
	size_t left;
};

static inline int memory_origin_read(
	void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	struct memory_origin *memory = data;
	size_t got = size < memory->left ? size : memory->left;

	(void)err;
	if (got > 0)
		memcpy(to, memory->at, got);
	memory->at += got;
	memory->left -= got;
	*ret_got = got;
	return 0;
}

/* Memory that outlives the source. */
static inline int bytes_of_memory(const char *name, const void *memory, size_t length,
	struct bytes **ret_bytes, struct err *err)
{
	static const struct bytes_origin origin = { .read = memory_origin_read,
		.close = free };
	struct memory_origin *data = malloc(sizeof(*data));

	if (!data)
		return err_oom(err);
	*data = (struct memory_origin){ memory, length };
	return bytes_of(name, &origin, data, ret_bytes, err);
}

#endif
