/* From the snapshot of the probes' collector to the layout of a tick. */
#include "collectord/link/snapshot_columns.h"

#include "schema/metric.h"

#include <stdio.h>

static int add_snapshot_file(const struct snapshot *snapshot,
	const struct snapshot_file *file, struct layout *layout, struct err *err)
{
	char name[LAYOUT_NAME_BYTES];
	const char *kind = metric_file_table[file->kind].name;
	int r;

	snprintf(name, sizeof(name), file->instance[0] ? "%s-%s" : "%s%s", kind,
		file->instance);
	r = layout_add_file(layout, name, err);
	for (unsigned i = file->first; r == 0 && i < file->first + file->count; i++) {
		const struct snapshot_column *column = &snapshot->column[i];
		uint32_t flags = LAYOUT_KEEP_MAX;

		if (metric_table[column->metric].keeps_minimum)
			flags |= LAYOUT_KEEP_MIN;
		r = layout_add_column(layout, column->data_source, flags, err);
	}
	return r;
}

int layout_of_snapshot(const struct snapshot *snapshot, unsigned step_s,
	struct layout *layout, struct err *err)
{
	int r = 0;

	layout_done(layout);
	layout_init(layout, step_s);
	for (size_t i = 0; r == 0 && i < snapshot->file_count; i++)
		r = add_snapshot_file(snapshot, &snapshot->file[i], layout, err);
	return r < 0 ? r : layout_seal(layout, err);
}
