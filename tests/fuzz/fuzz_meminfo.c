/* proc/meminfo: any bytes; what is put is a finite number. */
#include "probes/host/memory.h"
#include "tests/fuzz/fuzz_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct memory_places places;

	memory_parse((const char *)data, size, 65536, NULL, fuzz_sink(), NULL);
	memory_parse((const char *)data, size, NAN, &places, fuzz_sink(), NULL);
	return 0;
}
