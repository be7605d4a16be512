/*
 * Memory that cannot be had: each allocation of what reads hosts and plans, packs, and replays
 * fails once.  The answer is then -ENOMEM with a text, and never half a plan.
 */
#include "tests/support.h"
#include "tests/unit/plan/plan_factors_of.h"

#include "analyze/plan/hosts.h"
#include "analyze/plan/plan.h"
#include "analyze/plan/plan_file.h"
#include "common/units.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* One try takes a fraction of a millisecond; more of them find nothing else. */
enum { TRIES_MAX = 20000 };

#ifndef __SANITIZE_ADDRESS__

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static long left = -1; /* allocations until the one that fails; negative: none does */
static bool has_failed;

static bool fails_now(void)
{
	if (left < 0 || left-- > 0)
		return false;
	has_failed = true;
	return true;
}

void *malloc(size_t size)
{
	return fails_now() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __libc_realloc(old, size);
}

#define MB BYTES_PER_MB
#define TYPES                                                                              \
	"[{\"type\":\"h\",\"count\":3,\"cores\":4,\"core_mhz\":3000,\"memory_mb\":4096,"   \
	"\"host_memory_mb\":512,\"disk_gb\":500,\"zone\":\"a\",\"roles\":[\"dns\"],"       \
	"\"site\":\"main\",\"storage\":\"slow\",\"raid\":\"5\",\"nics\":"                  \
	"[{\"mbps\":1000,\"use\":\"host\"},{\"mbps\":1000,\"use\":\"shared\"}]},"          \
	"{\"type\":\"v\",\"count\":2,\"cores\":4,\"core_mhz\":3000,\"memory_mb\":4096,"    \
	"\"volumes\":[{\"name\":\"c\",\"gb\":40,\"os\":true},{\"name\":\"d\",\"gb\":90}]," \
	"\"spare\":1,\"nics\":[{\"mbps\":1000,\"use\":\"host\"},"                          \
	"{\"mbps\":1000,\"use\":\"shared\"}]}]"
#define CONSTRAINTS                                                             \
	"[{\"kind\":\"apart\",\"workloads\":[\"a\",\"b\"]},{\"kind\":\"pin\","  \
	"\"workloads\":[\"c\"],\"hosts\":[\"h\"]},{\"kind\":\"apart_groups\","  \
	"\"workloads\":[[\"a\"],[\"d\"]]},{\"kind\":\"at_most\",\"workloads\":" \
	"[\"d\",\"e\"],\"n\":1}]"
#define HOSTS "{\"hosts\":" TYPES ",\"constraints\":" CONSTRAINTS "}"
#define PLAN                                                                          \
	"{\"schema\":\"headroom/plan/1\",\"profile\":\"plain\",\"host_types\":" TYPES \
	",\"constraints\":" CONSTRAINTS ",\"hosts\":[{\"name\":\"h-1\",\"type\":"     \
	"\"h\",\"workloads\":[\"a\",\"c\"]},{\"name\":\"h-2\",\"type\":\"h\","        \
	"\"workloads\":[\"b\"]}],\"workloads\":[{\"name\":\"a\",\"environment\":"     \
	"\"test\",\"cpu_mhz\":5}]}"

static const struct plan_factors factors = { TOOLKIT_FACTORS, .profile_checksum = 1,
	.toolkit_workloads = 2, .own_disks_ratio = 0.5, .max_cores_per_vm = 1 };

static struct plan_workload needs(const char *name, double mb, double mhz)
{
	return (struct plan_workload){ .name = name,
		.environment = "production",
		.need = { { mb * MB, mhz, 1e6, 0, 0 } },
		.overhead_bytes = 32 * MB,
		.storage_bytes = 10 * BYTES_PER_GB };
}

static int read_hosts_once(struct err *err)
{
	struct host_list hosts;
	int r = host_list_parse("h.json", HOSTS, strlen(HOSTS), &hosts, err);

	if (r == 0)
		host_list_done(&hosts);
	return r;
}

static int read_plan_once(struct err *err)
{
	struct plan_file file;
	int r = plan_file_parse("p.json", PLAN, strlen(PLAN), &file, err);

	if (r == 0)
		plan_file_done(&file);
	return r;
}

static int plan_once(struct err *err, unsigned failover, bool is_apart)
{
	struct plan_workload five[] = { needs("a", 900, 900), needs("b", 900, 900),
		needs("c", 900, 900), needs("d", 900, 900), needs("e", 9000, 900),
		needs("smp", 100, 4000) };
	struct plan_request request = { .factors = &factors,
		.workload = five,
		.workload_count = ARRAY_LEN(five),
		.separates_environments = is_apart,
		.failover = failover,
		.packing = { .time_limit_s = 5, .without_solver = true } };
	struct host_list hosts;
	struct plan plan;
	int r;

	five[1].environment = "test";
	five[2].is_sensitive = true;
	r = host_list_parse("h.json", HOSTS, strlen(HOSTS), &hosts, err);
	if (r < 0)
		return r;
	request.hosts = &hosts;
	r = plan_make(&request, &plan, err);
	if (r == 0)
		plan_done(&plan);
	host_list_done(&hosts);
	return r;
}

static int plan_plain(struct err *err)
{
	return plan_once(err, 0, false);
}

static int plan_spare(struct err *err)
{
	return plan_once(err, 1, true);
}

static struct memory_case {
	const char *name;
	int (*run)(struct err *err);
	size_t least; /* allocations that it makes */
} cases[] = {
	{ "a hosts file", read_hosts_once, 40 },
	{ "a plan's file", read_plan_once, 60 },
	{ "a plan", plan_plain, 100 },
	{ "a plan with a spare host", plan_spare, 100 },
};

static void each_allocation_fails(void **state)
{
	const struct memory_case *row = *state;
	struct err err = ERR_INIT;
	size_t n;

	if (row->run(&err) != 0)
		fail_msg("%s: %s", row->name, err.text);
	for (n = 0; n < TRIES_MAX; n++) {
		int r;

		err.text[0] = '\0';
		has_failed = false;
		left = (long)n;
		r = row->run(&err);
		left = -1;
		if (!has_failed) {
			assert_int_equal(r, 0);
			break;
		}
		/* what is only a help, a bound or a hint, may be done without */
		if (r != 0 && (r != -ENOMEM || err.text[0] == '\0'))
			fail_msg(
				"%s: the %zuth allocation fails, and the answer is %d: %s",
				row->name, n + 1, r, err.text);
	}
	assert_true(n >= row->least && n < TRIES_MAX);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases)];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = each_allocation_fails,
			.initial_state = &cases[i] };
	return cmocka_run_group_tests_name("plan memory", tests, NULL, NULL);
}

#else

static void a_sanitizer_has_allocations_of_its_own(void **state)
{
	(void)state;
	print_message("# SKIP: the sanitizer has the calls that fail here\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sanitizer_has_allocations_of_its_own),
	};

	return cmocka_run_group_tests_name("plan memory", tests, NULL, NULL);
}

#endif
