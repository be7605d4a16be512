#include "schema/metric.h"

#include "common/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct metric_file_info metric_file_table[METRIC_FILE_COUNT] = {
#define METRIC_KIND(id, ...) [METRIC_FILE_##id] = { __VA_ARGS__ },
#include "schema/metric_table.h"
};

const struct metric metric_table[METRIC_COUNT] = {
/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): columns of a table, not expressions */
#define METRIC(id, ...) METRIC_ROW(id, __VA_ARGS__)
#define METRIC_ROW(id_, file_, data_source_, unit_, type_, width_, bound_, bound_per_s_, \
		scale_, minimum_, maximum_, keeps_, help_) \
	[METRIC_##id_] = { \
		.file = METRIC_FILE_##file_, \
		.data_source = data_source_, \
		.unit = unit_, \
		.keeps_minimum = keeps_, \
		.help = help_, \
	},
#include "schema/metric_table.h"
#undef METRIC_ROW
	/* clang-format on */
};

const struct metric_numbers metric_numbers_table[METRIC_COUNT] = {
/* clang-format off */
#define METRIC(id, ...) METRIC_ROW(id, __VA_ARGS__)
#define METRIC_ROW(id_, file_, data_source_, unit_, type_, width_, bound_, bound_per_s_, \
		scale_, minimum_, maximum_, keeps_, help_) \
	[METRIC_##id_] = { \
		.scale = scale_, \
		.minimum = minimum_, \
		.maximum = maximum_, \
		.bound_per_s = bound_per_s_, \
		.file = METRIC_FILE_##file_, \
		.type = type_, \
		.width = width_, \
		.bound = bound_, \
	},
#include "schema/metric_table.h"
#undef METRIC_ROW
/* NOLINTEND(bugprone-macro-parentheses) */
	/* clang-format on */
};

const char *metric_file_name(enum metric_id metric)
{
	return metric_file_table[metric_table[metric].file].name;
}

const char *metric_data_source(enum metric_id metric)
{
	return metric_table[metric].data_source;
}

size_t metric_columns(enum metric_file file, enum metric_id *ret_ids, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (metric_table[i].file != file || !metric_table[i].data_source)
			continue;
		if (count < max)
			ret_ids[count] = (enum metric_id)i;
		count++;
	}
	return count < max ? count : max;
}

enum metric_id metric_find(enum metric_file file, const char *data_source)
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric *metric = &metric_table[i];

		if (metric->file == file && metric->data_source &&
			!strcmp(metric->data_source, data_source))
			return (enum metric_id)i;
	}
	return METRIC_COUNT;
}

enum metric_id metric_find_of(enum metric_file file, const char *column)
{
	char name[32];

	if (metric_file_table[file].spread == METRIC_PER_COLUMN) {
		/* what stands before the instance's number: "core12", "t3" */
		(void)snprintf(name, sizeof(name), "%.*s",
			(int)strcspn(column, "0123456789"), column);
		column = name;
	}
	return metric_find(file, column);
}

enum metric_file metric_file_parse(const char *name, const char **ret_instance)
{
	for (size_t i = 0; i < METRIC_FILE_COUNT; i++) {
		const struct metric_file_info *info = &metric_file_table[i];
		size_t length = strlen(info->name);
		bool has_dash =
			!strncmp(name, info->name, length) && name[length] == '-';

		if (info->spread == METRIC_PER_FILE ? has_dash && name[length + 1]
						    : !strcmp(name, info->name)) {
			if (ret_instance)
				*ret_instance = info->spread == METRIC_PER_FILE
					? name + length + 1
					: "";
			return (enum metric_file)i;
		}
	}
	return METRIC_FILE_COUNT;
}

bool metric_file_keeps_minimum(enum metric_file file)
{
	for (size_t i = 0; i < METRIC_COUNT; i++)
		if (metric_table[i].file == file && metric_table[i].data_source &&
			metric_table[i].keeps_minimum)
			return true;
	return false;
}
