/* analyze exclude: a known one-off window is left out, reported, and can come back. */
#include "common/timefmt.h"
#include "analyze/report/statements.h"
#include "analyze/verbs/change.h"
#include "analyze/verbs/verbs.h"
#include "common/parse.h"
#include "common/util.h"
#include "store/db/exclusions.h"
#include "store/db/workloads.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_exclude_options[] = {
	{ "reason", "TEXT", "why these slots do not count (required)" },
	{ "by", "WHO", "who says so" },
	{ "undo", "ID", "take an exclusion back" },
	{ NULL, NULL, NULL },
};

struct change {
	struct exclusion exclusion; /* strings borrowed */
	const char *name;
	int64_t id; /* made, or to be undone */
};

static int exclude_one(const struct context *context, struct store *store,
	const struct workload *workload, void *data, struct err *err)
{
	struct change *change = data;
	struct exclusion exclusion = change->exclusion;
	int r;

	exclusion.workload_id = workload->id;
	/* the store counts in slots, which lie phase_s before the time shown */
	exclusion.begin -= workload->phase_s;
	exclusion.end -= workload->phase_s;
	r = store_exclusion_add(store, &exclusion, &change->id, err);
	if (r == 0)
		fprintf(context->out,
			"exclusion %lld: these slots are unknown now; analyze exclude "
			"--undo %lld takes it back\n",
			(long long)change->id, (long long)change->id);
	return r;
}

static int exclude(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	return change_named(context, store, exclude_one, data, err);
}

static int undo(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	const struct change *change = data;
	int r = store_exclusion_remove(store, change->id, context->now, err);

	if (r == 0)
		fprintf(context->out, "exclusion %lld is taken back\n",
			(long long)change->id);
	return r;
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

int verb_exclude(struct context *context, struct err *err)
{
	const char *id = context_option(context, "undo");
	struct change change = { .id = 0 };
	int r, code = EXIT_USAGE;

	if (id && context->argument_count == 0) {
		if (parse_i64(id, strlen(id), &change.id) < 0) {
			err_set(err, -EINVAL,
				"--undo: expected a number, found \"%.40s\"", id);
			return EXIT_USAGE;
		}
		return change_store(context, undo, &change, err) < 0 ? EXIT_FAILED
								     : EXIT_OK;
	}
	if (context->argument_count == 0)
		return show_exclusions(context, err);
	r = read_exclusion(context, &change.exclusion, err);
	if (r == 0)
		code = change_store(context, exclude, &change, err) < 0 ? EXIT_FAILED
									: EXIT_OK;
	free(change.exclusion.reason);
	free(change.exclusion.excluded_by);
	return code;
}
