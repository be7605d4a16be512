/* analyze inventory: what the counters cannot tell, stated by people. */
#include "analyze/console/json_out.h"
#include "analyze/console/safe_text.h"
#include "analyze/console/table.h"
#include "analyze/estate/load.h"
#include "analyze/verbs/change.h"
#include "analyze/inventory/inventory_here.h"
#include "analyze/inventory/inventory_load.h"
#include "analyze/inventory/inventory_precedence.h"
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

static int print_keys(const struct context *context, struct err *err)
{
	static const struct table_column columns[] = { { "KEY", TABLE_LEFT },
		{ "EXAMPLE", TABLE_WRAP }, { "WHAT IT SAYS", TABLE_WRAP } };
	struct table *table = table_new(context, columns, ARRAY_LEN(columns));

	for (int i = 0; i < FACT_COUNT; i++) {
		table_row(table);
		table_cell(table, fact_table[i].key);
		table_cell(table,
			fact_table[i].choices ? fact_table[i].choices
					      : fact_table[i].example);
		table_cell(table, fact_table[i].help);
	}
	return table_print(table, err);
}

static void json_fact(struct json_out *json, const struct fact *fact)
{
	struct fact_value value = { .is_known = false };
	struct err ignored = ERR_INIT;
	int id = fact_find(fact->key, NULL);

	if (id < 0 || fact_parse((enum fact_id)id, fact->value, &value, &ignored) < 0)
		return; /* of a newer program */
	switch (fact_table[id].type) {
	case FACT_TYPE_NUMBER:
		json_put_number(json, fact->key, value.number);
		break;
	case FACT_TYPE_BOOL:
		json_put_bool(json, fact->key, value.is_true);
		break;
	case FACT_TYPE_LIST:
		json_open_array(json, fact->key);
		for (size_t i = 0; i < value.count; i++)
			json_put_text(json, NULL, value.list[i]);
		json_close_array(json);
		break;
	default: /* devices and disks in their short form, which --load reads */
		json_put_text(json, fact->key, fact->value);
	}
	fact_value_done(&value);
}

static void csv_fact(FILE *out, const char *workload, const struct fact *fact)
{
	safe_print_csv(out, workload);
	fputc(',', out);
	safe_print_csv(out, fact->key);
	fputc(',', out);
	safe_print_csv(out, fact->value);
	fputc(',', out);
	safe_print_csv(out, fact->source);
	fputc('\n', out);
}

/* Which of the facts that rules ask for is nobody's statement yet. */
static void print_missing(const struct context *context, const struct fact_list *list)
{
	static const int asked[] = { FACT_DISKS, FACT_DEVICES, FACT_APPLICATIONS,
		FACT_ROLES, FACT_OS, FACT_ENVIRONMENT };
	size_t missing = 0;

	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		bool is_stated = false;

		for (size_t f = 0; f < list->count; f++)
			is_stated |= strcmp(list->fact[f].key,
					     fact_table[asked[i]].key) == 0;
		if (is_stated)
			continue;
		fprintf(context->out, "%s%s",
			missing++ ? ", " : "not stated: ", fact_table[asked[i]].key);
	}
	if (missing)
		fputc('\n', context->out);
}

static int print_text(const struct context *context, const struct workload *workload,
	const struct fact_list *list, struct err *err)
{
	static const struct table_column columns[] = { { "FACT", TABLE_LEFT },
		{ "VALUE", TABLE_WRAP }, { "STATED BY", TABLE_LEFT } };
	struct table *table;
	int r = 0;

	safe_print_terminal(context->out, workload->name);
	fprintf(context->out, "%s\n",
		workload->source == SOURCE_SAMPLE ? "  SAMPLE" : "");
	if (list->count > 0) {
		table = table_new(context, columns, ARRAY_LEN(columns));
		for (size_t i = 0; i < list->count; i++) {
			table_row(table);
			table_cell(table, list->fact[i].key);
			table_cell(table, list->fact[i].value);
			table_cell(table, list->fact[i].source);
		}
		r = table_print(table, err);
	}
	print_missing(context, list);
	return r;
}

static int print_one(const struct context *context, struct store *store,
	const struct workload *workload, struct json_out *json, struct err *err)
{
	struct fact_list list = { .count = 0 };
	int r = inventory_in_force(store, workload->id, &list, err);

	if (r < 0)
		return r;
	if (context->format == FORMAT_JSON) {
		json_open_object(json, workload->name);
		for (size_t i = 0; i < list.count; i++)
			json_fact(json, &list.fact[i]);
		json_close_object(json);
	} else if (context->format == FORMAT_CSV) {
		for (size_t i = 0; i < list.count; i++)
			csv_fact(context->out, workload->name, &list.fact[i]);
	} else {
		r = print_text(context, workload, &list, err);
	}
	fact_list_done(&list);
	return r;
}

static int show(const struct context *context, struct store *store,
	const struct workload **chosen, size_t count, struct err *err)
{
	struct json_out json;
	int r = 0;

	if (context->format == FORMAT_JSON) {
		json_begin(&json, context->out, "inventory");
		json_open_object(&json, "workloads");
	} else if (context->format == FORMAT_CSV) {
		fputs("workload,fact,value,stated_by\n", context->out);
	} else if (count == 0) {
		fputs("no workloads are stored yet; start with `collectord` or "
		      "`analyze import`\n",
			context->out);
	}
	for (size_t i = 0; i < count && r == 0; i++)
		r = print_one(context, store, chosen[i], &json, err);
	if (context->format == FORMAT_JSON) {
		json_close_object(&json);
		json_end(&json);
	}
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
		return print_keys(context, err) < 0 ? EXIT_FAILED : EXIT_OK;
	if (context_option(context, "set") || context_option(context, "unset") ||
		context_option(context, "load") || context_option(context, "here"))
		return state(context, err);
	r = store_open(context->data_dir, &store, err);
	if (r == 0)
		r = store_workloads(store, &list, err);
	if (r == 0)
		r = load_choose(context, 0, &list, &chosen, &count, err);
	if (r == 0)
		r = show(context, store, chosen, count, err);
	free(chosen);
	workload_list_done(&list);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
