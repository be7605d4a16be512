/*
 * What a hosts file may say beside the figures of a host: as many as are needed, hosts
 * kept empty, space in volumes (STO-15), a group on few hosts, groups that must not
 * meet.  The profile is plain, so that each answer can be worked out in the head.
 */
#include "analyze/plan/plan.h"
#include "common/units.h"
#include "tests/support.h"
#include "tests/unit/plan/plan_factors_of.h"

#include <string.h>

#define WORKLOADS 8

static const struct plan_factors plain = { PLAIN_FACTORS, .counts_host_memory = true };

#define HOST(count, more)                                                             \
	"{\"hosts\":[{\"type\":\"h\",\"count\":" count                                \
	",\"cores\":4,\"core_mhz\":1000,\"memory_mb\":1000,\"host_memory_mb\":0" more \
	"}]"

struct fixture {
	struct host_list hosts;
	struct plan_workload workload[WORKLOADS];
	struct plan_request request;
	struct plan plan;
};

/* a, b, c ... of this many MB and GB each. */
static void plan_on(struct fixture *f, const char *hosts, size_t count, double mb,
	const double *gb, unsigned failover)
{
	static const char *const names[WORKLOADS] = { "a", "b", "c", "d", "e", "f", "g",
		"h" };
	struct err err = ERR_INIT;

	*f = (struct fixture){
		.request = { .factors = &plain,
			.hosts = &f->hosts,
			.workload = f->workload,
			.workload_count = count,
			.failover = failover,
			.packing = { .time_limit_s = 5, .without_solver = true } }
	};
	for (size_t i = 0; i < count; i++)
		f->workload[i] = (struct plan_workload){ .name = names[i],
			.environment = "production",
			.need = { { mb * BYTES_PER_MB, 10, 0, 0, 0 } },
			.storage_bytes = gb ? gb[i] * BYTES_PER_GB : 0 };
	if (host_list_parse("h.json", hosts, strlen(hosts), &f->hosts, &err) < 0)
		fail_msg("%s", err.text);
	if (plan_make(&f->request, &f->plan, &err) < 0)
		fail_msg("%s", err.text);
}

static void fixture_done(struct fixture *f)
{
	plan_done(&f->plan);
	host_list_done(&f->hosts);
}

/* The number of the host in the plan; 99: it is on none. */
static size_t host_of(const struct fixture *f, size_t workload)
{
	for (size_t h = 0; h < f->plan.host_count; h++)
		for (size_t i = 0; i < f->plan.host[h].workload_count; i++)
			if (f->plan.host[h].workload[i] == workload)
				return h;
	return 99;
}

static void any_number_is_as_many_as_are_needed(void **state)
{
	struct fixture f;

	(void)state;
	plan_on(&f, HOST("\"any\"", "") "}", 7, 400, NULL, 0); /* two on each */
	assert_int_equal(f.plan.unplaced_count, 0);
	assert_int_equal(f.plan.host_count, 4);
	assert_true(f.plan.is_proven_optimal);
	assert_string_equal(f.plan.host[3].name, "h-4");
	fixture_done(&f);
}

static void a_group_stays_on_few_hosts(void **state)
{
	struct fixture f;
	size_t seen[WORKLOADS] = { 0 }, hosts = 0;

	(void)state;
	/* eight of 300, three a host: three hosts; a, c, e, f do not fit one alone */
	plan_on(&f,
		HOST("4", "") ",\"constraints\":[{\"kind\":\"at_most_hosts\",\"n\":2,"
			      "\"workloads\":[\"a\",\"c\",\"e\",\"f\"]}]}",
		8, 300, NULL, 0);
	assert_int_equal(f.plan.unplaced_count, 0);
	assert_int_equal(f.plan.host_count, 3);
	seen[host_of(&f, 0)] = seen[host_of(&f, 2)] = 1;
	seen[host_of(&f, 4)] = seen[host_of(&f, 5)] = 1;
	for (size_t h = 0; h < WORKLOADS; h++)
		hosts += seen[h];
	assert_true(hosts <= 2);
	fixture_done(&f);
	plan_on(&f,
		HOST("4", "") ",\"constraints\":[{\"kind\":\"at_most_hosts\",\"n\":1,"
			      "\"workloads\":[\"a\",\"c\",\"e\",\"f\"]}]}",
		8, 300, NULL, 0);
	assert_int_equal(f.plan.unplaced_count, 1);
	assert_true(f.plan.is_unplaced_proven);
	assert_string_equal(f.plan.conflict, "constraints[0] (line 1, at_most_hosts)");
	fixture_done(&f);
}

static void groups_do_not_meet(void **state)
{
	struct fixture f;

	(void)state;
	/* without the constraint all six are on one host */
	plan_on(&f,
		HOST("4",
			"") ",\"constraints\":[{\"kind\":\"apart_groups\",\"workloads\":"
			    "[[\"a\",\"b\"],[\"c\",\"d\"],[\"e\"]]}]}",
		6, 100, NULL, 0);
	assert_int_equal(f.plan.host_count, 3);
	assert_true(f.plan.is_proven_optimal);
	assert_int_equal(host_of(&f, 0), host_of(&f, 1));
	assert_int_not_equal(host_of(&f, 0), host_of(&f, 2));
	assert_int_not_equal(host_of(&f, 2), host_of(&f, 4));
	fixture_done(&f);
	plan_on(&f,
		HOST("2",
			"") ",\"constraints\":[{\"kind\":\"apart_groups\",\"workloads\":"
			    "[[\"a\",\"b\"],[\"c\",\"d\"],[\"e\"]]}]}",
		6, 100, NULL, 0);
	assert_int_equal(f.plan.unplaced_count, 1);
	assert_string_equal(f.plan.conflict, "constraints[0] (line 1, apart_groups)");
	fixture_done(&f);
}

static void a_spare_host_stays_empty_and_takes_over(void **state)
{
	struct fixture f;

	(void)state;
	/* two full hosts: without the third, which is spare, no loss is survived */
	plan_on(&f, HOST("3", ",\"cost\":2,\"spare\":1") "}", 4, 500, NULL, 1);
	assert_int_equal(f.plan.host_count, 2);
	assert_true(f.plan.is_failover_met);
	assert_int_equal(f.plan.spare_count, 1);
	assert_string_equal(f.plan.spare[0].name, "h-3");
	assert_near(f.plan.cost, 6, 0);
	fixture_done(&f);
	/* one alone is lost to the spare one, which is not there for two of them */
	plan_on(&f, HOST("2", ",\"spare\":1") "}", 2, 500, NULL, 1);
	assert_int_equal(f.plan.host_count, 1);
	assert_true(f.plan.is_failover_met);
	fixture_done(&f);
	plan_on(&f, HOST("3", ",\"spare\":1") "}", 4, 500, NULL, 2);
	assert_false(f.plan.is_failover_met);
	assert_true(f.plan.is_failover_refuted);
	fixture_done(&f);
	plan_on(&f, HOST("\"any\"", ",\"spare\":2") "}", 4, 500, NULL, 2);
	assert_true(f.plan.is_failover_met);
	assert_int_equal(f.plan.host_count, 2);
	assert_string_equal(f.plan.spare[1].name, "h-4");
	fixture_done(&f);
}

#define VOLUMES                                      \
	",\"volumes\":[{\"name\":\"d\",\"gb\":100}," \
	"{\"name\":\"e\",\"gb\":80,\"used_gb\":20}]"

static void sto_15_a_vm_is_whole_on_a_volume(void **state)
{
	const double gb[4] = { 60, 55, 45, 0 }, large[1] = { 101 };
	struct fixture f;
	const struct plan_host *host;

	(void)state;
	/* 160 GB in 100 + 60: 60 on e is the one way; 55, 55 and 50 have none */
	plan_on(&f, HOST("2", VOLUMES) "}", 4, 100, gb, 0);
	host = &f.plan.host[0];
	assert_int_equal(f.plan.host_count, 1);
	assert_int_equal(host->volume[0], 1);
	assert_int_equal(host->volume[1], 0);
	assert_int_equal(host->volume[2], 0);
	fixture_done(&f);
	plan_on(&f, HOST("2", VOLUMES) "}", 3, 100, (const double[]){ 55, 55, 50 }, 0);
	assert_int_equal(f.plan.host_count, 2);
	fixture_done(&f);
	plan_on(&f, HOST("2", VOLUMES) "}", 1, 100, large, 0);
	assert_int_equal(f.plan.unplaced_count, 1);
	assert_string_equal(f.plan.unplaced[0].rule, "storage");
	assert_non_null(strstr(f.plan.unplaced[0].reason, "101"));
	assert_non_null(strstr(f.plan.unplaced[0].reason, "100"));
	fixture_done(&f);
}

/* Two of seven stand on the one host.  Of the hosts that are missing for the other five a
 * loss takes two at most, for which three others have room: 4 instead of 3. */
static void hosts_that_are_missing_survive_what_was_asked(void **state)
{
	struct fixture f;

	(void)state;
	plan_on(&f, HOST("1", "") "}", 7, 500, NULL, 0);
	assert_int_equal(f.plan.unplaced_count, 5);
	assert_int_equal(f.plan.missing_count, 3);
	fixture_done(&f);
	plan_on(&f, HOST("1", "") "}", 7, 500, NULL, 1);
	assert_int_equal(f.plan.unplaced_count, 5);
	assert_int_equal(f.plan.missing_count, 4);
	assert_true(f.plan.is_missing_safe);
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_number_is_as_many_as_are_needed),
		cmocka_unit_test(a_group_stays_on_few_hosts),
		cmocka_unit_test(groups_do_not_meet),
		cmocka_unit_test(a_spare_host_stays_empty_and_takes_over),
		cmocka_unit_test(sto_15_a_vm_is_whole_on_a_volume),
		cmocka_unit_test(hosts_that_are_missing_survive_what_was_asked),
	};

	return cmocka_run_group_tests_name("plan_hosts", tests, NULL, NULL);
}
