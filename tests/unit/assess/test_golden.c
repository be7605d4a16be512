/* The vectors of $HEADROOM_TEST_DATA/golden.json, where it is; the same numbers stand
 * in tests/unit/assess/test_requirement.c and others, which need no file. */
#include "tests/support.h"

#include "analyze/assess/requirement.h"
#include "analyze/assess/sufficiency.h"
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

#define EACH_CASE(id)                                                \
	const cJSON *v = vector(id);                                 \
	const cJSON *in = get(get(v, "inputs"), "cases")->child;     \
	const cJSON *want = get(get(v, "expected"), "cases")->child; \
	assert_non_null(in);                                         \
	for (; in; in = in->next, want = want->next)

static void G01(void **state)
{
	(void)state;
	EACH_CASE("G01")
	{
		assert_near(number(in, "peak_mb"), number(want, "vm_alloc_mb"), 0);
		assert_near(requirement_vm_memory(number(in, "peak_mb"), 32),
			number(want, "vm_memory_mb"), 0);
	}
}

static void check_server(const cJSON *in, const cJSON *want, double mb_per_gb)
{
	double vm[64], raw;
	size_t count = 0;
	const cJSON *peak;

	cJSON_ArrayForEach (peak, get(in, "vm_peaks_mb"))
		vm[count++] = requirement_vm_memory(peak->valuedouble, 32);
	raw = requirement_server_memory(number(in, "host_mb"), vm, count, 1.25);
	assert_near(raw, number(want, "raw_mb"), 1e-9);
	assert_near(raw / mb_per_gb, number(want, "raw_gb"), 1e-9);
	assert_near(
		requirement_even_gb(raw / mb_per_gb), number(want, "spec_gb_even"), 0);
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

static void G07_G08(void **state)
{
	const cJSON *book = vector("G07"), *one = get(book, "inputs");

	(void)state;
	assert_near(requirement_cpu_mhz(number(one, "cores"), number(one, "mhz"),
			    number(one, "sustained_pct") / 100),
		number(get(book, "expected"), "requirement_mhz"), 1e-9);
	{
		double need = number(get(vector("G08"), "inputs"), "requirement_mhz");

		EACH_CASE("G08")
		assert_near(requirement_cpu_on_target(need, number(in, "factor")),
			number(want, "target_mhz"), 1e-9);
	}
}

static void G09(void **state)
{
	(void)state;
	EACH_CASE("G09")
	{
		double cores = number(in, "cores"), mhz = number(in, "mhz");

		assert_near(requirement_host_cpu_mhz(cores, mhz),
			number(want, "capacity_mhz"), 0);
		assert_near(requirement_host_cpu_available(cores, mhz, 0.25, false),
			number(want, "available_quarter_mhz"), 1e-9);
		assert_near(requirement_host_cpu_available(cores, mhz, 0.25, true),
			number(want, "available_min_core_mhz"), 1e-9);
	}
}

static void G10(void **state)
{
	const cJSON *v = vector("G10"), *in = get(v, "inputs"),
		    *want = get(v, "expected");
	double need = number(in, "requirement_mhz"),
	       core = number(in, "target_core_mhz");

	(void)state;
	assert_near(requirement_reserved_percent(need, core),
		number(want, "reserved_pct_of_one_cpu"), 0);
	assert_near(requirement_system_percent(need, number(in, "available_mhz")),
		number(want, "pct_of_available"), 0);
	assert_near(requirement_system_percent(need, number(in, "target_cores") * core),
		number(want, "pct_of_system"), 0);
	assert_near(REQUIREMENT_RELATIVE_WEIGHT, number(want, "relative_weight"), 0);
	assert_near(
		REQUIREMENT_MAXIMUM_PERCENT, number(want, "maximum_capacity_pct"), 0);
}

static void G11(void **state)
{
	(void)state;
	EACH_CASE("G11")
	{
		double need = requirement_cpu_mhz(number(in, "cores"),
			number(in, "mhz"), number(in, "sustained_pct") / 100);

		assert_near(need, number(want, "requirement_mhz"), 1e-9);
		assert_near(requirement_reserved_percent(
				    need, number(in, "target_core_mhz")),
			number(want, "reserved_pct"), 0);
	}
}

/* The rules themselves give the verdicts of G13. */
static enum outcome judge_processor(double cores, double need, double core_mhz,
	const char *environment, const char **ret_reason)
{
	struct subject subject = { .name = "w" };
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
		double need = requirement_cpu_mhz(number(in, "cores"),
			number(in, "mhz"), number(in, "sustained_pct") / 100);
		const cJSON *reason = get(want, "reason");
		const char *why;

		assert_near(need, number(want, "requirement_mhz"), 1e-9);
		assert_near(requirement_reserved_percent(need, core),
			number(want, "reserved_pct"), 0);
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
	double speed = number(in, "host_nic_mbps"),
	       ratio = number(in, "nic_efficiency");
	double total = 0;
	const cJSON *item;

	(void)state;
	cJSON_ArrayForEach (item, get(in, "workloads"))
		total += requirement_network(
			number(item, "nic_mbps"), number(item, "peak_pct") / 100);
	assert_near(total, number(want, "total_mbps"), 1e-9);
	assert_near(speed * ratio, number(want, "usable_mbps"), 1e-9);
	assert_near(requirement_network_left(speed, ratio, total),
		number(want, "remaining_mbps"), 1e-9);
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
	double ratio = number(get(vector("G17"), "inputs"), "overhead");

	(void)state;
	EACH_CASE("G17")
	{
		double size = number(in, "vhd_gb");
		struct requirement_disk disk = { .size = size,
			.used = NAN,
			.differencing =
				sum_items(get(in, "differencing_bases_gb"), size),
			.undo = sum_items(get(in, "undo_bases_gb"), size) };
		double subtotal = requirement_storage_subtotal(
			&disk, 1, number(in, "vm_alloc_gb"));

		assert_near(subtotal, number(want, "subtotal_gb"), 1e-9);
		assert_near(requirement_storage(subtotal, ratio, false),
			number(want, "total_gb"), 1e-9);
		assert_near(requirement_storage(subtotal, ratio, true),
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
