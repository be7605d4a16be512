#include "analyze/import/parts.h"

#include "common/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NO_MATE UINT32_MAX

/* ONE: of several instances the first counts, GREATEST: the highest; MEAN and SUM are over
 * the instances. */
enum combine { COMBINE_ONE, COMBINE_MEAN, COMBINE_SUM, COMBINE_GREATEST };

static const struct {
	enum figure figure;
	enum combine combine;
} part_rules[PART_COUNT] = {
	[PART_CPU_BUSY_RATIO] = { FIGURE_CPU_BUSY_RATIO, COMBINE_ONE },
	[PART_CPU_ONE_BUSY_RATIO] = { FIGURE_CPU_BUSY_RATIO, COMBINE_MEAN },
	[PART_CPU_MODE_RATIO] = { FIGURE_CPU_BUSY_RATIO, COMBINE_SUM },
	[PART_CPU_USED_CORES] = { FIGURE_CPU_USED_CORES, COMBINE_SUM },
	[PART_CPU_USED_MHZ] = { FIGURE_CPU_USED_MHZ, COMBINE_SUM },
	[PART_CPU_CORES] = { FIGURE_CPU_CORES, COMBINE_ONE },
	[PART_CPU_CORE_MHZ] = { FIGURE_CPU_CORE_MHZ, COMBINE_ONE },
	[PART_MEMORY_USED_BYTES] = { FIGURE_MEMORY_USED_BYTES, COMBINE_ONE },
	[PART_MEMORY_USED_RATIO] = { FIGURE_MEMORY_USED_RATIO, COMBINE_ONE },
	[PART_MEMORY_TOTAL_BYTES] = { FIGURE_MEMORY_TOTAL_BYTES, COMBINE_ONE },
	[PART_MEMORY_AVAILABLE_BYTES] = { FIGURE_MEMORY_AVAILABLE_BYTES, COMBINE_ONE },
	[PART_MEMORY_FREE_BYTES] = { FIGURE_MEMORY_AVAILABLE_BYTES, COMBINE_ONE },
	[PART_NETWORK_BPS] = { FIGURE_NETWORK_BPS, COMBINE_SUM },
	[PART_NET_RX_BPS] = { FIGURE_NET_RX_BPS, COMBINE_SUM },
	[PART_NET_TX_BPS] = { FIGURE_NET_TX_BPS, COMBINE_SUM },
	[PART_NET_SPEED_BPS] = { FIGURE_NET_SPEED_BPS, COMBINE_SUM },
	[PART_DISK_BYTES_PER_S] = { FIGURE_DISK_BYTES_PER_S, COMBINE_SUM },
	[PART_DISK_READ_BYTES_PER_S] = { FIGURE_DISK_READ_BYTES_PER_S, COMBINE_SUM },
	[PART_DISK_WRITE_BYTES_PER_S] = { FIGURE_DISK_WRITE_BYTES_PER_S, COMBINE_SUM },
	[PART_DISK_OPS_PER_S] = { FIGURE_DISK_OPS_PER_S, COMBINE_SUM },
	[PART_DISK_READ_OPS_PER_S] = { FIGURE_DISK_READ_OPS_PER_S, COMBINE_SUM },
	[PART_DISK_WRITE_OPS_PER_S] = { FIGURE_DISK_WRITE_OPS_PER_S, COMBINE_SUM },
	[PART_DISK_USED_BYTES] = { FIGURE_DISK_USED_BYTES, COMBINE_SUM },
	[PART_DISK_SIZE_BYTES] = { FIGURE_DISK_SIZE_BYTES, COMBINE_SUM },
	[PART_CPU_IDLE_RATIO] = { FIGURE_CPU_BUSY_RATIO, COMBINE_SUM },
	[PART_MEMORY_SIZE_BYTES] = { FIGURE_MEMORY_TOTAL_BYTES, COMBINE_SUM },
	[PART_MEMORY_SPARE_BYTES] = { FIGURE_MEMORY_AVAILABLE_BYTES, COMBINE_SUM },
	[PART_MEMORY_TAKEN_BYTES] = { FIGURE_MEMORY_USED_BYTES, COMBINE_SUM },
};

/* Those that are not called as their figure is. */
static const struct {
	const char *name;
	enum part part;
} piece_names[] = {
	{ "cpu_one_busy_ratio", PART_CPU_ONE_BUSY_RATIO },
	{ "cpu_mode_ratio", PART_CPU_MODE_RATIO },
	{ "cpu_idle_ratio", PART_CPU_IDLE_RATIO },
	{ "memory_free_bytes", PART_MEMORY_FREE_BYTES },
	{ "memory_size_bytes", PART_MEMORY_SIZE_BYTES },
	{ "memory_spare_bytes", PART_MEMORY_SPARE_BYTES },
	{ "memory_taken_bytes", PART_MEMORY_TAKEN_BYTES },
};

bool part_find(const char *name, enum part *ret_part)
{
	for (size_t i = 0; i < ARRAY_LEN(piece_names); i++) {
		if (!strcmp(piece_names[i].name, name)) {
			*ret_part = piece_names[i].part;
			return true;
		}
	}
	/* of several parts of a figure the first is the figure itself */
	for (unsigned i = 0; i < PART_COUNT; i++) {
		if (!strcmp(part_figure((enum part)i), name)) {
			*ret_part = (enum part)i;
			return true;
		}
	}
	return false;
}

bool part_is_size(enum part part)
{
	switch (part_rules[part].figure) {
	case FIGURE_CPU_CORES:
	case FIGURE_CPU_CORE_MHZ:
	case FIGURE_MEMORY_TOTAL_BYTES:
	case FIGURE_NET_SPEED_BPS:
	case FIGURE_DISK_SIZE_BYTES:
		return true;
	default:
		return false;
	}
}

bool part_is_memory(enum part part)
{
	enum figure figure = part_rules[part].figure;

	return figure == FIGURE_MEMORY_USED_BYTES ||
		figure == FIGURE_MEMORY_AVAILABLE_BYTES ||
		figure == FIGURE_MEMORY_USED_RATIO;
}

const char *part_figure(enum part part)
{
	return figure_table[part_rules[part].figure].column;
}

/* ---- columns ------------------------------------------------------------------------ */

void part_columns_done(struct part_columns *columns)
{
	for (uint32_t i = 0; i < columns->count; i++)
		free(columns->column[i].instance);
	free(columns->column);
	free(columns->bucket);
	*columns = (struct part_columns){ .count = 0 };
}

/* FNV-1a over the instance, then part and kind. */
static uint32_t column_hash(
	enum part part, unsigned kind, const char *instance, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)instance[i]) * 16777619u;
	return (hash ^ ((uint32_t)part * 8 + kind)) * 16777619u;
}

static uint32_t *column_bucket(const struct part_columns *columns, enum part part,
	unsigned kind, const char *instance, size_t length)
{
	uint32_t at =
		column_hash(part, kind, instance, length) & (columns->buckets - 1);

	for (;; at = (at + 1) & (columns->buckets - 1)) {
		const struct part_column *column;

		if (!columns->bucket[at])
			return &columns->bucket[at];
		column = &columns->column[columns->bucket[at] - 1];
		if (column->part == part && column->kind == kind &&
			strlen(column->instance) == length &&
			!memcmp(column->instance, instance, length))
			return &columns->bucket[at];
	}
}

static int columns_grow(struct part_columns *columns, struct err *err)
{
	uint32_t buckets = columns->buckets ? columns->buckets * 2 : 64;
	struct part_column *column =
		reallocarray(columns->column, buckets / 2, sizeof(*column));
	uint32_t *bucket = calloc(buckets, sizeof(*bucket));

	if (column)
		columns->column = column;
	if (!column || !bucket) {
		free(bucket);
		return err_oom(err);
	}
	free(columns->bucket);
	columns->bucket = bucket;
	columns->buckets = buckets;
	for (uint32_t i = 0; i < columns->count; i++) {
		const struct part_column *c = &columns->column[i];

		*column_bucket(columns, c->part, c->kind, c->instance,
			strlen(c->instance)) = i + 1;
	}
	return 0;
}

/* Received and sent of one adapter know each other. */
static void find_mate(struct part_columns *columns, uint32_t number)
{
	struct part_column *column = &columns->column[number];
	enum part other =
		column->part == PART_NET_RX_BPS ? PART_NET_TX_BPS : PART_NET_RX_BPS;
	uint32_t mate;

	if (column->part != PART_NET_RX_BPS && column->part != PART_NET_TX_BPS)
		return;
	mate = *column_bucket(columns, other, column->kind, column->instance,
		strlen(column->instance));
	if (!mate)
		return;
	column->mate = mate - 1;
	columns->column[mate - 1].mate = number;
}

int part_columns_find(struct part_columns *columns, enum part part, unsigned kind,
	const char *instance, size_t length, uint32_t *ret_column, struct err *err)
{
	uint32_t *bucket;
	char *copy;
	int r;

	if (columns->count * 2 >= columns->buckets) {
		r = columns_grow(columns, err);
		if (r < 0)
			return r;
	}
	bucket = column_bucket(columns, part, kind, instance, length);
	if (*bucket) {
		*ret_column = *bucket - 1;
		return 0;
	}
	if (columns->count == PART_COLUMNS_MAX)
		return err_set(err, -EFBIG,
			"expected at most %d devices and counters of one workload, "
			"found more",
			PART_COLUMNS_MAX);
	copy = strndup(instance, length);
	if (!copy)
		return err_oom(err);
	columns->column[columns->count] =
		(struct part_column){ part, kind, copy, NO_MATE };
	*bucket = columns->count + 1;
	*ret_column = columns->count++;
	find_mate(columns, *ret_column);
	return 0;
}

/* ---- one row -------------------------------------------------------------------------- */

/* The instances of one part, or the adapters' demand. */
struct part_tally {
	double sum;
	uint32_t known, unknown;
};

static void tally_value(struct part_tally *tally, double value, enum combine combine)
{
	if (value == PART_ABSENT)
		return;
	if (isnan(value))
		tally->unknown++;
	else if (combine == COMBINE_GREATEST) {
		tally->sum = tally->known && tally->sum > value ? tally->sum : value;
		tally->known = 1;
	} else if (combine != COMBINE_ONE || tally->known == 0) {
		tally->sum += value;
		tally->known++;
	}
}

/* NAN: nothing is there, or something of it is unknown. */
static double tally_result(const struct part_tally *tally, enum combine combine)
{
	if (tally->known == 0 || tally->unknown > 0)
		return NAN;
	return combine == COMBINE_MEAN ? tally->sum / tally->known : tally->sum;
}

/* max(received, sent) of the adapter whose received column this is. */
static double adapter_demand(
	const struct part_columns *columns, const double *row, uint32_t number)
{
	uint32_t mate = columns->column[number].mate;
	double rx = row[number], tx = mate == NO_MATE ? PART_ABSENT : row[mate];

	if (rx == PART_ABSENT && tx == PART_ABSENT)
		return PART_ABSENT;
	if (rx == PART_ABSENT || tx == PART_ABSENT || isnan(rx) || isnan(tx))
		return NAN;
	return rx > tx ? rx : tx;
}

struct row_tally {
	struct part_tally part[PART_COUNT];
	uint32_t processors; /* of PART_CPU_MODE_RATIO */
	struct part_tally network;
};

static bool is_user_mode(const char *instance)
{
	const char *colon = strrchr(instance, ':');

	return colon && !strcmp(colon, ":user");
}

static void tally_row(const struct part_columns *columns, const double *row,
	struct row_tally by_kind[CELL_KINDS])
{
	for (uint32_t i = 0; i < columns->count; i++) {
		const struct part_column *column = &columns->column[i];
		struct row_tally *tally = &by_kind[column->kind % PART_GREATEST];
		bool is_greatest = column->kind & PART_GREATEST;

		tally_value(&tally->part[column->part], row[i],
			is_greatest ? COMBINE_GREATEST
				    : part_rules[column->part].combine);
		if (column->part == PART_CPU_MODE_RATIO && row[i] != PART_ABSENT &&
			is_user_mode(column->instance))
			tally->processors++;
		/* of a pair once; a sent column without its mate makes it unknown */
		if (column->part == PART_NET_RX_BPS)
			tally_value(&tally->network, adapter_demand(columns, row, i),
				is_greatest ? COMBINE_GREATEST : COMBINE_SUM);
		else if (column->part == PART_NET_TX_BPS && column->mate == NO_MATE &&
			row[i] != PART_ABSENT)
			tally->network.unknown++;
	}
}

static double part_value(const struct row_tally *tally, enum part part)
{
	/* memory has whole bytes: what an addition of means is off must be no resize */
	if (part == PART_MEMORY_SIZE_BYTES)
		return rint(tally_result(&tally->part[part], COMBINE_SUM));
	if (part == PART_CPU_MODE_RATIO)
		return tally->processors
			? tally_result(&tally->part[part], COMBINE_SUM) /
				tally->processors
			: NAN;
	return tally_result(&tally->part[part], part_rules[part].combine);
}

/* What is the least where the other is the most: available and used, idle and busy. */
static unsigned mirror_of(unsigned kind)
{
	return kind == CELL_MEAN ? CELL_MEAN : kind == CELL_MIN ? CELL_MAX : CELL_MIN;
}

/* What is available, as the system says it, else as its pieces add up. */
static double available_of(const struct row_tally *tally)
{
	double available = part_value(tally, PART_MEMORY_AVAILABLE_BYTES);
	double free_bytes = part_value(tally, PART_MEMORY_FREE_BYTES);

	if (isnan(available))
		return part_value(tally, PART_MEMORY_SPARE_BYTES);
	return free_bytes > available ? free_bytes : available;
}

/* used = total - max(available, free); the most used is where least was available. */
static void reduce_memory(const struct row_tally by_kind[CELL_KINDS], unsigned kind,
	struct reading *reading)
{
	double total = part_value(&by_kind[CELL_MEAN], PART_MEMORY_TOTAL_BYTES);
	double available = available_of(&by_kind[mirror_of(kind)]);
	double ratio = part_value(&by_kind[kind], PART_MEMORY_USED_RATIO);
	double taken = part_value(&by_kind[kind], PART_MEMORY_TAKEN_BYTES);

	if (isnan(total))
		total = part_value(&by_kind[CELL_MEAN], PART_MEMORY_SIZE_BYTES);
	if (!isnan(ratio)) {
		if (!isnan(total))
			reading_set(reading, CELL(FIGURE_MEMORY_USED_BYTES, kind),
				ratio * total);
		return;
	}
	if (!isnan(available) && total >= available) {
		reading_set(reading, CELL(FIGURE_MEMORY_USED_BYTES, kind),
			total - available);
		return;
	}
	if (!isnan(taken)) {
		reading_set(reading, CELL(FIGURE_MEMORY_USED_BYTES, kind), taken);
		return;
	}
	available = available_of(&by_kind[kind]);
	if (isnan(total) && !isnan(available))
		reading_set(
			reading, CELL(FIGURE_MEMORY_AVAILABLE_BYTES, kind), available);
}

/* The share as what is not idle. */
static void reduce_idle(const struct row_tally by_kind[CELL_KINDS], unsigned kind,
	struct reading *reading)
{
	double idle = part_value(&by_kind[mirror_of(kind)], PART_CPU_IDLE_RATIO);

	if (!isnan(idle))
		reading_set(reading, CELL(FIGURE_CPU_BUSY_RATIO, kind),
			idle < 1 ? 1 - idle : 0);
}

/* Those whose value is not that of their figure. */
static bool is_part_piece(enum part part)
{
	return part == PART_MEMORY_AVAILABLE_BYTES || part == PART_MEMORY_FREE_BYTES ||
		part == PART_MEMORY_SPARE_BYTES || part == PART_MEMORY_TAKEN_BYTES ||
		part == PART_CPU_IDLE_RATIO;
}

static void reduce_kind(const struct row_tally by_kind[CELL_KINDS], unsigned kind,
	struct reading *reading)
{
	const struct row_tally *tally = &by_kind[kind];
	double network = tally_result(&tally->network, COMBINE_SUM);

	for (unsigned part = 0; part < PART_COUNT; part++) {
		unsigned cell = CELL(part_rules[part].figure, kind);
		double value;

		if (is_part_piece((enum part)part) || reading_has(reading, cell))
			continue;
		value = part_value(tally, (enum part)part);
		/* the highest of each mode together may be more than there is */
		if (part == PART_CPU_MODE_RATIO && kind == CELL_MAX && value > 1)
			value = 1;
		if (!isnan(value))
			reading_set(reading, cell, value);
	}
	if (!isnan(network) && !reading_has(reading, CELL(FIGURE_NETWORK_BPS, kind)))
		reading_set(reading, CELL(FIGURE_NETWORK_BPS, kind), network);
	if (!reading_has(reading, CELL(FIGURE_MEMORY_USED_BYTES, kind)))
		reduce_memory(by_kind, kind, reading);
	if (!reading_has(reading, CELL(FIGURE_CPU_BUSY_RATIO, kind)))
		reduce_idle(by_kind, kind, reading);
}

bool parts_reduce(const struct part_columns *columns, const double *row,
	struct reading *ret_reading)
{
	struct row_tally by_kind[CELL_KINDS] = { { .network = { 0, 0, 0 } } };
	const uint64_t means = (UINT64_C(1) << FIGURE_COUNT) - 1;
	struct reading reading;

	reading.known = 0;
	reading.stamp = 0;
	tally_row(columns, row, by_kind);
	for (unsigned kind = 0; kind < CELL_KINDS; kind++)
		reduce_kind(by_kind, kind, &reading);
	/* network is there already: by adapter, not by the sums */
	reading_derive(
		&reading, UINT64_C(1) << FIGURE_NETWORK_BPS | (reading.known & means));
	/* an extreme needs its mean */
	for (unsigned kind = CELL_MIN; kind < CELL_KINDS; kind++)
		reading.known &= ~((~reading.known & means) << (kind * FIGURE_COUNT));
	*ret_reading = reading;
	return reading.known != 0;
}
