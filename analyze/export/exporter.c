#include "analyze/export/exporter.h"

#include "common/util.h"

const struct exporter exporter_table[] = {
	{ "csv", "all slots of the workloads, as `import csv` reads them", export_csv,
		true },
	{ "openmetrics", "the demands, for promtool tsdb create-blocks-from",
		export_openmetrics, false },
	{ "jsonl", "the demands, a line a series, as /api/v1/export has them",
		export_jsonl, false },
};

const size_t exporter_count = ARRAY_LEN(exporter_table);
