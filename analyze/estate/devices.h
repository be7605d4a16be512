/* What each disk and each adapter of a machine reached at its highest. */
#ifndef ANALYZE_ESTATE_DEVICES_H
#define ANALYZE_ESTATE_DEVICES_H

#include "store/store.h"

#define DEVICE_PEAKS_MAX 6

/* In the order of device_disk_metrics or device_adapter_metrics; NAN: not known. */
struct device_peaks {
	char *name; /* "vda", "eth0" */
	bool is_adapter;
	double peak[DEVICE_PEAKS_MAX];
	/* Of an adapter: its busier direction, as a share of the link at that time. */
	double link_share;
};

struct device_peaks_list {
	struct device_peaks *device; /* by file name */
	size_t count;
};

extern const enum metric_id device_disk_metrics[DEVICE_PEAKS_MAX];
extern const enum metric_id device_adapter_metrics[3];

/* Over the rows of step_s in (from, to]; a machine that was not sampled has none.  0 or
 * -ENOMEM; free with device_peaks_done. */
int device_peaks_read(struct store *store, const struct workload *workload,
	unsigned step_s, int64_t from, int64_t to, struct device_peaks_list *ret_list,
	struct err *err);
void device_peaks_done(struct device_peaks_list *list);

#endif
