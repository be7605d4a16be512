/*
 * The plans that were made of this store, as `analyze plan --json` prints them.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_PLANS_H
#define STORE_DB_PLANS_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

struct store; /* store/store.h */

int store_plan_add(struct store *store, int64_t at, const char *profile_id,
	const char *demand, const char *json, int64_t *ret_id, struct err *err);
/* *ret_json is the newest plan, NULL when there is none; free it. */
int store_plan_newest(struct store *store, char **ret_json, struct err *err);

/* A stored plan without its text. */
struct kept_plan {
	int64_t id, at;                  /* when it was made */
	char *profile_id, *demand;       /* "peak", "aligned" */
	int64_t hosts, placed, left_out; /* how many it says */
};
struct kept_plan_list {
	struct kept_plan *plan; /* the newest first */
	size_t count;
};
int store_plans(struct store *store, struct kept_plan_list *ret_list, struct err *err);
void kept_plan_list_done(struct kept_plan_list *list);
/* *ret_json: NULL when there is none of that id; free it. */
int store_plan_text(struct store *store, int64_t id, char **ret_json, struct err *err);

#endif
