/* analyze inventory: what the counters cannot tell, stated by people. */
#include "analyze/estate/load.h"
#include "analyze/verbs/change.h"
#include "analyze/inventory/inventory_load.h"
#include "analyze/inventory/inventory_machine.h"
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

static int state_one(struct store *store, const struct workload *workload,
	const struct stated_fact *stated, enum fact_origin origin, int64_t now,
	struct err *err)
{
	const char *key = fact_table[stated->fact].key;

	return stated->value ? store_fact_set(store, workload->id, key, stated->value,
				       origin, now, err)
			     : store_fact_remove(store, workload->id, key, origin, err);
}

struct statement {
	struct stated_list list;
	const char *path; /* of --load; NULL: none */
	size_t done;
};

static int state_chosen(const struct context *context, struct store *store,
	const struct workload *const *chosen, size_t count,
	const struct stated_fact *stated, struct statement *statement, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		r = state_one(store, chosen[i], stated, FACT_ORIGIN_PERSON,
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
		r = estate_choose(&list, context->arguments, context->argument_count,
			&chosen, &count, err);
	for (size_t i = 0; r == 0 && i < statement->list.count; i++) {
		const struct stated_fact *stated = &statement->list.stated[i];
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
			r = state_one(store, named, stated, FACT_ORIGIN_PERSON,
				context->now, err);
		statement->done++;
	}
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

/* ---- machines ----------------------------------------------------------------------- */

struct machine_statement {
	const struct machine *machine;
	size_t done, changes;
};

/* The word of this machine is for what is sampled on it. */
static int keep_here(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	struct machine_statement *statement = data;
	struct workload_list list = { .count = 0 };
	int r = store_workloads(store, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++) {
		size_t changes = 0;

		if (list.workload[i].origin != ORIGIN_SAMPLED)
			continue;
		r = inventory_machine_keep(store, statement->machine,
			list.workload[i].name, context->now, &changes, err);
		statement->changes += changes;
		statement->done++;
	}
	workload_list_done(&list);
	if (r == 0 && statement->done == 0)
		r = err_set(err, -ENOENT,
			"no workload of this store is sampled here; start collectord, or "
			"name the store with --data");
	return r;
}

static int keep_loaded(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	struct machine_statement *statement = data;

	statement->done = 1;
	return inventory_machine_keep(store, statement->machine,
		context->argument_count ? context->arguments[0] : NULL, context->now,
		&statement->changes, err);
}

static int keep_machine(const struct context *context, const struct machine *machine,
	change_function *keep, struct err *err)
{
	struct machine_statement statement = { .machine = machine };
	int r = change_store(context, keep, &statement, err);

	if (r == 0)
		r = change_tell(context,
			&(struct change_view){
				.what = "keep", .count = statement.changes },
			err, "%zu machine document%s kept, %zu change%s",
			statement.done, statement.done == 1 ? "" : "s",
			statement.changes, statement.changes == 1 ? "" : "s");
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

static int write_machine_document(
	const struct context *context, const struct machine *machine, struct err *err)
{
	struct strbuf text;
	int r;

	strbuf_init(&text, MACHINE_BYTES_MAX);
	machine_write(machine, &text);
	if (strbuf_failed(&text)) {
		strbuf_done(&text);
		return err_oom(err);
	}
	r = document_print_text(strbuf_text(&text), context, err);
	strbuf_done(&text);
	return r;
}

static int here(const struct context *context, struct err *err)
{
	struct machine machine;
	int r;

	if (context_option(context, "set") || context_option(context, "unset") ||
		context_option(context, "load")) {
		(void)err_set(err, -EINVAL, "--here stands alone, or with --machine");
		return EXIT_USAGE;
	}
	r = inventory_machine_here(&machine, err);
	if (r < 0)
		return EXIT_FAILED;
	if (context_option(context, "machine"))
		r = write_machine_document(context, &machine, err) < 0 ? EXIT_FAILED
								       : EXIT_OK;
	else
		r = keep_machine(context, &machine, keep_here, err);
	machine_done(&machine);
	return r;
}

static int keep_hardware(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	struct machine_statement *statement = data;
	struct machine machine;
	int r = inventory_hardware_load(store, context_option(context, "load"),
		context->arguments[0], &machine, err);

	if (r < 0)
		return r;
	statement->done = 1;
	r = inventory_machine_keep(store, &machine, context->arguments[0], context->now,
		&statement->changes, err);
	machine_done(&machine);
	return r;
}

/* What dmidecode or lscpu printed: they do not say of which machine. */
static int load_hardware(const struct context *context, struct err *err)
{
	if (context->argument_count != 1) {
		(void)err_set(err, -EINVAL,
			"%s is of dmidecode or lscpu, which do not say of which machine: "
			"name one workload",
			context_option(context, "load"));
		return EXIT_USAGE;
	}
	return keep_machine(context, NULL, keep_hardware, err);
}

/* The file of --load where it is a machine; -1: it is something else. */
static int load_machine(const struct context *context, struct err *err)
{
	const char *path = context_option(context, "load");
	struct machine machine;
	int r = inventory_is_hardware(path, err);

	if (r > 0)
		return load_hardware(context, err);
	if (r == 0)
		r = inventory_machine_load(path, &machine, err);
	if (r <= 0)
		return r < 0 ? EXIT_FAILED : -1;
	if (context_option(context, "set") || context_option(context, "unset")) {
		(void)err_set(err, -EINVAL, "--load of a machine stands alone");
		r = EXIT_USAGE;
	} else {
		r = keep_machine(context, &machine, keep_loaded, err);
	}
	machine_done(&machine);
	return r;
}

static int show_machine(const struct context *context, struct store *store,
	const struct workload **chosen, size_t count, struct err *err)
{
	struct machine machine;
	int r;

	if (count != 1)
		return err_set(err, -EINVAL,
			"--machine is for one workload, %zu are chosen: name it",
			count);
	r = inventory_machine_of(store, chosen[0], &machine, err);
	if (r < 0)
		return r;
	r = write_machine_document(context, &machine, err);
	machine_done(&machine);
	return r;
}

bool inventory_makes_store(const struct context *context)
{
	const char *path = context_option(context, "load");
	struct err ignored = ERR_INIT;
	struct machine machine;

	if (context_option(context, "here") && context_option(context, "machine"))
		return true;
	if (!path)
		return false;
	if (inventory_is_hardware(path, &ignored) > 0)
		return true;
	switch (inventory_machine_load(path, &machine, &ignored)) {
	case 0:
		return false; /* facts are of workloads that are there */
	case 1:
		machine_done(&machine);
		return true;
	default:
		return true; /* the verb says why it cannot be read */
	}
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
		return here(context, err);
	if (context_option(context, "load") && (r = load_machine(context, err)) >= 0)
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
			? show_machine(context, store, chosen, count, err)
			: show_facts(context, store, chosen, count, err);
	free(chosen);
	workload_list_done(&list);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
