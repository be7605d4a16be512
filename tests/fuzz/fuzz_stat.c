/* proc/stat and proc/loadavg, proc/pressure: any bytes. */
#include "probes/host/cpu.h"
#include "probes/host/pressure.h"
#include "tests/fuzz/fuzz_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cpu_stat stat;
	struct sink *sink = fuzz_sink();
	const char *text = (const char *)data;

	if (cpu_parse(text, size, &stat, NULL) == 0 && stat.kept > stat.cores)
		abort();
	load_parse(text, size, sink, NULL);
	for (int source = 0; source < PRESSURE_SOURCES; source++)
		pressure_parse(text, size, (enum pressure_source)source, sink, NULL);
	return 0;
}
