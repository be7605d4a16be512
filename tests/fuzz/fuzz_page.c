/*
 * The page of the helper, edited or cut: what the sampler copies of an entry has its texts
 * ended and no more values than there is room for.
 *
 * The first byte: 1 the page has another length.
 */
#include "tests/fuzz/fuzz_edit.h"
#include "tests/fuzz/fuzz_folder.h"

#include "collectord/link/helper_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct helper_page *page, size_t at)
{
	struct helper_entry copy = { .count = 0 };
	uint32_t seen = 0;

	if (!helper_entry_copy(&page->entry[at], &seen, &copy))
		return;
	if (copy.count > HELPER_VALUES || seen % 2 == 1 ||
		strlen(copy.instance) >= HELPER_NAME_BYTES ||
		strlen(copy.label) >= HELPER_LABEL_BYTES)
		abort();
	if (helper_entry_copy(&page->entry[at], &seen, &copy))
		abort(); /* it is not new any more */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[FUZZ_FOLDER_BYTES + 8];
	static int fd = -1;
	struct fuzz_input input = { data, size };
	struct helper_page *page = NULL;
	struct err err = ERR_INIT;
	unsigned word = fuzz_byte(&input);
	size_t at = fuzz_byte(&input) % HELPER_ENTRIES;
	off_t length = (off_t)sizeof(*page);
	struct helper_entry entry = { .sequence = 2, .count = HELPER_VALUES };

	if (fd < 0) {
		if (helper_page_create(fuzz_folder(), &page, NULL) < 0)
			abort();
		helper_page_close(page);
		snprintf(path, sizeof(path), "%s/helper", fuzz_folder());
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	(void)fuzz_edit(&input, &entry, sizeof(entry), 16);
	if (ftruncate(fd, word & 1 ? (off_t)at : length) < 0 ||
		pwrite(fd, &entry, sizeof(entry),
			(off_t)(offsetof(struct helper_page, entry) +
				at * sizeof(entry))) != (ssize_t)sizeof(entry))
		abort();
	if (helper_page_open(fuzz_folder(), &page, &err) < 0) {
		fuzz_refusal(&err);
	} else {
		look(page, at);
		helper_page_close(page);
	}
	if (word & 1) /* the magic stands before the entries */
		fd = (close(fd), -1);
	return 0;
}
