/* What is said of placements, of readiness and of the order of moves, whole: each case made by
 * hand, no two figures the same. */
#include "tests/every_format.h"
#include "tests/support.h"

#include "analyze/migrate/wave_build.h"
#include "analyze/report/compare_document.h"
#include "analyze/report/moves_document.h"
#include "analyze/report/pack_document.h"
#include "analyze/report/runbook_document.h"
#include "analyze/report/validate_document.h"
#include "analyze/report/waves_document.h"

#include <math.h>
#include <string.h>

#define T0 1772323200 /* 2026-03-01T00:00:00Z */

static char text_web[] = "web", text_erp[] = "erp";
static struct workload workload_web = { .id = 1, .name = text_web, .step_s = 60 };
static struct workload workload_erp = { .id = 2, .name = text_erp, .step_s = 300 };

/* ---- before and after ------------------------------------------------------------------ */

/* memory differs; of cpu too few days are there, of the network none would do, the disk was
 * never counted before and its operations never after. */
static struct document *compared_as(enum compare_outcome outcome, bool has_detail)
{
	static struct comparison c;
	static const enum compare_why why[RESOURCE_COUNT] = { COMPARE_WHY_NONE,
		COMPARE_WHY_FEW_DAYS, COMPARE_WHY_FEW_DAYS, COMPARE_WHY_NOT_BEFORE,
		COMPARE_WHY_NOT_AFTER };

	memset(&c, 0, sizeof(c));
	c.before = (struct workload_peaks){ .from = T0,
		.to = T0 + 86400,
		.phase_s = 7,
		.step_s = 60,
		.coverage = 0.75 };
	c.after = (struct workload_peaks){ .from = T0 + 172800,
		.to = T0 + 259200,
		.phase_s = 11,
		.step_s = 300,
		.coverage = 0.5 };
	c.step_s = 301;
	c.outcome = outcome;
	c.differing = 3;
	c.known = 12;
	c.unknown = 5;
	for (int r = 0; r < RESOURCE_COUNT; r++) {
		struct compared_resource *one = &c.resource[r];

		one->is_counted = true;
		one->match = (struct shift_match){ (size_t)r + 20, (size_t)r + 30, 99 };
		one->more_days = r == RESOURCE_NETWORK ? SIZE_MAX : (size_t)r + 4;
		for (unsigned f = 0; f < COMPARE_FIGURES; f++) {
			struct compared_figure *figure = &one->figure[f];
			double at = 1000.0 * (r + 1) + f;

			figure->why = f == COMPARE_PEAK && r == RESOURCE_MEMORY
				? COMPARE_WHY_READINGS
				: why[r];
			figure->outcome = figure->why ? COMPARE_UNKNOWN
				: f == COMPARE_P90    ? COMPARE_DIFFERS
						      : COMPARE_ALIKE;
			figure->before = at;
			figure->after = f % 3 == 0 ? at * 1.0004
				: f % 3 == 1       ? at * 1.05
						   : at * 0.85;
			figure->shift = (struct shift){ .p = 0.01 * (f + 1),
				.follows = 0.02 * (f + 1),
				.before = f == 3 ? 0 : at + 0.25,
				.after = at * 1.25,
				.noticed = at * 0.03 * (f + 1) };
		}
	}
	return compare_document(&c, &workload_web, &workload_erp, has_detail);
}

static struct document *compared_differs(void)
{
	return compared_as(COMPARE_DIFFERS, true);
}

static struct document *compared_alike(void)
{
	return compared_as(COMPARE_ALIKE, false);
}

static struct document *compared_unknown(void)
{
	return compared_as(COMPARE_UNKNOWN, false);
}

/* ---- from one plan to the next --------------------------------------------------------- */

static struct document *moves_of(bool is_mending, bool is_none)
{
	static char kvm[] = "kvm", plain[] = "plain", web[] = "web", erp[] = "erp",
		    crm[] = "crm", host_a[] = "a-1", host_b[] = "b-1";
	static const struct plan_file before = { .profile = kvm, .is_aligned = true };
	static const struct plan_file after = { .profile = plain };
	static const struct plan_factors factors;
	static char *const host[] = { host_a, host_b };
	static struct move move[] = { { 1, 0, 1, true },
		{ 0, PACKING_NONE, 0, false } };
	static const size_t to[] = { 0, 1, PACKING_NONE };
	static const size_t nowhere[] = { PACKING_NONE, PACKING_NONE, PACKING_NONE };
	struct plan_workload workload[3];
	const struct move_plan plan = { .move = move,
		.count = is_none ? 0 : 2,
		.differing = is_none ? 0 : 1,
		.is_complete = is_none,
		.is_fewest = false };
	const struct moves_view view = { .hosts_before = 2,
		.hosts_after = 1,
		.cost_before = 7.5,
		.cost_after = 7,
		.workload = workload,
		.workload_count = 3,
		.host_name = host,
		.to = is_none ? nowhere : to,
		.moves = &plan,
		.before = &before,
		.after = is_none ? &before : &after,
		.factors = &factors,
		.overfull_host = is_mending ? host_b : NULL,
		.overfull_row = is_mending ? "memory" : NULL };

	memset(workload, 0, sizeof(workload));
	workload[0].name = web;
	workload[1].name = erp;
	workload[2].name = crm;
	return moves_document(&view);
}

static struct document *moves_that_mend(void)
{
	return moves_of(true, false);
}

static struct document *moves_for_nothing(void)
{
	return moves_of(false, false);
}

static struct document *moves_of_nobody(void)
{
	return moves_of(false, true);
}

static struct document *added(bool fits)
{
	const struct addition_host hosts[] = { { "a-1", 4, false, "memory", NAN },
		{ "b-1", 5, true, NULL, 0.879 } };

	return addition_document("web", fits ? "b-1" : NULL, hosts, fits ? 2 : 1);
}

static struct document *added_somewhere(void)
{
	return added(true);
}

static struct document *added_nowhere(void)
{
	return added(false);
}

/* ---- packings without a place for all -------------------------------------------------- */

static const char few_cap[] =
	"CAP1\ndims 2 memory cpu\nenv_separate 0\nhosttypes 2\nbig 2 5 16 16\nsmall 1 2 8 6\n"
	"workloads 10\na 0 0 -1 30 2\nb 0 0 -1 9 4\nc 0 0 -1 10 1\nd 0 0 -1 5 3\n"
	"e 0 0 -1 1 1\nf 0 0 -1 1 1\ng 0 0 -1 1 1\nh 0 0 -1 1 1\ni 0 0 -1 1 1\n"
	"j 0 0 -1 1 1\n";

/* In conflict: all ten, who keep apart, of whom eight are named, and two of them. */
static struct document *packed_as(enum packing_reason reason, bool is_refuted)
{
	static size_t conflict[] = { 0, 1 };
	size_t row[10];
	struct packing_instance instance;
	struct packing_result result;
	struct document *document;
	struct err err = ERR_INIT;
	static const size_t items[] = { 1, 3 };

	if (instance_parse("few.cap", strdup(few_cap), sizeof(few_cap) - 1,
		    INSTANCE_PEAK, &instance, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(packing_constrain(&instance.problem, PACKING_AT_MOST_HOSTS,
				 items, 2, NULL, 0, 1, &err),
		0);
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		row[i] = PACKING_NONE;
	memset(&result, 0, sizeof(result));
	result.reason = calloc(10, sizeof(*result.reason));
	assert_non_null(result.reason);
	result.reason[2] = reason;
	result.reason_row = row;
	result.unplaced_count = 3;
	result.is_all_refuted = is_refuted;
	result.lower_bound_all = 6;
	result.lower_bound = 5;
	result.bound_kind = PACKING_BOUND_MIX;
	result.conflict = conflict;
	result.conflict_count = reason == PACKING_CONSTRAINT ? ARRAY_LEN(conflict) : 0;
	result.seconds = 1.5;
	(void)snprintf(result.exact_note, sizeof(result.exact_note), "no solver");
	document = pack_document(&instance, &result);
	free(result.reason);
	instance_done(&instance);
	return document;
}

static struct document *packed_in_conflict(void)
{
	return packed_as(PACKING_CONSTRAINT, true);
}

static struct document *packed_too_large(void)
{
	return packed_as(PACKING_FITS_NO_HOST, true);
}

static struct document *packed_nowhere_allowed(void)
{
	return packed_as(PACKING_NO_TYPE_ALLOWED, false);
}

static struct document *packed_without_room(void)
{
	return packed_as(PACKING_NO_ROOM, false);
}

/* ---- a machine in whole ---------------------------------------------------------------- */

static const char machine_json[] =
	"{\"schema\":\"headroom/machine/1\",\"name\":\"erp\",\"kind\":\"physical\",\"os\":"
	"{\"name\":\"Windows Server 2003\",\"version\":\"5.2.3790\",\"service_pack\":"
	"\"Service Pack 2\",\"hal\":\"acpiapic_mp\"},\"general\":{\"cores\":2,\"threads\":4,"
	"\"memory_bytes\":2147483647},\"storage\":{\"controllers\":[{\"name\":\"Adaptec\","
	"\"kind\":\"scsi\"}],\"disks\":[{\"device\":\"\\\\device\\\\harddisk0\",\"bytes\":"
	"80026361856,\"kind\":\"basic\",\"partitions\":[{\"number\":1,\"bytes\":41943040000,"
	"\"primary\":true,\"bootable\":true,\"windows\":true,\"boot_ini\":true,\"extended\":"
	"false,\"volumes\":[\"C:\",\"M:\"]},{\"number\":2,\"bytes\":38083321856,\"extended\":"
	"true}]},{\"device\":\"\\\\device\\\\harddisk1\",\"kind\":\"dynamic\",\"partitions\":"
	"[{\"number\":7,\"bytes\":500}]}],\"volumes\":[{\"name\":\"C:\",\"fs\":\"NTFS\",\"bytes\":"
	"41943039488,\"windows\":true},{\"name\":\"M:\"}],\"mounted\":[\"C: is 1\","
	"\"M: is 2\"]},\"network\":[{\"name\":\"Intel\",\"mac\":\"00:15:5d:00:00:0a\","
	"\"dhcp\":true,\"primary\":false},{\"name\":\"Broadcom\",\"mac\":"
	"\"00:15:5d:00:00:0b\",\"dhcp\":false,\"primary\":true}],\"secondary\":[{\"class\":"
	"\"cdrom\",\"name\":\"TEAC\"},{\"class\":\"usb\",\"name\":\"Stick\"}],\"software\":"
	"{\"services\":[{\"name\":\"Dnscache\",\"start\":\"auto\"}],\"drivers\":[{\"name\":"
	"\"e1000\",\"start\":\"boot\"},{\"name\":\"vga\",\"start\":\"system\"}],\"auto_run\":"
	"[\"tray.exe\"],\"system_files\":[{\"name\":\"ntoskrnl.exe\",\"version\":"
	"\"5.2.3790.3959\"}],\"updates\":[\"KB1\",\"KB2\",\"KB3\"]}}";

static void load_machine(const char *json, struct machine *ret_machine)
{
	struct json_doc doc;
	struct err err = ERR_INIT;

	if (json_doc_parse("m.json", json, strlen(json), &doc, &err) < 0 ||
		machine_parse(&doc, ret_machine, &err) < 0)
		fail_msg("%s", err.text);
	json_doc_done(&doc);
}

/* A blocker with a way out, a warning, a note; a file that an update holds. */
static struct validation validation_of(
	const struct machine *machine, const struct profile *target, bool is_success)
{
	static char at[] = "storage.disks[1]", text[] = "it is dynamic",
		    remedy[] = "convert it", other_at[] = "os.hal",
		    other_text[] = "it is the one of several processors",
		    note_at[] = "network", note_text[] = "two of them";
	static struct incompatibility item[] = { { .rule = "STO-3",
							 .severity = CHECK_BLOCKER,
							 .at = at,
							 .text = text,
							 .remedy = remedy,
							 .source = "book 3",
							 .checked = "2026-11-01" },
		{ .rule = "HAL-1",
			.severity = CHECK_WARNING,
			.at = other_at,
			.text = other_text,
			.source = "book 4",
			.checked = "2026-11-02",
			.is_unknown = true },
		{ .rule = "NET-1",
			.severity = CHECK_NOTE,
			.at = note_at,
			.text = note_text,
			.source = "book 5",
			.checked = "2026-11-03" } };
	static struct missing_file missing[] = { { "ntoskrnl.exe", "KB9" } };
	struct validation v = { .machine = machine,
		.target = target,
		.mac = "00:15:5d:00:00:0b",
		.item = is_success ? item + 1 : item,
		.count = is_success ? 2 : 3,
		.missing = missing,
		.missing_count = is_success ? 0 : 1,
		.is_success = is_success };

	(void)snprintf(
		v.partition, sizeof(v.partition), "\\device\\harddisk0\\partition1");
	return v;
}

static struct document *validated_as(const char *json, bool is_success)
{
	static char id[] = "hyper-v", title[] = "Hyper-V";
	static const struct profile target = { .id = id, .title = title };
	struct machine machine;
	struct validation validation;
	struct document *document;

	load_machine(json, &machine);
	validation = validation_of(&machine, &target, is_success);
	document = validate_document(&validation);
	machine_done(&machine);
	return document;
}

static struct document *validated_failed(void)
{
	return validated_as(machine_json, false);
}

static struct document *validated_unknown(void)
{
	return validated_as(
		"{\"schema\":\"headroom/machine/1\",\"name\":\"erp\",\"storage\":"
		"{\"disks\":[{\"device\":\"sda\",\"partitions\":[{\"number\":3,\"volumes\":[\"C:\"]}]}]}}",
		true);
}

/* 512 MB to the byte, and one processor that does two things at once. */
static struct document *validated_even(void)
{
	return validated_as(
		"{\"schema\":\"headroom/machine/1\",\"name\":\"erp\",\"general\":"
		"{\"cores\":1,\"threads\":2,\"memory_bytes\":536870912}}",
		true);
}

static struct document *runbook_as(bool is_success, const char *dir)
{
	static char id[] = "hyper-v", title[] = "Hyper-V", key[] = "switch",
		    help[] = "the virtual network", example[] = "LAN 1",
		    other[] = "folder", other_help[] = "where the disks go",
		    other_example[] = "D:\\VM", why[] = "it has no drive",
		    path[] = "README.md", second[] = "10-capture.sh";
	static const struct profile target = { .id = id, .title = title };
	static const struct task_setting settings[] = {
		{ .key = key, .help = help, .example = example },
		{ .key = other, .help = other_help, .example = other_example }
	};
	static struct runbook_missing missing[] = { { &settings[0], NULL },
		{ &settings[1], why } };
	static struct runbook_task task[] = { { .number = 0 }, { .number = 1 },
		{ .number = -1 }, { .number = 2 }, { .number = 3 } };
	static struct runbook_file file[] = { { .path = path }, { .path = second } };
	struct runbook_request request = { .target = &target };
	struct machine machine;
	struct document *document;
	struct runbook book = { .request = &request,
		.missing = missing,
		.missing_count = dir ? 0 : 2,
		.task = task,
		.task_count = ARRAY_LEN(task),
		.file = file,
		.file_count = 2 };

	load_machine(machine_json, &machine);
	request.machine = &machine;
	book.validation = validation_of(&machine, &target, is_success);
	document = runbook_document(&book, dir);
	machine_done(&machine);
	return document;
}

static struct document *runbook_not_ready(void)
{
	return runbook_as(false, NULL);
}

static struct document *runbook_with_questions(void)
{
	return runbook_as(true, NULL);
}

static struct document *runbook_written(void)
{
	return runbook_as(true, "out/erp");
}

/* ---- the order of moves ---------------------------------------------------------------- */

/* Five of 60, 25, 90, 40 GB and one of unknown size: a before b (twice) and d, which would
 * be better before c. */
static void request_waves(struct wave_request *request)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	static const double bytes[] = { 60e9, 25e9, 90e9, 40e9, NAN };
	static const double largest[] = { 50e9, 20e9, 80e9, 30e9, NAN };
	struct err err = ERR_INIT;

	wave_request_init(request);
	assert_int_equal(wave_request_load(request, NULL, &err), 0);
	request->settings.restores = true;
	request->settings.image_store_gb = 200;
	request->settings.scratch_gb = 300;
	request->settings.measured_gb_per_min = 1.5;
	request->settings.initialise_gb_per_min = 10;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(wave_request_add(request, names[i], bytes[i],
					 largest[i], NULL, 0, &err),
			0);
	assert_int_equal(wave_request_close(request, NULL, &err), 0);
	assert_int_equal(wave_request_edge(request, 0, 1, "ORD-1", false, &err), 0);
	assert_int_equal(wave_request_edge(request, 0, 1, "declared", false, &err), 0);
	assert_int_equal(wave_request_edge(request, 0, 3, "declared", false, &err), 0);
	assert_int_equal(wave_request_edge(request, 3, 1, "declared", false, &err), 0);
	assert_int_equal(wave_request_edge(request, 3, 2, "ORD-5", true, &err), 0);
}

static struct document *waves_as(bool is_checked, const char *unchecked, size_t sources)
{
	static size_t wave_of[] = { 0, 1, 1, 0, WAVE_NONE }, critical[] = { 0, 3, 1 },
		      order[5];
	static double begin[] = { 0, 12.5, 30, 50, NAN };
	static struct wave wave[] = { { 0, 133.25, 100e9, 160e9, 2 },
		{ 1, 151.5, 115e9, 200e9, 1 } };
	static struct wave_window window[] = { { T0, 600 }, { T0 + 604800, 300 } };
	static struct wave_violation violation[] = {
		{ "declared", { 0, 3 }, WAVE_NONE, false },
		{ "ORD-5", { 3, 2 }, WAVE_NONE, true },
		{ "CAP-6", { WAVE_NONE, WAVE_NONE }, 1, false },
		{ "ORD-WINDOW", { WAVE_NONE, WAVE_NONE }, 0, false },
		{ "ORD-SCRATCH", { WAVE_NONE, WAVE_NONE }, 1, true },
		{ "ORD-PEOPLE", { WAVE_NONE, WAVE_NONE }, 0, true },
		{ "ORD-STATE", { WAVE_NONE, WAVE_NONE }, 1, true },
		{ "ORD-2", { WAVE_NONE, WAVE_NONE }, 1, true },
		{ "OTHER", { WAVE_NONE, WAVE_NONE }, 1, true },
	};
	struct wave_plan plan = { .wave_of = wave_of,
		.begin_minutes = begin,
		.wave = wave,
		.wave_count = 2,
		.unplaced_count = 1,
		.critical = critical,
		.critical_count = 3,
		.lower_bound = 1,
		.is_proven = is_checked,
		.violation = violation,
		.violation_count = is_checked ? ARRAY_LEN(violation) : 0 };
	struct wave_request request;
	struct document *document;

	begin[2] = is_checked ? 155 : 30; /* by hand after its wave is over */
	request_waves(&request);
	request.window = window;
	request.window_count = 2;
	request.order = is_checked ? order : NULL;
	document = waves_document(
		&(struct waves_view){ &request, &plan, sources, unchecked });
	request.order = NULL;
	request.window = NULL;
	request.window_count = 0;
	wave_request_done(&request);
	return document;
}

static struct document *waves_by_hand(void)
{
	return waves_as(true, NULL, 2);
}

static struct document *waves_searched(void)
{
	return waves_as(false, "the plan says no figures", 1);
}

static struct document_case documents[] = {
	DOCUMENT_WHOLE("figures that differ", compared_differs),
	DOCUMENT_WHOLE("figures that are alike", compared_alike),
	DOCUMENT_WHOLE("figures of which nothing can be said", compared_unknown),
	DOCUMENT_WHOLE("moves that mend a plan", moves_that_mend),
	DOCUMENT_WHOLE("moves that bring nothing", moves_for_nothing),
	DOCUMENT_WHOLE("no moves", moves_of_nobody),
	DOCUMENT_WHOLE("a host for one more", added_somewhere),
	DOCUMENT_WHOLE("no host for one more", added_nowhere),
	DOCUMENT_WHOLE("constraints in conflict", packed_in_conflict),
	DOCUMENT_WHOLE("an item that is too large", packed_too_large),
	DOCUMENT_WHOLE("an item that may go nowhere", packed_nowhere_allowed),
	DOCUMENT_WHOLE("items without room", packed_without_room),
	DOCUMENT_WHOLE("a machine that is not ready", validated_failed),
	DOCUMENT_WHOLE("a machine of which little is said", validated_unknown),
	DOCUMENT_WHOLE("a machine of whole megabytes", validated_even),
	DOCUMENT_WHOLE("a runbook of a machine that is not ready", runbook_not_ready),
	DOCUMENT_WHOLE("a runbook that has questions", runbook_with_questions),
	DOCUMENT_WHOLE("a runbook that was written", runbook_written),
	DOCUMENT_PAGE("an order made by hand", waves_by_hand),
	DOCUMENT_PAGE("an order that was searched", waves_searched),
};

int main(void)
{
	return every_format_run("documents placed", documents, ARRAY_LEN(documents));
}
