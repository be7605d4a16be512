/* All facts of a workload (one at a time: store/db/workloads.h). */
#ifndef STORE_DB_FACTS_H
#define STORE_DB_FACTS_H

#include "store/store.h"

struct fact {
	char *key, *value;
	char *source; /* who stated it: "import", "inventory" ... */
	int64_t set_at;
};

struct fact_list {
	struct fact *fact; /* by key */
	size_t count;
};

int store_facts(struct store *store, int64_t workload_id, struct fact_list *ret_list,
	struct err *err);
void fact_list_done(struct fact_list *list);

/* Forgets one (in a transaction); none of that key is no error. */
int store_fact_remove(
	struct store *store, int64_t workload_id, const char *key, struct err *err);

#endif
