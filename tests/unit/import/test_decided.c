/* What an import took back of people's decisions stands again after its undo, and what
 * somebody here took back in the same second does not. */
#include "analyze/import/decided.h"
#include "store/db/workloads.h"
#include "store/store.h"
#include "tests/scratch_dir.h"
#include "tests/store_fixture.h"
#include "tests/support.h"

#define SECOND 1772323200 /* in which all of it happens */

enum taker { NOBODY, SOMEBODY_HERE, THE_IMPORT, NEVER };

/* Of each kind one that keeps standing, and one that each of the two takes back. */
static const enum taker takers[] = { NOBODY, SOMEBODY_HERE, THE_IMPORT, SOMEBODY_HERE,
	THE_IMPORT };
static char ana[] = "ana", reason[] = "a test run", rule[] = "memory-limit";

static void decide(struct store *store, int64_t workload, int64_t *exclusion)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(takers); i++) {
		const struct exclusion left_out = { .workload_id = workload,
			.begin = 3000 + 100 * (int64_t)i,
			.end = 3050 + 100 * (int64_t)i,
			.reason = reason,
			.created_at = SECOND };
		const struct review review = { .workload_id = workload,
			.rule_id = rule,
			.decided_by = ana,
			.reason = reason,
			.decided_at = SECOND };

		store_fixture_ok(
			store_exclusion_add(store, &left_out, &exclusion[i], &err),
			&err);
		store_fixture_ok(store_review_add(store, &review, &err), &err);
	}
}

/* Reviews are numbered from 1, in the order of takers. */
static void take_back(struct store *store, const int64_t *exclusion, enum taker taker)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(takers); i++) {
		if (takers[i] != taker)
			continue;
		store_fixture_ok(
			store_exclusion_remove(store, exclusion[i], SECOND, &err),
			&err);
		store_fixture_ok(
			store_review_withdraw_one(store, 1 + (int64_t)i, SECOND, &err),
			&err);
	}
}

static void expect_standing(struct store *store, int64_t workload,
	const int64_t *exclusion, enum taker gone, enum taker gone_too)
{
	struct decided now = { .exclusions = { .count = 0 } };
	struct err err = ERR_INIT;
	size_t found = 0;

	store_fixture_ok(decided_now(store, workload, &now, &err), &err);
	assert_int_equal(now.reviews.count, ARRAY_LEN(takers));
	for (size_t i = 0; i < ARRAY_LEN(takers); i++) {
		bool stands = takers[i] != gone && takers[i] != gone_too;

		if (stands)
			assert_int_equal(
				now.exclusions.exclusion[found++].id, exclusion[i]);
		for (size_t k = 0; k < now.reviews.count; k++)
			if (now.reviews.review[k].id == 1 + (int64_t)i)
				assert_int_equal(
					now.reviews.review[k].withdrawn_at == 0,
					stands);
	}
	assert_int_equal(now.exclusions.count, found);
	decided_done(&now);
}

/* All in one second; is_noted: the import has noted what it took back, by number. */
static void undo_an_import(struct store *store, bool is_noted)
{
	int64_t exclusion[ARRAY_LEN(takers)], numbers[2 * ARRAY_LEN(takers)];
	struct decision_mark mark;
	struct decisions_back back;
	struct decided before = { .exclusions = { .count = 0 } };
	struct decided after = { .exclusions = { .count = 0 } };
	struct workload workload;
	struct err err = ERR_INIT;

	store_fixture_ok(store_workload_get(store, "a", &workload, &err), &err);
	store_fixture_ok(store_begin(store, 0, &err), &err);
	decide(store, workload.id, exclusion);
	take_back(store, exclusion, SOMEBODY_HERE);
	store_fixture_ok(store_decision_mark(store, &mark, &err), &err);
	store_fixture_ok(decided_now(store, workload.id, &before, &err), &err);
	take_back(store, exclusion, THE_IMPORT);
	store_fixture_ok(decided_now(store, workload.id, &after, &err), &err);
	expect_standing(store, workload.id, exclusion, SOMEBODY_HERE, THE_IMPORT);
	decided_taken_back(&before, &after, numbers, &back);
	assert_int_equal(back.reviews, 2);
	assert_int_equal(back.exclusions, 2);
	store_fixture_ok(store_decisions_undo(store, workload.id, &mark, &mark,
				 is_noted ? &back : NULL, SECOND, &err),
		&err);
	/* where it was not noted, the second is all there is to go by */
	expect_standing(
		store, workload.id, exclusion, is_noted ? SOMEBODY_HERE : NEVER, NEVER);
	store_fixture_ok(store_commit(store, &err), &err);
	workload_done(&workload);
	decided_done(&before);
	decided_done(&after);
}

static void the_undo_goes_by_number(void **state)
{
	struct store *store;

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	store = store_fixture_open(*state);
	undo_an_import(store, true);
	store_close(store);
}

static void the_undo_of_an_older_import_goes_by_second(void **state)
{
	struct store *store;

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	store = store_fixture_open(*state);
	undo_an_import(store, false);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_undo_goes_by_number,
			scratch_dir_setup, scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(
			the_undo_of_an_older_import_goes_by_second, scratch_dir_setup,
			scratch_dir_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
