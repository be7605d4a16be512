/* proc/self/mountinfo: any bytes; points are texts that begin somewhere. */
#include "probes/slow/fs_mounts.h"
#include "tests/fuzz/fuzz_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fs_choice choice = { .with_network = size % 2 == 0 };
	static struct fs_mounts mounts;

	fs_mounts_parse((const char *)data, size, &choice, &mounts);
	if (mounts.count > FS_MOUNTS_MAX)
		abort();
	for (size_t i = 0; i < mounts.count; i++)
		if (!mounts.mount[i].point[0] ||
			strnlen(mounts.mount[i].point, FS_PATH_MAX) == FS_PATH_MAX)
			abort();
	return 0;
}
