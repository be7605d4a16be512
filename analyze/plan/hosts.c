#include "analyze/plan/hosts.h"

#include "analyze/plan/hosts_constraints.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_CEILING_BYTES ((size_t)64 << 20)
#define AMOUNT_MAX 1e12

#define CORE_MHZ_LEAST 100
#define MEMORY_MB_PER_CORE_LEAST 32 /* less has no machine of this age */

static const char *const use_words[] = {
	[NIC_HOST] = "host",
	[NIC_SHARED] = "shared",
	[NIC_DEDICATED] = "dedicated",
};

static const struct json_field top_fields[] = {
	{ "hosts", JSON_FIELD_ARRAY, true, false, 0, 0 },
	{ "constraints", JSON_FIELD_ARRAY, false, true, 0, 0 },
};

static const struct json_field type_fields[] = {
	{ "type", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "count", JSON_FIELD_ANY, true, false, 0, 0 },
	{ "cores", JSON_FIELD_WHOLE, true, false, 1, 65536 },
	{ "core_mhz", JSON_FIELD_NUMBER, true, false, 1, 1e6 },
	{ "memory_mb", JSON_FIELD_NUMBER, true, false, 1, AMOUNT_MAX },
	{ "host_memory_mb", JSON_FIELD_NUMBER, false, true, 0, AMOUNT_MAX },
	{ "numa_nodes", JSON_FIELD_WHOLE, false, true, 1, 1024 },
	{ "nics", JSON_FIELD_ARRAY, false, true, 0, 0 },
	{ "disk_gb", JSON_FIELD_NUMBER, false, true, 1e-6, AMOUNT_MAX },
	{ "disk_mb_s", JSON_FIELD_NUMBER, false, true, 1e-6, AMOUNT_MAX },
	{ "disk_iops", JSON_FIELD_NUMBER, false, true, 1e-6, AMOUNT_MAX },
	{ "cost", JSON_FIELD_NUMBER, false, true, 0, AMOUNT_MAX },
	{ "zone", JSON_FIELD_TEXT, false, true, 0, 0 },
	{ "spare", JSON_FIELD_WHOLE, false, true, 0, HOSTS_MAX },
	{ "volumes", JSON_FIELD_ARRAY, false, true, 0, 0 },
	{ "cpu_reserve_percent", JSON_FIELD_NUMBER, false, true, 0, 99 },
	{ "roles", JSON_FIELD_ARRAY, false, true, 0, 0 },
	{ "site", JSON_FIELD_TEXT, false, true, 0, 0 },
	{ "storage", JSON_FIELD_TEXT, false, true, 0, 0 },
	{ "raid", JSON_FIELD_TEXT, false, true, 0, 0 },
	{ "used", JSON_FIELD_OBJECT, false, true, 0, 0 },
};

static const struct json_field nic_fields[] = {
	{ "mbps", JSON_FIELD_NUMBER, true, false, 1e-3, 1e9 },
	{ "use", JSON_FIELD_TEXT, true, false, 0, 0 },
};

static const struct json_field volume_fields[] = {
	{ "name", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "gb", JSON_FIELD_NUMBER, true, false, 1e-6, AMOUNT_MAX },
	{ "used_gb", JSON_FIELD_NUMBER, false, true, 0, AMOUNT_MAX },
	{ "os", JSON_FIELD_BOOL, false, true, 0, 0 },
};

static const struct json_field used_fields[] = {
	{ "memory_mb", JSON_FIELD_NUMBER, false, true, 0, AMOUNT_MAX },
	{ "cpu_percent", JSON_FIELD_NUMBER, false, true, 0, AMOUNT_MAX },
	{ "network_mbps", JSON_FIELD_NUMBER, false, true, 0, AMOUNT_MAX },
	{ "storage_gb", JSON_FIELD_NUMBER, false, true, 0, AMOUNT_MAX },
};

static int read_nics(const struct json_doc *doc, const cJSON *list, const char *where,
	struct host_type *type, struct err *err)
{
	char name[128];
	const cJSON *item;

	if (!cJSON_IsArray(list))
		return 0;
	type->has_nics = true;
	cJSON_ArrayForEach (item, list) {
		struct host_nic *nic = &type->nic[type->nic_count];
		int use;

		(void)snprintf(
			name, sizeof(name), "%s.nics[%zu]", where, type->nic_count);
		if (type->nic_count == HOST_NICS_MAX)
			return json_doc_refuse(doc, item, err,
				"%s: more than %d adapters", where, HOST_NICS_MAX);
		if (json_doc_check_object(doc, item, name, nic_fields,
			    ARRAY_LEN(nic_fields), err) < 0)
			return -EINVAL;
		use = hosts_find_word(doc,
			cJSON_GetObjectItemCaseSensitive(item, "use"), name, use_words,
			ARRAY_LEN(use_words), err);
		if (use < 0)
			return use;
		nic->mbps = json_doc_number(item, "mbps", 0);
		nic->use = (enum nic_use)use;
		type->nic_count++;
	}
	return 0;
}

static int read_used(const struct json_doc *doc, const cJSON *used, const char *where,
	struct host_type *type, struct err *err)
{
	char name[128];

	if (!cJSON_IsObject(used))
		return 0;
	(void)snprintf(name, sizeof(name), "%s.used", where);
	if (json_doc_check_object(
		    doc, used, name, used_fields, ARRAY_LEN(used_fields), err) < 0)
		return -EINVAL;
	type->used_memory_mb = json_doc_number(used, "memory_mb", 0);
	type->used_cpu_percent = json_doc_number(used, "cpu_percent", 0);
	type->used_network_mbps = json_doc_number(used, "network_mbps", 0);
	type->used_storage_gb = json_doc_number(used, "storage_gb", 0);
	return 0;
}

/* "any", or a number of hosts; those that stay empty are among them. */
static int read_count(const struct json_doc *doc, const cJSON *object,
	const char *where, struct host_type *type, struct err *err)
{
	const cJSON *count = cJSON_GetObjectItemCaseSensitive(object, "count");
	char found[64];

	type->spare = (size_t)json_doc_number(object, "spare", 0);
	type->is_any_count =
		cJSON_IsString(count) && strcmp(count->valuestring, "any") == 0;
	if (type->is_any_count) {
		type->count = HOSTS_MAX;
		return 0;
	}
	if (!cJSON_IsNumber(count) || count->valuedouble != floor(count->valuedouble) ||
		count->valuedouble < 1 || count->valuedouble > HOSTS_MAX) {
		(void)snprintf(found, sizeof(found), "something else");
		if (cJSON_IsNumber(count))
			(void)snprintf(
				found, sizeof(found), "%.15g", count->valuedouble);
		else if (cJSON_IsString(count))
			(void)snprintf(
				found, sizeof(found), "\"%.40s\"", count->valuestring);
		return json_doc_refuse(doc, count, err,
			"%s.count: expected a whole number from 1 to %d or \"any\", "
			"found %s",
			where, HOSTS_MAX, found);
	}
	type->count = (size_t)count->valuedouble;
	if (type->spare > type->count)
		return json_doc_refuse(doc,
			cJSON_GetObjectItemCaseSensitive(object, "spare"), err,
			"%s.spare: expected at most count (%zu), found %zu", where,
			type->count, type->spare);
	return 0;
}

/* Their sum is disk_gb, which is not given beside them; each says what is used of it. */
static int read_volumes(const struct json_doc *doc, const cJSON *object,
	const char *where, struct host_type *type, struct err *err)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "volumes"), *item;
	double sum = 0;

	if (!cJSON_IsArray(list))
		return 0;
	if (!isnan(type->disk_gb) || type->used_storage_gb > 0)
		return json_doc_refuse(doc, list, err,
			"%s.volumes: beside them no disk_gb and no used.storage_gb: each "
			"volume has its gb and used_gb",
			where);
	cJSON_ArrayForEach (item, list) {
		struct host_volume *volume = &type->volume[type->volume_count];
		char name[64];

		(void)snprintf(name, sizeof(name), "%s.volumes[%zu]", where,
			type->volume_count);
		if (type->volume_count == HOST_VOLUMES_MAX)
			return json_doc_refuse(doc, item, err,
				"%s: more than %d volumes", name, HOST_VOLUMES_MAX);
		if (json_doc_check_object(doc, item, name, volume_fields,
			    ARRAY_LEN(volume_fields), err) < 0)
			return -EINVAL;
		for (size_t i = 0; i < type->volume_count; i++) {
			if (strcmp(type->volume[i].name,
				    json_doc_text(item, "name", "")) == 0)
				return json_doc_refuse(doc, item, err,
					"%s.name: \"%.60s\" is the name of volumes[%zu] "
					"too",
					name, type->volume[i].name, i);
		}
		volume->name = strdup(json_doc_text(item, "name", ""));
		if (!volume->name)
			return err_oom(err);
		volume->gb = json_doc_number(item, "gb", 0);
		volume->used_gb = json_doc_number(item, "used_gb", 0);
		volume->is_os = json_doc_bool(item, "os", false);
		type->volume_count++;
		sum += fmax(0, volume->gb - volume->used_gb);
	}
	if (type->volume_count == 0)
		return json_doc_refuse(doc, list, err, "%s.volumes: names none", where);
	type->disk_gb = sum;
	return 0;
}

/* One of a few words, or nothing. */
static int read_remark(const struct json_doc *doc, const cJSON *object, const char *key,
	const char *where, const char *const *words, size_t count, char **ret_word,
	struct err *err)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
	char name[64];
	int r;

	if (!cJSON_IsString(value))
		return 0;
	(void)snprintf(name, sizeof(name), "%s.%s", where, key);
	r = hosts_find_word(doc, value, name, words, count, err);
	if (r < 0)
		return r;
	*ret_word = strdup(words[r]);
	return *ret_word ? 0 : err_oom(err);
}

/* What a host is beside its figures: what the plan has something to say of. */
static int read_remarks(const struct json_doc *doc, const cJSON *object,
	const char *where, struct host_type *type, struct err *err)
{
	static const char *const sites[] = { "branch", "main" };
	static const char *const storages[] = { "fast", "san", "slow" };
	static const char *const raids[] = { "1+0", "10", "1", "5", "6", "0", "none" };
	char name[64];
	int r;

	type->cpu_reserve_percent = json_doc_number(object, "cpu_reserve_percent", 0);
	type->has_cpu_reserve = cJSON_IsNumber(
		cJSON_GetObjectItemCaseSensitive(object, "cpu_reserve_percent"));
	(void)snprintf(name, sizeof(name), "%s.roles", where);
	r = hosts_read_names(doc, cJSON_GetObjectItemCaseSensitive(object, "roles"),
		name, &type->role, &type->role_count, err);
	if (r == 0)
		r = read_remark(doc, object, "site", where, sites, ARRAY_LEN(sites),
			&type->site, err);
	if (r == 0)
		r = read_remark(doc, object, "storage", where, storages,
			ARRAY_LEN(storages), &type->storage, err);
	if (r == 0)
		r = read_remark(doc, object, "raid", where, raids, ARRAY_LEN(raids),
			&type->raid, err);
	return r;
}

/* GHz for MHz and GB for MB are the slips that people make, and a plan would take them. */
static int check_units(const struct json_doc *doc, const cJSON *object,
	const char *where, const struct host_type *type, struct err *err)
{
	if (type->core_mhz < CORE_MHZ_LEAST)
		return json_doc_refuse(doc,
			cJSON_GetObjectItemCaseSensitive(object, "core_mhz"), err,
			"%s.core_mhz: expected MHz, found %.15g: %.15g?", where,
			type->core_mhz, type->core_mhz * 1000);
	if (type->memory_mb < MEMORY_MB_PER_CORE_LEAST * type->cores)
		return json_doc_refuse(doc,
			cJSON_GetObjectItemCaseSensitive(object, "memory_mb"), err,
			"%s.memory_mb: expected MB, found %.15g for %u cores: %.15g?",
			where, type->memory_mb, type->cores, type->memory_mb * 1024);
	return 0;
}

/* What is not stated is NAN where any number would be invented (disks, cost), and 0
 * where none is counted (memory of the host itself, NUMA nodes). */
static int read_type(const struct json_doc *doc, const cJSON *object, size_t index,
	struct host_type *type, struct err *err)
{
	const char *zone = json_doc_text(object, "zone", NULL);
	char where[32];
	int r;

	(void)snprintf(where, sizeof(where), "hosts[%zu]", index);
	r = json_doc_check_object(
		doc, object, where, type_fields, ARRAY_LEN(type_fields), err);
	if (r < 0)
		return r;
	type->name = strdup(json_doc_text(object, "type", ""));
	type->zone = zone ? strdup(zone) : NULL;
	if (!type->name || (zone && !type->zone))
		return err_oom(err);
	type->cores = (unsigned)json_doc_number(object, "cores", 1);
	type->core_mhz = json_doc_number(object, "core_mhz", 0);
	type->memory_mb = json_doc_number(object, "memory_mb", 0);
	type->host_memory_mb = json_doc_number(object, "host_memory_mb", 0);
	type->is_host_memory_stated = cJSON_IsNumber(
		cJSON_GetObjectItemCaseSensitive(object, "host_memory_mb"));
	type->numa_nodes = (unsigned)json_doc_number(object, "numa_nodes", 0);
	type->disk_gb = json_doc_number(object, "disk_gb", NAN);
	type->disk_mb_s = json_doc_number(object, "disk_mb_s", NAN);
	type->disk_iops = json_doc_number(object, "disk_iops", NAN);
	type->cost = json_doc_number(object, "cost", NAN);
	r = check_units(doc, object, where, type, err);
	if (r < 0)
		return r;
	if (type->host_memory_mb >= type->memory_mb)
		return json_doc_refuse(doc,
			cJSON_GetObjectItemCaseSensitive(object, "host_memory_mb"), err,
			"%s.host_memory_mb: expected less than memory_mb (%.15g), "
			"found %.15g",
			where, type->memory_mb, type->host_memory_mb);
	r = read_count(doc, object, where, type, err);
	if (r == 0)
		r = read_remarks(doc, object, where, type, err);
	if (r == 0)
		r = read_nics(doc, cJSON_GetObjectItemCaseSensitive(object, "nics"),
			where, type, err);
	if (r == 0)
		r = read_used(doc, cJSON_GetObjectItemCaseSensitive(object, "used"),
			where, type, err);
	return r < 0 ? r : read_volumes(doc, object, where, type, err);
}

static int read_types(const struct json_doc *doc, const cJSON *array,
	struct host_list *list, struct err *err)
{
	size_t hosts = 0;
	const cJSON *item;

	if (cJSON_GetArraySize(array) == 0)
		return json_doc_refuse(
			doc, array, err, "hosts: at least one host type is needed");
	if (cJSON_GetArraySize(array) > HOST_TYPES_MAX)
		return json_doc_refuse(doc, array, err,
			"hosts: more than %d host types", HOST_TYPES_MAX);
	list->type = calloc((size_t)cJSON_GetArraySize(array), sizeof(*list->type));
	if (!list->type)
		return err_oom(err);
	cJSON_ArrayForEach (item, array) {
		struct host_type *type = &list->type[list->type_count];
		int r = read_type(doc, item, list->type_count++, type, err);

		if (r < 0)
			return r;
		hosts += type->is_any_count ? type->spare : type->count;
		if (hosts > HOSTS_MAX)
			return json_doc_refuse(doc, item, err,
				"hosts: more than %d hosts in all", HOSTS_MAX);
		for (size_t i = 0; i + 1 < list->type_count; i++) {
			if (strcmp(list->type[i].name, type->name) == 0)
				return json_doc_refuse(doc, item, err,
					"hosts[%zu].type: \"%.60s\" is the name of "
					"hosts[%zu] too",
					list->type_count - 1, type->name, i);
		}
	}
	return 0;
}

int host_list_from_json(const struct json_doc *doc, const cJSON *types,
	const cJSON *constraints, struct host_list *ret_list, struct err *err)
{
	struct host_list list = { .path = strdup(doc->path) };
	int r;

	if (!list.path)
		return err_oom(err);
	r = read_types(doc, types, &list, err);
	if (r < 0)
		goto out;
	r = hosts_read_constraints(doc, constraints, &list, err);
	if (r < 0)
		goto out;
	*ret_list = list;
	return 0;
out:
	host_list_done(&list);
	return r;
}

static int read_list(
	const struct json_doc *doc, struct host_list *ret_list, struct err *err)
{
	int r = json_doc_check_object(
		doc, doc->root, "hosts file", top_fields, ARRAY_LEN(top_fields), err);

	if (r < 0)
		return r;
	return host_list_from_json(doc,
		cJSON_GetObjectItemCaseSensitive(doc->root, "hosts"),
		cJSON_GetObjectItemCaseSensitive(doc->root, "constraints"), ret_list,
		err);
}

int host_list_parse(const char *path, const char *text, size_t length,
	struct host_list *ret_list, struct err *err)
{
	struct json_doc doc;
	int r = json_doc_parse(path, text, length, &doc, err);

	if (r < 0)
		return r;
	r = read_list(&doc, ret_list, err);
	json_doc_done(&doc);
	return r;
}

int host_list_load(const char *path, struct host_list *ret_list, struct err *err)
{
	struct json_doc doc;
	int r = json_doc_load(path, FILE_CEILING_BYTES, &doc, err);

	if (r < 0)
		return r;
	r = read_list(&doc, ret_list, err);
	json_doc_done(&doc);
	return r;
}

static void hosts_free_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

void host_list_done(struct host_list *list)
{
	for (size_t i = 0; i < list->type_count; i++) {
		free(list->type[i].name);
		free(list->type[i].zone);
		hosts_free_names(list->type[i].role, list->type[i].role_count);
		free(list->type[i].site);
		free(list->type[i].storage);
		free(list->type[i].raid);
		for (size_t j = 0; j < list->type[i].volume_count; j++)
			free(list->type[i].volume[j].name);
	}
	for (size_t i = 0; i < list->constraint_count; i++) {
		struct host_constraint *constraint = &list->constraint[i];

		hosts_free_names(constraint->workload, constraint->workload_count);
		hosts_free_names(constraint->host, constraint->host_count);
		free(constraint->group);
	}
	free(list->type);
	free(list->constraint);
	free(list->path);
	*list = (struct host_list){ .path = NULL };
}

int host_list_fastest_core(const char *path, double *ret_core_mhz, struct err *err)
{
	struct host_list hosts;
	double fastest = NAN;
	int r;

	if (path) {
		r = host_list_load(path, &hosts, err);
		if (r < 0)
			return r;
		for (size_t i = 0; i < hosts.type_count; i++) {
			double mhz = hosts.type[i].core_mhz;

			if (!isnan(mhz) && !(fastest >= mhz))
				fastest = mhz;
		}
		host_list_done(&hosts);
	}
	*ret_core_mhz = fastest;
	return 0;
}
