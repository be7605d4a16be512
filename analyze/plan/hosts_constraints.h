/*
 * The constraints of a hosts file.  Internal to hosts.c.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_PLAN_HOSTS_CONSTRAINTS_H
#define ANALYZE_PLAN_HOSTS_CONSTRAINTS_H

#include "analyze/plan/hosts_names.h"

/* The place of a word in a list; -EINVAL with the nearest one as advice. */
int hosts_find_word(const struct json_doc *doc, const cJSON *value, const char *where,
	const char *const *words, size_t count, struct err *err);

/* A list of names that are not empty and different from each other; array may be NULL.
 * What was read before a failure is the caller's too. */
int hosts_read_names(const struct json_doc *doc, const cJSON *array, const char *where,
	char ***ret_names, size_t *ret_count, struct err *err);

/* Appends to list->constraint, whose types are there already; array may be NULL.  What was
 * read before a failure is list's too. */
int hosts_read_constraints(const struct json_doc *doc, const cJSON *array,
	struct host_list *list, struct err *err);

#endif
