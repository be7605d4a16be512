/* One open, one close, and who hears of it. */
#include "tests/support.h"
#include "tests/scratch_dir.h"

#include "analyze/estate/load.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/headroom-test-XXXXXX";

/* What a listener was told. */
struct heard {
	char said[200];
	size_t shows, ends;
	double first_ratio, last_ratio;
	bool is_backwards;
};

static void hear_say(void *closure, const char *text)
{
	struct heard *heard = closure;

	(void)snprintf(heard->said, sizeof(heard->said), "%s", text);
}

static void hear_show(
	void *closure, const char *what, double done_ratio, const char *detail)
{
	struct heard *heard = closure;

	(void)detail;
	if (!what) {
		heard->ends++;
		return;
	}
	assert_string_equal(what, "counting");
	if (!heard->shows++)
		heard->first_ratio = done_ratio;
	heard->is_backwards |= done_ratio < heard->last_ratio;
	heard->last_ratio = done_ratio;
}

static struct estate_request request_of(
	struct heard *heard, char *const *name, size_t name_count)
{
	*heard = (struct heard){ .shows = 0 };
	return (struct estate_request){ .data_dir = dir,
		.name = name,
		.name_count = name_count,
		.listener = { .say = hear_say, .show = hear_show, .closure = heard } };
}

static void names_choose_of_the_list(void **state)
{
	static const struct {
		const char *names[2];
		size_t name_count, result_count;
		const char *first;
		int result;
	} cases[] = {
		{ { NULL }, 0, 3, "db1", 0 },
		{ { "web" }, 1, 1, "web", 0 },
		{ { "web", "db*" }, 2, 3, "db1", 0 },
		{ { "db*", "db2" }, 2, 2, "db1", 0 },
		{ { "wbe" }, 1, 0, NULL, -ENOENT },
		{ { "x*" }, 1, 0, NULL, -ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char texts[2][8] = { "", "" };
		char *names[] = { texts[0], texts[1] };
		struct heard heard;
		struct estate_request request =
			request_of(&heard, names, cases[i].name_count);
		struct estate estate;
		struct err err = ERR_INIT;

		for (size_t n = 0; n < cases[i].name_count; n++)
			(void)snprintf(
				texts[n], sizeof(texts[n]), "%s", cases[i].names[n]);
		assert_int_equal(estate_open(&request, &estate, &err), cases[i].result);
		assert_int_equal(estate.count, cases[i].result_count);
		if (cases[i].result == 0) {
			assert_int_equal(estate.list.count, 3);
			assert_string_equal(estate.chosen[0]->name, cases[i].first);
		} else {
			assert_null(estate.store); /* nothing is open */
			assert_non_null(strstr(err.text, cases[i].names[0]));
		}
		estate_close(&estate);
		assert_null(estate.store);
		estate_close(&estate); /* is a no-op now */
	}
}

static void without_names_nothing_is_listed(void **state)
{
	struct heard heard;
	struct estate_request request = request_of(&heard, NULL, 0);
	struct estate estate;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(estate_open_store(&request, &estate, &err), 0);
	assert_non_null(estate.store);
	assert_int_equal(estate.list.count, 0);
	assert_int_equal(estate.count, 0);
	estate_close(&estate);
}

static void what_is_said_reaches_the_listener(void **state)
{
	struct heard heard;
	struct estate estate = { .request = request_of(&heard, NULL, 0) };

	(void)state;
	estate_say(&estate, "%s: %d rows", "a file", 7);
	assert_string_equal(heard.said, "a file: 7 rows");
	estate.request.listener = (struct estate_listener){ .say = NULL };
	estate_say(&estate, "nobody hears %s", "this");
	estate_show(&estate, "counting", 0.5, NULL);
	estate_shown(&estate);
	assert_string_equal(heard.said, "a file: 7 rows");
	assert_int_equal(heard.shows + heard.ends, 0);
}

#define ITEMS 40

struct counting {
	int visits[ITEMS];
	size_t fails_from; /* every index from here on */
};

static int count_one(void *data, size_t index, struct err *err)
{
	struct counting *counting = data;

	counting->visits[index]++;
	return index >= counting->fails_from ? err_set(err, -EIO, "item %zu", index)
					     : 0;
}

static void many_are_each_visited_once(void **state)
{
	struct counting counting = { .fails_from = ITEMS };
	struct heard heard;
	struct estate estate = { .request = request_of(&heard, NULL, 0) };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(
		load_each(&estate, "counting", ITEMS, count_one, &counting, &err), 0);
	for (size_t i = 0; i < ITEMS; i++)
		assert_int_equal(counting.visits[i], 1);
	assert_true(heard.shows >= 1);
	assert_true(heard.first_ratio == 0);
	assert_false(heard.is_backwards);
	assert_true(heard.last_ratio <= 1);
	assert_int_equal(heard.ends, 1);
}

static void the_first_that_fails_is_told(void **state)
{
	struct counting counting = { .fails_from = 5 };
	struct heard heard;
	struct estate estate = { .request = request_of(&heard, NULL, 0) };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(
		load_each(&estate, "counting", ITEMS, count_one, &counting, &err),
		-EIO);
	assert_string_equal(err.text, "item 5");
	assert_int_equal(heard.ends, 1); /* the bar is taken away all the same */
}

static int make_store(void **state)
{
	static const char *const names[] = { "web", "db2", "db1" };
	struct store *store = NULL;
	struct err err = ERR_INIT;
	int r;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	r = store_open(dir, &store, &err);
	if (r == 0)
		r = store_begin(store, 1000, &err);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++) {
		struct workload workload;

		r = store_workload_ensure(
			store, names[i], ORIGIN_IMPORTED, 300, 0, &workload, &err);
		if (r == 0)
			workload_done(&workload);
	}
	if (r == 0)
		r = store_commit(store, &err);
	store_close(store);
	return r;
}

static int remove_store(void **state)
{
	(void)state;
	return scratch_dir_remove(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_choose_of_the_list),
		cmocka_unit_test(without_names_nothing_is_listed),
		cmocka_unit_test(what_is_said_reaches_the_listener),
		cmocka_unit_test(many_are_each_visited_once),
		cmocka_unit_test(the_first_that_fails_is_told),
	};

	return cmocka_run_group_tests(tests, make_store, remove_store);
}
