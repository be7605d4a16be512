/* Every table of the database is written and read; the database is opened, mended, looked at. */
#include "tests/unit/store/each_fault.h"

#include "tests/store_fixture.h"
#include "tests/support.h"

#include "schema/fact.h"
#include "store/db/alerts.h"
#include "store/db/decisions.h"
#include "store/db/events.h"
#include "store/db/exclusions.h"
#include "store/db/facts.h"
#include "store/db/health.h"
#include "store/db/imports.h"
#include "store/db/machines.h"
#include "store/db/plans.h"
#include "store/db/reviews.h"
#include "store/fsck.h"

#include <string.h>
#include <unistd.h>

/* What follows a failure is left out. */
#define THEN(call)                  \
	do {                        \
		if (r >= 0)         \
			r = (call); \
	} while (0)

/* What one table knows: changed in a transaction, then asked for. */
struct table_use {
	int (*write)(struct store *store, int64_t workload, struct err *err);
	int (*read)(struct store *store, int64_t workload, struct err *err);
};

static int counted(int r, size_t count, struct err *err)
{
	return r < 0 || count > 0 ? r : err_set(err, -ENODATA, "nothing is there");
}

/* ---- events, gaps, boots, devices ------------------------------------------------------- */

static char a_kind[] = "test", a_text[] = "x", some_data[] = "{}";

static int write_events(struct store *store, int64_t workload, struct err *err)
{
	struct event event = { .workload_id = workload,
		.at = 5,
		.kind = a_kind,
		.text = a_text,
		.data = some_data };
	struct gap gap = { workload, 10, 20, a_text };
	struct boot boot = { workload, a_text, 3, 5, 9 };
	struct device device = { workload, a_kind, a_text, some_data, 1, 2 };
	int r = store_event_add(store, &event, err);

	THEN(store_event_remove(store, 999, err));
	THEN(store_gap_add(store, &gap, err));
	THEN(store_boot_note(store, &boot, err));
	THEN(store_device_note(store, &device, err));
	return r;
}

static int read_events(struct store *store, int64_t workload, struct err *err)
{
	struct event_list events;
	struct gap_list gaps;
	struct boot_list boots;
	struct device_list devices;
	int r = store_events(store, workload, a_kind, -1, 9999, &events, err);

	if (r == 0) {
		r = counted(r, events.count, err);
		event_list_done(&events);
	}
	if (r == 0 && (r = store_gaps(store, workload, 0, 99, &gaps, err)) == 0) {
		r = counted(r, gaps.count, err);
		gap_list_done(&gaps);
	}
	if (r == 0 && (r = store_boots(store, workload, &boots, err)) == 0) {
		r = counted(r, boots.count, err);
		boot_list_done(&boots);
	}
	if (r == 0 && (r = store_devices(store, workload, &devices, err)) == 0) {
		r = counted(r, devices.count, err);
		device_list_done(&devices);
	}
	return r;
}

/* ---- decisions ------------------------------------------------------------------------- */

static int write_decisions(struct store *store, int64_t workload, struct err *err)
{
	struct decision_mark before, after;
	struct review review = { .workload_id = workload,
		.rule_id = a_text,
		.profile_id = a_text,
		.is_accepted = true,
		.decided_by = a_text,
		.reason = a_text,
		.decided_at = 7 };
	struct exclusion exclusion = { .workload_id = workload,
		.begin = 3000,
		.end = 3001,
		.reason = a_text,
		.excluded_by = a_text,
		.created_at = 8 };
	size_t withdrawn = 0;
	int64_t id = 0;
	int r = store_decision_mark(store, &before, err);

	THEN(store_review_add(store, &review, err));
	THEN(store_exclusion_add(store, &exclusion, &id, err));
	THEN(store_decision_mark(store, &after, err));
	THEN(store_decisions_undo(store, workload, &before, &after, NULL, 9, err));
	THEN(store_review_add(store, &review, err));
	THEN(store_review_withdraw(store, workload, a_text, 10, &withdrawn, err));
	THEN(store_review_withdraw_one(store, 1, 10, err));
	THEN(store_exclusion_add(store, &exclusion, &id, err));
	THEN(store_exclusion_remove(store, id, 10, err));
	THEN(store_exclusion_add(store, &exclusion, &id, err));
	return r;
}

static int read_decisions(struct store *store, int64_t workload, struct err *err)
{
	struct review_list reviews;
	struct exclusion_list held, ever;
	int r = store_reviews(store, workload, &reviews, err);

	if (r == 0) {
		r = counted(r, reviews.count, err);
		review_list_done(&reviews);
	}
	if (r == 0 && (r = store_exclusions(store, workload, &held, err)) == 0) {
		r = counted(r, held.count, err);
		exclusion_list_done(&held);
	}
	if (r == 0 && (r = store_exclusions_ever(store, -1, &ever, err)) == 0) {
		r = counted(r, ever.count, err);
		exclusion_list_done(&ever);
	}
	return r;
}

/* ---- imports --------------------------------------------------------------------------- */

static int write_imports(struct store *store, int64_t workload, struct err *err)
{
	struct import import = { .format = a_kind, .at = 5, .rows = 3 };
	struct import_workload item = {
		.workload_id = workload, .first = 1, .last = 2
	};
	int64_t id = 0;
	int r = store_import_add(store, &import, &id, err);

	import.id = id;
	THEN(store_import_set_counts(store, &import, err));
	THEN(store_import_add_file(store, id, a_text, "abc", 77, err));
	THEN(store_import_add_workload(store, id, &item, err));
	THEN(store_import_add(store, &import, &id, err));
	THEN(store_import_set_undone(store, id, 9, err));
	return r;
}

static int read_imports(struct store *store, int64_t workload, struct err *err)
{
	struct import_list imports;
	struct import_workload_list workloads;
	int64_t id = 0, later = 0;
	int r = store_import_find_file(store, a_kind, "abc", &id, err);

	THEN(store_import_later(store, 0, workload, &later, err));
	if (r == 0 && (r = store_imports(store, &imports, err)) == 0) {
		r = counted(r, imports.count, err);
		import_list_done(&imports);
	}
	if (r == 0 &&
		(r = store_import_workloads(store, later, &workloads, err)) == 0) {
		r = counted(r, workloads.count, err);
		import_workload_list_done(&workloads);
	}
	return r;
}

/* ---- alerts ---------------------------------------------------------------------------- */

static int write_alerts(struct store *store, int64_t workload, struct err *err)
{
	struct alert_excursion excursion = { 3, 9, 0.5, true };
	int64_t id = 0;
	int r = store_alert_state_set(store, workload, 4, "state", 5, err);

	THEN(store_alert_open(
		store, workload, "health", a_text, 3, 0.5, 0.25, a_text, &id, err));
	THEN(store_alert_height(store, id, 0.75, err));
	THEN(store_alert_disqualify(store, id, 4, err));
	THEN(store_alert_excursion(store, id, &excursion, err));
	THEN(store_delivery_add(store, id, "mail", "opened", 3, 0, NULL, err));
	THEN(store_delivery_add(store, id, "webhook", "opened", 3, 0, "why", err));
	THEN(store_delivery_failed(store, 1, 5, "no", err));
	THEN(store_delivery_done(store, 2, 5, err));
	THEN(store_alert_close(store, id, 9, err));
	return r;
}

static int read_alerts(struct store *store, int64_t workload, struct err *err)
{
	struct alert_list alerts;
	struct delivery *due = NULL;
	void *state = NULL;
	size_t size = 0, due_count = 0;
	int64_t number = 0, next = 0;
	int r = store_alert_state_get(store, workload, &number, &state, &size, err);

	free(state);
	if (r == 0 && (r = store_alerts(store, false, 0, &alerts, err)) == 0) {
		r = counted(r, alerts.count, err);
		alert_list_done(&alerts);
	}
	if (r == 0 &&
		(r = store_deliveries_due(store, 99, &due, &due_count, err)) == 0) {
		r = counted(r, due_count, err);
		for (size_t i = 0; i < due_count; i++)
			free(due[i].error);
		free(due);
	}
	THEN(store_deliveries_next(store, &next, err));
	return r;
}

/* ---- facts, health, plans, machines ------------------------------------------------------ */

static int write_facts(struct store *store, int64_t workload, struct err *err)
{
	struct collector_health health = { .workload_id = workload, .pid = 5 };
	struct maintenance window = { .begin_at = 1, .end_at = 2, .reason = a_text };
	struct maintenance_list windows = { .count = 0 };
	int64_t id = 0;
	int r = store_fact_set(
		store, workload, "environment", "test", FACT_ORIGIN_PERSON, 5, err);

	THEN(store_fact_set(store, workload, "role", "x", FACT_ORIGIN_MACHINE, 5, err));
	THEN(store_fact_remove(store, workload, "role", FACT_ORIGIN_MACHINE, err));
	THEN(store_health_set(store, &health, err));
	THEN(store_maintenance_add(store, &window, err));
	THEN(store_maintenance(store, &windows, err));
	if (r >= 0) {
		r = store_maintenance_remove(store, windows.window[0].id, err);
		maintenance_list_done(&windows);
	}
	THEN(store_maintenance_add(store, &window, err));
	THEN(store_meta_set(store, "key", "value", err));
	THEN(store_profile_used(store, "p", "hash", 5, err));
	THEN(store_plan_add(store, 5, "p", "peak", "{}", &id, err));
	return r;
}

static int read_facts(struct store *store, int64_t workload, struct err *err)
{
	struct collector_health health;
	struct fact_list facts;
	struct maintenance_list windows;
	char *value = NULL;
	int r = store_health_get(store, workload, &health, err);

	if (r == 0 && (r = store_facts(store, workload, &facts, err)) == 0) {
		r = counted(r, facts.count, err);
		fact_list_done(&facts);
	}
	if (r == 0 && (r = store_maintenance(store, &windows, err)) == 0) {
		r = counted(r, windows.count, err);
		maintenance_list_done(&windows);
	}
	THEN(store_meta_get(store, "key", &value, err));
	free(value);
	return r;
}

static int read_plans(struct store *store, int64_t workload, struct err *err)
{
	struct kept_plan_list plans;
	char *newest = NULL, *text = NULL;
	int r = store_plans(store, &plans, err);

	(void)workload;
	if (r == 0) {
		r = counted(r, plans.count, err);
		kept_plan_list_done(&plans);
	}
	THEN(store_plan_newest(store, &newest, err));
	THEN(store_plan_text(store, 1, &text, err));
	free(newest);
	free(text);
	return r;
}

static const char machine_text[] =
	"{\"schema\":\"headroom/machine/1\",\"name\":\"%s\",\"general\":{\"vendor\":"
	"\"%s\",\"cores\":4},\"software\":{\"packages\":[{\"name\":\"bash\","
	"\"version\":\"%s\"},{\"name\":\"%s\",\"version\":\"1\"}]}}";

static int take_machine(
	struct store *store, int64_t workload, const char *word, struct err *err)
{
	struct machine machine;
	struct json_doc doc;
	char text[sizeof(machine_text) + 40];
	size_t changes = 0;
	int r;

	snprintf(text, sizeof(text), machine_text, word, word, word, word);
	r = json_doc_parse("m.json", text, strlen(text), &doc, err);
	if (r < 0)
		return r;
	r = machine_parse(&doc, &machine, err);
	json_doc_done(&doc);
	if (r < 0)
		return r;
	r = store_machine_take(store, workload, &machine, 5, &changes, err);
	machine_done(&machine);
	return r;
}

static int write_machines(struct store *store, int64_t workload, struct err *err)
{
	int r = take_machine(store, workload, "one", err);

	THEN(take_machine(store, workload, "two", err));
	return r;
}

static int read_machines(struct store *store, int64_t workload, struct err *err)
{
	struct machine machine;
	int r = store_machine_get(store, workload, &machine, err);

	if (r == 0)
		machine_done(&machine);
	return r;
}

/* ---- workloads ------------------------------------------------------------------------- */

static int write_workloads(struct store *store, int64_t workload, struct err *err)
{
	struct workload made;
	int r = store_workload_ensure(
		store, "made", ORIGIN_IMPORTED, 300, 0, &made, err);

	if (r < 0)
		return r;
	THEN(store_workload_set_span(store, made.id, 0, 0, err));
	THEN(store_workload_set_origin(store, made.id, "id", "there", err));
	THEN(store_archive_note(store, made.id, "cpu", err));
	THEN(store_workload_rename(store, workload, "renamed", err));
	THEN(store_workload_rename(store, workload, "a", err));
	workload_done(&made);
	/* of one without rows the step follows */
	THEN(store_workload_ensure(store, "made", ORIGIN_IMPORTED, 60, 0, &made, err));
	if (r < 0)
		return r;
	THEN(store_workload_forget(store, made.id, err));
	workload_done(&made);
	return r;
}

static int read_workloads(struct store *store, int64_t workload, struct err *err)
{
	struct workload found;
	struct workload_list list;
	int r = store_workload_by_folder(store, "a", &found, err);

	(void)workload;
	if (r == -ENOENT && !err->text[0])
		return err_set(err, r, "no such folder");
	if (r < 0)
		return r;
	workload_done(&found);
	r = store_workloads(store, &list, err);
	if (r == 0) {
		r = counted(r, list.count, err);
		workload_list_done(&list);
	}
	return r;
}

/* ---- one transaction and one reading ------------------------------------------------------ */

static int use_table(const char *dir, const void *what, struct err *err)
{
	const struct table_use *use = what;
	struct store *store = NULL;
	struct workload workload;
	int r = store_open(dir, &store, err);

	if (r < 0)
		return r;
	r = store_workload_get(store, "a", &workload, err);
	if (r == 0) {
		if (use->write) {
			THEN(store_begin(store, 0, err));
			THEN(use->write(store, workload.id, err));
			THEN(store_commit(store, err));
			store_rollback(store);
		}
		if (use->read)
			THEN(use->read(store, workload.id, err));
		workload_done(&workload);
	}
	store_close(store);
	return r < 0 ? r : 0;
}

/* A store with a workload and a row in each table. */
static void one_workload(const char *dir)
{
	static const struct table_use all[] = { { write_events, NULL },
		{ write_decisions, NULL }, { write_imports, NULL },
		{ write_alerts, NULL }, { write_facts, NULL },
		{ write_machines, NULL } };
	struct err err = ERR_INIT;

	store_fixture_import(dir, "a", 1, 3000, 4, 0);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		store_fixture_ok(use_table(dir, &all[i], &err), &err);
}

/* ---- the database itself ------------------------------------------------------------------ */

static int begin_and_commit(const char *dir, const void *what, struct err *err)
{
	struct store *store = NULL;
	int r = store_open(dir, &store, err);

	(void)what;
	if (r < 0)
		return r;
	THEN(store_begin(store, 0, err));
	THEN(store_event_add(store,
		&(struct event){ .at = 5, .kind = a_kind, .text = a_text }, err));
	THEN(store_commit(store, err));
	store_close(store);
	return r;
}

static int only_read(const char *dir, const void *what, struct err *err)
{
	struct store *store = NULL;
	struct workload_list list;
	int r = store_open(dir, &store, err);

	(void)what;
	if (r < 0)
		return r;
	r = store_workloads(store, &list, err);
	if (r == 0)
		workload_list_done(&list);
	store_close(store);
	return r;
}

static int only_fsck(const char *dir, const void *what, struct err *err)
{
	struct store *store = NULL;
	struct fsck_report report;
	int r = store_open(dir, &store, err);

	(void)what;
	if (r < 0)
		return r;
	r = fsck_run(store, 0, &report, err);
	if (r == 0)
		fsck_report_done(&report);
	store_close(store);
	return r;
}

static void overwritten(const char *dir, const char *name)
{
	static const char noise[] = "this is not a database at all, not even nearly";
	char path[PATH_MAX];

	store_fixture_path(dir, name, path);
	store_fixture_overwrite(path, 0, noise, sizeof(noise));
}

static void a_damaged_database(const char *dir)
{
	one_workload(dir);
	overwritten(dir, "headroom.db");
}

static void no_database_and_no_backup(const char *dir)
{
	static const char *const gone[] = { "headroom.db", "headroom.db.backup",
		"headroom.db-wal", "headroom.db-shm" };
	char path[PATH_MAX];

	one_workload(dir);
	for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
		store_fixture_path(dir, gone[i], path);
		unlink(path);
	}
}

static void a_damaged_database_and_backup(const char *dir)
{
	a_damaged_database(dir);
	overwritten(dir, "headroom.db.backup");
}

static void a_lost_database(const char *dir)
{
	static const char *const gone[] = { "headroom.db", "headroom.db-wal",
		"headroom.db-shm" };
	char path[PATH_MAX];

	one_workload(dir);
	for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
		store_fixture_path(dir, gone[i], path);
		unlink(path);
	}
}

/* A page within: only a check meets it. */
static void a_damaged_page(const char *dir)
{
	char path[PATH_MAX], noise[8192];

	one_workload(dir);
	memset(noise, 0x5a, sizeof(noise));
	store_fixture_sql(dir, "PRAGMA wal_checkpoint(TRUNCATE)");
	store_fixture_path(dir, "headroom.db", path);
	store_fixture_overwrite(path, 8 * 4096, noise, sizeof(noise));
}

static void an_older_version(const char *dir)
{
	one_workload(dir);
	store_fixture_sql(dir, "DROP TABLE machines; PRAGMA user_version = 3");
}

/* More than ours: each object is looked for. */
static void one_index_more(const char *dir)
{
	one_workload(dir);
	store_fixture_sql(dir, "CREATE INDEX of_another ON events (text)");
}

static const struct table_use events = { write_events, read_events },
			      decisions = { write_decisions, read_decisions },
			      imports = { write_imports, read_imports },
			      alerts = { write_alerts, read_alerts },
			      facts = { write_facts, read_facts },
			      plans = { NULL, read_plans },
			      machines = { write_machines, read_machines },
			      workloads = { write_workloads, read_workloads };

struct fault_scenario each_fault_database[] = {
	{ "a first transaction", NULL, begin_and_commit, NULL, NULL, ALL_FAULTS, true },
	{ "reading", one_workload, only_read, NULL, NULL, ALL_FAULTS, true },
	{ "events, gaps, boots, devices", one_workload, use_table, &events, NULL,
		PLAIN_FAULTS, true },
	{ "decisions", one_workload, use_table, &decisions, NULL, PLAIN_FAULTS, true },
	{ "imports", one_workload, use_table, &imports, NULL, PLAIN_FAULTS, true },
	{ "alerts", one_workload, use_table, &alerts, NULL, PLAIN_FAULTS, true },
	{ "facts and health", one_workload, use_table, &facts, NULL, PLAIN_FAULTS,
		true },
	{ "plans", one_workload, use_table, &plans, NULL, PLAIN_FAULTS, true },
	{ "machines", one_workload, use_table, &machines, NULL, PLAIN_FAULTS, true },
	{ "workloads", one_workload, use_table, &workloads, NULL, PLAIN_FAULTS, true },
	{ "a damaged database is read", a_damaged_database, only_read, NULL, NULL,
		ALL_FAULTS, true },
	{ "a damaged database and backup are read", a_damaged_database_and_backup,
		only_read, NULL, NULL, ALL_FAULTS, true },
	{ "a damaged database is mended", a_damaged_database, begin_and_commit, NULL,
		NULL, ALL_FAULTS, true },
	{ "a damaged database without a sound backup", a_damaged_database_and_backup,
		begin_and_commit, NULL, NULL, ALL_FAULTS, true },
	{ "a damaged page is mended", a_damaged_page, begin_and_commit, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "a lost database", a_lost_database, begin_and_commit, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "a lost database without a backup", no_database_and_no_backup,
		begin_and_commit, NULL, NULL, PLAIN_FAULTS, true },
	{ "an older version is read", an_older_version, only_read, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "an older version is written", an_older_version, begin_and_commit, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "an index more", one_index_more, begin_and_commit, NULL, NULL, ALL_FAULTS,
		true },
	{ "fsck", one_workload, only_fsck, NULL, NULL, ALL_FAULTS, true },
	{ "fsck of a damaged page", a_damaged_page, only_fsck, NULL, NULL, ALL_FAULTS,
		true },
};
const size_t each_fault_database_count = ARRAY_LEN(each_fault_database);
