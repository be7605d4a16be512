/*
 * Which metric of an exporter is which part of a figure: data.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_FORMATS_PROMETHEUS_RULES_H
#define ANALYZE_IMPORT_FORMATS_PROMETHEUS_RULES_H

#include "analyze/engine/samples.h"
#include "analyze/import/parts.h"
#include "common/err.h"

enum prom_device {
	DEVICE_NONE,
	DEVICE_ADAPTER,
	DEVICE_DISK,
	DEVICE_NIC,
	DEVICE_ANY,
	DEVICE_VOLUME, /* only where the disks themselves are not shown */
};

struct prom_rule {
	const char *name; /* without "_total" behind it; wmi_ of old is windows_ */
	enum part part;
	double scale;
	bool is_counter;
	double bound_per_s; /* of a counter, in its unit */
	enum prom_device device;
	unsigned kind;
};

#define PROM_PLAIN_BYTES (LABEL_BYTES + 8)

/* A name without what differs from one exporter to the next: its length. */
size_t prom_plain_metric(const char *name, char ret_plain[PROM_PLAIN_BYTES]);
const struct prom_rule *prom_rule_find(const char *plain); /* NULL: none of ours */

/* The names that figures and facts are made of, as servers call them. */
int prom_metrics_each(int (*one)(void *data, const char *name, struct err *err),
	void *data, struct err *err);
bool prom_metric_is_boot(const char *name);   /* wanted before the counters */
bool prom_metric_is_volume(const char *name); /* wanted where there are no disks */

/* text begins with front. */
bool prom_has_front(const char *text, const char *front);

#endif
