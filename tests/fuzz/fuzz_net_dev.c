/* proc/net/dev: any bytes; names and numbers lie inside the text. */
#include "probes/host/network.h"
#include "tests/fuzz/fuzz_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text all = text_of((const char *)data, size);
	struct network_line line;
	unsigned skipped = 0;

	while (network_next(&all, &line, &skipped)) {
		struct network_values values;

		if (line.name.at < (const char *)data ||
			line.name.end <= line.name.at ||
			line.name.end > (const char *)data + size)
			abort();
		network_parse_values(line.rest, &values);
	}
	return 0;
}
