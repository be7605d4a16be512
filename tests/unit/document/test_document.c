/* All documents x all formats: each can be written in each, JSON is JSON, every row of CSV
 * has as many fields, and no format drops a cell that is for it. */
#include "tests/support.h"

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

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOSTILE "=<b>\"a,b\"</b>\n\033[1m"

/* ---- documents ---------------------------------------------------------------------- */

static struct document *every_cell(void)
{
	static const struct doc_column columns[] = {
		{ "name", "NAME", COLUMN_NAME | COLUMN_CUT, 0, NULL },
		{ "group.number", "NUMBER", COLUMN_RIGHT, 2, "number" },
		{ "group.share", "SHARE", COLUMN_RIGHT, 1, NULL },
		{ "at", "AT", 0, 0, NULL },
		{ "flag", "FLAG", 0, 0, NULL },
		{ "why", "WHY", COLUMN_WRAP | COLUMN_LAST, 0, NULL },
		{ "items", NULL, IN_JSON | IN_CSV, 0, NULL },
		{ NULL, "PEOPLE", 0, 0, NULL },
		{ "machine", NULL, 0, 0, NULL },
	};
	struct document *d = document_new("test");
	struct doc_table *list = doc_list(d), *table;

	doc_item(list, cell_text("first"));
	doc_item(list, cell_text("second"));
	doc_fact(d, 0, "fact.inner", "a fact", cell_text("fact-text"));
	doc_fact(d, IN_JSON | IN_KV, "fact.count", NULL, cell_count(7));
	table = doc_table(d, 0, "rows", TABLE_ROWS, columns, ARRAY_LEN(columns));
	DOC_ROW(table, cell_text("one"), cell_number(1.5, UNIT_MHZ), cell_share(0.25),
		cell_moment(1772323200, MOMENT_LONG), cell_bool(true),
		cell_text("a reason, with a comma"), cell_table(list),
		cell_text("for-people"), cell_text("for-machines"));
	DOC_ROW(table, cell_text("two"), cell_absent(), cell_absent(),
		cell_moment(0, MOMENT_LONG), cell_bool(false),
		cell_unknown("nobody knows"), cell_table(list), cell_text(""),
		cell_count(12345));
	doc_heading(d, "a heading");
	doc_line(d, "a line");
	doc_span(d, COLOR_BAD, " that is bad");
	return d;
}

static struct document *unfolded(void)
{
	static const struct doc_column outer[] = {
		{ "name", "NAME", COLUMN_NAME, 0, "workload" },
		{ "resources", NULL, COLUMN_UNFOLD, 0, NULL },
	};
	static const struct doc_column inner[] = {
		{ "resource", "RESOURCE", COLUMN_NAME, 0, NULL },
		{ "curve.300", "CURVE", COLUMN_RIGHT, 0, NULL },
	};
	struct document *d = document_new("test");
	struct doc_table *table =
		doc_table(d, 0, "workloads", TABLE_ROWS, outer, ARRAY_LEN(outer));
	struct doc_table *figures;

	(void)doc_shape(table, TABLE_KEYED, inner, ARRAY_LEN(inner));
	figures = doc_inner(table);
	DOC_ROW(figures, cell_text("memory"), cell_plain_number(1.25));
	doc_row_null(figures, "cpu");
	DOC_ROW(figures, cell_text("disk"), cell_plain_number(NAN));
	DOC_ROW(table, cell_text("web"), cell_table(figures));
	figures = doc_inner(table);
	doc_empty(figures, "nothing known");
	DOC_ROW(table, cell_text("idle"), cell_table(figures));
	return d;
}

static struct document *hostile(void)
{
	static const struct doc_column columns[] = {
		{ "name", "NAME", COLUMN_NAME | COLUMN_CUT, 0, NULL },
		{ "value", "VALUE", 0, 0, NULL },
	};
	struct document *d = document_new("test");
	struct doc_table *table =
		doc_table(d, 0, "rows", TABLE_ROWS, columns, ARRAY_LEN(columns));

	DOC_ROW(table, cell_text(HOSTILE), cell_text("\xff\xfe"));
	doc_line(d, "%s", HOSTILE);
	return d;
}

static struct document *no_rows(void)
{
	static const struct doc_column columns[] = { { "name", "NAME", 0, 0, NULL } };
	struct document *d = document_new("test");

	doc_empty(doc_table(d, 0, "rows", TABLE_ROWS, columns, 1), "no rows at all");
	return d;
}

static char text_web[] = "web", text_rule[] = "MEM-1", text_ana[] = "ana";
static char text_reason[] = "month end, again", text_kind[] = "memory_limit";
static char text_empty[] = "", text_unit[] = "bytes";
static struct workload workload_web = { .id = 1, .name = text_web, .step_s = 60 };

static struct document *reviews(void)
{
	struct workload_list names = { .workload = &workload_web, .count = 1 };
	struct review review[2] = {
		{ .id = 1,
			.workload_id = 1,
			.rule_id = text_rule,
			.is_accepted = true,
			.decided_by = text_ana,
			.reason = text_reason,
			.decided_at = 1772323200 },
		{ .id = 2,
			.workload_id = 9,
			.rule_id = text_rule,
			.decided_by = text_ana,
			.reason = text_reason,
			.decided_at = 1772323200,
			.until = 1772323201 },
	};
	struct review_list list = { .review = review, .count = 2 };

	return review_document(&names, &list, 1772330000);
}

static struct document *exclusions(void)
{
	struct workload_list names = { .workload = &workload_web, .count = 1 };
	struct exclusion exclusion = { .id = 3,
		.workload_id = 1,
		.begin = 1772323200,
		.end = 1772326800,
		.reason = text_reason };
	struct exclusion_list list = { .exclusion = &exclusion, .count = 1 };

	return exclude_document(&names, &list);
}

static struct document *alerts(void)
{
	struct alert alert = { .id = 4,
		.workload = text_web,
		.kind = text_kind,
		.subject = text_empty,
		.unit = text_unit,
		.opened = 1772323200,
		.height = 4e9,
		.limit = NAN };
	struct alert_list list = { .alert = &alert, .count = 1 };

	return alerts_document(&list);
}

static struct document *windows(void)
{
	struct maintenance window = { .id = 5,
		.begin_at = 1772323200,
		.end_at = 1772326800,
		.reason = text_reason };
	struct maintenance_list list = { .window = &window, .count = 1 };

	return maintenance_document(&list);
}

static struct document *imports(void)
{
	struct import import = { .id = 6,
		.format = text_kind,
		.at = 1772323200,
		.file_count = 2,
		.workload_count = 3,
		.rows = 4 };
	struct import_list list = { .import = &import, .count = 1 };

	return import_list_document(&list);
}

static struct document *undone(void)
{
	return import_undo_document(7, 1, 2);
}

static struct document *fsck(void)
{
	struct fsck_report report = { .whole = 3, .rows_unchecked = 1 };

	return fsck_document(&report);
}

static struct document *additions(void)
{
	static const struct addition_host hosts[] = {
		{ "small-1", 3, true, NULL, 0.875 },
		{ "small-2", 4, false, "memory", NAN },
	};

	return addition_document("web", "small-1", hosts, ARRAY_LEN(hosts));
}

static struct document *peaks_of(enum peaks_view view)
{
	static const struct workload *const workloads[] = { &workload_web,
		&workload_web };
	struct workload_judgement judged[2] = {
		{ .peaks = { .name = "web", .step_s = 60 } },
		{ .peaks = { .name = "web", .step_s = 60 } }
	};
	struct peaks_request request = {
		.view = view, .workload = workloads, .judged = judged, .count = 2
	};

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
	return peaks_document(&request);
}

static struct document *peaks_table(void)
{
	return peaks_of(PEAKS_TABLE);
}

static struct document *peaks_pages_of_all(void)
{
	return peaks_of(PEAKS_DETAIL);
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

static struct document *verdicts(void)
{
	struct judged_fixture f;
	struct document *document;

	judge_web(&f);
	document = verdict_document(&f.request, &f.assessment, 1, VERDICT_DETAIL);
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
static const struct plan_factors factors_plain = { .profile = "plain",
	.memory_factor = 1,
	.cpu_available_ratio = 1,
	.network_ratio = 1,
	.storage_factor = 1 };

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

static struct document *back_test(void)
{
	struct timeline axis = { 1772323500, 300, 12 };
	struct backtest_host host = { .name = "h-1" };
	struct backtest_result_host replayed = { .worst_count = 1,
		.minutes_over_any = 5,
		.minutes_over = { [PLAN_CPU] = 5 },
		.capacity = { [PLAN_CPU] = 3000 },
		.worst = { { PLAN_CPU, 1772323200, 1772323500, 1772323500, 3500,
			3000 } } };
	struct backtest result = { &replayed, 1, 5, 0.25 };
	struct backtest_view view = { &factors_plain, &axis, &host, &result, 1 };

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

static const struct {
	const char *name;
	struct document *(*make)(void);
} documents[] = {
	{ "every kind of cell", every_cell },
	{ "a table unfolded in another", unfolded },
	{ "names that would like to be markup", hostile },
	{ "a table without rows", no_rows },
	{ "reviews", reviews },
	{ "exclusions", exclusions },
	{ "alerts", alerts },
	{ "maintenance windows", windows },
	{ "imports", imports },
	{ "an import that was undone", undone },
	{ "fsck", fsck },
	{ "fact keys", fact_keys_document },
	{ "where one more goes", additions },
	{ "peaks as a table", peaks_table },
	{ "peaks as pages", peaks_pages_of_all },
	{ "profiles and their rules", profiles },
	{ "verdicts", verdicts },
	{ "the way of a number", explained },
	{ "what is handed over", handed_over },
	{ "status", status_of_one },
	{ "targets", targets },
	{ "a graph", graph },
	{ "a plan", plan_of_one },
	{ "a back-test", back_test },
	{ "waves", waves },
};

/* ---- what must hold -------------------------------------------------------------------- */

static char *write_as(
	const struct document *document, enum format format, size_t *ret_size)
{
	struct context context = { .out = stdout };
	struct err err = ERR_INIT;
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	assert_non_null(out);
	assert_int_equal(document_write(document, format, &context, out, &err), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* How a cell of this format looks; "" where nothing is to be expected. */
static void expected_text(
	enum format format, const struct cell *cell, struct strbuf *out)
{
	char number[JSON_NUMBER_SIZE];
	struct strbuf raw;

	strbuf_init(&raw, 1 << 20);
	if (cell->kind == CELL_TEXT && cell->text)
		strbuf_add(&raw, cell->text);
	else if (cell->kind == CELL_NUMBER || cell->kind == CELL_SHARE)
		strbuf_add(&raw, json_number_text(cell->number, number));
	else if (cell->kind == CELL_WHOLE ||
		(cell->kind == CELL_MOMENT && cell->integer))
		strbuf_addf(&raw, "%" PRId64, cell->integer);
	if (format == FORMAT_CSV && cell->kind == CELL_MOMENT && cell->integer) {
		char moment[TIME_TEXT_SIZE];

		strbuf_clear(&raw);
		strbuf_add(&raw, time_text_utc(cell->integer, moment));
	}
	if (format == FORMAT_TEXT || format == FORMAT_HTML) {
		char people[CELL_TEXT_SIZE];

		strbuf_clear(&raw);
		if (cell->kind != CELL_TABLE && cell->kind != CELL_CHART)
			strbuf_add(&raw, cell_for_people(cell, people));
	}
	if (strbuf_text(&raw)[0] == '\0')
		strbuf_clear(out);
	else if (format == FORMAT_JSON && cell->kind == CELL_TEXT)
		safe_add_json(out, strbuf_text(&raw));
	else if (format == FORMAT_CSV && cell->kind == CELL_TEXT)
		safe_add_csv(out, strbuf_text(&raw));
	else if (format == FORMAT_HTML)
		safe_add_html(out, strbuf_text(&raw));
	else
		safe_add_terminal(out, strbuf_text(&raw));
	strbuf_done(&raw);
}

static const unsigned in_of_format[FORMAT_COUNT] = { [FORMAT_TEXT] = IN_TEXT,
	[FORMAT_JSON] = IN_JSON,
	[FORMAT_CSV] = IN_CSV,
	[FORMAT_KV] = IN_KV,
	[FORMAT_HTML] = IN_HTML,
	[FORMAT_XLSX] = IN_XLSX,
	[FORMAT_SVG] = 0 };

static void expect_cell(enum format format, const struct cell *cell, const char *text)
{
	struct strbuf wanted;

	strbuf_init(&wanted, 1 << 20);
	expected_text(format, cell, &wanted);
	if (!strstr(text, strbuf_text(&wanted)))
		fail_msg("format %d drops the cell %s", format, strbuf_text(&wanted));
	strbuf_done(&wanted);
}

/* kv has no place for a table without names, nor for a name by itself. */
static void expect_table(
	enum format format, const struct doc_table *table, const char *text)
{
	size_t name = doc_name_column(table);

	if (format == FORMAT_KV && name == table->column_count)
		return;
	for (const struct doc_row *row = table->row; row; row = row->next) {
		const struct doc_table *inner = doc_unfolded(table, row);

		for (size_t i = 0; !row->null_name && i < table->column_count; i++) {
			if (doc_column_in(table, i) & in_of_format[format] &&
				!(format == FORMAT_KV && i == name) &&
				!(format == FORMAT_CSV && table->shape && inner &&
					inner->row_count == 0))
				expect_cell(format, &row->cell[i], text);
		}
		if (inner)
			expect_table(format, inner, text);
	}
}

static void every_cell_is_there(
	const struct document *document, enum format format, const char *text)
{
	bool has_csv = false;

	for (const struct doc_part *part = document->part; part; part = part->next) {
		if (!(part->in & in_of_format[format]))
			continue;
		if (part->kind == PART_TABLE && !(format == FORMAT_CSV && has_csv)) {
			expect_table(format, part->table, text);
			has_csv = true;
		} else if (part->kind == PART_FACT && format != FORMAT_CSV &&
			(part->title || format == FORMAT_JSON || format == FORMAT_KV)) {
			expect_cell(format, &part->cell, text);
		}
	}
}

static size_t count_fields(const char **cursor)
{
	size_t fields = 1;
	bool is_quoted = false;
	const char *c = *cursor;

	for (; *c && (is_quoted || *c != '\n'); c++) {
		is_quoted ^= *c == '"';
		fields += !is_quoted && *c == ',';
	}
	*cursor = *c ? c + 1 : c;
	return fields;
}

static void csv_rows_are_even(const char *text)
{
	const char *cursor = text;
	size_t fields = *text ? count_fields(&cursor) : 0;

	while (*cursor)
		assert_int_equal(count_fields(&cursor), fields);
}

static void check_document(void **state)
{
	size_t index = (size_t)(*(const size_t *)*state);
	struct document *document = documents[index].make();

	assert_non_null(document);
	for (int f = 0; f < FORMAT_COUNT; f++) {
		size_t size = 0;
		char *text = write_as(document, (enum format)f, &size);
		cJSON *json;

		if (f != FORMAT_XLSX && f != FORMAT_PNG)
			assert_int_equal(strlen(text), size);
		if (f == FORMAT_JSON) {
			json = cJSON_Parse(text);
			assert_non_null(json);
			assert_non_null(cJSON_GetObjectItem(json, "schema"));
			cJSON_Delete(json);
		}
		if (f == FORMAT_CSV)
			csv_rows_are_even(text);
		if (f == FORMAT_XLSX)
			assert_memory_equal(text, "PK", 2);
		else
			every_cell_is_there(document, (enum format)f, text);
		if (f == FORMAT_TEXT || f == FORMAT_KV)
			assert_null(strchr(text, '\033'));
		if (f == FORMAT_HTML)
			assert_null(strstr(text, "<b>"));
		free(text);
	}
	document_free(document);
}

int main(void)
{
	static size_t index[ARRAY_LEN(documents)];
	struct CMUnitTest tests[ARRAY_LEN(documents)];

	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		index[i] = i;
		tests[i] = (struct CMUnitTest){ .name = documents[i].name,
			.test_func = check_document,
			.initial_state = &index[i] };
	}
	return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
