/* proc/meminfo: any bytes; what is put is a finite number. */
#include "probes/host/memory.h"
#include "tests/fuzz/fuzz_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct memory_facts with_floor = { 65536, NAN };
	static const struct memory_facts blind = { NAN, 4096 };
	static struct memory_places places;

	memory_parse((const char *)data, size, &with_floor, NULL, fuzz_sink(), NULL);
	memory_parse((const char *)data, size, &blind, &places, fuzz_sink(), NULL);
	return 0;
}
