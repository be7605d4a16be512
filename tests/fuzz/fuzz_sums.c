/*
 * A log of row sums that somebody edited, or any bytes in its place: an archive is read with
 * it, and a writer goes on with it.
 *
 * The first byte: 1 any bytes; 2 the checksums are made right; 4 the writer, too.
 * The second: how many edits the archive gets.
 */
#include "tests/fuzz/fuzz_archive.h"

#include "common/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As struct log_entry of row_sums_log.c. */
enum { LOG_BYTES = 5, LOG_CHECKSUM, LOG_WORDS };

static void sums_repair(uint8_t *bytes, size_t size)
{
	uint64_t word[LOG_WORDS];

	for (size_t at = 0; at + sizeof(word) <= size;) {
		memcpy(word, bytes + at, sizeof(word));
		if (word[LOG_BYTES] > size - at - sizeof(word))
			return;
		word[LOG_CHECKSUM] = 0;
		word[LOG_CHECKSUM] = checksum64(bytes + at + sizeof(word),
			word[LOG_BYTES], checksum64(word, sizeof(word), 0));
		memcpy(bytes + at, word, sizeof(word));
		at += sizeof(word) + word[LOG_BYTES];
	}
}

static void told(void *whom, const char *text)
{
	struct err err = ERR_INIT;

	(void)whom;
	err_set(&err, -EBADMSG, "%s", text);
	fuzz_refusal(&err);
}

static void read_rows(const struct rrd_file *file)
{
	static double block[RRD_BLOCK_BYTES / sizeof(double)];

	for (size_t i = 0; i < file->archive_count; i++) {
		struct rrd_rows rows;
		uint64_t count = 0;
		int r;

		rrd_rows_begin(&rows, file, i, INT64_MIN, INT64_MAX);
		while ((r = rrd_rows_next(&rows, block, sizeof(block), NULL)) > 0)
			count += rows.count;
		if (r < 0 || count != file->archive[i].rows)
			abort();
	}
}

static void reader(void)
{
	struct row_sums *sums = NULL;
	struct rrd_file file;
	struct err err = ERR_INIT;
	char path[128];

	snprintf(path, sizeof(path), "%s/" FUZZ_ARCHIVE_FILE, fuzz_folder());
	if (rrd_file_open(path, &file, &err) < 0) {
		fuzz_refusal(&err);
		return;
	}
	if (row_sums_open(fuzz_folder(), &sums, &err) < 0)
		abort();
	row_sums_tell(sums, told, NULL);
	if (row_sums_attach(sums, "w", "f", &file, &err) < 0)
		fuzz_refusal(&err);
	read_rows(&file);
	row_sums_report(sums, &file);
	rrd_file_close(&file);
	row_sums_close(sums);
}

static void writer(void)
{
	struct row_sums_batch *batch = NULL;
	struct err err = ERR_INIT;
	int r = row_sums_batch_begin(fuzz_folder(), &batch, &err);

	if (r == 0)
		r = row_sums_batch_add(batch, "w", "f", false, &err);
	if (r == 0)
		r = row_sums_batch_open(batch, FUZZ_ARCHIVE_START + 960, &err);
	if (r == 0)
		r = row_sums_batch_commit(batch, &err);
	if (r < 0)
		fuzz_refusal(&err);
	else if (*row_sums_batch_note(batch))
		told(NULL, row_sums_batch_note(batch));
	row_sums_batch_end(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_image log;
	struct fuzz_input input = { data, size };
	unsigned word, edits;

	if (fuzz_archive.size == 0)
		fuzz_archive_make();
	word = fuzz_byte(&input);
	edits = fuzz_byte(&input);
	fuzz_image_put(FUZZ_ARCHIVE_FILE, &fuzz_archive, &input, edits & 3);
	fuzz_image_draw(&log, &fuzz_sums, &input, word & 1);
	if (word & 2)
		sums_repair(log.bytes, log.size);
	fuzz_folder_put("sums.0", log.bytes, log.size);
	fuzz_folder_put("sums.1", "", 0);
	reader();
	if (word & 4)
		writer();
	return 0;
}
