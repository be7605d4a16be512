/* From the request to the problem: names, rules, limits. */
#include "analyze/migrate/wave_build.h"

#include "common/suggest.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct json_field workload_fields[] = {
	{ "name", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "bytes", JSON_FIELD_NUMBER, false, true, 0, 1e18 },
	{ "largest_disk_bytes", JSON_FIELD_NUMBER, false, true, 0, 1e18 },
	{ "source_host", JSON_FIELD_TEXT, false, true, 0, 0 },
	{ "roles", JSON_FIELD_ARRAY, false, true, 0, 0 },
	{ "steps", JSON_FIELD_ARRAY, false, true, 0, 0 },
};

/* ---- what the file says of names ------------------------------------------------------ */

/* A label, or a workload's name for all of its tasks: the next one from *cursor on. */
static size_t next_named(
	const struct wave_request *request, const char *name, size_t *cursor)
{
	for (; *cursor < request->task_count; (*cursor)++) {
		const struct wave_task *task = &request->task[*cursor];

		if (strcmp(task->label, name) == 0 || strcmp(task->workload, name) == 0)
			return (*cursor)++;
	}
	return WAVE_NONE;
}

static int wave_build_refuse_name(const struct wave_request *request,
	const cJSON *where, const char *name, struct err *err)
{
	const char **known = calloc(request->task_count + 1, sizeof(*known));
	const char *near = NULL;

	for (size_t i = 0; known && i < request->task_count; i++)
		known[i] = request->task[i].label;
	if (known)
		near = suggest_nearest(name, known, request->task_count);
	(void)json_doc_put(&request->doc, where, err,
		"no workload that moves is called \"%.80s\"%s%.80s%s", name,
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	free(known);
	return -EINVAL;
}

static int check_row(
	struct wave_request *request, const cJSON *row, size_t number, struct err *err)
{
	static const char *const lists[] = { "roles", "steps" };
	size_t cursor = 0;
	char where[40];
	int r;

	(void)snprintf(where, sizeof(where), "workloads[%zu]", number);
	r = json_doc_check_object(&request->doc, row, where, workload_fields,
		ARRAY_LEN(workload_fields), err);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(lists); i++) {
		const cJSON *list = cJSON_GetObjectItemCaseSensitive(row, lists[i]);
		const cJSON *each;

		cJSON_ArrayForEach (each, list) {
			if (r == 0 && (!cJSON_IsString(each) || !each->valuestring[0]))
				r = json_doc_refuse(&request->doc, each, err,
					"%s.%s: expected words", where, lists[i]);
		}
	}
	if (r < 0)
		return r;
	if (next_named(request, json_doc_text(row, "name", ""), &cursor) == WAVE_NONE)
		return wave_build_refuse_name(
			request, row, json_doc_text(row, "name", ""), err);
	return 0;
}

static int take_dependency(
	struct wave_request *request, const cJSON *row, struct err *err)
{
	static const struct json_field fields[] = {
		{ "before", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "after", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "reason", JSON_FIELD_TEXT, false, true, 0, 0 },
	};
	const char *before, *after;
	size_t first = 0, a, b;
	int r = json_doc_check_object(
		&request->doc, row, "dependencies[]", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	before = json_doc_text(row, "before", "");
	after = json_doc_text(row, "after", "");
	while (r == 0 && (a = next_named(request, before, &first)) != WAVE_NONE) {
		size_t second = 0;

		while (r == 0 && (b = next_named(request, after, &second)) != WAVE_NONE)
			r = wave_request_edge(request, a, b, "declared", false, err);
	}
	first = 0;
	if (r == 0 && next_named(request, before, &first) == WAVE_NONE)
		return wave_build_refuse_name(request, row, before, err);
	first = 0;
	if (r == 0 && next_named(request, after, &first) == WAVE_NONE)
		return wave_build_refuse_name(request, row, after, err);
	return r;
}

static int take_order_by_hand(
	struct wave_request *request, const cJSON *order, struct err *err)
{
	const cJSON *wave, *name;
	size_t number = 0;

	if (!order)
		return 0;
	request->order = calloc(request->task_count + 1, sizeof(*request->order));
	if (!request->order)
		return err_oom(err);
	for (size_t i = 0; i < request->task_count; i++)
		request->order[i] = WAVE_NONE;
	cJSON_ArrayForEach (wave, order) {
		cJSON_ArrayForEach (name, wave) {
			size_t cursor = 0, at;

			if (!cJSON_IsString(name))
				return json_doc_refuse(&request->doc, name, err,
					"order[%zu]: expected names of workloads",
					number);
			at = next_named(request, name->valuestring, &cursor);
			if (at == WAVE_NONE)
				return wave_build_refuse_name(
					request, name, name->valuestring, err);
			for (; at != WAVE_NONE;
				at = next_named(request, name->valuestring, &cursor)) {
				if (request->order[at] != WAVE_NONE)
					return json_doc_refuse(&request->doc, name, err,
						"order: \"%.80s\" stands there twice",
						request->task[at].label);
				request->order[at] = number;
			}
		}
		number++;
	}
	return 0;
}

static int take_window_names(
	struct wave_request *request, const cJSON *windows, struct err *err)
{
	const cJSON *window, *name;
	size_t w = 0;

	cJSON_ArrayForEach (window, windows) {
		const cJSON *names =
			cJSON_GetObjectItemCaseSensitive(window, "workloads");

		for (size_t i = 0; cJSON_IsArray(names) && i < request->task_count;
			i++) {
			struct wave_task *task = &request->task[i];

			if (!task->may_window) {
				task->may_window =
					malloc(request->window_count * sizeof(bool));
				if (!task->may_window)
					return err_oom(err);
				for (size_t k = 0; k < request->window_count; k++)
					task->may_window[k] = true;
			}
			task->may_window[w] = false;
		}
		cJSON_ArrayForEach (name, names) {
			const char *word =
				cJSON_IsString(name) ? name->valuestring : "";
			size_t cursor = 0, at = next_named(request, word, &cursor);

			if (at == WAVE_NONE)
				return wave_build_refuse_name(request, name, word, err);
			for (; at != WAVE_NONE; at = next_named(request, word, &cursor))
				request->task[at].may_window[w] = true;
		}
		w++;
	}
	return 0;
}

static int take_names(struct wave_request *request, struct err *err)
{
	const cJSON *root = request->doc.root, *each;
	size_t number = 0;
	int r = 0;

	cJSON_ArrayForEach (each, cJSON_GetObjectItemCaseSensitive(root, "workloads")) {
		if (r == 0)
			r = check_row(request, each, number++, err);
	}
	cJSON_ArrayForEach (
		each, cJSON_GetObjectItemCaseSensitive(root, "dependencies")) {
		if (r == 0)
			r = take_dependency(request, each, err);
	}
	if (r == 0)
		r = take_window_names(request,
			cJSON_GetObjectItemCaseSensitive(root, "windows"), err);
	if (r == 0)
		r = take_order_by_hand(
			request, cJSON_GetObjectItemCaseSensitive(root, "order"), err);
	return r;
}

/* ---- the problem ---------------------------------------------------------------------- */

static size_t source_number(struct wave_request *request, char *name)
{
	if (!name)
		return WAVE_NONE;
	for (size_t i = 0; i < request->source_count; i++) {
		if (strcmp(request->source_name[i], name) == 0)
			return i;
	}
	request->source_name[request->source_count] = name;
	request->source_limit[request->source_count] =
		request->settings.source_concurrent;
	return request->source_count++;
}

static void make_problem(struct wave_request *request)
{
	const struct wave_settings *settings = &request->settings;
	struct wave_limits *limits = &request->problem.limits;
	bool is_bound;

	for (size_t i = 0; i < request->task_count; i++) {
		struct wave_task *task = &request->task[i];

		request->item[i] = (struct wave_item){ .name = task->label,
			.outage_minutes = wave_planned_minutes(task->minutes_planned) +
				wave_planned_minutes(task->restore_minutes) +
				wave_planned_minutes(task->initialise_minutes) +
				task->completion_minutes,
			.store_bytes = settings->restores ? task->bytes : 0,
			.scratch_bytes = WAVE_SCRATCH_COPIES * task->largest_bytes,
			.source = source_number(request, task->source_host),
			.may_window = task->may_window };
	}
	limits->concurrent = settings->concurrent;
	if (limits->concurrent == 0 && !isnan(settings->link_mbps))
		limits->concurrent = wave_concurrent(
			settings->link_mbps, settings->fast_gb_per_min, &is_bound);
	limits->per_wave = settings->workloads_per_wave;
	limits->store_bytes = settings->image_store_gb * 1e9;
	limits->scratch_bytes = settings->scratch_gb * 1e9;
	limits->source = request->source_limit;
	limits->source_count = request->source_count;
	limits->window = request->window_count ? request->window : NULL;
	limits->window_count = request->window_count;
	request->problem.item = request->item;
	request->problem.item_count = request->task_count;
	request->problem.edge = request->edge;
	request->problem.edge_count = request->edge_count;
}

int wave_request_close(
	struct wave_request *request, const char *config_dir, struct err *err)
{
	size_t n = request->task_count;
	int r = take_names(request, err);

	if (r == 0)
		r = wave_rules_load(request, config_dir, err);
	if (r == 0)
		r = wave_rules_apply(request, err);
	if (r < 0)
		return r;
	request->item = calloc(n + 1, sizeof(*request->item));
	request->source_limit = calloc(n + 1, sizeof(*request->source_limit));
	request->source_name = calloc(n + 1, sizeof(*request->source_name));
	if (!request->item || !request->source_limit || !request->source_name)
		return err_oom(err);
	make_problem(request);
	return 0;
}
