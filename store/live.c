#include "store/live.h"

enum metric_id live_metric(enum live figure)
{
	static const enum metric_id pressures[] = {
		[LIVE_PRESSURE_CPU] = METRIC_PRESSURE_CPU_SOME_RATIO,
		[LIVE_PRESSURE_MEMORY] = METRIC_PRESSURE_MEM_SOME_RATIO,
		[LIVE_PRESSURE_IO] = METRIC_PRESSURE_IO_SOME_RATIO,
	};

	return (int)figure < RESOURCE_COUNT ? resource_table[figure].metric
					    : pressures[figure];
}
