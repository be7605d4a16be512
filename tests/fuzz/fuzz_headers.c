/*
 * Saved headers that somebody edited, or any bytes in their place, beside an archive and sums
 * that may be edited, too: what is put back is looked at as the recorder does it.
 *
 * The first byte: 1 any bytes; 2 the checksum is made right; 4 one file alone, as fsck does it.
 * The second: how many edits the archive and the sums get.
 */
#include "tests/fuzz/fuzz_archive.h"

#include "store/rrd/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As struct copy_head of header_copies.c. */
enum {
	COPY_NUMBER = 1,
	COPY_MARK,
	COPY_BYTES,
	COPY_ENTRIES,
	COPY_CHECKSUM,
	COPY_WORDS
};

static void headers_repair(uint8_t *bytes, size_t size)
{
	uint64_t word[COPY_WORDS], sum;

	if (size < sizeof(word))
		return;
	memcpy(word, bytes, sizeof(word));
	if (word[COPY_BYTES] > size - sizeof(word))
		return;
	sum = CHECKSUM_SEED ^ word[COPY_NUMBER] ^ (word[COPY_MARK] << 1) ^
		(word[COPY_BYTES] << 2) ^ (word[COPY_ENTRIES] << 3);
	word[COPY_CHECKSUM] = checksum_add(sum, bytes + sizeof(word), word[COPY_BYTES]);
	memcpy(bytes, word, sizeof(word));
}

static void restore(bool is_one)
{
	struct header_restored restored;
	struct err err = ERR_INIT;
	uint64_t mark = 0;
	int r;

	if (is_one)
		r = header_copies_restore_file(fuzz_folder(), &fuzz_archive_name, &err);
	else
		r = header_copies_restore(
			fuzz_folder(), FUZZ_ARCHIVE_START + 950, &restored, &err);
	if (r < 0)
		fuzz_refusal(&err);
	if (header_copies_mark(fuzz_folder(), &mark, &err) < 0)
		fuzz_refusal(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_image copy;
	struct fuzz_input input = { data, size };
	struct err err = ERR_INIT;
	struct stat before, after;
	char path[128];
	unsigned word, edits;

	if (fuzz_archive.size == 0)
		fuzz_archive_make();
	word = fuzz_byte(&input);
	edits = fuzz_byte(&input);
	fuzz_image_put(FUZZ_ARCHIVE_FILE, &fuzz_archive, &input, edits & 3);
	fuzz_image_put("sums.0", &fuzz_sums, &input, edits >> 2 & 3);
	fuzz_image_draw(&copy, &fuzz_headers, &input, word & 1);
	if (word & 2)
		headers_repair(copy.bytes, copy.size);
	fuzz_folder_put("headers.0", copy.bytes, copy.size);
	fuzz_folder_put("headers.1", "", 0);
	snprintf(path, sizeof(path), "%s/" FUZZ_ARCHIVE_FILE, fuzz_folder());
	if (stat(path, &before) < 0)
		abort();
	restore(word & 4);
	if (stat(path, &after) < 0 || before.st_size != after.st_size)
		abort();
	if (word & 8 &&
		header_copies_save(fuzz_folder(), &fuzz_archive_name, 1, 8, &err) < 0)
		fuzz_refusal(&err);
	return 0;
}
