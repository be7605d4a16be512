#include "analyze/plan/plan_file.h"

#include "analyze/plan/plan_units.h"

#include "common/json_doc.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_CEILING_BYTES ((size_t)256 << 20)
#define SCHEMA "headroom/plan/1"

static const struct json_field host_fields[] = {
	{ "name", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "type", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "workloads", JSON_FIELD_ARRAY, true, false, 0, 0 },
	{ "use", JSON_FIELD_OBJECT, false, true, 0, 0 },
	{ "memory_to_buy_gb", JSON_FIELD_NUMBER, false, true, 0, 0 },
	{ "to_buy", JSON_FIELD_OBJECT, false, true, 0, 0 },
};

static const cJSON *field(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static int check_top(const struct json_doc *doc, struct err *err)
{
	const char *schema = json_doc_text(doc->root, "schema", "");

	if (!cJSON_IsObject(doc->root) || strcmp(schema, SCHEMA) != 0)
		return json_doc_refuse(doc, doc->root, err,
			"not a plan: expected \"schema\": \"%s\"%s%.60s%s", SCHEMA,
			*schema ? ", found \"" : "", schema, *schema ? "\"" : "");
	if (!json_doc_text(doc->root, "profile", NULL))
		return json_doc_refuse(doc, doc->root, err, "profile: expected a text");
	if (!cJSON_IsArray(field(doc->root, "hosts")))
		return json_doc_refuse(doc, doc->root, err, "hosts: expected a list");
	if (!cJSON_IsArray(field(doc->root, "host_types")))
		return json_doc_refuse(doc, doc->root, err,
			"host_types: expected a list, as `analyze plan --json` writes "
			"it");
	return 0;
}

static int find_type(const struct plan_file *file, const char *name, size_t *ret_type)
{
	for (size_t i = 0; i < file->hosts.type_count; i++) {
		if (strcmp(file->hosts.type[i].name, name) == 0) {
			*ret_type = i;
			return 0;
		}
	}
	return -ENOENT;
}

static int plan_file_add_workload(const struct json_doc *doc, const cJSON *name,
	struct plan_file *file, size_t *ret_index, struct err *err)
{
	struct plan_workload *workload = &file->workload[file->workload_count];
	struct plan_file_words *words = &file->words[file->workload_count];
	int r;

	if (!cJSON_IsString(name) || name->valuestring[0] == '\0')
		return json_doc_refuse(doc, name, err,
			"workloads: expected names, found something else");
	*words = (struct plan_file_words){ .name = strdup(name->valuestring),
		.environment = strdup("production"),
		.host = file->host_count - 1 };
	*workload = (struct plan_workload){ .name = words->name,
		.environment = words->environment,
		.need = { { NAN, NAN, NAN, NAN, NAN } },
		.overhead_bytes = NAN,
		.storage_bytes = NAN };
	*ret_index = file->workload_count++;
	if (!workload->name || !workload->environment)
		return err_oom(err);
	r = name_index_add(&file->workload_at, workload->name, *ret_index);
	if (r == -EEXIST)
		return json_doc_refuse(doc, name, err,
			"workload \"%.60s\" is placed twice", workload->name);
	return r < 0 ? err_oom(err) : 0;
}

static int read_host(const struct json_doc *doc, const cJSON *object,
	struct plan_file *file, struct err *err)
{
	struct plan_file_host *host = &file->host[file->host_count++];
	const cJSON *names = field(object, "workloads"), *name;
	char where[32];
	int r;

	(void)snprintf(where, sizeof(where), "hosts[%zu]", file->host_count - 1);
	r = json_doc_check_object(
		doc, object, where, host_fields, ARRAY_LEN(host_fields), err);
	if (r < 0)
		return r;
	host->name = strdup(json_doc_text(object, "name", ""));
	host->workload = calloc((size_t)cJSON_GetArraySize(names) + 1, sizeof(size_t));
	if (!host->name || !host->workload)
		return err_oom(err);
	r = name_index_add(&file->host_at, host->name, file->host_count - 1);
	if (r == -EEXIST)
		return json_doc_refuse(doc, object, err,
			"%s.name: \"%.60s\" is the name of hosts[%zu] too", where,
			host->name, name_index_find(&file->host_at, host->name));
	if (r < 0)
		return err_oom(err);
	if (find_type(file, json_doc_text(object, "type", ""), &host->type) < 0)
		return json_doc_refuse(doc, field(object, "type"), err,
			"%s.type: there is no type \"%.60s\" among host_types", where,
			json_doc_text(object, "type", ""));
	cJSON_ArrayForEach (name, names) {
		r = plan_file_add_workload(
			doc, name, file, &host->workload[host->workload_count], err);
		if (r < 0)
			return r;
		host->workload_count++;
	}
	return 0;
}

static size_t plan_file_count_names(const cJSON *hosts)
{
	size_t count = 0;
	const cJSON *host;

	cJSON_ArrayForEach (host, hosts)
		count += (size_t)cJSON_GetArraySize(field(host, "workloads"));
	return count;
}

static int read_hosts(
	const struct json_doc *doc, struct plan_file *file, struct err *err)
{
	const cJSON *hosts = field(doc->root, "hosts"), *host;

	file->host = calloc((size_t)cJSON_GetArraySize(hosts) + 1, sizeof(*file->host));
	file->workload =
		calloc(plan_file_count_names(hosts) + 1, sizeof(*file->workload));
	file->words = calloc(plan_file_count_names(hosts) + 1, sizeof(*file->words));
	if (!file->host || !file->workload || !file->words)
		return err_oom(err);
	cJSON_ArrayForEach (host, hosts) {
		int r = read_host(doc, host, file, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The sized figures, where the file has them. */
static double figure(
	const cJSON *object, const char *key, enum plan_dimension dimension)
{
	return plan_to_resource(dimension, json_doc_number(object, key, NAN));
}

static void read_need(
	const cJSON *object, const cJSON *settings, struct plan_workload *workload)
{
	workload->need.of[RESOURCE_MEMORY] =
		figure(settings, "vm_alloc_mb", PLAN_MEMORY);
	workload->overhead_bytes = figure(object, "memory_mb", PLAN_MEMORY) -
		workload->need.of[RESOURCE_MEMORY];
	workload->shortfall_bytes = plan_to_resource(
		PLAN_MEMORY, json_doc_number(object, "memory_shortfall_mb", 0));
	workload->cpu_factor = json_doc_number(object, "performance_factor", 1);
	workload->need.of[RESOURCE_CPU] = figure(object, "cpu_mhz", PLAN_CPU);
	workload->need.of[RESOURCE_NETWORK] =
		figure(object, "network_mbps", PLAN_NETWORK);
	workload->need.of[RESOURCE_DISK] = figure(object, "disk_mb_s", PLAN_DISK);
	workload->need.of[RESOURCE_DISK_OPS] =
		figure(object, "disk_ops", PLAN_DISK_OPS);
	workload->storage_bytes = figure(object, "storage_gb", PLAN_STORAGE);
	workload->is_capped_to_a_core =
		json_doc_text(object, "held_to_core", NULL) != NULL;
	workload->is_sensitive = json_doc_text(object, "sensitive", NULL) != NULL;
}

static int plan_file_read_figures(
	const struct json_doc *doc, struct plan_file *file, struct err *err)
{
	const cJSON *object;

	cJSON_ArrayForEach (object, field(doc->root, "workloads")) {
		const char *name = json_doc_text(object, "name", "");
		const char *environment = json_doc_text(object, "environment", NULL);
		const cJSON *settings = field(object, "settings");
		size_t at = name_index_find(&file->workload_at, name);
		struct plan_workload *workload;
		struct plan_file_words *words;

		if (at == NAME_INDEX_NONE)
			continue; /* somebody took it off its host */
		workload = &file->workload[at];
		words = &file->words[at];
		read_need(object, settings, workload);
		workload->weight =
			(unsigned)json_doc_number(settings, "relative_weight", 0);
		workload->dedicated_adapters =
			(unsigned)json_doc_number(settings, "dedicated_adapters", 0);
		if (environment) {
			char *copy = strdup(environment);

			if (!copy)
				return err_oom(err);
			free(words->environment);
			words->environment = copy;
			workload->environment = copy;
		}
	}
	return 0;
}

static int plan_file_read_file(
	const struct json_doc *doc, struct plan_file *ret_file, struct err *err)
{
	struct plan_file file = { .path = strdup(doc->path) };
	const cJSON *period = field(doc->root, "period");
	int r = check_top(doc, err);

	if (r < 0)
		goto out;
	file.profile = strdup(json_doc_text(doc->root, "profile", ""));
	if (!file.path || !file.profile) {
		r = err_oom(err);
		goto out;
	}
	file.is_aligned =
		strcmp(json_doc_text(doc->root, "demand", "peak"), "aligned") == 0;
	file.is_memory_aligned = json_doc_bool(doc->root, "memory_aligned", false);
	file.from = (int64_t)json_doc_number(period, "from", 0);
	file.to = (int64_t)json_doc_number(period, "to", 0);
	r = host_list_from_json(doc, field(doc->root, "host_types"),
		field(doc->root, "constraints"), &file.hosts, err);
	if (r < 0)
		goto out;
	r = read_hosts(doc, &file, err);
	if (r < 0)
		goto out;
	r = plan_file_read_figures(doc, &file, err);
	if (r < 0)
		goto out;
	*ret_file = file;
	return 0;
out:
	plan_file_done(&file);
	return r;
}

int plan_file_parse(const char *path, const char *text, size_t length,
	struct plan_file *ret_file, struct err *err)
{
	struct json_doc doc;
	int r = json_doc_parse(path, text, length, &doc, err);

	if (r < 0)
		return r;
	r = plan_file_read_file(&doc, ret_file, err);
	json_doc_done(&doc);
	return r;
}

int plan_file_load(const char *path, struct plan_file *ret_file, struct err *err)
{
	struct json_doc doc;
	int r = json_doc_load(path, FILE_CEILING_BYTES, &doc, err);

	if (r < 0)
		return r;
	r = plan_file_read_file(&doc, ret_file, err);
	json_doc_done(&doc);
	return r;
}

size_t plan_file_model_type(const struct plan_model *model,
	const struct host_list *hosts, size_t type, const char *name)
{
	size_t found = PACKING_NONE, named_type, number = 0;

	if (!host_list_find(hosts, name, &named_type, &number) || named_type != type)
		number = 0; /* a name of its own: one of the many */
	for (size_t i = 0; i < model->problem.type_count; i++) {
		if (model->type[i].type != type)
			continue;
		if (model->type[i].single == 0 && found == PACKING_NONE)
			found = i;
		if (number > 0 && model->type[i].single == number)
			return i;
	}
	return found;
}

void plan_file_done(struct plan_file *file)
{
	for (size_t i = 0; i < file->host_count; i++) {
		free(file->host[i].name);
		free(file->host[i].workload);
	}
	for (size_t i = 0; i < file->workload_count; i++) {
		free(file->words[i].name);
		free(file->words[i].environment);
	}
	host_list_done(&file->hosts);
	name_index_done(&file->host_at);
	name_index_done(&file->workload_at);
	free(file->host);
	free(file->workload);
	free(file->words);
	free(file->profile);
	free(file->path);
	*file = (struct plan_file){ .path = NULL };
}
