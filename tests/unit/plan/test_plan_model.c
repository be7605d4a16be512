/* A plan as a packing problem: every whole number in it against the figure by hand (units of 64
 * bytes, a per cent or a thousandth MHz, bit/s, KiB, KiB/s, thousandths of an operation). */
#include "tests/support.h"
#include "tests/unit/plan/plan_factors_of.h"

#include "analyze/plan/plan_file.h"
#include "analyze/plan/plan_units.h"
#include "common/units.h"

#include <errno.h>
#include <string.h>

static const struct plan_factors toolkit = { TOOLKIT_FACTORS, .keeps_one_core = true,
	.max_cores_per_vm = NAN };
static const struct plan_factors bare = { PLAIN_FACTORS, .max_cores_per_vm = NAN };

#define ADAPTERS "{\"mbps\":1000,\"use\":\"host\"},{\"mbps\":1000,\"use\":\"shared\"}"
#define HOSTS(cost)                                                                           \
	"{\"hosts\":[{\"type\":\"h\",\"count\":5,\"spare\":1,\"cores\":4,\"core_mhz\":3000,"  \
	"\"memory_mb\":8192,\"host_memory_mb\":1024,\"disk_gb\":500,\"cost\":" cost           \
	",\"zone\":\"a\",\"disk_mb_s\":120,\"disk_iops\":1500,\"nics\":[" ADAPTERS            \
	",{\"mbps\":1000,\"use\":\"dedicated\"},{\"mbps\":1000,\"use\":\"dedicated\"}]},"     \
	"{\"type\":\"v\",\"count\":\"any\",\"cores\":2,\"core_mhz\":2000,\"memory_mb\":4096," \
	"\"volumes\":[{\"name\":\"c\",\"gb\":40,\"used_gb\":10,\"os\":true},{\"name\":\"d\"," \
	"\"gb\":90}],\"nics\":[" ADAPTERS "]}],\"constraints\":[{\"kind\":\"pin\","           \
	"\"workloads\":[\"a\"],\"hosts\":[\"h-2\",\"v\"]},{\"kind\":\"exclude\","             \
	"\"workloads\":[\"c\"],\"hosts\":[\"h-2\"]}]}"

enum { A, B, C, D, WORKLOADS };

static const double cpu_series[] = { 300, 301.0001, 90 },
		    memory_series[] = { 900 * BYTES_PER_MB, 500 * BYTES_PER_MB,
			    1000 * BYTES_PER_MB };

static void fill(struct plan_workload workload[WORKLOADS])
{
	static const char *const names[] = { "a", "b", "c", "d" };

	memset(workload, 0, WORKLOADS * sizeof(*workload));
	for (int i = 0; i < WORKLOADS; i++)
		workload[i] = (struct plan_workload){ .name = names[i],
			.environment = i == D ? "test" : "production",
			.need = { .of = { [RESOURCE_MEMORY] = 1000 * BYTES_PER_MB,
					  [RESOURCE_CPU] = 400,
					  [RESOURCE_NETWORK] = 5e6,
					  [RESOURCE_DISK] = 6 * BYTES_PER_MB,
					  [RESOURCE_DISK_OPS] = 7 } },
			.overhead_bytes = 32 * BYTES_PER_MB,
			.storage_bytes = 8 * BYTES_PER_GB };
	workload[B].dedicated_adapters = 1;
	workload[B].is_sensitive = true;
	workload[C].series[RESOURCE_CPU] = cpu_series;
	workload[C].series[RESOURCE_MEMORY] = memory_series;
}

struct world {
	struct host_list hosts;
	struct plan_workload workload[WORKLOADS];
	struct plan_request request;
	struct plan_model model;
};

static int make(struct world *w, const struct plan_factors *factors, const char *hosts,
	struct err *err)
{
	if (host_list_parse("h.json", hosts, strlen(hosts), &w->hosts, err) < 0)
		fail_msg("%s", err->text);
	fill(w->workload);
	w->request.factors = factors;
	w->request.hosts = &w->hosts;
	w->request.workload = w->workload;
	w->request.workload_count = WORKLOADS;
	return plan_model_build(&w->request, &w->model, err);
}

static void make_it(
	struct world *w, const struct plan_factors *factors, const char *hosts)
{
	struct err err = ERR_INIT;

	if (make(w, factors, hosts, &err) < 0)
		fail_msg("%s", err.text);
}

static void end(struct world *w)
{
	plan_model_done(&w->model);
	host_list_done(&w->hosts);
}

static int64_t capacity(const struct world *w, size_t type, int dimension)
{
	return w->model.problem.capacity[type * w->model.problem.dimension_count +
		w->model.dimension_of[dimension]];
}

static int64_t size_of(
	const struct world *w, size_t variant, size_t item, int dimension, size_t slot)
{
	const struct packing_problem *problem = &w->model.problem;

	return packing_size(problem, variant,
		item)[problem->dimension[w->model.dimension_of[dimension]].first_row +
		slot];
}

static void the_types_of_hosts(void **state)
{
	struct world w = { .request = { .failover = 2 } };
	const struct packing_problem *p = &w.model.problem;

	(void)state;
	make_it(&w, &toolkit, HOSTS("1.25"));
	assert_int_equal(p->type_count, 3); /* h, v, and h-2 that a pin names */
	assert_true(w.model.type[0].type == 0 && w.model.type[0].single == 0);
	assert_true(w.model.type[1].type == 1 && w.model.type[1].single == 0);
	assert_true(w.model.type[2].type == 0 && w.model.type[2].single == 2);
	assert_true(p->type[0].count == 3 && p->type[0].spare == 1);
	assert_true(p->type[1].count == PACKING_UNLIMITED && p->type[1].spare == 0);
	assert_true(p->type[2].count == 1 && p->type[2].spare == 0);
	assert_near(w.model.cost_units, 100, 0);
	assert_true(p->type[0].cost == 125 && p->type[1].cost == 100 &&
		p->type[2].cost == 125);
	assert_true(p->type[0].zone == p->type[2].zone &&
		p->type[0].zone != p->type[1].zone);
	assert_true(p->type[0].variant == 0 && p->type[1].variant == 1 &&
		p->type[2].variant == 0);
	assert_int_equal(p->failover, 2);
	assert_int_equal(p->setup_dimension, w.model.dimension_of[PLAN_ADAPTERS]);
	assert_int_equal(p->setup_amount, 1);
	assert_int_equal(p->volume_dimension, w.model.dimension_of[PLAN_STORAGE]);
	assert_true(p->type[0].volume_count == 0 && p->type[1].volume_count == 2);
	assert_true(p->type[1].volume[0] == 24 * 1048576 &&
		p->type[1].volume[1] == 72 * 1048576);
	assert_true(plan_model_is_single(&w.model, 0, 2) &&
		!plan_model_is_single(&w.model, 0, 1) &&
		!plan_model_is_single(&w.model, 1, 2));
	end(&w);
}

/* (8192 / 1.25 - 1024) MB, 3 of 4 cores, 75 % of the shared adapter, all but the host's own,
 * 500 / 1.25 GB; of v no limit of the disks is stated. */
static void what_each_type_has(void **state)
{
	static const int64_t wanted[3][PLAN_DIMENSION_COUNT] = {
		{ 90596966, 300, 750000000, 3, 419430400, 122880, 1500000 },
		{ 53687091, 150, 750000000, 1, 96 * 1048576, PACKING_SIZE_MAX,
			PACKING_SIZE_MAX },
		{ 90596966, 300, 750000000, 3, 419430400, 122880, 1500000 },
	};
	static const int64_t plain[PLAN_DIMENSION_COUNT] = { 8192 * 16384, 12000000,
		1000000000, 3, 500 * 1048576, 122880, 1500000 };
	struct world w = { .request = { .failover = 0 } };

	(void)state;
	make_it(&w, &toolkit, HOSTS("1.25"));
	for (size_t t = 0; t < 3; t++)
		for (int d = 0; d < PLAN_DIMENSION_COUNT; d++)
			if (capacity(&w, t, d) != wanted[t][d])
				fail_msg("type %zu, dimension %d: %lld", t, d,
					(long long)capacity(&w, t, d));
	end(&w);
	make_it(&w, &bare, HOSTS("1.25"));
	assert_int_equal(w.model.problem.variant_count, 1);
	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++)
		if (capacity(&w, 0, d) != plain[d])
			fail_msg(
				"dimension %d: %lld", d, (long long)capacity(&w, 0, d));
	end(&w);
}

/* 1032 MB, ceil(100 x 400 / 3000) or 400 / 2000 per cent, 5 Mb/s unless it has an adapter of
 * its own, 8 GB, 6 MB/s, 7 operations. */
static void what_each_workload_takes(void **state)
{
	static const int64_t wanted[PLAN_DIMENSION_COUNT] = { 1032 * 16384, 14, 5000000,
		0, 8 * 1048576, 6144, 7000 };
	struct world w = { .request = { .failover = 0 } };

	(void)state;
	make_it(&w, &toolkit, HOSTS("1.25"));
	assert_int_equal(w.model.problem.variant_count, 2);
	for (size_t i = 0; i < WORKLOADS; i++)
		for (size_t v = 0; v < 2; v++)
			for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
				int64_t is = d == PLAN_CPU && v == 1   ? 20
					: i == B && d == PLAN_NETWORK  ? 0
					: i == B && d == PLAN_ADAPTERS ? 1
								       : wanted[d];

				if (size_of(&w, v, i, d, 0) != is)
					fail_msg("item %zu on %zu, dimension %d: %lld",
						i, v, d,
						(long long)size_of(&w, v, i, d, 0));
			}
	for (size_t i = 0; i < WORKLOADS; i++)
		assert_int_equal(w.model.problem.item[i].is_sharing, i != B);
	assert_string_equal(w.model.problem.item[C].name, "c");
	end(&w);
	make_it(&w, &bare, HOSTS("1.25"));
	assert_int_equal(size_of(&w, 0, A, PLAN_CPU, 0), 400000);
	end(&w);
}

/* Per cents are whole with reservations alone, whatever else a profile says. */
static void reservations_are_whole_per_cents(void **state)
{
	struct plan_factors factors = bare;
	struct world w = { .request = { .failover = 0 } };

	(void)state;
	factors.has_reservations = true;
	make_it(&w, &factors, HOSTS("1.25"));
	assert_int_equal(capacity(&w, 0, PLAN_CPU), 400);
	assert_int_equal(size_of(&w, 0, A, PLAN_CPU, 0), 14);
	end(&w);
	factors = bare;
	factors.counts_host_memory = true;
	make_it(&w, &factors, HOSTS("1.25"));
	assert_int_equal(capacity(&w, 0, PLAN_CPU), 12000000);
	assert_int_equal(capacity(&w, 0, PLAN_MEMORY), (8192 - 1024) * 16384);
	end(&w);
}

/* Who may share a host: the sensitive one with nobody; kept apart, test not with production. */
static void who_is_in_whose_company(void **state)
{
	struct world w = { .request = { .failover = 0 } };
	const struct packing_item *item;

	(void)state;
	make_it(&w, &toolkit, HOSTS("1.25"));
	item = w.model.problem.item;
	assert_true(w.model.problem.separates_environments);
	assert_true(item[A].environment == item[C].environment &&
		item[A].environment == item[D].environment &&
		item[A].environment != item[B].environment);
	end(&w);
	w.request.separates_environments = true;
	make_it(&w, &toolkit, HOSTS("1.25"));
	item = w.model.problem.item;
	assert_true(item[A].environment == item[C].environment &&
		item[A].environment != item[D].environment &&
		item[A].environment != item[B].environment &&
		item[B].environment != item[D].environment);
	end(&w);
}

/* On an axis of three slots: memory too only where it is asked for, each slot rounded up. */
static void on_the_axis(void **state)
{
	struct world w = { .request = { .is_aligned = true,
				   .axis = { .slots = 3, .step_s = 300 } } };

	(void)state;
	make_it(&w, &bare, HOSTS("1.25"));
	assert_int_equal(size_of(&w, 0, C, PLAN_CPU, 0), 300000);
	assert_int_equal(size_of(&w, 0, C, PLAN_CPU, 1), 301001);
	assert_int_equal(size_of(&w, 0, C, PLAN_CPU, 2), 90000);
	assert_int_equal(size_of(&w, 0, A, PLAN_CPU, 2), 400000); /* it has no series */
	assert_int_equal(
		w.model.problem.dimension[w.model.dimension_of[PLAN_MEMORY]].slots, 1);
	assert_int_equal(
		w.model.problem.dimension[w.model.dimension_of[PLAN_ADAPTERS]].slots,
		1);
	assert_int_equal(
		w.model.problem.dimension[w.model.dimension_of[PLAN_DISK]].slots, 3);
	assert_int_equal(size_of(&w, 0, C, PLAN_MEMORY, 0), 1032 * 16384);
	end(&w);
	w.request.is_memory_aligned = true;
	make_it(&w, &bare, HOSTS("1.25"));
	assert_int_equal(size_of(&w, 0, C, PLAN_MEMORY, 0), 932 * 16384);
	assert_int_equal(size_of(&w, 0, C, PLAN_MEMORY, 1), 532 * 16384);
	assert_int_equal(size_of(&w, 0, C, PLAN_MEMORY, 2), 1032 * 16384);
	end(&w);
}

/* The one host that a constraint names is known by its name, every other is one of many. */
static void a_host_of_a_plan_in_the_model(void **state)
{
	static const struct {
		const char *name;
		size_t type, wanted;
	} rows[] = { { "h-2", 0, 2 }, { "h-1", 0, 0 }, { "h-3", 0, 0 }, { "v-2", 1, 1 },
		{ "v-2", 0, 0 }, { "mine", 0, 0 }, { "mine", 1, 1 }, { "h", 0, 0 },
		{ "h-9", 0, 0 } };
	struct world w = { .request = { .failover = 0 } };
	char first[] = HOSTS("1.25");

	(void)state;
	for (char *at = first; (at = strstr(at, "\"h-2\"")) != NULL;)
		at[3] = '1';
	make_it(&w, &toolkit, first);
	assert_int_equal(plan_file_model_type(&w.model, &w.hosts, 0, "h-1"), 2);
	assert_int_equal(plan_file_model_type(&w.model, &w.hosts, 0, "mine"), 0);
	assert_int_equal(plan_file_model_type(&w.model, &w.hosts, 0, "v-1"), 0);
	end(&w);
	make_it(&w, &toolkit, HOSTS("1.25"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (plan_file_model_type(&w.model, &w.hosts, rows[i].type,
			    rows[i].name) != rows[i].wanted)
			fail_msg("%s", rows[i].name);
	end(&w);
}

static void what_has_no_model_says_why(void **state)
{
	static const struct {
		const char *hosts, *why;
	} rows[] = {
		{ HOSTS("1.2345678"), "h.json: costs have more than 6 decimals" },
		{ HOSTS("999999999999.5"), "h.json: hosts[0].cost: too large" },
		{ "{\"hosts\":[{\"type\":\"h\",\"count\":1,\"cores\":4,\"core_mhz\":3000,"
		  "\"memory_mb\":8192,\"disk_gb\":500}]}",
			"h.json: hosts[0] (h) lists no nics, and workloads need it" },
		{ "{\"hosts\":[{\"type\":\"h\",\"count\":1,\"cores\":4,\"core_mhz\":3000,"
		  "\"memory_mb\":8192,\"nics\":[" ADAPTERS "]}]}",
			"h.json: hosts[0] (h) lists no disk_gb, and workloads need it" },
	};
	static const struct {
		const char *cost;
		double units;
	} costs[] = { { "1", 1 }, { "0.5", 10 }, { "1.23456", 1e5 },
		{ "1.234567", 1e6 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct world w = { .request = { .failover = 0 } };
		struct err err = ERR_INIT;

		assert_int_equal(make(&w, &toolkit, rows[i].hosts, &err), -EINVAL);
		if (!strstr(err.text, rows[i].why))
			fail_msg("%s: %s", rows[i].why, err.text);
		host_list_done(&w.hosts);
	}
	for (size_t i = 0; i < ARRAY_LEN(costs); i++) {
		struct world w = { .request = { .failover = 0 } };
		char hosts[4096];

		(void)snprintf(hosts, sizeof(hosts), "%s", HOSTS("?"));
		{
			char text[4096], *at = strchr(hosts, '?');

			(void)snprintf(text, sizeof(text), "%.*s%s%s",
				(int)(at - hosts), hosts, costs[i].cost, at + 1);
			make_it(&w, &toolkit, text);
		}
		assert_near(w.model.cost_units, costs[i].units, 0);
		end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_types_of_hosts),
		cmocka_unit_test(what_each_type_has),
		cmocka_unit_test(what_each_workload_takes),
		cmocka_unit_test(reservations_are_whole_per_cents),
		cmocka_unit_test(who_is_in_whose_company),
		cmocka_unit_test(on_the_axis),
		cmocka_unit_test(a_host_of_a_plan_in_the_model),
		cmocka_unit_test(what_has_no_model_says_why),
	};

	return cmocka_run_group_tests_name("plan model", tests, NULL, NULL);
}
