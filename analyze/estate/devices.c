#include "analyze/estate/devices.h"

#include "common/util.h"
#include "store/files.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const enum metric_id device_disk_metrics[DEVICE_PEAKS_MAX] = {
	METRIC_BLOCK_READ_BYTES_S, METRIC_BLOCK_WRITE_BYTES_S, METRIC_BLOCK_READ_OPS_S,
	METRIC_BLOCK_WRITE_OPS_S, METRIC_BLOCK_BUSY_RATIO, METRIC_BLOCK_QUEUE
};
const enum metric_id device_adapter_metrics[3] = { METRIC_NET_RX_BPS, METRIC_NET_TX_BPS,
	METRIC_NET_SPEED_BPS };

/* What is read of: one workload, one period. */
struct device_reader {
	struct store *store;
	const struct workload *workload;
	unsigned step_s;
	int64_t from, to;
};

static bool device_column(const struct device_reader *d, const char *file,
	enum metric_id metric, struct series *ret_series)
{
	struct err ignored = ERR_INIT;

	return store_read_series(d->store, d->workload, file,
		       metric_data_source(metric), d->step_s, d->from, d->to,
		       ret_series, &ignored) == 0;
}

/* The highest maximum of a slot; where a slot keeps none, its mean. */
static double device_highest(
	const struct device_reader *d, const char *file, enum metric_id metric)
{
	struct series series;
	double highest = NAN;

	if (!device_column(d, file, metric, &series))
		return NAN;
	for (size_t i = 0; i < series.count; i++)
		highest = fmax(highest,
			isnan(series.maximum[i]) ? series.mean[i] : series.maximum[i]);
	series_done(&series);
	return highest;
}

static double link_share_of(const struct device_reader *d, const char *file)
{
	struct series speed, way;
	double highest = NAN;

	if (!device_column(d, file, METRIC_NET_SPEED_BPS, &speed))
		return NAN;
	for (size_t m = 0; m < 2; m++) {
		if (!device_column(d, file, device_adapter_metrics[m], &way))
			continue;
		for (size_t i = 0; i < way.count && i < speed.count; i++) {
			if (speed.mean[i] > 0)
				highest = fmax(highest,
					(isnan(way.maximum[i]) ? way.mean[i]
							       : way.maximum[i]) /
						speed.mean[i]);
		}
		series_done(&way);
	}
	series_done(&speed);
	return highest;
}

static int read_device(const struct device_reader *d, const char *file,
	enum metric_file kind, const char *instance, struct device_peaks *device)
{
	bool is_adapter = kind == METRIC_FILE_NET;
	size_t count =
		is_adapter ? ARRAY_LEN(device_adapter_metrics) : DEVICE_PEAKS_MAX;
	const enum metric_id *metrics =
		is_adapter ? device_adapter_metrics : device_disk_metrics;

	*device = (struct device_peaks){
		.name = strdup(instance), .is_adapter = is_adapter, .link_share = NAN
	};
	if (!device->name)
		return -ENOMEM;
	for (size_t i = 0; i < DEVICE_PEAKS_MAX; i++)
		device->peak[i] = i < count ? device_highest(d, file, metrics[i]) : NAN;
	if (is_adapter)
		device->link_share = link_share_of(d, file);
	return 0;
}

int device_peaks_read(struct store *store, const struct workload *workload,
	unsigned step_s, int64_t from, int64_t to, struct device_peaks_list *ret_list,
	struct err *err)
{
	const struct device_reader reader = { store, workload, step_s, from, to };
	struct store_file_list files = { .count = 0 };
	struct device_peaks_list list = { .count = 0 };
	struct err ignored = ERR_INIT;
	int r = 0;

	*ret_list = list;
	if (store_files(store, workload, &files, &ignored) < 0)
		return 0;
	list.device = calloc(files.count + 1, sizeof(*list.device));
	if (!list.device)
		r = -ENOMEM;
	for (size_t i = 0; i < files.count && r == 0; i++) {
		const char *instance = NULL;
		enum metric_file kind =
			metric_file_parse(files.file[i].name, &instance);

		if ((kind == METRIC_FILE_BLOCK || kind == METRIC_FILE_NET) && instance)
			r = read_device(&reader, files.file[i].name, kind, instance,
				&list.device[list.count++]);
	}
	store_file_list_done(&files);
	if (r < 0) {
		device_peaks_done(&list);
		return err_oom(err);
	}
	*ret_list = list;
	return 0;
}

void device_peaks_done(struct device_peaks_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->device[i].name);
	free(list->device);
	*list = (struct device_peaks_list){ .count = 0 };
}
