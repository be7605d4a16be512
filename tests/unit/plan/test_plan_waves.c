/*
 * The hosts of a plan as the waves see them: what each has room for and what each workload
 * takes where it is and where it goes, against figures by hand (MEM-7, CPU-6, NET-1, STO-6).
 */
#include "tests/support.h"

#include "analyze/plan/plan_waves.h"

#include <string.h>

/* h: 4 cores of 3000 MHz, 8192 MB and 500 GB; v: 2000 MHz, 16384 MB and 900 GB. */
#define NICS                                                                       \
	"\"nics\":[{\"mbps\":1000,\"use\":\"host\"},{\"mbps\":1000,\"use\":\"shar" \
	"ed\"},{\"mbps\":1000,\"use\":\"dedicated\"},{\"mbps\":1000,\"use\":\"ded" \
	"icated\"}]"
#define PLAN(head, cpu_of_b)                                                            \
	"{\"schema\":\"headroom/plan/1\"," head "\"host_types\":[{\"type\":\"h\","      \
	"\"count\":2,\"cores\":4,\"core_mhz\":3000,\"memory_mb\":8192,"                 \
	"\"host_memory_mb\":1024,\"disk_gb\":500," NICS                                 \
	"},{\"type\":\"v\",\"count\":2,"                                                \
	"\"cores\":4,\"core_mhz\":2000,\"memory_mb\":16384,\"host_memory_mb\":2048,"    \
	"\"disk_gb\":900," NICS "}],\"hosts\":[{\"name\":\"v-1\",\"type\":\"v\","       \
	"\"workloads\":[\"a\"]},{\"name\":\"h-1\",\"type\":\"h\",\"workloads\":[\"b\"," \
	"\"c\"]}],\"workloads\":["                                                      \
	"{\"name\":\"a\",\"memory_mb\":1032,\"cpu_mhz\":600,\"network_mbps\":5,"        \
	"\"storage_gb\":80,\"settings\":{\"vm_alloc_mb\":1000}},"                       \
	"{\"name\":\"b\",\"memory_mb\":2032," cpu_of_b "\"network_mbps\":7,"            \
	"\"storage_gb\":160,\"settings\":{\"vm_alloc_mb\":2000,"                        \
	"\"dedicated_adapters\":1}},"                                                   \
	"{\"name\":\"c\",\"memory_mb\":532,\"cpu_mhz\":90,\"network_mbps\":9,"          \
	"\"storage_gb\":40,\"settings\":{\"vm_alloc_mb\":500}}]}"
#define TOOLKIT "\"profile\":\"virtual-server-2005-r2\",\"demand\":\"peak\","

struct world {
	struct plan_file plan;
	struct wave_request request;
	struct plan_waves waves;
};

/* a is on h-1 and goes to v-1, b is on v-1 and goes to h-1, c comes from elsewhere, d is in
 * no plan, and a second task of a is no move. */
static void make_world(struct world *w, const char *text)
{
	static const char *const names[] = { "a", "b", "c", "d", "a" };
	static const char *const sources[] = { "h-1", "v-1", "far-1", "h-1", "h-1" };
	struct err err = ERR_INIT;

	if (plan_file_parse("p.json", text, strlen(text), &w->plan, &err) < 0)
		fail_msg("%s", err.text);
	wave_request_init(&w->request);
	assert_int_equal(wave_request_load(&w->request, NULL, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(wave_request_add(&w->request, names[i], 1e9, NAN, NULL,
					 0, &err),
			0);
		w->request.task[i].source_host = strdup(sources[i]);
	}
	free(w->request.task[4].kind);
	w->request.task[4].kind = strdup("test");
	if (plan_waves_states(&w->plan, NULL, &w->request, &w->waves, &err) < 0)
		fail_msg("%s", err.text);
}

static void end_world(struct world *w)
{
	w->request.problem.states = NULL;
	plan_waves_done(&w->waves);
	wave_request_done(&w->request);
	plan_file_done(&w->plan);
}

static void where_each_is_and_goes(void **state)
{
	struct world w;

	(void)state;
	make_world(&w, PLAN(TOOLKIT, "\"cpu_mhz\":1000,"));
	assert_null(w.waves.unchecked);
	assert_int_equal(w.waves.source_count, 2);
	assert_ptr_equal(w.request.problem.states, &w.waves.states);
	assert_int_equal(w.waves.states.host_count, 2);
	assert_true(w.waves.from[0] == 1 && w.waves.to[0] == 0);
	assert_true(w.waves.from[1] == 0 && w.waves.to[1] == 1);
	assert_true(w.waves.from[2] == WAVE_NONE && w.waves.to[2] == 1);
	assert_true(w.waves.from[3] == WAVE_NONE && w.waves.to[3] == WAVE_NONE);
	assert_true(w.waves.from[4] == WAVE_NONE && w.waves.to[4] == WAVE_NONE);
	assert_ptr_equal(w.waves.states.from, w.waves.from);
	assert_ptr_equal(w.waves.states.to, w.waves.to);
	end_world(&w);
}

enum { ROW_MEMORY, ROW_CPU, ROW_NETWORK, ROW_ADAPTERS, ROW_STORAGE, ROWS };

/* Needs of b on h-1 are the unit: room and needs are whole units of the model. */
static void expect_share(const struct world *w, const int64_t *of, size_t row,
	double wanted, double of_b, const char *what)
{
	double b = (double)w->waves.states.need_to[1 * ROWS + row];

	if (fabs((double)of[row] / b - wanted / of_b) > 1e-4 * (wanted / of_b + 1e-9))
		fail_msg("%s, row %zu: %g of b's needs, wanted %g", what, row,
			(double)of[row] / b, wanted / of_b);
}

/* VMs have what is left of the memory / 1.25 without the host's own, 75 % of the cores in per
 * cent, 75 % of the shared adapter, all adapters but the host's own and the shared one, and
 * the disk / 1.25; a workload takes its memory, its MHz in per cent of a core there, its
 * network unless it has an adapter of its own, its adapters and its storage. */
static void room_and_needs(void **state)
{
	static const double room[2][ROWS] = { { 16384 / 1.25 - 2048, 300, 750, 2,
						      900 / 1.25 },
		{ 8192 / 1.25 - 1024, 300, 750, 2, 500 / 1.25 } };
	/* a on h-1, b on v-1; a on v-1, b and c on h-1 */
	static const double from[2][ROWS] = { { 1032, 20, 5, 0, 80 },
		{ 2032, 50, 0, 1, 160 } };
	static const double to[3][ROWS] = { { 1032, 30, 5, 0, 80 },
		{ 2032, 34, 0, 1, 160 }, { 532, 3, 9, 0, 40 } };
	const struct wave_states *states;
	struct world w;

	(void)state;
	make_world(&w, PLAN(TOOLKIT, "\"cpu_mhz\":1000,"));
	states = &w.waves.states;
	assert_int_equal(states->row_count, ROWS);
	for (size_t row = 0; row < ROWS; row++) {
		if (row == ROW_NETWORK) { /* b has none of it: c's is the unit */
			double c = (double)states->need_to[2 * ROWS + row];

			assert_int_equal(states->need_to[1 * ROWS + row], 0);
			assert_int_equal(states->need_from[1 * ROWS + row], 0);
			for (size_t h = 0; h < 2; h++)
				assert_near((double)states->room[h * ROWS + row] / c,
					room[h][row] / 9, 1e-4);
			assert_near((double)states->need_to[row] / c, 5.0 / 9, 1e-4);
			assert_near((double)states->need_from[row] / c, 5.0 / 9, 1e-4);
			continue;
		}
		for (size_t h = 0; h < 2; h++)
			expect_share(&w, states->room + h * ROWS, row, room[h][row],
				to[1][row], "room");
		for (size_t i = 0; i < 2; i++)
			expect_share(&w, states->need_from + i * ROWS, row,
				from[i][row], to[1][row], "need where it is");
		for (size_t i = 0; i < 3; i++)
			expect_share(&w, states->need_to + i * ROWS, row, to[i][row],
				to[1][row], "need where it goes");
		assert_int_equal(states->need_to[3 * ROWS + row], 0);
		assert_int_equal(states->need_from[2 * ROWS + row], 0);
		assert_int_equal(states->need_to[4 * ROWS + row], 0);
	}
	end_world(&w);
}

static void what_cannot_be_checked_says_why(void **state)
{
	struct world w;

	(void)state;
	make_world(&w,
		PLAN("\"profile\":\"plain\",\"demand\":\"aligned\",\"period\":{\"from\":1,"
		     "\"to\":9},",
			"\"cpu_mhz\":1000,"));
	assert_int_equal(w.waves.source_count, 2);
	assert_non_null(strstr(w.waves.unchecked, "coincident demand"));
	assert_null(w.request.problem.states);
	end_world(&w);
	make_world(&w, PLAN(TOOLKIT, ""));
	assert_non_null(strstr(w.waves.unchecked, "does not say the figures"));
	end_world(&w);
}

/* Whichever workload it is that lacks one, its memory or its CPU. */
static void each_workload_has_to_have_its_figures(void **state)
{
	static const char *const fields[] = { "\"memory_mb\":1032,", "\"cpu_mhz\":600,",
		"\"memory_mb\":2032,", "\"cpu_mhz\":90," };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		char text[] = PLAN(TOOLKIT, "\"cpu_mhz\":1000,");
		char *at = strstr(text, fields[i]);
		struct world w;

		assert_non_null(at);
		memset(at, ' ', strlen(fields[i]));
		make_world(&w, text);
		if (!w.waves.unchecked || w.request.problem.states)
			fail_msg("checked without %s", fields[i]);
		end_world(&w);
	}
}

/* Without a host of the plan among those of today there is nothing to check. */
static void from_elsewhere_there_is_nothing_to_check(void **state)
{
	static const char text[] = PLAN(TOOLKIT, "\"cpu_mhz\":1000,");
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	assert_int_equal(
		plan_file_parse("p.json", text, strlen(text), &w.plan, &err), 0);
	wave_request_init(&w.request);
	assert_int_equal(wave_request_load(&w.request, NULL, &err), 0);
	assert_int_equal(wave_request_add(&w.request, "a", 1e9, NAN, NULL, 0, &err), 0);
	assert_int_equal(
		plan_waves_states(&w.plan, NULL, &w.request, &w.waves, &err), 0);
	assert_int_equal(w.waves.source_count, 0);
	assert_null(w.request.problem.states);
	assert_null(w.waves.unchecked);
	end_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_each_is_and_goes),
		cmocka_unit_test(room_and_needs),
		cmocka_unit_test(what_cannot_be_checked_says_why),
		cmocka_unit_test(each_workload_has_to_have_its_figures),
		cmocka_unit_test(from_elsewhere_there_is_nothing_to_check),
	};

	return cmocka_run_group_tests_name("waves of a plan", tests, NULL, NULL);
}
