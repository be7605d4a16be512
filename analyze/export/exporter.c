#include "analyze/export/exporter.h"

#include "common/util.h"

const struct exporter exporter_table[] = {
	{ "csv", "all slots of the workloads, as `import csv` reads them", export_csv },
};

const size_t exporter_count = ARRAY_LEN(exporter_table);
