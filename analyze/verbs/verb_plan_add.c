/* analyze plan add: where should the next one go (NET-7, STO-13)?  Everything that the
 * plan has placed stays where it is. */
#include "analyze/migrate/moves.h"
#include "analyze/plan/candidates.h"
#include "analyze/plan/plan_file.h"
#include "analyze/report/moves_document.h"
#include "analyze/verbs/plan_verbs.h"
#include "common/util.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct addition {
	const struct context *context;
	struct plan_file file;
	struct plan_factors factors;
	struct plan_workload *workload; /* the plan's, then the one to add */
	size_t count;
	struct plan_model model;
	size_t *host_type, *at; /* of the model */
	bool *fits;             /* [host] */
	size_t *row;            /* [host] */
	double *ratio; /* [host] fullest dimension with it; NAN: does not fit */
	size_t best;
};

static void addition_done(struct addition *addition)
{
	plan_model_done(&addition->model);
	plan_file_done(&addition->file);
	free(addition->workload);
	free(addition->host_type);
	free(addition->at);
	free(addition->fits);
	free(addition->row);
	free(addition->ratio);
}

/* The model of the plan with one workload more, everything else in its place. */
static int plan_add_build(struct addition *addition, struct err *err)
{
	struct plan_request request = { .factors = &addition->factors,
		.hosts = &addition->file.hosts,
		.workload = addition->workload,
		.workload_count = addition->count };
	size_t hosts = addition->file.host_count;
	int r = plan_model_build(&request, &addition->model, err);

	if (r < 0)
		return r;
	addition->host_type = calloc(hosts + 1, sizeof(size_t));
	addition->at = calloc(addition->count + 1, sizeof(size_t));
	addition->fits = calloc(hosts + 1, sizeof(bool));
	addition->row = calloc(hosts + 1, sizeof(size_t));
	addition->ratio = calloc(hosts + 1, sizeof(double));
	if (!addition->host_type || !addition->at || !addition->fits ||
		!addition->row || !addition->ratio)
		return err_oom(err);
	addition->at[addition->count - 1] = PACKING_NONE;
	for (size_t h = 0; h < hosts; h++) {
		const struct plan_file_host *host = &addition->file.host[h];

		addition->host_type[h] = plan_file_model_type(&addition->model,
			&addition->file.hosts, host->type, host->name);
		for (size_t i = 0; i < host->workload_count; i++)
			addition->at[host->workload[i]] = h;
	}
	r = moves_where(&addition->model.problem, addition->host_type, hosts,
		addition->at, addition->count - 1, addition->fits, addition->row);
	return r < 0 ? err_oom(err) : 0;
}

/* How full the fullest dimension of a host is once the new one runs there. */
static double fullest(const struct addition *addition, size_t host)
{
	const struct plan_file_host *entry = &addition->file.host[host];
	const struct host_list *hosts = &addition->file.hosts;
	const struct host_type *type = &hosts->type[entry->type];
	double most = 0;

	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		enum plan_dimension dimension = (enum plan_dimension)d;
		double capacity, sum = 0;

		if (d == PLAN_ADAPTERS ||
			!plan_capacity(&addition->factors, type, dimension, &capacity))
			continue;
		for (size_t i = 0; i <= entry->workload_count; i++) {
			size_t index = i < entry->workload_count ? entry->workload[i]
								 : addition->count - 1;

			const struct plan_workload *workload =
				&addition->workload[index];

			sum += plan_demand_of(&addition->factors, type, workload,
				dimension,
				plan_sized(&addition->factors, hosts, workload,
					dimension));
		}
		sum = plan_needed(&addition->factors, type, dimension, sum);
		if (capacity > 0 && sum / capacity > most)
			most = sum / capacity;
	}
	return most;
}

/* The fullest of those that fit: the large holes stay for the large ones. */
static void plan_add_choose(struct addition *addition)
{
	addition->best = PACKING_NONE;
	for (size_t h = 0; h < addition->file.host_count; h++) {
		addition->ratio[h] = addition->fits[h] ? fullest(addition, h) : NAN;
		if (addition->fits[h] &&
			(addition->best == PACKING_NONE ||
				addition->ratio[h] > addition->ratio[addition->best]))
			addition->best = h;
	}
}

static const char *reason(const struct addition *addition, size_t host)
{
	size_t column;

	if (addition->fits[host])
		return NULL;
	if (addition->row[host] == PACKING_NONE)
		return "constraint";
	column = packing_row_dimension(
		&addition->model.problem, addition->row[host], NULL);
	return addition->model.problem.dimension[column].name;
}

static int print_addition(const struct addition *addition, struct err *err)
{
	size_t count = addition->file.host_count;
	struct addition_host *hosts = calloc(count + 1, sizeof(*hosts));
	int r;

	if (!hosts)
		return err_oom(err);
	for (size_t h = 0; h < count; h++)
		hosts[h] = (struct addition_host){
			.name = addition->file.host[h].name,
			.workload_count = addition->file.host[h].workload_count,
			.fits = addition->fits[h],
			.reason = reason(addition, h),
			.ratio = addition->ratio[h],
		};
	r = document_print(
		addition_document(addition->workload[addition->count - 1].name,
			addition->best == PACKING_NONE ? NULL
						       : hosts[addition->best].name,
			hosts, count),
		addition->context, err);
	free(hosts);
	return r;
}

/* The one to add, as the assessment sizes it, behind those of the plan. */
static int plan_add_append(struct addition *addition,
	const struct candidates *candidates, const char *name, struct err *err)
{
	for (size_t i = 0; i < addition->file.workload_count; i++) {
		if (strcmp(addition->file.workload[i].name, name) == 0)
			return err_set(err, -EEXIST, "%s: \"%.60s\" is placed already",
				addition->file.path, name);
	}
	for (size_t i = 0; i < candidates->excluded_count; i++) {
		if (strcmp(candidates->excluded[i].name, name) == 0)
			return err_set(err, -EPERM,
				"\"%.60s\" is no candidate: %.200s (%.40s)", name,
				candidates->excluded[i].reason,
				candidates->excluded[i].rule);
	}
	for (size_t i = 0; i < candidates->count; i++) {
		if (strcmp(candidates->workload[i].name, name) != 0)
			continue;
		addition->count = addition->file.workload_count + 1;
		addition->workload =
			calloc(addition->count, sizeof(*addition->workload));
		if (!addition->workload)
			return err_oom(err);
		memcpy(addition->workload, addition->file.workload,
			addition->file.workload_count * sizeof(*addition->workload));
		addition->workload[addition->count - 1] = candidates->workload[i];
		return 0;
	}
	return err_set(err, -ENOENT, "no workload is called \"%.60s\"", name);
}

static int assess(struct addition *addition, struct err *err)
{
	const char *include = context_option(addition->context, "include");
	struct candidates_request wanted = { .include = INCLUDE_PASS,
		.hosts = &addition->file.hosts };
	struct candidates candidates = { .count = 0 };
	struct estate estate = { .store = NULL };
	struct screen screen;
	int r = include ? candidates_parse_include(include, &wanted.include, err) : 0;

	if (r == 0)
		r = candidates_factors(addition->context->config_dir,
			addition->file.profile, &addition->factors, err);
	if (r == 0)
		r = screen_open_estate(&screen, addition->context, 0, 0, &estate, err);
	if (r == 0)
		r = candidates_gather(&estate, &wanted, &candidates, err);
	if (r == 0)
		r = plan_add_append(
			addition, &candidates, addition->context->arguments[2], err);
	if (r == 0)
		r = plan_add_build(addition, err);
	if (r == 0) {
		plan_add_choose(addition);
		r = print_addition(addition, err);
	}
	candidates_done(&candidates);
	estate_close(&estate);
	return r;
}

int plan_add(struct context *context, struct err *err)
{
	struct addition addition = { .context = context, .best = PACKING_NONE };
	int r;

	if (context->argument_count != 3 || context->format == FORMAT_CSV ||
		context->format == FORMAT_KV) {
		err_set(err, -EINVAL,
			"expected `analyze plan add PLAN.json WORKLOAD`, as text or "
			"JSON");
		return EXIT_USAGE;
	}
	r = plan_file_load(context->arguments[1], &addition.file, err);
	/* who fits beside the others is judged as they were */
	if (r == 0 && !context->profile)
		context->profile = addition.file.profile;
	if (r == 0)
		r = assess(&addition, err);
	addition_done(&addition);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
