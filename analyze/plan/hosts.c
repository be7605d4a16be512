#include "analyze/plan/hosts.h"

#include "common/parse.h"
#include "common/suggest.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_CEILING_BYTES ((size_t)64 << 20)
#define AMOUNT_MAX 1e12

static const char *const kind_words[] = {
	[CONSTRAINT_PIN] = "pin",
	[CONSTRAINT_EXCLUDE] = "exclude",
	[CONSTRAINT_TOGETHER] = "together",
	[CONSTRAINT_APART] = "apart",
	[CONSTRAINT_AT_MOST] = "at_most",
	[CONSTRAINT_SPREAD] = "spread",
};

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
	{ "count", JSON_FIELD_WHOLE, true, false, 1, HOSTS_MAX },
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
	{ "used", JSON_FIELD_OBJECT, false, true, 0, 0 },
};

static const struct json_field nic_fields[] = {
	{ "mbps", JSON_FIELD_NUMBER, true, false, 1e-3, 1e9 },
	{ "use", JSON_FIELD_TEXT, true, false, 0, 0 },
};

static const struct json_field used_fields[] = {
	{ "memory_mb", JSON_FIELD_NUMBER, false, true, 0, AMOUNT_MAX },
	{ "cpu_percent", JSON_FIELD_NUMBER, false, true, 0, AMOUNT_MAX },
	{ "network_mbps", JSON_FIELD_NUMBER, false, true, 0, AMOUNT_MAX },
	{ "storage_gb", JSON_FIELD_NUMBER, false, true, 0, AMOUNT_MAX },
};

static const struct json_field constraint_fields[] = {
	{ "kind", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "workloads", JSON_FIELD_ARRAY, true, false, 0, 0 },
	{ "hosts", JSON_FIELD_ARRAY, false, true, 0, 0 },
	{ "n", JSON_FIELD_WHOLE, false, true, 1, HOSTS_MAX },
};

const char *host_constraint_word(enum constraint_kind kind)
{
	return kind_words[kind];
}

/* The place of a word in a list; -EINVAL with the nearest one as advice. */
static int find_word(const struct json_doc *doc, const cJSON *value, const char *where,
	const char *const *words, size_t count, struct err *err)
{
	const char *near;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], value->valuestring) == 0)
			return (int)i;
	}
	near = suggest_nearest(value->valuestring, words, count);
	return json_doc_refuse(doc, value, err,
		"%s: \"%.60s\" is not one of %s ... %s%s%s%s", where,
		value->valuestring, words[0], words[count - 1],
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

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
		use = find_word(doc, cJSON_GetObjectItemCaseSensitive(item, "use"),
			name, use_words, ARRAY_LEN(use_words), err);
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
	type->count = (size_t)json_doc_number(object, "count", 1);
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
	if (type->host_memory_mb >= type->memory_mb)
		return json_doc_refuse(doc,
			cJSON_GetObjectItemCaseSensitive(object, "host_memory_mb"), err,
			"%s.host_memory_mb: expected less than memory_mb (%.15g), "
			"found %.15g",
			where, type->memory_mb, type->host_memory_mb);
	r = read_nics(doc, cJSON_GetObjectItemCaseSensitive(object, "nics"), where,
		type, err);
	if (r < 0)
		return r;
	return read_used(doc, cJSON_GetObjectItemCaseSensitive(object, "used"), where,
		type, err);
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
		hosts += type->count;
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

/* A list of names that are not empty and different from each other. */
static int read_names(const struct json_doc *doc, const cJSON *array, const char *where,
	char ***ret_names, size_t *ret_count, struct err *err)
{
	size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
	char **names = calloc(count + 1, sizeof(*names));
	const cJSON *item;

	if (!names)
		return err_oom(err);
	*ret_names = names; /* the constraint owns them from here on */
	*ret_count = 0;
	if (count == 0)
		return 0;
	cJSON_ArrayForEach (item, array) {
		if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
			return json_doc_refuse(doc, item, err,
				"%s: expected names, found something else", where);
		for (size_t i = 0; i < *ret_count; i++) {
			if (strcmp(names[i], item->valuestring) == 0)
				return json_doc_refuse(doc, item, err,
					"%s: \"%.60s\" is named twice", where,
					item->valuestring);
		}
		names[*ret_count] = strdup(item->valuestring);
		if (!names[*ret_count])
			return err_oom(err);
		++*ret_count;
	}
	return 0;
}

/* Which fields a kind needs and which it cannot use. */
static int check_shape(const struct json_doc *doc, const cJSON *object,
	const char *where, const struct host_constraint *constraint, struct err *err)
{
	bool wants_hosts = constraint->kind == CONSTRAINT_PIN ||
		constraint->kind == CONSTRAINT_EXCLUDE;
	bool wants_n = constraint->kind == CONSTRAINT_AT_MOST;
	bool takes_n = wants_n || constraint->kind == CONSTRAINT_SPREAD;
	bool wants_several = !wants_hosts;
	const char *word = kind_words[constraint->kind];

	if (constraint->workload_count == 0)
		return json_doc_refuse(
			doc, object, err, "%s: \"workloads\" names nobody", where);
	if (wants_several && constraint->workload_count < 2)
		return json_doc_refuse(doc, object, err,
			"%s: \"%s\" needs at least two workloads", where, word);
	if (wants_hosts && constraint->host_count == 0)
		return json_doc_refuse(
			doc, object, err, "%s: \"%s\" needs \"hosts\"", where, word);
	if (!wants_hosts && constraint->host_count > 0)
		return json_doc_refuse(
			doc, object, err, "%s: \"%s\" takes no \"hosts\"", where, word);
	if (wants_n && constraint->n == 0)
		return json_doc_refuse(
			doc, object, err, "%s: \"%s\" needs \"n\"", where, word);
	if (!takes_n && constraint->n > 0)
		return json_doc_refuse(
			doc, object, err, "%s: \"%s\" takes no \"n\"", where, word);
	return 0;
}

static int read_constraint(const struct json_doc *doc, const cJSON *object,
	size_t index, const struct host_list *list, struct host_constraint *constraint,
	struct err *err)
{
	char where[40];
	int kind, r;

	(void)snprintf(where, sizeof(where), "constraints[%zu]", index);
	r = json_doc_check_object(doc, object, where, constraint_fields,
		ARRAY_LEN(constraint_fields), err);
	if (r < 0)
		return r;
	kind = find_word(doc, cJSON_GetObjectItemCaseSensitive(object, "kind"), where,
		kind_words, ARRAY_LEN(kind_words), err);
	if (kind < 0)
		return kind;
	constraint->kind = (enum constraint_kind)kind;
	constraint->n = (unsigned)json_doc_number(object, "n", 0);
	constraint->line = json_doc_line(doc, object);
	r = read_names(doc, cJSON_GetObjectItemCaseSensitive(object, "workloads"),
		where, &constraint->workload, &constraint->workload_count, err);
	if (r < 0)
		return r;
	r = read_names(doc, cJSON_GetObjectItemCaseSensitive(object, "hosts"), where,
		&constraint->host, &constraint->host_count, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < constraint->host_count; i++) {
		size_t type, host;

		if (!host_list_find(list, constraint->host[i], &type, &host))
			return json_doc_refuse(doc, object, err,
				"%s.hosts: there is no host or type \"%.60s\" in this "
				"file",
				where, constraint->host[i]);
	}
	return check_shape(doc, object, where, constraint, err);
}

static int read_constraints(const struct json_doc *doc, const cJSON *array,
	struct host_list *list, struct err *err)
{
	const cJSON *item;

	if (!cJSON_IsArray(array))
		return 0;
	if (cJSON_GetArraySize(array) > CONSTRAINTS_MAX)
		return json_doc_refuse(
			doc, array, err, "constraints: more than %d", CONSTRAINTS_MAX);
	list->constraint = calloc(
		(size_t)cJSON_GetArraySize(array) + 1, sizeof(*list->constraint));
	if (!list->constraint)
		return err_oom(err);
	cJSON_ArrayForEach (item, array) {
		size_t index = list->constraint_count++;
		int r = read_constraint(
			doc, item, index, list, &list->constraint[index], err);

		if (r < 0)
			return r;
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
	r = read_constraints(doc, constraints, &list, err);
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
	}
	for (size_t i = 0; i < list->constraint_count; i++) {
		struct host_constraint *constraint = &list->constraint[i];

		hosts_free_names(constraint->workload, constraint->workload_count);
		hosts_free_names(constraint->host, constraint->host_count);
	}
	free(list->type);
	free(list->constraint);
	free(list->path);
	*list = (struct host_list){ .path = NULL };
}

bool host_list_find(const struct host_list *list, const char *name, size_t *ret_type,
	size_t *ret_host)
{
	for (size_t i = 0; i < list->type_count; i++) {
		const struct host_type *type = &list->type[i];
		size_t length = strlen(type->name);
		uint64_t number;

		if (strcmp(type->name, name) == 0) {
			*ret_type = i;
			*ret_host = 0;
			return true;
		}
		if (strncmp(type->name, name, length) != 0 || name[length] != '-')
			continue;
		if (parse_u64(name + length + 1, strlen(name + length + 1), &number) ==
				0 &&
			number >= 1 && number <= type->count) {
			*ret_type = i;
			*ret_host = (size_t)number;
			return true;
		}
	}
	return false;
}

int host_list_zone(const struct host_list *hosts, size_t type)
{
	const char *zone = hosts->type[type].zone;

	if (!zone)
		return 0;
	for (size_t i = 0; i < hosts->type_count; i++) {
		if (hosts->type[i].zone && strcmp(hosts->type[i].zone, zone) == 0)
			return (int)i + 1;
	}
	return 0;
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
