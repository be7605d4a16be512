#include "analyze/report/explain_devices.h"

#include "schema/metric.h"

#include <math.h>

static const struct doc_column disk_columns[] = {
	{ "device", "DISK", COLUMN_CUT, 0, NULL },
	{ "read_bytes_per_s", "READ", COLUMN_RIGHT, 0, NULL },
	{ "written_bytes_per_s", "WRITTEN", COLUMN_RIGHT, 0, NULL },
	{ "read_ops_per_s", "READS/S", COLUMN_RIGHT, 0, NULL },
	{ "write_ops_per_s", "WRITES/S", COLUMN_RIGHT, 0, NULL },
	{ "busy_ratio", "BUSY", COLUMN_RIGHT, 0, NULL },
	{ "queue", "QUEUE", COLUMN_RIGHT, 0, NULL },
};

static const struct doc_column adapter_columns[] = {
	{ "device", "ADAPTER", COLUMN_CUT, 0, NULL },
	{ "received_bps", "RECEIVED", COLUMN_RIGHT, 0, NULL },
	{ "sent_bps", "SENT", COLUMN_RIGHT, 0, NULL },
	{ "speed_bps", "LINK", COLUMN_RIGHT, 0, NULL },
	{ "link_ratio", "OF THE LINK", COLUMN_RIGHT, 0, NULL },
};

static struct cell cell_ratio(struct document *document, double ratio)
{
	return isnan(ratio) ? cell_unknown(NULL)
			    : cell_shown(cell_plain_number(ratio),
				      doc_keep(document, "%.1f %%", 100 * ratio));
}

static struct cell cell_of_queue(struct document *document, double queue)
{
	return isnan(queue) ? cell_unknown(NULL)
			    : cell_shown(cell_plain_number(queue),
				      doc_keep(document, "%.1f", queue));
}

void explain_devices_add(
	struct document *document, const struct explain_subject *x, bool is_adapter)
{
	const struct device_peaks_list *list = x->devices;
	struct doc_table *table = NULL;

	for (size_t i = 0; list && i < list->count; i++) {
		const struct device_peaks *d = &list->device[i];

		if (d->is_adapter != is_adapter)
			continue;
		if (!table) {
			doc_gap(document);
			table = is_adapter
				? doc_table(document, IN_JSON | IN_TEXT, "adapters",
					  TABLE_ROWS, adapter_columns,
					  ARRAY_LEN(adapter_columns))
				: doc_table(document, IN_JSON | IN_TEXT, "disks",
					  TABLE_ROWS, disk_columns,
					  ARRAY_LEN(disk_columns));
		}
		if (is_adapter)
			DOC_ROW(table, cell_text(d->name),
				cell_number(d->peak[0], UNIT_BPS),
				cell_number(d->peak[1], UNIT_BPS),
				cell_number(d->peak[2], UNIT_BPS),
				cell_ratio(document, d->link_share));
		else
			DOC_ROW(table, cell_text(d->name),
				cell_number(d->peak[0], UNIT_BYTES_PER_S),
				cell_number(d->peak[1], UNIT_BYTES_PER_S),
				cell_number(d->peak[2], UNIT_OPS_PER_S),
				cell_number(d->peak[3], UNIT_OPS_PER_S),
				cell_ratio(document, d->peak[4]),
				cell_of_queue(document, d->peak[5]));
	}
}
