/* Any bytes as what a hardware tool prints. */
#include "tests/fuzz/fuzz_importer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct import_options options = { .workload = NULL };

	return fuzz_importer(&hardware_importer, data, size, &options);
}
