/* Any bytes as an RRD file: refused with a clean message, or every row it claims can be
 * read in time order. */
#include "store/rrd/rrd_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all_rows(const struct rrd_file *file)
{
	static double block[RRD_BLOCK_BYTES / sizeof(double)];

	for (size_t i = 0; i < file->archive_count; i++) {
		const struct rrd_archive *archive = &file->archive[i];
		struct rrd_rows rows;
		uint64_t count = 0;
		int r = 0;

		rrd_rows_begin(&rows, file, i, INT64_MIN, INT64_MAX);
		while ((r = rrd_rows_next(&rows, block, sizeof(block), NULL)) > 0)
			count += rows.count;
		if (r < 0 || count != archive->rows)
			abort();
		if (archive->first > archive->last || archive->step_s == 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rrd_file file;
	struct err err = ERR_INIT;
	char path[64];
	int fd = memfd_create("rrd", MFD_CLOEXEC);
	int r = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = rrd_file_open(path, &file, &err);
	if (r == 0) {
		read_all_rows(&file);
		rrd_file_close(&file);
	} else if (err.text[0] == '\0' || (r != -EBADMSG && r != -ENOMEM)) {
		abort();
	}
	close(fd);
	return 0;
}
