/* Any bytes as what sadf -j, sadf -d or sar print. */
#include "tests/fuzz/fuzz_importer.h"

#include "analyze/import/formats/sysstat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct import_options options = { .zone = "UTC" };

	if (size >= 2 && data[0] == 0x96 && data[1] == 0xd5)
		return 0; /* binary: sadf's to read */
	if (size >= 5 && data[4] == '\0')
		return 0;
	return fuzz_importer(&sysstat_importer, data, size, &options);
}
