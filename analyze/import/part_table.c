/* Parts that come column by column: a table that grows both ways. */
#include "analyze/import/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_CELLS_MAX ((size_t)64 << 20) /* of one workload: 512 MiB */

struct part_table_column {
	double *value; /* by row; PART_ABSENT where nothing came */
	uint32_t room, latest;
	int64_t first, last; /* stamps of what came */
};

struct part_table {
	struct part_columns columns;
	struct part_table_column *column;
	uint32_t column_room;
	int64_t *stamp; /* by row, in the order they came */
	uint32_t rows, row_room;
	uint32_t *bucket; /* hash of the stamps: row + 1; 0: free */
	uint32_t buckets;
	size_t cells;
};

int part_table_new(struct part_table **ret_table, struct err *err)
{
	*ret_table = calloc(1, sizeof(**ret_table));
	return *ret_table ? 0 : err_oom(err);
}

void part_table_free(struct part_table *table)
{
	if (!table)
		return;
	for (uint32_t i = 0; i < table->column_room; i++)
		free(table->column[i].value);
	part_columns_done(&table->columns);
	free(table->column);
	free(table->stamp);
	free(table->bucket);
	free(table);
}

struct part_columns *part_table_columns(struct part_table *table)
{
	return &table->columns;
}

static uint32_t *stamp_bucket(const struct part_table *table, int64_t stamp)
{
	uint64_t mixed = (uint64_t)stamp * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t at = (uint32_t)(mixed >> 32) & (table->buckets - 1);

	while (table->bucket[at] && table->stamp[table->bucket[at] - 1] != stamp)
		at = (at + 1) & (table->buckets - 1);
	return &table->bucket[at];
}

static int rows_grow(struct part_table *table, struct err *err)
{
	uint32_t room = table->row_room ? table->row_room * 2 : 512;
	int64_t *stamp;
	uint32_t *bucket;

	if (room > UINT32_MAX / 4)
		return err_set(err, -EFBIG, "expected fewer readings of one workload");
	stamp = reallocarray(table->stamp, room, sizeof(*stamp));
	if (!stamp)
		return err_oom(err);
	table->stamp = stamp;
	bucket = calloc((size_t)room * 2, sizeof(*bucket));
	if (!bucket)
		return err_oom(err);
	free(table->bucket);
	table->bucket = bucket;
	table->buckets = room * 2;
	table->row_room = room;
	for (uint32_t i = 0; i < table->rows; i++)
		*stamp_bucket(table, stamp[i]) = i + 1;
	return 0;
}

/* The row of a stamp.  Columns mostly bring the same stamps in the same order, so the
 * row behind the latest one is looked at first. */
static int find_row(struct part_table *table, const struct part_table_column *column,
	int64_t stamp, uint32_t *ret_row, struct err *err)
{
	uint32_t next = column->room ? column->latest + 1 : 0;
	uint32_t *bucket;
	int r;

	if (next < table->rows && table->stamp[next] == stamp) {
		*ret_row = next;
		return 0;
	}
	if (table->rows == table->row_room) {
		r = rows_grow(table, err);
		if (r < 0)
			return r;
	}
	bucket = stamp_bucket(table, stamp);
	if (!*bucket) {
		table->stamp[table->rows] = stamp;
		*bucket = ++table->rows;
	}
	*ret_row = *bucket - 1;
	return 0;
}

static int column_reach(struct part_table *table, struct part_table_column *column,
	uint32_t row, struct err *err)
{
	uint32_t room = column->room ? column->room : 256;
	double *value;

	if (row < column->room)
		return 0;
	while (room <= row)
		room *= 2;
	table->cells += room - column->room;
	if (table->cells > TABLE_CELLS_MAX)
		return err_set(err, -EFBIG,
			"expected at most %zu values of one workload, found more: import "
			"a shorter time (--since) or fewer devices",
			TABLE_CELLS_MAX);
	value = reallocarray(column->value, room, sizeof(*value));
	if (!value)
		return err_oom(err);
	for (uint32_t i = column->room; i < room; i++)
		value[i] = PART_ABSENT;
	column->value = value;
	column->room = room;
	return 0;
}

static int columns_reach(struct part_table *table, uint32_t column, struct err *err)
{
	uint32_t room = table->column_room ? table->column_room : 32;
	struct part_table_column *grown;

	if (column < table->column_room)
		return 0;
	while (room <= column)
		room *= 2;
	grown = reallocarray(table->column, room, sizeof(*grown));
	if (!grown)
		return err_oom(err);
	memset(grown + table->column_room, 0,
		(room - table->column_room) * sizeof(*grown));
	table->column = grown;
	table->column_room = room;
	return 0;
}

int part_table_put(struct part_table *table, uint32_t number, int64_t stamp,
	double value, struct err *err)
{
	struct part_table_column *column;
	uint32_t row = 0;
	bool is_first;
	int r;

	r = columns_reach(table, number, err);
	if (r < 0)
		return r;
	column = &table->column[number];
	is_first = column->room == 0;
	r = find_row(table, column, stamp, &row, err);
	if (r >= 0)
		r = column_reach(table, column, row, err);
	if (r < 0)
		return r;
	column->latest = row;
	if (is_first || stamp < column->first)
		column->first = stamp;
	if (is_first || stamp > column->last)
		column->last = stamp;
	if (column->value[row] == PART_ABSENT)
		column->value[row] = value;
	return 0;
}

struct ordered_row {
	int64_t stamp;
	uint32_t row;
};

static int by_row_stamp(const void *a, const void *b)
{
	const struct ordered_row *x = a, *y = b;

	return x->stamp < y->stamp ? -1 : x->stamp > y->stamp;
}

static double table_cell_at(
	const struct part_table_column *column, uint32_t row, int64_t stamp)
{
	double value = row < column->room ? column->value[row] : PART_ABSENT;

	if (value == PART_ABSENT && column->room && stamp > column->first &&
		stamp < column->last)
		return NAN;
	return value;
}

int part_table_each(struct part_table *table,
	int (*one)(void *data, const struct reading *reading, struct err *err),
	void *data, struct err *err)
{
	struct ordered_row *order = calloc(table->rows + 1, sizeof(*order));
	double *row = calloc(table->columns.count + 1, sizeof(*row));
	struct reading reading;
	int r = order && row ? 0 : err_oom(err);

	for (uint32_t i = 0; r >= 0 && i < table->rows; i++)
		order[i] = (struct ordered_row){ table->stamp[i], i };
	if (r >= 0)
		qsort(order, table->rows, sizeof(*order), by_row_stamp);
	for (uint32_t i = 0; r >= 0 && i < table->rows; i++) {
		for (uint32_t k = 0; k < table->columns.count; k++)
			row[k] = k < table->column_room
				? table_cell_at(&table->column[k], order[i].row,
					  order[i].stamp)
				: PART_ABSENT;
		if (!parts_reduce(&table->columns, row, &reading))
			continue;
		reading.stamp = order[i].stamp;
		r = one(data, &reading, err);
	}
	free(order);
	free(row);
	return r;
}
