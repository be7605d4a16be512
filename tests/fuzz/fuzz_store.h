/* A database with a row or two of everything, and all that reads it. */
#ifndef TESTS_FUZZ_FUZZ_STORE_H
#define TESTS_FUZZ_FUZZ_STORE_H

#include "tests/fuzz/fuzz_edit.h"
#include "tests/fuzz/fuzz_folder.h"

#include "common/util.h"
#include "store/db/alerts.h"
#include "store/db/events.h"
#include "store/db/exclusions.h"
#include "store/db/facts.h"
#include "store/db/health.h"
#include "store/db/imports.h"
#include "store/db/machines.h"
#include "store/db/plans.h"
#include "store/db/reviews.h"
#include "store/db/workloads.h"
#include "store/store.h"

#include <sqlite3.h>

#define FUZZ_STORE_NOW 1700000000

static inline void fuzz_sql(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		abort();
}

/* ---- SQLite's memory: its own code is not what is looked at, and malloc of the sanitizer
 * takes most of the time otherwise ------------------------------------------------------- */

enum { POOL_BYTES = 256 << 20, POOL_CLASSES = 28 };

struct fuzz_piece {
	uint64_t size; /* a power of two, without this */
	struct fuzz_piece *next;
};

static char *fuzz_pool;
static size_t fuzz_pool_used;
static struct fuzz_piece *fuzz_pool_free[POOL_CLASSES];

static inline unsigned fuzz_pool_class(int size)
{
	return size <= 16 ? 4 : 32 - (unsigned)__builtin_clz((unsigned)size - 1);
}

static inline void *fuzz_pool_malloc(int size)
{
	unsigned class = fuzz_pool_class(size);
	struct fuzz_piece *piece;

	if (class >= POOL_CLASSES)
		return NULL;
	piece = fuzz_pool_free[class];
	if (piece) {
		fuzz_pool_free[class] = piece->next;
	} else if (POOL_BYTES - fuzz_pool_used >= ((size_t)1 << class) + 16) {
		piece = (struct fuzz_piece *)(void *)(fuzz_pool + fuzz_pool_used);
		piece->size = (uint64_t)1 << class;
		fuzz_pool_used += ((size_t)1 << class) + 16;
	}
	return piece ? (char *)piece + 16 : NULL;
}

static inline int fuzz_pool_size(void *memory)
{
	uint64_t size = 0;

	if (memory)
		memcpy(&size, (char *)memory - 16, sizeof(size));
	return (int)size;
}

static inline void fuzz_pool_give_back(void *memory)
{
	struct fuzz_piece *piece = (void *)((char *)memory - 16);
	unsigned class = fuzz_pool_class((int)piece->size);

	piece->next = fuzz_pool_free[class];
	fuzz_pool_free[class] = piece;
}

static inline void *fuzz_pool_realloc(void *memory, int size)
{
	void *grown = fuzz_pool_malloc(size);
	int old = fuzz_pool_size(memory);

	if (grown) {
		memcpy(grown, memory, (size_t)(old < size ? old : size));
		fuzz_pool_give_back(memory);
	}
	return grown;
}

static inline int fuzz_pool_roundup(int size)
{
	return 1 << fuzz_pool_class(size);
}

static inline int fuzz_pool_init(void *data)
{
	(void)data;
	fuzz_pool = malloc(POOL_BYTES);
	return fuzz_pool ? SQLITE_OK : SQLITE_NOMEM;
}

static inline void fuzz_pool_shutdown(void *data)
{
	(void)data;
	free(fuzz_pool);
}

static inline void fuzz_sqlite_pools(void)
{
	static sqlite3_mem_methods methods = { fuzz_pool_malloc, fuzz_pool_give_back,
		fuzz_pool_realloc, fuzz_pool_size, fuzz_pool_roundup, fuzz_pool_init,
		fuzz_pool_shutdown, NULL };

	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

/* ---- the database ------------------------------------------------------------------------ */

/* <folder>/headroom.db with small pages, at rest. */
static inline void fuzz_store_make(void)
{
	static const char rows[] =
		"INSERT INTO workloads (id, name, folder, source, step_s, first_at, last_at)"
		" VALUES (1, 'w', 'w', 'sampled', 10, 1699990000, 1700000000),"
		" (2, 'v', 'v', 'imported', 300, 1699000200, 1699999800);"
		"INSERT INTO meta VALUES ('k', 'v');"
		"INSERT INTO archives VALUES (1, 'cpu', NULL), (2, 'memory', 'ab');"
		"INSERT INTO workload_facts VALUES (1, 'memory_bytes', '8', 'person', 5);"
		"INSERT INTO devices VALUES (1, 'net', 'eth0', '{}', 1, 2);"
		"INSERT INTO boots VALUES (1, 'b', 1, 2, 3);"
		"INSERT INTO gaps VALUES (1, 1699991000, 1699992000, 'restart');"
		"INSERT INTO events VALUES (1, 1, 1699990000, 'start', 'it', '{}'),"
		" (2, NULL, 5, 'damage', 'x', NULL);"
		"INSERT INTO alerts (id, workload_id, kind, opened_at, height, limit_value,"
		" unit) VALUES (1, 1, 'memory_limit', 1699990000, 5.5, 4.5, 'bytes');"
		"INSERT INTO alert_excursions VALUES (1, 1, 2, 3.5, 'short');"
		"INSERT INTO deliveries (alert_id, channel, occasion, created_at) VALUES"
		" (1, 'webhook', 'opened', 5);"
		"INSERT INTO alert_state VALUES (1, 5, x'00');"
		"INSERT INTO reviews (workload_id, rule_id, decision, decided_by, reason,"
		" decided_at) VALUES (1, 'HWL-1', 'accept', 'me', 'so', 5);"
		"INSERT INTO exclusions (workload_id, begin_at, end_at, reason, created_at)"
		" VALUES (1, 1699990100, 1699990200, 'test', 5);"
		"INSERT INTO plans (created_at, profile_id, demand, json) VALUES"
		" (5, 'p', 'peak', '{\"hosts\":[],\"workloads\":[],\"unplaced\":[]}');"
		"INSERT INTO imports (id, format, at) VALUES (1, 'csv', 5);"
		"INSERT INTO import_files VALUES (1, 'a.csv', 'ab', 5);"
		"INSERT INTO import_workloads VALUES (1, 2, 1, 2, 3, 1, 0, 0);"
		"INSERT INTO collector_health VALUES"
		" (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1.5, 12);"
		"INSERT INTO maintenance (begin_at, end_at, reason) VALUES (1, 2, 'm');"
		"INSERT INTO pending_files VALUES (1, 'incoming/1/0.rrd', 'rrd/v/memory.rrd');"
		"INSERT INTO machines VALUES (1, 5, 5, '{\"schema\":\"headroom/machine/1\","
		"\"name\":\"w\"}');";
	char path[FUZZ_FOLDER_BYTES + 16];
	struct store *store = NULL;
	sqlite3 *db = NULL;

	fuzz_sqlite_pools();
	if (store_open(fuzz_folder(), &store, NULL) < 0 ||
		store_begin(store, 0, NULL) < 0 || store_commit(store, NULL) < 0)
		abort();
	store_close(store);
	snprintf(path, sizeof(path), "%s/headroom.db", fuzz_folder());
	if (sqlite3_open(path, &db) != SQLITE_OK)
		abort();
	fuzz_sql(db, rows);
	fuzz_sql(db, "PRAGMA journal_mode = DELETE");
	fuzz_sql(db, "PRAGMA page_size = 512; VACUUM");
	sqlite3_close(db);
}

/* What of it an input has to do with: a bit for each reader. */
#define FUZZ_READ_ALL UINT64_MAX

static inline void fuzz_needs(const char *text)
{
	if (!text)
		abort();
}

static inline int fuzz_read_workloads(struct store *store, struct err *err)
{
	struct workload_list list;
	int r = store_workloads(store, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++) {
		const struct workload *w = &list.workload[i];
		int64_t first, last;
		struct series series;

		if (w->step_s == 0 || w->phase_s < 0 ||
			(unsigned)w->phase_s >= w->step_s)
			abort();
		(void)strlen(w->name), (void)strlen(w->folder);
		(void)workload_origin_name(w->origin);
		if (store_series_bounds(
			    store, w, "memory", "used", 0, &first, &last, NULL) == 0)
			continue;
		if (store_read_series(store, w, "memory", "used", 0,
			    w->last - w->step_s, w->last, &series, NULL) == 0)
			series_done(&series);
	}
	if (r == 0)
		workload_list_done(&list);
	return r;
}

static inline int fuzz_read_events(struct store *store, struct err *err)
{
	struct event_list list;
	int r = store_events(store, 0, NULL, INT64_MIN, INT64_MAX, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		fuzz_needs(list.event[i].kind), fuzz_needs(list.event[i].text);
	if (r == 0)
		event_list_done(&list);
	return r;
}

static inline int fuzz_read_gaps(struct store *store, struct err *err)
{
	struct gap_list list;
	int r = store_gaps(store, 1, INT64_MIN, INT64_MAX, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		fuzz_needs(list.gap[i].reason);
	if (r == 0)
		gap_list_done(&list);
	return r;
}

static inline int fuzz_read_boots(struct store *store, struct err *err)
{
	struct boot_list list;
	int r = store_boots(store, 1, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		fuzz_needs(list.boot[i].boot_id);
	if (r == 0)
		boot_list_done(&list);
	return r;
}

static inline int fuzz_read_devices(struct store *store, struct err *err)
{
	struct device_list list;
	int r = store_devices(store, 1, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		fuzz_needs(list.device[i].kind), fuzz_needs(list.device[i].name);
	if (r == 0)
		device_list_done(&list);
	return r;
}

static inline int fuzz_read_facts(struct store *store, struct err *err)
{
	struct fact_list list;
	int r = store_facts(store, 1, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		fuzz_needs(list.fact[i].key), fuzz_needs(list.fact[i].value),
			fuzz_needs(list.fact[i].origin);
	if (r == 0)
		fact_list_done(&list);
	return r;
}

static inline int fuzz_read_alerts(struct store *store, struct err *err)
{
	struct alert_list list;
	struct delivery *due = NULL;
	size_t count = 0;
	int64_t when = 0;
	int r = store_alerts(store, false, INT64_MIN, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		fuzz_needs(list.alert[i].kind), fuzz_needs(list.alert[i].subject),
			fuzz_needs(list.alert[i].workload);
	if (r == 0)
		alert_list_done(&list);
	if (r == 0)
		r = store_deliveries_next(store, &when, err);
	if (r == 0)
		r = store_deliveries_due(store, INT64_MAX, &due, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		free(due[i].error);
	free(due);
	return r;
}

static inline int fuzz_read_alert_state(struct store *store, struct err *err)
{
	int64_t number = 0;
	void *state = NULL;
	size_t length = 0;
	int r = store_alert_state_get(store, 1, &number, &state, &length, err);

	free(state);
	return r == -ENOENT ? 0 : r;
}

static inline int fuzz_read_reviews(struct store *store, struct err *err)
{
	struct review_list list;
	int r = store_reviews(store, -1, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		fuzz_needs(list.review[i].rule_id), fuzz_needs(list.review[i].reason),
			fuzz_needs(list.review[i].decided_by);
	if (r == 0) {
		(void)review_list_find(&list, 1, "p", "HWL-1", FUZZ_STORE_NOW);
		review_list_done(&list);
	}
	return r;
}

static inline int fuzz_read_exclusions(struct store *store, struct err *err)
{
	struct exclusion_list list;
	int r = store_exclusions_ever(store, 1, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		fuzz_needs(list.exclusion[i].reason);
	if (r == 0)
		exclusion_list_done(&list);
	return r;
}

static inline int fuzz_read_plans(struct store *store, struct err *err)
{
	struct kept_plan_list list;
	char *text = NULL;
	int r = store_plan_newest(store, &text, err);

	free(text);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = store_plans(store, &list, err);
	for (size_t i = 0; r == 0 && i < list.count; i++)
		fuzz_needs(list.plan[i].profile_id), fuzz_needs(list.plan[i].demand);
	if (r == 0)
		kept_plan_list_done(&list);
	return r;
}

static inline int fuzz_read_imports(struct store *store, struct err *err)
{
	struct import_list list;
	struct import_workload_list items;
	int r = store_imports(store, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		fuzz_needs(list.import[i].format);
	if (r == 0)
		import_list_done(&list);
	if (r == 0)
		r = store_import_workloads(store, 1, &items, err);
	if (r == 0)
		import_workload_list_done(&items);
	return r;
}

static inline int fuzz_read_health(struct store *store, struct err *err)
{
	struct collector_health health;
	struct maintenance_list list;
	char *text = NULL;
	int r = store_health_get(store, 1, &health, err);

	if (r == 0 || r == -ENOENT)
		r = store_maintenance(store, &list, err);
	for (size_t i = 0; r == 0 && i < list.count; i++)
		fuzz_needs(list.window[i].reason);
	if (r == 0)
		maintenance_list_done(&list);
	if (r == 0)
		r = store_meta_get(store, "k", &text, err);
	free(text);
	return r;
}

static inline int fuzz_read_machine(struct store *store, struct err *err)
{
	struct machine machine;
	int r = store_machine_get(store, 1, &machine, err);

	if (r == 0)
		machine_done(&machine);
	return r == -ENOENT ? 0 : r;
}

static inline void fuzz_store_read(struct store *store, uint64_t which)
{
	static int (*const read[])(struct store *, struct err *) = {
		fuzz_read_workloads, fuzz_read_events, fuzz_read_gaps, fuzz_read_boots,
		fuzz_read_devices, fuzz_read_facts, fuzz_read_alerts,
		fuzz_read_alert_state, fuzz_read_reviews, fuzz_read_exclusions,
		fuzz_read_plans, fuzz_read_imports, fuzz_read_health, fuzz_read_machine
	};

	for (size_t i = 0; i < ARRAY_LEN(read); i++) {
		struct err err = ERR_INIT;

		if (which >> i & 1 && read[i](store, &err) < 0)
			fuzz_refusal(&err);
	}
}

#endif
