/*
 * The five demands as series with the names of section "Series at an engine" of
 * docs/method.md: OpenMetrics for `promtool tsdb create-blocks-from openmetrics`, and lines
 * of JSON as `/api/v1/export` gives and `/api/v1/import` takes them.  Unknown slots are
 * left out; the stamp is the end of the slot.
 */
#include "analyze/export/exporter.h"

#include "common/json_out.h"
#include "common/safe_text.h"
#include "analyze/estate/load.h"
#include "common/util.h"
#include "store/db/workloads.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static const struct series_name {
	enum resource resource;
	const char *name;
} names[] = {
	{ RESOURCE_MEMORY, "headroom_memory_used_bytes" },
	{ RESOURCE_CPU, "headroom_cpu_used_mhz" },
	{ RESOURCE_NETWORK, "headroom_network_bps" },
	{ RESOURCE_DISK, "headroom_disk_bytes_per_s" },
	{ RESOURCE_DISK_OPS, "headroom_disk_ops_per_s" },
};

static const char *const kind_suffixes[] = { "", "_min", "_max" };
#define KINDS ARRAY_LEN(kind_suffixes)

/* One family: a demand or one of its extremes, of one workload. */
struct family {
	const char *name, *suffix;
	const struct workload *workload;
	const struct series *series;
	const double *value;
};

typedef void write_family(FILE *out, const struct family *family);

static int64_t series_slot_stamp(const struct family *family, size_t slot)
{
	return family->series->first + (int64_t)slot * family->series->step_s +
		family->workload->phase_s;
}

static void write_openmetrics(FILE *out, const struct family *family)
{
	char number[JSON_NUMBER_SIZE];

	for (size_t k = 0; k < family->series->count; k++) {
		if (isnan(family->value[k]))
			continue;
		fprintf(out, "%s%s{workload=\"", family->name, family->suffix);
		safe_print_label(out, family->workload->name);
		fprintf(out, "\"} %s %" PRId64 "\n",
			json_number_text(family->value[k], number),
			series_slot_stamp(family, k));
	}
}

static void write_jsonl(FILE *out, const struct family *family)
{
	char number[JSON_NUMBER_SIZE];
	const char *comma = "";

	fprintf(out, "{\"metric\":{\"__name__\":\"%s%s\",\"workload\":", family->name,
		family->suffix);
	safe_print_json(out, family->workload->name);
	fputs("},\"values\":[", out);
	for (size_t k = 0; k < family->series->count; k++) {
		if (isnan(family->value[k]))
			continue;
		fprintf(out, "%s%s", comma, json_number_text(family->value[k], number));
		comma = ",";
	}
	fputs("],\"timestamps\":[", out);
	comma = "";
	for (size_t k = 0; k < family->series->count; k++) {
		if (isnan(family->value[k]))
			continue;
		fprintf(out, "%s%" PRId64, comma, series_slot_stamp(family, k) * 1000);
		comma = ",";
	}
	fputs("]}\n", out);
}

static const double *kind_values(const struct series *series, size_t kind)
{
	return kind == 0 ? series->mean : kind == 1 ? series->minimum : series->maximum;
}

/* Extremes that are the mean itself say nothing more. */
static bool has_kind(const struct series *series, size_t kind)
{
	return series->count > 0 &&
		(kind == 0 || kind_values(series, kind) != series->mean);
}

static int write_name(const struct estate *estate, FILE *out,
	const struct series_name *name, size_t kind, write_family *write,
	struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < estate->count; i++) {
		struct load_set set;
		struct family family = { .name = name->name,
			.suffix = kind_suffixes[kind],
			.workload = estate->chosen[i] };

		r = load_set_read(
			estate, family.workload, &estate->request.span, &set, err);
		if (r < 0)
			break;
		family.series = &set.series[name->resource];
		if (has_kind(family.series, kind)) {
			family.value = kind_values(family.series, kind);
			write(out, &family);
		}
		load_set_done(&set);
	}
	return r;
}

static int export_series(const struct estate *estate, FILE *out, write_family *write,
	bool has_types, struct err *err)
{
	int r = 0;

	/* a family stands together, so the workloads are gone through for each */
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++) {
		for (size_t kind = 0; r == 0 && kind < KINDS; kind++) {
			if (has_types)
				fprintf(out, "# TYPE %s%s gauge\n", names[i].name,
					kind_suffixes[kind]);
			r = write_name(estate, out, &names[i], kind, write, err);
		}
	}
	if (r == 0 && has_types)
		fputs("# EOF\n", out);
	return r;
}

int export_openmetrics(
	const struct estate *estate, const char *columns, FILE *out, struct err *err)
{
	(void)columns;
	return export_series(estate, out, write_openmetrics, true, err);
}

int export_jsonl(
	const struct estate *estate, const char *columns, FILE *out, struct err *err)
{
	(void)columns;
	return export_series(estate, out, write_jsonl, false, err);
}
