/* All formats of what commands did, of files that came in, and of machines. */
#include "tests/every_format.h"
#include "tests/support.h"

#include "analyze/report/change_document.h"
#include "analyze/report/check_document.h"
#include "analyze/report/compare_document.h"
#include "analyze/report/first_look_document.h"
#include "analyze/report/import_document.h"
#include "analyze/report/inventory_document.h"
#include "analyze/report/kept_plan_document.h"
#include "analyze/report/moves_document.h"
#include "analyze/report/pack_document.h"
#include "analyze/report/profiles_document.h"
#include "analyze/report/runbook_document.h"
#include "analyze/report/graph_document.h"
#include "analyze/report/sparks_document.h"
#include "analyze/report/validate_document.h"
#include "analyze/report/watch_document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char text_web[] = "web, \"the\" <first>", text_erp[] = "erp";
static struct workload workload_web = { .id = 1, .name = text_web, .step_s = 60 };
static struct workload workload_erp = { .id = 2, .name = text_erp, .step_s = 60 };

/* ---- what a command did --------------------------------------------------------------- */

static struct document *changes(void)
{
	static const int64_t ids[] = { 7, 8 };
	const struct change_view view = { .what = "exclude",
		.name = "web",
		.count = 2,
		.id = ids,
		.id_count = ARRAY_LEN(ids) };

	return change_document(&view, "exclusion 7: gone\nexclusion 8: gone\n");
}

/* Rows that have no name and no numbers, and a name without rows. */
static struct document *changes_of_many(void)
{
	const struct change_view view = { .what = "exclude", .count = 3 };

	return change_document(&view, "3 exclusions: gone\n");
}

static struct document *changes_of_none(void)
{
	const struct change_view view = { .what = "exclude", .name = "erp" };

	return change_document(&view, "nothing changed");
}

static struct document *names(void)
{
	const char *const name[] = { text_web, text_erp };

	return names_document("workloads", "workloads", name, ARRAY_LEN(name));
}

static struct document *check_line(void)
{
	static const struct check_view view = { .code = 1,
		.text = "memory is 91 %",
		.workload = "web",
		.figure = { { .name = "memory",
				    .unit = "%",
				    .value = "91.5",
				    .warning = "80",
				    .critical = "",
				    .minimum = "0",
				    .maximum = "100" },
			{ .name = "open", .unit = "", .value = "0", .warning = "0" } },
		.count = 2,
		.details = "alert 1: web, memory_limit, open\n" };

	return check_document(&view);
}

static struct document *here(void)
{
	static const struct first_look_history history = { "/var/log/sa", "sysstat" };
	struct machine machine;
	struct document *document;

	machine_init(&machine);
	document = first_look_machine(&machine, &history, 1, "/data");
	machine_done(&machine);
	return document;
}

static struct document *next_steps(void)
{
	return first_look_next("build/", "/data/sample");
}

static struct document *command(void)
{
	return first_look_command(
		"again", "build/", "plan --hosts", "/data/hosts.json", "/data");
}

static struct document *part(void)
{
	return first_look_part("a title", "one line\nand another\n");
}

static struct document *note(void)
{
	return first_look_note("the page: ", "/tmp/x y.html", true);
}

/* ---- what came in ---------------------------------------------------------------------- */

static struct document *import_report_of_one(void)
{
	struct import_file file = {
		.path = "a, b.csv", .bytes = 1234, .hash = "0123456789abcdef"
	};
	struct import_item item = { .is_new = true };
	struct import_report report = {
		.id = 3, .rows = 12, .repeated = 1, .file = &file, .files = 1
	};

	item.name = text_web;
	report.item = &item;
	report.items = 1;
	return import_document("csv", &report);
}

static struct document *import_of_a_store(void)
{
	struct import_store_item item = { .name = text_web,
		.dir = "/there",
		.is_new = true,
		.files = 2,
		.rows = 4,
		.taken = { .notes = 3, .exclusions = 1, .reviews = 2 } };
	const struct import_store_report report = {
		.id = 5, .stores = 1, .item = &item, .items = 1, .samples_left_out = 2
	};

	return import_store_document(&report);
}

/* ---- machines -------------------------------------------------------------------------- */

static char key_os[] = "os", value_os[] = "linux", origin[] = "person";
static struct fact fact_os = { key_os, value_os, origin, 1772323200 };

static struct document *facts(void)
{
	const struct workload *const workload[] = { &workload_web, &workload_erp };
	const struct fact_list lists[] = { { .fact = &fact_os, .count = 1 },
		{ .count = 0 } };

	return inventory_document(workload, lists, 2);
}

static struct document *missing_facts(void)
{
	const struct workload *const workload[] = { &workload_web, &workload_erp };
	const struct fact_list lists[] = { { .fact = &fact_os, .count = 1 },
		{ .count = 0 } };

	return missing_document(workload, lists, 2);
}

static struct document *validation_of(bool is_runbook)
{
	struct runbook_request request = { .day = "2026-11-30" };
	struct runbook book = { .request = &request };
	struct validation validation;
	struct library library;
	struct machine machine;
	struct document *document;
	struct err err = ERR_INIT;
	const struct profile *target;

	assert_int_equal(library_load(NULL, &library, &err), 0);
	target = library_profile(&library, "kvm");
	assert_non_null(target);
	machine_init(&machine);
	machine.name = strdup(text_web);
	assert_int_equal(validate_machine(&library, target, "2026-11-30", &machine,
				 NULL, &validation, &err),
		0);
	assert_true(validation.count > 0);
	request.library = &library;
	request.target = target;
	request.machine = &machine;
	book.validation = validation;
	document = is_runbook ? runbook_document(&book, NULL)
			      : validate_document(&validation);
	validation_done(&validation);
	machine_done(&machine);
	library_done(&library);
	return document;
}

static struct document *validated(void)
{
	return validation_of(false);
}

/* Nothing against it, and a file alone that is missing. */
static struct document *validated_without(bool has_file)
{
	static char file[] = "a.sys", update[] = "KB1", kvm[] = "kvm", title[] = "KVM";
	struct missing_file missing = { .file = file, .held_by = update };
	const struct profile target = { .id = kvm, .title = title };
	struct machine machine;
	struct validation validation = { .machine = &machine,
		.target = &target,
		.mac = "00:15:5d:00:00:0a",
		.missing = &missing,
		.missing_count = has_file,
		.is_success = !has_file };
	struct document *document;

	machine_init(&machine);
	machine.name = strdup(text_web);
	document = validate_document(&validation);
	machine_done(&machine);
	return document;
}

static struct document *validated_well(void)
{
	return validated_without(false);
}

static struct document *validated_but_a_file(void)
{
	return validated_without(true);
}

static struct document *runbook_refused(void)
{
	return validation_of(true);
}

static struct document *runbook_settings(void)
{
	struct tasks tasks;
	struct err err = ERR_INIT;
	struct document *document;

	assert_int_equal(tasks_load(NULL, "kvm", &tasks, &err), 0);
	document = runbook_settings_document(&tasks, "kvm");
	tasks_done(&tasks);
	return document;
}

static struct document *guest_system(void)
{
	struct library library;
	struct err err = ERR_INIT;
	struct document *document;
	struct os_view view;

	assert_int_equal(library_load(NULL, &library, &err), 0);
	view = (struct os_view){ .profile = library_profile(&library, "kvm"),
		.outcome = OUTCOME_REVIEW,
		.undecided = 2,
		.rules = "KVM-1, KVM-2" };
	document = guest_os_document(
		library_guest_os(&library, "Windows Server 2003 Standard"),
		"2026-11-30", &view, 1);
	library_done(&library);
	return document;
}

static struct document *compared(void)
{
	static struct comparison comparison;

	memset(&comparison, 0, sizeof(comparison));
	for (int r = 0; r < RESOURCE_COUNT; r++) {
		peak_absent(&comparison.before.resource[r]);
		peak_absent(&comparison.after.resource[r]);
	}
	comparison.step_s = 60;
	comparison.outcome = COMPARE_DIFFERS;
	comparison.differing = 1;
	comparison.resource[0].is_counted = true;
	comparison.resource[0].figure[0] = (struct compared_figure){
		.before = 5, .after = 7, .outcome = COMPARE_DIFFERS
	};
	return compare_document(&comparison, &workload_web, &workload_erp, true);
}

/* ---- as it goes, and pictures in letters ------------------------------------------------- */

static struct document *watched(bool is_screen)
{
	static struct live_figures live;
	static struct watch_view view = { .name = text_erp, .live = &live };

	for (int r = 0; r < RESOURCE_COUNT; r++) {
		view.today.hour[r] = 5;
		view.today.day[r] = NAN;
	}
	return is_screen ? watch_document(&view) : watch_line_document(&view);
}

static struct document *watch_screen(void)
{
	return watched(true);
}

static struct document *watch_line(void)
{
	return watched(false);
}

static struct document *sparks(void)
{
	static struct outline outline = { .from = 1772323200, .to = 1772409600 };
	const struct workload *chosen[] = { &workload_erp };
	const struct estate estate = { .chosen = chosen, .count = 1 };

	for (int r = 0; r < RESOURCE_COUNT; r++)
		for (size_t i = 0; i < OUTLINE_COLUMNS; i++)
			outline.course[r].high[i] = (float)i;
	return sparks_document(&estate, &outline);
}

static struct document *figures(void)
{
	char memory[] = "memory", used[] = "used_bytes";
	char *columns[] = { used };
	struct store_file file = {
		.name = memory, .step_s = 60, .column = columns, .column_count = 1
	};
	const struct store_file_list files = { .file = &file, .count = 1 };

	return figures_document(&workload_erp, &files);
}

/* ---- placements ------------------------------------------------------------------------ */

static struct document *moves(void)
{
	struct plan_workload workload[2];
	struct move one = { .item = 0, .from = 0, .to = 1 };
	const struct move_plan plan = { .move = &one,
		.count = 1,
		.differing = 1,
		.is_complete = true,
		.is_fewest = true };
	const size_t to[] = { 1, PACKING_NONE };
	static char profile[] = "kvm";
	static const struct plan_file none = { .profile = profile };
	static const struct plan_factors factors;
	char host_a[] = "a-1", host_b[] = "b, 1";
	char *const host[] = { host_a, host_b };
	struct moves_view view = { .hosts_before = 2,
		.hosts_after = 1,
		.cost_before = 2,
		.cost_after = 1,
		.is_beneficial = true,
		.workload = workload,
		.workload_count = 2,
		.host_name = host,
		.to = to,
		.moves = &plan,
		.before = &none,
		.after = &none,
		.factors = &factors };

	memset(workload, 0, sizeof(workload));
	workload[0].name = text_web;
	workload[1].name = text_erp;
	return moves_document(&view);
}

static struct document *packed_as_far_as(bool is_proven)
{
	static const char text[] = "5\n100\n60\n50\n40\n30\n20\n";
	struct packing_instance instance;
	struct packing_result result;
	const struct packing_options options = { .time_limit_s = 1 };
	struct document *document;
	struct err err = ERR_INIT;

	assert_int_equal(instance_parse("bins.txt", strdup(text), sizeof(text) - 1,
				 INSTANCE_PEAK, &instance, &err),
		0);
	assert_int_equal(packing_solve(&instance.problem, &options, &result, &err), 0);
	result.seconds = 0.25;
	result.is_proven_optimal = is_proven;
	result.lower_bound -= !is_proven;
	document = pack_document(&instance, &result);
	packing_result_done(&result);
	instance_done(&instance);
	return document;
}

static struct document *packed(void)
{
	return packed_as_far_as(true);
}

/* Two bins, where nobody knows whether one would do. */
static struct document *packed_unproven(void)
{
	return packed_as_far_as(false);
}

static struct document *kept_plans(void)
{
	char profile[] = "kvm", demand[] = "peak";
	struct kept_plan plan = { .id = 4,
		.at = 1772323200,
		.profile_id = profile,
		.demand = demand,
		.hosts = 2,
		.placed = 7,
		.left_out = 1 };
	const struct kept_plan_list list = { .plan = &plan, .count = 1 };

	return kept_plans_document(&list);
}

static struct document *kept_plan(void)
{
	static const char text[] =
		"{\"schema\":\"headroom/plan/1\",\"profile\":\"kvm\",\"hosts\":[{\"name\":"
		"\"a-1\",\"type\":\"a\",\"workloads\":[\"web\"]}],\"workloads\":[{\"name\":"
		"\"web\",\"host\":\"a-1\"}],\"unplaced\":[{\"name\":\"erp\",\"reason\":"
		"\"too large\"}]}";
	struct json_doc doc;
	struct err err = ERR_INIT;
	struct document *document;

	assert_int_equal(json_doc_parse("plan", text, strlen(text), &doc, &err), 0);
	document = kept_plan_document(4, doc.root);
	json_doc_done(&doc);
	return document;
}

static struct document_case documents[] = {
	DOCUMENT_WHOLE("a change and its ids", changes),
	DOCUMENT_WHOLE("a change of many", changes_of_many),
	DOCUMENT_WHOLE("a change of nothing", changes_of_none),
	DOCUMENT_WHOLE("names alone", names),
	DOCUMENT_WHOLE("the line of a plugin", check_line),
	DOCUMENT_WHOLE("this machine", here),
	DOCUMENT_WHOLE("a part of first-look", part),
	DOCUMENT_WHOLE("a note of first-look", note),
	DOCUMENT_WHOLE("what to try next", next_steps),
	DOCUMENT_WHOLE("a command of first-look", command),
	DOCUMENT_WHOLE("an import", import_report_of_one),
	DOCUMENT_WHOLE("an import of a store", import_of_a_store),
	DOCUMENT_WHOLE("facts of two workloads", facts),
	DOCUMENT_WHOLE("facts that nobody states", missing_facts),
	DOCUMENT_CASE("a validation", validated),
	DOCUMENT_WHOLE("a validation of nothing", validated_well),
	DOCUMENT_WHOLE("a validation of a missing file", validated_but_a_file),
	DOCUMENT_CASE("a runbook that is refused", runbook_refused),
	DOCUMENT_CASE("the settings of a runbook", runbook_settings),
	DOCUMENT_WHOLE("a guest system", guest_system),
	DOCUMENT_WHOLE("before and after", compared),
	DOCUMENT_WHOLE("what happens now, as a screen", watch_screen),
	DOCUMENT_WHOLE("what happens now, as a line", watch_line),
	DOCUMENT_WHOLE("courses in letters", sparks),
	DOCUMENT_WHOLE("what can be drawn", figures),
	DOCUMENT_WHOLE("moves", moves),
	DOCUMENT_WHOLE("a packing", packed),
	DOCUMENT_WHOLE("a packing that is not proven", packed_unproven),
	DOCUMENT_WHOLE("the plans of a store", kept_plans),
	DOCUMENT_WHOLE("a plan that was kept", kept_plan),
};

int main(void)
{
	return every_format_run("documents made", documents, ARRAY_LEN(documents));
}
