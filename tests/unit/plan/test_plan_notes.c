/*
 * What a plan says beside who stands where: of hosts with other applications (CPU-7,
 * CPU-8), their storage (STO-5, STO-8 to STO-12, STO-14), the toolkit (HST-6), the internal
 * network (NET-6); and the hosts that what found no room would need (HST-8, MEM-8).
 */
#include "analyze/plan/plan.h"
#include "analyze/report/plan_settings.h"
#include "common/units.h"
#include "tests/support.h"
#include "tests/unit/plan/plan_factors_of.h"

#include <string.h>

#define VMS 12

static const struct plan_factors documented = { TOOLKIT_FACTORS, .own_disks_ratio = 0.5,
	.toolkit_workloads = 10, .max_cores_per_vm = 1 };

#define HOSTS(count, more)                                                          \
	"{\"hosts\":[{\"type\":\"h\",\"count\":" count ",\"cores\":4,"              \
	"\"core_mhz\":3000,\"memory_mb\":8192,\"host_memory_mb\":1024,\"nics\":["   \
	"{\"mbps\":1000,\"use\":\"host\"},{\"mbps\":1000,\"use\":\"shared\"}]" more \
	"}]}"
#define DISK ",\"disk_gb\":500"

struct noted {
	struct host_list hosts;
	char disk_name[2];
	struct fact_disk disk[1];
	struct plan_workload vm[VMS];
	struct plan_request request;
	struct plan plan;
};

/* VMs of 1000 MB and 300 MHz with 10 GB each; what else they have is set before. */
static void plan_vms(struct noted *n, const char *hosts,
	const struct plan_factors *factors, size_t count)
{
	static const char *const names[VMS] = { "a", "b", "c", "d", "e", "f", "g", "h",
		"i", "j", "k", "l" };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < count; i++) {
		n->vm[i].name = names[i];
		n->vm[i].environment = "production";
		n->vm[i].need.of[RESOURCE_MEMORY] = 1000 * BYTES_PER_MB;
		n->vm[i].need.of[RESOURCE_CPU] = 300;
		n->vm[i].need.of[RESOURCE_NETWORK] = 1e6;
		if (n->vm[i].storage_bytes == 0)
			n->vm[i].storage_bytes = 10 * BYTES_PER_GB;
	}
	n->request.factors = factors;
	n->request.hosts = &n->hosts;
	n->request.workload = n->vm;
	n->request.workload_count = count;
	n->request.packing =
		(struct packing_options){ .time_limit_s = 5, .without_solver = true };
	if (host_list_parse("h.json", hosts, strlen(hosts), &n->hosts, &err) < 0)
		fail_msg("%s", err.text);
	if (plan_make(&n->request, &n->plan, &err) < 0)
		fail_msg("%s", err.text);
}

static void noted_done(struct noted *n)
{
	plan_done(&n->plan);
	host_list_done(&n->hosts);
}

/* The text of the note of this rule; NULL: there is none. */
static const char *note_of(const struct noted *n, const char *rule, bool *ret_warning)
{
	for (size_t i = 0; i < n->plan.note_count; i++)
		if (strcmp(n->plan.note[i].rule, rule) == 0) {
			*ret_warning = n->plan.note[i].is_warning;
			return n->plan.note[i].text;
		}
	return NULL;
}

struct note_case {
	const char *name, *host; /* what the host is beside its figures */
	const char *rule, *part; /* NULL: no note of this rule */
	bool is_warning;
};

static struct note_case note_cases[] = {
	{ "CPU-8: a host that also serves names", DISK ",\"roles\":[\"dns\",\"files\"]",
		"CPU-8", "HST-DEDICATED: h also runs dns, files", true },
	{ "CPU-8: a branch office has one server",
		DISK ",\"roles\":[\"dns\"],\"site\":\"branch\"", "CPU-8", NULL, false },
	{ "CPU-8: a host of VMs alone", DISK, "CPU-8", NULL, false },
	{ "CPU-7: the usual reserve is none for other applications",
		DISK ",\"roles\":[\"dns\"],\"cpu_reserve_percent\":25", "CPU-7",
		"25 % of its CPU", true },
	{ "CPU-7: more is kept", DISK ",\"roles\":[\"dns\"],\"cpu_reserve_percent\":40",
		"CPU-7", NULL, false },
	{ "STO-8: slow storage", DISK ",\"storage\":\"slow\"", "STO-8", "SAN", false },
	{ "STO-8: a SAN", DISK ",\"storage\":\"san\"", "STO-8", NULL, false },
	{ "STO-9: no RAID", DISK ",\"raid\":\"none\"", "STO-9", "one disk that fails",
		true },
	{ "STO-9: stripes alone", DISK ",\"raid\":\"0\"", "STO-9",
		"one disk that fails", true },
	{ "STO-9: RAID 5", DISK ",\"raid\":\"5\"", "STO-9", "1+0 performs best",
		false },
	{ "STO-9: RAID 1+0", DISK ",\"raid\":\"1+0\"", "STO-9", NULL, false },
	{ "STO-10: 30 MB/s of 50", DISK ",\"disk_mb_s\":50", "STO-10",
		"a on h-1 needs 30.0 of 50.0 MB/s", false },
	{ "STO-10: 30 MB/s of 60 is half", DISK ",\"disk_mb_s\":60", "STO-10", NULL,
		false },
	{ "STO-11: VMs on the system's volume",
		",\"volumes\":[{\"name\":\"c\",\"gb\":500,\"os\":true}]", "STO-11",
		"h-1: 2 VMs are on volume c", true },
	{ "STO-11: VMs beside it",
		",\"volumes\":[{\"name\":\"c\",\"gb\":5,\"os\":true},"
		"{\"name\":\"d\",\"gb\":500}]",
		"STO-11", NULL, false },
	{ "STO-12: defragment", DISK, "STO-12", "before its move", false },
	{ "HST-6: two are not many", DISK, "HST-6", NULL, false },
	{ "NET-6: nobody asked", DISK, "NET-6", NULL, false },
};

static void check_note(void **state)
{
	const struct note_case *row = *state;
	struct noted n = { .plan = { .host = NULL } };
	char hosts[1000];
	const char *text;
	bool is_warning = false;

	n.vm[0].need.of[RESOURCE_DISK] = 30 * BYTES_PER_MB;
	(void)snprintf(hosts, sizeof(hosts), HOSTS("2", "%s"), row->host);
	plan_vms(&n, hosts, &documented, 2);
	text = note_of(&n, row->rule, &is_warning);
	if (row->part) {
		assert_non_null(text);
		if (!strstr(text, row->part))
			fail_msg("\"%s\" is not in \"%s\"", row->part, text);
		assert_int_equal(is_warning, row->is_warning);
	} else {
		assert_null(text);
	}
	noted_done(&n);
}

/* 40 % of 4 x 100 % are kept: 240; at 11 % each 21 fit; the profile's 25 % leave 300. */
static void cpu_7_a_host_keeps_what_it_says(void **state)
{
	struct noted n = { .plan = { .host = NULL } };

	(void)state;
	plan_vms(&n, HOSTS("1", DISK ",\"cpu_reserve_percent\":40"), &documented, 2);
	assert_near(n.plan.host[0].use[PLAN_CPU].capacity, 240, 1e-9);
	/* 20 of 60 % of the cores: 0.2 / 0.6 of one */
	assert_near(plan_purchase_of(&n.request, &n.plan.host[0]).cores, 1, 0);
	noted_done(&n);
	n = (struct noted){ .plan = { .host = NULL } };
	plan_vms(&n, HOSTS("1", DISK), &documented, 2);
	assert_near(n.plan.host[0].use[PLAN_CPU].capacity, 300, 1e-9);
	noted_done(&n);
}

static void hst_6_many_want_another_tool(void **state)
{
	struct plan_factors plain = documented;
	struct noted n = { .plan = { .host = NULL } };
	bool is_warning = true;

	(void)state;
	n.request.has_internal_network = true;
	plan_vms(&n, HOSTS("4", DISK), &documented, 11);
	assert_non_null(strstr(note_of(&n, "HST-6", &is_warning), "11 workloads"));
	assert_false(is_warning);
	assert_non_null(strstr(note_of(&n, "NET-6", &is_warning), "loopback adapter"));
	noted_done(&n);
	plain.toolkit_workloads = NAN; /* another target has no such toolkit */
	n = (struct noted){ .plan = { .host = NULL } };
	plan_vms(&n, HOSTS("4", DISK), &plain, 11);
	assert_null(note_of(&n, "HST-6", &is_warning));
	assert_null(note_of(&n, "STO-12", &is_warning));
	noted_done(&n);
}

/* 60 GB used of a dynamic disk of 200: 60 of 150 GB fit, but it may grow by 140. */
static void sto_5_a_dynamic_disk_may_fill_its_drive(void **state)
{
	struct noted n = { .plan = { .host = NULL } };
	bool is_warning = false;
	const char *text;

	(void)state;
	n.disk[0] = (struct fact_disk){
		.name = n.disk_name, .size_gb = 200, .used_gb = 60, .is_dynamic = true
	};
	n.vm[0].disk = n.disk;
	n.vm[0].disk_count = 1;
	n.vm[0].storage_bytes = 60 * BYTES_PER_GB;
	plan_vms(&n, HOSTS("1", ",\"disk_gb\":150"), &documented, 1);
	text = note_of(&n, "STO-5", &is_warning);
	assert_non_null(text);
	assert_true(is_warning);
	assert_non_null(strstr(text, "HST-DISK-LOW: h-1 has 90.0 GB left"));
	assert_non_null(strstr(text, "grow by 140.0 GB"));
	assert_non_null(strstr(note_of(&n, "STO-14", &is_warning), "fixed ones"));
	noted_done(&n);
	n = (struct noted){ .plan = { .host = NULL } };
	n.disk[0] = (struct fact_disk){
		.name = n.disk_name, .size_gb = 150, .used_gb = 60, .is_dynamic = true
	};
	n.vm[0].disk = n.disk;
	n.vm[0].disk_count = 1;
	n.vm[0].storage_bytes = 60 * BYTES_PER_GB;
	plan_vms(&n, HOSTS("1", ",\"disk_gb\":150"), &documented, 1);
	assert_null(note_of(&n, "STO-5", &is_warning));
	noted_done(&n);
}

/* (1024 + n x 1000) x 1.25 <= 8192: five a host; twelve on one host leave seven out, which
 * are two hosts more, of 5 and 2. */
static void hst_8_what_found_no_room_says_how_many_hosts_it_needs(void **state)
{
	struct noted n = { .plan = { .host = NULL } };
	struct plan_purchase buy;
	size_t found = 0;

	(void)state;
	plan_vms(&n, HOSTS("1", DISK), &documented, 12);
	assert_int_equal(n.plan.unplaced_count, 7);
	assert_int_equal(n.plan.missing_count, 2);
	for (size_t h = 0; h < 2; h++)
		for (size_t i = 0; i < n.plan.missing[h].workload_count; i++, found++)
			for (size_t j = 0; j < n.plan.host[0].workload_count; j++)
				assert_int_not_equal(n.plan.missing[h].workload[i],
					n.plan.host[0].workload[j]);
	assert_int_equal(found, 7);
	/* memory 2 x 1280 + 7 x 1250 MB, each to even GB: 5 + 2 or 4 + 3 VMs */
	buy = plan_purchase_of_all(&n.request, n.plan.missing, 2);
	assert_true(buy.memory_gb == 12);
	assert_near(buy.cores, 2, 0);
	assert_near(buy.adapters, 4, 0);
	assert_near(buy.disk_gb, 88, 0); /* 7 x 12.5, each host whole */
	noted_done(&n);
}

static void no_number_of_hosts_helps_who_is_pinned_to_one(void **state)
{
	struct noted n = { .plan = { .host = NULL } };

	(void)state;
	plan_vms(&n,
		"{\"hosts\":[{\"type\":\"h\",\"count\":2,\"cores\":4,\"core_mhz\":3000,"
		"\"memory_mb\":3600,\"host_memory_mb\":1024,\"nics\":[{\"mbps\":1000,"
		"\"use\":\"host\"},{\"mbps\":1000,\"use\":\"shared\"}]" DISK "}],"
		"\"constraints\":[{\"kind\":\"pin\",\"workloads\":[\"a\",\"b\"],"
		"\"hosts\":[\"h-2\"]}]}",
		&documented, 2);
	assert_int_equal(n.plan.unplaced_count, 1);
	assert_int_equal(n.plan.missing_count, 0);
	noted_done(&n);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(note_cases) + 5] = {
		cmocka_unit_test(cpu_7_a_host_keeps_what_it_says),
		cmocka_unit_test(hst_6_many_want_another_tool),
		cmocka_unit_test(sto_5_a_dynamic_disk_may_fill_its_drive),
		cmocka_unit_test(hst_8_what_found_no_room_says_how_many_hosts_it_needs),
		cmocka_unit_test(no_number_of_hosts_helps_who_is_pinned_to_one),
	};

	for (size_t i = 0; i < ARRAY_LEN(note_cases); i++)
		tests[5 + i] = (struct CMUnitTest){ .name = note_cases[i].name,
			.test_func = check_note,
			.initial_state = &note_cases[i] };
	return cmocka_run_group_tests_name("plan_notes", tests, NULL, NULL);
}
