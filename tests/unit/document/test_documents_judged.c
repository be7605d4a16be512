/* All formats of what is measured, judged and planned. */
#include "tests/every_format.h"
#include "tests/support.h"
#include "tests/unit/plan/plan_factors_of.h"

#include "common/json_out.h"
#include "common/safe_text.h"
#include "common/timefmt.h"
#include "analyze/document/parts.h"
#include "analyze/migrate/wave_build.h"
#include "analyze/report/alerts_document.h"
#include "analyze/report/backtest_document.h"
#include "analyze/report/explain_document.h"
#include "analyze/report/fsck_document.h"
#include "analyze/report/graph_document.h"
#include "analyze/report/handover.h"
#include "analyze/report/import_document.h"
#include "analyze/report/inventory_document.h"
#include "analyze/report/moves_document.h"
#include "analyze/report/peaks_document.h"
#include "analyze/report/plan_document.h"
#include "analyze/report/profiles_document.h"
#include "analyze/report/statements.h"
#include "analyze/report/status_document.h"
#include "analyze/report/targets_document.h"
#include "analyze/report/verdict_document.h"
#include "analyze/report/waves_document.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char text_web[] = "web", text_reason[] = "month end, again";
static struct workload workload_web = { .id = 1, .name = text_web, .step_s = 60 };

static struct document *peaks_of(enum peaks_view view,
	const struct forecast_request *ahead, const struct forecast *forecast)
{
	static const struct workload *const workloads[] = { &workload_web,
		&workload_web };
	struct workload_judgement judged[2] = {
		{ .peaks = { .name = "web", .step_s = 60 } },
		{ .peaks = { .name = "web", .step_s = 60 } }
	};
	struct peaks_request request = { .view = view,
		.workload = workloads,
		.judged = judged,
		.count = 2,
		.ahead = ahead,
		.forecast = forecast };

	judged[0].peaks.from = 1772323200;
	judged[0].peaks.to = 1772930400;
	judged[0].peaks.samples = 9000;
	judged[0].peaks.coverage = 0.9;
	for (int j = 0; j < 2; j++)
		for (int r = 0; r < RESOURCE_COUNT; r++)
			peak_absent(&judged[j].peaks.resource[r]);
	judged[0].peaks.resource[RESOURCE_MEMORY].is_counted = true;
	judged[0].peaks.resource[RESOURCE_MEMORY].peak = 2147483648.0;
	judged[0].peaks.resource[RESOURCE_MEMORY].peak_at = 1772326800;
	judged[0].peaks.resource[RESOURCE_MEMORY].sustained[1] = 1073741824.0;
	judged[0].peaks.resource[RESOURCE_MEMORY].coverage = 0.5;
	/* of a machine that says that it has no cores there is no share */
	judged[0].peaks.resource[RESOURCE_CPU].is_counted = true;
	judged[0].peaks.resource[RESOURCE_CPU].peak = 1234;
	judged[0].peaks.resource[RESOURCE_CPU].peak_at = 1772330400;
	return peaks_document(&request);
}

static struct document *peaks_table(void)
{
	return peaks_of(PEAKS_TABLE, NULL, NULL);
}

static struct document *peaks_pages_of_all(void)
{
	return peaks_of(PEAKS_DETAIL, NULL, NULL);
}

/* Each figure another one; what falls below nothing is nothing, a refusal says why. */
static struct document *peaks_with_what_is_ahead(void)
{
	static const struct forecast_request ahead = { 90, 365.25 };
	static const struct forecast forecasts[2 * RESOURCE_COUNT] = {
		[RESOURCE_MEMORY] = { true, true, true, "", "",
			{ 29, 1, 30, 1.1e7, 1e6, 2.1e7, 2.5e9, -3e6, 4e6, true }, 3.5e9,
			2.6e9, 4.4e9,
			{ 1.5e9, 0.97, 37, 1.25, -0.125, 1.5e8, 0.0625, 2.75e9, 2.7e9,
				2.2e9, 3.3e9 } },
		[RESOURCE_CPU] = { true, true, false, "", "it never changes",
			{ 28, 2, 31, -4, -7, 3, 300, -9, 11, false }, -60, -85, 190,
			{ .clusters = 41 } },
		[RESOURCE_DISK_OPS] = { true, true, true, "", "",
			{ 27, 0, 29, -0.5, -0.75, -0.25, 20, -2, 3, true }, -25, -33, 7,
			{ 12, 0.9, 23, 0.75, 0.25, 5, 0.125, 17, 16, 14, 19 } },
		[RESOURCE_COUNT + RESOURCE_MEMORY] = { true, false, false,
			"3 days are there", "1.5 days are known", { .known = 3 }, 5, 6,
			7, { .clusters = 8 } },
	};

	return peaks_of(PEAKS_TABLE, &ahead, forecasts);
}

static struct document *profiles(void)
{
	struct library library;
	struct err err = ERR_INIT;
	struct profiles_view view = {
		.library = &library, .day = "2026-11-30", .has_rules = true
	};
	struct document *document;

	assert_int_equal(library_load("/nonexistent", &library, &err), 0);
	document = profiles_document(&view);
	library_done(&library);
	return document;
}

/* One workload with readings, and a profile to judge it by; free the library. */
struct judged_fixture {
	struct library library;
	struct assess_request request;
	struct assessment assessment;
	struct outline outline;
};

static void judge_web(struct judged_fixture *f)
{
	struct err err = ERR_INIT;
	struct workload_peaks *peaks = &f->assessment.peaks;

	*f = (struct judged_fixture){ .outline = { .to = 0 } };
	assert_int_equal(library_load(NULL, &f->library, &err), 0);
	f->request.profile = library_profile(&f->library, DEFAULT_PROFILE);
	f->request.settings = f->request.profile->settings;
	f->request.library = &f->library;
	f->request.horizon_days = NAN;
	(void)snprintf(f->request.day, sizeof(f->request.day), "2026-11-30");
	f->assessment.workload = &workload_web;
	f->assessment.limit_bytes = f->assessment.swap_bytes = NAN;
	f->assessment.verdict = VERDICT_REVIEW;
	*peaks = (struct workload_peaks){ .name = "web",
		.step_s = 60,
		.from = 1772323200,
		.to = 1772930400,
		.samples = 9000,
		.coverage = 0.9 };
	for (int r = 0; r < RESOURCE_COUNT; r++)
		peak_absent(&peaks->resource[r]);
	peaks->resource[RESOURCE_CPU].is_counted = true;
	peaks->resource[RESOURCE_CPU].peak = 1234;
	assess_requirement(peaks, &f->assessment.facts, &f->request.settings, NULL,
		&f->assessment.requirement);
}

static void add_class(struct rule_subject *subject, const char *class)
{
	struct field_item *item;

	assert_int_equal(subject_add_item(subject, SCOPE_EXCURSION, &item), 0);
	field_set_text(field_item_value(item, FIELD_EXCURSION_CLASS), class);
}

static struct document *verdicts(void)
{
	struct judged_fixture f;
	struct document *document;

	judge_web(&f);
	document = verdict_document(&f.request, &f.assessment, 1, VERDICT_DETAIL);
	library_done(&f.library);
	return document;
}

/* A fact that nobody stated, an excursion of each class, a review and a note.  What the
 * rows are made of stays until the document is written. */
static struct document *verdicts_found(void)
{
	static char ids[][12] = { "OWN-ASSUMED", "OWN-SHORT", "OWN-LONG", "OWN-OPEN" },
		    text[] = "it is so", ana[] = "ana", unit[] = "MB",
		    remedy[] = "do less", source[] = "a book", checked[] = "2026-01-02";
	static struct excursion excursions[] = {
		{ 1772323200, 1772325000, 4.1e9, 1772324000, true },
		{ 1772330000, 1772330120, 4.3e9, 1772330060, false },
	};
	static struct rule rules[ARRAY_LEN(ids)];
	static struct finding findings[ARRAY_LEN(ids)];
	static const struct review decision = {
		.is_accepted = true, .decided_by = ana, .reason = text_reason
	};
	static const struct review *reviews[ARRAY_LEN(ids)] = { [1] = &decision };
	static struct rule_subject subject = { .name = "web" };
	static struct judged_fixture f;

	judge_web(&f);
	add_class(&subject, "short");
	add_class(&subject, "sustained");
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		rules[i] = (struct rule){ .id = ids[i],
			.severity = SEVERITY_REVIEW,
			.heading = (enum heading)i,
			.text = text,
			.remedy = remedy,
			.source = source,
			.checked = checked,
			.unit = unit,
			.needed = -1 };
		findings[i] = (struct finding){ .rule = &rules[i],
			.outcome = OUTCOME_REVIEW,
			.needed = 4000 + (double)i,
			.allowed = 3000 + (double)i,
			.at = 1772323200 + 3600 * (int64_t)i };
	}
	findings[0].is_assumed = findings[0].is_for_missing = true;
	findings[0].missing.is_missing[FACT_DEVICES] = true;
	findings[1].item = &subject.item[0];
	findings[2].item = &subject.item[1];
	findings[2].outcome = OUTCOME_DISQUALIFIED;
	f.assessment.limit_bytes = 4e9;
	f.assessment.excursion_step_s = 60;
	f.assessment.excursion = excursions;
	f.assessment.excursion_count = ARRAY_LEN(excursions);
	f.assessment.findings = (struct finding_list){ findings, ARRAY_LEN(findings) };
	f.assessment.review = reviews;
	return verdict_document(&f.request, &f.assessment, 1, VERDICT_DETAIL);
}

/* What is not in the figure of memory, each part with its name. */
static struct document *explained_given_back(void)
{
	struct judged_fixture f;
	struct load_set set = { .period = { .step_s = 60 },
		.series = { [RESOURCE_MEMORY] = { .step_s = 60 } } };
	struct exclusion_list none = { .count = 0 };
	struct explain_subject subject = { .assessment = &f.assessment,
		.request = &f.request,
		.set = &set,
		.exclusions = &none,
		.given_back = { 100 * 1048576.0, 20 * 1048576.0, 3 * 1048576.0 },
		.only = EXPLAIN_MEMORY };
	struct document *document;

	judge_web(&f);
	f.assessment.peaks.resource[RESOURCE_MEMORY].is_counted = true;
	document = explain_document(&subject);
	library_done(&f.library);
	return document;
}

static struct document *explained(void)
{
	struct judged_fixture f;
	struct load_set set = { .period = { .step_s = 60 } };
	struct exclusion_list none = { .count = 0 };
	struct explain_evidence evidence = { "steal", "steal", "%", 100, 0.25 };
	struct explain_subject subject = { .assessment = &f.assessment,
		.request = &f.request,
		.set = &set,
		.exclusions = &none,
		.evidence = &evidence,
		.evidence_count = 1,
		.only = -1 };
	struct document *document;

	judge_web(&f);
	document = explain_document(&subject);
	library_done(&f.library);
	return document;
}

/* By an engine, with the devices of the machine: each figure another one. */
static struct document *explained_devices(void)
{
	static char vda[] = "vda", vdb[] = "vdb", eth[] = "eth0", tun[] = "tun0";
	static struct device_peaks device[] = {
		{ vda, false, { 11e6, 12e6, 13, 14, 0.155, 1.66 }, NAN },
		{ eth, true, { 21e6, 22e6, 1e9 }, 0.0234 },
		{ vdb, false, { 31e6, NAN, 33, NAN, NAN, NAN }, NAN },
		{ tun, true, { 41e6, 42e6, NAN }, NAN },
	};
	static const struct device_peaks_list devices = { device, 4 };
	static char reason[] = "restore";
	static struct exclusion exclusion = {
		.id = 7, .begin = 1772323200, .end = 1772326800, .reason = reason
	};
	const struct exclusion_list one = { &exclusion, 1 };
	struct load_set set = { .period = { .step_s = 60,
					.from = 1772323200,
					.to = 1772930400,
					.count = 10120 } };
	struct explain_evidence evidence[] = { { "steal", "taken by others", "%", 100,
						       0.25 },
		{ "wait", "waited", "s", 1, NAN } };
	struct judged_fixture f;
	struct explain_subject subject = { .assessment = &f.assessment,
		.request = &f.request,
		.set = &set,
		.exclusions = &one,
		.evidence = evidence,
		.evidence_count = 2,
		.devices = &devices,
		.only = -1,
		.asked = "http://engine:8428, query",
		.queries = "max_over_time(a)\n\nquantile_over_time(b)" };
	struct document *document;

	judge_web(&f);
	f.assessment.peaks.phase_s = 7;
	document = explain_document(&subject);
	library_done(&f.library);
	return document;
}

static struct document *handed_over(void)
{
	static const char plan[] =
		"{\"hosts_used\":1,\"lower_bound\":1,\"proven_optimal\":true,"
		"\"hosts\":[{\"name\":\"h-1\",\"type\":\"h\",\"workloads\":[\"web\"],"
		"\"use\":{\"cpu\":{\"needed\":41,\"capacity\":150,\"unit\":\"%\"}}}],"
		"\"workloads\":[{\"name\":\"web\",\"host\":\"h-1\",\"cpu_mhz\":1234}],"
		"\"unplaced\":[{\"name\":\"db\",\"rule\":\"MEM-5\",\"reason\":\"big\"}]}";
	struct judged_fixture f;
	cJSON *json = cJSON_Parse(plan);
	struct handover handover = { &f.request, &f.assessment, &f.outline, 1, json,
		NULL, "plan.json", 1772323200, 1772930400, NULL };
	struct document *document;

	judge_web(&f);
	document = handover_document(&handover);
	library_done(&f.library);
	cJSON_Delete(json);
	return document;
}

/* CPU and disk are highest at the end, by the week at its first hour; of erp, whose place is
 * planned, nothing is stored. */
static struct document *handed_over_with_courses(void)
{
	static const char plan[] =
		"{\"hosts_used\":1,\"hosts\":[{\"name\":\"h-1\",\"type\":\"h\","
		"\"workloads\":[\"web\",\"erp\"]}],\"workloads\":[{\"name\":\"web\","
		"\"host\":\"h-1\"},{\"name\":\"erp\",\"host\":\"h-1\"}]}";
	static char text_erp[] = "erp";
	static struct workload erp = { .id = 2, .name = text_erp, .step_s = 300 };
	static const enum resource courses[] = { RESOURCE_CPU, RESOURCE_DISK };
	static struct outline outlines[2];
	struct assessment both[2];
	struct judged_fixture f;
	cJSON *json = cJSON_Parse(plan);
	struct handover handover = { &f.request, both, outlines, 2, json, NULL,
		"plan.json", 1772323200, 1772930400, NULL };
	struct document *document;

	judge_web(&f);
	both[0] = both[1] = f.assessment;
	both[1].workload = &erp;
	both[1].verdict = VERDICT_INSUFFICIENT;
	both[1].peaks = (struct workload_peaks){ .name = "erp", .step_s = 300 };
	for (int r = 0; r < RESOURCE_COUNT; r++)
		peak_absent(&both[1].peaks.resource[r]);
	both[0].peaks.phase_s = 120;
	outlines[0] = (struct outline){ .from = 1772323200, .to = 1772930400 };
	for (size_t c = 0; c < ARRAY_LEN(courses); c++) {
		struct peaks *p = &both[0].peaks.resource[courses[c]];
		struct outline_course *course = &outlines[0].course[courses[c]];

		p->is_counted = true;
		p->sustained[DURATION_15_MIN] = 1100 + (double)c;
		p->sustained_at[DURATION_15_MIN] = outlines[0].to;
		course->is_known = true;
		for (size_t i = 0; i < OUTLINE_COLUMNS; i++) {
			course->low[i] = (float)i;
			course->mean[i] = (float)(2 * i);
			course->high[i] = (float)(3 * i);
		}
		for (size_t i = 0; i < OUTLINE_HOURS; i++)
			course->week[i] = i == 0 ? 950.F : (float)i;
	}
	document = handover_document(&handover);
	library_done(&f.library);
	cJSON_Delete(json);
	return document;
}

static struct document *status_of_one(void)
{
	const struct workload *chosen = &workload_web;
	struct judged_fixture f;
	struct workload_judgement judged = { .exclusions = 1 };
	struct gap gap = { 1, 1772323300, 1772323400, text_reason };
	struct gap_list gaps = { &gap, 1 };
	struct status status = { "data", 1772930400, &chosen, &judged, &gaps, 1,
		.lists_gaps = true };

	judge_web(&f);
	judged.peaks = f.assessment.peaks;
	library_done(&f.library);
	return status_document(&status);
}

static struct document *targets(void)
{
	static char kvm[] = "kvm", plain[] = "plain";
	struct profile profiles[] = { { .id = kvm }, { .id = plain } };
	struct library library = { .profile = profiles, .profile_count = 2 };
	enum verdict under[] = { VERDICT_PASS, VERDICT_DISQUALIFIED };
	struct assess_request request = { .library = &library, .day = "2026-11-30" };
	struct assessment assessment = { .workload = &workload_web, .under = under };

	return targets_document(&request, &assessment, 1);
}

/* More of them than a table has columns: the numbers name those that are shown. */
static struct document *targets_of_many(void)
{
	enum { MANY = 90 };
	static char id[MANY][8], text_erp[] = "erp";
	static struct profile profiles[MANY];
	static enum verdict under[2][MANY];
	static struct workload workload_erp = {
		.id = 2, .name = text_erp, .step_s = 60
	};
	struct library library = { .profile = profiles, .profile_count = MANY };
	struct assess_request request = { .library = &library, .day = "2026-11-30" };
	const struct assessment assessments[] = { { .workload = &workload_web,
							  .under = under[0] },
		{ .workload = &workload_erp, .under = under[1] } };

	for (int i = 0; i < MANY; i++) {
		(void)snprintf(id[i], sizeof(id[i]), "t%d", i);
		profiles[i] = (struct profile){ .id = id[i],
			.is_target = i % 5 != 4 || i > 60 };
		under[0][i] = (enum verdict)(i % 4);
		under[1][i] = i % 3 ? VERDICT_PASS : VERDICT_INSUFFICIENT;
	}
	return targets_document(&request, assessments, 2);
}

static struct document *graph(void)
{
	struct outline_course course = { .is_known = true };

	for (size_t i = 0; i < OUTLINE_COLUMNS; i++)
		course.low[i] = course.mean[i] = course.high[i] = (float)i;
	course.low[3] = course.mean[3] = course.high[3] = NAN;
	return graph_document("web", "cpu", UNIT_MHZ, &course, 1772323200, 1772930400);
}

static const char hosts_json[] =
	"{\"hosts\":[{\"type\":\"h\",\"count\":2,\"cores\":2,\"core_mhz\":3000,"
	"\"memory_mb\":8192,\"host_memory_mb\":1024,\"disk_gb\":500}]}";
static const struct plan_factors factors_plain = { PLAIN_FACTORS };

static struct document *plan_of_one(void)
{
	struct host_list hosts;
	struct plan_workload web = { .name = "web",
		.environment = "production",
		.need = { .of = { [RESOURCE_MEMORY] = 1e9, [RESOURCE_CPU] = 500 } } };
	struct plan_request request = { .factors = &factors_plain,
		.hosts = &hosts,
		.workload = &web,
		.workload_count = 1,
		.packing = { .time_limit_s = 5, .without_solver = true } };
	struct plan plan;
	struct plan_view view = { .request = &request, .plan = &plan };
	struct err err = ERR_INIT;
	struct document *document;

	assert_int_equal(
		host_list_parse("h.json", hosts_json, strlen(hosts_json), &hosts, &err),
		0);
	assert_int_equal(plan_make(&request, &plan, &err), 0);
	document = plan_document(&view);
	plan_done(&plan);
	host_list_done(&hosts);
	return document;
}

/* Adapters 3 to 6 belong to one VM each, in the order of the VMs, the last of whom asks for
 * more than are left; what stands behind what is counted, of adapters, VMs and hosts, is
 * none of it. */
static struct document *plan_with_adapters(void)
{
	static const char json[] =
		"{\"hosts\":[{\"type\":\"h\",\"count\":2,\"cores\":2,\"core_mhz\":3000,"
		"\"memory_mb\":8192,\"nics\":[{\"mbps\":1000,\"use\":\"host\"},"
		"{\"mbps\":1000,\"use\":\"shared\"},{\"mbps\":1000,\"use\":\"dedicated\"},"
		"{\"mbps\":1000,\"use\":\"dedicated\"},{\"mbps\":1000,\"use\":"
		"\"dedicated\"},{\"mbps\":1000,\"use\":\"dedicated\"}]}]}";
	static char h1[] = "h-1", h2[] = "h-2";
	static size_t of_h1[] = { 0, 1, 2, 3, 4 }, of_h2[] = { 4 };
	static size_t none[] = { PACKING_NONE, PACKING_NONE, PACKING_NONE, PACKING_NONE,
		PACKING_NONE };
	static struct plan_host host[] = { { h1, 0, of_h1, none, 4, { { 0 } } },
		{ h2, 0, of_h2, none, 1, { { 0 } } } };
	static const struct plan_workload workload[] = {
		{ .name = "crm", .environment = "production", .dedicated_adapters = 1 },
		{ .name = "erp", .environment = "production", .dedicated_adapters = 2 },
		{ .name = "web", .environment = "production" },
		{ .name = "wide",
			.environment = "production",
			.dedicated_adapters = 2 },
		{ .name = "next", .environment = "production" },
	};
	struct host_list hosts;
	struct plan_request request = { .factors = &factors_plain,
		.hosts = &hosts,
		.workload = workload,
		.workload_count = 4 };
	struct plan plan = { .host = host,
		.host_count = 1,
		.cost = 1,
		.is_bound_in_hosts = true,
		.lower_bound = 1,
		.bound_name = "memory",
		.binding_dimension = -1 };
	struct plan_view view = {
		.request = &request, .plan = &plan, .has_settings = true
	};
	struct err err = ERR_INIT;
	struct document *document;

	assert_int_equal(
		host_list_parse("h.json", json, strlen(json), &hosts, &err), 0);
	hosts.type[0].nic[6].use = NIC_DEDICATED;
	document = plan_document(&view);
	host_list_done(&hosts);
	return document;
}

static struct document *back_test(void)
{
	struct timeline axis = { 1772323500, 300, 12 };
	struct backtest_host host = { .name = "h-1" };
	struct backtest_result_host replayed = { .worst_count = 1,
		.minutes_over_any = 5,
		.minutes_shortfall = 7,
		.minutes_over = { [PLAN_CPU] = 5 },
		.capacity = { [PLAN_CPU] = 3000 },
		.worst = { { PLAN_CPU, 1772323200, 1772323500, 1772323500, 3500,
			3000 } } };
	struct backtest result = { &replayed, 1, 5, 0.25 };
	struct backtest_view view = { &factors_plain, &axis, &host, &result, 2 };

	return backtest_document(&view);
}

static struct document *waves(void)
{
	struct wave_request request;
	struct wave_plan plan = { .wave_count = 0 };
	struct err err = ERR_INIT;
	struct document *document;

	wave_request_init(&request);
	assert_int_equal(wave_request_load(&request, NULL, &err), 0);
	assert_int_equal(
		wave_request_add(&request, "web", 60e9, NAN, NULL, 0, &err), 0);
	assert_int_equal(wave_request_add(&request, "db", NAN, NAN, NULL, 0, &err), 0);
	assert_int_equal(wave_request_close(&request, NULL, &err), 0);
	assert_int_equal(waves_plan(&request.problem, &plan, &err), 0);
	document = waves_document(&(struct waves_view){ &request, &plan, 0, NULL });
	wave_plan_done(&plan);
	wave_request_done(&request);
	return document;
}

static struct document_case documents[] = {
	DOCUMENT_WHOLE("peaks as a table", peaks_table),
	DOCUMENT_WHOLE("peaks as pages", peaks_pages_of_all),
	DOCUMENT_WHOLE("peaks with what is ahead", peaks_with_what_is_ahead),
	DOCUMENT_CASE("profiles and their rules", profiles),
	DOCUMENT_WHOLE("verdicts", verdicts),
	DOCUMENT_WHOLE("verdicts with what was found", verdicts_found),
	DOCUMENT_WHOLE("the way of a number", explained),
	DOCUMENT_WHOLE(
		"the way of memory with what is given back", explained_given_back),
	DOCUMENT_WHOLE("the way of a number by an engine", explained_devices),
	DOCUMENT_PAGE("what is handed over", handed_over),
	DOCUMENT_PAGE("what is handed over, with courses", handed_over_with_courses),
	DOCUMENT_WHOLE("status", status_of_one),
	DOCUMENT_WHOLE("targets", targets),
	DOCUMENT_WHOLE("many targets", targets_of_many),
	DOCUMENT_PAGE("a graph", graph),
	DOCUMENT_WHOLE("a plan", plan_of_one),
	DOCUMENT_WHOLE("a plan with adapters", plan_with_adapters),
	DOCUMENT_WHOLE("a back-test", back_test),
	DOCUMENT_PAGE("waves", waves),
};

int main(void)
{
	return every_format_run("documents judged", documents, ARRAY_LEN(documents));
}
