/*
 * All statements about a workload: which of them holds, analyze/inventory decides.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_FACTS_H
#define STORE_DB_FACTS_H

#include "common/err.h"
#include "schema/fact.h"

#include <stddef.h>
#include <stdint.h>

struct store; /* store/store.h */

struct fact {
	char *key, *value;
	char *origin; /* who stated it, by fact_origin_name */
	int64_t set_at;
};

struct fact_list {
	struct fact *fact; /* by key, then source: one of each pair */
	size_t count;
};

/* What anybody states of it. fact_list_done. */
int store_facts(struct store *store, int64_t workload_id, struct fact_list *ret_list,
	struct err *err);
void fact_list_done(struct fact_list *list);

/*
 * store_fact_set - state one, in place of what the same source said before
 *
 * In a transaction.  What other sources say of the key stays.
 */
int store_fact_set(struct store *store, int64_t workload_id, const char *key,
	const char *value, enum fact_origin origin, int64_t set_at, struct err *err);

/* Forgets what this source says (in a transaction); nothing is no error. */
int store_fact_remove(struct store *store, int64_t workload_id, const char *key,
	enum fact_origin origin, struct err *err);

#endif
