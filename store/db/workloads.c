#include "store/db/workloads.h"

#include "store/db/connection.h"
#include "store/dir/data_dir.h"
#include "store/dir/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAMP_LAST INT64_C(253402300799) /* the end of the year 9999 */
#define COLUMNS "id, name, folder, source, step_s, phase_s, first_at, last_at"

static const char *const origin_names[] = {
	[ORIGIN_SAMPLED] = "sampled",
	[ORIGIN_IMPORTED] = "imported",
	[ORIGIN_STORE] = "store",
	[ORIGIN_SAMPLE] = "sample",
};

const char *workload_origin_name(enum workload_origin origin)
{
	return origin_names[origin];
}

void workload_done(struct workload *workload)
{
	free(workload->name);
	free(workload->folder);
	*workload = (struct workload){ .id = 0 };
}

static enum workload_origin origin_of(const char *name)
{
	for (int i = ORIGIN_SAMPLED; i <= ORIGIN_SAMPLE; i++)
		if (name && strcmp(name, origin_names[i]) == 0)
			return (enum workload_origin)i;
	return ORIGIN_IMPORTED;
}

/* What the schema checks when it is written alone, and a little more: whoever reads divides
 * by the step and subtracts stamps. */
static bool is_span_sound(const struct workload *workload, int64_t step)
{
	return step > 0 && step <= INT32_MAX && workload->phase_s >= 0 &&
		workload->phase_s < step && workload->first >= 0 &&
		workload->first <= workload->last && workload->last <= STAMP_LAST;
}

/* The columns of COLUMNS. */
static int workload_read(sqlite3_stmt *statement, void *item)
{
	struct workload *workload = item;
	const char *origin = NULL;
	int r = db_text_at(statement, 3, &origin);

	*workload = (struct workload){
		.id = sqlite3_column_int64(statement, 0),
		.origin = origin_of(origin),
		.step_s = (unsigned)sqlite3_column_int64(statement, 4),
		.phase_s = sqlite3_column_int(statement, 5),
		.first = sqlite3_column_int64(statement, 6),
		.last = sqlite3_column_int64(statement, 7),
	};
	if (r == 0)
		r = db_text_there(statement, 1, &workload->name);
	if (r == 0)
		r = db_text_there(statement, 2, &workload->folder);
	if (r == 0 && !is_span_sound(workload, sqlite3_column_int64(statement, 4)))
		r = -EBADMSG;
	return r;
}

static void workload_free(void *item)
{
	workload_done(item);
}

static const struct db_row workload_row = { "workloads", sizeof(struct workload),
	workload_read, workload_free };

/* Digits by value ("vm2" before "vm10"), then bytes. */
static int workloads_compare_names(const char *left, const char *right)
{
	const unsigned char *a = (const unsigned char *)left;
	const unsigned char *b = (const unsigned char *)right;

	while (*a && *b) {
		if (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
			size_t zeros_a = strspn((const char *)a, "0");
			size_t zeros_b = strspn((const char *)b, "0");
			size_t digits_a =
				strspn((const char *)a + zeros_a, "0123456789");
			size_t digits_b =
				strspn((const char *)b + zeros_b, "0123456789");
			int order = 0;

			if (digits_a != digits_b)
				return digits_a < digits_b ? -1 : 1;
			order = memcmp(a + zeros_a, b + zeros_b, digits_a);
			if (order != 0)
				return order;
			a += zeros_a + digits_a;
			b += zeros_b + digits_b;
			continue;
		}
		if (*a != *b)
			return *a < *b ? -1 : 1;
		a++;
		b++;
	}
	if (*a || *b)
		return *a ? 1 : -1;
	return strcmp(left, right);
}

static int compare_workloads(const void *left, const void *right)
{
	return workloads_compare_names(((const struct workload *)left)->name,
		((const struct workload *)right)->name);
}

void workload_list_sort(struct workload_list *list)
{
	if (list->count > 1)
		qsort(list->workload, list->count, sizeof(*list->workload),
			compare_workloads);
}

int store_workloads(
	struct store *store, struct workload_list *ret_list, struct err *err)
{
	struct db_items found;
	int r = db_collect(store, &workload_row, &found, err,
		"SELECT " COLUMNS " FROM workloads", "");

	if (r < 0)
		return r;
	*ret_list =
		(struct workload_list){ .workload = found.item, .count = found.count };
	workload_list_sort(ret_list);
	return 0;
}

void workload_list_done(struct workload_list *list)
{
	db_items_done(&workload_row, list->workload, list->count);
	*list = (struct workload_list){ .count = 0 };
}

static int compare_name(const void *name, const void *workload)
{
	return workloads_compare_names(name, ((const struct workload *)workload)->name);
}

/* Needs no memory: who is not found for want of it would be taken for a new one. */
const struct workload *workload_list_find(
	const struct workload_list *list, const char *name)
{
	return list->count ? bsearch(name, list->workload, list->count,
				     sizeof(*list->workload), compare_name)
			   : NULL;
}

int store_workload_get(struct store *store, const char *name,
	struct workload *ret_workload, struct err *err)
{
	struct workload workload = { .id = 0 };
	int r = db_first(store, &workload_row, &workload, err,
		"SELECT " COLUMNS " FROM workloads WHERE name = ?", "s", name);

	if (r == 0)
		return err_set(err, -ENOENT, "no workload is called \"%.200s\"", name);
	if (r < 0)
		return r;
	*ret_workload = workload;
	return 0;
}

/* The encoded name; behind "%~" a number where a renamed workload still has it. */
static int workloads_choose_folder(struct store *store, const char *name, char *folder,
	size_t size, struct err *err)
{
	char encoded[PATH_NAME_MAX + 1];
	int r = path_encode(name, encoded, sizeof(encoded), err);

	if (r < 0)
		return r;
	snprintf(folder, size, "%s", encoded);
	for (unsigned next = 2;; next++) {
		int64_t taken = 0;

		r = db_first(store, &db_row_number, &taken, err,
			"SELECT 1 FROM workloads WHERE folder = ?", "s", folder);
		if (r <= 0)
			return r;
		snprintf(folder, size, "%s%%~%u", encoded, next);
	}
}

static int workloads_add_workload(struct store *store, const char *name,
	enum workload_origin origin, unsigned step_s, int phase_s, struct err *err)
{
	char folder[PATH_NAME_MAX + 16];
	int r = 0;

	if (step_s == 0 || phase_s < 0 || (unsigned)phase_s >= step_s)
		return err_set(err, -EINVAL,
			"workload %.100s: step %u s and phase %d s", name, step_s,
			phase_s);
	r = workloads_choose_folder(store, name, folder, sizeof(folder), err);
	if (r < 0)
		return err_wrap(err, r, "workload name");
	return db_write(store, err,
		"INSERT INTO workloads (name, folder, source, step_s, phase_s) "
		"VALUES (?, ?, ?, ?, ?)",
		"sssii", name, folder, origin_names[origin], (int64_t)step_s,
		(int64_t)phase_s);
}

int store_workload_ensure(struct store *store, const char *name,
	enum workload_origin origin, unsigned step_s, int phase_s,
	struct workload *ret_workload, struct err *err)
{
	struct workload workload = { .id = 0 };
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r < 0)
		return r;
	r = store_workload_get(store, name, &workload, NULL);
	if (r == -ENOENT) {
		r = workloads_add_workload(store, name, origin, step_s, phase_s, err);
		if (r == 0)
			r = store_workload_get(store, name, &workload, err);
	} else if (r < 0) {
		r = store_workload_get(store, name, &workload, err); /* for its text */
	}
	if (r < 0)
		return r;
	/* of one without rows only facts are known: it takes the step of its first rows */
	if (workload.origin == ORIGIN_IMPORTED && workload.last == 0 &&
		(workload.step_s != step_s || workload.phase_s != phase_s)) {
		r = db_run(db, err,
			"UPDATE workloads SET step_s = ?, phase_s = ? WHERE id = ?",
			"iii", (int64_t)step_s, (int64_t)phase_s, workload.id);
		if (r < 0) {
			workload_done(&workload);
			return r;
		}
		workload.step_s = step_s;
		workload.phase_s = phase_s;
	}
	if (workload.step_s != step_s) {
		r = err_set(err, -EEXIST,
			"workload %.100s is stored at a step of %u s, not %u s: keep the step, "
			"or `analyze workload forget` it first",
			name, workload.step_s, step_s);
		workload_done(&workload);
		return r;
	}
	*ret_workload = workload;
	return 0;
}

int store_workload_set_span(
	struct store *store, int64_t id, int64_t first, int64_t last, struct err *err)
{
	return db_write(store, err,
		"UPDATE workloads SET first_at = ?, last_at = ? WHERE id = ?", "iii",
		first, last, id);
}

int store_workload_set_origin(struct store *store, int64_t id,
	const char *store_id_text, const char *name, struct err *err)
{
	return db_write(store, err,
		"UPDATE workloads SET origin_store = ?, origin_name = ? "
		"WHERE id = ?",
		"ssi", store_id_text, name, id);
}

int store_workload_by_folder(struct store *store, const char *folder,
	struct workload *ret_workload, struct err *err)
{
	struct workload workload = { .id = 0 };
	int r = db_first(store, &workload_row, &workload, err,
		"SELECT " COLUMNS " FROM workloads WHERE folder = ?", "s", folder);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_workload = workload;
	return 0;
}

int store_workload_by_origin(struct store *store, const char *store_id_text,
	const char *name, struct workload *ret_workload, struct err *err)
{
	struct workload workload = { .id = 0 };
	int r = db_first(store, &workload_row, &workload, err,
		"SELECT " COLUMNS
		" FROM workloads WHERE origin_store = ? AND origin_name = ?",
		"ss", store_id_text, name);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_workload = workload;
	return 0;
}

int store_workload_rename(
	struct store *store, int64_t id, const char *new_name, struct err *err)
{
	char encoded[PATH_NAME_MAX + 1];
	int r = path_encode(new_name, encoded, sizeof(encoded), err);

	if (r < 0)
		return r;
	r = db_write(store, err, "UPDATE workloads SET name = ? WHERE id = ?", "si",
		new_name, id);
	if (r == -EEXIST)
		return err_set(err, r, "there is a workload called \"%.200s\" already",
			new_name);
	if (r == 0 && db_changed(store) == 0)
		return err_set(err, -ENOENT, "no such workload");
	return r;
}

int store_workload_forget(struct store *store, int64_t id, struct err *err)
{
	char path[PATH_NAME_MAX + 32];
	char *folder = NULL;
	int r = db_first(store, &db_row_text, &folder, err,
		"SELECT folder FROM workloads WHERE id = ?", "i", id);

	if (r == 0)
		return err_set(err, -ENOENT, "no such workload");
	if (r < 0)
		return r;
	r = snprintf(path, sizeof(path), "%s/%s", data_name(DATA_RRD),
		    folder ? folder : "") >= (int)sizeof(path)
		? err_set(err, -EBADMSG, "workloads: the folder is not one of a store")
		: 0;
	free(folder);
	if (r == 0)
		r = db_write(store, err, "DELETE FROM workloads WHERE id = ?", "i", id);
	return r < 0 ? r : pending_add(store, NULL, path, err);
}

int store_archive_note(
	struct store *store, int64_t workload_id, const char *file, struct err *err)
{
	return db_write(store, err,
		"INSERT INTO archives (workload_id, file) VALUES (?, ?) "
		"ON CONFLICT DO NOTHING",
		"is", workload_id, file);
}
