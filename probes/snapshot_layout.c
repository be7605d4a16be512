/* Which files and columns a snapshot has, and where the value of each column comes from. */
#include "probes/collect_state.h"

#include "common/each_tick.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS_PER_KIND_MAX = 32 };

static size_t kept_columns(enum metric_file file)
{
	enum metric_id ids[COLUMNS_PER_KIND_MAX];

	return metric_columns(file, ids, COLUMNS_PER_KIND_MAX);
}

int collect_layout_init(struct collect *collect)
{
	for (size_t i = 0; i < METRIC_FILE_COUNT; i++) {
		size_t own_max = collect->kind[i].own_max;

		switch (metric_file_table[i].spread) {
		case METRIC_SINGLE:
			collect->files_max++;
			collect->columns_max += kept_columns((enum metric_file)i);
			break;
		case METRIC_PER_FILE: /* and one for all others */
			collect->files_max += own_max + 1;
			collect->columns_max +=
				(own_max + 1) * kept_columns((enum metric_file)i);
			break;
		case METRIC_PER_COLUMN:
			collect->files_max++;
			collect->columns_max += own_max;
			break;
		}
	}
	collect->file = arena_alloc(
		&collect->arena, collect->files_max, sizeof(*collect->file));
	collect->column = arena_alloc(
		&collect->arena, collect->columns_max, sizeof(*collect->column));
	collect->value = arena_alloc(&collect->arena, collect->columns_max,
		sizeof(*collect->value) + sizeof(*collect->from));
	if (!collect->file || !collect->column || !collect->value)
		return -ENOMEM;
	collect->snapshot.file = collect->file;
	collect->snapshot.column = collect->column;
	collect->snapshot.value = collect->value;
	collect->is_layout_old = true;
	return 0;
}

static struct snapshot_file *add_file(
	struct collect *collect, enum metric_file kind, const char *instance)
{
	struct snapshot_file *file = &collect->file[collect->snapshot.file_count++];

	file->kind = kind;
	file->first = (unsigned)collect->snapshot.column_count;
	file->count = 0;
	(void)snprintf(file->instance, sizeof(file->instance), "%s", instance);
	return file;
}

static struct snapshot_column *add_column(struct collect *collect,
	struct snapshot_file *file, enum metric_id metric, const double *from)
{
	size_t index = collect->snapshot.column_count++;
	struct snapshot_column *column = &collect->column[index];

	file->count++;
	column->metric = metric;
	column->label[0] = '\0';
	(void)snprintf(column->data_source, sizeof(column->data_source), "%s",
		metric_table[metric].data_source);
	collect->from[index] = from;
	return column;
}

/* One file with the kept metrics of one spot. */
static void add_spot_file(struct collect *collect, enum metric_file kind_of,
	const char *name, size_t spot)
{
	struct kind *kind = &collect->kind[kind_of];
	struct snapshot_file *file = add_file(collect, kind_of, name);

	for (size_t i = 0; i < kind->metric_count; i++) {
		enum metric_id metric = (enum metric_id)(kind->first + i);

		if (metric_table[metric].data_source)
			add_column(collect, file, metric,
				spot < kind->spot_max ? kind_value(kind, spot, metric)
						      : NULL);
	}
}

static void add_instance_files(struct collect *collect, enum metric_file kind_of)
{
	struct kind *kind = &collect->kind[kind_of];
	bool has_others = false;

	for (size_t spot = 0; spot < kind->high; spot++) {
		const struct instance *instance = &kind->instance[spot];

		if (!instance->is_present)
			continue;
		if (instance->has_own)
			add_spot_file(collect, kind_of, kind->name[spot].name, spot);
		else
			has_others = true;
	}
	if (has_others)
		add_spot_file(collect, kind_of, COLLECT_OTHERS, SIZE_MAX);
}

static unsigned hash_text(const char *text)
{
	unsigned hash = 2166136261u; /* FNV-1a */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

static bool has_data_source(const struct collect *collect,
	const struct snapshot_file *file, const char *name)
{
	for (unsigned i = 0; i < file->count; i++)
		if (!strcmp(collect->column[file->first + i].data_source, name))
			return true;
	return false;
}

/* "t_1a2b3c4d": short enough for RRD, the same after a restart; the label says more. */
static void add_hashed_column(struct collect *collect, struct snapshot_file *file,
	enum metric_id metric, const struct instance_name *instance, const double *from)
{
	unsigned hash = hash_text(instance->name);
	struct snapshot_column *column;
	char name[COLLECT_DATA_SOURCE_MAX];

	do
		(void)snprintf(name, sizeof(name), "%s_%08x",
			metric_table[metric].data_source, hash++);
	while (has_data_source(collect, file, name));
	column = add_column(collect, file, metric, from);
	memcpy(column->data_source, name, sizeof(name));
	(void)snprintf(column->label, sizeof(column->label), "%s", instance->label);
}

static void add_column_file(struct collect *collect, enum metric_file kind_of)
{
	struct kind *kind = &collect->kind[kind_of];
	struct snapshot_file *file = NULL;

	for (size_t spot = 0; spot < kind->high; spot++) {
		struct instance *instance = &kind->instance[spot];
		struct snapshot_column *column;

		if (!instance->has_own)
			continue;
		if (!file)
			file = add_file(collect, kind_of, "");
		if (metric_file_table[kind_of].is_slow) {
			add_hashed_column(collect, file, instance->metric,
				&kind->name[spot],
				kind_value(kind, spot, instance->metric));
			continue;
		}
		/* numbered: the first metric of the kind is the one that is kept */
		column = add_column(collect, file, kind->first,
			kind_value(kind, spot, kind->first));
		(void)snprintf(column->data_source, sizeof(column->data_source), "%s%u",
			metric_table[kind->first].data_source, (unsigned)spot);
	}
}

/* The places of the values lie behind the values there are, not behind the room for all
 * there could be: each tick reads the ones and writes the others. */
static void move_places(struct collect *collect)
{
	void *behind = collect->value + collect->snapshot.column_count;

	memmove(behind, collect->from,
		collect->snapshot.column_count * sizeof(*collect->from));
	collect->from = behind;
}

static void snapshot_layout_build(struct collect *collect)
{
	void *behind_all = collect->value + collect->columns_max;

	collect->snapshot.layout_id++;
	collect->snapshot.file_count = 0;
	collect->snapshot.column_count = 0;
	collect->from = behind_all;
	for (size_t i = 0; i < METRIC_FILE_COUNT; i++) {
		switch (metric_file_table[i].spread) {
		case METRIC_SINGLE:
			add_spot_file(collect, (enum metric_file)i, "", 0);
			break;
		case METRIC_PER_FILE:
			add_instance_files(collect, (enum metric_file)i);
			break;
		case METRIC_PER_COLUMN:
			add_column_file(collect, (enum metric_file)i);
			break;
		}
	}
	move_places(collect);
	collect->is_layout_old = false;
}

/* Shares cannot be added up; all else can, and an unknown part makes it unknown. */
static double sum_others(struct kind *kind, enum metric_id metric)
{
	double sum = 0;

	if (!strcmp(metric_table[metric].unit, "ratio"))
		return NAN;
	for (size_t spot = 0; spot < kind->high; spot++)
		if (kind->instance[spot].is_present && !kind->instance[spot].has_own)
			sum += *kind_value(kind, spot, metric);
	return sum;
}

EACH_TICK void collect_layout_fill(struct collect *collect)
{
	if (collect->is_layout_old)
		snapshot_layout_build(collect);
	for (size_t i = 0; i < collect->snapshot.column_count; i++) {
		const struct snapshot_column *column = &collect->column[i];

		collect->value[i] = collect->from[i]
			? *collect->from[i]
			: sum_others(&collect->kind[metric_table[column->metric].file],
				  column->metric);
	}
}
