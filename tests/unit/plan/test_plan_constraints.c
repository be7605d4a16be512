/*
 * Each kind of constraint of a hosts file, on workloads that would all stand on one host: how
 * many hosts it makes of that, and who stands with whom.
 */
#include "tests/support.h"
#include "tests/unit/plan/plan_factors_of.h"

#include "analyze/plan/plan.h"
#include "common/units.h"

#include <errno.h>
#include <string.h>

enum { WORKLOADS = 4 };

static const struct plan_factors no_factors = { PLAIN_FACTORS };

static const char *const names[WORKLOADS] = { "a", "b", "c", "d" };

#define ONE_HOST(type, zone)                                                \
	"{\"type\":\"" type                                                 \
	"\",\"count\":4,\"cores\":8,\"core_mhz\":3000,\"memory_mb\":65536," \
	"\"nics\":[{\"mbps\":1000,\"use\":\"shared\"}],\"disk_gb\":5000" zone "}"
#define IN_ZONE(name) ",\"zone\":\"" name "\""
#define THREE_ZONES                 \
	ONE_HOST("x", IN_ZONE("1")) \
	"," ONE_HOST("y", IN_ZONE("2")) "," ONE_HOST("z", IN_ZONE("3"))
#define ALL_FOUR "\"workloads\":[\"a\",\"b\",\"c\",\"d\"]"

/* hosts: of each workload a letter; the same letter is the same host, another is another,
 * "." is any. */
static const struct constraint_case {
	const char *name, *hosts, *constraint;
	size_t host_count;
	const char *together, *types; /* the type's letter each stands on; "." any */
} cases[] = {
	{ "none: all on one", ONE_HOST("x", ""), "", 1, "aaaa", "xxxx" },
	{ "apart", ONE_HOST("x", ""), "{\"kind\":\"apart\"," ALL_FOUR "}", 4, "abcd",
		"xxxx" },
	{ "apart, of two", ONE_HOST("x", ""),
		"{\"kind\":\"apart\",\"workloads\":[\"b\",\"d\"]}", 2, ".a.b", "xxxx" },
	{ "together beside apart", ONE_HOST("x", ""),
		"{\"kind\":\"apart\",\"workloads\":[\"a\",\"b\"]},"
		"{\"kind\":\"together\",\"workloads\":[\"b\",\"c\",\"d\"]}",
		2, "abbb", "xxxx" },
	{ "apart_groups", ONE_HOST("x", ""),
		"{\"kind\":\"apart_groups\",\"workloads\":[[\"a\",\"c\"],[\"b\"],[\"d\"]]}",
		3, "abac", "xxxx" },
	{ "at_most 1", ONE_HOST("x", ""), "{\"kind\":\"at_most\",\"n\":1," ALL_FOUR "}",
		4, "abcd", "xxxx" },
	{ "at_most 2", ONE_HOST("x", ""), "{\"kind\":\"at_most\",\"n\":2," ALL_FOUR "}",
		2, "....", "xxxx" },
	{ "at_most_hosts 1 beside at_most 2 of three", ONE_HOST("x", ""),
		"{\"kind\":\"at_most_hosts\",\"n\":1,\"workloads\":[\"a\",\"b\"]},"
		"{\"kind\":\"at_most\",\"n\":1,\"workloads\":[\"b\",\"c\"]}",
		2, "aab.", "xxxx" },
	{ "pin", ONE_HOST("x", "") "," ONE_HOST("y", ""),
		"{\"kind\":\"pin\",\"workloads\":[\"c\"],\"hosts\":[\"y\"]}", 1, "aaaa",
		"yyyy" },
	{ "two pins", ONE_HOST("x", "") "," ONE_HOST("y", ""),
		"{\"kind\":\"pin\",\"workloads\":[\"c\"],\"hosts\":[\"y\"]},"
		"{\"kind\":\"pin\",\"workloads\":[\"a\"],\"hosts\":[\"x\"]}",
		2, "a.b.", "x.y." },
	{ "exclude", ONE_HOST("x", "") "," ONE_HOST("y", ""),
		"{\"kind\":\"exclude\",\"workloads\":[\"b\"],\"hosts\":[\"x\"]}", 1,
		"aaaa", "yyyy" },
	/* four in three zones: at most two in each, so one zone would be too few */
	{ "spread, as evenly as it goes", THREE_ZONES,
		"{\"kind\":\"spread\"," ALL_FOUR "}", 2, "....", "...." },
	{ "spread of three: one in each zone", THREE_ZONES,
		"{\"kind\":\"spread\",\"workloads\":[\"a\",\"b\",\"c\"]}", 3, "abc.",
		"...." },
};

static int make_plan(const char *hosts, const char *constraint,
	struct host_list *ret_hosts, struct plan *ret_plan, struct err *err)
{
	static struct plan_workload workload[WORKLOADS];
	struct plan_request request = { .factors = &no_factors,
		.hosts = ret_hosts,
		.workload = workload,
		.workload_count = WORKLOADS,
		.packing = { .time_limit_s = 5, .without_solver = true } };
	char text[4096];

	for (size_t i = 0; i < WORKLOADS; i++)
		workload[i] = (struct plan_workload){ .name = names[i],
			.environment = "production",
			.need = { .of = { [RESOURCE_MEMORY] = 1000 * BYTES_PER_MB,
					  [RESOURCE_CPU] = 100,
					  [RESOURCE_NETWORK] = 1e6 } },
			.storage_bytes = BYTES_PER_GB };
	snprintf(text, sizeof(text), "{\"hosts\":[%s],\"constraints\":[%s]}", hosts,
		constraint);
	assert_int_equal(
		host_list_parse("h.json", text, strlen(text), ret_hosts, err), 0);
	return plan_make(&request, ret_plan, err);
}

static void check_case(void **state)
{
	const struct constraint_case *row = *state;
	struct host_list hosts;
	struct err err = ERR_INIT;
	size_t on[WORKLOADS];
	struct plan plan;

	if (make_plan(row->hosts, row->constraint, &hosts, &plan, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(plan.unplaced_count, 0);
	assert_int_equal(plan.host_count, row->host_count);
	assert_true(plan.is_proven_optimal);
	for (size_t h = 0; h < plan.host_count; h++)
		for (size_t i = 0; i < plan.host[h].workload_count; i++)
			on[plan.host[h].workload[i]] = h;
	for (size_t i = 0; i < WORKLOADS; i++) {
		if (row->types[i] != '.')
			assert_int_equal(plan.host[on[i]].name[0], row->types[i]);
		for (size_t j = 0; j < i; j++)
			if (row->together[i] != '.' && row->together[j] != '.')
				assert_int_equal(on[i] == on[j],
					row->together[i] == row->together[j]);
	}
	plan_done(&plan);
	host_list_done(&hosts);
}

static void spread_needs_zones(void **state)
{
	struct host_list hosts;
	struct err err = ERR_INIT;
	struct plan plan;

	(void)state;
	assert_int_equal(
		make_plan(ONE_HOST("x", ""), "{\"kind\":\"spread\"," ALL_FOUR "}",
			&hosts, &plan, &err),
		-EINVAL);
	assert_non_null(
		strstr(err.text, "h.json:1: \"spread\" needs hosts with a zone"));
	host_list_done(&hosts);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 1] = {
		cmocka_unit_test(spread_needs_zones),
	};
	struct constraint_case rows[ARRAY_LEN(cases)];

	memcpy(rows, cases, sizeof(cases));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i + 1] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_case,
			.initial_state = &rows[i] };
	return cmocka_run_group_tests_name("constraints of a plan", tests, NULL, NULL);
}
