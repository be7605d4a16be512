/*
 * The five demands as series with the names of section "Series at an engine" of
 * docs/method.md: OpenMetrics for `promtool tsdb create-blocks-from openmetrics`, and lines
 * of JSON as `/api/v1/export` gives and `/api/v1/import` takes them.  Unknown slots are
 * left out; the stamp is the end of the slot.
 */
#include "analyze/export/exporter.h"

#include "analyze/export/coarse.h"

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

typedef int write_family(FILE *out, const struct family *family, struct err *err);

static int64_t series_slot_stamp(const struct family *family, size_t slot)
{
	return family->series->first + (int64_t)slot * family->series->step_s +
		family->workload->phase_s;
}

/* The printf family costs more than all else of a line: whole numbers go without it. */
static void put_stamp(FILE *out, int64_t stamp)
{
	char reversed[24], *at = reversed + sizeof(reversed);

	*--at = '\0';
	for (uint64_t left = (uint64_t)stamp; left || !*at; left /= 10)
		*--at = (char)('0' + left % 10);
	fputs(at, out);
}

static int write_openmetrics(FILE *out, const struct family *family, struct err *err)
{
	char number[JSON_NUMBER_SIZE], *head = NULL;
	size_t length = 0;
	FILE *text = open_memstream(&head, &length);

	if (!text)
		return err_oom(err);
	fprintf(text, "%s%s{workload=\"", family->name, family->suffix);
	safe_print_label(text, family->workload->name);
	fputs("\"} ", text);
	fclose(text);
	for (size_t k = 0; k < family->series->count; k++) {
		if (isnan(family->value[k]))
			continue;
		fwrite(head, 1, length, out);
		fputs(json_number_text(family->value[k], number), out);
		fputc(' ', out);
		put_stamp(out, series_slot_stamp(family, k));
		fputc('\n', out);
	}
	free(head);
	return 0;
}

static int write_jsonl(FILE *out, const struct family *family, struct err *err)
{
	char number[JSON_NUMBER_SIZE];
	bool is_first = true;

	(void)err;
	fprintf(out, "{\"metric\":{\"__name__\":\"%s%s\",\"workload\":", family->name,
		family->suffix);
	safe_print_json(out, family->workload->name);
	fputs("},\"values\":[", out);
	for (size_t k = 0; k < family->series->count; k++) {
		if (isnan(family->value[k]))
			continue;
		if (!is_first)
			fputc(',', out);
		fputs(json_number_text(family->value[k], number), out);
		is_first = false;
	}
	fputs("],\"timestamps\":[", out);
	is_first = true;
	for (size_t k = 0; k < family->series->count; k++) {
		if (isnan(family->value[k]))
			continue;
		if (!is_first)
			fputc(',', out);
		put_stamp(out, series_slot_stamp(family, k) * 1000);
		is_first = false;
	}
	fputs("]}\n", out);
	return 0;
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

/* Its demands, by slots of the step that is wanted. */
static int read_demands(const struct estate *estate, const struct workload *workload,
	const struct export_request *request, struct load_set *ret_set, struct err *err)
{
	int r = load_set_read(estate, workload, &estate->request.span, ret_set, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++)
		r = coarse_series(&ret_set->series[names[i].resource], request->step_s,
			workload->name, err);
	if (r < 0)
		load_set_done(ret_set);
	return r;
}

static int write_kind(FILE *out, const struct load_set *set, struct family *family,
	const struct series_name *name, size_t kind, write_family *write,
	struct err *err)
{
	family->name = name->name;
	family->suffix = kind_suffixes[kind];
	family->series = &set->series[name->resource];
	if (!has_kind(family->series, kind))
		return 0;
	family->value = kind_values(family->series, kind);
	return write(out, family, err);
}

/* A family stands together: the workloads are gone through for each. */
static int write_name(const struct estate *estate, const struct export_request *request,
	FILE *out, const struct series_name *name, size_t kind, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < estate->count; i++) {
		struct family family = { .workload = estate->chosen[i] };
		struct load_set set;

		r = read_demands(estate, family.workload, request, &set, err);
		if (r < 0)
			break;
		r = write_kind(out, &set, &family, name, kind, write_openmetrics, err);
		load_set_done(&set);
	}
	return r;
}

int export_openmetrics(const struct estate *estate,
	const struct export_request *request, FILE *out, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++) {
		for (size_t kind = 0; r == 0 && kind < KINDS; kind++) {
			fprintf(out, "# TYPE %s%s gauge\n", names[i].name,
				kind_suffixes[kind]);
			r = write_name(estate, request, out, &names[i], kind, err);
		}
	}
	if (r == 0)
		fputs("# EOF\n", out);
	return r;
}

int export_jsonl(const struct estate *estate, const struct export_request *request,
	FILE *out, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < estate->count; i++) {
		struct family family = { .workload = estate->chosen[i] };
		struct load_set set;

		r = read_demands(estate, family.workload, request, &set, err);
		if (r < 0)
			break;
		for (size_t at = 0; r == 0 && at < ARRAY_LEN(names) * KINDS; at++)
			r = write_kind(out, &set, &family, &names[at / KINDS],
				at % KINDS, write_jsonl, err);
		load_set_done(&set);
	}
	return r;
}
