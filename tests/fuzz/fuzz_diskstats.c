/* proc/diskstats: any bytes; names lie inside the text. */
#include "probes/host/disk.h"
#include "tests/fuzz/fuzz_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text all = text_of((const char *)data, size);
	struct disk_line line;
	unsigned skipped = 0;

	while (disk_next(&all, &line, &skipped)) {
		struct disk_values values;
		char name[64];
		size_t length = (size_t)(line.name.end - line.name.at);

		if (line.name.at < (const char *)data || !length ||
			line.name.end > (const char *)data + size)
			abort();
		disk_parse_values(line.rest, &values);
		if (length < sizeof(name)) {
			memcpy(name, line.name.at, length);
			name[length] = '\0';
			disk_is_whole_name(name);
		}
	}
	return 0;
}
