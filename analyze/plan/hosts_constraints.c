/* The constraints of a hosts file. */
#include "analyze/plan/hosts_constraints.h"

#include "common/suggest.h"
#include "common/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct json_field constraint_fields[] = {
	{ "kind", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "workloads", JSON_FIELD_ARRAY, true, false, 0, 0 },
	{ "hosts", JSON_FIELD_ARRAY, false, true, 0, 0 },
	{ "n", JSON_FIELD_WHOLE, false, true, 1, HOSTS_MAX },
};

int hosts_find_word(const struct json_doc *doc, const cJSON *value, const char *where,
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

/* One more name, which is not empty and not there yet. */
static int add_constrained(const struct json_doc *doc, const cJSON *item,
	const char *where, char **names, size_t *count, struct err *err)
{
	if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
		return json_doc_refuse(doc, item, err,
			"%s: expected names, found something else", where);
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(names[i], item->valuestring) == 0)
			return json_doc_refuse(doc, item, err,
				"%s: \"%.60s\" is named twice", where,
				item->valuestring);
	}
	names[*count] = strdup(item->valuestring);
	if (!names[*count])
		return err_oom(err);
	++*count;
	return 0;
}

int hosts_read_names(const struct json_doc *doc, const cJSON *array, const char *where,
	char ***ret_names, size_t *ret_count, struct err *err)
{
	size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
	const cJSON *item;

	*ret_names = calloc(count + 1, sizeof(**ret_names));
	*ret_count = 0;
	if (!*ret_names)
		return err_oom(err);
	if (count == 0)
		return 0;
	cJSON_ArrayForEach (item, array) {
		int r = add_constrained(doc, item, where, *ret_names, ret_count, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* apart_groups: a list of lists, each a group; no name in two of them. */
static int read_groups(const struct json_doc *doc, const cJSON *array,
	const char *where, struct host_constraint *constraint, struct err *err)
{
	size_t count = 0;
	const cJSON *list, *item;

	cJSON_ArrayForEach (list, array) {
		if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) == 0)
			return json_doc_refuse(doc, list, err,
				"%s: expected groups, each a list of names: [[\"a\", "
				"\"b\"], [\"c\"]]",
				where);
		count += (size_t)cJSON_GetArraySize(list);
	}
	constraint->workload = calloc(count + 1, sizeof(*constraint->workload));
	constraint->group = calloc(count + 1, sizeof(*constraint->group));
	if (!constraint->workload || !constraint->group)
		return err_oom(err);
	cJSON_ArrayForEach (list, array) {
		cJSON_ArrayForEach (item, list) {
			int r;

			constraint->group[constraint->workload_count] =
				constraint->group_count;
			r = add_constrained(doc, item, where, constraint->workload,
				&constraint->workload_count, err);
			if (r < 0)
				return r;
		}
		constraint->group_count++;
	}
	return 0;
}

/* Which fields a kind needs and which it cannot use. */
static int check_shape(const struct json_doc *doc, const cJSON *object,
	const char *where, const struct host_constraint *constraint, struct err *err)
{
	bool wants_hosts = constraint->kind == CONSTRAINT_PIN ||
		constraint->kind == CONSTRAINT_EXCLUDE;
	bool wants_n = constraint->kind == CONSTRAINT_AT_MOST ||
		constraint->kind == CONSTRAINT_AT_MOST_HOSTS;
	bool takes_n = wants_n || constraint->kind == CONSTRAINT_SPREAD;
	bool wants_several = !wants_hosts;
	const char *word = host_constraint_word(constraint->kind);

	if (constraint->workload_count == 0)
		return json_doc_refuse(
			doc, object, err, "%s: \"workloads\" names nobody", where);
	if (constraint->kind == CONSTRAINT_APART_GROUPS && constraint->group_count < 2)
		return json_doc_refuse(doc, object, err,
			"%s: \"%s\" needs at least two groups", where, word);
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

/* Names of hosts are looked up here, where the line of the file is at hand; names of
 * workloads are known to the store alone. */
static int read_constraint(const struct json_doc *doc, const cJSON *object,
	size_t index, const struct host_list *list, struct host_constraint *constraint,
	struct err *err)
{
	const cJSON *names;
	char where[40], field[60];
	int kind, r;

	(void)snprintf(where, sizeof(where), "constraints[%zu]", index);
	r = json_doc_check_object(doc, object, where, constraint_fields,
		ARRAY_LEN(constraint_fields), err);
	if (r < 0)
		return r;
	kind = hosts_find_word(doc, cJSON_GetObjectItemCaseSensitive(object, "kind"),
		where, host_constraint_words, CONSTRAINT_KINDS, err);
	if (kind < 0)
		return kind;
	constraint->kind = (enum constraint_kind)kind;
	constraint->n = (unsigned)json_doc_number(object, "n", 0);
	constraint->line = json_doc_line(doc, object);
	names = cJSON_GetObjectItemCaseSensitive(object, "workloads");
	(void)snprintf(field, sizeof(field), "%s.workloads", where);
	r = constraint->kind == CONSTRAINT_APART_GROUPS
		? read_groups(doc, names, field, constraint, err)
		: hosts_read_names(doc, names, field, &constraint->workload,
			  &constraint->workload_count, err);
	if (r < 0)
		return r;
	(void)snprintf(field, sizeof(field), "%s.hosts", where);
	r = hosts_read_names(doc, cJSON_GetObjectItemCaseSensitive(object, "hosts"),
		field, &constraint->host, &constraint->host_count, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < constraint->host_count; i++) {
		size_t type, host;

		if (!host_list_find(list, constraint->host[i], &type, &host))
			return json_doc_refuse(doc, object, err,
				"%s.hosts: there is no host or type \"%.60s\" in this "
				"file",
				where, constraint->host[i]);
		if (host_list_is_spare(&list->type[type], host))
			return json_doc_refuse(doc, object, err,
				"%s.hosts: \"%.60s\" is a spare host, which stays empty "
				"(the last %zu of %zu are)",
				where, constraint->host[i], list->type[type].spare,
				list->type[type].count);
	}
	return check_shape(doc, object, where, constraint, err);
}

int hosts_read_constraints(const struct json_doc *doc, const cJSON *array,
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
