/* Any bytes as an answer of Prometheus or a scrape. */
#include "tests/fuzz/fuzz_importer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct import_options options = { .now = 0 };

	return fuzz_importer(&prometheus_importer, data, size, &options);
}
