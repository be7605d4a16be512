#include "analyze/plan/hosts_names.h"

#include "common/parse.h"

#include <stdint.h>
#include <string.h>

const char *const host_constraint_words[CONSTRAINT_KINDS] = {
	[CONSTRAINT_PIN] = "pin",
	[CONSTRAINT_EXCLUDE] = "exclude",
	[CONSTRAINT_TOGETHER] = "together",
	[CONSTRAINT_APART] = "apart",
	[CONSTRAINT_AT_MOST] = "at_most",
	[CONSTRAINT_SPREAD] = "spread",
	[CONSTRAINT_AT_MOST_HOSTS] = "at_most_hosts",
	[CONSTRAINT_APART_GROUPS] = "apart_groups",
};

const char *host_constraint_word(enum constraint_kind kind)
{
	return host_constraint_words[kind];
}

/* The place of a word in a list; -EINVAL with the nearest one as advice. */
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

bool host_list_is_spare(const struct host_type *type, size_t number)
{
	return number > 0 && !type->is_any_count && number > type->count - type->spare;
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
