/*
 * From the plan of today to the next, from two files: what is dropped, what is added, the
 * free hosts for detours, more hosts than are matched exactly, and what is refused.
 */
#include "tests/scratch_dir.h"
#include "tests/support.h"

#include "analyze/plan/plan_difference.h"
#include "common/strbuf.h"

#include <errno.h>
#include <string.h>

/* A plan's file: "h-1: a b; h-2: c"; a workload "?..." has no figures. */
static void write_plan(const char *path, const char *types, const char *placed)
{
	char *copy = strdup(placed), *next_host, *next_word;
	struct strbuf hosts, workloads;
	FILE *out = fopen(path, "w");

	assert_true(out && copy);
	strbuf_init(&hosts, 1 << 24);
	strbuf_init(&workloads, 1 << 24);
	for (char *host = strtok_r(copy, ";", &next_host); host;
		host = strtok_r(NULL, ";", &next_host)) {
		char *word = strtok_r(host, ": ", &next_word);
		bool is_first = true;

		strbuf_addf(&hosts,
			"%s{\"name\":\"%s\",\"type\":\"%.1s\",\"workloads\":[",
			*strbuf_text(&hosts) ? "," : "", word, word);
		while ((word = strtok_r(NULL, ": ", &next_word))) {
			strbuf_addf(&hosts, "%s\"%s\"", is_first ? "" : ",", word);
			is_first = false;
			if (*word != '?')
				strbuf_addf(&workloads,
					"%s{\"name\":\"%s\",\"memory_mb\":100,"
					"\"cpu_mhz\":10,\"network_mbps\":1,"
					"\"storage_gb\":1,\"settings\":{"
					"\"vm_alloc_mb\":100}}",
					*strbuf_text(&workloads) ? "," : "", word);
		}
		strbuf_addf(&hosts, "]}");
	}
	(void)fprintf(out,
		"{\"schema\":\"headroom/plan/1\",\"profile\":\"plain\","
		"\"host_types\":[%s],\"hosts\":[%s],\"workloads\":[%s]}",
		types, strbuf_text(&hosts), strbuf_text(&workloads));
	(void)fclose(out);
	strbuf_done(&hosts);
	strbuf_done(&workloads);
	free(copy);
}

#define TYPE(name, count, more)                                                \
	"{\"type\":\"" name "\",\"count\":" #count ",\"cores\":4,\"core_mhz\"" \
	":3000,\"memory_mb\":8192,\"host_memory_mb\":0,\"disk_gb\":500,"       \
	"\"nics\":[{\"mbps\":1000,\"use\":\"shared\"}]" more "}"

static int read_difference(void **state, const char *types, const char *today,
	const char *next, struct plan_difference *ret, struct err *err)
{
	const char *dir = *state;
	char from[300], to[300];
	int r;

	(void)snprintf(from, sizeof(from), "%s/today.json", dir);
	(void)snprintf(to, sizeof(to), "%s/next.json", dir);
	write_plan(from, types, today);
	write_plan(to, types, next);
	r = plan_difference_read(from, to, NULL, ret, err);
	return r < 0 ? r : plan_difference_order(ret, NULL, err);
}

static void ordered(void **state, const char *types, const char *today,
	const char *next, struct plan_difference *ret)
{
	struct err err = ERR_INIT;

	if (read_difference(state, types, today, next, ret, &err) < 0)
		fail_msg("%s", err.text);
}

static size_t place_of(const struct plan_difference *d, const char *workload)
{
	for (size_t i = 0; i < d->count; i++) {
		if (strcmp(d->workload[i].name, workload) == 0)
			return i;
	}
	fail_msg("there is no %s", workload);
	return 0;
}

/* Each of them was on a host and is on none now, however few hosts there are. */
static void what_is_dropped_goes_to_no_host(void **state)
{
	static const char *const names[] = { "b", "c", "d" };
	struct plan_difference d;

	ordered(state, TYPE("h", 1, ""), "h-1: a b c d", "h-1: a", &d);
	assert_int_equal(d.count, 4);
	assert_int_equal(d.to[place_of(&d, "a")], 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(d.from[place_of(&d, names[i])], 0);
		assert_int_equal(d.to[place_of(&d, names[i])], PACKING_NONE);
	}
	plan_difference_done(&d);
	ordered(state, TYPE("h", 1, ""), "h-1: a", "h-1: a b c d", &d);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(d.from[place_of(&d, names[i])], PACKING_NONE);
		assert_int_equal(d.to[place_of(&d, names[i])], 0);
	}
	plan_difference_done(&d);
}

/* Of each type as many as it has beyond those in use and its spares, two at the most. */
static void the_free_hosts_are_those_that_nobody_uses(void **state)
{
	static const struct {
		const char *types;
		size_t hosts;
	} rows[] = {
		{ TYPE("h", 1, ""), 1 },
		{ TYPE("h", 2, ""), 2 },
		{ TYPE("h", 3, ""), 3 },
		{ TYPE("h", 4, ""), 3 },
		{ TYPE("h", 9, ""), 3 },
		{ TYPE("h", 2, ",\"spare\":1"), 1 },
		{ TYPE("h", 3, ",\"spare\":1"), 2 },
		{ TYPE("h", 1, "") "," TYPE("k", 1, ""), 2 },
		{ TYPE("k", 2, "") "," TYPE("h", 2, ""), 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_difference d;

		ordered(state, rows[i].types, "h-1: a b", "h-1: a b", &d);
		if (d.host_count != rows[i].hosts)
			fail_msg("row %zu: %zu hosts", i, d.host_count);
		assert_int_equal(d.moves.count, 0);
		plan_difference_done(&d);
	}
}

static void a_new_host_gets_a_name_that_is_free(void **state)
{
	struct plan_difference d;

	/* both of today are "h-1" and "h-2"; the new one may not be either */
	ordered(state, TYPE("h", 4, ""), "h-1: a b;h-2: c", "h-1: a;h-2: b;h-3: c", &d);
	assert_true(d.is_best_naming);
	assert_int_equal(d.host_count, 4);
	for (size_t h = 0; h < d.host_count; h++) {
		for (size_t k = 0; k < h; k++)
			assert_string_not_equal(d.host_name[h], d.host_name[k]);
	}
	assert_int_equal(d.to[place_of(&d, "c")], 1);
	assert_int_equal(d.to[place_of(&d, "b")] + d.to[place_of(&d, "a")], 2);
	plan_difference_done(&d);
}

#define CHAIN 1001 /* more than are matched exactly as one group */

/* Every new host shares one workload with one host of today and one with the next of them. */
static void more_hosts_than_are_matched_exactly_keep_half(void **state)
{
	struct plan_difference d;
	struct strbuf today, next;
	char name[20];
	size_t stay = 0;

	strbuf_init(&today, 1 << 24);
	strbuf_init(&next, 1 << 24);
	for (int i = 0; i < CHAIN; i++) {
		strbuf_addf(&today, "%sh-%d: a%d b%d", i ? ";" : "", i + 1, i, i);
		strbuf_addf(&next, "%sh-%d: a%d b%d", i ? ";" : "", i + 1, i,
			(i + 1) % CHAIN);
	}
	ordered(state, TYPE("h", 2000, ""), strbuf_text(&today), strbuf_text(&next),
		&d);
	assert_false(d.is_best_naming);
	assert_false(d.moves.is_fewest);
	assert_int_equal(d.host_count, CHAIN + 2);
	for (int i = 0; i < CHAIN; i++) {
		size_t a, b;

		(void)snprintf(name, sizeof(name), "a%d", i);
		a = place_of(&d, name);
		(void)snprintf(name, sizeof(name), "b%d", (i + 1) % CHAIN);
		b = place_of(&d, name);
		assert_int_equal(d.to[a], d.to[b]);
		stay += (size_t)(d.to[a] == d.from[a]) + (size_t)(d.to[b] == d.from[b]);
	}
	assert_int_equal(stay, CHAIN);
	plan_difference_done(&d);
	strbuf_done(&today);
	strbuf_done(&next);
}

static void what_has_no_figures_is_refused(void **state)
{
	static const struct {
		const char *today, *next, *why;
	} rows[] = {
		{ "h-1: ?a", "h-1: b", "\"?a\": the plan does not say its figures" },
		{ "h-1: b", "h-1: b ?c", "\"?c\": the plan does not say its figures" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_difference d;
		struct err err = ERR_INIT;
		int r;

		r = read_difference(
			state, TYPE("h", 2, ""), rows[i].today, rows[i].next, &d, &err);
		plan_difference_done(&d);
		assert_int_equal(r, -EINVAL);
		if (!strstr(err.text, rows[i].why))
			fail_msg("%s", err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_dropped_goes_to_no_host),
		cmocka_unit_test(the_free_hosts_are_those_that_nobody_uses),
		cmocka_unit_test(a_new_host_gets_a_name_that_is_free),
		cmocka_unit_test(more_hosts_than_are_matched_exactly_keep_half),
		cmocka_unit_test(what_has_no_figures_is_refused),
	};

	return cmocka_run_group_tests_name(
		"from plan to plan", tests, scratch_dir_setup, scratch_dir_teardown);
}
