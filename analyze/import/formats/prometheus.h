/*
 * What formats/prometheus.c and formats/prometheus_text.c share.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_FORMATS_PROMETHEUS_H
#define ANALYZE_IMPORT_FORMATS_PROMETHEUS_H

#include "analyze/import/importer.h"

/* One scrape: the memory, the system and the name of its machine as facts. */
int prometheus_read_exposition(
	const struct import_source *source, struct import_sink *sink, struct err *err);

#endif
