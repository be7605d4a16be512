/*
 * From an engine's series to parts of figures: what the importer of its answers as files
 * and the live import share.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_FORMATS_PROMETHEUS_SERIES_H
#define ANALYZE_IMPORT_FORMATS_PROMETHEUS_SERIES_H

#include "analyze/engine/samples.h"
#include "analyze/import/importer.h"

struct prom_mapper; /* opaque */

int prom_mapper_new(const struct import_source *source, struct import_sink *sink,
	struct prom_mapper **ret_mapper, struct err *err);
void prom_mapper_free(struct prom_mapper *mapper); /* NULL is a no-op */

/* A series begins; its samples follow in the order of their time; the end of all. */
int prom_mapper_series(struct prom_mapper *mapper, const struct engine_labels *labels);
int prom_mapper_samples(
	struct prom_mapper *mapper, const struct engine_sample *sample, size_t count);
int prom_mapper_end(struct prom_mapper *mapper);

/* Of a live import: readings from the one stamp to the other alone (a counter needs a sample
 * before the first), and what the machine is by what it shows. */
void prom_mapper_keep(struct prom_mapper *mapper, int64_t from_s, int64_t to_s);
/* The same machine at another time comes: its boots are asked for again. */
void prom_mapper_next_slice(struct prom_mapper *mapper);
/* A Windows whose disks are not shown, so that its volumes have to do. */
bool prom_mapper_wants_volumes(const struct prom_mapper *mapper);
void prom_mapper_take_volumes(struct prom_mapper *mapper);

/* --workload, the label workload or vm, the instance without its port: its length. */
size_t prom_workload_name(const struct import_options *options,
	const struct engine_labels *labels, const char **ret_name);

#endif
