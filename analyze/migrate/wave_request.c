/* The windows file, and what each workload needs in minutes. */
#include "analyze/migrate/wave_request.h"

#include "common/array.h"
#include "common/iso_time.h"
#include "common/units.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_BYTES_MAX ((size_t)16 << 20)
#define NETWORK_SHARE 0.75 /* of a link is for transfers (CAP-3) */

double wave_transfer_minutes(double bytes, double gb_per_min)
{
	return bytes / (gb_per_min * 1e9);
}

double wave_planned_minutes(double minutes)
{
	return units_round_up(minutes);
}

unsigned wave_concurrent(double link_mbps, double fast_gb_per_min, bool *ret_bound)
{
	double one_mbps = fast_gb_per_min * 1e9 * 8 / 60 / 1e6;
	double many = link_mbps * NETWORK_SHARE / one_mbps;

	*ret_bound = many < 1;
	return many < 1 ? 1 : many > 1e6 ? 1000000 : (unsigned)(many + 1e-9);
}

void wave_request_init(struct wave_request *request)
{
	*request = (struct wave_request){ .settings = { .link_mbps = NAN,
						  .slow_gb_per_min = 0.5,
						  .fast_gb_per_min = 1.5,
						  .measured_gb_per_min = NAN,
						  .initialise_gb_per_min = NAN,
						  .completion_minutes = 30,
						  .restores = true,
						  .image_store_gb = NAN,
						  .scratch_gb = NAN } };
}

void wave_request_done(struct wave_request *request)
{
	for (size_t i = 0; i < request->task_count; i++) {
		struct wave_task *task = &request->task[i];

		for (size_t k = 0; k < task->role_count; k++)
			free(task->role[k]);
		free(task->role);
		free(task->workload);
		free(task->kind);
		free(task->label);
		free(task->source_host);
		free(task->may_window);
	}
	for (size_t i = 0; i < request->rule_doc_count; i++)
		json_doc_done(&request->rule_doc[i]);
	json_doc_done(&request->doc);
	free(request->rule_doc);
	free(request->rule);
	free(request->task);
	free(request->window);
	free(request->item);
	free(request->edge);
	free(request->source_limit);
	free(request->source_name);
	free(request->order);
	*request = (struct wave_request){ .task_count = 0 };
}

/* ---- the file ------------------------------------------------------------------------ */

static const struct json_field request_fields[] = {
	{ "schema", JSON_FIELD_TEXT, false, false, 0, 0 },
	{ "windows", JSON_FIELD_ARRAY, false, false, 0, 0 },
	{ "link_mbps", JSON_FIELD_NUMBER, false, true, 1e-3, 1e9 },
	{ "concurrent", JSON_FIELD_WHOLE, false, true, 1, 1e6 },
	{ "source_concurrent", JSON_FIELD_WHOLE, false, true, 1, 1e6 },
	{ "workloads_per_wave", JSON_FIELD_WHOLE, false, true, 1, 1e6 },
	{ "image_store_gb", JSON_FIELD_NUMBER, false, true, 1e-3, 1e12 },
	{ "scratch_gb", JSON_FIELD_NUMBER, false, true, 1e-3, 1e12 },
	{ "slow_gb_per_min", JSON_FIELD_NUMBER, false, true, 1e-6, 1e6 },
	{ "fast_gb_per_min", JSON_FIELD_NUMBER, false, true, 1e-6, 1e6 },
	{ "measured_gb_per_min", JSON_FIELD_NUMBER, false, true, 1e-6, 1e6 },
	{ "initialise_gb_per_min", JSON_FIELD_NUMBER, false, true, 1e-6, 1e6 },
	{ "completion_minutes", JSON_FIELD_NUMBER, false, true, 0, 1e6 },
	{ "restores", JSON_FIELD_BOOL, false, true, 0, 0 },
	{ "workloads", JSON_FIELD_ARRAY, false, false, 0, 0 },
	{ "dependencies", JSON_FIELD_ARRAY, false, false, 0, 0 },
	{ "order", JSON_FIELD_ARRAY, false, false, 0, 0 },
};
static const struct json_field window_fields[] = {
	{ "starts", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "minutes", JSON_FIELD_NUMBER, true, false, 1e-3, 1e7 },
	{ "workloads", JSON_FIELD_ARRAY, false, true, 0, 0 },
};
static void take_settings(struct wave_settings *settings, const cJSON *root)
{
	settings->link_mbps = json_doc_number(root, "link_mbps", settings->link_mbps);
	settings->slow_gb_per_min =
		json_doc_number(root, "slow_gb_per_min", settings->slow_gb_per_min);
	settings->fast_gb_per_min =
		json_doc_number(root, "fast_gb_per_min", settings->fast_gb_per_min);
	settings->measured_gb_per_min =
		json_doc_number(root, "measured_gb_per_min", NAN);
	settings->initialise_gb_per_min =
		json_doc_number(root, "initialise_gb_per_min", NAN);
	settings->completion_minutes = json_doc_number(
		root, "completion_minutes", settings->completion_minutes);
	settings->restores = json_doc_bool(root, "restores", true);
	settings->image_store_gb = json_doc_number(root, "image_store_gb", NAN);
	settings->scratch_gb = json_doc_number(root, "scratch_gb", NAN);
	settings->concurrent = (unsigned)json_doc_number(root, "concurrent", 0);
	settings->source_concurrent =
		(unsigned)json_doc_number(root, "source_concurrent", 0);
	settings->workloads_per_wave =
		(unsigned)json_doc_number(root, "workloads_per_wave", 0);
}

static int compare_windows(const void *left, const void *right)
{
	const struct wave_window *a = left, *b = right;

	return a->starts < b->starts ? -1 : a->starts > b->starts;
}

/* The search fills windows in turn and never looks back: a list out of order would
 * put the later move first, so it is refused with both numbers. */
static int take_windows(
	struct wave_request *request, const cJSON *list, struct err *err)
{
	size_t count = (size_t)cJSON_GetArraySize(list), at = 0;
	const cJSON *each;

	if (!list)
		return 0;
	if (count > 1000)
		return json_doc_refuse(&request->doc, list, err,
			"windows: %zu of them, at most 1000 are taken", count);
	request->window = calloc(count + 1, sizeof(*request->window));
	if (!request->window)
		return err_oom(err);
	cJSON_ArrayForEach (each, list) {
		char where[32];
		int r;

		(void)snprintf(where, sizeof(where), "windows[%zu]", at);
		r = json_doc_check_object(&request->doc, each, where, window_fields,
			ARRAY_LEN(window_fields), err);
		if (r < 0)
			return r;
		if (iso_time_parse(json_doc_text(each, "starts", ""), true,
			    &request->window[at].starts) < 0)
			return json_doc_refuse(&request->doc, each, err,
				"%s.starts: expected a time with its zone "
				"(2026-12-05T22:00+01:00), found \"%.60s\"",
				where, json_doc_text(each, "starts", ""));
		request->window[at++].minutes = json_doc_number(each, "minutes", 0);
	}
	request->window_count = count;
	for (size_t w = 1; w < count; w++) {
		if (compare_windows(&request->window[w - 1], &request->window[w]) > 0)
			return json_doc_refuse(&request->doc, list, err,
				"windows[%zu] starts before windows[%zu]: put them in "
				"the order of time",
				w, w - 1);
	}
	return 0;
}

int wave_request_load(struct wave_request *request, const char *path, struct err *err)
{
	int r;

	if (!path)
		return 0;
	r = json_doc_load(path, REQUEST_BYTES_MAX, &request->doc, err);
	if (r == 0)
		r = json_doc_check_object(&request->doc, request->doc.root, "the file",
			request_fields, ARRAY_LEN(request_fields), err);
	if (r < 0)
		return r;
	take_settings(&request->settings, request->doc.root);
	return take_windows(request,
		cJSON_GetObjectItemCaseSensitive(request->doc.root, "windows"), err);
}

/* ---- the workloads ------------------------------------------------------------------- */

static const cJSON *row_of(const struct wave_request *request, const char *name)
{
	const cJSON *list =
		cJSON_GetObjectItemCaseSensitive(request->doc.root, "workloads");
	const cJSON *each;

	cJSON_ArrayForEach (each, list) {
		if (strcmp(json_doc_text(each, "name", ""), name) == 0)
			return each;
	}
	return NULL;
}

static int take_roles(struct wave_task *task, const cJSON *row, char *const *roles,
	size_t count, struct err *err)
{
	const cJSON *said = cJSON_GetObjectItemCaseSensitive(row, "roles");
	const cJSON *each;

	if (cJSON_IsArray(said))
		count = (size_t)cJSON_GetArraySize(said);
	task->role = calloc(count + 1, sizeof(*task->role));
	if (!task->role)
		return err_oom(err);
	if (!cJSON_IsArray(said)) {
		for (size_t i = 0; i < count; i++, task->role_count++) {
			task->role[i] = strdup(roles[i]);
			if (!task->role[i])
				return err_oom(err);
		}
		return 0;
	}
	cJSON_ArrayForEach (each, said) {
		task->role[task->role_count] =
			strdup(cJSON_IsString(each) ? each->valuestring : "");
		if (!task->role[task->role_count++])
			return err_oom(err);
	}
	return 0;
}

static void time_task(const struct wave_settings *settings, struct wave_task *task)
{
	task->completion_minutes = settings->completion_minutes;
	task->minutes_measured = NAN;
	if (strcmp(task->kind, "move") != 0) {
		task->bytes = task->largest_bytes = 0;
		return;
	}
	task->minutes_slow =
		wave_transfer_minutes(task->bytes, settings->slow_gb_per_min);
	task->minutes_fast =
		wave_transfer_minutes(task->bytes, settings->fast_gb_per_min);
	task->minutes_measured =
		wave_transfer_minutes(task->bytes, settings->measured_gb_per_min);
	task->minutes_planned = isnan(settings->measured_gb_per_min)
		? task->minutes_slow
		: task->minutes_measured;
	task->restore_minutes = settings->restores ? task->minutes_planned : 0;
	task->initialise_minutes = isnan(settings->initialise_gb_per_min)
		? 0
		: wave_transfer_minutes(task->bytes, settings->initialise_gb_per_min);
}

static int add_task(struct wave_request *request, const char *name, const char *word,
	double bytes, double largest_bytes, char *const *roles, size_t role_count,
	struct err *err)
{
	const cJSON *row = row_of(request, name);
	const char *host = json_doc_text(row, "source_host", NULL);
	struct wave_task *task;

	if (ARRAY_RESERVE(request->task, request->task_allocated,
		    request->task_count + 1) < 0)
		return err_oom(err);
	task = &request->task[request->task_count++];
	*task = (struct wave_task){ .bytes = json_doc_number(row, "bytes", bytes),
		.largest_bytes =
			json_doc_number(row, "largest_disk_bytes", largest_bytes),
		.workload = strdup(name),
		.kind = strdup(word),
		.source_host = host ? strdup(host) : NULL };
	if (asprintf(&task->label, strcmp(word, "move") == 0 ? "%s" : "%s:%s", name,
		    word) < 0)
		task->label = NULL;
	if (!task->workload || !task->kind || !task->label ||
		(host && !task->source_host))
		return err_oom(err);
	/* all of it on one disk, where nobody says more */
	if (isnan(task->largest_bytes) || task->largest_bytes > task->bytes)
		task->largest_bytes = task->bytes;
	time_task(&request->settings, task);
	return take_roles(task, row, roles, role_count, err);
}

int wave_request_add(struct wave_request *request, const char *name, double bytes,
	double largest_bytes, char *const *roles, size_t role_count, struct err *err)
{
	const cJSON *tasks =
		cJSON_GetObjectItemCaseSensitive(row_of(request, name), "steps");
	const cJSON *each;
	int r = 0;

	if (!cJSON_IsArray(tasks))
		return add_task(request, name, "move", bytes, largest_bytes, roles,
			role_count, err);
	cJSON_ArrayForEach (each, tasks) {
		if (r == 0 && cJSON_IsString(each))
			r = add_task(request, name, each->valuestring, bytes,
				largest_bytes, roles, role_count, err);
	}
	return r;
}

int wave_request_edge(struct wave_request *request, size_t before, size_t after,
	const char *rule, bool is_preference, struct err *err)
{
	if (ARRAY_RESERVE(request->edge, request->edge_allocated,
		    request->edge_count + 1) < 0)
		return err_oom(err);
	request->edge[request->edge_count++] = (struct wave_edge){ .before = before,
		.after = after,
		.rule = rule,
		.is_preference = is_preference };
	return 0;
}
