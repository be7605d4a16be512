#include "analyze/import/import_remarks.h"

#include "common/util.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define YEAR_2000 INT64_C(946684800)
#define DAY_S 86400
#define SMALL_MEMORY 1048576.0 /* no machine has less than 1 MiB */
#define SLOW_CORE_MHZ 100.0
#define USED_OVER_TOTAL 4.0
#define COARSE_ROWS_MIN 24
#define TWINS_ROWS_MIN 20

/* A cell, and where readings that know these keep it: most rows know the same. */
struct remarked_cell {
	unsigned cell, place;
	uint64_t known;
};

static double cell_value(
	struct remarked_cell *remarked, const struct packed_reading *reading)
{
	uint64_t known = reading->known;

	if (!(known >> remarked->cell & 1))
		return NAN;
	if (known != remarked->known)
		remarked->place = (unsigned)__builtin_popcountll(
			known & ((UINT64_C(1) << remarked->cell) - 1));
	remarked->known = known;
	return reading->value[remarked->place];
}

static double import_remarks_highest(const struct grid_index *index, unsigned cell)
{
	struct remarked_cell remarked = { .cell = cell };
	double most = NAN;

	if (!(index->known >> cell & 1))
		return NAN;
	for (size_t i = 0; i < index->count; i++) {
		double value = cell_value(&remarked, index->entry[i].reading);

		/* NAN is not under anything */
		if (!(value <= most) && !isnan(value))
			most = value;
	}
	return most;
}

static int remark_units(struct account *remarks, const char *name,
	const struct grid_index *index, struct err *err)
{
	double used = import_remarks_highest(index, FIGURE_MEMORY_USED_BYTES);
	double total = import_remarks_highest(index, FIGURE_MEMORY_TOTAL_BYTES);
	double core = import_remarks_highest(index, FIGURE_CPU_CORE_MHZ);
	int r = 0;

	if (total > 0 && used > USED_OVER_TOTAL * total)
		r = account_warn(remarks, err,
			"workload %s: memory used is %.0f times memory_total_bytes: is one "
			"of the two in MB?",
			name, used / total);
	else if (used > 0 && used < SMALL_MEMORY)
		r = account_warn(remarks, err,
			"workload %s: at most %.0f bytes of memory are used: are these MB?",
			name, used);
	if (r >= 0 && core > 0 && core < SLOW_CORE_MHZ)
		r = account_warn(remarks, err,
			"workload %s: a core of %.3g MHz: is this GHz?", name, core);
	return r;
}

/* One of two directions alone: what needs both stays unknown. */
static int remark_halves(struct account *remarks, const char *name,
	const struct grid_index *index, struct err *err)
{
	static const struct {
		enum figure a, b, whole;
		const char *a_name, *b_name, *what;
	} halves[] = {
		{ FIGURE_NET_RX_BPS, FIGURE_NET_TX_BPS, FIGURE_NETWORK_BPS,
			"net_rx_bps", "net_tx_bps", "network demand" },
		{ FIGURE_DISK_READ_BYTES_PER_S, FIGURE_DISK_WRITE_BYTES_PER_S,
			FIGURE_DISK_BYTES_PER_S, "disk_read_bytes_per_s",
			"disk_write_bytes_per_s", "disk demand" },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(halves) && r >= 0; i++) {
		bool has_a = index->known >> halves[i].a & 1;
		bool has_b = index->known >> halves[i].b & 1;

		if (has_a == has_b || index->known >> halves[i].whole & 1)
			continue;
		r = account_warn(remarks, err,
			"workload %s: %s without %s: the %s stays unknown", name,
			has_a ? halves[i].a_name : halves[i].b_name,
			has_a ? halves[i].b_name : halves[i].a_name, halves[i].what);
	}
	return r;
}

static int remark_times(struct account *remarks, const char *name,
	const struct grid_index *index, int64_t now, struct err *err)
{
	int64_t first = index->entry[0].stamp;
	int64_t last = index->entry[index->count - 1].stamp;
	bool is_early = first < YEAR_2000;
	time_t odd = (time_t)(is_early ? first : last);
	char day[16];
	struct tm tm;

	if (!is_early && (now <= 0 || last <= now + DAY_S))
		return 0;
	gmtime_r(&odd, &tm);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	return account_warn(remarks, err,
		"workload %s: its times reach %s, %s: does its clock count from another "
		"day, or was it wrong?",
		name, day, is_early ? "before 2000" : "which is to come");
}

/* Hours of old history and minutes of new in one grid: coverage would fall to a tenth. */
static int remark_steps(struct account *remarks, const char *name,
	const struct grid_index *index, struct err *err)
{
	static const int64_t coarse[] = { 3600, 1800, 7200, 86400, 900, 300 };
	int64_t step_s = 0;

	if (grid_find_step(index, &step_s) <= 0)
		return 0;
	for (size_t c = 0; c < sizeof(coarse) / sizeof(coarse[0]); c++) {
		size_t rows = 0;

		if (coarse[c] < 2 * step_s)
			continue;
		for (size_t i = 1; i < index->count; i++)
			rows += index->entry[i].stamp - index->entry[i - 1].stamp ==
				coarse[c];
		if (rows >= COARSE_ROWS_MIN && rows * 10 >= index->count)
			return account_warn(remarks, err,
				"workload %s: %zu rows stand %" PRId64
				" s apart in a grid of %" PRId64
				" s: import them as a workload of their own",
				name, rows, coarse[c], step_s);
	}
	return 0;
}

/* Two machines of one name, whose rows stand at the same times: all of one are left out. */
static int remark_conflicts(struct account *remarks, const char *name,
	const struct grid_index *index, struct err *err)
{
	if (index->conflicting > index->count)
		return account_warn(remarks, err,
			"workload %s: %" PRIu64
			" rows stand at times that are there already "
			"with other values, more than the %zu that were kept: are these one "
			"machine's rows, or was the time rounded?",
			name, index->conflicting, index->count);
	if (index->conflicting < TWINS_ROWS_MIN ||
		index->conflicting * 10 < index->count)
		return 0;
	return account_warn(remarks, err,
		"workload %s: %" PRIu64
		" rows stand at times that are there already with other values and are "
		"left out (%zu were kept): do two machines have this name?",
		name, index->conflicting, index->count);
}

/* The first of these that every row has. */
static int twins_cell(const struct grid_index *index)
{
	static const unsigned cells[] = { FIGURE_MEMORY_USED_BYTES,
		FIGURE_MEMORY_AVAILABLE_BYTES, FIGURE_CPU_USED_MHZ,
		FIGURE_CPU_BUSY_RATIO };

	for (size_t c = 0; c < sizeof(cells) / sizeof(cells[0]); c++) {
		size_t known = 0;

		for (size_t i = 0; i < index->count; i++)
			known += index->entry[i].reading->known >> cells[c] & 1;
		if (known == index->count)
			return (int)cells[c];
	}
	return -1;
}

/* The same at times that take turns: each row is like the one before the last and unlike
 * the last. */
static int remark_turns(struct account *remarks, const char *name,
	const struct grid_index *index, struct err *err)
{
	int cell = twins_cell(index);
	struct remarked_cell remarked = { .cell = (unsigned)cell };
	double next = 0, second = 0;
	double last, before_last;
	size_t uneven = 0;

	if (cell < 0 || index->count < 2 * TWINS_ROWS_MIN)
		return 0;
	before_last = cell_value(&remarked, index->entry[0].reading);
	last = cell_value(&remarked, index->entry[1].reading);
	for (size_t i = 2; i < index->count; i++) {
		const struct grid_entry *row = &index->entry[i];
		double value = cell_value(&remarked, row->reading);
		int64_t last_s = row->stamp - row[-1].stamp;

		next += fabs(value - last);
		second += fabs(value - before_last);
		uneven += last_s != row[-1].stamp - row[-2].stamp;
		before_last = last;
		last = value;
	}
	if (uneven * 10 < index->count * 9 || !(second * 10 < next))
		return 0;
	return account_warn(remarks, err,
		"workload %s: its rows take turns between two kinds of values, at times that "
		"take turns, too: do two machines have this name?",
		name);
}

struct folded_name {
	char *folded;
	const char *name;
};

static int by_folded(const void *a, const void *b)
{
	const struct folded_name *x = a, *y = b;
	int order = strcmp(x->folded, y->folded);

	return order ? order : strcmp(x->name, y->name);
}

/* Small letters, without blanks at the ends. */
static char *fold_name(const char *name)
{
	size_t length;
	char *folded;

	while (*name == ' ')
		name++;
	for (length = strlen(name); length > 0 && name[length - 1] == ' '; length--)
		;
	folded = strndup(name, length);
	for (char *p = folded; p && *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	return folded;
}

int import_remark_names(struct account *remarks, const char *const *names, size_t count,
	struct err *err)
{
	struct folded_name *list = calloc(count + 1, sizeof(*list));
	int r = list ? 0 : err_oom(err);

	for (size_t i = 0; r >= 0 && i < count; i++) {
		list[i] = (struct folded_name){ fold_name(names[i]), names[i] };
		if (!list[i].folded)
			r = err_oom(err);
	}
	if (r >= 0)
		qsort(list, count, sizeof(*list), by_folded);
	for (size_t i = 1; r >= 0 && i < count; i++) {
		if (!strcmp(list[i].folded, list[i - 1].folded) &&
			strcmp(list[i].name, list[i - 1].name) != 0)
			r = account_warn(remarks, err,
				"workloads \"%s\" and \"%s\" differ by the case of their "
				"letters or by blanks alone: are they one machine? "
				"(analyze workload rename)",
				list[i - 1].name, list[i].name);
	}
	for (size_t i = 0; list && i < count; i++)
		free(list[i].folded);
	free(list);
	return r;
}

int import_remark(struct account *remarks, const char *name,
	const struct grid_index *index, int64_t now, struct err *err)
{
	int r;

	if (index->count == 0)
		return 0;
	r = remark_conflicts(remarks, name, index, err);
	if (r >= 0)
		r = remark_turns(remarks, name, index, err);
	if (r >= 0)
		r = remark_units(remarks, name, index, err);
	if (r >= 0)
		r = remark_halves(remarks, name, index, err);
	if (r >= 0)
		r = remark_times(remarks, name, index, now, err);
	return r < 0 ? r : remark_steps(remarks, name, index, err);
}
