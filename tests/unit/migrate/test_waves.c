/* Waves: CAP-1 to CAP-3, CAP-6, CAP-7, ORD-1, ORD-2, ORD-3, EXC-1, EXC-3 to EXC-6, and every
 * order of small cases. */
#include "tests/support.h"

#include "analyze/migrate/wave_build.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ITEMS 5
#define HOSTS 2
#define WINDOWS 4

/* ---- figures ------------------------------------------------------------------------- */

/* CAP-1, CAP-2, UNIT-4 (G18): planned at the slow rate, upward; an exact minute stays. */
static void a_transfer_is_planned_at_the_slow_rate(void **state)
{
	static const struct {
		double bytes, slow, fast, planned;
	} rows[] = {
		{ 100027630080.0, 200.055, 66.685, 201 },
		{ 12584644608.0, 25.169, 8.390, 26 },
		{ 60000000000.0, 120, 40, 120 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		double slow = wave_transfer_minutes(rows[i].bytes, 0.5);

		assert_near(slow, rows[i].slow, 1e-4);
		assert_near(
			wave_transfer_minutes(rows[i].bytes, 1.5), rows[i].fast, 1e-4);
		assert_near(wave_planned_minutes(slow), rows[i].planned, 0);
	}
}

/* CAP-3, ORD-2 (G19): each transfer may take 200 Mb/s of 75 % of the link; never under 1. */
static void the_network_says_how_many_at_once(void **state)
{
	static const struct {
		double link_mbps;
		unsigned planned;
		bool is_bound;
	} rows[] = { { 1000, 3, false }, { 100, 1, true }, { 10000, 37, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool is_bound;

		assert_int_equal(wave_concurrent(rows[i].link_mbps, 1.5, &is_bound),
			rows[i].planned);
		assert_int_equal(is_bound, rows[i].is_bound);
	}
}

/* ---- requests ------------------------------------------------------------------------ */

/* A request from the text of a windows file and workloads "a b c" without inventory. */
static int make_request(struct wave_request *request, const char *json,
	const char *names, struct err *err)
{
	char path[] = "/tmp/test_waves.XXXXXX", list[200], *save = NULL;
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, json, strlen(json)), (ssize_t)strlen(json));
	close(fd);
	wave_request_init(request);
	r = wave_request_load(request, path, err);
	unlink(path);
	snprintf(list, sizeof(list), "%s", names);
	for (char *name = strtok_r(list, " ", &save); name && r == 0;
		name = strtok_r(NULL, " ", &save))
		r = wave_request_add(request, name, 60e9, NAN, NULL, 0, err);
	return r < 0 ? r : wave_request_close(request, NULL, err);
}

/* ORD-1: a before b before c is waves 1, 2, 3; with c before a it names all three. */
static void a_circle_names_its_workloads(void **state)
{
	static const char line[] =
		"{\"dependencies\":[{\"before\":\"a\",\"after\":\"b\"},"
		"{\"before\":\"b\",\"after\":\"c\"}%s]}";
	char json[300];
	struct wave_request request;
	struct wave_plan plan;
	size_t cycle[3];
	struct err err = ERR_INIT;

	(void)state;
	snprintf(json, sizeof(json), line, "");
	assert_int_equal(make_request(&request, json, "c b a", &err), 0);
	assert_int_equal(waves_plan(&request.problem, &plan, &err), 0);
	assert_int_equal(plan.wave_count, 3);
	assert_true(plan.is_proven);
	assert_int_equal(plan.wave_of[2], 0);
	assert_int_equal(plan.wave_of[1], 1);
	assert_int_equal(plan.wave_of[0], 2);
	assert_int_equal(plan.critical_count, 3);
	wave_plan_done(&plan);
	wave_request_done(&request);

	snprintf(json, sizeof(json), line, ",{\"before\":\"c\",\"after\":\"a\"}");
	assert_int_equal(make_request(&request, json, "c b a", &err), 0);
	assert_int_equal(waves_cycle(&request.problem, cycle), 3);
	assert_int_equal(waves_plan(&request.problem, &plan, &err), -EINVAL);
	wave_plan_done(&plan);
	wave_request_done(&request);
}

/* ORD-2: seven at three a time are three rounds.  CAP-6: two disks of 100 and 40 GB take
 * 140 GB of the store.  CAP-7: off until the copy is tested. */
static void a_wave_holds_what_network_and_store_carry(void **state)
{
	struct wave_request request;
	struct wave_plan plan;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(
		make_request(&request, "{\"link_mbps\":1000}", "a b c d e f g", &err),
		0);
	assert_int_equal(waves_plan(&request.problem, &plan, &err), 0);
	assert_int_equal(plan.wave_count, 3);
	assert_int_equal(plan.lower_bound, 3);
	assert_int_equal(plan.wave[0].concurrent, 3);
	wave_plan_done(&plan);
	wave_request_done(&request);

	assert_int_equal(
		make_request(&request,
			"{\"workloads\":[{\"name\":\"a\",\"bytes\":1e11},{\"name\":\"b\","
			"\"bytes\":4e10}],\"initialise_gb_per_min\":2,"
			"\"completion_minutes\":15}",
			"a b", &err),
		0);
	assert_int_equal(waves_plan(&request.problem, &plan, &err), 0);
	assert_int_equal(plan.wave_count, 1);
	assert_near(plan.wave[0].store_bytes, 140e9, 0);
	assert_near(request.item[0].outage_minutes, 200 + 200 + 50 + 15, 0);
	wave_plan_done(&plan);
	wave_request_done(&request);
}

/* EXC-1, EXC-3, EXC-4, EXC-5, EXC-6 (G25): orders made by hand. */
static void the_order_of_exchange_is_from_the_inside_out(void **state)
{
	static const char tasks[] =
		"{\"workloads\":[{\"name\":\"mail1\",\"steps\":[\"backup\",\"exchange2003\","
		"\"os2003\",\"vss\"]},{\"name\":\"dc\",\"roles\":[\"domain-controller\"],"
		"\"steps\":[\"os2003\"]}],\"order\":%s}";
	static const struct {
		const char *order, *violated;
		bool is_warning;
	} rows[] = {
		{ "[[\"mail1:backup\"],[\"mail1:exchange2003\"],[\"mail1:os2003\"],"
		  "[\"mail1:vss\",\"dc\"]]",
			NULL, false },
		{ "[[\"mail1:backup\"],[\"mail1:os2003\"],[\"mail1:exchange2003\"],"
		  "[\"mail1:vss\",\"dc\"]]",
			"EXC-OS-AFTER-EXCHANGE", false },
		{ "[[\"mail1:exchange2003\"],[\"mail1:backup\"],[\"mail1:os2003\"],"
		  "[\"mail1:vss\",\"dc\"]]",
			"EXC-BACKUP-FIRST", false },
		{ "[[\"mail1:backup\"],[\"mail1:exchange2003\"],[\"mail1:vss\"],"
		  "[\"mail1:os2003\",\"dc\"]]",
			"EXC-FEATURE-AFTER-OS", false },
		{ "[[\"mail1:backup\",\"dc\"],[\"mail1:exchange2003\"],"
		  "[\"mail1:os2003\"],[\"mail1:vss\"]]",
			"EXC-ADC-KB325379", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct wave_request request;
		struct wave_plan plan;
		struct err err = ERR_INIT;
		char json[600];

		snprintf(json, sizeof(json), tasks, rows[i].order);
		assert_int_equal(make_request(&request, json, "mail1 dc", &err), 0);
		assert_int_equal(
			waves_check(&request.problem, request.order, &plan, &err), 0);
		assert_int_equal(plan.violation_count, rows[i].violated ? 1 : 0);
		if (rows[i].violated) {
			assert_string_equal(plan.violation[0].rule, rows[i].violated);
			assert_int_equal(
				plan.violation[0].is_warning, rows[i].is_warning);
		}
		wave_plan_done(&plan);
		wave_request_done(&request);
	}
}

static void bad_files_are_refused_with_the_place(void **state)
{
	static const struct {
		const char *json, *words;
	} rows[] = {
		{ "{\"windows\":[{\"starts\":\"2026-12-05\",\"minutes\":60}]}",
			"with its zone" },
		{ "{\"windows\":[{\"starts\":\"2026-12-05T22:00Z\"}]}", "minutes" },
		{ "{\"windows\":[{\"starts\":\"2026-12-05T22:00Z\",\"minutes\":9},"
		  "{\"starts\":\"2026-12-04T22:00Z\",\"minutes\":9}]}",
			"order of time" },
		{ "{\"workloads\":[{\"name\":\"mial\"}]}", "did you mean \"mail\"" },
		{ "{\"dependencies\":[{\"before\":\"mail\",\"after\":\"web2\"}]}",
			"called \"web2\"" },
		{ "{\"order\":[[\"mail\",\"mail\"]]}", "twice" },
		{ "{\"link_mbs\":1}", "link_mbps" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct wave_request request;
		struct err err = ERR_INIT;
		int r = make_request(&request, rows[i].json, "mail", &err);

		wave_request_done(&request);
		assert_int_equal(r, -EINVAL);
		if (!strstr(err.text, rows[i].words))
			fail_msg("row %zu: %s", i, err.text);
	}
}

/* ---- every order of small cases -------------------------------------------------------- */

struct small {
	struct wave_item item[ITEMS];
	bool may[ITEMS][WINDOWS];
	struct wave_edge edge[ITEMS * ITEMS];
	struct wave_window window[WINDOWS];
	unsigned source[2];
	size_t from[ITEMS], to[ITEMS];
	int64_t need_from[2 * ITEMS], need_to[2 * ITEMS], room[2 * HOSTS];
	struct wave_states states;
	struct wave_problem problem;
};

/* Two hosts of two rows that some come from and some go to; half of the cases. */
static void draw_states(struct small *small, uint64_t *random)
{
	size_t n = small->problem.item_count;

	if (support_random(random) % 2)
		return;
	for (size_t i = 0; i < n; i++) {
		size_t from = support_random(random) % (HOSTS + 1);
		size_t to = support_random(random) % (HOSTS + 1);

		small->from[i] = from < HOSTS ? from : WAVE_NONE;
		small->to[i] = to < HOSTS ? to : WAVE_NONE;
		for (size_t row = 0; row < 2; row++) {
			small->need_from[2 * i + row] =
				(int64_t)(support_random(random) % 4);
			small->need_to[2 * i + row] =
				(int64_t)(support_random(random) % 4);
		}
	}
	for (size_t cell = 0; cell < 2 * HOSTS; cell++)
		small->room[cell] = (int64_t)(4 + support_random(random) % 5);
	small->states = (struct wave_states){ .host_count = HOSTS,
		.row_count = 2,
		.room = small->room,
		.from = small->from,
		.to = small->to,
		.need_from = small->need_from,
		.need_to = small->need_to };
	small->problem.states = &small->states;
}

static void draw_small(struct small *small, uint64_t *random)
{
	struct wave_limits *limits = &small->problem.limits;
	size_t n = 1 + support_random(random) % ITEMS;

	memset(small, 0, sizeof(*small));
	small->problem.item = small->item;
	small->problem.item_count = n;
	small->problem.edge = small->edge;
	limits->concurrent = (unsigned)(support_random(random) % 4);
	limits->per_wave = (unsigned)(support_random(random) % 4);
	limits->store_bytes = support_random(random) % 2 ? 10 : NAN;
	limits->scratch_bytes = support_random(random) % 4 ? NAN : 7;
	small->source[0] = (unsigned)(support_random(random) % 3);
	small->source[1] = (unsigned)(support_random(random) % 3);
	limits->source = small->source;
	limits->source_count = 2;
	if (support_random(random) % 2) {
		limits->window = small->window;
		limits->window_count = 1 + support_random(random) % WINDOWS;
		for (size_t w = 0; w < limits->window_count; w++)
			small->window[w].minutes =
				(double)(4 + support_random(random) % 12);
	}
	for (size_t i = 0; i < n; i++) {
		small->item[i] = (struct wave_item){ .name = "x",
			.outage_minutes = (double)(1 + support_random(random) % 9),
			.store_bytes = (double)(support_random(random) % 8),
			.scratch_bytes = (double)(support_random(random) % 6),
			.source = support_random(random) % 3 };
		if (small->item[i].source == 2)
			small->item[i].source = WAVE_NONE;
		for (size_t w = 0; w < WINDOWS; w++)
			small->may[i][w] = support_random(random) % 4 != 0;
		if (support_random(random) % 3 == 0)
			small->item[i].may_window = small->may[i];
		for (size_t j = 0; j < i; j++) {
			if (support_random(random) % 4 == 0)
				small->edge[small->problem.edge_count++] =
					(struct wave_edge){ .before = i,
						.after = j,
						.rule = "declared" };
		}
	}
	draw_states(small, random);
}

/* Minute by minute: do these, begun at those minutes, keep the lanes? */
static bool keeps_lanes(const struct wave_problem *problem, const size_t *item,
	size_t count, const unsigned *begin, unsigned minute)
{
	unsigned all = 0, of[2] = { 0, 0 };

	for (size_t i = 0; i < count; i++) {
		const struct wave_item *one = &problem->item[item[i]];

		if (begin[i] > minute || minute >= begin[i] + one->outage_minutes)
			continue;
		all++;
		if (one->source != WAVE_NONE)
			of[one->source]++;
	}
	if (problem->limits.concurrent && all > problem->limits.concurrent)
		return false;
	for (size_t s = 0; s < 2; s++) {
		if (problem->limits.source[s] && of[s] > problem->limits.source[s])
			return false;
	}
	return true;
}

/* Every choice of beginnings, whole minutes, that ends by `end`. */
static bool can_begin(const struct wave_problem *problem, const size_t *item,
	size_t count, size_t at, unsigned *begin, unsigned end)
{
	if (at == count)
		return true;
	for (unsigned b = 0; b + problem->item[item[at]].outage_minutes <= (double)end;
		b++) {
		bool is_kept = true;

		begin[at] = b;
		for (unsigned m = b;
			is_kept && m < b + problem->item[item[at]].outage_minutes; m++)
			is_kept = keeps_lanes(problem, item, at + 1, begin, m);
		if (is_kept && can_begin(problem, item, count, at + 1, begin, end))
			return true;
	}
	return false;
}

/* The most scratch space of any so many of them. */
static double most_scratch(const struct wave_problem *problem, const size_t *item,
	size_t count, size_t at_once)
{
	double most = 0;

	for (unsigned set = 0; set < 1u << count; set++) {
		double sum = 0;
		size_t taken = 0;

		for (size_t i = 0; i < count; i++) {
			if (!(set & (1u << i)))
				continue;
			sum += problem->item[item[i]].scratch_bytes;
			taken++;
		}
		if (taken <= at_once && sum > most)
			most = sum;
	}
	return most;
}

static bool wave_is_possible(const struct wave_problem *problem, const size_t *item,
	size_t count, size_t window)
{
	const struct wave_limits *limits = &problem->limits;
	unsigned begin[ITEMS] = { 0 };
	double bytes = 0;

	for (size_t i = 0; i < count; i++) {
		bytes += problem->item[item[i]].store_bytes;
		if (limits->window && problem->item[item[i]].may_window &&
			!problem->item[item[i]].may_window[window])
			return false;
	}
	if ((limits->per_wave && count > limits->per_wave) ||
		bytes > limits->store_bytes ||
		most_scratch(problem, item, count,
			limits->concurrent ? limits->concurrent : count) >
			limits->scratch_bytes)
		return false;
	if (!limits->window)
		return keeps_lanes(problem, item, count, begin, 0);
	return can_begin(problem, item, count, 0, begin,
		(unsigned)limits->window[window].minutes);
}

/* Host by host and row by row, what lies on it while wave w is on its way; a wave only
 * answers for hosts that take one of its own. */
static bool hosts_carry(const struct small *small, const size_t *wave, size_t w)
{
	const struct wave_problem *problem = &small->problem;

	for (size_t host = 0; problem->states && host < HOSTS; host++) {
		bool is_taking = false;

		for (size_t i = 0; i < problem->item_count; i++)
			is_taking = is_taking ||
				(wave[i] == w && small->to[i] == host &&
					small->from[i] != host);
		for (size_t row = 0; is_taking && row < 2; row++) {
			int64_t load = 0;

			for (size_t i = 0; i < problem->item_count; i++) {
				bool is_there = small->from[i] == host && wave[i] >= w;
				bool is_here = small->to[i] == host && wave[i] <= w;

				if (is_here)
					load += small->need_to[2 * i + row];
				else if (is_there)
					load += small->need_from[2 * i + row];
			}
			if (load > small->room[2 * host + row])
				return false;
		}
	}
	return true;
}

/* All assignments: most items, then fewest waves. */
static void try_all(const struct small *small, size_t *most, size_t *fewest)
{
	const struct wave_problem *problem = &small->problem;
	size_t n = problem->item_count;
	size_t rounds = problem->limits.window ? problem->limits.window_count : n;
	size_t codes = 1;

	*most = 0;
	*fewest = 0;
	for (size_t i = 0; i < n; i++)
		codes *= rounds + 1;
	for (size_t code = 0; code < codes; code++) {
		size_t wave[ITEMS], placed = 0, waves = 0, rest = code;
		bool is_good = true;

		for (size_t i = 0; i < n; i++, rest /= rounds + 1)
			wave[i] = rest % (rounds + 1); /* rounds: none */
		for (size_t e = 0; e < problem->edge_count && is_good; e++) {
			const struct wave_edge *edge = &problem->edge[e];

			is_good = wave[edge->after] == rounds ||
				wave[edge->before] < wave[edge->after];
		}
		for (size_t w = 0; w < rounds && is_good; w++) {
			size_t list[ITEMS], count = 0;

			for (size_t i = 0; i < n; i++) {
				if (wave[i] == w)
					list[count++] = i;
			}
			is_good = count == 0 ||
				(wave_is_possible(problem, list, count, w) &&
					hosts_carry(small, wave, w));
			waves += count > 0;
			placed += count;
		}
		if (is_good &&
			(placed > *most || (placed == *most && waves < *fewest))) {
			*most = placed;
			*fewest = waves;
		}
	}
}

static void no_order_of_a_small_case_needs_fewer_waves(void **state)
{
	uint64_t seed = support_seed(20261130), random = seed;

	(void)state;
	for (unsigned turn = 0; turn < 4000; turn++) {
		struct small small;
		struct wave_plan plan;
		struct err err = ERR_INIT;
		size_t most, fewest, placed;

		draw_small(&small, &random);
		try_all(&small, &most, &fewest);
		assert_int_equal(waves_plan(&small.problem, &plan, &err), 0);
		placed = small.problem.item_count - plan.unplaced_count;
		if (placed != most || plan.wave_count != fewest || !plan.is_proven)
			fail_msg("turn %u, seed %llu: %zu placed in %zu waves, "
				 "there are %zu in %zu",
				turn, (unsigned long long)seed, placed, plan.wave_count,
				most, fewest);
		wave_plan_done(&plan);
	}
}

/* What the search of many finds is an order that the check accepts. */
static void what_is_planned_for_many_passes_the_check(void **state)
{
	uint64_t random = support_seed(7);

	(void)state;
	for (unsigned turn = 0; turn < 20; turn++) {
		enum { MANY = 60 };
		struct wave_item item[MANY];
		struct wave_edge edge[MANY];
		struct wave_problem problem = { .item = item,
			.item_count = MANY,
			.edge = edge,
			.limits = { .concurrent = 4, .store_bytes = 400e9 } };
		struct wave_plan plan, checked;
		struct err err = ERR_INIT;

		for (size_t i = 0; i < MANY; i++) {
			item[i] = (struct wave_item){ .name = "x",
				.outage_minutes =
					(double)(support_random(&random) % 300),
				.store_bytes =
					(double)(support_random(&random) % 200) * 1e9,
				.source = WAVE_NONE };
			if (i && support_random(&random) % 3 == 0)
				edge[problem.edge_count++] = (struct wave_edge){
					.before = support_random(&random) % i,
					.after = i,
					.rule = "declared"
				};
		}
		assert_int_equal(waves_plan(&problem, &plan, &err), 0);
		assert_int_equal(plan.unplaced_count, 0);
		assert_true(plan.wave_count >= plan.lower_bound);
		assert_int_equal(
			waves_check(&problem, plan.wave_of, &checked, &err), 0);
		assert_int_equal(checked.violation_count, 0);
		assert_int_equal(checked.wave_count, plan.wave_count);
		wave_plan_done(&plan);
		wave_plan_done(&checked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transfer_is_planned_at_the_slow_rate),
		cmocka_unit_test(the_network_says_how_many_at_once),
		cmocka_unit_test(a_circle_names_its_workloads),
		cmocka_unit_test(a_wave_holds_what_network_and_store_carry),
		cmocka_unit_test(the_order_of_exchange_is_from_the_inside_out),
		cmocka_unit_test(bad_files_are_refused_with_the_place),
		cmocka_unit_test(no_order_of_a_small_case_needs_fewer_waves),
		cmocka_unit_test(what_is_planned_for_many_passes_the_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
