/* What must be in the store. */
#include "tests/simulator/oracle.h"
#include "tests/simulator/world.h"

#include "schema/metric.h"
#include "store/db/events.h"
#include "store/store.h"

#include <inttypes.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void oracle_init(struct oracle *oracle, int64_t keep_s)
{
	memset(oracle, 0, sizeof(*oracle));
	oracle->keep_s = keep_s;
}

void oracle_done(struct oracle *oracle)
{
	free(oracle->tick);
}

uint32_t oracle_next(const struct oracle *oracle)
{
	return oracle->count + 1;
}

/* The newest stamp of so many first ticks: one that was dropped has none. */
static int64_t stamp_before(const struct oracle *oracle, uint32_t end)
{
	for (uint32_t i = end; i-- > 0;)
		if (oracle->tick[i].state != TICK_NONE)
			return oracle->tick[i].stamp_s;
	return 0;
}

int64_t oracle_last_stamp(const struct oracle *oracle)
{
	return stamp_before(oracle, oracle->count);
}

uint32_t oracle_unseen(const struct oracle *oracle)
{
	return oracle->count - oracle->looked;
}

static struct tick *oracle_add(struct oracle *oracle)
{
	if (oracle->count == oracle->room) {
		oracle->room = oracle->room ? 2 * oracle->room : 4096;
		oracle->tick =
			realloc(oracle->tick, oracle->room * sizeof(*oracle->tick));
		if (!oracle->tick)
			exit(2);
	}
	memset(&oracle->tick[oracle->count], 0, sizeof(*oracle->tick));
	return &oracle->tick[oracle->count++];
}

void oracle_published(struct oracle *oracle, uint64_t sequence, int64_t stamp_s)
{
	struct tick *tick = oracle_add(oracle);

	tick->state = TICK_MUST;
	tick->sequence = sequence;
	tick->stamp_s = stamp_s;
}

void oracle_dropped(struct oracle *oracle)
{
	(void)oracle_add(oracle);
}

void oracle_acknowledged(struct oracle *oracle, uint64_t sequence)
{
	for (uint32_t i = oracle->acknowledged; i < oracle->count; i++) {
		if (oracle->tick[i].state == TICK_MUST &&
			oracle->tick[i].sequence > sequence)
			break;
		oracle->acknowledged = i + 1;
	}
}

void oracle_lose_after(struct oracle *oracle, uint32_t number)
{
	for (uint32_t i = number; i < oracle->count; i++)
		if (oracle->tick[i].state == TICK_MUST)
			oracle->tick[i].state = TICK_MAY;
	oracle->may_have_holes = true;
}

void oracle_unsee(struct oracle *oracle)
{
	for (uint32_t i = 0; i < oracle->count; i++)
		oracle->tick[i].was_seen = false;
}

void oracle_torn(struct oracle *oracle, uint32_t ticks)
{
	oracle->torn_until = oracle->count + ticks;
}

void oracle_ring_lost(struct oracle *oracle)
{
	for (uint32_t i = oracle->acknowledged; i < oracle->count; i++)
		if (oracle->tick[i].state == TICK_MUST)
			oracle->tick[i].state = TICK_MAY;
	oracle->acknowledged = oracle->count;
	for (uint32_t i = 0; i < oracle->count; i++)
		oracle->tick[i].sequence = 0;
}

/* ---- the check ---------------------------------------------------------------------- */

struct look {
	struct oracle *oracle;
	const struct series *series;
	const struct gap_list *gaps;
	unsigned char *is_seen;
	uint32_t oldest, newest; /* ticks that stand there; 0: none */
	int64_t kept_from;       /* rows behind it are there: not overwritten yet */
	uint32_t first, end;     /* indices of the ticks that are to be there */
	uint64_t wrong;
	struct err *err;
};

static void look_wrong(struct look *look, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void look_wrong(struct look *look, const char *format, ...)
{
	char text[200];
	va_list args;

	if (look->wrong++ > 0)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err_set(look->err, -EBADMSG, "%s", text);
}

/* A known slot: a tick of ours, once, at its own time. */
static void look_known(
	struct look *look, int64_t stamp_s, double value, uint32_t *before)
{
	double number = value / WORLD_TICK_BYTES;
	const struct tick *tick;
	uint32_t n;

	if (!(number >= 1 && number <= look->oracle->count) ||
		number != floor(number)) {
		look_wrong(look, "at %" PRId64 " stands %.17g, which no tick was",
			stamp_s, value);
		return;
	}
	n = (uint32_t)number;
	tick = &look->oracle->tick[n - 1];
	if (tick->state == TICK_NONE)
		look_wrong(look, "at %" PRId64 " stands tick %u, which was dropped",
			stamp_s, n);
	else if (n <= *before)
		look_wrong(look, "at %" PRId64 " stands tick %u behind tick %u",
			stamp_s, n, *before);
	else if (!look->oracle->has_moved_clock && tick->stamp_s != stamp_s)
		look_wrong(look, "at %" PRId64 " stands tick %u of %" PRId64, stamp_s,
			n, tick->stamp_s);
	*before = n;
	look->oldest = look->oldest ? look->oldest : n;
	look->newest = n;
	look->is_seen[n - 1] = 1;
	look->oracle->tick[n - 1].was_seen = true;
}

static bool is_in_gap(const struct gap_list *gaps, int64_t stamp_s)
{
	for (size_t i = 0; i < gaps->count; i++)
		if (gaps->gap[i].from < stamp_s && stamp_s <= gaps->gap[i].to)
			return true;
	return false;
}

static void look_slots(struct look *look)
{
	const struct series *series = look->series;
	uint32_t before = 0;

	for (size_t i = 0; i < series->count; i++)
		if (!isnan(series->mean[i]))
			look_known(look, series->first + (int64_t)i * series->step_s,
				series->mean[i], &before);
}

/* Which ticks are to be there: none that was overwritten, and while not everything is stored
 * none behind the newest; of the others each, as they are stored in their order. */
static void look_range(struct look *look, bool is_whole)
{
	struct oracle *oracle = look->oracle;
	uint32_t first = 0;

	look->end = is_whole ? oracle->count : look->newest;
	if (oracle->has_moved_clock && look->oldest)
		first = look->oldest - 1;
	else
		while (first < look->end &&
			oracle->tick[first].stamp_s <= look->kept_from)
			first++;
	look->first = first < look->end ? first : look->end;
	if (!is_whole && oracle->count < oracle->torn_until)
		return;
	for (uint32_t i = oracle->looked; i < look->first; i++)
		oracle->never_looked += oracle->tick[i].state == TICK_MUST;
	if (look->end > oracle->looked)
		oracle->looked = look->end;
}

static void look_missing(struct look *look)
{
	uint64_t missing = 0, first = 0, last = 0;
	const struct oracle *oracle = look->oracle;

	for (uint32_t i = look->first; i < look->end; i++)
		if (oracle->tick[i].state == TICK_MUST && !look->is_seen[i]) {
			first = first ? first : i + 1;
			last = i + 1;
			missing++;
		}
	if (missing > oracle->discarded + oracle->withheld)
		look_wrong(look,
			"%" PRIu64 " ticks are missing, the first is %" PRIu64
			" of %" PRId64 ", the last %" PRIu64,
			missing - oracle->discarded - oracle->withheld, first,
			oracle->tick[first - 1].stamp_s, last);
}

/* What could be read once can be read again. */
static void look_vanished(struct look *look)
{
	const struct oracle *oracle = look->oracle;

	for (uint32_t i = look->first; i < look->end; i++)
		if (oracle->tick[i].was_seen && oracle->tick[i].state == TICK_MUST &&
			!look->is_seen[i])
			look_wrong(look, "tick %u of %" PRId64 " was there and is gone",
				i + 1, oracle->tick[i].stamp_s);
}

/* No hole between the first tick and the last that no gap tells of. */
static void look_holes(struct look *look)
{
	const struct series *series = look->series;
	int64_t first = 0, last = 0;

	for (size_t i = 0; i < series->count; i++) {
		int64_t stamp_s = series->first + (int64_t)i * series->step_s;

		if (isnan(series->mean[i]))
			continue;
		first = first ? first : stamp_s;
		last = stamp_s;
	}
	for (size_t i = 0; i < series->count; i++) {
		int64_t stamp_s = series->first + (int64_t)i * series->step_s;

		if (isnan(series->mean[i]) && stamp_s > first && stamp_s < last &&
			!is_in_gap(look->gaps, stamp_s))
			look_wrong(
				look, "no gap tells of the hole at %" PRId64, stamp_s);
	}
}

/* What the archive of the base step holds ends with its last row, not with what the database
 * knows: an older one may have come back. */
static int look_kept(struct look *look, struct store *store, bool is_whole,
	const struct workload *workload, int64_t *ret_from)
{
	int64_t margin_s = 2 * (int64_t)workload->step_s;
	int64_t first = 0, last = 0, staged;
	int r = store_series_bounds(store, workload,
		metric_file_name(METRIC_MEMORY_USED_BYTES),
		metric_data_source(METRIC_MEMORY_USED_BYTES), 0, &first, &last,
		look->err);

	if (r < 0 && r != -ENODATA)
		return r;
	if (r < 0 || last < workload->last)
		last = workload->last;
	/* a batch that is open may have overwritten what was the oldest row, with rows up to
	 * the newest that is in staging */
	staged = stamp_before(look->oracle, look->oracle->acknowledged);
	if (!is_whole && last < staged)
		last = staged;
	look->kept_from = last - look->oracle->keep_s + margin_s;
	*ret_from = look->kept_from - 100 * (int64_t)workload->step_s;
	return 0;
}

static int look_into(struct look *look, struct store *store, bool is_whole)
{
	struct workload_list list = { .count = 0 };
	const struct workload *workload;
	struct gap_list gaps = { .count = 0 };
	struct series series;
	int64_t from = 0;
	int r = store_workloads(store, &list, look->err);

	if (r < 0)
		return r;
	/* an administrator may have called it by another name */
	workload = list.count ? &list.workload[0] : NULL;
	if (!workload || workload->first == 0) {
		workload_list_done(&list);
		if (is_whole)
			look->series = NULL;
		return 1;
	}
	r = look_kept(look, store, is_whole, workload, &from);
	if (r == 0)
		r = store_read_metric(store, workload, METRIC_MEMORY_USED_BYTES, 0,
			from, workload->last + 100 * (int64_t)workload->step_s, &series,
			look->err);
	if (r == 0)
		r = store_gaps(store, workload->id, 0, INT64_MAX, &gaps, look->err);
	if (r == 0) {
		look->series = &series;
		look->gaps = &gaps;
		look_slots(look);
		look_range(look, is_whole);
		look_vanished(look);
		if (is_whole || look->oracle->count >= look->oracle->torn_until)
			look_missing(look);
		if (is_whole && !look->oracle->may_have_holes)
			look_holes(look);
		series_done(&series);
	}
	gap_list_done(&gaps);
	workload_list_done(&list);
	return r;
}

uint64_t oracle_check(
	struct oracle *oracle, const char *data_dir, bool is_whole, struct err *err)
{
	struct look look = { .oracle = oracle, .err = err };
	struct store *store = NULL;
	int r;

	look.is_seen = calloc(oracle->count + 1, 1);
	if (!look.is_seen)
		exit(2);
	r = store_open(data_dir, &store, err);
	if (r == 0)
		r = look_into(&look, store, is_whole);
	if (r == 1 && is_whole) {
		look_range(&look, true);
		look_missing(&look);
	}
	if (r < 0 && is_whole)
		look.wrong++;
	store_close(store);
	free(look.is_seen);
	return look.wrong;
}
