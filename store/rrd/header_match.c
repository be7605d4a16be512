#include "store/rrd/header_match.h"

#include "common/io.h"
#include "store/rrd/row_sums.h"
#include "store/rrd/rrd_file.h"
#include "store/rrd/rrd_format.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Blocks of an archive that are compared, spread over it: enough to tell one file from
 * another, and bounded however long the archive is. */
#define BLOCKS_COMPARED 32
/* Of so many blocks that agree one may be damaged, beside the header. */
#define AGREE_FOR_ONE 8

/* Blocks with known rows, in the file or when the sums were taken. */
struct votes {
	uint64_t agree, differ;
};

/* ---- rows --------------------------------------------------------------------------- */

/* Rows that a batch wrote or was to write: their sums say nothing. */
static struct row_range rows_in_flux(const struct rrd_file *saved, size_t archive,
	const struct sums_file *sums, int64_t until)
{
	int64_t lo = saved->last_update < sums->last ? saved->last_update : sums->last;
	int64_t hi = saved->last_update > sums->last ? saved->last_update : sums->last;

	return sums_range_of(saved, archive, lo, until > hi ? until : hi);
}

static int compare_block(const struct header_pair *pair, const struct rrd_file *saved,
	size_t archive, const struct sums_file *sums, uint32_t block, double *rows,
	struct votes *votes)
{
	const struct rrd_archive *a = &saved->archive[archive];
	uint64_t first = (uint64_t)block * sums->block_rows;
	uint64_t count =
		a->rows - first < sums->block_rows ? a->rows - first : sums->block_rows;
	size_t row_bytes = saved->column_count * sizeof(double);
	ssize_t got = io_pread_full(pair->fd, rows, count * row_bytes,
		(off_t)(a->offset_bytes + first * row_bytes));
	uint32_t found, unknown;

	if (got != (ssize_t)(count * row_bytes))
		return got < 0 ? (int)got : -EIO;
	found = row_block_sum(rows, count * row_bytes);
	for (uint64_t i = 0; i < count * saved->column_count; i++)
		rows[i] = NAN;
	unknown = row_block_sum(rows, count * row_bytes);
	if (found != sums->archive[archive].sum[block])
		votes->differ++;
	else if (found != unknown)
		votes->agree++;
	return 0;
}

/* By the file's rows as the saved header places them. */
static int compare_rows(const struct header_pair *pair, const struct rrd_file *saved,
	const struct sums_file *sums, int64_t until, struct votes *votes)
{
	double *rows = malloc(sums->block_rows * saved->column_count * sizeof(*rows));
	int r = rows ? 0 : -ENOMEM;

	for (size_t i = 0; i < saved->archive_count && r == 0; i++) {
		struct row_range flux = rows_in_flux(saved, i, sums, until);
		uint32_t blocks = sums->archive[i].blocks;
		uint32_t stride = blocks / BLOCKS_COMPARED + 1;

		for (uint32_t block = 0; block < blocks && r == 0; block += stride)
			if (!sums_range_meets(&flux, saved->archive[i].rows,
				    (uint64_t)block * sums->block_rows,
				    sums->block_rows))
				r = compare_block(
					pair, saved, i, sums, block, rows, votes);
	}
	free(rows);
	return r;
}

/* ---- headers ------------------------------------------------------------------------ */

/* What no update changes. */
static bool has_same_structure(const struct header_pair *pair)
{
	struct rrd_stat_head head;

	memcpy(&head, pair->saved, sizeof(head));
	return memcmp(pair->now, pair->saved,
		       rrd_offsets_of(head.column_count, head.archive_count)
			       .live_head) == 0;
}

/* No row lies further on than a batch up to that stamp takes it; a header that was
 * written by halves has some of each. */
static bool is_of_batch(
	const struct rrd_file *now, const struct rrd_file *saved, int64_t until)
{
	if (now->last_update < saved->last_update || now->last_update > until)
		return false;
	for (size_t i = 0; i < saved->archive_count; i++) {
		const struct rrd_archive *a = &saved->archive[i];
		uint64_t on = (now->archive[i].newest + a->rows - a->newest) % a->rows;

		if ((int64_t)on > until / a->step_s - saved->last_update / a->step_s)
			return false;
	}
	return true;
}

static enum header_match header_verdict(const struct header_pair *pair,
	const struct rrd_file *now, const struct rrd_file *saved, int64_t until,
	const struct votes *votes)
{
	bool agrees = votes->differ * AGREE_FOR_ONE <= votes->agree;

	if (!now) /* nothing can be read with it: the saved one is the better half */
		return votes->differ <= votes->agree ? HEADER_DAMAGED : HEADER_OTHER;
	if (has_same_structure(pair)) {
		if (is_of_batch(now, saved, until))
			return agrees ? HEADER_BATCH : HEADER_OTHER;
		/* the same ring at another time: an older or a newer copy */
		if (sums_key(now) == sums_key(saved))
			return HEADER_OTHER;
	}
	return agrees && votes->agree > 0 ? HEADER_DAMAGED : HEADER_OTHER;
}

int header_match(const struct header_pair *pair, const struct sums_table *table,
	int64_t until, struct err *err)
{
	const struct sums_file *sums = NULL;
	struct rrd_file saved = { .fd = -1 }, now = { .fd = -1 };
	struct votes votes = { .agree = 0 };
	bool is_readable = false;
	int r = rrd_file_parse(
		pair->saved, pair->bytes, pair->size_bytes, &saved, NULL);

	if (r < 0) /* rebuilt since: the file has another size */
		return r == -ENOMEM ? err_oom(err) : HEADER_OTHER;
	if (memcmp(pair->now, pair->saved, pair->bytes) == 0) {
		rrd_file_close(&saved);
		return HEADER_SAME;
	}
	r = rrd_file_parse(pair->now, pair->bytes, pair->size_bytes, &now, NULL);
	is_readable = r == 0;
	r = r == -ENOMEM ? r : 0;
	sums = sums_table_find(table, pair->folder, pair->name);
	if (table->open_batches > 0 && table->open_until > until)
		until = table->open_until;
	if (until < saved.last_update)
		until = saved.last_update;
	if (r == 0 && sums && sums_are_of(sums, &saved))
		r = compare_rows(pair, &saved, sums, until, &votes);
	if (r == 0)
		r = (int)header_verdict(
			pair, is_readable ? &now : NULL, &saved, until, &votes);
	else
		err_set(err, r, "%s: %s", pair->name, strerror(-r));
	if (r == HEADER_BATCH && sums && sums->last > saved.last_update)
		r = HEADER_ENDED;
	rrd_file_close(&now);
	rrd_file_close(&saved);
	return r;
}
