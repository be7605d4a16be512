#include "store/db/decisions.h"

#include "store/db/connection.h"

int store_decision_mark(
	struct store *store, struct decision_mark *ret_mark, struct err *err)
{
	struct decision_mark mark = { 0, 0 };
	int r = db_first(store, &db_row_number, &mark.review, err,
		"SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'reviews'",
		"");

	if (r >= 0)
		r = db_first(store, &db_row_number, &mark.exclusion, err,
			"SELECT coalesce(max(seq), 0) FROM sqlite_sequence "
			"WHERE name = 'exclusions'",
			"");
	if (r < 0)
		return r;
	*ret_mark = mark;
	return 0;
}

static int stand_again(struct store *store, int64_t workload_id,
	const struct decisions_back *back, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < back->reviews; i++)
		r = db_write(store, err,
			"UPDATE reviews SET withdrawn_at = NULL WHERE workload_id = ? "
			"AND id = ?",
			"ii", workload_id, back->review[i]);
	for (size_t i = 0; r == 0 && i < back->exclusions; i++)
		r = db_write(store, err,
			"UPDATE exclusions SET removed_at = NULL WHERE workload_id = ? "
			"AND id = ?",
			"ii", workload_id, back->exclusion[i]);
	return r;
}

int store_decisions_undo(struct store *store, int64_t workload_id,
	const struct decision_mark *before, const struct decision_mark *after,
	const struct decisions_back *back, int64_t at, struct err *err)
{
	int r = db_write(store, err,
		"DELETE FROM reviews WHERE workload_id = ? AND id > ? AND id <= ?",
		"iii", workload_id, before->review, after->review);

	if (r == 0)
		r = db_write(store, err,
			"DELETE FROM exclusions WHERE workload_id = ? AND id > ? AND "
			"id <= ?",
			"iii", workload_id, before->exclusion, after->exclusion);
	if (r == 0 && back)
		return stand_again(store, workload_id, back, err);
	if (r == 0)
		r = db_write(store, err,
			"UPDATE reviews SET withdrawn_at = NULL WHERE workload_id = ? "
			"AND id <= ? AND withdrawn_at = ?",
			"iii", workload_id, before->review, at);
	if (r == 0)
		r = db_write(store, err,
			"UPDATE exclusions SET removed_at = NULL WHERE workload_id = ? "
			"AND id <= ? AND removed_at = ?",
			"iii", workload_id, before->exclusion, at);
	return r;
}
