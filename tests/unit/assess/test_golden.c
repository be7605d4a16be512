/* The vectors of $HEADROOM_TEST_DATA/golden.json, where it is; the same numbers stand
 * in tests/unit/assess/test_requirement.c and others, which need no file. */
#include "tests/support.h"

#include "analyze/assess/assess.h"
#include "analyze/plan/plan_units.h"
#include "analyze/report/plan_settings.h"
#include "common/excursion.h"
#include "common/json_doc.h"
#include "common/units.h"
#include "schema/library.h"

#include <string.h>

static struct json_doc doc;
static bool has_doc;

static int load(void **state)
{
	const char *dir = getenv("HEADROOM_TEST_DATA");
	char path[4096];
	struct err err = ERR_INIT;

	(void)state;
	if (!dir)
		return 0;
	(void)snprintf(path, sizeof(path), "%s/golden.json", dir);
	has_doc = json_doc_load(path, 1 << 24, &doc, &err) == 0;
	return 0;
}

static int unload(void **state)
{
	(void)state;
	if (has_doc)
		json_doc_done(&doc);
	return 0;
}

static const cJSON *get(const cJSON *object, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!value)
		fail_msg("golden.json has no %s here", name);
	return value;
}

static double number(const cJSON *object, const char *name)
{
	return get(object, name)->valuedouble;
}

/* The vector whose id begins so; skips the test where the file is absent. */
static const cJSON *vector(const char *id)
{
	const cJSON *item;

	if (!has_doc)
		support_skip(
			"golden.json is found through HEADROOM_TEST_DATA, which is not set");
	cJSON_ArrayForEach (item, doc.root) {
		if (strncmp(get(item, "id")->valuestring, id, strlen(id)) == 0)
			return item;
	}
	fail_msg("no vector %s", id);
	return NULL;
}

/* What a plan of the documented profile counts by. */
static const struct plan_factors documented = { .profile = "documented",
	.memory_factor = 1.25,
	.counts_host_memory = true,
	.cpu_available_ratio = 0.75,
	.has_reservations = true,
	.network_ratio = 0.75,
	.wants_host_adapter = true,
	.storage_factor = 1.25 };

/* The requirement of a workload of those peaks, as every verb has it. */
static struct requirement require(double memory_mb, double mhz, const char *disks,
	const struct profile_settings *settings)
{
	struct facts facts = { .value = { { .is_known = false } } };
	struct workload_peaks peaks = { .name = "w", .step_s = 300 };
	struct requirement q;
	struct err err = ERR_INIT;

	for (int r = 0; r < RESOURCE_COUNT; r++)
		peaks.resource[r] = (struct peaks){ .is_counted = true };
	peaks.resource[RESOURCE_MEMORY].peak = memory_mb * BYTES_PER_MB;
	peaks.resource[RESOURCE_CPU].sustained[DURATION_15_MIN] = mhz;
	if (disks && fact_parse(FACT_DISKS, disks, &facts.value[FACT_DISKS], &err) < 0)
		fail_msg("%s", err.text);
	assess_requirement(&peaks, &facts, settings, NULL, &q);
	facts_done(&facts);
	return q;
}

static struct profile_settings settings_of_default(void)
{
	struct library library;
	struct profile_settings settings;
	struct err err = ERR_INIT;

	assert_int_equal(library_load(NULL, &library, &err), 0);
	settings = library_profile(&library, DEFAULT_PROFILE)->settings;
	library_done(&library);
	return settings;
}

#define EACH_CASE(id)                                                \
	const cJSON *v = vector(id);                                 \
	const cJSON *in = get(get(v, "inputs"), "cases")->child;     \
	const cJSON *want = get(get(v, "expected"), "cases")->child; \
	assert_non_null(in);                                         \
	for (; in; in = in->next, want = want->next)

static void G01(void **state)
{
	const struct profile_settings settings = settings_of_default();
	struct requirement q;

	(void)state;
	EACH_CASE("G01")
	{
		q = require(number(in, "peak_mb"), 0, NULL, &settings);
		assert_near(
			q.alloc_bytes / BYTES_PER_MB, number(want, "vm_alloc_mb"), 0);
		assert_near(q.vm_memory_bytes / BYTES_PER_MB,
			number(want, "vm_memory_mb"), 0);
	}
}

static void check_server(const cJSON *in, const cJSON *want, double mb_per_gb)
{
	struct host_type type = { .host_memory_mb = number(in, "host_mb") };
	double sum = 0, raw;
	const cJSON *peak;

	cJSON_ArrayForEach (peak, get(in, "vm_peaks_mb"))
		sum += requirement_vm_memory(peak->valuedouble, 32);
	raw = plan_needed(&documented, &type, PLAN_MEMORY, sum);
	assert_near(raw, number(want, "raw_mb"), 1e-9);
	assert_near(raw / mb_per_gb, number(want, "raw_gb"), 1e-9);
	assert_near(plan_even_gb(raw), number(want, "spec_gb_even"), 0);
}

static void G02_G03(void **state)
{
	(void)state;
	check_server(
		get(vector("G02"), "inputs"), get(vector("G02"), "expected"), 1024);
	{
		EACH_CASE("G03")
		check_server(in, want, 1024);
	}
}

static void G04(void **state)
{
	double binary, decimal;

	(void)state;
	binary = number(get(vector("G04"), "expected"), "limit_mb_binary");
	decimal = number(get(vector("G04"), "expected"), "limit_mb_decimal");
	assert_near(3.6 * BYTES_PER_GB / BYTES_PER_MB, binary, 1e-12);
	EACH_CASE("G04")
	{
		double vm = requirement_vm_memory(number(in, "peak_mb"), 32);

		assert_near(vm, number(want, "vm_memory_mb"), 0);
		assert_int_equal(requirement_is_over(vm, binary),
			cJSON_IsTrue(get(want, "over_limit_binary")));
		assert_int_equal(requirement_is_over(vm, decimal),
			cJSON_IsTrue(get(want, "over_limit_decimal_3600")));
		assert_int_equal(requirement_is_over(number(in, "peak_mb"), binary),
			cJSON_IsTrue(get(want, "alloc_over_limit_binary")));
	}
}

static void G05(void **state)
{
	const cJSON *v = vector("G05"), *in = get(v, "inputs"), *item;
	const cJSON *want = get(get(v, "expected"), "excursions");
	struct excursion_limit limit = { .limit = number(in, "limit_mb"),
		.sustain_s = (unsigned)number(in, "sustain_s") };
	unsigned step_s = (unsigned)number(in, "step_s");
	struct excursion *list = NULL;
	double values[64];
	size_t count = 0, found = 0, i = 0;

	(void)state;
	cJSON_ArrayForEach (item, get(in, "peak_series_mb"))
		values[count++] = item->valuedouble;
	assert_int_equal(excursion_scan(&limit, step_s, step_s, values, count,
				 number(in, "overhead_mb"), &list, &found),
		0);
	assert_int_equal(found, cJSON_GetArraySize(want));
	cJSON_ArrayForEach (item, want) {
		assert_int_equal(list[i].from, number(item, "first_index") * step_s);
		assert_int_equal(
			excursion_length_s(&list[i]), number(item, "duration_s"));
		assert_int_equal(list[i].is_sustained,
			strcmp(get(item, "class")->valuestring, "sustained") == 0);
		i++;
	}
	free(list);
}

static void G06(void **state)
{
	const cJSON *v = vector("G06"), *in = get(v, "inputs"),
		    *want = get(v, "expected");
	static const char *const names[] = { "series_pct", "series_with_gap_pct" };

	(void)state;
	for (int gap = 0; gap < 2; gap++) {
		const cJSON *item, *e = gap ? get(want, "with_gap") : want;
		struct series s;
		struct peaks peaks;
		size_t i = 0;

		/* three samples are 900 s at 300 s */
		assert_int_equal(
			series_init(&s, 300, 300,
				(size_t)cJSON_GetArraySize(get(in, names[gap])), 0),
			0);
		cJSON_ArrayForEach (item, get(in, names[gap]))
			s.mean[i++] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
		assert_int_equal(peak_analyse(&s, &peaks), 0);
		assert_near(peaks.peak, number(e, "instant_peak_pct"), 0);
		assert_near(peaks.sustained[DURATION_15_MIN],
			number(e, "sustained_mean_pct"), 1e-12);
		if (!gap)
			assert_near(peaks.held[1], number(e, "held_level_pct"), 0);
		series_done(&s);
	}
}

/* What a vector's machine uses, in MHz; the daemon measures it. */
static double mhz_of(const cJSON *in)
{
	return number(in, "cores") * number(in, "mhz") *
		(number(in, "sustained_pct") / 100);
}

static void G07_G08(void **state)
{
	const cJSON *book = vector("G07");
	struct profile_settings settings = settings_of_default();

	(void)state;
	assert_near(require(0, mhz_of(get(book, "inputs")), NULL, &settings).cpu_mhz,
		number(get(book, "expected"), "requirement_mhz"), 1e-9);
	{
		double need = number(get(vector("G08"), "inputs"), "requirement_mhz");

		EACH_CASE("G08")
		{
			settings.performance_factor = number(in, "factor");
			assert_near(require(0, need, NULL, &settings).cpu_mhz,
				number(want, "target_mhz"), 1e-9);
		}
	}
}

static void G09(void **state)
{
	struct plan_factors factors = documented, capped;

	(void)state;
	factors.has_reservations = false; /* counts in MHz */
	capped = factors;
	capped.keeps_one_core = true;
	EACH_CASE("G09")
	{
		struct host_type type = { .cores = (unsigned)number(in, "cores"),
			.core_mhz = number(in, "mhz") };
		double capacity = NAN;

		assert_true(plan_capacity(&factors, &type, PLAN_CPU, &capacity));
		assert_near(capacity, number(want, "available_quarter_mhz"), 1e-9);
		assert_true(plan_capacity(&capped, &type, PLAN_CPU, &capacity));
		assert_near(capacity, number(want, "available_min_core_mhz"), 1e-9);
	}
}

/* In the plan, on the host that it stands on, and in the verdict: the same figure. */
static void check_reserved(double need, double core, double want)
{
	struct profile_settings settings = settings_of_default();
	struct host_type type = { .core_mhz = core };

	settings.target_core_mhz = core;
	assert_near(plan_demand(&documented, &type, PLAN_CPU, need), want, 0);
	assert_near(require(0, need, NULL, &settings).reserved_percent, want, 0);
}

static void G10(void **state)
{
	const cJSON *v = vector("G10"), *in = get(v, "inputs"),
		    *want = get(v, "expected");
	double need = number(in, "requirement_mhz"),
	       core = number(in, "target_core_mhz");
	struct host_type type = { .cores = (unsigned)number(in, "target_cores"),
		.core_mhz = core };
	struct host_list hosts = { .type = &type, .type_count = 1 };
	struct plan_request request = { .factors = &documented, .hosts = &hosts };
	struct plan_host host = { .type = 0 };
	struct plan_workload one = { .need = { { 0, need, 0, 0, 0 } } };
	struct plan_settings settings = plan_settings_of(&request, &host, &one);

	(void)state;
	check_reserved(need, core, number(want, "reserved_pct_of_one_cpu"));
	assert_near(
		settings.reserved_percent, number(want, "reserved_pct_of_one_cpu"), 0);
	assert_near(settings.relative_weight, number(want, "relative_weight"), 0);
	assert_near(settings.maximum_percent, number(want, "maximum_capacity_pct"), 0);
}

static void G11(void **state)
{
	(void)state;
	EACH_CASE("G11")
	{
		double need = mhz_of(in);

		assert_near(need, number(want, "requirement_mhz"), 1e-9);
		check_reserved(need, number(in, "target_core_mhz"),
			number(want, "reserved_pct"));
	}
}

/* The rules themselves give the verdicts of G13. */
static enum outcome judge_processor(double cores, double need, double core_mhz,
	const char *environment, const char **ret_reason)
{
	struct rule_subject subject = { .name = "w" };
	struct finding_list list;
	struct library library;
	const struct profile *profile;
	struct err err = ERR_INIT;
	bool has_heading[HEADING_COUNT];
	enum outcome worst = OUTCOME_PASS;

	assert_int_equal(library_load(NULL, &library, &err), 0);
	profile = library_profile(&library, DEFAULT_PROFILE);
	field_set_number(&subject.value[FACT_CPU_CORES], cores);
	field_set_number(&subject.value[FIELD_CPU_MHZ], need);
	field_set_number(
		&subject.value[FIELD_CORES_NEEDED], round(need / core_mhz * 1e9) / 1e9);
	field_set_text(&subject.value[FACT_ENVIRONMENT], environment);
	assert_int_equal(library_judge(&library, profile, &profile->settings, &subject,
				 "2026-11-21", &list, has_heading, &err),
		0);
	*ret_reason = NULL;
	for (size_t i = 0; i < list.count; i++) {
		const struct finding *f = &list.finding[i];

		if (f->rule->heading != HEADING_PROCESSOR || f->outcome <= worst)
			continue;
		worst = f->outcome;
		*ret_reason = strstr(f->rule->text, "smp_required") ? "smp_required"
								    : "core_too_slow";
	}
	finding_list_done(&list);
	library_done(&library);
	return worst;
}

static void G13(void **state)
{
	(void)state;
	EACH_CASE("G13")
	{
		double core = number(in, "target_core_mhz");
		double need = mhz_of(in);
		const cJSON *reason = get(want, "reason");
		const char *why;

		assert_near(need, number(want, "requirement_mhz"), 1e-9);
		check_reserved(need, core, number(want, "reserved_pct"));
		assert_string_equal(outcome_name(judge_processor(number(in, "cores"),
					    need, core, "production", &why)),
			get(want, "verdict_production")->valuestring);
		if (cJSON_IsString(reason))
			assert_string_equal(why, reason->valuestring);
		else
			assert_null(why);
		assert_string_equal(outcome_name(judge_processor(number(in, "cores"),
					    need, core, "test", &why)),
			get(want, "verdict_test_env")->valuestring);
	}
}

static void G14(void **state)
{
	const cJSON *v = vector("G14"), *in = get(v, "inputs"),
		    *want = get(v, "expected");
	struct host_type type = { .has_nics = true, .nic_count = 1 };
	struct host_list hosts = { .type = &type, .type_count = 1 };
	double total = 0, usable = NAN;
	const cJSON *item;

	(void)state;
	assert_near(number(in, "nic_efficiency"), documented.network_ratio, 0);
	type.nic[0] = (struct host_nic){ number(in, "host_nic_mbps"), NIC_SHARED };
	cJSON_ArrayForEach (item, get(in, "workloads")) {
		struct plan_workload one = { .name = "w" };

		one.need.of[RESOURCE_NETWORK] =
			number(item, "nic_mbps") * 1e6 * number(item, "peak_pct") / 100;
		total += plan_sized(&documented, &hosts, &one, PLAN_NETWORK);
	}
	total = plan_needed(&documented, &type, PLAN_NETWORK, total);
	assert_near(total, number(want, "total_mbps"), 1e-9);
	assert_true(plan_capacity(&documented, &type, PLAN_NETWORK, &usable));
	assert_near(usable, number(want, "usable_mbps"), 1e-9);
	assert_near(usable - total, number(want, "remaining_mbps"), 1e-9);
}

static unsigned sum_items(const cJSON *list, double size)
{
	const cJSON *item;
	unsigned count = 0;

	cJSON_ArrayForEach (item, list) {
		assert_near(item->valuedouble, size, 0);
		count++;
	}
	return count;
}

static void G17(void **state)
{
	struct profile_settings settings = settings_of_default();

	(void)state;
	settings.storage_overhead_ratio =
		number(get(vector("G17"), "inputs"), "overhead");
	EACH_CASE("G17")
	{
		double size = number(in, "vhd_gb");
		char disks[80];
		struct requirement q;

		(void)snprintf(disks, sizeof(disks), "c:%.0f:differencing=%u:undo=%u",
			size, sum_items(get(in, "differencing_bases_gb"), size),
			sum_items(get(in, "undo_bases_gb"), size));
		settings.is_overhead_of_grand_total = 0;
		q = require(number(in, "vm_alloc_gb") * 1024, 0, disks, &settings);
		assert_near(q.storage_subtotal_gb, number(want, "subtotal_gb"), 1e-9);
		assert_near(q.storage_gb, number(want, "total_gb"), 1e-9);
		settings.is_overhead_of_grand_total = 1;
		q = require(number(in, "vm_alloc_gb") * 1024, 0, disks, &settings);
		assert_near(q.storage_gb,
			number(want, "total_gb_if_25pct_of_grand_total"), 1e-6);
	}
}

static void G21(void **state)
{
	(void)state;
	EACH_CASE("G21")
	{
		const cJSON *period = cJSON_GetObjectItem(in, "period_days");
		const cJSON *reason = cJSON_GetObjectItem(want, "reason");
		const char *why;
		enum grade grade = sufficiency_span(
			(enum pattern)pattern_find(get(in, "pattern")->valuestring),
			number(in, "days"), period ? period->valuedouble : NAN, &why);

		assert_string_equal(grade_name(grade), get(want, "grade")->valuestring);
		if (cJSON_IsString(reason))
			assert_string_equal(why, reason->valuestring);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(G01),
		cmocka_unit_test(G02_G03),
		cmocka_unit_test(G04),
		cmocka_unit_test(G05),
		cmocka_unit_test(G06),
		cmocka_unit_test(G07_G08),
		cmocka_unit_test(G09),
		cmocka_unit_test(G10),
		cmocka_unit_test(G11),
		cmocka_unit_test(G13),
		cmocka_unit_test(G14),
		cmocka_unit_test(G17),
		cmocka_unit_test(G21),
	};
	return cmocka_run_group_tests_name("golden vectors", tests, load, unload);
}
