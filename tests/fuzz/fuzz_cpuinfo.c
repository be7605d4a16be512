/* proc/cpuinfo: any bytes; never more cores than threads that have an id. */
#include "probes/host/topology.h"
#include "tests/fuzz/fuzz_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct topology_facts topology;

	topology_parse_cpuinfo((const char *)data, size, &topology, NULL);
	if (!isnan(topology.nominal_mhz) &&
		(topology.nominal_mhz < 1 || topology.nominal_mhz > 20000))
		abort();
	return 0;
}
