/*
 * The hosts file: candidate hosts and the constraints of a plan (JSON, DESIGN section 7).
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_PLAN_HOSTS_H
#define ANALYZE_PLAN_HOSTS_H

#include "analyze/plan/hosts_names.h"

/*
 * host_list_load - read and check a hosts file
 *
 * Refused with path, line, field and reason: unknown and missing fields, wrong types,
 * what is not positive where it must be, two types of one name, a constraint that
 * names no host of the file.  The workloads it names are checked by the plan, which
 * knows them.
 */
int host_list_load(const char *path, struct host_list *ret_list, struct err *err);
int host_list_parse(const char *path, const char *text, size_t length,
	struct host_list *ret_list, struct err *err);
/* The same from part of another document: a list of types, and of constraints or NULL. */
int host_list_from_json(const struct json_doc *doc, const cJSON *types,
	const cJSON *constraints, struct host_list *ret_list, struct err *err);
void host_list_done(struct host_list *list);

/* The fastest core of a hosts file; NAN for no file (path NULL). */
int host_list_fastest_core(const char *path, double *ret_core_mhz, struct err *err);

#endif
