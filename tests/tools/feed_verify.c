/*
 * Checks what was stored of a feed (feed.c).
 *
 *	feed_verify DATA step=1 damaged=0|1
 *	    stdin: the stamps that were published; every one of them must be stored with
 *	    its values, and nothing else: prints "stored N missing N wrong N extra N",
 *	    before it "unknown FROM TO" for each run of slots without a value; rows of
 *	    60 s must follow from those of the step (wrong counts those that do not)
 *	    damaged=1: rows of 60 s and 1 h between the first stamp and the last must
 *	    follow from the stamps instead, or be unknown ("rows N": so many are)
 */
#include "tests/tools/feed_values.h"

#include "common/util.h"
#include "store/db/workloads.h"
#include "store/store.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what, const struct err *err)
{
	fprintf(stderr, "feed_verify: %s: %s\n", what, err->text);
	exit(1);
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int64_t *read_stamps(size_t *ret_count)
{
	size_t count = 0, room = 1024;
	int64_t *stamp = malloc(room * sizeof(*stamp));
	char line[64];

	while (stamp && fgets(line, sizeof(line), stdin)) {
		if (!strchr(line, '\n'))
			continue; /* cut by a kill: it was not published for certain */
		if (count == room) {
			room *= 2;
			stamp = realloc(stamp, room * sizeof(*stamp));
		}
		if (stamp)
			stamp[count++] = atoll(line);
	}
	if (!stamp)
		exit(1);
	qsort(stamp, count, sizeof(*stamp), by_number);
	*ret_count = count;
	return stamp;
}

/* One row of 60 s against the readings in it: 1 when it does not follow from them. */
static size_t fine_is_wrong(
	const struct series *base, const struct series *fine, size_t row)
{
	int64_t end = fine->first + (int64_t)row * fine->step_s;
	size_t slots = fine->step_s / base->step_s, known = 0;
	double sum = 0, most = -INFINITY;
	bool wanted;

	for (size_t i = 0; i < slots; i++) {
		int64_t t = end - (int64_t)i * base->step_s;
		double value = base->mean[(t - base->first) / base->step_s];

		if (isnan(value))
			continue;
		known++;
		sum += value;
		most = value > most ? value : most;
	}
	wanted = 2 * known >= slots; /* xff 0.5 */
	if (isnan(fine->mean[row]) || isnan(fine->maximum[row]))
		return wanted;
	if (!wanted || fine->maximum[row] != most)
		return 1;
	return fabs(fine->mean[row] - sum / (double)known) > 1e-9 * fabs(sum);
}

/* Whole minutes between the first known slot and the last one. */
static size_t check_fine(struct store *store, const struct workload *workload,
	unsigned c, const struct series *base)
{
	const unsigned step_s = 60;
	int64_t from = 0, to = 0;
	struct err err = ERR_INIT;
	struct series fine;
	size_t wrong = 0;

	for (size_t k = 0; k < base->count; k++) {
		if (isnan(base->mean[k]))
			continue;
		to = base->first + (int64_t)k * base->step_s;
		from = from ? from : to - (int64_t)base->step_s;
	}
	from += (step_s - from % step_s) % step_s;
	to -= to % step_s;
	if (base->step_s >= step_s || to <= from)
		return 0;
	if (store_read_series(store, workload, feed_columns[c].file,
		    feed_columns[c].source, step_s, from, to, &fine, &err) < 0)
		fail("rows of 60 s", &err);
	for (size_t row = 0; row < fine.count; row++) {
		size_t bad = fine_is_wrong(base, &fine, row);

		if (bad && c == 0)
			fprintf(stderr,
				"row of 60 s at %" PRId64 ": mean %g maximum %g\n",
				fine.first + (int64_t)row * step_s, fine.mean[row],
				fine.maximum[row]);
		wrong += bad;
	}
	series_done(&fine);
	return wrong;
}

/* Rows of many slots against what was published; counts in wrong and unknown. */
static void check_rows(struct store *store, const struct workload *workload, unsigned c,
	unsigned step_s, const int64_t *stamp, size_t count, size_t *wrong,
	size_t *unknown)
{
	int64_t from = stamp[0] - 1 + step_s - 1;
	struct err err = ERR_INIT;
	struct series rows;
	size_t at = 0;

	from -= from % step_s;
	if (stamp[count - 1] - from < step_s)
		return;
	if (store_read_series(store, workload, feed_columns[c].file,
		    feed_columns[c].source, step_s, from, stamp[count - 1], &rows,
		    &err) < 0)
		fail("rows", &err);
	for (size_t row = 0; row < rows.count; row++) {
		int64_t end = rows.first + (int64_t)row * step_s;
		double sum = 0, most = 0;
		size_t known = 0;

		while (at < count && stamp[at] <= end - step_s)
			at++;
		for (; at < count && stamp[at] <= end; at++, known++) {
			double value = feed_value_at(stamp[at], c);

			sum += value;
			most = value > most ? value : most;
		}
		if (known < step_s)
			continue; /* not all of it is what this feed knows of */
		*unknown += isnan(rows.mean[row]) ? 1 : 0;
		*unknown += isnan(rows.maximum[row]) ? 1 : 0;
		if (!isnan(rows.mean[row]) &&
			fabs(rows.mean[row] - sum / (double)known) > 1e-13 * sum)
			(*wrong)++;
		if (!isnan(rows.maximum[row]) && rows.maximum[row] != most)
			(*wrong)++;
	}
	series_done(&rows);
}

/* The runs of unknown slots between the first known one and the last. */
static void print_unknown(const struct series *series)
{
	int64_t before = 0;

	for (size_t k = 0; k < series->count; k++) {
		int64_t t = series->first + (int64_t)k * series->step_s;

		if (isnan(series->mean[k]))
			continue;
		if (before && t - before > series->step_s)
			printf("unknown %" PRId64 " %" PRId64 "\n", before,
				t - series->step_s);
		before = t;
	}
}

static int verify(int argc, char **argv)
{
	int64_t step_s = atoll(feed_option(argc, argv, "step", "1"));
	bool is_damaged = atoi(feed_option(argc, argv, "damaged", "0")) != 0;
	size_t count = 0, stored = 0, missing = 0, wrong = 0, extra = 0, rows = 0;
	struct err err = ERR_INIT;
	struct workload workload;
	struct store *store = NULL;
	int64_t *stamp = read_stamps(&count);
	int64_t from, to;

	if (count == 0 || store_open(argv[1], &store, &err) < 0 ||
		store_workload_get(store, "fed", &workload, &err) < 0)
		fail("verify", &err);
	from = stamp[0] - 100 * step_s;
	to = stamp[count - 1] + 100 * step_s;
	for (unsigned c = 0; c < FEED_COLUMNS; c++) {
		struct series series;
		size_t at = 0;

		if (store_read_series(store, &workload, feed_columns[c].file,
			    feed_columns[c].source, (unsigned)step_s, from, to, &series,
			    &err) < 0)
			fail(feed_columns[c].source, &err);
		for (size_t k = 0; k < series.count; k++) {
			int64_t t = series.first + (int64_t)k * step_s;
			bool wanted;

			while (at < count && stamp[at] < t)
				at++;
			wanted = at < count && stamp[at] == t;
			if (isnan(series.mean[k]))
				missing += wanted;
			else if (series.mean[k] != feed_value_at(t, c))
				wrong++;
			else if (!wanted)
				extra++;
			else
				stored++;
			if (wanted && isnan(series.mean[k]) && c == 0 && missing < 10)
				fprintf(stderr, "missing %" PRId64 "\n", t);
			if (!wanted && !isnan(series.mean[k]) && c == 0 && extra < 10)
				fprintf(stderr, "extra %" PRId64 "\n", t);
		}
		if (!is_damaged)
			wrong += check_fine(store, &workload, c, &series);
		for (unsigned k = 60; is_damaged && k <= 3600; k *= 60)
			check_rows(store, &workload, c, k, stamp, count, &wrong, &rows);
		if (c == 0)
			print_unknown(&series);
		series_done(&series);
	}
	printf("stored %zu missing %zu wrong %zu extra %zu published %zu rows %zu\n",
		stored / FEED_COLUMNS, missing, wrong, extra, count, rows);
	workload_done(&workload);
	store_close(store);
	free(stamp);
	return missing || wrong;
}

int main(int argc, char **argv)
{
	if (argc >= 2)
		return verify(argc, argv);
	fputs("usage: feed_verify DATA [step=S] [damaged=0|1]\n", stderr);
	return 2;
}
