/* Windows left out on purpose: their slots read as unknown, reported, reversible. */
#ifndef STORE_DB_EXCLUSIONS_H
#define STORE_DB_EXCLUSIONS_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store; /* store/store.h */

struct exclusion {
	int64_t id; /* given by the store */
	int64_t workload_id;
	int64_t begin,
		end; /* any slot that touches (begin, end] is unknown; no phase */
	char *reason, *excluded_by; /* excluded_by NULL: nobody said */
	int64_t created_at;
	int64_t removed_at; /* 0: it holds */
};

struct exclusion_list {
	struct exclusion *exclusion; /* by workload, then begin */
	size_t count;
};

/* In a transaction; takes effect for readers that open the store afterwards. */
int store_exclusion_add(struct store *store, const struct exclusion *exclusion,
	int64_t *ret_id, struct err *err);
/* -ENOENT when there is none of that number that holds. */
int store_exclusion_remove(
	struct store *store, int64_t id, int64_t now, struct err *err);
/* workload_id -1: of all workloads; only those that hold. */
int store_exclusions(struct store *store, int64_t workload_id,
	struct exclusion_list *ret_list, struct err *err);
/* The same with those that were removed. */
int store_exclusions_ever(struct store *store, int64_t workload_id,
	struct exclusion_list *ret_list, struct err *err);
void exclusion_list_done(struct exclusion_list *list);

#endif
