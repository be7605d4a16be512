/* analyze alerts: what the daemon has raised, and the windows in which it keeps quiet. */
#include "analyze/console/csv_out.h"
#include "analyze/console/json_out.h"
#include "analyze/console/safe_text.h"
#include "analyze/console/table.h"
#include "analyze/console/timefmt.h"
#include "analyze/estate/load.h"
#include "analyze/document/quantity.h"
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
	static const struct table_column columns[] = {
		{ "ID", TABLE_RIGHT },
		{ "FROM", TABLE_LEFT },
		{ "TO", TABLE_LEFT },
		{ "REASON", TABLE_WRAP },
	};
	struct maintenance_list list;
	struct table *table;
	int r = store_maintenance(store, &list, err);

	if (r < 0)
		return r;
	table = table_new(context, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < list.count; i++) {
		char when[TIME_TEXT_SIZE];

		table_row(table);
		table_cellf(table, "%" PRId64, list.window[i].id);
		table_cell(table, time_text_short(list.window[i].begin_at, when));
		table_cell(table, time_text_short(list.window[i].end_at, when));
		table_cell(table, list.window[i].reason);
	}
	maintenance_list_done(&list);
	return table_print(table, err);
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

/* ---- output ---------------------------------------------------------------------------- */

static void put_delivery(struct json_out *json, const struct delivery *delivery)
{
	json_open_object(json, NULL);
	json_put_text(json, "channel", delivery->channel);
	json_put_text(json, "occasion", delivery->occasion);
	json_put_integer(json, "attempts", delivery->attempts);
	json_put_time(json, "delivered", delivery->delivered_at);
	json_put_time(json, "held_back", delivery->given_up_at);
	json_put_time(json, "next_try", delivery->next_try_at);
	json_put_text(json, "error", delivery->error);
	json_close_object(json);
}

static void put_alert(struct json_out *json, const struct alert *alert)
{
	json_open_object(json, NULL);
	json_put_integer(json, "id", alert->id);
	json_put_text(json, "workload", alert->workload);
	json_put_text(json, "kind", alert->kind);
	json_put_text(json, "subject", alert->subject);
	json_put_time(json, "opened", alert->opened);
	json_put_time(json, "disqualified", alert->disqualified);
	json_put_time(json, "closed", alert->closed);
	json_put_number(json, "height", alert->height);
	json_put_number(json, "limit", alert->limit);
	json_put_text(json, "unit", alert->unit);
	json_open_array(json, "excursions");
	for (size_t i = 0; i < alert->excursion_count; i++) {
		const struct alert_excursion *excursion = &alert->excursion[i];

		json_open_object(json, NULL);
		json_put_integer(json, "from", excursion->from);
		json_put_integer(json, "to", excursion->to);
		json_put_number(json, "height", excursion->height);
		json_put_text(
			json, "class", excursion->is_sustained ? "sustained" : "short");
		json_close_object(json);
	}
	json_close_array(json);
	json_open_array(json, "deliveries");
	for (size_t i = 0; i < alert->delivery_count; i++)
		put_delivery(json, &alert->delivery[i]);
	json_close_array(json);
	json_close_object(json);
}

static void print_json(const struct context *context, const struct alert_list *list)
{
	struct json_out json;

	json_begin(&json, context->out, "alerts");
	json_open_array(&json, "alerts");
	for (size_t i = 0; i < list->count; i++)
		put_alert(&json, &list->alert[i]);
	json_close_array(&json);
	json_end(&json);
}

static void print_csv(const struct context *context, const struct alert_list *list)
{
	FILE *out = context->out;

	fputs("id,workload,kind,subject,opened,disqualified,closed,height,limit,"
	      "unit\r\n",
		out);
	for (size_t i = 0; i < list->count; i++) {
		const struct alert *alert = &list->alert[i];

		fprintf(out, "%" PRId64, alert->id);
		csv_put_text(out, alert->workload);
		fprintf(out, ",%s", alert->kind);
		csv_put_text(out, alert->subject);
		fprintf(out, ",%" PRId64, alert->opened);
		csv_put_time(out, alert->disqualified);
		csv_put_time(out, alert->closed);
		csv_put_number(out, alert->height);
		csv_put_number(out, alert->limit);
		fprintf(out, ",%s\r\n", alert->unit);
	}
}

static void quantity_cell(struct table *table, double value, const char *unit)
{
	if (isnan(value))
		table_cell(table, NULL);
	else if (strcmp(unit, "bytes") == 0)
		table_cellf(table, "%.2f GB", value / BYTES_PER_GB);
	else if (strcmp(unit, "ratio") == 0)
		table_cellf(table, "%.1f %%", 100 * value);
	else
		table_cellf(table, "%.6g %s", value,
			strcmp(unit, "mhz") == 0 ? "MHz" : unit);
}

static const char *delivery_words(const struct alert *alert)
{
	size_t waiting = 0, held = 0;

	for (size_t i = 0; i < alert->delivery_count; i++) {
		waiting += !alert->delivery[i].delivered_at &&
			!alert->delivery[i].given_up_at;
		held += alert->delivery[i].given_up_at != 0;
	}
	return waiting ? "waiting" : held ? "held back" : "delivered";
}

static int print_text(
	const struct context *context, const struct alert_list *list, struct err *err)
{
	static const struct table_column columns[] = {
		{ "ID", TABLE_RIGHT },
		{ "WORKLOAD", TABLE_CUT },
		{ "KIND", TABLE_LEFT },
		{ "OPENED", TABLE_LEFT },
		{ "STATE", TABLE_LEFT },
		{ "HIGHEST", TABLE_RIGHT },
		{ "LIMIT", TABLE_RIGHT },
		{ "SENT", TABLE_LEFT },
	};
	struct table *table;

	if (list->count == 0) {
		fputs("No alerts\n", context->out);
		return 0;
	}
	table = table_new(context, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < list->count; i++) {
		const struct alert *alert = &list->alert[i];
		char when[TIME_TEXT_SIZE];

		table_row(table);
		table_cellf(table, "%" PRId64, alert->id);
		table_cell(table, alert->workload);
		table_cellf(table, "%s%s%s", alert->kind, *alert->subject ? " " : "",
			alert->subject);
		table_cell(table, time_text_short(alert->opened, when));
		if (alert->closed)
			table_cellf(table, "%s",
				alert->disqualified ? "was serious" : "closed");
		else
			table_cell_colored(table,
				alert->disqualified ? "DISQUALIFYING" : "open",
				alert->disqualified ? COLOR_BAD : COLOR_WARN);
		quantity_cell(table, alert->height, alert->unit);
		quantity_cell(table, alert->limit, alert->unit);
		table_cell(table, delivery_words(alert));
	}
	return table_print(table, err);
}

static int print(struct context *context, struct store *store, struct err *err)
{
	struct alert_list list;
	int r = store_alerts(store, context_option(context, "open") != NULL,
		context->has_since ? context->since : 0, &list, err);

	if (r < 0)
		return r;
	if (context->format == FORMAT_JSON)
		print_json(context, &list);
	else if (context->format == FORMAT_CSV)
		print_csv(context, &list);
	else
		r = print_text(context, &list, err);
	alert_list_done(&list);
	return r;
}

int verb_alerts(struct context *context, struct err *err)
{
	bool is_maintenance = context->argument_count > 0 &&
		strcmp(context->arguments[0], "maintenance") == 0;
	struct store *store = NULL;
	int r;

	if (context->argument_count > 0 && !is_maintenance) {
		err_set(err, -EINVAL, "\"%.60s\": expected nothing or \"maintenance\"",
			context->arguments[0]);
		return EXIT_USAGE;
	}
	r = load_open(context, &store, err);
	if (r == 0)
		r = is_maintenance ? run_maintenance(context, store, err)
				   : print(context, store, err);
	store_close(store);
	if (r == -EINVAL)
		return EXIT_USAGE;
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
