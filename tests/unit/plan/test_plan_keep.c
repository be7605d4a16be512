/* A plan is kept whole, with the version of the profile that it stands on, or not at all. */
#include "tests/scratch_dir.h"
#include "tests/store_fixture.h"
#include "tests/support.h"

#include "analyze/plan/plan_run.h"
#include "store/db/plans.h"

static const struct plan_factors factors = { .profile = "plain",
	.profile_checksum = 0x0123456789abcdef };

static void keep(const char *dir, bool is_aligned, int64_t now, const char *json)
{
	struct estate estate = { .store = store_fixture_open(dir) };
	struct plan_run run = { .estate = &estate,
		.request = { .factors = &factors, .is_aligned = is_aligned } };
	struct err err = ERR_INIT;

	store_fixture_ok(plan_run_keep(&run, now, json, &err), &err);
	store_close(estate.store);
}

/* By another opening of the store: what was not committed is not there. */
static void a_plan_is_there_afterwards(void **state)
{
	static const char *const texts[] = { "{\"schema\":\"headroom/plan/1\"}",
		"{\"schema\":\"headroom/plan/1\",\"hosts\":[]}" };
	struct kept_plan_list list;
	struct err err = ERR_INIT;
	struct store *store;
	char *text = NULL;

	store_fixture_import(*state, "a", 1, 300, 3, 1);
	keep(*state, false, 1000, texts[0]);
	keep(*state, true, 2000, texts[1]);
	store = store_fixture_open(*state);
	store_fixture_ok(store_plans(store, &list, &err), &err);
	assert_int_equal(list.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct kept_plan *plan = &list.plan[1 - i]; /* newest first */

		assert_int_equal(plan->at, 1000 * (int64_t)(i + 1));
		assert_string_equal(plan->profile_id, "plain");
		assert_string_equal(plan->demand, i ? "aligned" : "peak");
		store_fixture_ok(store_plan_text(store, plan->id, &text, &err), &err);
		assert_string_equal(text, texts[i]);
		free(text);
	}
	kept_plan_list_done(&list);
	store_close(store);
	/* one row of that version: first used with the first plan, last with the second */
	store_fixture_sql(*state,
		"CREATE TABLE one (n INTEGER CHECK (n = 1)) STRICT;"
		"INSERT INTO one SELECT count(*) FROM profiles_used;"
		"INSERT INTO one SELECT count(*) FROM profiles_used WHERE "
		"profile_id = 'plain' AND hash = '0123456789abcdef' AND "
		"first_used_at = 1000 AND last_used_at = 2000;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_plan_is_there_afterwards,
			scratch_dir_setup, scratch_dir_teardown),
	};

	return cmocka_run_group_tests_name("kept plans", tests, NULL, NULL);
}
