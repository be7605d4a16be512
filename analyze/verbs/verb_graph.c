/* analyze graph: the course of one figure, whatever is stored. */
#include "analyze/report/graph_document.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "schema/metric.h"
#include "store/db/workloads.h"
#include "store/files.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_graph_options[] = {
	{ NULL, NULL, NULL },
};

static int find_resource(const char *name)
{
	for (int r = 0; r < RESOURCE_COUNT; r++) {
		if (strcmp(resource_table[r].name, name) == 0)
			return r;
	}
	return -1;
}

/* Files and data sources that can be named; for who has named another. */
static int unknown_figure(struct store *store, const struct workload *workload,
	const char *name, struct err *err)
{
	struct store_file_list files = { .count = 0 };
	struct err ignored = ERR_INIT;
	char list[300] = "";
	size_t used = 0;

	(void)store_files(store, workload, &files, &ignored);
	for (size_t i = 0; i < files.count && used < sizeof(list) - 1; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
			i ? ", " : "", files.file[i].name);
	store_file_list_done(&files);
	return err_set(err, -ENOENT,
		"\"%.60s\": expected memory, cpu, network, disk, disk_ops, or FILE:SOURCE "
		"of what is stored (files: %.300s)",
		name, list);
}

/* The unit of "fs-/:used_bytes"; one that has no digits of its own is UNIT_NONE. */
static enum unit unit_of_figure(const char *name)
{
	static const struct {
		const char *kept;
		enum unit unit;
	} units[] = {
		{ "bytes", UNIT_BYTES },
		{ "MHz", UNIT_MHZ },
		{ "bps", UNIT_BPS },
		{ "bytes_per_s", UNIT_BYTES_PER_S },
		{ "ops_per_s", UNIT_OPS_PER_S },
		{ "ratio", UNIT_RATIO },
		{ "per_s", UNIT_PER_S },
		{ "celsius", UNIT_CELSIUS },
		{ "rpm", UNIT_RPM },
		{ "watt", UNIT_WATT },
		{ "volt", UNIT_VOLT },
	};
	const char *colon = strchr(name, ':');
	char file[128];
	enum metric_file kind;
	enum metric_id metric;

	(void)snprintf(file, sizeof(file), "%.*s", (int)(colon - name), name);
	kind = metric_file_parse(file, NULL);
	metric = kind == METRIC_FILE_COUNT ? METRIC_COUNT
					   : metric_find_of(kind, colon + 1);
	for (size_t i = 0; metric != METRIC_COUNT && i < ARRAY_LEN(units); i++) {
		if (strcmp(units[i].kept, metric_table[metric].unit) == 0)
			return units[i].unit;
	}
	return UNIT_NONE;
}

/* "pressure:cpu_some_ratio" is put where memory would be: a course is a course. */
static int read_other(const struct estate *estate, const struct workload *workload,
	const struct load_request *request, const char *name, struct load_set *set,
	struct err *err)
{
	const char *colon = strchr(name, ':');
	char file[128];
	struct store *store = estate->store;
	int r = load_period_of(estate, workload, request, &set->period, err);

	if (r < 0)
		return r;
	if (!colon || (size_t)(colon - name) >= sizeof(file))
		return unknown_figure(store, workload, name, err);
	(void)snprintf(file, sizeof(file), "%.*s", (int)(colon - name), name);
	r = store_read_series(store, workload, file, colon + 1, set->period.step_s,
		set->period.from, set->period.to, &set->series[0], err);
	return r == -ENOENT ? unknown_figure(store, workload, name, err) : r;
}

static int graph_draw(const struct context *context, const struct estate *estate,
	const struct workload *workload, const char *name, struct err *err)
{
	const struct load_request *span = &estate->request.span;
	struct load_set set = { .period = { .count = 0 } };
	struct outline *outline = calloc(1, sizeof(*outline));
	int resource = find_resource(name), at = resource < 0 ? 0 : resource;
	int r = !outline       ? err_oom(err)
		: resource < 0 ? read_other(estate, workload, span, name, &set, err)
			       : load_set_read(estate, workload, span, &set, err);

	if (r == 0) {
		outline_make(&set, outline);
		if (!outline->course[at].is_known)
			r = err_set(err, -ENODATA,
				"%s of %s is not known in that period", name,
				workload->name);
	}
	if (r == 0)
		r = document_print(
			graph_document(workload->name, name,
				resource < 0 ? unit_of_figure(name)
					     : unit_of_resource((enum resource)at),
				&outline->course[at], outline->from + workload->phase_s,
				outline->to + workload->phase_s),
			context, err);
	load_set_done(&set);
	free(outline);
	return r;
}

/* Without a figure: what there is to draw. */
static int graph_list(const struct context *context, struct store *store,
	const struct workload *workload, struct err *err)
{
	struct store_file_list files = { .count = 0 };
	int r = store_files(store, workload, &files, err);

	if (r == 0)
		r = document_print(figures_document(workload, &files), context, err);
	store_file_list_done(&files);
	return r;
}

int verb_graph(struct context *context, struct err *err)
{
	struct screen screen;
	struct estate estate;
	struct workload workload = { .name = NULL };
	int r;

	if (context->argument_count != 2 && context->argument_count != 1) {
		err_set(err, -EINVAL,
			"expected WORKLOAD and memory, cpu, network, disk, disk_ops or "
			"FILE:SOURCE; WORKLOAD alone lists what there is to draw");
		return EXIT_USAGE;
	}
	r = screen_open_store(&screen, context, &estate, err);
	if (r < 0)
		return EXIT_FAILED;
	r = store_workload_get(estate.store, context->arguments[0], &workload, err);
	if (r == -ENOENT)
		err_set(err, r,
			"no workload is called \"%.100s\"; `analyze status` lists them",
			context->arguments[0]);
	if (r == 0 && context->argument_count == 1)
		r = graph_list(context, estate.store, &workload, err);
	else if (r == 0)
		r = graph_draw(context, &estate, &workload, context->arguments[1], err);
	workload_done(&workload);
	estate_close(&estate);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
