/* `analyze workload list|rename|forget`: mending what a workload is called, or that it is. */
#include "analyze/console/verb.h"
#include "analyze/import/readers/text.h"
#include "analyze/verbs/change.h"
#include "analyze/verbs/machine_input.h"
#include "analyze/verbs/verbs.h"
#include "common/suggest.h"
#include "common/util.h"
#include "store/store.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_workload_options[] = {
	{ "force", NULL, "forget even a workload that this machine samples" },
	{ NULL, NULL, NULL },
};

static int get_workload(struct store *store, const char *name,
	struct workload *ret_workload, struct err *err)
{
	int r = store_workload_get(store, name, ret_workload, err);

	return r == -ENOENT ? verb_unknown_workload(store, name, err) : r;
}

static int rename_workload(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	const char *old_name = context->arguments[1], *new_name = context->arguments[2];
	const struct text_place place = { "workload rename", 1 };
	struct workload workload;
	bool *is_sampled = data;
	int r;

	if (text_name(&place, "NEW", new_name, strlen(new_name), err) < 0)
		return err_set(err, -EINVAL,
			"the new name must be 1 to %d bytes of UTF-8 without control "
			"characters",
			TEXT_NAME_MAX_BYTES);
	r = get_workload(store, old_name, &workload, err);
	if (r < 0)
		return r;
	*is_sampled = workload.origin == ORIGIN_SAMPLED;
	if (strcmp(old_name, new_name) != 0)
		r = store_workload_rename(store, workload.id, new_name, err);
	workload_done(&workload);
	return r;
}

static int run_rename(const struct context *context, struct err *err)
{
	const char *old_name = context->arguments[1], *new_name = context->arguments[2];
	struct change_view view = { .what = "rename", .name = new_name, .count = 1 };
	bool is_sampled = false;
	int r = change_store(context, rename_workload, &is_sampled, err);

	if (r < 0)
		return r;
	if (!strcmp(old_name, new_name)) {
		view.count = 0;
		return change_tell(
			context, &view, err, "nothing changed: that is its name");
	}
	r = change_tell(context, &view, err, "%s is now called %s", old_name, new_name);
	if (is_sampled)
		context_say(context,
			"note: collectord goes on under the name of its setting: give it "
			"the new one (--name)");
	return r;
}

static int forget_workload(const struct context *context, struct store *store,
	const char *name, struct err *err)
{
	struct workload workload;
	int r;

	r = get_workload(store, name, &workload, err);
	if (r < 0)
		return r;
	if (workload.origin == ORIGIN_SAMPLED && !context_option(context, "force"))
		r = err_set(err, -EPERM,
			"%s is sampled on this machine: its samples cannot be had "
			"again; --force forgets it all the same",
			name);
	else
		r = store_workload_forget(store, workload.id, err);
	workload_done(&workload);
	return r;
}

static int forget_workloads(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	(void)data;
	for (size_t i = 1; i < context->argument_count; i++) {
		int r = forget_workload(context, store, context->arguments[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int run_forget(const struct context *context, struct err *err)
{
	size_t count = context->argument_count - 1;
	int r = change_store(context, forget_workloads, NULL, err);

	if (r < 0)
		return r;
	return change_tell(context,
		&(struct change_view){ .what = "forget",
			.name = count == 1 ? context->arguments[1] : NULL,
			.count = count },
		err, "%zu %s forgotten", count, count == 1 ? "workload" : "workloads");
}

/* The bare names, for scripts and shells: nothing is asked of the daemon. */
static int list_names(const struct context *context, struct err *err)
{
	struct workload_list list = { .count = 0 };
	const char **names = NULL;
	struct store *store = NULL;
	int r = store_open(context->data_dir, &store, err);

	if (r < 0)
		return r;
	r = store_workloads(store, &list, err);
	if (r == 0) {
		names = calloc(list.count + 1, sizeof(*names));
		r = names ? 0 : err_oom(err);
	}
	for (size_t i = 0; r == 0 && i < list.count; i++)
		names[i] = list.workload[i].name;
	if (r == 0)
		r = document_print(
			names_document("workloads", "workloads", names, list.count),
			context, err);
	free(names);
	workload_list_done(&list);
	store_close(store);
	return r;
}

int verb_workload(struct context *context, struct err *err)
{
	static const char *const actions[] = { "list", "rename", "forget" };
	const char *action = context->argument_count ? context->arguments[0] : "";
	const char *nearest;

	if (!strcmp(action, "list") && context->argument_count == 1)
		return list_names(context, err) < 0 ? EXIT_FAILED : EXIT_OK;
	if (!strcmp(action, "rename") && context->argument_count == 3)
		return run_rename(context, err) < 0 ? EXIT_FAILED : EXIT_OK;
	if (!strcmp(action, "forget") && context->argument_count >= 2)
		return run_forget(context, err) < 0 ? EXIT_FAILED : EXIT_OK;
	nearest = suggest_nearest(action, actions, ARRAY_LEN(actions));
	if (nearest && strcmp(nearest, action) != 0)
		err_set(err, -EINVAL, "no action \"%s\": did you mean %s?", action,
			nearest);
	else
		err_set(err, -EINVAL,
			"expected list, rename OLD NEW, or forget NAME...");
	return EXIT_USAGE;
}
