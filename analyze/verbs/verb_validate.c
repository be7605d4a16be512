/* analyze validate: is a machine ready to be migrated to a target? */
#include "analyze/inventory/inventory_machine.h"
#include "analyze/inventory/inventory_precedence.h"
#include "analyze/report/validate_document.h"
#include "analyze/validate/validate.h"
#include "analyze/verbs/verbs.h"
#include "schema/date.h"
#include "store/db/workloads.h"
#include "store/store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

const struct option_spec verb_validate_options[] = {
	{ "target", "PROFILE", "what it is to move to; else --profile" },
	{ NULL, NULL, NULL },
};

struct validate_input {
	struct machine machine;
	struct facts facts; /* beside it; of a file there are none */
};

static int validate_read_file(
	const char *path, struct validate_input *input, struct err *err)
{
	int r = inventory_machine_load(path, &input->machine, err);

	if (r == 0)
		return err_set(err, -EINVAL,
			"%s is no machine document (headroom/machine/1, or the flat form)",
			path);
	return r < 0 ? r : 0;
}

static int read_workload(const struct context *context, const char *name,
	struct validate_input *input, struct err *err)
{
	struct workload workload = { .id = 0 };
	struct store *store;
	int r = store_open(context->data_dir, &store, err);

	if (r < 0)
		return r;
	r = store_workload_get(store, name, &workload, err);
	if (r == 0)
		r = inventory_machine_of(store, &workload, &input->machine, err);
	if (r == 0) {
		r = inventory_facts(store, workload.id, &input->facts, err);
		if (r < 0)
			machine_done(&input->machine);
	}
	workload_done(&workload);
	store_close(store);
	return r;
}

/* A path, if there is such a file; a workload else. */
static int validate_read_input(
	const struct context *context, struct validate_input *input, struct err *err)
{
	const char *name = context->arguments[0];
	struct stat status;

	memset(input, 0, sizeof(*input));
	if (stat(name, &status) == 0 && S_ISREG(status.st_mode))
		return validate_read_file(name, input, err);
	if (strchr(name, '/') ||
		(strlen(name) > 5 && !strcmp(name + strlen(name) - 5, ".json")))
		return err_set(err, -ENOENT, "%s: there is no such file", name);
	return read_workload(context, name, input, err);
}

static int validate_and_print(const struct context *context,
	const struct library *library, const struct validate_input *input,
	struct err *err)
{
	const char *id = context_option(context, "target"), *day = context->as_of;
	const struct profile *target = NULL;
	struct validation validation;
	char today[DATE_TEXT_SIZE];
	int r;

	id = id ? id : context->profile ? context->profile : DEFAULT_PROFILE;
	r = library_profile_get(library, id, &target, err);
	if (r < 0)
		return EXIT_FAILED;
	if (!day)
		day = date_from_time(context->now, today);
	r = validate_machine(
		library, target, day, &input->machine, &input->facts, &validation, err);
	if (r < 0)
		return EXIT_FAILED;
	r = document_print(validate_document(&validation), context, err);
	if (r == 0 && !validation.is_success)
		r = err_set(err, -EINVAL,
			"%s is not ready for %s: mend what is listed, gather it again, and "
			"validate again",
			input->machine.name, target->id);
	validation_done(&validation);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

int verb_validate(struct context *context, struct err *err)
{
	struct validate_input input;
	struct library library;
	int r;

	if (context->argument_count != 1) {
		(void)err_set(err, -EINVAL,
			"expected one workload, or a file with a machine document");
		return EXIT_USAGE;
	}
	r = library_load(context->config_dir, &library, err);
	if (r < 0)
		return EXIT_FAILED;
	for (size_t i = 0; i < library.refusal_count; i++)
		context_say(context, "refused: %s", library.refusal[i]);
	r = validate_read_input(context, &input, err) < 0 ? EXIT_FAILED : EXIT_OK;
	if (r == EXIT_OK) {
		r = validate_and_print(context, &library, &input, err);
		machine_done(&input.machine);
		facts_done(&input.facts);
	}
	library_done(&library);
	return r;
}
