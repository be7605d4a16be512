#include "analyze/import/import.h"
#include "analyze/import/import_sizes.h"
#include "analyze/import/undo.h"
#include "common/strbuf.h"
#include "common/util.h"
#include "store/db/events.h"
#include "store/db/facts.h"
#include "store/db/imports.h"
#include "store/dir/data_dir.h"
#include "store/dir/path.h"
#include "store/db/workloads.h"
#include "store/incoming.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#define NOTE_KIND "import"
#define NOTE_MAX_BYTES 65536

/* ---- what an import leaves for its undo --------------------------------------------- */

int undo_is_new(struct store *store, const struct workload *workload, const char *file,
	bool *ret_is_new, struct err *err)
{
	char path[PATH_MAX];
	int r;

	r = path_series(
		store_dir(store), workload->folder, file, path, sizeof(path), err);
	if (r < 0)
		return r;
	*ret_is_new = access(path, F_OK) < 0;
	return 0;
}

static bool note_ids(cJSON *root, const char *name, const int64_t *number, size_t count)
{
	cJSON *list = cJSON_AddArrayToObject(root, name);

	for (size_t i = 0; list && i < count; i++) {
		if (!cJSON_AddItemToArray(list, cJSON_CreateNumber((double)number[i])))
			return false;
	}
	return list != NULL;
}

/* "decisions":[review before, after, exclusion before, after], and by number what was taken
 * back: of the same second may be what somebody here took back. */
static bool note_decisions(cJSON *root, const struct undo_made *made)
{
	const int64_t mark[] = { made->before->review, made->after->review,
		made->before->exclusion, made->after->exclusion };

	return note_ids(root, "decisions", mark, ARRAY_LEN(mark)) &&
		note_ids(root, "reviews_back", made->back.review, made->back.reviews) &&
		note_ids(root, "exclusions_back", made->back.exclusion,
			made->back.exclusions);
}

static bool note_facts(cJSON *root, const struct undo_made *made)
{
	cJSON *said = cJSON_AddObjectToObject(
		root, made->origin == FACT_ORIGIN_STORE ? "facts_of_store" : "facts");

	for (size_t i = 0; said && i < made->facts; i++) {
		const struct undo_fact *fact = &made->fact[i];

		if (!(fact->prior ? cJSON_AddStringToObject(
					    said, fact->key, fact->prior)
				  : cJSON_AddNullToObject(said, fact->key)))
			return false;
	}
	return said != NULL;
}

/* {"import":3,"files":{"cpu":"new","memory":"replaced"},"facts":{"os":null}}; our names
 * need no escapes but those of devices do. */
static char *note_data(int64_t import_id, const struct undo_made *made)
{
	cJSON *root = cJSON_CreateObject(), *files = NULL;
	char *text = NULL;
	bool is_whole = root &&
		cJSON_AddNumberToObject(root, "import", (double)import_id) &&
		(files = cJSON_AddObjectToObject(root, "files"));

	for (size_t i = 0; is_whole && i < made->files; i++)
		is_whole = cJSON_AddStringToObject(files, made->file[i].name,
			made->file[i].is_new ? "new" : "replaced");
	if (is_whole && made->facts)
		is_whole = note_facts(root, made);
	if (is_whole && made->before)
		is_whole = note_decisions(root, made);
	if (is_whole)
		text = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return text;
}

int undo_note(struct store *store, int64_t import_id, int64_t workload_id, int64_t at,
	const struct undo_made *made, struct err *err)
{
	struct event event = {
		.workload_id = workload_id, .at = at, .kind = (char[]){ NOTE_KIND }
	};
	char text[80];
	int r;

	snprintf(text, sizeof(text), "import %" PRId64 " changed %zu archives",
		import_id, made->files);
	event.text = text;
	event.data = note_data(import_id, made);
	if (!event.data)
		return err_oom(err);
	r = store_event_add(store, &event, err);
	free(event.data);
	return r;
}

int undo_forget_old(struct store *store, struct err *err)
{
	struct import_list list;
	char path[PATH_MAX];
	int r;

	r = store_imports(store, &list, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i + UNDO_IMPORTS_KEPT < list.count; i++) {
		if (data_path_undo(store_dir(store), list.import[i].id, path, NULL) ==
				0 &&
			access(path, F_OK) == 0)
			r = store_undo_forget(store, list.import[i].id, err);
	}
	import_list_done(&list);
	return r;
}

/* ---- the undo ------------------------------------------------------------------------- */

/* The event of this import among those of the workload; its JSON in *ret_root. */
static int find_note(struct store *store, int64_t import_id, int64_t workload_id,
	int64_t *ret_event, int64_t *ret_at, cJSON **ret_root, struct err *err)
{
	struct event_list list;
	int r;

	r = store_events(
		store, workload_id, NOTE_KIND, INT64_MIN, INT64_MAX, &list, err);
	if (r < 0)
		return r;
	r = -ENOENT;
	for (size_t i = 0; r < 0 && i < list.count; i++) {
		const char *data = list.event[i].data;
		cJSON *root = data && strlen(data) < NOTE_MAX_BYTES ? cJSON_Parse(data)
								    : NULL;
		const cJSON *number = cJSON_GetObjectItemCaseSensitive(root, "import");

		if (cJSON_IsNumber(number) &&
			number->valuedouble == (double)import_id) {
			*ret_event = list.event[i].id;
			*ret_at = list.event[i].at;
			*ret_root = root;
			r = 0;
		} else {
			cJSON_Delete(root);
		}
	}
	event_list_done(&list);
	return r < 0
		? err_set(err, r,
			  "import %" PRId64 " cannot be undone: what it changed was "
			  "not recorded",
			  import_id)
		: 0;
}

static bool import_undo_is_kept(struct store *store, int64_t import_id,
	const struct workload *workload, const char *file)
{
	char path[PATH_MAX];

	return data_path_undo_file(store_dir(store), import_id, workload->folder, file,
		       path, NULL) == 0 &&
		access(path, R_OK) == 0;
}

/* Each file of the note goes back; what becomes of those of the figures is told. */
static int undo_files(struct store *store, int64_t import_id,
	const struct workload *workload, const cJSON *root,
	enum undo_action action[FIGURE_FILE_COUNT], struct err *err)
{
	const cJSON *files = cJSON_GetObjectItemCaseSensitive(root, "files"), *file;

	cJSON_ArrayForEach (file, files) {
		bool is_new = cJSON_IsString(file) && !strcmp(file->valuestring, "new");
		int r;

		if (!is_new &&
			!import_undo_is_kept(store, import_id, workload, file->string))
			return err_set(err, -ENOENT,
				"import %" PRId64
				" can no longer be undone: what it replaced "
				"is kept for the newest %d imports only",
				import_id, UNDO_IMPORTS_KEPT);
		r = store_undo_file(store, import_id, workload, file->string, err);
		if (r < 0)
			return r;
		for (size_t i = 0; i < FIGURE_FILE_COUNT; i++) {
			if (!strcmp(figure_files_name(i), file->string))
				action[i] = is_new ? UNDO_REMOVE : UNDO_RESTORE;
		}
	}
	return 0;
}

/* What imports before it said of the machine is said again. */
static int undo_facts(struct store *store, int64_t workload_id, const cJSON *facts,
	enum fact_origin origin, int64_t now, struct err *err)
{
	const cJSON *fact;
	int r = 0;

	cJSON_ArrayForEach (fact, facts) {
		if (r < 0)
			break;
		r = cJSON_IsString(fact)
			? store_fact_set(store, workload_id, fact->string,
				  fact->valuestring, origin, now, err)
			: store_fact_remove(
				  store, workload_id, fact->string, origin, err);
	}
	return r;
}

/* Numbers of a list of the note, the caller's to free; none where there is no such list. */
static int64_t *numbers_of(const cJSON *list, size_t *ret_count)
{
	int count = cJSON_GetArraySize(list);
	int64_t *number = calloc((size_t)count + 1, sizeof(*number));

	for (int i = 0; number && i < count; i++)
		number[i] = (int64_t)cJSON_GetNumberValue(cJSON_GetArrayItem(list, i));
	*ret_count = (size_t)count;
	return number;
}

static int undo_decisions(struct store *store, int64_t workload_id, const cJSON *root,
	int64_t at, struct err *err)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "decisions");
	const cJSON *reviews = cJSON_GetObjectItemCaseSensitive(root, "reviews_back");
	struct decisions_back back = { NULL, NULL, 0, 0 };
	int64_t mark[4], *review, *exclusion;
	int r;

	if (cJSON_GetArraySize(list) != (int)ARRAY_LEN(mark))
		return 0; /* it brought none, or was made before they were noted */
	for (int i = 0; i < (int)ARRAY_LEN(mark); i++)
		mark[i] = (int64_t)cJSON_GetNumberValue(cJSON_GetArrayItem(list, i));
	back.review = review = numbers_of(reviews, &back.reviews);
	back.exclusion = exclusion =
		numbers_of(cJSON_GetObjectItemCaseSensitive(root, "exclusions_back"),
			&back.exclusions);
	r = review && exclusion ? store_decisions_undo(store, workload_id,
					  &(struct decision_mark){ mark[0], mark[2] },
					  &(struct decision_mark){ mark[1], mark[3] },
					  reviews ? &back : NULL, at, err)
				: err_oom(err);
	free(review);
	free(exclusion);
	return r;
}

/* What the note says of statements and decisions. */
static int undo_said(struct store *store, int64_t workload_id, const cJSON *root,
	int64_t made_at, int64_t now, struct err *err)
{
	int r = undo_facts(store, workload_id,
		cJSON_GetObjectItemCaseSensitive(root, "facts"), FACT_ORIGIN_IMPORT,
		now, err);

	if (r >= 0)
		r = undo_facts(store, workload_id,
			cJSON_GetObjectItemCaseSensitive(root, "facts_of_store"),
			FACT_ORIGIN_STORE, now, err);
	if (r >= 0)
		r = undo_decisions(store, workload_id, root, made_at, err);
	return r;
}

static int restore_workload(struct store *store, int64_t import_id,
	const struct import_workload *item, struct workload *workload, int64_t now,
	struct err *err)
{
	enum undo_action action[FIGURE_FILE_COUNT] = { UNDO_NOTHING };
	struct merged merged = { .resize = NULL };
	cJSON *root = NULL;
	int64_t event_id = 0, made_at = 0;
	int r;

	r = find_note(store, import_id, workload->id, &event_id, &made_at, &root, err);
	if (r >= 0)
		r = undo_files(store, import_id, workload, root, action, err);
	/* facts alone: the daemon may have gone on since */
	if (r >= 0 && workload->origin != ORIGIN_SAMPLED)
		r = store_workload_set_span(
			store, workload->id, item->prior_first, item->prior_last, err);
	workload->first = item->prior_first;
	workload->last = item->prior_last;
	if (r >= 0 && workload->origin == ORIGIN_IMPORTED) {
		r = merge_before(store, workload, import_id, action, &merged, err);
		if (r >= 0)
			r = import_note_sizes(store, workload->id, &merged, now, err);
		merged_done(&merged);
	}
	if (r >= 0)
		r = undo_said(store, workload->id, root, made_at, now, err);
	if (r >= 0)
		r = store_event_remove(store, event_id, err);
	cJSON_Delete(root);
	return r;
}

static int check_later(struct store *store, int64_t import_id,
	const struct workload *workload, struct err *err)
{
	int64_t later = 0;
	int r;

	r = store_import_later(store, import_id, workload->id, &later, err);
	if (r < 0 || later == 0)
		return r;
	return err_set(err, -EBUSY,
		"import %" PRId64 " cannot be undone before import %" PRId64
		", which changed %s later",
		import_id, later, workload->name);
}

static struct workload *import_undo_find_workload(
	struct workload_list *list, int64_t id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->workload[i].id == id)
			return &list->workload[i];
	}
	return NULL;
}

static int undo_workloads(struct store *store, int64_t import_id, int64_t now,
	size_t *removed, size_t *restored, struct err *err)
{
	struct import_workload_list touched = { .count = 0 };
	struct workload_list list = { .count = 0 };
	int r;

	r = store_import_workloads(store, import_id, &touched, err);
	if (r >= 0)
		r = store_workloads(store, &list, err);
	for (size_t i = 0; r >= 0 && i < touched.count; i++) {
		const struct import_workload *item = &touched.item[i];
		struct workload *workload =
			import_undo_find_workload(&list, item->workload_id);

		if (!workload)
			continue; /* forgotten since */
		r = check_later(store, import_id, workload, err);
		if (r < 0)
			break;
		if (item->was_new) {
			r = store_workload_forget(store, workload->id, err);
			++*removed;
		} else {
			r = restore_workload(
				store, import_id, item, workload, now, err);
			++*restored;
		}
	}
	workload_list_done(&list);
	import_workload_list_done(&touched);
	return r;
}

static int check_import(struct store *store, int64_t import_id, struct err *err)
{
	struct import_list list;
	int r;

	r = store_imports(store, &list, err);
	if (r < 0)
		return r;
	r = err_set(err, -ENOENT,
		"there is no import %" PRId64 " (`analyze import` lists "
		"them)",
		import_id);
	for (size_t i = 0; i < list.count; i++) {
		if (list.import[i].id != import_id)
			continue;
		r = list.import[i].undone_at
			? err_set(err, -EALREADY,
				  "import %" PRId64 " is undone already", import_id)
			: 0;
	}
	import_list_done(&list);
	return r;
}

int import_undo(struct store *store, int64_t import_id, int64_t now,
	int lock_timeout_ms, size_t *ret_removed, size_t *ret_restored, struct err *err)
{
	size_t removed = 0, restored = 0;
	int r;

	/* an answer to a wrong number needs no transaction */
	r = check_import(store, import_id, err);
	if (r < 0)
		return r;
	r = store_begin(store, lock_timeout_ms, err);
	if (r < 0)
		return r;
	r = check_import(store, import_id, err);
	if (r >= 0)
		r = undo_workloads(store, import_id, now, &removed, &restored, err);
	if (r >= 0)
		r = store_import_set_undone(store, import_id, now, err);
	if (r >= 0)
		r = store_undo_forget(store, import_id, err);
	if (r >= 0)
		r = store_commit(store, err);
	if (r < 0) {
		store_rollback(store);
		return r;
	}
	*ret_removed = removed;
	*ret_restored = restored;
	return 0;
}
