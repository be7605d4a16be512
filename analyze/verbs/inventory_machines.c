/* The forms of `analyze inventory` that are about a machine document: --here, --machine, and
 * --load where the file is a machine. */
#include "analyze/verbs/inventory_machines.h"

#include "analyze/inventory/inventory_machine.h"
#include "analyze/verbs/change.h"
#include "analyze/verbs/verbs.h"
#include "common/util.h"
#include "store/store.h"

#include <errno.h>

struct machine_statement {
	const struct machine *machine;
	size_t done, changes;
};

static int keep_here(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	struct machine_statement *statement = data;

	return inventory_machine_keep_sampled(store, statement->machine, context->now,
		&statement->done, &statement->changes, err);
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

int inventory_here(const struct context *context, struct err *err)
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

int inventory_load_machine(const struct context *context, struct err *err)
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

int inventory_show_machine(const struct context *context, struct store *store,
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
