#include "analyze/plan/plan_difference.h"

#include "analyze/plan/candidates.h"
#include "analyze/plan/plan_series.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plan_difference_done(struct plan_difference *difference)
{
	for (size_t h = 0; h < difference->host_count; h++) {
		if (difference->is_own_name[h])
			free(difference->host_name[h]);
	}
	move_plan_done(&difference->moves);
	plan_model_done(&difference->model);
	plan_file_done(&difference->today);
	plan_file_done(&difference->next);
	free(difference->workload);
	free(difference->host_type);
	free(difference->host_name);
	free(difference->is_own_name);
	name_index_done(&difference->host_at);
	free(difference->made);
	free(difference->joined);
	free(difference->from);
	free(difference->to);
}

/* ---- both plans as one problem -------------------------------------------------------- */

static int check_types(const struct plan_difference *difference, struct err *err)
{
	for (size_t i = 0; i < difference->today.hosts.type_count; i++) {
		const struct host_type *a = &difference->today.hosts.type[i];
		bool is_used = false, is_known = false;

		for (size_t h = 0; h < difference->today.host_count; h++)
			is_used = is_used || difference->today.host[h].type == i;
		for (size_t j = 0; j < difference->next.hosts.type_count; j++) {
			const struct host_type *b = &difference->next.hosts.type[j];

			if (strcmp(a->name, b->name) != 0)
				continue;
			is_known = true;
			if (a->cores != b->cores || a->core_mhz != b->core_mhz ||
				a->memory_mb != b->memory_mb)
				return err_set(err, -EINVAL,
					"type \"%.60s\" is another machine in %s than "
					"in %s",
					a->name, difference->today.path,
					difference->next.path);
		}
		if (is_used && !is_known)
			return err_set(err, -EINVAL,
				"%s: there is no type \"%.60s\", on which %s places "
				"workloads; make both plans with one hosts file",
				difference->next.path, a->name, difference->today.path);
	}
	return 0;
}

static int join_workloads(struct plan_difference *difference, struct err *err)
{
	size_t most =
		difference->today.workload_count + difference->next.workload_count;

	difference->workload = calloc(most + 1, sizeof(*difference->workload));
	difference->from = calloc(most + 1, sizeof(size_t));
	difference->to = calloc(most + 1, sizeof(size_t));
	difference->joined = calloc(most + 1, sizeof(size_t));
	if (!difference->workload || !difference->from || !difference->to ||
		!difference->joined)
		return err_oom(err);
	for (size_t i = 0; i < difference->next.workload_count; i++)
		difference->workload[difference->count++] =
			difference->next.workload[i];
	for (size_t i = 0; i < difference->today.workload_count; i++) {
		const struct plan_workload *workload = &difference->today.workload[i];
		size_t at =
			name_index_find(&difference->next.workload_at, workload->name);

		if (at == NAME_INDEX_NONE) {
			at = difference->count++;
			difference->workload[at] = *workload;
		}
		difference->joined[i] = at;
	}
	for (size_t i = 0; i < difference->count; i++) {
		if (isnan(plan_footprint(&difference->workload[i])) ||
			isnan(difference->workload[i].need.of[RESOURCE_CPU]))
			return err_set(err, -EINVAL,
				"workload \"%.60s\": the plan does not say its figures",
				difference->workload[i].name);
	}
	return 0;
}

/* The type that a host of today's file has in the next file. */
static size_t next_type(const struct plan_difference *difference, size_t today_type)
{
	const char *name = difference->today.hosts.type[today_type].name;

	for (size_t i = 0; i < difference->next.hosts.type_count; i++) {
		if (strcmp(difference->next.hosts.type[i].name, name) == 0)
			return i;
	}
	return 0; /* check_types has refused it */
}

/* -EEXIST: the name is another host's. */
static int take_name(struct plan_difference *difference, char *name)
{
	int r = name_index_add(&difference->host_at, name, difference->host_count);

	if (r == 0)
		difference->host_name[difference->host_count] = name;
	return r;
}

/* The first name "TYPE-1", "TYPE-2" ... that no host has; of each type counted on. */
static int make_name(struct plan_difference *difference, size_t type)
{
	const char *word = difference->next.hosts.type[type].name;
	char *name;
	int r;

	do {
		if (asprintf(&name, "%s-%zu", word, ++difference->made[type]) < 0)
			return -ENOMEM;
		r = take_name(difference, name);
		if (r < 0)
			free(name);
	} while (r == -EEXIST);
	difference->is_own_name[difference->host_count] = r == 0;
	return r;
}

/* A host that is not in use today: its own name, or the first free one of its type. */
static int name_new_host(
	struct plan_difference *difference, const struct plan_file_host *host)
{
	int r = take_name(difference, host->name);

	if (r == -EEXIST)
		r = make_name(difference, host->type);
	if (r == 0)
		difference->host_count++;
	return r;
}

#define FREE_HOSTS 2 /* of each type, for detours */

/* Hosts that neither plan uses, where the hosts file has more. */
static int add_free_hosts(struct plan_difference *difference)
{
	const struct host_list *hosts = &difference->next.hosts;

	for (size_t t = 0; t < hosts->type_count; t++) {
		size_t used = 0, more = 0;

		for (size_t h = 0; h < difference->host_count; h++)
			used += difference->model.type[difference->host_type[h]].type ==
				t;
		more = hosts->type[t].count - hosts->type[t].spare > used
			? hosts->type[t].count - hosts->type[t].spare - used
			: 0;
		for (size_t i = 0; i < more && i < FREE_HOSTS; i++) {
			size_t at = difference->host_count;
			int r = make_name(difference, t);

			if (r < 0)
				return r;
			difference->host_type[at] =
				plan_file_model_type(&difference->model, hosts, t,
					difference->host_name[at]);
			difference->host_count++;
		}
	}
	return 0;
}

static int match_hosts(struct plan_difference *difference, struct err *err)
{
	size_t today = difference->today.host_count, next = difference->next.host_count;
	size_t *types = calloc(next + 1, sizeof(size_t));
	size_t *as = calloc(next + 1, sizeof(size_t));
	size_t *of = calloc(difference->count + 1, sizeof(size_t));
	int r = types && as && of ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < difference->count; i++)
		of[i] = PACKING_NONE;
	for (size_t h = 0; r == 0 && h < next; h++) {
		const struct plan_file_host *host = &difference->next.host[h];

		types[h] = plan_file_model_type(&difference->model,
			&difference->next.hosts, host->type, host->name);
		for (size_t i = 0; i < host->workload_count; i++)
			of[host->workload[i]] = h;
	}
	if (r == 0)
		r = moves_match_hosts(&difference->model.problem, difference->host_type,
			today, difference->from, types, next, of, as);
	difference->is_best_naming = r == 0;
	r = r > 0 ? 0 : r;
	for (size_t h = 0; r == 0 && h < next; h++) {
		if (as[h] < today)
			continue;
		as[h] = difference->host_count;
		difference->host_type[as[h]] = types[h];
		r = name_new_host(difference, &difference->next.host[h]);
	}
	if (r == 0)
		r = add_free_hosts(difference);
	for (size_t i = 0; r == 0 && i < difference->count; i++)
		difference->to[i] = of[i] == PACKING_NONE ? PACKING_NONE : as[of[i]];
	free(types);
	free(as);
	free(of);
	return r < 0 ? err_oom(err) : 0;
}

static int list_today(struct plan_difference *difference, struct err *err)
{
	size_t most = difference->today.host_count + difference->next.host_count +
		FREE_HOSTS * difference->next.hosts.type_count;

	difference->host_type = calloc(most + 1, sizeof(size_t));
	difference->host_name = calloc(most + 1, sizeof(char *));
	difference->is_own_name = calloc(most + 1, sizeof(bool));
	difference->made =
		calloc(difference->next.hosts.type_count + 1, sizeof(size_t));
	if (!difference->host_type || !difference->host_name ||
		!difference->is_own_name || !difference->made)
		return err_oom(err);
	for (size_t i = 0; i < difference->count; i++)
		difference->from[i] = PACKING_NONE;
	for (size_t h = 0; h < difference->today.host_count; h++) {
		const struct plan_file_host *host = &difference->today.host[h];

		difference->host_count = h;
		if (take_name(difference, host->name) < 0)
			return err_oom(err); /* names of one file differ */
		difference->host_type[h] = plan_file_model_type(&difference->model,
			&difference->next.hosts, next_type(difference, host->type),
			host->name);
		for (size_t i = 0; i < host->workload_count; i++)
			difference->from[difference->joined[host->workload[i]]] = h;
	}
	difference->host_count = difference->today.host_count;
	return 0;
}

/* ---- aligned plans: the states on the way are tested slot by slot ----------------------- */

bool plan_difference_is_aligned(const struct plan_difference *difference)
{
	return difference->today.is_aligned || difference->next.is_aligned;
}

struct alignment {
	const struct workload **measured;
	struct plan_series series;
	double *values;
};

static void alignment_done(struct alignment *alignment)
{
	plan_series_close(&alignment->series);
	free(alignment->measured);
	free(alignment->values);
}

static int align(struct plan_difference *difference, const struct estate *estate,
	struct alignment *alignment, struct plan_request *request, struct err *err)
{
	struct candidates candidates = { .workload = difference->workload,
		.count = difference->count };
	double filled;
	int r;

	alignment->measured =
		calloc(difference->count + 1, sizeof(const struct workload *));
	if (!alignment->measured)
		return err_oom(err);
	for (size_t i = 0; i < difference->count; i++)
		alignment->measured[i] =
			workload_list_find(&estate->list, difference->workload[i].name);
	plan_series_open(&alignment->series, estate, alignment->measured);
	r = timeline_span(
		difference->next.from, difference->next.to, 3600, &request->axis);
	if (r < 0)
		return err_set(err, r, "%s: the plan does not say its period",
			difference->next.path);
	request->is_aligned = true;
	request->is_memory_aligned = difference->next.is_memory_aligned;
	return plan_series_align(&alignment->series, &candidates, &request->axis,
		&alignment->values, &filled, err);
}

/* Whether today's placement carries what the next plan says of the workloads. */
static int find_overfull(struct plan_difference *difference)
{
	const struct packing_problem *problem = &difference->model.problem;
	size_t host = 0, row = 0;
	int r = moves_overfull(problem, difference->host_type, difference->host_count,
		difference->from, &host, &row);

	if (r == 1) {
		difference->overfull_host = difference->host_name[host];
		difference->overfull_row =
			problem->dimension[packing_row_dimension(problem, row, NULL)]
				.name;
	}
	return r < 0 ? r : 0;
}

int plan_difference_order(struct plan_difference *difference,
	const struct estate *estate, struct err *err)
{
	struct plan_request request = { .factors = &difference->factors,
		.hosts = &difference->next.hosts,
		.workload = difference->workload,
		.workload_count = difference->count };
	struct alignment alignment = { .measured = NULL };
	int r = 0;

	if (plan_difference_is_aligned(difference))
		r = align(difference, estate, &alignment, &request, err);
	if (r == 0)
		r = plan_model_build(&request, &difference->model, err);
	if (r == 0)
		r = list_today(difference, err);
	if (r == 0)
		r = match_hosts(difference, err);
	if (r == 0)
		r = find_overfull(difference);
	if (r == 0) {
		r = moves_order(&difference->model.problem, difference->host_type,
			difference->host_count, difference->from, difference->to,
			&difference->moves);
		difference->moves.is_fewest =
			difference->moves.is_fewest && difference->is_best_naming;
		if (r < 0)
			err_oom(err);
	}
	alignment_done(&alignment);
	return r;
}

static double cost_of(const struct plan_file *file)
{
	double cost = 0;

	for (size_t h = 0; h < file->host_count; h++) {
		double one = file->hosts.type[file->host[h].type].cost;

		cost += isnan(one) ? 1 : one;
	}
	for (size_t t = 0; t < file->hosts.type_count; t++) {
		double one = file->hosts.type[t].cost;

		cost += (double)file->hosts.type[t].spare * (isnan(one) ? 1 : one);
	}
	return cost;
}

static void judge(struct plan_difference *difference)
{
	difference->cost_today = cost_of(&difference->today);
	difference->cost_next = cost_of(&difference->next);
	difference->is_beneficial = difference->cost_next < difference->cost_today ||
		difference->next.host_count < difference->today.host_count ||
		difference->next.workload_count > difference->today.workload_count;
}

int plan_difference_read(const char *today_path, const char *next_path,
	const char *config_dir, struct plan_difference *ret_difference, struct err *err)
{
	struct plan_difference *difference = ret_difference;
	int r;

	*difference = (struct plan_difference){ .count = 0 };
	r = plan_file_load(today_path, &difference->today, err);
	if (r == 0)
		r = plan_file_load(next_path, &difference->next, err);
	if (r == 0)
		r = check_types(difference, err);
	if (r == 0)
		r = candidates_factors(config_dir, difference->next.profile,
			&difference->factors, err);
	if (r == 0)
		r = join_workloads(difference, err);
	if (r == 0)
		judge(difference);
	return r;
}
