/* Any bytes as a PerfMon log: refused with a clean message, or taken as finite readings. */
#include "tests/fuzz/fuzz_importer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct import_options options = { .zone = "UTC" };

	return fuzz_importer(&pdh_importer, data, size, &options);
}
