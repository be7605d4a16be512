/* analyze exclude: a known one-off window is left out, reported, and can come back. */
#include "common/timefmt.h"
#include "analyze/report/statements.h"
#include "analyze/verbs/change.h"
#include "analyze/verbs/verbs.h"
#include "common/array.h"
#include "common/parse.h"
#include "common/util.h"
#include "store/db/exclusions.h"
#include "store/db/workloads.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_exclude_options[] = {
	{ "reason", "TEXT", "why these slots do not count (required)" },
	{ "by", "WHO", "who says so" },
	{ "undo", "ID", "take an exclusion back" },
	{ NULL, NULL, NULL },
};

struct exclude_change {
	struct exclusion exclusion; /* reason and excluded_by owned */
	int64_t *id;                /* made, or the one to be undone */
	size_t count;
};

static int exclude_one(const struct context *context, struct store *store,
	const struct workload *workload, void *data, struct err *err)
{
	struct exclude_change *change = data;
	struct exclusion exclusion = change->exclusion;

	(void)context;
	exclusion.workload_id = workload->id;
	/* the store counts in slots, which lie phase_s before the time shown */
	exclusion.begin -= workload->phase_s;
	exclusion.end -= workload->phase_s;
	if (ARRAY_EXTEND(change->id, change->count) < 0)
		return err_oom(err);
	return store_exclusion_add(
		store, &exclusion, &change->id[change->count++], err);
}

static int exclude(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	int count = change_named(context, store, exclude_one, data, err);

	return count < 0 ? count : 0;
}

static int undo(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	const int64_t *id = data;

	return store_exclusion_remove(store, *id, context->now, err);
}

static int undo_exclusion(
	const struct context *context, const char *text, struct err *err)
{
	int64_t id;
	int r;

	if (parse_i64(text, strlen(text), &id) < 0) {
		err_set(err, -EINVAL, "--undo: expected a number, found \"%.40s\"",
			text);
		return EXIT_USAGE;
	}
	r = change_store(context, undo, &id, err);
	if (r >= 0)
		r = change_tell(context,
			&(struct change_view){
				.what = "undo", .count = 1, .id = &id, .id_count = 1 },
			err, "exclusion %" PRId64 " is taken back", id);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

static int show_exclusions(const struct context *context, struct err *err)
{
	struct exclusion_list list = { .count = 0 };
	struct workload_list names = { .count = 0 };
	struct store *store = NULL;
	int r = store_open(context->data_dir, &store, err);

	if (r == 0)
		r = store_workloads(store, &names, err);
	if (r == 0)
		r = store_exclusions(store, -1, &list, err);
	if (r == 0)
		r = document_print(exclude_document(&names, &list), context, err);
	exclusion_list_done(&list);
	workload_list_done(&names);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

/* What the command line asks for; the texts of the exclusion are owned. */
static int read_exclusion(
	const struct context *context, struct exclusion *exclusion, struct err *err)
{
	const char *by = context_option(context, "by");
	const char *reason = context_option(context, "reason");

	if (context->argument_count != 3 || !reason || !*reason)
		return err_set(err, -EINVAL, "expected WORKLOAD FROM TO --reason TEXT");
	if (time_parse(context->arguments[1], context->now, &exclusion->begin, err) <
			0 ||
		time_parse(context->arguments[2], context->now, &exclusion->end, err) <
			0)
		return -EINVAL;
	if (exclusion->end <= exclusion->begin)
		return err_set(err, -EINVAL, "TO has to be after FROM");
	exclusion->created_at = context->now;
	exclusion->reason = strdup(reason);
	exclusion->excluded_by = by ? strdup(by) : NULL;
	return exclusion->reason && (!by || exclusion->excluded_by) ? 0 : err_oom(err);
}

static int run_exclude(
	const struct context *context, struct exclude_change *change, struct err *err)
{
	struct change_view view = { .what = "exclude", .name = context->arguments[0] };
	struct strbuf text;
	int r = change_store(context, exclude, change, err);

	if (r < 0)
		return r;
	view.count = view.id_count = change->count;
	view.id = change->id;
	strbuf_init(&text, (size_t)1 << 20);
	for (size_t i = 0; i < change->count; i++)
		strbuf_addf(&text,
			"exclusion %" PRId64 ": these slots are unknown now; analyze "
			"exclude --undo %" PRId64 " takes it back\n",
			change->id[i], change->id[i]);
	r = change_tell(context, &view, err, "%s", strbuf_text(&text));
	strbuf_done(&text);
	return r;
}

int verb_exclude(struct context *context, struct err *err)
{
	const char *id = context_option(context, "undo");
	struct exclude_change change = { .count = 0 };
	int code = EXIT_USAGE;

	if (id && context->argument_count == 0)
		return undo_exclusion(context, id, err);
	if (context->argument_count == 0)
		return show_exclusions(context, err);
	if (read_exclusion(context, &change.exclusion, err) == 0)
		code = run_exclude(context, &change, err) < 0 ? EXIT_FAILED : EXIT_OK;
	free(change.id);
	free(change.exclusion.reason);
	free(change.exclusion.excluded_by);
	return code;
}
