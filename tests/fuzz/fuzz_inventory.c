/* Any bytes as a file of facts, JSON or CSV: what is taken are facts that there are, with
 * values that their types take. */
#include "tests/fuzz/fuzz_edit.h"

#include "analyze/inventory/inventory_load.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	struct stated_list list = { .count = 0 };
	struct err err = ERR_INIT;

	if (fd < 0) {
		fd = memfd_create("facts", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 ||
		pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	if (inventory_load(path, &list, &err) < 0)
		fuzz_refusal(&err);
	for (size_t i = 0; i < list.count; i++) {
		const struct stated_fact *stated = &list.stated[i];
		struct fact_value value;

		if (stated->fact >= FACT_COUNT)
			abort();
		if (!stated->value)
			continue;
		if (fact_parse(stated->fact, stated->value, &value, NULL) < 0)
			abort();
		fact_value_done(&value);
	}
	stated_list_done(&list);
	return 0;
}
