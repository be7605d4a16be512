/* How a REVIEW is closed: who decided what, when, why, until when. */
#ifndef STORE_DB_REVIEWS_H
#define STORE_DB_REVIEWS_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store; /* store/store.h */

struct review {
	int64_t id; /* given by the store */
	int64_t workload_id;
	char *profile_id; /* NULL: whatever the profile */
	char *rule_id;
	bool is_accepted; /* else rejected */
	char *decided_by, *reason;
	int64_t decided_at;
	int64_t until;        /* holds before this moment; 0: for good */
	int64_t withdrawn_at; /* 0: it stands */
};

struct review_list {
	struct review *review; /* by workload, then the newest first */
	size_t count;
};

/* Adds a decision (in a transaction); earlier ones about the same rule stay as history. */
int store_review_add(struct store *store, const struct review *review, struct err *err);
/* Takes back what stands about a rule; *ret_count decisions were. */
int store_review_withdraw(struct store *store, int64_t workload_id, const char *rule_id,
	int64_t now, size_t *ret_count, struct err *err);
/* The same for one decision, by its number; one that is withdrawn stays so. */
int store_review_withdraw_one(
	struct store *store, int64_t id, int64_t now, struct err *err);
/* workload_id -1: of all workloads; the withdrawn ones included. */
int store_reviews(struct store *store, int64_t workload_id,
	struct review_list *ret_list, struct err *err);
void review_list_done(struct review_list *list);

/*
 * review_list_find - the decision that counts for a rule at a moment: the newest of
 * the workload that stands, has not run out, and is for this profile or for all
 */
const struct review *review_list_find(const struct review_list *list,
	int64_t workload_id, const char *profile_id, const char *rule_id, int64_t at);

#endif
