#include "store/rrd/header_settle.h"

#include "common/io.h"
#include "store/rrd/header_copies.h"
#include "store/rrd/header_match.h"
#include "store/rrd/row_sums_log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* Would the writer put it back?  1, 0 or -ENOMEM. */
static int is_put_back(const struct rrd_file *file, const struct header_name *name,
	const char *saved, uint64_t bytes, const struct sums_table *table,
	struct err *err)
{
	struct header_pair pair = { .fd = file->fd,
		.size_bytes = file->size_bytes,
		.saved = saved,
		.bytes = bytes,
		.folder = name->folder,
		.name = name->file };
	char *now = malloc(bytes + 1);
	int r = HEADER_OTHER;

	if (!now)
		return err_oom(err);
	if (io_pread_full(file->fd, now, bytes, 0) == (ssize_t)bytes) {
		pair.now = now;
		r = header_match(&pair, table, table->open_until, err);
	}
	free(now);
	if (r == -ENOMEM)
		return r;
	return r >= HEADER_BATCH;
}

/* All that a header tells; the descriptor and the checker stay where they are. */
static void header_settle_take(struct rrd_file *file, struct rrd_file *saved)
{
	struct rrd_file now = *file;

	*file = *saved;
	file->fd = now.fd;
	file->checker = now.checker;
	now.fd = -1;
	now.checker = NULL;
	rrd_file_close(&now);
}

static int header_settle(const char *data_dir, const char *folder, const char *name,
	const struct sums_table *table, struct rrd_file *file, struct err *err)
{
	const struct header_name name_of = { folder, name };
	const struct sums_file *sums = sums_table_find(table, folder, name);
	struct rrd_file saved = { .fd = -1 };
	char *header = NULL;
	uint64_t bytes = 0;
	int r;

	if (!sums || !sums_is_in_batch(table, file->last_update))
		return 0;
	r = header_copies_find(data_dir, &name_of, &header, &bytes, err);
	if (r == 0)
		r = rrd_file_parse(header, bytes, file->size_bytes, &saved, NULL);
	/* behind a newer copy rows would be known that no sum speaks of */
	if (r == 0 && sums_are_of(sums, &saved) && saved.last_update <= sums->last)
		r = is_put_back(file, &name_of, header, bytes, table, err);
	if (r > 0)
		header_settle_take(file, &saved);
	else
		rrd_file_close(&saved);
	free(header);
	return r == -ENOMEM ? r : 0;
}

int row_sums_attach_reader(struct row_sums *sums, const char *folder, const char *name,
	struct rrd_file *file, struct err *err)
{
	return row_sums_attach_settled(sums, folder, name, header_settle, file, err);
}
