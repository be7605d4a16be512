/* What is said of machines, alerts, imports and repairs, whole: every figure is another one,
 * so that none can stand in another's place.  Beside each case what a reader has to find. */
#include "tests/every_format.h"
#include "tests/support.h"

#include "analyze/report/alerts_document.h"
#include "analyze/report/check_document.h"
#include "analyze/report/first_look_document.h"
#include "analyze/report/fsck_document.h"
#include "analyze/report/graph_document.h"
#include "analyze/report/import_document.h"
#include "analyze/report/runbook_document.h"
#include "analyze/report/sparks_document.h"
#include "analyze/report/status_document.h"
#include "analyze/report/validate_document.h"
#include "analyze/report/watch_document.h"
#include "analyze/import/import.h"
#include "analyze/import/import_store.h"

#include <math.h>
#include <string.h>

#define T0 1772323200 /* 2026-03-01T00:00:00Z */
#define GB 1073741824.0

static char text_web[] = "web", text_erp[] = "erp", text_crm[] = "crm";
static struct workload workload_web = { .id = 1,
	.name = text_web,
	.step_s = 60,
	.origin = ORIGIN_SAMPLED,
	.last = T0 + 900 };
static struct workload workload_erp = { .id = 2,
	.name = text_erp,
	.step_s = 300,
	.origin = ORIGIN_SAMPLED,
	.last = T0 + 9000 };

/* ---- alerts ---------------------------------------------------------------------------- */

/* Closed and sent; open and waiting; serious and held back; nobody to tell. */
static struct document *alerts_sent(void)
{
	static char kind[] = "cpu_steal", none[] = "", disk[] = "/srv", mhz[] = "mhz",
		    ratio[] = "ratio", bytes[] = "bytes", error[] = "no answer";
	static struct alert_excursion excursion = { T0 + 60, T0 + 120, 2500, true };
	static struct delivery sent = { .channel = "mail",
		.occasion = "opened",
		.attempts = 2,
		.delivered_at = T0 + 30 };
	static struct delivery waits[] = { { .channel = "webhook",
						   .occasion = "opened",
						   .attempts = 3,
						   .next_try_at = T0 + 600,
						   .error = error },
		{ .channel = "journal", .occasion = "opened", .delivered_at = T0 } };
	static struct delivery held = {
		.channel = "mail", .occasion = "disqualified", .given_up_at = T0 + 7
	};
	static struct alert alert[] = {
		{ 5, 1, text_web, kind, none, mhz, T0, 0, T0 + 300, 2500, 1800,
			&excursion, 1, &sent, 1 },
		{ 6, 1, text_erp, kind, disk, ratio, T0 + 60, 0, 0, 0.975, 0.9, NULL, 0,
			waits, 2 },
		{ 7, 2, text_erp, kind, none, bytes, T0 + 120, T0 + 240, 0, 5 * GB,
			3 * GB, NULL, 0, &held, 1 },
		{ 8, 2, text_crm, kind, none, bytes, T0 + 180, T0 + 360, T0 + 420,
			7 * GB, 6 * GB, NULL, 0, NULL, 0 },
	};
	static const struct alert_list list = { alert, ARRAY_LEN(alert) };

	return alerts_document(&list);
}

static struct document *windows_of_maintenance(void)
{
	static char why[] = "new disk";
	static struct maintenance window = { 3, 1, T0 + 60, T0 + 7200, why };
	static const struct maintenance_list list = { &window, 1 };

	return maintenance_document(&list);
}

static struct document *check_of_nobody(void)
{
	static const struct check_view view = {
		.code = 2, .text = "the collector is silent", .details = "one\n\nthree"
	};

	return check_document(&view);
}

/* ---- a store that was repaired --------------------------------------------------------- */

static struct document *fsck_found(void)
{
	static char first[] = "rrd/web/cpu.rrd", second[] = "headroom.db",
		    why[] = "its header is gone";
	static struct fsck_item item[] = { { first, FSCK_LOST, why },
		{ second, FSCK_REBUILT, NULL } };
	static const struct fsck_report report = { .item = item,
		.count = 2,
		.whole = 9,
		.rebuilt = 1,
		.lost = 3,
		.bytes_read = 4096,
		.rows_checked = 70,
		.rows_unchecked = 8 };

	return fsck_document(&report);
}

/* ---- this machine ---------------------------------------------------------------------- */

static struct document *look_at(const char *json, const char *prefix)
{
	static const struct first_look_history history[] = {
		{ "/var/log/sa", "sysstat" }, { "/var/lib/pcp", "PCP" }
	};
	struct machine machine;
	struct json_doc doc;
	struct document *document;
	struct err err = ERR_INIT;

	if (json_doc_parse("m.json", json, strlen(json), &doc, &err) < 0 ||
		machine_parse(&doc, &machine, &err) < 0)
		fail_msg("%s", err.text);
	document = first_look_machine(&machine, history, *prefix ? 2 : 0, "/data");
	machine_done(&machine);
	json_doc_done(&doc);
	return document;
}

/* 4 cores of 2.4 GHz, 8 GB; disks of 40 and 60 GB and one whose size nobody says; links of
 * 1000 and 100 Mb/s. */
static struct document *first_look_of_all(void)
{
	return look_at(
		"{\"schema\":\"headroom/machine/1\",\"name\":\"erp\",\"kind\":\"vm\","
		"\"hypervisor\":\"kvm\",\"os\":{\"name\":\"Debian 12\",\"kernel\":"
		"\"6.1\"},\"general\":{\"processor\":\"Xeon\",\"cores\":4,"
		"\"threads\":8,\"core_mhz\":2400,\"memory_bytes\":8589934592},\"storage\":"
		"{\"disks\":[{\"device\":\"sda\",\"bytes\":42949672960},"
		"{\"device\":\"sdb\",\"bytes\":64424509440},{\"device\":\"sdc\"}]},"
		"\"network\":[{\"name\":\"eth0\",\"speed_mbps\":1000},"
		"{\"name\":\"eth1\",\"speed_mbps\":100},{\"name\":\"eth2\"}]}",
		"history");
}

/* Hardware of which little is known: nothing unknown is a number, and 1 Mb/s is a speed. */
static struct document *first_look_of_little(void)
{
	return look_at("{\"schema\":\"headroom/machine/1\",\"name\":\"erp\",\"kind\":"
		       "\"physical\",\"storage\":{\"disks\":[{\"device\":\"sda\"}]},"
		       "\"network\":[{\"name\":\"eth0\",\"speed_mbps\":1}]}",
		"");
}

static struct document *first_look_of_nothing(void)
{
	return first_look_machine(NULL, NULL, 0, "/data");
}

/* ---- as it goes ------------------------------------------------------------------------ */

/* Of 8 GB 7.5 are used, of 4 x 2000 MHz 1000; the others are measured by their day. */
static struct watch_view watch_of(void)
{
	static const struct live_figures live = { T0 + 17, 10,
		{ 7.5 * GB, 1000, 3e6, 5e6, 70, 0.01, 0.02, 0.03 } };
	struct watch_view view = { .name = text_erp,
		.live = &live,
		.has = { 8 * GB, 4, 2000 },
		.is_silent = true,
		.today = { .hour = { 7.6 * GB, 1500, 4e6, 6e6, 80 },
			.day = { 7.7 * GB, 3000, 6e6, 5.1e6, 280 } } };

	for (int r = 0; r < RESOURCE_COUNT; r++)
		for (int i = 0; i < WATCH_COURSE; i++)
			view.course[r][i] = i == r ? NAN : (float)(i * (r + 1) % 5);
	return view;
}

static struct document *watch_of_all(void)
{
	struct watch_view view = watch_of();

	return watch_document(&view);
}

static struct document *watch_of_a_tick(void)
{
	struct watch_view view = watch_of();

	return watch_line_document(&view);
}

/* The highest of each fortieth, in eight heights; the second is known from later on. */
static struct document *sparks_of_two(void)
{
	static struct outline outline[2] = { { .from = T0 + 86400,
						     .to = T0 + 3 * 86400 },
		{ .from = T0, .to = T0 + 2 * 86400 } };
	const struct workload *chosen[] = { &workload_erp, &workload_web };
	const struct estate estate = { .chosen = chosen, .count = 2 };

	for (int w = 0; w < 2; w++) {
		for (size_t i = 0; i < OUTLINE_COLUMNS; i++) {
			outline[w].course[RESOURCE_CPU].high[i] = (float)(i * i % 977);
			outline[w].course[RESOURCE_DISK_OPS].high[i] =
				w && i < OUTLINE_COLUMNS / 2 ? NAN : (float)i;
		}
		outline[w].course[RESOURCE_CPU].is_known = true;
		outline[w].course[RESOURCE_DISK_OPS].is_known = true;
	}
	return sparks_document(&estate, outline);
}

static struct document *graph_over(int64_t length_s)
{
	struct outline_course course = { .is_known = true };

	for (size_t i = 0; i < OUTLINE_COLUMNS; i++) {
		course.low[i] = (float)(i % 7);
		course.mean[i] = (float)(i % 7 + 10);
		course.high[i] = (float)(i % 7 + 20);
	}
	return graph_document("web", "cpu", UNIT_MHZ, &course, T0, T0 + length_s);
}

/* Clocks below an hour, days and clocks below four days, days from then on. */
static struct document *graph_of_an_hour(void)
{
	return graph_over(3599);
}

static struct document *graph_of_four_days(void)
{
	return graph_over(4 * 86400 - 1);
}

static struct document *status_with_disk_for(double days)
{
	static const struct workload *const chosen[] = { &workload_web, &workload_erp };
	static struct workload_judgement judged[2];
	static const struct gap_list gaps[2];
	const struct status status = { .data_dir = "data",
		.now = T0,
		.chosen = chosen,
		.judged = judged,
		.gaps = gaps,
		.count = 2,
		.health = { .workload_id = 0,
			.pid = 4711,
			.last = T0 - 10,
			.ticks = 120,
			.stored = 110,
			.pending = 10,
			.dropped = 3,
			.late = 2,
			.restarts = 1,
			.disk_left_days = days },
		.has_health = true,
		.is_running = true,
		.is_failing = true };

	for (int w = 0; w < 2; w++)
		for (int r = 0; r < RESOURCE_COUNT; r++)
			peak_absent(&judged[w].peaks.resource[r]);
	judged[0].peaks.resource[RESOURCE_MEMORY].is_counted = true;
	for (int w = 0; w < 2; w++) {
		judged[w].is_judged = true;
		judged[w].peaks.to = T0 - 300;
		judged[w].coverage.period.from = T0 - 30 * 86400;
		judged[w].coverage.period.to = T0 - 300;
		judged[w].coverage.period.count = 30 * 288 - 1;
		judged[w].coverage.coverage = w ? 0.55 : 0.97;
		judged[w].coverage.gaps = 3 + (size_t)w;
		judged[w].coverage.unknown_s = 4000 + w;
	}
	judged[0].sufficiency.grade = GRADE_FULL;
	judged[1].sufficiency.grade = GRADE_MINIMUM;
	return status_document(&status);
}

static struct document *status_of_a_daemon(void)
{
	return status_with_disk_for(11.4);
}

/* A day and a half are told as two, what is less as one. */
static struct document *status_of_two_days(void)
{
	return status_with_disk_for(1.5);
}

static struct document *status_of_a_day(void)
{
	return status_with_disk_for(1.49);
}

/* ---- imports --------------------------------------------------------------------------- */

static const struct importer *importer_called(const char *name)
{
	for (size_t i = 0; i < importer_count; i++) {
		if (strcmp(importer_table[i]->name, name) == 0)
			return importer_table[i];
	}
	return NULL;
}

static void fill_files(struct import_file file[3])
{
	static char from[] = "%usr", other[] = "kbavail", why[] = "a sum of others",
		    warning[] = "two clocks", reason[] = "line 7: no number";
	static struct account_mapped mapped[] = { { from, "cpu_busy_ratio", 41 } };
	static struct account_ignored ignored[] = { { other, why } };
	static char *warnings[] = { warning };

	file[0] = (struct import_file){ .path = "in/2026/a.csv",
		.bytes = 1234,
		.hash = "00000000000000aa",
		.importer = importer_called("csv"),
		.account = { .zone = "Europe/Berlin",
			.readings = 41,
			.facts = 7,
			.unknown = 12,
			.resets = 13,
			.mapped = mapped,
			.mapped_count = 1,
			.mapped_left_out = 20,
			.ignored = ignored,
			.ignored_count = 1,
			.ignored_left_out = 30,
			.warning = warnings,
			.warning_count = 1 } };
	file[1] = (struct import_file){ .path = "in/2026/b.txt",
		.bytes = 55,
		.hash = "00000000000000bb",
		.account = { .ignored = ignored, .ignored_count = 1 } };
	file[2] = (struct import_file){ .path = "in/2027/c.csv",
		.bytes = 66,
		.hash = "00000000000000cc",
		.importer = importer_called("csv"),
		.is_refused = true,
		.reason = reason };
}

/* Three files below one folder: of one all is ours, of one nothing, one is refused. */
static struct document *import_of(const char *format, bool is_changed)
{
	static char remark[] = "web: memory over its size";
	static char *remarks[] = { remark };
	static struct import_file file[3];
	static struct import_item item[3];
	struct import_report report = { .id = is_changed ? 9 : 0,
		.rows = 50,
		.repeated = 4,
		.conflicting = 3,
		.repaired = 2,
		.refused = 1,
		.shared = 6,
		.shifted = 5,
		.unordered = 8,
		.remarks = { .warning = remarks, .warning_count = 1 },
		.file = file,
		.files = 3,
		.item = item,
		.items = is_changed ? 3 : 1 };

	fill_files(file);
	item[0] = (struct import_item){ .name = text_web,
		.is_new = is_changed,
		.rows = 21,
		.repeated = 22,
		.merged = { .step_s = 60,
			.phase_s = 7,
			.brought_first = T0,
			.brought_last = T0 + 600,
			.conflicting = 1,
			.resizes = 1 } };
	item[1] = (struct import_item){ .name = text_erp,
		.rows = 31,
		.repeated = 32,
		.conflicting = 33,
		.merged = { .step_s = 300,
			.brought_first = T0 + 300,
			.brought_last = T0 + 900,
			.slots = 34,
			.shared = 35,
			.shifted = 36,
			.is_changed = true,
			.resizes = 2,
			.resizes_left_out = 3 } };
	item[2] = (struct import_item){ .name = text_crm, .rows = 37 };
	return import_document(format, &report);
}

static struct document *import_of_files(void)
{
	return import_of("auto", true);
}

/* What is stored was kept: how many rows stand against it. */
static struct document *import_in_conflict(void)
{
	return import_of("csv", false);
}

static struct document *import_of_no_rows(void)
{
	static const struct import_report report = { .file = NULL };

	return import_document("csv", &report);
}

static struct document *import_of_stores(void)
{
	static char refused[] = "/mnt/c: no store";
	static char *refusals[] = { refused };
	static struct import_store_item item[] = {
		{ text_web, "/mnt/a", true, 2, 40, { .notes = 3, .exclusions = 4 } },
		{ text_erp, "/mnt/b", false, 1, 60, { .reviews = 5 } },
		{ text_crm, "/mnt/b", false, 0, 0, { .notes = 0 } },
	};
	static const struct import_store_report report = { 7, 2, item, ARRAY_LEN(item),
		1, refusals, 1 };

	return import_store_document(&report);
}

/* One archive and one event; nothing was decided there. */
static struct document *import_of_a_store_of_one(void)
{
	static struct import_store_item item = { text_erp, "/mnt/b", false, 1, 60,
		{ .notes = 1 } };
	static const struct import_store_report report = {
		.id = 8, .stores = 1, .item = &item, .items = 1
	};

	return import_store_document(&report);
}

static struct document *import_of_a_store_refused(void)
{
	static char refused[] = "/mnt/c: no store";
	static char *refusals[] = { refused };
	static const struct import_store_report report = {
		.stores = 1, .refused = refusals, .refusals = 1
	};

	return import_store_document(&report);
}

static struct document *import_taken_back(void)
{
	return import_undo_document(4, 2, 1);
}

static struct document_case documents[] = {
	DOCUMENT_WHOLE("alerts and who was told", alerts_sent),
	DOCUMENT_WHOLE("maintenance", windows_of_maintenance),
	DOCUMENT_WHOLE("a plugin without figures", check_of_nobody),
	DOCUMENT_WHOLE("a store that was repaired", fsck_found),
	DOCUMENT_WHOLE("a machine", first_look_of_all),
	DOCUMENT_WHOLE("a machine of which little is known", first_look_of_little),
	DOCUMENT_WHOLE("a machine that cannot be read", first_look_of_nothing),
	DOCUMENT_WHOLE("now, beside the day", watch_of_all),
	DOCUMENT_WHOLE("now, as a line", watch_of_a_tick),
	DOCUMENT_WHOLE("courses of two", sparks_of_two),
	DOCUMENT_PAGE("a graph of less than an hour", graph_of_an_hour),
	DOCUMENT_PAGE("a graph of less than four days", graph_of_four_days),
	DOCUMENT_PAGE("a daemon that runs", status_of_a_daemon),
	DOCUMENT_WHOLE("a disk for two days", status_of_two_days),
	DOCUMENT_WHOLE("a disk for a day", status_of_a_day),
	DOCUMENT_WHOLE("three files", import_of_files),
	DOCUMENT_WHOLE("an import against what is stored", import_in_conflict),
	DOCUMENT_WHOLE("an import of nothing", import_of_no_rows),
	DOCUMENT_WHOLE("two stores", import_of_stores),
	DOCUMENT_WHOLE("a store of one workload", import_of_a_store_of_one),
	DOCUMENT_WHOLE("a store that is refused", import_of_a_store_refused),
	DOCUMENT_WHOLE("an import that is taken back", import_taken_back),
};

int main(void)
{
	return every_format_run("documents whole", documents, ARRAY_LEN(documents));
}
