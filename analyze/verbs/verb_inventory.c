/* analyze inventory: what the counters cannot tell, stated by people. */
#include "analyze/estate/load.h"
#include "analyze/verbs/change.h"
#include "analyze/inventory/inventory_here.h"
#include "analyze/inventory/inventory_load.h"
#include "analyze/inventory/inventory_precedence.h"
#include "analyze/report/inventory_document.h"
#include "analyze/verbs/verbs.h"
#include "common/util.h"
#include "store/db/facts.h"
#include "store/db/workloads.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_inventory_options[] = {
	{ "set", "KEY=VALUE", "state a fact of the workloads named (may be repeated)" },
	{ "unset", "KEY", "forget a fact (may be repeated)" },
	{ "load", "FILE", "state facts in bulk: JSON, or CSV with a column workload" },
	{ "here", NULL,
		"what this machine says of itself, for the workload it samples" },
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
			inventory_document(chosen, facts, count), context, err);
	for (size_t i = 0; facts && i < count; i++)
		fact_list_done(&facts[i]);
	free(facts);
	return r;
}

/* ---- state -------------------------------------------------------------------------- */

static int state_one(struct store *store, const struct workload *workload,
	const struct stated *stated, enum fact_source source, int64_t now,
	struct err *err)
{
	const char *key = fact_table[stated->fact].key;

	return stated->value ? store_fact_set(store, workload->id, key, stated->value,
				       source, now, err)
			     : store_fact_remove(store, workload->id, key, source, err);
}

struct statement {
	struct stated_list list;
	bool is_here;     /* the word of the machine, for what is sampled here */
	const char *path; /* of --load; NULL: none */
	size_t done;
};

static int state_chosen(const struct context *context, struct store *store,
	const struct workload *const *chosen, size_t count, const struct stated *stated,
	struct statement *statement, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		if (statement->is_here && chosen[i]->source != SOURCE_SAMPLED)
			continue;
		r = state_one(store, chosen[i], stated,
			statement->is_here ? FACT_SOURCE_MACHINE : FACT_SOURCE_PERSON,
			context->now, err);
		statement->done++;
	}
	return r;
}

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
		r = load_choose(context, 0, &list, &chosen, &count, err);
	for (size_t i = 0; r == 0 && i < statement->list.count; i++) {
		const struct stated *stated = &statement->list.stated[i];
		const struct workload *named = NULL;

		if (!stated->workload) {
			r = state_chosen(
				context, store, chosen, count, stated, statement, err);
			continue;
		}
		named = workload_list_find(&list, stated->workload);
		if (!named)
			r = err_set(err, -ENOENT,
				"%s:%u: no workload is called \"%.100s\"",
				statement->path, stated->line, stated->workload);
		else
			r = state_one(store, named, stated, FACT_SOURCE_PERSON,
				context->now, err);
		statement->done++;
	}
	if (r == 0 && statement->is_here && statement->done == 0)
		r = err_set(err, -ENOENT,
			"no workload of this store is sampled here; start collectord, or "
			"name the store with --data");
	free(chosen);
	workload_list_done(&list);
	return r;
}

static int read_here(
	const struct context *context, struct stated_list *list, struct err *err)
{
	struct inventory_keys keys = { .count = 0 };
	int r = inventory_keys_read(context->program_dir, &keys, err);

	if (r == 0)
		r = inventory_here(&keys, list, err);
	inventory_keys_done(&keys);
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
	if (context_option(context, "here")) {
		if (statement->list.count > 0)
			return err_set(err, -EINVAL, "--here stands alone");
		statement->is_here = true;
		return read_here(context, &statement->list, err);
	}
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
		fprintf(context->out, "%zu fact%s stated\n", statement.done,
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
	if (context_option(context, "set") || context_option(context, "unset") ||
		context_option(context, "load") || context_option(context, "here"))
		return state(context, err);
	r = store_open(context->data_dir, &store, err);
	if (r == 0)
		r = store_workloads(store, &list, err);
	if (r == 0)
		r = load_choose(context, 0, &list, &chosen, &count, err);
	if (r == 0)
		r = show_facts(context, store, chosen, count, err);
	free(chosen);
	workload_list_done(&list);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
