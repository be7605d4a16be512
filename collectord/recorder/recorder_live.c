#include "collectord/recorder/recorder_live.h"

#include "collectord/link/tick_layout.h"
#include "store/live.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double live_value_of(const struct ring_seat *seat, const struct layout *layout,
	enum metric_id metric)
{
	const struct layout_file *file =
		layout_find_file(layout, metric_file_name(metric));

	for (size_t i = 0; file && i < file->count; i++) {
		size_t at = file->first + i;

		if (at < seat->count &&
			strcmp(layout->column[at].name, metric_data_source(metric)) ==
				0)
			return seat->values[at];
	}
	return NAN;
}

void recorder_live_line(const struct recorder *recorder, char *line, size_t size)
{
	const struct ring_seat *seat = NULL;
	struct err ignored = ERR_INIT;
	struct layout layout;
	size_t used;

	(void)snprintf(line, size, "failed: no tick yet\n");
	if (!recorder->ring ||
		ring_look(recorder->ring, ring_released(recorder->ring), &seat) < 0 ||
		layout_load(recorder->settings.runtime, seat->layout_id, &layout,
			&ignored) < 0)
		return;
	used = (size_t)snprintf(
		line, size, "ok %" PRId64 " %" PRIu32, seat->stamp_s, seat->step_s);
	for (int i = 0; i < LIVE_COUNT; i++) {
		double value = live_value_of(seat, &layout, live_metric((enum live)i));

		used += (size_t)snprintf(line + used, size - used,
			isnan(value) ? " -" : " %.10g", value);
	}
	(void)snprintf(line + used, size - used, "\n");
	layout_done(&layout);
}
