#include "store/db/reviews.h"

#include "store/db/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void review_done(void *item)
{
	struct review *review = item;

	free(review->profile_id);
	free(review->rule_id);
	free(review->decided_by);
	free(review->reason);
}

int store_review_add(struct store *store, const struct review *review, struct err *err)
{
	return db_write(store, err,
		"INSERT INTO reviews (workload_id, profile_id, rule_id, "
		"decision, decided_by, reason, decided_at, until_at) VALUES "
		"(?, ?, ?, ?, ?, ?, ?, ?)",
		"isssssiz", review->workload_id, review->profile_id, review->rule_id,
		review->is_accepted ? "accept" : "reject", review->decided_by,
		review->reason, review->decided_at, review->until);
}

int store_review_withdraw(struct store *store, int64_t workload_id, const char *rule_id,
	int64_t now, size_t *ret_count, struct err *err)
{
	int r = db_write(store, err,
		"UPDATE reviews SET withdrawn_at = ? WHERE workload_id = ? AND "
		"rule_id = ? AND withdrawn_at IS NULL",
		"iis", now, workload_id, rule_id);

	if (r == 0)
		*ret_count = (size_t)db_changed(store);
	return r;
}

int store_review_withdraw_one(
	struct store *store, int64_t id, int64_t now, struct err *err)
{
	return db_write(store, err,
		"UPDATE reviews SET withdrawn_at = ? WHERE id = ? AND withdrawn_at IS "
		"NULL",
		"ii", now, id);
}

static int review_read(sqlite3_stmt *statement, void *item)
{
	struct review *review = item;
	int r;

	review->id = sqlite3_column_int64(statement, 0);
	review->workload_id = sqlite3_column_int64(statement, 1);
	review->is_accepted = sqlite3_column_int(statement, 4) != 0;
	review->decided_at = sqlite3_column_int64(statement, 7);
	review->until = sqlite3_column_int64(statement, 8);
	review->withdrawn_at = sqlite3_column_int64(statement, 9);
	r = db_text(statement, 2, &review->profile_id);
	if (r == 0)
		r = db_text_there(statement, 3, &review->rule_id);
	if (r == 0)
		r = db_text_there(statement, 5, &review->decided_by);
	return r == 0 ? db_text_there(statement, 6, &review->reason) : r;
}

static const struct db_row review_row = { "reviews", sizeof(struct review), review_read,
	review_done };

int store_reviews(struct store *store, int64_t workload_id,
	struct review_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT id, workload_id, profile_id, rule_id, decision = 'accept', "
		"decided_by, reason, decided_at, coalesce(until_at, 0), "
		"coalesce(withdrawn_at, 0) FROM reviews WHERE ?1 = -1 OR workload_id "
		"= ?1 ORDER BY workload_id, decided_at DESC, id DESC";
	struct db_items found;
	int r = db_collect(store, &review_row, &found, err, sql, "i", workload_id);

	if (r == 0)
		*ret_list = (struct review_list){ .review = found.item,
			.count = found.count };
	return r;
}

void review_list_done(struct review_list *list)
{
	db_items_done(&review_row, list->review, list->count);
	*list = (struct review_list){ .count = 0 };
}

const struct review *review_list_find(const struct review_list *list,
	int64_t workload_id, const char *profile_id, const char *rule_id, int64_t at)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct review *review = &list->review[i];

		if (review->workload_id != workload_id ||
			strcmp(review->rule_id, rule_id) != 0 || review->withdrawn_at ||
			review->decided_at > at)
			continue;
		if (review->profile_id && strcmp(review->profile_id, profile_id) != 0)
			continue;
		/* what has run out does not bring an older one back */
		return review->until && review->until <= at ? NULL : review;
	}
	return NULL;
}
