/* Any bytes as a mapping, a newline of two, and the table it is for. */
#include "tests/fuzz/fuzz_importer.h"

#include "analyze/import/formats/map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct map fuzz_the_map;

static int fuzz_map_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	return map_read(&fuzz_the_map, source, sink, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct importer importer = { .name = "map",
		.read = fuzz_map_read };
	const struct import_options options = { .workload = "w" };
	const char *text = (const char *)data;
	const char *end = size ? memmem(text, size, "\n\n", 2) : NULL;
	size_t length = end ? (size_t)(end - text) : size;

	if (map_parse("fuzz.json", text, length, &fuzz_the_map, NULL) < 0)
		return 0;
	if (end)
		fuzz_importer(
			&importer, data + length + 2, size - length - 2, &options);
	map_done(&fuzz_the_map);
	return 0;
}
