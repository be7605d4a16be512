/* analyze alerts: what the daemon has raised, and the windows in which it keeps quiet. */
#include "common/timefmt.h"
#include "analyze/report/alerts_document.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "common/parse.h"
#include "common/units.h"
#include "common/util.h"
#include "store/db/alerts.h"
#include "store/db/health.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_WAIT_MS 10000

const struct option_spec verb_alerts_options[] = {
	{ "open", NULL, "only those that are not closed" },
	{ "workload", "NAME", "maintenance: of this workload alone" },
	{ "reason", "TEXT", "maintenance: why" },
	{ NULL, NULL, NULL },
};

/* ---- maintenance ------------------------------------------------------------------- */

/* All is checked before the lock is taken: the daemon's writer waits for whoever has
 * it. */
static int add_window(struct context *context, struct store *store, struct err *err)
{
	const char *name = context_option(context, "workload");
	const char *reason = context_option(context, "reason");
	struct maintenance window = { .id = 0 };
	struct workload_list list = { .count = 0 };
	const struct workload *workload = NULL;
	int r = time_parse(context->arguments[1], context->now, &window.begin_at, err);

	if (r == 0)
		r = time_parse(
			context->arguments[2], context->now, &window.end_at, err);
	if (r == 0 && !reason)
		r = err_set(err, -EINVAL, "--reason TEXT is needed");
	if (r == 0 && window.end_at <= window.begin_at)
		r = err_set(err, -EINVAL, "the window ends before it begins");
	if (r == 0 && name)
		r = store_workloads(store, &list, err);
	if (r == 0 && name) {
		workload = workload_list_find(&list, name);
		if (!workload)
			r = err_set(
				err, -ENOENT, "no workload is called \"%.100s\"", name);
	}
	if (r < 0)
		goto out;
	window.workload_id = workload ? workload->id : 0;
	window.reason = strdup(reason);
	if (!window.reason) {
		r = err_oom(err);
		goto out;
	}
	r = store_begin(store, LOCK_WAIT_MS, err);
	if (r == 0)
		r = store_maintenance_add(store, &window, err);
	if (r == 0)
		r = store_commit(store, err);
	if (r == 0)
		context_say(context, "alerts are held back in this window");
	free(window.reason);
out:
	workload_list_done(&list);
	return r;
}

static int remove_window(struct context *context, struct store *store, struct err *err)
{
	uint64_t id;
	int r;

	if (parse_u64(context->arguments[2], strlen(context->arguments[2]), &id) < 0)
		return err_set(err, -EINVAL, "\"%.60s\" is not the number of a window",
			context->arguments[2]);
	r = store_begin(store, LOCK_WAIT_MS, err);
	if (r == 0)
		r = store_maintenance_remove(store, (int64_t)id, err);
	return r == 0 ? store_commit(store, err) : r;
}

static int list_windows(struct context *context, struct store *store, struct err *err)
{
	struct maintenance_list list;
	int r = store_maintenance(store, &list, err);

	if (r < 0)
		return r;
	r = document_print(maintenance_document(&list), context, err);
	maintenance_list_done(&list);
	return r;
}

static int run_maintenance(
	struct context *context, struct store *store, struct err *err)
{
	if (context->argument_count == 1)
		return list_windows(context, store, err);
	if (context->argument_count == 3 &&
		strcmp(context->arguments[1], "remove") == 0)
		return remove_window(context, store, err);
	if (context->argument_count == 3)
		return add_window(context, store, err);
	return err_set(err, -EINVAL,
		"expected `alerts maintenance`, `alerts maintenance FROM TO --reason "
		"TEXT` or `alerts maintenance remove ID`");
}

static int list_alerts(struct context *context, struct store *store, struct err *err)
{
	struct alert_list list;
	int r = store_alerts(store, context_option(context, "open") != NULL,
		context->has_since ? context->since : 0, &list, err);

	if (r < 0)
		return r;
	r = document_print(alerts_document(&list), context, err);
	alert_list_done(&list);
	return r;
}

int verb_alerts(struct context *context, struct err *err)
{
	bool is_maintenance = context->argument_count > 0 &&
		strcmp(context->arguments[0], "maintenance") == 0;
	struct screen screen;
	struct estate estate;
	int r;

	if (context->argument_count > 0 && !is_maintenance) {
		err_set(err, -EINVAL, "\"%.60s\": expected nothing or \"maintenance\"",
			context->arguments[0]);
		return EXIT_USAGE;
	}
	r = screen_open_store(&screen, context, &estate, err);
	if (r == 0)
		r = is_maintenance ? run_maintenance(context, estate.store, err)
				   : list_alerts(context, estate.store, err);
	estate_close(&estate);
	if (r == -EINVAL)
		return EXIT_USAGE;
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
