/* analyze inventory: what the counters cannot tell, stated by people. */
#include "analyze/estate/load.h"
#include "analyze/inventory/inventory_load.h"
#include "analyze/inventory/inventory_state.h"
#include "analyze/inventory/inventory_precedence.h"
#include "analyze/report/inventory_document.h"
#include "analyze/verbs/change.h"
#include "analyze/verbs/inventory_machines.h"
#include "analyze/verbs/verbs.h"
#include "store/db/workloads.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>

const struct option_spec verb_inventory_options[] = {
	{ "set", "KEY=VALUE", "state a fact of the workloads named (may be repeated)" },
	{ "unset", "KEY", "forget a fact (may be repeated)" },
	{ "load", "FILE",
		"a machine document, the output of dmidecode or lscpu, or facts in bulk: "
		"JSON, or CSV with a column workload" },
	{ "here", NULL,
		"what this machine says of itself, for the workload it samples" },
	{ "machine", NULL,
		"the machine document of the workload named, as JSON; with --here of this "
		"machine, without a store" },
	{ "missing", NULL,
		"only what rules ask for and nobody states; with --format csv a sheet to "
		"fill in and --load" },
	{ "all", NULL, "--set and --unset hold for all workloads" },
	{ "keys", NULL, "list the facts that may be stated" },
	{ NULL, NULL, NULL },
};

/* ---- show ------------------------------------------------------------------------- */

static int show_facts(const struct context *context, struct store *store,
	const struct workload **chosen, size_t count, struct err *err)
{
	struct fact_list *facts = calloc(count + 1, sizeof(*facts));
	int r = facts ? 0 : err_oom(err);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = inventory_in_force(store, chosen[i]->id, &facts[i], err);
	if (r == 0)
		r = document_print(
			(context_option(context, "missing")
					? missing_document
					: inventory_document)(chosen, facts, count),
			context, err);
	for (size_t i = 0; facts && i < count; i++)
		fact_list_done(&facts[i]);
	free(facts);
	return r;
}

/* ---- state -------------------------------------------------------------------------- */

struct statement {
	struct stated_list list;
	const char *path; /* of --load; NULL: none */
	size_t done;
};

/* What names no workload is for those of the command line. */
static int state_all(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	struct statement *statement = data;
	struct workload_list list = { .count = 0 };
	const struct workload **chosen = NULL;
	size_t count = 0;
	int r = store_workloads(store, &list, err);

	if (r == 0)
		r = estate_choose(&list, context->arguments, context->argument_count,
			&chosen, &count, err);
	if (r == 0)
		r = inventory_state(store, &statement->list, statement->path, &list,
			chosen, count, context->now, &statement->done, err);
	free(chosen);
	workload_list_done(&list);
	return r;
}

static int read_statement(
	const struct context *context, struct statement *statement, struct err *err)
{
	const char *value;
	size_t cursor = 0;
	int r = 0;

	statement->path = context_option(context, "load");
	if (statement->path)
		r = inventory_load(statement->path, &statement->list, err);
	while (r == 0 && (value = context_option_next(context, "set", &cursor)))
		r = stated_add_word(&statement->list, value, err);
	cursor = 0;
	while (r == 0 && (value = context_option_next(context, "unset", &cursor)))
		r = stated_add_forget(&statement->list, value, err);
	for (size_t i = 0; r == 0 && i < statement->list.count; i++) {
		if (!statement->list.stated[i].workload &&
			context->argument_count == 0 && !context_option(context, "all"))
			r = err_set(err, -EINVAL, "name the workloads, or give --all");
	}
	return r;
}

static int state(const struct context *context, struct err *err)
{
	struct statement statement = { .done = 0 };
	int r = read_statement(context, &statement, err);

	if (r == -EINVAL) {
		stated_list_done(&statement.list);
		return EXIT_USAGE;
	}
	if (r == 0)
		r = change_store(context, state_all, &statement, err);
	if (r == 0)
		r = change_tell(context,
			&(struct change_view){
				.what = "state", .count = statement.done },
			err, "%zu fact%s stated", statement.done,
			statement.done == 1 ? "" : "s");
	stated_list_done(&statement.list);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

int verb_inventory(struct context *context, struct err *err)
{
	struct workload_list list = { .count = 0 };
	const struct workload **chosen = NULL;
	struct store *store = NULL;
	size_t count = 0;
	int r;

	if (context_option(context, "keys"))
		return document_print(fact_keys_document(), context, err) < 0
			? EXIT_FAILED
			: EXIT_OK;
	if (context_option(context, "here"))
		return inventory_here(context, err);
	if (context_option(context, "load") &&
		(r = inventory_load_machine(context, err)) >= 0)
		return r;
	if (context_option(context, "set") || context_option(context, "unset") ||
		context_option(context, "load"))
		return state(context, err);
	r = store_open(context->data_dir, &store, err);
	if (r == 0)
		r = store_workloads(store, &list, err);
	if (r == 0)
		r = estate_choose(&list, context->arguments, context->argument_count,
			&chosen, &count, err);
	if (r == 0)
		r = context_option(context, "machine")
			? inventory_show_machine(context, store, chosen, count, err)
			: show_facts(context, store, chosen, count, err);
	free(chosen);
	workload_list_done(&list);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
