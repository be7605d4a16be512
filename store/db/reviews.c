#include "store/db/reviews.h"

#include "store/db/db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void review_done(struct review *review)
{
	free(review->profile_id);
	free(review->rule_id);
	free(review->decided_by);
	free(review->reason);
}

void review_list_done(struct review_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		review_done(&list->review[i]);
	free(list->review);
	*list = (struct review_list){ .count = 0 };
}

int store_review_add(struct store *store, const struct review *review, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	return r < 0
		? r
		: db_run(db, err,
			  "INSERT INTO reviews (workload_id, profile_id, rule_id, "
			  "decision, decided_by, reason, decided_at, until_at) VALUES "
			  "(?, ?, ?, ?, ?, ?, ?, ?)",
			  "isssssiz", review->workload_id, review->profile_id,
			  review->rule_id, review->is_accepted ? "accept" : "reject",
			  review->decided_by, review->reason, review->decided_at,
			  review->until);
}

int store_review_withdraw(struct store *store, int64_t workload_id, const char *rule_id,
	int64_t now, size_t *ret_count, struct err *err)
{
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r == 0)
		r = db_run(db, err,
			"UPDATE reviews SET withdrawn_at = ? WHERE workload_id = ? AND "
			"rule_id = ? AND withdrawn_at IS NULL",
			"iis", now, workload_id, rule_id);
	if (r < 0)
		return r;
	*ret_count = (size_t)sqlite3_changes(db);
	return 0;
}

static int review_read(sqlite3_stmt *row, struct review *ret_review, struct err *err)
{
	struct review review = {
		.id = sqlite3_column_int64(row, 0),
		.workload_id = sqlite3_column_int64(row, 1),
		.is_accepted = sqlite3_column_int(row, 4) != 0,
		.decided_at = sqlite3_column_int64(row, 7),
		.until = sqlite3_column_int64(row, 8),
		.withdrawn_at = sqlite3_column_int64(row, 9),
	};

	if (db_text(row, 2, &review.profile_id) < 0 ||
		db_text(row, 3, &review.rule_id) < 0 ||
		db_text(row, 5, &review.decided_by) < 0 ||
		db_text(row, 6, &review.reason) < 0) {
		review_done(&review);
		return err_oom_for(err, "reviews");
	}
	*ret_review = review;
	return 0;
}

int store_reviews(struct store *store, int64_t workload_id,
	struct review_list *ret_list, struct err *err)
{
	static const char sql[] =
		"SELECT id, workload_id, profile_id, rule_id, decision = 'accept', "
		"decided_by, reason, decided_at, coalesce(until_at, 0), "
		"coalesce(withdrawn_at, 0) FROM reviews WHERE ?1 = -1 OR workload_id "
		"= ?1 ORDER BY workload_id, decided_at DESC, id DESC";
	struct review_list list = { .count = 0 };
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r == 0 && db)
		r = db_prepare(db, &statement, err, sql, "i", workload_id);
	while (statement && r >= 0 && (r = db_step(statement, err)) > 0) {
		struct review *grown =
			reallocarray(list.review, list.count + 1, sizeof(*list.review));

		if (!grown) {
			r = err_oom_for(err, "reviews");
			break;
		}
		list.review = grown;
		r = review_read(statement, &list.review[list.count], err);
		if (r == 0)
			list.count++;
	}
	sqlite3_finalize(statement);
	if (r < 0) {
		review_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
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
